"""Uploaded corpora: streamed to a file first, then read record by record.

A bad record is stored with its line and its problem; the good ones beside it are not affected.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import tempfile
import time
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO, cast

from starlette.requests import Request

from onrecord.errors import CorpusError
from onrecord.types import Article
from onrecord_service import bodies, reading, schemas
from onrecord_service.corpus.csv_rows import CsvRows, Row
from onrecord_service.corpus.encodings import marked
from onrecord_service.corpus.records import word
from onrecord_service.problems import Problem, kind_of
from onrecord_service.store.job_types import NewRecord

NDJSON_TYPES = frozenset({"application/x-ndjson", "application/jsonl", "application/json"})
CSV_TYPES = frozenset({"text/csv"})
_CHUNK = 2**20
_LEFT_S = 3600.0
_MOST_COLUMNS = 1000
_SHOWN = 40
"""Column names that an error repeats, and characters of each."""
_ONE_A_LINE = "send one JSON object a line (NDJSON), not a list or indented JSON"
_WORDS = ("id", "title", "date")
_FIELDS = ("text", *_WORDS)


@dataclass(frozen=True, slots=True)
class Upload:
    """A received body on disk; delete `path` when done."""

    path: Path
    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class RecordLimits:
    """What one record may be."""

    line_bytes: int
    characters: int


async def spool(request: Request, folder: Path, limit: int) -> Upload:
    """Write the body to a file as it comes in; memory stays flat.

    Raises:
        Problem: `body-too-large`, or `unsupported-media-type` for a compressed body.
    """
    bodies.check_encoding(request)
    bodies.check_declared_size(request, limit)
    digest = hashlib.sha256()
    size = 0
    with tempfile.NamedTemporaryFile(dir=folder, prefix="upload-", delete=False) as file:
        path = Path(file.name)
        try:
            waiting = bytearray()
            async for part in request.stream():
                size += len(part)
                if size > limit:
                    raise bodies.too_large(f"more than {limit:,} bytes", limit)  # noqa: TRY301
                digest.update(part)
                waiting += part
                if len(waiting) >= _CHUNK:
                    await asyncio.to_thread(file.write, bytes(waiting))
                    waiting.clear()
            file.write(waiting)
        except BaseException:
            path.unlink(missing_ok=True)  # noqa: ASYNC240 - one quick call on the way out
            raise
    return Upload(path, digest.hexdigest(), size)


def sweep(folder: Path) -> None:
    """Delete what uploads and results left in the folder when the service was killed.

    What was written to within the last hour may be another process's.
    """
    old = time.time() - _LEFT_S
    for pattern in ("upload-*", "results-*"):
        for path in folder.glob(pattern):
            with contextlib.suppress(OSError):  # gone already, or not ours: try at the next start
                if path.is_file() and path.stat().st_mtime < old:
                    path.unlink()


def read_records(path: Path, kind: str, limits: RecordLimits) -> Iterator[NewRecord]:
    """Yield the records of an upload, good and bad.

    Args:
        path: The file.
        kind: Media type, one of `NDJSON_TYPES` or `CSV_TYPES`.
        limits: What one record may be.

    Raises:
        Problem: The file as a whole cannot be read.
    """
    return _read_csv(path, limits) if kind in CSV_TYPES else _read_lines(path, limits)


def _read_lines(path: Path, limits: RecordLimits) -> Iterator[NewRecord]:
    with path.open("rb") as file:
        number = 0
        while line := file.readline(limits.line_bytes + 1):
            number += 1
            if number == 1 and line.removeprefix(BOM_UTF8).strip() in {b"[", b"{"}:
                raise Problem("invalid-request", f"the first line is a bracket; {_ONE_A_LINE}")
            if len(line) > limits.line_bytes and not line.endswith(b"\n"):
                while (rest := file.readline(_CHUNK)) and not rest.endswith(b"\n"):
                    pass
                yield _bad(number, {}, bodies.too_large("a line that long", limits.line_bytes))
            elif line.removeprefix(BOM_UTF8).strip():
                yield _record(number, _parsed(line), limits)


def _parsed(line: bytes) -> Any:
    try:
        return bodies.parse_json(line, _ONE_A_LINE)
    except Problem as problem:
        return problem


def _read_csv(path: Path, limits: RecordLimits) -> Iterator[NewRecord]:
    with path.open("rb") as file:
        table, columns = _open_table(file, limits)
        for row in table:
            if row.fault:
                yield _bad(row.line, {}, _fault(row, limits))
            else:
                value = dict(zip(columns, row.values, strict=True))
                yield _record(row.line, value, limits)


def _open_table(file: BinaryIO, limits: RecordLimits) -> tuple[CsvRows, Sequence[str]]:
    """Return a CSV, ready to be read, and the names of its columns.

    Raises:
        Problem: The header cannot be read, or has no column `text`.
    """
    wide = marked(cast("BufferedReader", file).peek(4))
    table = CsvRows(file, limit=limits.line_bytes)
    header = table.read_header()
    if wide or header.kind == "encoding":
        raise Problem(
            "invalid-encoding", "the CSV's header is not valid UTF-8; encode the file as UTF-8"
        )
    if header.fault:
        raise _fault(header, limits)
    columns = header.values
    if len(columns) > _MOST_COLUMNS:
        raise Problem(
            "invalid-request",
            f"the CSV has {len(columns):,} columns, the limit is {_MOST_COLUMNS:,}; leave out "
            "those that you do not need",
        )
    if "text" not in columns:
        shown = ", ".join(name[:_SHOWN] for name in columns[:_SHOWN]) or "(none)"
        raise Problem(
            "invalid-request", f"the CSV has the columns {shown}; one must be named `text`"
        )
    return table, columns


def _fault(row: Row, limits: RecordLimits) -> Problem:
    """Return the problem of a row that cannot be read."""
    if row.kind == "too long":
        return bodies.too_large("a record that long (is a quote left open?)", limits.line_bytes)
    if row.kind == "encoding":
        return Problem("invalid-encoding", "the row is not valid UTF-8; encode the file as UTF-8")
    return Problem("invalid-request", row.fault)


def _record(line: int, value: Any, limits: RecordLimits) -> NewRecord:
    """Check one record; fields that we do not know are passed through."""
    if isinstance(value, Problem):
        return _bad(line, {}, value)
    if not isinstance(value, dict):
        kind = kind_of(value)
        return _bad(line, {}, Problem("invalid-request", f"a JSON {kind}; {_ONE_A_LINE}"))
    known: dict[str, Any] = {} if value.get("text") is None else {"text": value["text"]}
    try:
        words = {name: word(value, name) for name in _WORDS}
    except CorpusError as error:
        return _bad(line, value, Problem("invalid-request", str(error)))
    known.update((name, text) for name, text in words.items() if text is not None)
    known["extra"] = {name: part for name, part in value.items() if name not in _FIELDS}
    known.setdefault("id", f"line-{line}")
    try:
        article = bodies.validate(schemas.ArticleIn, known).to_article()
    except Problem as problem:
        return _bad(line, known, problem)
    problem_of_text = reading.check_text(article, limits.characters)
    if problem_of_text:
        return _bad(line, {"id": article.id}, problem_of_text)
    return NewRecord(line, known)


def _bad(line: int, known: dict[str, Any], problem: Problem) -> NewRecord:
    name = known.get("id")
    good_name = isinstance(name, str) and reading.half_character(name) is None
    return NewRecord(line, {"id": name} if good_name else {}, problem.to_dict())


def to_article(stored: Any) -> Article:
    """Return the article of a stored record."""
    return Article(
        stored["text"], stored["id"], stored.get("title"), stored.get("date"), stored["extra"]
    )
