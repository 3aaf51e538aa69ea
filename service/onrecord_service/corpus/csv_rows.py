"""Rows of a CSV file, one after the other, with a bound on memory; a broken row costs itself only.

Python's csv module swallows the rest of a file after an unclosed quote. Here a row grows line by
line while its quotes are open; if it cannot be closed, or does not have the right number of values,
only its first line is given up and reading goes on at the second.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Literal

from onrecord.errors import CorpusError

from .encodings import decode
from .sources import LINE_LIMIT, Line, lines_of

ROW_LINES = 20_000
"""Most lines that one quoted row can run over; beyond that its quote is taken as broken."""

csv.field_size_limit(LINE_LIMIT)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a CSV file.

    Args:
        line: Its first line, from 1.
        values: Its values; none for an empty line and for a broken row.
        fault: What is wrong with it; empty for nothing.
        kind: Of what kind the fault is.
        used: Number of lines that it took.
    """

    line: int
    values: Sequence[str] = ()
    fault: str = ""
    kind: Literal["csv", "encoding", "too long"] = "csv"
    used: int = 1


class CsvRows:
    """Split a CSV file into rows, and find back after a broken one.

    Args:
        stream: At its beginning, in an encoding whose line feeds are one byte.
        encoding: As `decode` takes it.
        delimiter: Between values; by default the likeliest one of the first line.
        limit: Most bytes of a row.
    """

    def __init__(
        self,
        stream: BinaryIO,
        *,
        encoding: str = "utf-8",
        delimiter: str | None = None,
        limit: int = LINE_LIMIT,
    ) -> None:
        self._lines = _split_returns(lines_of(stream, limit=limit))
        self._waiting: deque[Line] = deque()
        self._encoding = encoding
        self._limit = limit
        self._delimiter = delimiter or ","
        self._guess = delimiter is None
        self.line = 0
        """The last line that was read."""
        self.columns: Sequence[str] = ()
        """Set by `read_header`."""

    def read_header(self) -> Row:
        """Read the names of the columns; to be called once, before the rows are asked for."""
        first = next(self._lines, None)
        if first is None:
            return Row(1, fault="the file is empty; its first line must name the columns")
        self._waiting.append(first)
        try:
            text = "" if first.too_long else decode(first.data, self._encoding)
        except CorpusError as error:
            return Row(1, fault=str(error), kind="encoding")
        if self._guess:
            self._delimiter = max(",;\t|", key=text.count)
        row = self._next() or Row(1)
        if row.fault and row.kind == "csv":  # a lone quote in a name: the line is the header
            try:
                row = Row(1, next(csv.reader([text], delimiter=self._delimiter), []))
            except csv.Error as error:
                row = Row(1, fault=f"the first line is not a CSV row: {error}")
        self._drop(row)
        self.columns = row.values
        return row

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows after the header, good and broken, without the empty lines."""
        while (row := self._next()) is not None:
            if row.values or row.fault:
                yield row
            self._drop(row)

    def _drop(self, row: Row) -> None:
        for _ in range(min(row.used, len(self._waiting))):
            self._waiting.popleft()

    def _next(self) -> Row | None:
        """Read the row at the beginning of what waits, fetching lines while quotes are open."""
        quotes = size = 0
        for position in itertools.count():
            if position == len(self._waiting):
                line = next(self._lines, None)
                if line is None:
                    break
                self._waiting.append(line)
                self.line = line.number
            line = self._waiting[position]
            quotes += line.data.count(b'"')
            size += len(line.data)
            if line.too_long or size > self._limit or position > ROW_LINES:
                fault = f"a row of over {self._limit} bytes or {ROW_LINES} lines"
                first = self._waiting[0].number
                return Row(first, fault=f"{fault}: is a quote left open?", kind="too long")
            if quotes % 2 == 0:
                return self._parse(list(itertools.islice(self._waiting, position + 1)))
        if not self._waiting:
            return None
        return Row(self._waiting[0].number, fault="a quote is opened here and never closed")

    def _parse(self, lines: list[Line]) -> Row:
        first = lines[0].number
        try:
            text = decode(b"".join(line.data for line in lines), self._encoding)
            stream = io.StringIO(text, newline="")
            rows = list(csv.reader(stream, delimiter=self._delimiter, strict=True))
        except CorpusError as error:
            return Row(first, fault=str(error), kind="encoding")
        except csv.Error as error:
            return Row(first, fault=f"not a CSV row: {error}")
        values = rows[0] if rows else []
        if values and self.columns and len(values) != len(self.columns):
            count = f"{len(values)} values where the header names {len(self.columns)}"
            advice = f"quote values that hold {self._delimiter!r} or a quote"
            return Row(first, fault=f"{count}; {advice}")
        return Row(first, values, used=len(lines) if len(rows) <= 1 else 1)


def _split_returns(lines: Iterator[Line]) -> Iterator[Line]:
    """Split lines at lone carriage returns too, which end a row as a line feed does."""
    number = 0
    for line in lines:
        start = 0
        while start < len(line.data):
            end = 0 if line.too_long else line.data.find(b"\r", start) + 1
            end = end or len(line.data)
            if line.data[end : end + 1] == b"\n":
                end += 1
            number += 1
            yield Line(number, line.data[start:end], line.too_long)
            start = end
