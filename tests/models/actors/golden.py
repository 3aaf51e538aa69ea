"""Read the marked articles of tests/golden/actors (markup: see the README there)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from onrecord.types import Article, Span, Statement

FOLDER = Path(__file__).resolve().parents[2] / "golden" / "actors"
_MARK = re.compile(r"\{([^|{}]*)\|([^|{}]*)\|([^|{}]*)\}|<<|>>")
_ARTICLE = re.compile(r"^(?:the|a|an) ", re.IGNORECASE)


@dataclass(frozen=True)
class Marked:
    """An article, the statements to resolve, and the right actor and principal of each."""

    name: str
    article: Article
    statements: list[Statement]
    actors: list[str]
    represents: list[str]


def read(path: Path) -> Marked:
    head, body = path.read_text(encoding="utf-8").split("\n\n", 1)
    fields = dict(line.split(": ", 1) for line in head.splitlines())
    text = ""
    last = 0
    sources: list[tuple[int, int]] = []
    actors: list[str] = []
    represents: list[str] = []
    contents: list[list[int]] = []
    for match in _MARK.finditer(body):
        text += body[last : match.start()]
        last = match.end()
        if match.group() == "<<":
            contents.append([len(text), len(text)])
        elif match.group() == ">>":
            contents[-1][1] = len(text)
        else:
            surface, actor, principal = match.groups()
            actor = _ARTICLE.sub("", surface) if actor == "=" else actor
            sources.append((len(text), len(text) + len(surface)))
            actors.append(actor)
            represents.append(actor if principal == "=" else principal)
            text += surface
    text += body[last:]
    owned: dict[int, list[Span]] = {}
    for start, end in contents:
        owner = _owner(sources, start, end, text)
        owned.setdefault(owner, []).append(Span(start, end, text[start:end]))
    statements = [
        Statement(
            id=f"{path.stem}:{number}",
            cue=Span(end, end, ""),
            source=Span(start, end, text[start:end]),
            content=tuple(owned.get(number, ())),
            target=None,
            stance="states",
            conditional=False,
            quotation="indirect",
            confidence=1.0,
        )
        for number, (start, end) in enumerate(sources)
    ]
    article = Article(text, path.stem, fields.get("title"), fields.get("date"))
    return Marked(path.stem, article, statements, actors, represents)


def _owner(sources: list[tuple[int, int]], start: int, end: int, text: str) -> int:
    """Return the source beside a quotation: the next in its paragraph, else the one before."""
    after = [number for number, source in enumerate(sources) if source[0] >= end]
    if after and "\n\n" not in text[end : sources[after[0]][0]] and _follows(text, end):
        return after[0]
    before = [number for number, source in enumerate(sources) if source[1] <= start]
    return before[-1]


def _follows(text: str, end: int) -> bool:
    """Whether the attribution comes after the quotation (it ends in a comma or a full stop)."""
    return text[:end].rstrip('"').endswith((",", "."))


def read_all() -> list[Marked]:
    return [read(path) for path in sorted(FOLDER.glob("[0-9]*.txt"))]
