"""A labeller without a model, importable from worker processes."""

from __future__ import annotations

import os
import re
import time

from onrecord.errors import EmptyTextError, InvalidTextError
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

MODEL = ModelInfo(name="fake", version="0", sha256="0" * 64)
FACTORY = "tests.service.corpus.fakes:make_fake"
STANCE_OF = {"backs": "supports", "rejects": "opposes", "says": "states", "demands": "demands"}
PATTERN = re.compile(
    r"(?P<source>[A-Z]\w+) (?P<cue>backs|rejects|says|demands) (?P<target>[^.]+)\."
)


class FakeLabeller:
    """Find "Name backs|rejects|says|demands WORDS." in a text."""

    model = MODEL

    def __init__(self, delay: float = 0.0) -> None:
        self._delay = delay

    def extract_one(self, article: Article, *, threshold: float | None = None) -> LabelledArticle:
        time.sleep(self._delay)
        if not article.text.strip():
            raise EmptyTextError("the text is empty; give an article")
        if "\0" in article.text:
            raise InvalidTextError("the text holds NUL at 0; remove it")
        if "KILL-WORKER" in article.text:
            os._exit(9)
        statements = []
        for number, match in enumerate(PATTERN.finditer(article.text)):
            confidence = 0.5 + 0.01 * (len(match["target"]) % 50)
            if threshold is not None and confidence < threshold:
                continue
            state = Entity(match["source"], "state", "Q1")
            target = Span(*match.span("target"), match["target"])
            statements.append(
                Statement(
                    id=f"{article.id}:{number}",
                    cue=Span(*match.span("cue"), match["cue"]),
                    source=Span(*match.span("source"), match["source"]),
                    content=(target,),
                    target=target,
                    stance=STANCE_OF[match["cue"]],
                    conditional=" if " in match["target"],
                    quotation="indirect",
                    confidence=confidence,
                    scores={"states": 0.1, STANCE_OF[match["cue"]]: 0.9},
                    actors=(Actor(match["source"], "state", "Q1", "named", state, 0.9),),
                )
            )
        processing = Processing(characters=len(article.text), windows=1)
        return LabelledArticle(article, tuple(statements), processing, MODEL)


def make_fake(options: object) -> FakeLabeller:
    return FakeLabeller()


def make_slow_fake(options: object) -> FakeLabeller:
    return FakeLabeller(delay=0.005)
