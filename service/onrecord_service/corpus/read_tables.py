"""Readers of tables: CSV, Parquet and spreadsheets; a row is an article."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

from onrecord.errors import CorpusError

from .csv_rows import CsvRows
from .encodings import narrow
from .extras import need
from .options import ReadOptions
from .records import Record, Rejected
from .sources import Source

BATCH_ROWS = 256


def read_csv(source: Source, options: ReadOptions) -> Iterator[Record | Rejected]:
    """Read a CSV or TSV file; a row with a broken quote costs that row only."""
    with source.open() as stream:
        narrowed, encoding = narrow(stream, options.encoding)
        delimiter = "\t" if source.suffix == ".tsv" else None
        table = CsvRows(narrowed, encoding=encoding, delimiter=delimiter)
        header = table.read_header()
        if header.fault:
            raise CorpusError(header.fault)
        _require(header.values, options)
        try:
            for row in table:
                if row.fault:
                    yield Rejected(source.name, row.line, row.fault)
                else:
                    fields = dict(zip(header.values, row.values, strict=True))
                    yield _record(fields, source, row.line, options)
        except OSError as error:
            yield Rejected(source.name, table.line, f"the file cannot be read further: {error}")


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
