"""Build a report: two passes over labelled articles, one for the figures, one for the words."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from onrecord.exports.common import Offsets, spans_of
from onrecord_service.corpus.output import whole_file

from . import figures
from .positions import Position, Selection, merge_wordings, positions_of

CONTEXT = 180
"""Characters of the article shown before and after a statement."""

Articles = Callable[[], Iterable[Mapping[str, Any]]]
"""Opens the labelled articles anew; a report reads them twice."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much a report shows.

    Args:
        actors: Rows of the matrix.
        issues: Columns of the matrix.
        statements: Verbatim statements behind each cell.
        contests: Contested issues.
    """

    actors: int = 25
    issues: int = 20
    statements: int = 40
    contests: int = 15


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of a report and the words behind them.

    Args:
        title: Headline of the page.
        facts: What was counted: articles, statements, days, model.
        period: Length of a period of the time lines.
        actors: Rows of the matrix.
        issues: Columns of the matrix.
        cells: The matrix.
        lines: Time lines.
        contests: Contested issues.
        agreements: Who agrees with whom.
        places: Actor to its place in the network.
        beyond: `(actor, issue, count)` of contested issues that the matrix does not show.
        statements: Verbatim statements by cell.
    """

    title: str
    facts: dict[str, Any]
    period: str
    actors: list[str]
    issues: list[str]
    cells: list[figures.Cell]
    lines: list[figures.TimeLine]
    contests: list[figures.Contest]
    agreements: list[figures.Agreement]
    places: dict[str, tuple[float, float]]
    beyond: list[tuple[str, str, int]] = field(default_factory=list)
    statements: list[dict[str, Any]] = field(default_factory=list)


def build_report(
    articles: Articles,
    *,
    selection: Selection,
    size: Size,
    title: str,
    period: str | None = None,
    grouped: bool = False,
) -> Report:
    """Compute all figures.

    Args:
        articles: Opens the labelled articles.
        selection: Which statements count.
        size: How much is shown.
        title: Headline of the page.
        period: `day`, `week`, `month`, `quarter` or `year`; None chooses by the span of time.
        grouped: Whether targets were grouped into issues; the page says so.

    Returns:
        The report; empty lists where the corpus has no position.
    """
    facts = _Facts()
    positions = merge_wordings(positions_of(facts.watch(articles()), selection))
    actors, issues = figures.top(positions, actors=size.actors, issues=size.issues)
    agreements = figures.agreements(positions, actors)
    contests = figures.contested(positions, limit=size.contests)
    period = period or figures.choose_period(positions)
    contested = {(a, c.issue) for c in contests for a in (*c.favor, *c.against)}
    inside = {(actor, issue) for actor in actors for issue in issues}
    said = figures.group(positions)
    shown = _shown(said, inside | contested, period, size.statements)
    return Report(
        title=title,
        facts={
            **facts.to_dict(),
            "positions": len(positions),
            "actors": len({position.actor for position in positions}),
            "issues": len({position.issue for position in positions}),
            "level": selection.level,
            "grouped": grouped,
        },
        period=period,
        actors=actors,
        issues=issues,
        cells=figures.matrix(positions, actors, issues),
        lines=figures.time_lines(positions, actors, issues, period=period),
        contests=contests,
        agreements=agreements,
        places=figures.layout(actors, agreements),
        beyond=[(*cell, len(said[cell])) for cell in sorted(contested - inside)],
        statements=list(_verbatim(articles(), shown, period)),
    )


