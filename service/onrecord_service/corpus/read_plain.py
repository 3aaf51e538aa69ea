"""Readers of plain text and of JSON lines."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, NoReturn

from onrecord.errors import CorpusError
from onrecord.types import Article

from .encodings import decode, narrow
from .ninjs import from_ninjs, is_ninjs
from .options import ReadOptions
from .records import Record, Rejected
from .sources import LINE_LIMIT, Line, Source, lines_of

TEXT_LIMIT = LINE_LIMIT
"""Largest text or page in bytes that is read at all."""


def read_text(source: Source, options: ReadOptions) -> Iterator[Record | Rejected]:
    """Read a file that is one article; nothing of its text is changed."""
    with source.open() as stream:
        data = stream.read(TEXT_LIMIT + 1)
    if len(data) > TEXT_LIMIT:
        yield Rejected(source.name, 0, f"over {TEXT_LIMIT} bytes; split it into articles")
        return
    try:
        text = decode(data, options.encoding)
    except CorpusError as error:
        yield Rejected(source.name, 0, str(error))
        return
    extra = {"text": text} if options.keep_text else {}
    yield Record(source.name, 0, Article(text=text, id=source.stem, extra=extra))


def read_jsonl(source: Source, options: ReadOptions) -> Iterator[Record | Rejected]:
    """Read one JSON object a line; a bad line is reported and the next one read."""
    number = 0
    with source.open() as stream:
        try:
            narrowed, encoding = narrow(stream, options.encoding)
            for line in lines_of(narrowed):
                number = line.number
                if line.data.strip():
                    yield _read_line(line, source, options, encoding)
        except OSError as error:
            yield Rejected(source.name, number + 1, f"the file cannot be read further: {error}")


def read_json(source: Source, options: ReadOptions) -> Iterator[Record | Rejected]:
    """Read a file that is one JSON object (an article, a ninjs item) or a list of them."""
    with source.open() as stream:
        data = stream.read(TEXT_LIMIT + 1)
    if len(data) > TEXT_LIMIT:
        reason = f"over {TEXT_LIMIT} bytes; write one object a line as .jsonl"
        yield Rejected(source.name, 0, reason)
        return
    value = parse_json(decode(data, options.encoding))
    values = value if isinstance(value, list) else [value]
    for number, item in enumerate(values, start=1):
        try:
            yield record_of(item, source, number if isinstance(value, list) else 0, options)
        except CorpusError as error:
            yield Rejected(source.name, number, str(error))


def _read_line(
    line: Line, source: Source, options: ReadOptions, encoding: str
) -> Record | Rejected:
    if line.too_long:
        reason = f"the line is over {LINE_LIMIT} bytes; split the article"
        return Rejected(source.name, line.number, reason)
    try:
        value = parse_json(decode(line.data, encoding))
        return record_of(value, source, line.number, options)
    except CorpusError as error:
        return Rejected(source.name, line.number, str(error))


def record_of(value: Any, source: Source, line: int, options: ReadOptions) -> Record:
    """Make a record of a parsed JSON value.

    Args:
        value: The parsed value.
        source: Where it stood.
        line: The line or position, from 1.
        options: How fields are named.

    Returns:
        The record.

    Raises:
        CorpusError: If the value is not an object with a text.
    """
    if not isinstance(value, dict):
        kind = type(value).__name__
        raise CorpusError(f"the line holds a {kind}; it must be a JSON object with a text field")
    if is_ninjs(value) and options.fields.text not in value:
        value = from_ninjs(value)
    article = options.fields.article(
        value,
        fallback_id=f"{source.stem}:{line}" if line else source.stem,
        keep_text=options.keep_text,
    )
    return Record(source.name, line, article)


def parse_json(text: str) -> Any:
    """Parse strict JSON (no NaN, no Infinity, no number beyond the range of a float).

    Args:
        text: One JSON value.

    Returns:
        The value.

    Raises:
        CorpusError: If it is not JSON, with the column.
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise CorpusError(f"not JSON: {error.msg} at column {error.colno}") from error
    except RecursionError as error:
        raise CorpusError("not read: the JSON is nested too deeply") from error
    except ValueError as error:  # an integer of more than 4,300 digits
        raise CorpusError(f"not read: {error}") from error


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise CorpusError(f"{digits[:40]} is beyond 1.8e308, the largest number; write a string")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise CorpusError(f"{name} is not JSON; write null")
