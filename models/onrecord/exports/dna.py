"""Event lists of the Discourse Network Analyzer (DNA)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .common import SIGN, Labelled, Offsets, actor_name, issue_name, spans_of, text_of

DNA_COLUMNS = (
    "statement_id",
    "time",
    "person",
    "organization",
    "concept",
    "agreement",
    "start_position",
    "stop_position",
    "text",
    "coder",
    "document_id",
    "document_title",
    "document_author",
    "document_source",
    "document_section",
    "document_type",
)
"""Columns in DNA's order; values are separated by `;`."""


def to_dna(articles: Iterable[Labelled], *, neutral: bool = False) -> Iterator[str]:
    """Write statements as a DNA event list.

    Agreement is 1 for favor and 0 for against; statements without a target or an actor have no
    place in a discourse network and are left out.

    Args:
        articles: Labelled articles with their texts.
        neutral: Also write neutral statements, and agreement as an integer -1, 0 or 1.

    Yields:
        Lines with their line feeds, the header first. Positions are UTF-16 code units of the
        text, as DNA (Java) counts them.

    Raises:
        ExportError: If an article carries no text.
    """
    yield ";".join(DNA_COLUMNS) + "\n"
    number = 0
    for document, article in enumerate(articles, start=1):
        at = Offsets(article, "utf16")
        codepoint = Offsets(article, "codepoint")
        for statement in article["statements"]:
            sign = SIGN[statement["polarity"]]
            who, concept = actor_name(statement, "actor"), issue_name(statement)
            if who is None or concept is None or (sign == 0 and not neutral):
                continue
            number += 1
            first, last = spans_of(statement)[0], max(spans_of(statement), key=_end)
            stretch = text_of(article)[codepoint(first["start"]) : codepoint(last["end"])]
            values: list[str | int] = [
                number,
                _text(_time(article.get("date"))),
                _text(_person(statement)),
                _text(_organization(statement)),
                _text(concept),
                sign if neutral else int(sign > 0),
                at(first["start"]),
                at(last["end"]),
                _text(stretch),
                1,
                document,
                _text(article.get("title") or article["id"]),
                _text(_plain(article.get("author"))),
                _text(_plain(article.get("outlet") or article.get("url"))),
                _text(_plain(article.get("section"))),
                _text("news"),
            ]
            yield ";".join(str(value) for value in values) + "\n"


def _end(span: Mapping[str, Any]) -> int:
    return int(span["end"])


def _person(statement: Mapping[str, Any]) -> str:
    actor = statement.get("actor") or {}
    if actor and actor.get("kind") not in {"person", "unknown"}:
        return ""
    return actor_name(statement, "actor") or ""


def _organization(statement: Mapping[str, Any]) -> str:
    actor = statement.get("actor") or {}
    if actor.get("represents"):
        return str(actor["represents"]["name"])
    return "" if _person(statement) else str(actor.get("name") or "")


def _time(date: Any) -> str:
    """Return a date as DNA wants it, `yyyy-MM-dd HH:mm:ss`; empty when there is none."""
    if not isinstance(date, str) or not date:
        return ""
    day, _, rest = date.replace("T", " ").partition(" ")
    clock = rest[:8] if len(rest) >= 8 else "00:00:00"  # noqa: PLR2004 - HH:mm:ss
    return f"{day} {clock}"


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _text(value: str) -> str:
    """Quote a value; DNA knows no escapes, so its separators are replaced inside."""
    flat = " ".join(value.split())
    return '"' + flat.replace(";", ",").replace('"', "'") + '"'
