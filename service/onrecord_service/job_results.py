"""Results of a job as NDJSON, CSV or Parquet, page by page."""

from __future__ import annotations

import contextlib
import csv
import io
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from pydantic_core import to_json

from onrecord_service.corpus.flat import FLAT_COLUMNS, flat_rows
from onrecord_service.problems import Problem

NDJSON = "application/x-ndjson"
CSV = "text/csv"
PARQUET = "application/vnd.apache.parquet"
FORMS = (NDJSON, CSV, PARQUET)
BY_NAME: Mapping[str, str] = {"ndjson": NDJSON, "csv": CSV, "parquet": PARQUET}
ENDINGS: Mapping[str, str] = {NDJSON: "jsonl", CSV: "csv", PARQUET: "parquet"}

_FORMULA = re.compile(r"(?![+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\Z)[=+\-@\t\r]")
"""How a text begins that a spreadsheet would run; a number is none."""
_PAGE_BYTES = 64 * 1024
_ROWS = 5000
_CHUNK = 256 * 1024


def write_ndjson(articles: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """Yield the articles, one a line, in pieces of some size."""
    page = bytearray()
    for article in articles:
        page += to_json(article) + b"\n"
        if len(page) >= _PAGE_BYTES:
            yield bytes(page)
            page.clear()
    yield bytes(page)


def write_csv(articles: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """Yield a table with a row for each statement."""
    page = io.StringIO()
    writer = csv.DictWriter(page, list(FLAT_COLUMNS), extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    for article in articles:
        writer.writerows(map(_unformulated, flat_rows(article)))
        if page.tell() >= _PAGE_BYTES:
            yield page.getvalue().encode()
            page.seek(0)
            page.truncate()
    yield page.getvalue().encode()


def _unformulated(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row in which no text can be taken for a formula by a spreadsheet.

    Titles and quotes are other people's words: one that begins with `=`, `+`, `-`, `@`, a tab or a
    carriage return gets an apostrophe before it. Numbers stay as they are (OWASP, CSV Injection).
    """
    return {
        name: f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value
        for name, value in row.items()
    }


WRITERS: Mapping[str, Callable[[Iterable[Mapping[str, Any]]], Iterator[bytes]]] = {
    NDJSON: write_ndjson,
    CSV: write_csv,
}


def write_parquet(articles: Iterable[Mapping[str, Any]], folder: Path) -> IO[bytes]:
    """Write a table with a row for each statement to a file without a name. Blocks.

    Returns:
        The file, at its start; it is gone when it is closed, whatever happens.

    Raises:
        Problem: `not-acceptable`, when pyarrow is not installed.
    """
    try:
        import pyarrow as pa  # type: ignore[import-untyped]  # it has none
        import pyarrow.parquet as pq  # type: ignore[import-untyped]  # it has none
    except ModuleNotFoundError as error:
        raise Problem(
            "not-acceptable",
            "this service has no pyarrow and cannot write Parquet; ask for csv or ndjson, or "
            "install onrecord[corpora]",
        ) from error
    kinds = {
        "string": pa.string(),
        "boolean": pa.bool_(),
        "number": pa.float64(),
        "integer": pa.int64(),
    }
    schema = pa.schema([(name, kinds[kind]) for name, kind in FLAT_COLUMNS.items()])
    rows: list[dict[str, Any]] = []
    with contextlib.ExitStack() as on_failure:
        file = on_failure.enter_context(tempfile.TemporaryFile(dir=folder, prefix="results-"))
        with pq.ParquetWriter(file, schema) as writer:
            for article in articles:
                rows.extend(flat_rows(article))
                if len(rows) >= _ROWS:
                    writer.write_table(pa.Table.from_pylist(rows, schema))
                    rows.clear()
            writer.write_table(pa.Table.from_pylist(rows, schema))
        file.seek(0)
        on_failure.pop_all()
    return file


def consume(file: IO[bytes]) -> Iterator[bytes]:
    """Yield a file's bytes and close it."""
    with file:
        while part := file.read(_CHUNK):
            yield part
