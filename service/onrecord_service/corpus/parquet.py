"""Parquet output: the flat table, made from the run's log in bounded memory."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from onrecord.errors import CorpusError

from .extras import need
from .flat import FLAT_COLUMNS, SCHEMA_VERSION, flat_rows
from .labelled import read_labelled

GROUP_ROWS = 20_000
GROUPS_PER_PART = 50
"""A file has a million rows at most; a larger table becomes a folder of such files."""


def write_parquet(log: Path, output: Path, *, keep: Sequence[str] = ()) -> None:
    """Write the statements of a log of labelled articles as Parquet; see `write_rows`."""
    articles = read_labelled([str(log)])
    rows = (row for article in articles for row in flat_rows(article, keep=keep))
    write_rows(rows, output, keep=keep)


def write_rows(rows: Iterator[dict[str, Any]], output: Path, *, keep: Sequence[str] = ()) -> None:
    """Write rows of the flat table as Parquet.

    Args:
        rows: From `flat_rows`.
        output: A file, or for more than a million rows a folder of `part-00000.parquet` and so
            on, which every Parquet reader takes as one table.
        keep: Columns besides `FLAT_COLUMNS`.

    Raises:
        CorpusError: If pyarrow is not installed, or the output is a folder of other things.
        OSError: If the output cannot be written.
    """
    pq = need("pyarrow.parquet")
    schema = _schema(keep)
    folder = output.with_name(output.name + ".parts")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    groups = _groups(rows)
    parts = 0
    first: list[dict[str, Any]] | None = next(groups, [])
    while first is not None:
        with pq.ParquetWriter(
            folder / f"part-{parts:05d}.parquet", schema, compression="zstd"
        ) as writer:
            for group in itertools.chain([first], itertools.islice(groups, GROUPS_PER_PART - 1)):
                writer.write_table(need("pyarrow").Table.from_pylist(group, schema=schema))
        parts += 1
        first = next(groups, None)
    _remove(output)
    if parts == 1:
        (folder / "part-00000.parquet").replace(output)
        folder.rmdir()
    else:
        folder.replace(output)


def _schema(keep: Sequence[str]) -> Any:
    arrow = need("pyarrow")
    types = {
        "string": arrow.string(),
        "boolean": arrow.bool_(),
        "number": arrow.float64(),
        "integer": arrow.int64(),
    }
    fields = [(name, types[kind]) for name, kind in FLAT_COLUMNS.items()]
    fields += [(name, arrow.string()) for name in keep]
    return arrow.schema(fields, metadata={"onrecord.schema": json.dumps(SCHEMA_VERSION)})


def _groups(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while group := list(itertools.islice(rows, GROUP_ROWS)):
        yield group


def _remove(path: Path) -> None:
    if path.is_dir():
        if any(not entry.match("part-*.parquet") for entry in path.iterdir()):
            raise CorpusError(
                f"output {str(path)!r} is a folder with other files than parts of a table; choose"
                " another -o"
            )
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
