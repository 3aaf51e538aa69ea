"""A corpus with known positions: who is for what is decided here, so figures can be checked."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

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

ACTORS = {  # side on each issue: 1 for, -1 against, 0 silent
    "Norway": (1, 1, -1, 0, 1, -1),
    "Iceland": (1, 1, -1, 1, 1, 0),
    "Denmark": (1, 1, 0, 1, 1, -1),
    "Chad": (-1, 0, 1, -1, -1, 1),
    "Niger": (-1, -1, 1, 0, -1, 1),
    "Green Basin Alliance": (0, 1, 1, -1, 1, 0),
    "Seto Institute": (1, 0, 0, 1, 0, -1),
    "Federation of East African Hauliers": (-1, -1, 1, -1, 0, 1),
}
ISSUES = (
    "a smaller fishing quota",
    "the joint reserve of rare gases",
    "new fees on transit cargo",
    "the ban on phones in schools",
    "a review of the dam",
    "trams at night",
)
TURN = dt.date(2025, 4, 1)
"""From this day on Iceland opposes the quota that it supported before."""


def corpus(articles: int = 120, seed: int = 7) -> list[dict[str, Any]]:
    random_ = random.Random(seed)
    names = list(ACTORS)
    out = []
    for number in range(articles):
        date = dt.date(2024, 7, 1) + dt.timedelta(days=number * 540 // articles)
        parts: list[tuple[str, str, int]] = []
        for _ in range(random_.randint(2, 5)):
            actor = random_.choice(names)
            place = random_.randrange(len(ISSUES))
            side = ACTORS[actor][place]
            if actor == "Iceland" and place == 0 and date >= TURN:
                side = -1
            if side:
                parts.append((actor, ISSUES[place], side))
        if number % 6 == 0:
            parts.append(("Iceland", ISSUES[0], -1 if date >= TURN else 1))
        out.append(_article(number, date, parts))
    return out


def _article(number: int, date: dt.date, parts: list[tuple[str, str, int]]) -> dict[str, Any]:
    text = f"Article {number} of a series <b>with</b> no end & no moral. "
    statements = []
    for place, (actor, issue, side) in enumerate(parts):
        verb = "supports" if side > 0 else "opposes"
        start = len(text)
        text += f"{actor} {verb} {issue}, its spokesman said on a day of rain in the capital. "
        kind = (
            "state"
            if actor in {"Norway", "Iceland", "Denmark", "Chad", "Niger"}
            else "organisation"
        )
        cue = start + len(actor) + 1
        target = cue + len(verb) + 1
        span = Span(target, target + len(issue), issue)
        statements.append(
            Statement(
                id=f"s{number}:{place}",
                cue=Span(cue, cue + len(verb), verb),
                source=Span(start, start + len(actor), actor),
                content=(span,),
                target=span,
                stance=verb,
                conditional=False,
                quotation="indirect",
                confidence=0.6 + 0.03 * (number % 10),
                scores={},
                actors=(Actor(actor, kind, None, "named", Entity(actor, kind), 0.9),),
            )
        )
    extra = {"text": text, "url": f"https://news.example/{number}"}
    article = Article(text, f"s{number}", f"Headline {number}", date.isoformat(), extra)
    model = ModelInfo("sample", "1", "0" * 64)
    return LabelledArticle(article, tuple(statements), Processing(len(text), 1), model).to_dict()
