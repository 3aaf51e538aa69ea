"""Read labelled output back, for exports, reports and the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from onrecord.errors import CorpusError

from .encodings import decode
from .read_plain import parse_json
from .sources import Meter, lines_of, open_source


def read_labelled(paths: Sequence[str], *, meter: Meter | None = None) -> Iterator[dict[str, Any]]:
    """Read labelled articles.

    Args:
        paths: Files of JSON lines, plain or compressed, as `onrecord label` writes them.
        meter: Moved as bytes are read.

    Yields:
        The wire form of each labelled article.

    Raises:
        CorpusError: If a line is not a labelled article, with file and line.
    """
    for path in paths:
        try:
            source = open_source(path, meter or Meter())
        except OSError as error:
            raise CorpusError(f"{path} cannot be read: {error.strerror}; name a file") from error
        if source.suffix not in {".jsonl", ".ndjson"}:
            raise CorpusError(
                f"{path}: labelled articles are read from .jsonl, .jsonl.gz or .jsonl.zst, as"
                " onrecord label -o OUT.jsonl writes them"
            )
        number = 0
        try:
            with source.open() as stream:
                for line in lines_of(stream):
                    number = line.number
                    if line.data.strip():
                        yield _check(parse_json(decode(line.data, "utf-8")))
        except (CorpusError, OSError) as error:
            raise CorpusError(f"{path}, line {number}: {error}") from error


def _check(value: Any) -> dict[str, Any]:
    statements = value.get("statements") if isinstance(value, dict) else None
    if not isinstance(statements, list) or "model" not in value:
        raise CorpusError("not a labelled article; label it first with onrecord label")
    return dict(value)
