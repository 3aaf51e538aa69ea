"""Labelled articles made by hand, with the awkward things that real ones have."""

from __future__ import annotations

from typing import Any

from onrecord.types import (
    Actor,
    Article,
    Entity,
    LabelledArticle,
    ModelInfo,
    OffsetUnit,
    Processing,
    Span,
    Statement,
)

MODEL = ModelInfo("sample", "1", "f" * 64)
NORWAY = Entity("Norway", "state", "Q20")
TEXT = (
    "😀 Norway's minister Kari Lie ruled out “new quotas”; she said:\n“We will\nwait,” she added,"
    ' “for Oslo.” Chad & "Mali" oppose <b>the; plan</b>. Rain fell.'
)


def span(words: str, text: str = TEXT) -> Span:
    start = text.index(words)
    return Span(start, start + len(words), words)


def statement(number: int, **changes: Any) -> Statement:
    values: dict[str, Any] = {
        "id": f"a/1:{number}",
        "cue": span("ruled out"),
        "source": span("Norway's minister Kari Lie"),
        "content": (span("“new quotas”"),),
        "target": span("“new quotas”"),
        "stance": "rules_out",
        "conditional": False,
        "quotation": "mixed",
        "confidence": 0.9,
        "scores": {"rules_out": 0.9},
        "actors": (Actor("Kari Lie", "person", None, "named", NORWAY, 0.8),),
    }
    return Statement(**{**values, **changes})


def sample(unit: OffsetUnit = "codepoint") -> dict[str, Any]:
    statements = (
        statement(0),
        statement(
            1,
            cue=span("added"),
            source=Span(*_she()),
            content=(span("“We will\nwait,”"), span("“for Oslo.”")),
            target=span("Oslo"),
            stance="states",
            quotation="direct",
            conditional=True,
        ),
        statement(
            2,
            cue=span("oppose"),
            source=span('Chad & "Mali"'),
            content=(span("<b>the; plan</b>"),),
            target=span("<b>the; plan</b>"),
            stance="opposes",
            quotation="indirect",
            actors=(Actor("Chad", "state", "Q657", "named", Entity("Chad", "state", "Q657"), 0.7),),
        ),
        statement(3, source=None, target=None, content=(), stance="supports", actors=()),
    )
    article = Article(
        TEXT,
        id="a/1",
        title='A "title"; two',
        date="2025-03-04T05:06:07Z",
        extra={"text": TEXT, "url": "https://example.org/a"},
    )
    labelled = LabelledArticle(article, statements, Processing(len(TEXT), 1), MODEL)
    return labelled.to_dict(offset_unit=unit)


def _she() -> tuple[int, int, str]:
    start = TEXT.index("she added")
    return start, start + 3, "she"
