"""What a converter hands over: one document as one annotator left it, before any check.

A reader of a foreign format says only what stands in the file. Offsets are repaired, labels mapped
and spans joined into statements by the modules beside this one, the same way for every format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from onrecord.errors import CorpusError

ROLES = ("cue", "source", "content", "target")


@dataclass(frozen=True, slots=True)
class Mention:
    """A span as the tool wrote it.

    Args:
        id: The tool's own id within the document.
        start: First offset, in whatever unit the tool uses.
        end: Last offset, exclusive.
        labels: The tool's labels; several where a region carries several.
        text: The words that the tool says stand there, or None where it does not say.
        attributes: Choices and texts attached to the span (`stance`, `actor`, ...).
    """

    id: str
    start: int
    end: int
    labels: tuple[str, ...]
    text: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """A relation between two mentions, by their ids; which end is the cue does not matter."""

    head: str
    child: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A statement whose parts the format itself holds together.

    Args:
        roles: Mention ids by role (`cue`, `source`, `content`, `target`).
        attributes: Everything else about the statement (`stance`, `conditional`, ...).
    """

    roles: Mapping[str, tuple[str, ...]]
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Draft:
    """One document by one annotator.

    Args:
        line: Line, task or document number within the file, from 1.
        id: The tool's id of the document, or None.
        text: The document's text.
        mentions: All spans.
        links: Relations between them, for formats that have them.
        groups: Statements, for formats that hold them together; `links` are then not read.
        annotator: Who annotated it, or None.
        extra: Other fields of the document to keep (title, date, ...).
        notes: What a reader noticed and the report should count ("relations are empty").
    """

    line: int
    id: str | None
    text: str
    mentions: tuple[Mention, ...] = ()
    links: tuple[Link, ...] = ()
    groups: tuple[Group, ...] | None = None
    annotator: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Skip:
    """A document that the tool itself marked as not to be used, with the reason to count."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A document whose structure cannot be read; the ones beside it are kept."""

    line: int
    reason: str
    id: str | None = None


Item = Draft | Skip | Fault


def check_draft(draft: Draft) -> None:
    """Refuse a draft whose parts are not of the types above; a tool's file can hold anything.

    Raises:
        CorpusError: Names the part and what it should be.
    """
    _expect("annotator", draft.annotator, str | None)
    _expect("id", draft.id, str | None)
    for mention in draft.mentions:
        if type(mention.start) is not int or type(mention.end) is not int:
            message = f"span [{mention.start!r}, {mention.end!r}]: start and end are whole numbers"
            raise CorpusError(message)
        _expect("the words of a span", mention.text, str | None)
        for label in mention.labels:
            _expect("a span label", label, str)
    for link in draft.links:
        for part in (link.head, link.child, link.label):
            _expect("an end or label of a relation", part, str)


def _expect(name: str, value: Any, kind: Any) -> None:
    if not isinstance(value, kind):
        message = f"{name} is {value!r}; expected a string"
        raise CorpusError(message)
