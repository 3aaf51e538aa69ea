"""Small helpers that every format needs: JSON lines, JSON files, and spans written as objects."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from onrecord.errors import CorpusError
from onrecord_training.converters.draft import Fault, Item, Mention
from onrecord_training.corpus import decode, load_json, parse_json

Parse = Callable[[dict[str, Any], int], Iterable[Item]]


def read_text(path: Path) -> str:
    """Return a file's text exactly, line ends included.

    Raises:
        CorpusError: If it cannot be read or is not UTF-8.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror})"
        raise CorpusError(message) from error
    return decode(data, str(path))


def json_lines(path: Path, parse: Parse) -> Iterator[Item]:
    """Parse every line of a JSON lines file; a line with a fault does not lose the others.

    A file that holds one JSON list or one indented object is read too: tools write either.

    Args:
        path: The file.
        parse: Gets the object and its number, and yields what it found; `CorpusError`,
            `KeyError` and `TypeError` from it become a `Fault`.
    """
    text = read_text(path)
    if text.lstrip().startswith("["):
        yield from json_list(path, parse)
        return
    whole = None
    if text.lstrip().startswith("{"):
        with contextlib.suppress(CorpusError):  # after the first of several lines
            whole = load_json(text)
    if whole is not None:
        yield from _guard(lambda: whole, 1, parse)
        return
    count = 0
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            count += 1
            yield from _guard(lambda line=line: parse_json(line), number, parse)  # type: ignore[misc]
    if not count:
        message = f"{path}: the file holds no record; was the export empty?"
        raise CorpusError(message)


def json_list(path: Path, parse: Parse) -> Iterator[Item]:
    """Parse every object of a file that holds one JSON list; see `json_lines`."""
    try:
        raw = load_json(read_text(path))
    except CorpusError as error:
        message = f"{path}: {error}; was the export cut short or altered?"
        raise CorpusError(message) from error
    if not isinstance(raw, list) or not raw:
        message = f"{path}: expected a JSON list of documents that is not empty"
        raise CorpusError(message)
    for number, item in enumerate(raw, start=1):
        yield from _guard(lambda item=item: _an_object(item), number, parse)  # type: ignore[misc]


def files(path: Path, *suffixes: str) -> list[Path]:
    """Return the file itself, or a folder's files with these suffixes, sorted.

    Raises:
        CorpusError: If there is none.
    """
    if path.is_dir():
        found = sorted(item for item in path.rglob("*") if item.suffix.lower() in suffixes)
    else:
        found = [path] if path.exists() else []
    if not found:
        message = f"{path}: no file here; expected {' or '.join(suffixes)}, or a folder of them"
        raise CorpusError(message)
    return found


def span_mention(value: Any, *, mention_id: str, label: str, text: str | None = None) -> Mention:
    """Return a mention from `[start, end]` or `{"start", "end", "text"}`.

    Raises:
        CorpusError: If it is neither.
    """
    words = text
    pair = value
    if isinstance(value, Mapping):
        pair = [value.get("start"), value.get("end")]
        words = value.get("text", text)
    if not isinstance(pair, list | tuple) or [type(item) for item in pair] != [int, int]:
        message = f"{label} is {value!r}; expected start and end as whole numbers"
        raise CorpusError(message)
    return Mention(mention_id, pair[0], pair[1], (label,), words)


def rest(raw: Mapping[str, Any], *used: str) -> dict[str, Any]:
    """Return the fields that were not used, to be kept with the record."""
    return {str(key): raw[key] for key in raw if key not in used}


def _an_object(item: Any) -> dict[str, Any]:
    if not isinstance(item, dict):
        message = f"a {type(item).__name__} stands here; expected a JSON object"
        raise CorpusError(message)
    return item


def _guard(load: Callable[[], dict[str, Any]], number: int, parse: Parse) -> Iterator[Item]:
    """Yield what `parse` finds in one object, or the fault that it met."""
    name = None
    try:
        raw = load()
        name = str(raw["id"]) if raw.get("id") is not None else None
        found = list(parse(raw, number))
    except CorpusError as error:
        yield Fault(number, str(error), name)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, RecursionError) as error:
        what = f"field {error} is missing" if isinstance(error, KeyError) else str(error)
        yield Fault(number, f"not shaped as this format is: {what}", name)
    else:
        yield from found
