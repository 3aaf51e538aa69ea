"""What a reader yields: a record to label, or a rejection with its place and reason."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from onrecord.errors import CorpusError
from onrecord.types import Article

OUR_FIELDS = frozenset({"statements", "processing", "model"})
"""Fields of the output that an input (a gold file, an earlier output) may hold: ours win."""

FIELDS = ("text", "id", "title", "date")
"""The fields of an article that a column mapping can name."""


@dataclass(frozen=True, slots=True)
class Record:
    """One article of a corpus and where it stands.

    Args:
        source: File name, with the member's name for an archive.
        line: Line or row in the source, from 1; 0 where the source is one article.
        article: What is labelled.
        key: Hash for the cache, where one is in use.
    """

    source: str
    line: int
    article: Article
    key: bytes | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """One record that could not be read or labelled.

    Args:
        source: As in `Record`.
        line: As in `Record`.
        reason: What was given, what is legal, what to do next.
        id: The record's id where it is known.
        duplicate_of: For a copy that was left out, the first one; otherwise None.
    """

    source: str
    line: int
    reason: str
    id: str | None = None
    duplicate_of: str | None = None

    @property
    def place(self) -> str:
        """The place as a person writes it: "news.jsonl, line 12"."""
        return f"{self.source}, line {self.line}" if self.line else self.source

    def to_dict(self) -> dict[str, Any]:
        """Return the row of the side file of rejected records."""
        return {"source": self.source, "line": self.line, "id": self.id, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Labelled:
    """The output of one record.

    Args:
        data: Its bytes, ready to be written.
        statements: Number of statements.
        key: Hash for the cache, where one is in use.
        labels: Packed labels for the cache, where one is in use.
    """

    data: bytes
    statements: int
    key: bytes | None = None
    labels: bytes | None = None


@dataclass(frozen=True, slots=True)
class FieldMap:
    """Which column or key holds which field of an article.

    Args:
        text: Name of the column with the text.
        id: Name of the column with the identifier.
        title: Name of the column with the headline.
        date: Name of the column with the date.
    """

    text: str = "text"
    id: str = "id"
    title: str = "title"
    date: str = "date"

    @classmethod
    def parse(cls, pairs: list[str]) -> FieldMap:
        """Read `FIELD=COLUMN` pairs.

        Args:
            pairs: For instance `["text=body", "id=guid"]`.

        Returns:
            The mapping; fields that are not named keep their own name.

        Raises:
            CorpusError: If a pair is malformed or names an unknown field.
        """
        given: dict[str, str] = {}
        for pair in pairs:
            name, equals, column = pair.partition("=")
            if not equals or name not in FIELDS or not column:
                raise CorpusError(
                    f"column mapping {pair!r} is not FIELD=COLUMN; FIELD is one of"
                    f" {', '.join(FIELDS)}, for instance --column text=body"
                )
            given[name] = column
        return cls(**given)

    def article(self, row: Mapping[str, Any], *, fallback_id: str, keep_text: bool) -> Article:
        """Make an article of a row.

        Args:
            row: Column or key to value.
            fallback_id: Identifier for a row that has none.
            keep_text: Whether the output repeats the text, so that it is self-contained.

        Returns:
            The article; unmapped fields are passed through, the text among them.

        Raises:
            CorpusError: If the text is absent or a field is of the wrong type.
        """
        text = row.get(self.text)
        if not isinstance(text, str):
            known = ", ".join(repr(name) for name in row) or "none"
            given = "is missing" if self.text not in row else f"is of type {_kind(text)}"
            raise CorpusError(
                f"field {self.text!r} {given}; it must be a string with the article's text"
                f" (fields of this record: {known}; name another with --column text=FIELD)"
            )
        mapped = {self.text, self.id, self.title, self.date}
        extra = {
            name: plain(value)
            for name, value in row.items()
            if name not in mapped and name not in OUR_FIELDS
        }
        if keep_text:
            extra["text"] = text
        identifier = word(row, self.id)
        return Article(
            text=text,
            id=fallback_id if identifier is None else identifier,
            title=word(row, self.title),
            date=word(row, self.date),
            extra=extra,
        )


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it: dates become ISO 8601, unknown types their string.

    The missing numbers of data frames (NaN), and infinite ones, become null.
    """
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if value is None or isinstance(value, str | int | float | bool | list | dict):
        return value
    return str(value)


def word(row: Mapping[str, Any], name: str) -> str | None:
    """Return a field as a string; a number is written out, an empty string is None.

    Raises:
        CorpusError: It is an object, a list or a boolean.
    """
    value = plain(row.get(name))
    if value is None or value == "":
        return None
    if isinstance(value, bool | list | dict):
        raise CorpusError(f"field {name!r} is of type {_kind(value)}; give a string or null")
    return str(value)


def _kind(value: Any) -> str:
    names = {dict: "object", list: "array", bool: "boolean", int: "number", float: "number"}
    return "null" if value is None else names.get(type(value), type(value).__name__)
