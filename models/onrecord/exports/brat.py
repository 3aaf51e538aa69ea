"""brat standoff: a .txt and an .ann per article, and the configuration that shows them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from onrecord.types import STANCES

from .common import Labelled, Offsets, text_of

CONFIGURATION = f"""[entities]
Source
Content
Target

[relations]

[events]
Statement Source?:Source, Content*:Content, Target?:Target

[attributes]
Stance Arg:Statement, Value:{"|".join(STANCES)}
Conditional Arg:Statement
"""
"""The file annotation.conf."""


@dataclass(frozen=True, slots=True)
class BratFiles:
    """The two files of one article.

    Args:
        name: File name without its suffix.
        text: The .txt, verbatim.
        annotations: The .ann; offsets are code points of the text.
    """

    name: str
    text: str
    annotations: str


def to_brat(articles: Iterable[Labelled]) -> Iterator[BratFiles]:
    """Make standoff files.

    A statement is an event whose trigger is the cue; stance and condition are its attributes, the
    actor a note. Spans that run over a line break are written as several fragments, since brat
    cannot read one that holds a line feed.

    Args:
        articles: Labelled articles with their texts.

    Yields:
        The files of each article; names are made of the identifiers and never clash.

    Raises:
        ExportError: If an article carries no text.
    """
    used: set[str] = set()
    for article in articles:
        stem = re.sub(r"[^\w.-]+", "_", str(article["id"])).strip("._") or "article"
        name, number = stem, 1
        while name.casefold() in used:
            number += 1
            name = f"{stem}_{number}"
        used.add(name.casefold())
        text = text_of(article)
        yield BratFiles(name, text, _Standoff(text, Offsets(article, "codepoint")).write(article))


@dataclass(slots=True)
class _Standoff:
    """The lines of an .ann file."""

    text: str
    at: Offsets
    lines: list[str] = field(default_factory=list)
    spans: int = 0

    def write(self, article: Labelled) -> str:
        for number, statement in enumerate(article["statements"], start=1):
            self._event(number, statement)
        return "".join(f"{line}\n" for line in self.lines)

    def _event(self, number: int, statement: Mapping[str, Any]) -> None:
        trigger = self._span("Statement", [statement["cue"]])
        roles = [f"Statement:{trigger}"]
        roles += [
            f"{role.title()}:{self._span(role.title(), [statement[role]])}"
            for role in ("source", "target")
            if statement[role]
        ]
        if statement["content"]:
            roles.append(f"Content:{self._span('Content', statement['content'])}")
        self.lines.append(f"E{number}\t{' '.join(roles)}")
        self.lines.append(f"A{2 * number - 1}\tStance E{number} {statement['stance']}")
        if statement["conditional"]:
            self.lines.append(f"A{2 * number}\tConditional E{number}")
        note = " ".join(str(statement["headline"]).split())
        self.lines.append(f"#{number}\tAnnotatorNotes E{number}\t{note}")

    def _span(self, label: str, spans: list[Mapping[str, Any]]) -> str:
        self.spans += 1
        pieces = [piece for span in spans for piece in self._pieces(*self.at.span(span))]
        places = ";".join(f"{start} {end}" for start, end in pieces)
        words = " ".join(self.text[start:end] for start, end in pieces)
        self.lines.append(f"T{self.spans}\t{label} {places}\t{words}")
        return f"T{self.spans}"

    def _pieces(self, start: int, end: int) -> list[tuple[int, int]]:
        """Split a stretch at its line breaks."""
        found = re.finditer(r"[^\r\n]+", self.text[start:end])
        return [(start + match.start(), start + match.end()) for match in found]