@dataclass(slots=True)
class _Facts:
    """Counts what passes through."""

    articles: int = 0
    statements: int = 0
    first: str | None = None
    last: str | None = None
    models: set[str] = field(default_factory=set)

    def watch(self, articles: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        for article in articles:
            self.articles += 1
            self.statements += len(article["statements"])
            date = article.get("date")
            if isinstance(date, str) and date:
                day = date[:10]
                self.first = min(self.first or day, day)
                self.last = max(self.last or day, day)
            model = article["model"]
            self.models.add(f"{model.get('name')} {model.get('version')}")
            yield article

    def to_dict(self) -> dict[str, Any]:
        facts = asdict(self)
        return {**facts, "models": sorted(self.models)}


def _shown(
    said: Mapping[tuple[str, str], Sequence[Position]],
    cells: set[tuple[str, str]],
    period: str,
    limit: int,
) -> dict[int, list[Position]]:
    """Choose the statements behind each cell, by article: the surest of each period go first."""
    chosen: dict[int, list[Position]] = {}
    for cell, positions in said.items():
        if cell not in cells:
            continue
        heads: dict[str | None, Position] = {}
        order = sorted(positions, key=lambda p: (-p.confidence, p.article, p.statement))
        for position in order:
            heads.setdefault(_period(position, period), position)
        first = {id(position) for position in heads.values()}
        order.sort(key=lambda position: id(position) not in first)  # stable: surest first in both
        for position in order[:limit]:
            chosen.setdefault(position.article, []).append(position)
    return chosen


def _period(position: Position, period: str) -> str | None:
    date = position.date
    return figures.period_start(date, period).isoformat() if date else None


def _verbatim(
    articles: Iterable[Mapping[str, Any]], shown: Mapping[int, list[Position]], period: str
) -> Iterator[dict[str, Any]]:
    for number, article in enumerate(articles):
        for position in shown.get(number, ()):
            statement = article["statements"][position.statement]
            url = article.get("url")
            pieces = context(article, statement)
            yield {
                "actor": position.actor,
                "issue": position.issue,
                "sign": position.sign,
                "date": position.date.isoformat() if position.date else None,
                "period": _period(position, period),
                "article": article["id"],
                "title": article.get("title"),
                "url": url
                if isinstance(url, str) and url.startswith(("http:", "https:"))
                else None,
                "stance": statement["stance"],
                "conditional": statement["conditional"],
                "confidence": statement["confidence"],
                "headline": statement["headline"],
                "context": pieces,
                "cut": list(_cut(article.get("text"), "".join(words for _, words in pieces))),
            }


def context(article: Mapping[str, Any], statement: Mapping[str, Any]) -> list[list[str]]:
    """Cut a statement out of its article with what stands around it.

    Args:
        article: The labelled article.
        statement: One of its statements.

    Returns:
        Pieces `[role, text]` whose texts joined are verbatim; the role is `source`, `cue`,
        `target`, `content` or empty. Without the article's text, the spans alone.
    """
    text = article.get("text")
    if not isinstance(text, str):
        return [["content", span["text"]] for span in spans_of(statement)]
    at = Offsets(article, "codepoint")
    spans = [at.span(span) for span in spans_of(statement)]
    first, last = min(start for start, _ in spans), max(end for _, end in spans)
    start, end = max(0, first - CONTEXT), min(len(text), last + CONTEXT)
    if start:
        start = max(text.find(" ", start, first), start)
    if end < len(text):
        end = max(text.rfind(" ", last, end), last)
    roles = [""] * (end - start)
    for role in ("content", "target", "cue", "source"):  # later ones are painted over earlier ones
        value = statement[role]
        for span in value if isinstance(value, list) else [value] if value else []:
            low, high = at.span(span)
            roles[low - start : high - start] = [role] * (high - low)
    pieces: list[list[str]] = []
    for role, character in zip(roles, text[start:end], strict=True):
        if pieces and pieces[-1][0] == role:
            pieces[-1][1] += character
        else:
            pieces.append([role, character])
    return pieces


def _cut(text: object, shown: str) -> tuple[bool, bool]:
    """Tell whether a piece of a text begins and ends in the middle of a sentence."""
    if not isinstance(text, str) or shown not in text:
        return False, False
    start = text.index(shown)
    before, after = text[:start], text[start + len(shown) :]
    return (
        bool(before.strip()) and not _ends_sentence(before, shown),
        bool(after.strip()) and not _ends_sentence(shown, after),
    )


def _ends_sentence(left: str, right: str) -> bool:
    blanks = right[: len(right) - len(right.lstrip())]
    return _SENTENCE_END.search((left + blanks)[-40:]) is not None  # as far as the eye looks


_SENTENCE_END = re.compile(r"([.!?…][\"'”’»)\]]*\s*|\n\s*)\Z")


def render(report: Report) -> str:
    """Return the report as one HTML page that needs no network.

    Args:
        report: From `build_report`.

    Returns:
        The page; text of articles is data in it, never markup.
    """
    page = resources.files("onrecord_service.report").joinpath("page.html").read_text("utf-8")
    data = json.dumps(asdict(report), ensure_ascii=True, default=str)
    data = data.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return page.replace("__DATA__", data)


def write_tables(report: Report, folder: Path) -> None:
    """Write the same figures as CSV: matrix, timeline, contested, agreement, statements.

    Args:
        report: From `build_report`.
        folder: Made if it is not there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _table(folder / "matrix.csv", [asdict(cell) for cell in report.cells])
    points = [
        {
            "actor": line.actor,
            "issue": line.issue,
            "period": point.start,
            "count": point.count,
            "mean": point.mean,
            "changes": " ".join(day.isoformat() for day in line.changes),
        }
        for line in report.lines
        for point in line.points
    ]
    _table(folder / "timeline.csv", points)
    contests = [
        {**asdict(c), "favor": "; ".join(c.favor), "against": "; ".join(c.against)}
        for c in report.contests
    ]
    _table(folder / "contested.csv", contests)
    _table(folder / "agreement.csv", [asdict(pair) for pair in report.agreements])
    statements = [
        {
            **{name: value for name, value in row.items() if name not in {"period", "cut"}},
            "context": "".join(piece for _, piece in row["context"]),
        }
        for row in report.statements
    ]
    _table(folder / "statements.csv", statements)


def _table(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    with whole_file(path) as stream:
        if rows:
            writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
