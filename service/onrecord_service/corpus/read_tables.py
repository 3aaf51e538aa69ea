"""Readers of tables: CSV, Parquet and spreadsheets; a row is an article."""

from __future__ import annotations

import csv
import io
import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from onrecord.errors import CorpusError

from .encodings import decode, narrow
from .extras import need
from .options import ReadOptions
from .records import Record, Rejected
from .sources import LINE_LIMIT, Line, Source, lines_of

ROW_LINES = 20_000
"""Most lines that one quoted CSV row can run over; beyond that its quote is taken as broken."""

BATCH_ROWS = 256

csv.field_size_limit(LINE_LIMIT)


def read_csv(source: Source, options: ReadOptions) -> Iterator[Record | Rejected]:
    """Read a CSV or TSV file; a row with a broken quote costs that row only."""
    with source.open() as stream:
        narrowed, encoding = narrow(stream, options.encoding)
        lines = _split_returns(lines_of(narrowed))
        head = next(lines, None)
        if head is None:
            raise CorpusError("the file is empty; its first line must name the columns")
        first = decode(head.data, encoding)
        delimiter = "\t" if source.suffix == ".tsv" else _delimiter(first)
        try:
            columns = next(csv.reader([first], delimiter=delimiter), [])
        except csv.Error as error:
            raise CorpusError(f"the first line is not a CSV row: {error}") from error
        _require(columns, options)
        table = _Table(columns, delimiter, encoding)
        try:
            for row in table.rows(lines):
                if isinstance(row.values, str):
                    yield Rejected(source.name, row.line, row.values)
                else:
                    fields = dict(zip(columns, row.values, strict=True))
                    yield _record(fields, source, row.line, options)
        except OSError as error:
            yield Rejected(source.name, table.line, f"the file cannot be read further: {error}")


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a CSV file.

    Args:
        line: Its first line.
        values: Its values (none for an empty line), or what is wrong with it.
        used: Number of lines that it took.
    """

    line: int
    values: list[str] | str
    used: int = 1


@dataclass(slots=True)
class _Table:
    """Split lines of a CSV file into rows, and find back after a broken one.

    Python's csv module swallows the rest of a file after an unclosed quote. Here a row grows line
    by line while its quotes are open; if it cannot be closed, or does not have the right number of
    values, only its first line is given up and reading goes on at the second.
    """

    columns: Sequence[str]
    delimiter: str
    encoding: str
    line: int = 1

    def rows(self, lines: Iterator[Line]) -> Iterator[_Row]:
        """Yield the rows of a file, good and broken, without its empty lines."""
        waiting: deque[Line] = deque()
        while (row := self._next(waiting, lines)) is not None:
            if row.values:
                yield row
            for _ in range(row.used):
                waiting.popleft()

    def _next(self, waiting: deque[Line], lines: Iterator[Line]) -> _Row | None:
        """Read the row at the beginning of `waiting`, fetching lines while its quotes are open."""
        quotes = size = 0
        for position in itertools.count():
            if position == len(waiting):
                line = next(lines, None)
                if line is None:
                    break
                waiting.append(line)
                self.line = line.number
            line = waiting[position]
            quotes += line.data.count(b'"')
            size += len(line.data)
            if line.too_long or size > LINE_LIMIT or position > ROW_LINES:
                limit = f"a row of over {LINE_LIMIT} bytes or {ROW_LINES} lines"
                return _Row(waiting[0].number, f"{limit}: is a quote left open?")
            if quotes % 2 == 0:
                return self._parse(list(itertools.islice(waiting, position + 1)))
        if not waiting:
            return None
        return _Row(waiting[0].number, "a quote is opened here and never closed")

    def _parse(self, lines: list[Line]) -> _Row:
        first = lines[0].number
        try:
            text = decode(b"".join(line.data for line in lines), self.encoding)
            stream = io.StringIO(text, newline="")
            rows = list(csv.reader(stream, delimiter=self.delimiter, strict=True))
        except CorpusError as error:  # the encoding
            return _Row(first, str(error))
        except csv.Error as error:
            return _Row(first, f"not a CSV row: {error}")
        values = rows[0] if rows else []
        if values and len(values) != len(self.columns):
            count = f"{len(values)} values where the header names {len(self.columns)}"
            return _Row(first, f"{count}; quote values that hold {self.delimiter!r} or a quote")
        return _Row(first, values, len(lines) if len(rows) <= 1 else 1)


def _split_returns(lines: Iterator[Line]) -> Iterator[Line]:
    """Split lines at lone carriage returns too, which end a row as a line feed does."""
    number = 0
    for line in lines:
        parts = [line.data] if line.too_long else line.data.splitlines(keepends=True)
        for part in parts:
            number += 1
            yield Line(number, part, line.too_long)


def _delimiter(header: str) -> str:
    return max(",;\t|", key=header.count)


def read_parquet(source: Source, options: ReadOptions) -> Iterator[Record | Rejected]:
    """Read a Parquet file in batches; memory does not grow with the file."""
    pq = need("pyarrow.parquet")
    damaged = need("pyarrow.lib").ArrowException
    try:
        stream = source.path.open("rb") if source.path else io.BytesIO(source.open().read())
        with stream, pq.ParquetFile(stream) as file:
            _require(file.schema_arrow.names, options)
            number = 0
            share = source.size / max(file.metadata.num_rows, 1)
            for batch in file.iter_batches(batch_size=BATCH_ROWS):
                for row in batch.to_pylist():
                    number += 1
                    yield _record(row, source, number, options)
                if source.path:
                    source.meter.done += int(share * batch.num_rows)
    except damaged as error:
        raise CorpusError(f"not a readable Parquet file: {error}") from error


def read_xlsx(source: Source, options: ReadOptions) -> Iterator[Record | Rejected]:
    """Read a sheet of a spreadsheet; its first row names the columns."""
    openpyxl = need("openpyxl")
    with source.open() as stream:
        data = io.BytesIO(stream.read())
    try:
        book = openpyxl.load_workbook(data, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises KeyError, BadZipFile, ValueError ...
        raise CorpusError(f"not a readable .xlsx file: {error}") from error
    if options.sheet is not None and options.sheet not in book.sheetnames:
        names = ", ".join(repr(name) for name in book.sheetnames)
        raise CorpusError(f"no sheet {options.sheet!r}; the file has {names}")
    sheet = book[options.sheet] if options.sheet else book[book.sheetnames[0]]
    rows = sheet.iter_rows(values_only=True)
    columns = ["" if cell is None else str(cell) for cell in next(rows, ())]
    _require([name for name in columns if name], options)
    for number, row in enumerate(rows, start=2):
        fields = dict(zip(columns, row, strict=False))
        fields.pop("", None)  # columns without a name, such as the index that pandas writes
        if any(value is not None for value in fields.values()):
            yield _record(fields, source, number, options)
    book.close()


def _record(
    row: dict[str, Any], source: Source, line: int, options: ReadOptions
) -> Record | Rejected:
    try:
        article = options.fields.article(
            row, fallback_id=f"{source.stem}:{line}", keep_text=options.keep_text
        )
    except CorpusError as error:
        return Rejected(source.name, line, str(error))
    return Record(source.name, line, article)


def _require(columns: Sequence[str], options: ReadOptions) -> None:
    if options.fields.text not in columns:
        names = ", ".join(repr(name) for name in columns) or "none"
        raise CorpusError(
            f"no column {options.fields.text!r} for the text; the file has {names};"
            " name the right one with --column text=COLUMN"
        )
