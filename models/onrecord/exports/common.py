"""What all exports need: the text, offsets in the tool's unit, names and addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from onrecord.errors import OnrecordError
from onrecord.types import OffsetUnit, offset_mapper

Labelled = Mapping[str, Any]
"""The wire form of a labelled article."""

ActorLevel = Literal["represents", "actor"]
"""Whose positions are counted: the state or organisation spoken for, or the person speaking."""

SIGN = {"favor": 1, "against": -1, "neutral": 0}


class ExportError(OnrecordError):
    """A labelled article lacks what the format needs."""


def text_of(labelled: Labelled) -> str:
    """Return the article's text.

    Raises:
        ExportError: If it was left out when the article was labelled.
    """
    text = labelled.get("text")
    if not isinstance(text, str):
        raise ExportError(
            f"labelled article {labelled.get('id')!r} carries no text, which this format needs;"
            " label it without --no-text"
        )
    return text


class Offsets:
    """Turn an article's offsets into another unit.

    Args:
        labelled: The article; its `processing.offset_unit` says what its offsets are in.
        unit: The unit that the format counts in.

    Raises:
        ExportError: If the units differ and the text is absent.
    """

    def __init__(self, labelled: Labelled, unit: OffsetUnit) -> None:
        given = (labelled.get("processing") or {}).get("offset_unit", "codepoint")
        self._back: dict[int, int] | None = None
        self._forth: offset_mapper | None = None
        if given == unit:
            return
        text = text_of(labelled)
        forward = offset_mapper(text, given)
        self._back = {forward(position): position for position in range(len(text) + 1)}
        self._forth = offset_mapper(text, unit)

    def __call__(self, offset: int) -> int:
        """Return an offset in the wanted unit."""
        if self._back is None or self._forth is None:
            return offset
        return self._forth(self._back[offset])

    def span(self, span: Mapping[str, Any]) -> tuple[int, int]:
        """Return a span's `(start, end)` in the wanted unit."""
        return self(span["start"]), self(span["end"])


def spans_of(statement: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return all spans of a statement, in order of the text."""
    single = [statement["source"], statement["cue"], statement["target"]]
    spans = [span for span in (*single, *statement["content"]) if span]
    return sorted(spans, key=lambda span: (span["start"], span["end"]))


def actor_name(statement: Mapping[str, Any], level: ActorLevel) -> str | None:
    """Return whose position a statement is.

    Args:
        statement: The statement.
        level: `represents` falls back to the actor, the actor to the source's words.

    Returns:
        The name, or None when the text names nobody.
    """
    actor = statement.get("actor")
    if actor is None:
        source = statement.get("source")
        return " ".join(source["text"].split()) if source else None
    if level == "represents" and actor.get("represents"):
        return str(actor["represents"]["name"])
    return str(actor["name"])


def actor_kind(statement: Mapping[str, Any], level: ActorLevel) -> str:
    """Return the kind of the entity that `actor_name` names."""
    actor = statement.get("actor") or {}
    if level == "represents" and actor.get("represents"):
        return str(actor["represents"].get("kind") or "unknown")
    return str(actor.get("kind") or "unknown")


def issue_name(statement: Mapping[str, Any]) -> str | None:
    """Return what a statement is about: its issue where targets were grouped, else its target."""
    issue = statement.get("issue")
    if isinstance(issue, str) and issue:
        return issue
    target = statement.get("target")
    return " ".join(target["text"].split()) if target else None


def wikidata(identifier: str | None) -> str | None:
    """Return the address of a Wikidata entity."""
    return f"http://www.wikidata.org/entity/{identifier}" if identifier else None
