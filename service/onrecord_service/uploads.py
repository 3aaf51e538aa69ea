"""Uploaded corpora: streamed to a file first, then read record by record.

A bad record is stored with its line and its problem; the good ones beside it are not affected.
"""

from __future__ import annotations

import asyncio
import contextlib
import csv
import hashlib
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from starlette.requests import Request

from onrecord.types import Article
from onrecord_service import bodies, reading, schemas
from onrecord_service.problems import Problem
from onrecord_service.store.job_types import NewRecord

NDJSON_TYPES = frozenset({"application/x-ndjson", "application/jsonl", "application/json"})
CSV_TYPES = frozenset({"text/csv"})
_CHUNK = 2**20
_LEFT_S = 3600.0
_MOST_COLUMNS = 1000
_SHOWN = 40
"""Column names that an error repeats, and characters of each."""
_FIELDS = ("text", "id", "title", "date")


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
        Problem: `body-too-large`.
    """
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
            if len(line) > limits.line_bytes and not line.endswith(b"\n"):
                while (rest := file.readline(_CHUNK)) and not rest.endswith(b"\n"):
                    pass
                yield _bad(number, {}, bodies.too_large("a line that long", limits.line_bytes))
            elif line.strip():
                yield _record(number, _parsed(line), limits)


def _parsed(line: bytes) -> Any:
    try:
        return bodies.parse_json(line)
    except Problem as problem:
        return problem


class _Lines:
    """The lines of a CSV file, of which no record may take more than so many characters.

    Args:
        file: Opened with `newline=""`.
        limit: Most characters of a record; set `left` to it before each.

    Raises:
        Problem: `body-too-large`; the line was read to its end, and the next can be.
    """

    def __init__(self, file: TextIO, limit: int) -> None:
        self._file = file
        self._limit = limit
        self.left = limit
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._file.readline(self.left + 1)
        if not line:
            raise StopIteration
        self.number += 1
        too_long = len(line) > self.left
        self.left -= len(line)
        while too_long and line and not line.endswith(("\n", "\r")):
            line = self._file.readline(_CHUNK)
        if too_long:
            raise bodies.too_large("a record that long", self._limit)
        return line


def _read_csv(path: Path, limits: RecordLimits) -> Iterator[NewRecord]:
    csv.field_size_limit(limits.line_bytes)
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        lines = _Lines(file, limits.line_bytes)
        rows = csv.reader(lines)
        columns = _columns(rows)
        while True:
            start, lines.left = lines.number + 1, limits.line_bytes
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                yield _bad(start, {}, Problem("invalid-request", f"not CSV: {error}"))
            except Problem as problem:
                yield _bad(start, {}, problem)
            else:
                if row:
                    yield _record(start, _from_row(columns, row), limits)


def _columns(rows: Iterator[list[str]]) -> list[str]:
    """Return the header of a CSV.

    Raises:
        Problem: It cannot be read, or has no column `text`.
    """
    try:
        columns = next(rows, [])
    except csv.Error as error:
        raise Problem("invalid-request", f"the first line is not CSV: {error}") from error
    if any(reading.half_character(name) is not None for name in columns):
        raise Problem(
            "invalid-encoding", "the CSV's header is not valid UTF-8; encode the file as UTF-8"
        )
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
    return columns


def _from_row(columns: list[str], row: list[str]) -> Any:
    if len(row) > len(columns):
        return Problem("invalid-request", "the row has more cells than the header has columns")
    if any(reading.half_character(cell) is not None for cell in row):
        return Problem("invalid-encoding", "the row is not valid UTF-8; encode the file as UTF-8")
    return dict(zip(columns, row, strict=False))  # a short row lacks its last cells


def _record(line: int, value: Any, limits: RecordLimits) -> NewRecord:
    """Check one record; fields that we do not know are passed through."""
    if isinstance(value, Problem):
        return _bad(line, {}, value)
    if not isinstance(value, dict):
        kind = bodies.kind_of(value)
        return _bad(line, {}, Problem("invalid-request", f"a JSON {kind}; send an object"))
    known = {name: value[name] for name in _FIELDS if value.get(name) is not None}
    if isinstance(known.get("id"), int) and not isinstance(known.get("id"), bool):
        known["id"] = str(known["id"])
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
