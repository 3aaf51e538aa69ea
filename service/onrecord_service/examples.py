"""Invented examples that OpenAPI, the page and the tests share."""

from __future__ import annotations

from typing import Any

_TEXT = (
    "Norvania has consistently rejected any foreign base on the Sund islands. "
    "Norvanian Foreign Minister Ilse Varga said on Monday that her government would send "
    "two hospital ships once a ceasefire holds."
)


def _span(words: str) -> dict[str, Any]:
    """Return the wire form of the first place where the words stand."""
    start = _TEXT.index(words)
    return {"start": start, "end": start + len(words), "text": words}


_NORVANIA = {"name": "Norvania", "kind": "state", "id": None}

ARTICLE: dict[str, Any] = {
    "id": "a1",
    "title": "No base on the islands",
    "date": "2025-08-30",
    "text": _TEXT,
}

LABELLED_ARTICLE: dict[str, Any] = {
    "id": "a1",
    "title": "No base on the islands",
    "date": "2025-08-30",
    "statements": [
        {
            "id": "a1:0",
            "source": _span("Norvania"),
            "cue": _span("has consistently rejected"),
            "content": [_span("any foreign base on the Sund islands")],
            "target": _span("any foreign base on the Sund islands"),
            "stance": "opposes",
            "polarity": "against",
            "conditional": False,
            "quotation": "indirect",
            "confidence": 0.91,
            "scores": {"opposes": 0.93, "rules_out": 0.05, "states": 0.02},
            "actor": {
                **_NORVANIA,
                "resolved_by": "named",
                "confidence": 0.95,
                "represents": _NORVANIA,
            },
            "represents": _NORVANIA,
            "actors": [
                {
                    **_NORVANIA,
                    "resolved_by": "named",
                    "confidence": 0.95,
                    "represents": _NORVANIA,
                }
            ],
            "headline": "Norvania opposes any foreign base on the Sund islands",
        },
    ],
    "processing": {
        "characters": len(_TEXT),
        "windows": 1,
        "truncated": False,
        "offset_unit": "codepoint",
    },
    "model": {"name": "onrecord-minilm", "version": "1.0.0", "sha256": "0" * 64},
}

FEEDBACK: dict[str, Any] = {
    "text": "Norvania backs the plan.",
    "statements": [
        {
            "source": [0, 8],
            "cue": [9, 14],
            "content": [[15, 23]],
            "target": [15, 23],
            "stance": "supports",
            "conditional": False,
            "actor": "Norvania",
            "represents": "Norvania",
        }
    ],
    "offset_unit": "codepoint",
}

POSITIONS: dict[str, Any] = {
    "count": 1,
    "favor": 0,
    "against": 1,
    "mean": -1.0,
    "statements": [
        {
            "day": "2025-08-30",
            "actor": "Norvania",
            "represents": "Norvania",
            "stance": "opposes",
            "sign": -1,
            "conditional": False,
            "issue": "any foreign base on the Sund islands",
            "target": "any foreign base on the Sund islands",
            "verbatim": _TEXT,
            "confidence": 0.91,
            "article_id": "a1",
            "title": "No base on the islands",
            "url": None,
            "statement_id": "a1:0",
        }
    ],
}

PROBLEM: dict[str, Any] = {
    "type": "/problems/empty-text",
    "title": "The text is empty",
    "status": 422,
    "detail": "the text of article 'a1' holds only white space; send the words to read",
    "instance": "urn:onrecord:request:3f0c6d5e8a1b4c7d",
}
