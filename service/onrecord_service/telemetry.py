"""Prometheus metrics. Every label has a bounded set of values, whatever clients send."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from onrecord.types import LabelledArticle, ModelInfo

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_METHODS = frozenset({"GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT", "PATCH"})


class Telemetry:
    """The metrics of one application, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._requests = Counter(
            "onrecord_requests",
            "Requests answered.",
            ["route", "method", "status"],
            registry=registry,
        )
        self._latency = Histogram(
            "onrecord_request_seconds",
            "From the request's first byte to the response's last.",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._problems = Counter(
            "onrecord_problems", "Problems answered, by type.", ["type"], registry=registry
        )
        self._waits = Histogram(
            "onrecord_queue_wait_seconds",
            "How long articles waited for a worker.",
            buckets=_SECONDS,
            registry=registry,
        )
        self._batch_sizes = Histogram(
            "onrecord_batch_articles",
            "Articles handed to a worker at once.",
            buckets=(1, 2, 4, 8, 16, 32),
            registry=registry,
        )
        self._busy = Counter(
            "onrecord_worker_busy_seconds", "Time that workers spent reading.", registry=registry
        )
        self._articles = Counter(
            "onrecord_articles", "Articles that went through the model.", registry=registry
        )
        self._characters = Counter(
            "onrecord_characters",
            "Characters that went through the model; its rate is the throughput.",
            registry=registry,
        )
        self._windows = Counter(
            "onrecord_windows", "Windows that the encoder read.", registry=registry
        )
        self._statements = Counter(
            "onrecord_statements", "Statements found.", ["stance"], registry=registry
        )
        self._records = Counter(
            "onrecord_job_records", "Records of jobs, by outcome.", ["outcome"], registry=registry
        )

        self._model = Gauge(
            "onrecord_model_info",
            "The checkpoint that answers.",
            ["name", "version", "sha256"],
            registry=registry,
        )
        self._switches = Counter(
            "onrecord_model_switches",
            "Checkpoints put into use, the first one included, or refused.",
            ["outcome"],
            registry=registry,
        )
        self._shadow_articles = Counter(
            "onrecord_shadow_articles",
            "Articles sampled for the shadow checkpoint, by outcome.",
            ["outcome"],
            registry=registry,
        )
        self._shadow_statements = Counter(
            "onrecord_shadow_statements",
            "Statements by how the active and the shadow checkpoint read them.",
            ["kind"],
            registry=registry,
        )

    def watch(self, name: str, text: str, value: Callable[[], float]) -> None:
        """Add a gauge that is read when it is asked for."""
        Gauge(name, text, registry=self.registry).set_function(value)

    def model_loaded(self, model: ModelInfo) -> None:
        """Say which model answers."""
        self._model.clear()  # one series, whatever was loaded before
        self._model.labels(model.name, model.version, model.sha256).set(1)
        self._switches.labels("switched").inc()

    def switch_refused(self) -> None:
        """Count a checkpoint that could not be put into use."""
        self._switches.labels("refused").inc()

    def shadow_article(self, outcome: str) -> None:
        """Count an article that the shadow was to read; `outcome` is one of `shadow.OUTCOMES`."""
        self._shadow_articles.labels(outcome).inc()

    def shadow_statements(self, kinds: Mapping[str, int]) -> None:
        """Count statements by how both checkpoints read them, one of `shadow.KINDS`."""
        for kind, count in kinds.items():
            self._shadow_statements.labels(kind).inc(count)

    def request_done(self, *, route: str, method: str, status: int, seconds: float) -> None:
        """Count a response; `route` is a path of ours, with its parameters unfilled."""
        known = method if method in _METHODS else "other"
        self._requests.labels(route, known, str(status)).inc()
        self._latency.labels(route).observe(seconds)

    def problem(self, slug: str) -> None:
        """Count a problem."""
        self._problems.labels(slug).inc()

    def batch_done(self, *, articles: int, characters: int, windows: int, seconds: float) -> None:
        """Count a batch."""
        self._batch_sizes.observe(articles)
        self._busy.inc(seconds)
        self._articles.inc(articles)
        self._characters.inc(characters)
        self._windows.inc(windows)

    def waited(self, seconds: float) -> None:
        """Record how long an article was in the queue."""
        self._waits.observe(seconds)

    def labelled(self, articles: Iterable[LabelledArticle]) -> None:
        """Count statements by stance; the model's labels are a closed set."""
        for article in articles:
            for statement in article.statements:
                self._statements.labels(statement.stance).inc()

    def record_done(self, *, ok: bool) -> None:
        """Count a record of a job."""
        self._records.labels("labelled" if ok else "rejected").inc()

    def render(self) -> bytes:
        """Return the metrics in Prometheus' text format."""
        return generate_latest(self.registry)
