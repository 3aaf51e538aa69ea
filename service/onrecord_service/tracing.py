"""OpenTelemetry traces, when an endpoint is set and the packages are installed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from onrecord_service.version import VERSION


class Span(Protocol):
    """The part of a span that is used."""

    def set_attribute(self, key: str, value: str | float) -> None:
        """Add a fact."""


class _NoSpan:
    def set_attribute(self, key: str, value: str | float) -> None:
        """Do nothing."""


class Tracer:
    """Starts a span for each request; does nothing without an endpoint.

    Args:
        endpoint: OTLP over HTTP, such as `http://collector:4318`; None means no traces.

    Raises:
        ModuleNotFoundError: An endpoint is set, but the packages are missing.
    """

    def __init__(self, endpoint: str | None) -> None:
        self._tracer: Any = None
        self._provider: Any = None
        if endpoint is None:
            return
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        resource = Resource.create({"service.name": "onrecord", "service.version": VERSION})
        self._provider = TracerProvider(resource=resource)
        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("onrecord")

    @contextmanager
    def request(self, name: str, headers: Mapping[str, str]) -> Iterator[Span]:
        """Trace a request, under the caller's trace where its headers name one."""
        if self._tracer is None:
            yield _NoSpan()
            return
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        parent = TraceContextTextMapPropagator().extract(headers)
        with self._tracer.start_as_current_span(name, parent, SpanKind.SERVER) as span:
            yield span

    def close(self) -> None:
        """Send what is left."""
        if self._provider is not None:
            self._provider.shutdown()
