"""Read any corpus: find the reader for each input, and walk folders in a fixed order."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, cast

from onrecord.errors import CorpusError

from .options import ReadOptions
from .read_plain import read_jsonl, read_text
from .records import Record, Rejected
from .sources import Meter, Source

Items = Iterator[Record | Rejected]
Reader = Callable[[Source, ReadOptions], Items]

READERS: Mapping[str, Reader] = {
    ".txt": read_text,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
}
"""Suffix to reader."""


def check_inputs(paths: Sequence[str]) -> None:
    """Refuse a run whose inputs cannot be there, before anything is loaded.

    Args:
        paths: Files, folders, or `-` for standard input.

    Raises:
        CorpusError: If none is given, one does not exist, or has a format that is not read.
    """
    if not paths:
        raise CorpusError("no input given; name files or folders, or - for standard input")
    if paths.count("-") > 1:
        raise CorpusError("standard input (-) can be read once only; give it once")
    for path in paths:
        if path != "-" and not Path(path).exists():
            raise CorpusError(f"input {path!r} does not exist; give a file, a folder or -")


def read_corpus(paths: Sequence[str], options: ReadOptions, meter: Meter) -> Items:
    """Read all inputs, one after the other, folders in order of name.

    Args:
        paths: Files, folders, or `-` for standard input.
        options: How to read them.
        meter: Moved as bytes are read.

    Yields:
        Records, and rejections in their place; a bad record never hides the good ones after it.
    """
    for path in paths:
        if path == "-":
            yield from _read_stdin(options, meter)
        elif os.path.isdir(path):  # noqa: PTH112 - a str as given
            for file in walk(path):
                name = os.path.relpath(file, path)
                yield from read_source(_file_source(file, name, meter), options)
        else:
            yield from read_source(_file_source(path, Path(path).name, meter), options)


def read_source(source: Source, options: ReadOptions) -> Items:
    """Read one file with the reader of its suffix."""
    suffix = options.format or source.suffix
    reader = READERS.get(suffix)
    if reader is None:
        legal = " ".join(sorted(READERS))
        yield Rejected(
            source.name, 0, f"format {suffix or '(no suffix)'} is not read; legal: {legal}"
        )
        return
    try:
        yield from reader(source, options)
    except (CorpusError, OSError) as error:
        yield Rejected(source.name, 0, str(error))


def walk(folder: str) -> Iterator[str]:
    """Walk a folder in order of name, hidden files and folders left out."""
    with os.scandir(folder) as entries:
        names = sorted((entry.name, entry.is_dir()) for entry in entries)
    for name, is_folder in names:
        if name.startswith("."):
            continue
        path = os.path.join(folder, name)  # noqa: PTH118 - millions of names
        if is_folder:
            yield from walk(path)
        else:
            yield path


def total_bytes(paths: Sequence[str]) -> int:
    """Return the bytes of all inputs, for the progress bar; 0 if one is standard input."""
    if "-" in paths:
        return 0
    files = (walk(path) if Path(path).is_dir() else (path,) for path in paths)
    return sum(Path(file).stat().st_size for file in itertools.chain.from_iterable(files))


def _file_source(path: str, name: str, meter: Meter) -> Source:
    def open_file() -> BinaryIO:
        return Path(path).open("rb")

    return Source(name, open_file, size=Path(path).stat().st_size, meter=meter)


def _read_stdin(options: ReadOptions, meter: Meter) -> Items:
    stream = sys.stdin.buffer
    suffix = options.format
    if suffix is None:
        beginning = stream.peek(64) if hasattr(stream, "peek") else b""
        suffix = ".jsonl" if beginning.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else ".txt"
    source = Source(f"stdin{suffix}", lambda: cast("BinaryIO", stream), meter=meter)
    yield from read_source(source, options)
