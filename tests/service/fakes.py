"""A hand-made extractor: finds "X <cue> Y." sentences by a short list of cues. For tests only."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass

from onrecord.errors import EmptyTextError, TextTooLongError
from onrecord.types import (
    Actor,
    Article,
    Entity,
    LabelledArticle,
    ModelInfo,
    Processing,
    Span,
    Statement,
)

CUES = {
    "has consistently rejected": "opposes",
    "backs": "supports",
    "called on": "demands",
    "warned that": "warns",
    "denied that": "denies",
    "said": "states",
}
_PATTERN = re.compile(
    rf"(?P<source>[A-Z]\w+(?: [A-Z]\w+)*) (?P<cue>{'|'.join(CUES)}) (?P<content>[^.]+)"
)


@dataclass(frozen=True)
class Limits:
    max_characters: int = 1_000_000


class FakeExtractor:
    """Deterministic, and remembers what it was asked to read."""

    def __init__(self, *, seconds: float = 0.0, limit: int = 1_000_000) -> None:
        self.model = ModelInfo("fake", "1.2.3", "f" * 64)
        self.limits = Limits(limit)
        self.seen: list[str] = []
        self.gate = threading.Event()
        self.gate.set()
        self._seconds = seconds

    def extract_one(self, article: Article, *, threshold: float | None = None) -> LabelledArticle:
        self.seen.append(article.id)
        self.gate.wait(10)
        time.sleep(self._seconds)
        text = article.text
        if text.startswith("CRASH"):
            message = "the network fell over"
            raise ZeroDivisionError(message)
        if not text.strip():
            message = "empty"
            raise EmptyTextError(message)
        if len(text) > self.limits.max_characters:
            message = "too long"
            raise TextTooLongError(message)
        found = []
        for match in _PATTERN.finditer(text):
            confidence = 0.9 if len(found) % 2 == 0 else 0.6
            if confidence < (threshold or 0):
                continue
            found.append(_statement(article, len(found), match, confidence))
        return LabelledArticle(
            article, tuple(found), Processing(len(text), 1 + len(text) // 1000), self.model
        )


def _statement(article: Article, number: int, match: re.Match[str], confidence: float) -> Statement:
    def span(group: str) -> Span:
        return Span(match.start(group), match.end(group), match[group])

    name = match["source"]
    known = article.registry.find(name) if article.registry is not None else None
    state = known.entity if known else Entity(name, "state")
    stance = CUES[match["cue"]]
    return Statement(
        id=f"{article.id}:{number}",
        cue=span("cue"),
        source=span("source"),
        content=(span("content"),),
        target=span("content"),
        stance=stance,
        conditional="once" in match["content"],
        quotation="indirect",
        confidence=confidence,
        scores={stance: 0.9, "states": 0.1},
        actors=(Actor(state.name, "state", state.id, "named", state, 0.9),),
    )


def make_fake() -> FakeExtractor:
    """Importable from a spawned worker."""
    return FakeExtractor()


def make_slow_fake() -> FakeExtractor:
    """Importable from a spawned worker; takes a minute for an article."""
    return FakeExtractor(seconds=60)
