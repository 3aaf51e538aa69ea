"""A second checkpoint that reads a share of the requests, after they were answered.

Nothing of it touches an answer: it starts when the answer is there, has a worker of its own, and
what goes wrong with it is counted and forgotten.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from onrecord.types import Article, LabelledArticle, ModelInfo, Span, Statement
from onrecord_service.scheduler import Scheduler

logger = logging.getLogger(__name__)

WAITING = 16
"""Articles that may wait for the shadow; further ones are skipped, and counted."""
OUTCOMES = ("same", "different", "failed", "skipped")
"""What becomes of a sampled article."""
KINDS = ("same", "missing", "added", "source", "content", "target", "stance", "conditional")
"""How a statement compares; one that differs in several parts counts for each of them."""


class ShadowObserver(Protocol):
    """Is told what the comparison found; see `telemetry`."""

    def shadow_article(self, outcome: str) -> None:
        """Count an article by one of `OUTCOMES`."""

    def shadow_statements(self, kinds: Counter[str]) -> None:
        """Count statements by `KINDS`."""


@dataclass(slots=True)
class Agreement:
    """What was counted since the shadow was started.

    Args:
        articles: By `OUTCOMES`.
        statements: By `KINDS`.
    """

    articles: Counter[str] = field(default_factory=Counter)
    statements: Counter[str] = field(default_factory=Counter)

    @property
    def share(self) -> float | None:
        """Share of compared articles that both read alike, or None before the first."""
        compared = self.articles["same"] + self.articles["different"]
        return self.articles["same"] / compared if compared else None


def compare(active: LabelledArticle, shadow: LabelledArticle) -> Counter[str]:
    """Count how the statements of two readings of one article compare.

    Statements are paired by cue, which must overlap. `missing` are those that only the active
    checkpoint found, `added` those that only the shadow found.
    """
    found: Counter[str] = Counter()
    left = list(shadow.statements)
    for one in active.statements:
        other = next((item for item in left if _overlap(one.cue, item.cue)), None)
        if other is None:
            found["missing"] += 1
            continue
        left.remove(other)
        found.update(_differences(one, other) or ["same"])
    found["added"] += len(left)
    return +found


def _differences(one: Statement, other: Statement) -> list[str]:
    parts = ("source", "content", "target", "stance", "conditional")
    return [name for name in parts if getattr(one, name) != getattr(other, name)]


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


class Shadow:
    """Reads along.

    Args:
        scheduler: With a worker that has the second checkpoint; started.
        share: Share of articles in (0, 1].
        observer: Told of each comparison, or None.
        timeout_s: Seconds after which an article that still waits is skipped.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        *,
        share: float,
        observer: ShadowObserver | None = None,
        timeout_s: float = 60.0,
    ) -> None:
        self._scheduler = scheduler
        self.share = share
        self.agreement = Agreement()
        self._observer = observer
        self._timeout_s = timeout_s
        self._due = 0.0
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def model(self) -> ModelInfo | None:
        """The second checkpoint, once it is loaded."""
        return self._scheduler.ready.model if self._scheduler.ready else None

    @property
    def failure(self) -> str | None:
        """Why it could not be loaded."""
        return self._scheduler.failure

    def watch(
        self,
        articles: Sequence[Article],
        answers: Sequence[asyncio.Future[LabelledArticle]],
        threshold: float | None,
    ) -> None:
        """Read along with a share of these articles, once each has its answer."""
        for article, answer in zip(articles, answers, strict=True):
            self._due += self.share
            if self._due >= 1:
                self._due -= 1
                answer.add_done_callback(_Once(self, article, threshold))

    async def stop(self) -> None:
        """Stop reading; what was counted stays."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._scheduler.stop(timeout_s=0.5)

    def begin(
        self, article: Article, threshold: float | None, answer: asyncio.Future[LabelledArticle]
    ) -> None:
        """Queue one article whose answer is there; answers that failed are not compared."""
        if answer.cancelled() or answer.exception() is not None:
            return
        if self._scheduler.ready is None or len(self._tasks) >= WAITING:
            self._count("skipped")
            return
        task = asyncio.ensure_future(self._read(article, threshold, answer.result()))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read(
        self, article: Article, threshold: float | None, active: LabelledArticle
    ) -> None:
        try:
            (future,) = self._scheduler.submit(
                [article], threshold=threshold, timeout_s=self._timeout_s, background=True
            )
            found = compare(active, await future)
        except Exception as error:  # noqa: BLE001 - a shadow's faults are counted, never answered
            logger.warning("the shadow failed on an article: %s", type(error).__name__)
            self._count("failed")
            return
        self.agreement.statements.update(found)
        if self._observer:
            self._observer.shadow_statements(found)
        self._count("same" if set(found) <= {"same"} else "different")

    def _count(self, outcome: str) -> None:
        self.agreement.articles[outcome] += 1
        if self._observer:
            self._observer.shadow_article(outcome)


@dataclass(frozen=True, slots=True)
class _Once:
    """Called when an answer is there."""

    shadow: Shadow
    article: Article
    threshold: float | None

    def __call__(self, answer: asyncio.Future[LabelledArticle]) -> None:
        self.shadow.begin(self.article, self.threshold, answer)
