"""Read any corpus: find the reader for each input, and walk folders in a fixed order."""

from __future__ import annotations

import itertools
import os
import stat
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, cast

from onrecord.errors import CorpusError

from .options import ReadOptions
from .read_plain import read_json, read_jsonl, read_text
from .read_tables import read_csv, read_parquet, read_xlsx
from .read_web import read_html
from .records import Record, Rejected
from .sources import Meter, Source, open_source, peel

Items = Iterator[Record | Rejected]
Reader = Callable[[Source, ReadOptions], Items]
Skip = frozenset[str | tuple[int, int]]
"""Files that are no input, as real paths or as (device, inode)."""


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


def read_corpus(
    paths: Sequence[str], options: ReadOptions, meter: Meter, skip: Skip = frozenset()
) -> Items:
    """Read all inputs, one after the other, folders in order of name.

    Args:
        paths: Files, folders, or `-` for standard input.
        options: How to read them.
        meter: Moved as bytes are read.
        skip: Files to leave out of folders: what the run itself writes.

    Yields:
        Records, and rejections in their place; a bad record never hides the good ones after it.
    """
    for path in paths:
        if path == "-":
            yield from _read_stdin(options, meter)
        elif os.path.isdir(path):  # noqa: PTH112 - a str as given
            for file in walk(path, skip):
                yield from _read_file(file, options, meter, name=os.path.relpath(file, path))
        else:
            yield from _read_file(path, options, meter)


def _read_file(path: str, options: ReadOptions, meter: Meter, *, name: str | None = None) -> Items:
    """Read a file; one that is gone, or a folder that cannot be listed, is a rejection."""
    try:
        source = open_source(path, meter, name=name)
    except OSError as error:
        yield Rejected(name or path, 0, f"cannot be read: {error.strerror}")
        return
    if os.path.isdir(path):  # noqa: PTH112 - a str as given
        yield Rejected(name or path, 0, "this folder cannot be listed; mind its permissions")
        return
    yield from read_source(source, options)


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


def walk(
    folder: str, skip: Skip = frozenset(), above: frozenset[str] = frozenset()
) -> Iterator[str]:
    """Walk a folder in order of name, hidden files and folders and those of `skip` left out.

    A folder that cannot be listed is yielded itself, so that it is told of. A link to a folder that
    it lies in (one of `above`, real paths) is not followed: it would lead here again.
    """
    real = os.path.realpath(folder)
    if real in above:
        return
    above |= {real}
    try:
        with os.scandir(folder) as entries:
            names = sorted((entry.name, entry.is_dir()) for entry in entries)
    except OSError:
        yield folder
        return
    for name, is_folder in names:
        if name.startswith("."):
            continue
        path = os.path.join(folder, name)  # noqa: PTH118 - millions of names
        if skip and (os.path.realpath(path) in skip or _identity(path) in skip):
            continue
        if is_folder:
            yield from walk(path, skip, above)
        else:
            yield path


def standard_output_file(paths: Sequence[str]) -> Skip:
    """Return the file that standard output goes to, which must not be read while it grows.

    Args:
        paths: The inputs as given.

    Returns:
        Its (device, inode); nothing where standard output is a terminal, a pipe or closed.

    Raises:
        CorpusError: If that file is one of the inputs.
    """
    try:
        status = os.fstat(1)
    except OSError:  # closed
        return frozenset()
    if not stat.S_ISREG(status.st_mode):
        return frozenset()
    found = (status.st_dev, status.st_ino)
    for path in paths:
        if _identity(0 if path == "-" else path) == found:
            raise CorpusError(
                f"input {path!r} is the file that standard output goes to; choose another file"
            )
    return frozenset([found])


def _identity(path: str | int) -> tuple[int, int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116 - a descriptor too
    except OSError:
        return None
    return status.st_dev, status.st_ino


def total_bytes(paths: Sequence[str], skip: Skip = frozenset()) -> int:
    """Return the bytes of what `read_corpus` reads; 0 if an input is standard input."""
    if "-" in paths:
        return 0
    files = (walk(path, skip) if Path(path).is_dir() else (path,) for path in paths)
    return sum(_size(file) for file in itertools.chain.from_iterable(files))


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:  # a link to nowhere; told of when it is read
        return 0


def _read_stdin(options: ReadOptions, meter: Meter) -> Items:
    stream = sys.stdin.buffer
    suffix = options.format
    if suffix is None:
        beginning = stream.peek(64) if hasattr(stream, "peek") else b""
        suffix = ".jsonl" if beginning.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else ".txt"
    source = Source(f"stdin{suffix}", lambda: cast("BinaryIO", stream), meter=meter)
    yield from read_source(source, options)


def read_zip(source: Source, options: ReadOptions) -> Items:
    """Read the files of an archive in order of name; hidden ones are left out."""
    if source.path is None:
        yield Rejected(source.name, 0, "an archive inside an archive; unpack it first")
        return
    try:
        archive = zipfile.ZipFile(source.path)
    except zipfile.BadZipFile as error:
        raise CorpusError(f"not a readable .zip file: {error}") from error
    with archive:
        for member in sorted(archive.infolist(), key=lambda member: member.filename):
            parts = member.filename.split("/")
            if not member.is_dir() and not any(
                part.startswith((".", "__MACOSX")) for part in parts
            ):
                yield from _read_member(archive, member, options)
            source.meter.done += member.compress_size


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, options: ReadOptions) -> Items:
    name, compression = peel(member.filename)
    source = Source(
        name,
        lambda: cast("BinaryIO", archive.open(member)),
        size=member.file_size,
        compression=compression,
    )
    try:
        yield from read_source(source, options)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError) as error:
        yield Rejected(name, 0, f"this member of the archive cannot be read: {error}")


READERS: Mapping[str, Reader] = {
    ".csv": read_csv,
    ".htm": read_html,
    ".html": read_html,
    ".json": read_json,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
    ".parquet": read_parquet,
    ".tsv": read_csv,
    ".txt": read_text,
    ".xlsx": read_xlsx,
    ".zip": read_zip,
}
"""Suffix to reader."""
