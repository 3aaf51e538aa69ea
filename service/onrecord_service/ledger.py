"""The ledger: labelled articles in one DuckDB file, and questions to it."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onrecord.errors import CorpusError
from onrecord.exports.common import SIGN
from onrecord_service.corpus.extras import need
from onrecord_service.corpus.flat import FLAT_COLUMNS, flat_rows
from onrecord_service.corpus.issue_file import normalize_target
from onrecord_service.report.build import context
from onrecord_service.report.positions import parse_date

LEDGER_VERSION = 2
BATCH_ROWS = 20_000

TYPES = {"string": "VARCHAR", "boolean": "BOOLEAN", "number": "DOUBLE", "integer": "BIGINT"}
COLUMNS = {
    **{name: TYPES[kind] for name, kind in FLAT_COLUMNS.items()},
    "day": "DATE",
    "sign": "TINYINT",
    "issue": "VARCHAR",
    "verbatim": "VARCHAR",
}
"""Columns of the table `statements`: the flat table, and what questions need."""

ANSWER = (
    "day",
    "actor",
    "represents",
    "stance",
    "sign",
    "conditional",
    "issue",
    "target",
    "verbatim",
    "confidence",
    "article_id",
    "title",
    "url",
    "statement_id",
)
"""Columns of an answer."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the ledger; an empty field asks nothing.

    Args:
        actor: Name of an actor or of what it represents, in any case.
        issue: Name of an issue, or words that the target holds, in any case.
        stance: One of the ten stances.
        polarity: `favor`, `against` or `neutral`.
        since: First day.
        until: Last day.
        confidence: Least confidence.
        limit: Most statements returned.
        offset: Statements skipped, for the next page.
    """

    actor: str | None = None
    issue: str | None = None
    stance: str | None = None
    polarity: str | None = None
    since: dt.date | None = None
    until: dt.date | None = None
    confidence: float = 0.0
    limit: int = 100
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the ledger says.

    Args:
        statements: Rows with the keys of `ANSWER`, by day; at most the question's limit.
        count: Statements in all.
        favor: Of these, for.
        against: Of these, against.
        mean: Mean polarity of those that take a position (`states` does not), or None.
    """

    statements: list[dict[str, Any]]
    count: int
    favor: int
    against: int
    mean: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the wire form."""
        summary = {"count": self.count, "favor": self.favor, "against": self.against}
        return {**summary, "mean": self.mean, "statements": self.statements}


class Ledger:
    """A DuckDB file with a table `statements`.

    Args:
        path: The file.
        create: Make it if it is not there; otherwise it is opened for reading only, so that many
            processes can ask at once.

    Raises:
        CorpusError: If it does not exist, is no ledger, or DuckDB is not installed.
    """

    def __init__(self, path: Path, *, create: bool = False) -> None:
        duckdb = need("duckdb")
        if not create and not path.exists():
            raise CorpusError(
                f"ledger {str(path)!r} does not exist; make it with"
                f" onrecord load LABELLED.jsonl --ledger {path}"
            )
        try:
            self._base = duckdb.connect(str(path), read_only=not create)
            if create:
                self._create()
            (version,) = self._base.execute("SELECT version FROM onrecord").fetchone()
        except duckdb.Error as error:
            raise CorpusError(
                f"ledger {str(path)!r} cannot be opened ({error}); is it in use, or another file?"
            ) from error
        if version != LEDGER_VERSION:
            raise CorpusError(
                f"ledger {str(path)!r} has version {version}, this onrecord reads"
                f" {LEDGER_VERSION}; load the labelled articles into a new one"
            )

    def _create(self) -> None:
        columns = ", ".join(f'"{name}" {kind}' for name, kind in COLUMNS.items())
        self._base.execute(f"CREATE TABLE IF NOT EXISTS statements ({columns})")
        self._base.execute("CREATE TABLE IF NOT EXISTS onrecord (version INTEGER)")
        self._base.execute(
            "INSERT INTO onrecord SELECT ? WHERE NOT EXISTS (SELECT 1 FROM onrecord)",
            [LEDGER_VERSION],
        )

    def load(
        self, articles: Iterable[Mapping[str, Any]], *, advanced: Callable[[int], None]
    ) -> int:
        """Put labelled articles into the ledger; an article loaded before is replaced.

        Args:
            articles: Labelled articles, with issues where targets were grouped.
            advanced: Called with the number of statements loaded so far.

        Returns:
            The number of statements loaded.
        """
        arrow = need("pyarrow")
        loaded = 0
        for batch in _batches(articles):
            identifiers = arrow.table({"article_id": [identifier for identifier, _ in batch]})
            rows = [row for _, found in batch for row in found]
            self._base.begin()
            self._base.register("incoming", identifiers)
            self._base.execute(
                "DELETE FROM statements WHERE article_id IN (SELECT article_id FROM incoming)"
            )
            self._base.unregister("incoming")
            if rows:
                self._base.register("incoming", arrow.Table.from_pylist(rows, schema=_schema()))
                self._base.execute("INSERT INTO statements BY NAME SELECT * FROM incoming")
                self._base.unregister("incoming")
            self._base.commit()
            loaded += len(rows)
            advanced(loaded)
        return loaded

    def ask(self, question: Question) -> Answer:
        """Answer a question."""
        where, values = _where(question)
        summary = self._base.execute(
            _select(
                "count(*), count(*) FILTER (sign > 0), count(*) FILTER (sign < 0),"
                " avg(sign) FILTER (stance <> 'states')",
                where,
            ),
            values,
        ).fetchone()
        rows = self._base.execute(
            _select(
                ", ".join(ANSWER),
                where,
                "ORDER BY day NULLS LAST, article_id, cue_start LIMIT ? OFFSET ?",
            ),
            [*values, question.limit, question.offset],
        ).fetchall()
        statements = [dict(zip(ANSWER, row, strict=True)) for row in rows]
        for row in statements:
            row["day"] = row["day"].isoformat() if row["day"] else None
        count, favor, against, mean = summary
        return Answer(statements, count, favor, against, None if mean is None else round(mean, 4))

    def names(self, column: str, *, limit: int = 10) -> list[tuple[str, int]]:
        """Return the commonest values of `represents`, `actor` or `issue`, to help a question."""
        if column not in {"actor", "represents", "issue"}:
            raise CorpusError(f"no names of {column!r}; use actor, represents or issue")
        rows = self._base.execute(
            _select(
                f"{column}, count(*) AS times",
                f"{column} IS NOT NULL",
                f"GROUP BY {column} ORDER BY times DESC, {column} LIMIT ?",
            ),
            [limit],
        ).fetchall()
        return [(str(name), int(times)) for name, times in rows]

    def interrupt(self) -> None:
        """Break off what runs, from another thread."""
        self._base.interrupt()

    def close(self) -> None:
        """Close the file."""
        self._base.close()


def ask_ledger(path: Path, question: Question, *, seconds: float = threading.TIMEOUT_MAX) -> Answer:
    """Open a ledger, ask one question and close it.

    Args:
        path: The ledger.
        question: The question.
        seconds: Time after which it is broken off.

    Raises:
        CorpusError: If it cannot be opened.
        TimeoutError: If it was broken off.
    """
    with closing(Ledger(path)) as ledger:
        timer = threading.Timer(seconds, ledger.interrupt)
        timer.daemon = True
        timer.start()
        try:
            return ledger.ask(question)
        except need("duckdb").InterruptException as error:
            raise TimeoutError(f"the ledger did not answer in {seconds:g} s") from error
        finally:
            timer.cancel()


def _select(columns: str, where: str, rest: str = "") -> str:
    """Return a query made of our own words; values never become part of it."""
    return f"SELECT {columns} FROM statements WHERE {where} {rest}"  # noqa: S608 - our words


def _where(question: Question) -> tuple[str, list[Any]]:
    """Return the condition and its values; everything that a user typed is a value."""
    parts: list[str] = ["confidence >= ?"]
    values: list[Any] = [question.confidence]
    if question.actor:
        parts.append("(lower(actor) = lower(?) OR lower(represents) = lower(?))")
        values += [question.actor, question.actor]
    if question.issue:
        words = question.issue.split()
        held = " AND ".join("contains(lower(target), lower(?))" for _ in words) or "true"
        parts.append(f"(lower(issue) = lower(?) OR ({held}))")
        values += [question.issue, *words]
    for column, value in (("stance", question.stance), ("polarity", question.polarity)):
        if value:
            parts.append(f"{column} = ?")
            values.append(value)
    if question.since:
        parts.append("day >= ?")
        values.append(question.since)
    if question.until:
        parts.append("day <= ?")
        values.append(question.until)
    return " AND ".join(parts), values


def _batches(
    articles: Iterable[Mapping[str, Any]],
) -> Iterator[Sequence[tuple[str, list[dict[str, Any]]]]]:
    """Group articles into batches of about `BATCH_ROWS` rows; the last of two copies wins."""
    batch: dict[str, list[dict[str, Any]]] = {}
    size = 0
    for article in articles:
        rows = list(_rows(article))
        batch[str(article["id"])] = rows
        size += len(rows) + 1
        if size >= BATCH_ROWS:
            yield list(batch.items())
            batch, size = {}, 0
    if batch:
        yield list(batch.items())


def _rows(article: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    day = parse_date(article.get("date"))
    for statement, row in zip(article["statements"], flat_rows(article), strict=True):
        target = statement.get("target")
        yield {
            **row,
            "article_id": str(article["id"]),
            "day": day,
            "sign": SIGN[statement["polarity"]],
            "issue": statement.get("issue")
            or (normalize_target(target["text"]) if target else None),
            "verbatim": "".join(piece for _, piece in context(article, statement)),
        }


def _schema() -> Any:
    arrow = need("pyarrow")
    types = {
        "VARCHAR": arrow.string(),
        "BOOLEAN": arrow.bool_(),
        "DOUBLE": arrow.float64(),
        "BIGINT": arrow.int64(),
        "DATE": arrow.date32(),
        "TINYINT": arrow.int8(),
    }
    return arrow.schema([(name, types[kind]) for name, kind in COLUMNS.items()])
