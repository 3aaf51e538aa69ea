"""JSON lines as they come: UTF-8 or not, JSON or not, each fault with its place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from onrecord.errors import CorpusError
from onrecord.nesting import is_deeper

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_MOST_DEPTH = 100


def load_json(text: str) -> Any:
    """Decode JSON, of one line or of a whole file.

    Raises:
        CorpusError: Says what is wrong and where, also of what is JSON and cannot be kept.
    """
    try:
        value = json.loads(text)
        deep = text.count("[") + text.count("{") > _MOST_DEPTH and is_deeper(value, _MOST_DEPTH)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, " if error.lineno > 1 else ""
        message = f"not JSON ({error.msg} at {place}column {error.colno})"
        raise CorpusError(message) from error
    except RecursionError:
        deep = True
    except ValueError as error:  # Python's own limit on digits
        message = f"a number is too long ({str(error).partition(';')[0]}); shorten it"
        raise CorpusError(message) from error
    if deep:
        message = f"JSON nested more than {_MOST_DEPTH} deep; what a record needs is flatter"
        raise CorpusError(message)
    return value


def parse_json(line: str) -> dict[str, Any]:
    """Decode one line that must hold a JSON object.

    Raises:
        CorpusError: If it is not JSON, or anything but an object.
    """
    raw = load_json(line)
    if not isinstance(raw, dict):
        message = f"a {type(raw).__name__} stands here; expected a JSON object on each line"
        raise CorpusError(message)
    return raw


def decode(data: bytes, name: str, line: int = 1) -> str:
    """Decode UTF-8 or say which byte of which line is not, and what the file may be instead.

    Args:
        data: One line, or a whole file from line 1 on.
        name: The file, for the message.
        line: Number of the first line in `data`; a byte order mark is dropped on line 1.
    """
    if data.startswith(_UTF16_MARKS):
        message = f"{name}:{line}: the file is UTF-16; save it as UTF-8 and try again"
        raise CorpusError(message)
    try:
        return data.decode("utf-8-sig" if line == 1 else "utf-8")
    except UnicodeDecodeError as error:
        byte = data[error.start]
        before = data[: error.start]
        line += before.count(b"\n")
        at = error.start - before.rfind(b"\n") - 1
        message = (
            f"{name}:{line}: byte 0x{byte:02x} at position {at} is not UTF-8 "
            "(Windows-1252 or Latin-1?); convert the file to UTF-8 and try again"
        )
        raise CorpusError(message) from error


def numbered_lines(file: Path) -> Iterator[tuple[int, str]]:
    """Yield the numbered, non-blank lines of a UTF-8 file.

    Raises:
        CorpusError: If it cannot be read or is not UTF-8.
    """
    try:
        handle = file.open("rb")
    except OSError as error:
        message = f"{file}: cannot be read ({error.strerror}); give the path of a .jsonl file"
        raise CorpusError(message) from error
    with handle:
        for number, data in enumerate(handle, start=1):
            line = decode(data, str(file), number)
            if line.strip():
                yield number, line
