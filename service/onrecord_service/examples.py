"""Invented examples that OpenAPI, the page and the tests share."""

from __future__ import annotations

from typing import Any

_TEXT = (
    "Iceland opposes any foreign base on the Sund islands. "
    "Icelandic Foreign Minister Ilse Varga said on Monday that her government would send "
    "two hospital ships once a ceasefire holds."
)


def _span(words: str) -> dict[str, Any]:
    """Return the wire form of the first place where the words stand."""
    start = _TEXT.index(words)
    return {"start": start, "end": start + len(words), "text": words}


_ICELAND = {"name": "Iceland", "kind": "state", "id": "Q189"}


def _actor(entity: dict[str, Any], confidence: float, represents: float) -> dict[str, Any]:
    """Return the wire form of an actor who is named and speaks for Iceland."""
    principal = {**_ICELAND, "confidence": represents}
    return {**entity, "resolved_by": "named", "confidence": confidence, "represents": principal}


_STATE = _actor(_ICELAND, 0.9236, 0.9343)
_MINISTER = _actor({"name": "Ilse Varga", "kind": "person", "id": None}, 0.9452, 0.8426)

ARTICLE: dict[str, Any] = {
    "id": "a1",
    "title": "No base on the islands",
    "date": "2025-08-30",
    "text": _TEXT,
}

# What the shipped checkpoint answers to ARTICLE with `scores`; tests/golden holds it to that.
LABELLED_ARTICLE: dict[str, Any] = {
    "id": "a1",
    "title": "No base on the islands",
    "date": "2025-08-30",
    "statements": [
        {
            "id": "a1:0",
            "source": _span("Iceland"),
            "cue": _span("opposes"),
            "content": [_span("any foreign base on the Sund islands")],
            "target": _span("any foreign base on the Sund islands"),
            "stance": "opposes",
            "polarity": "against",
            "conditional": False,
            "quotation": "indirect",
            "confidence": 0.9571,
            "scores": {
                "supports": 0.001,
                "opposes": 0.9817,
                "demands": 0.0005,
                "commits": 0.0017,
                "rules_out": 0.0024,
                "considers": 0.0008,
                "warns": 0.0073,
                "accuses": 0.0026,
                "denies": 0.0019,
                "states": 0.0002,
            },
            "actor": _STATE,
            "represents": _STATE["represents"],
            "actors": [_STATE],
            "headline": "Iceland opposes any foreign base on the Sund islands",
        },
        {
            "id": "a1:1",
            "source": _span("Icelandic Foreign Minister Ilse Varga"),
            "cue": _span("said"),
            "content": [
                _span("her government would send two hospital ships once a ceasefire holds")
            ],
            "target": _span("send two hospital ships"),
            "stance": "commits",
            "polarity": "favor",
            "conditional": True,
            "quotation": "indirect",
            "confidence": 0.9587,
            "scores": {
                "supports": 0.0005,
                "opposes": 0.0008,
                "demands": 0.0002,
                "commits": 0.9762,
                "rules_out": 0.004,
                "considers": 0.0024,
                "warns": 0.0082,
                "accuses": 0.0038,
                "denies": 0.0019,
                "states": 0.0019,
            },
            "actor": _MINISTER,
            "represents": _MINISTER["represents"],
            "actors": [_MINISTER],
            "headline": "Iceland (Ilse Varga) commits to send two hospital ships, on a condition",
        },
    ],
    "processing": {
        "characters": len(_TEXT),
        "windows": 1,
        "truncated": False,
        "offset_unit": "codepoint",
    },
    "model": {
        "name": "onrecord-minilm",
        "version": "0.3.1",
        "sha256": "7d7e61f6493ed407e7d70755876cfd6cbf0e1312476e404e4c702128dd39aa89",
    },
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
            "actor": "Iceland",
            "represents": "Iceland",
            "stance": "opposes",
            "sign": -1,
            "conditional": False,
            "issue": "any foreign base on the Sund islands",
            "target": "any foreign base on the Sund islands",
            "verbatim": _TEXT,
            "confidence": 0.9571,
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
