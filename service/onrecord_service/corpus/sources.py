"""Where bytes come from: files, members of archives, standard input, and how far we have read."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import BinaryIO, cast

from onrecord.errors import CorpusError

LINE_LIMIT = 64 * 1024 * 1024
"""Longest line in bytes; a longer one is rejected without being held in memory."""


@dataclass(slots=True)
class Meter:
    """How many bytes of the input have been read, for the progress bar.

    Args:
        total: Bytes of all inputs; 0 where it is unknown (standard input).
        done: Bytes read so far, before decompression.
    """

    total: int = 0
    done: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """A readable thing with a name.

    Args:
        name: Name shown to people and used for default identifiers ("news/a.txt").
        open: Opens the raw bytes; called once.
        size: Bytes, for guards against oversized members; 0 where unknown.
        meter: Counts the bytes read.
    """

    name: str
    open: Callable[[], BinaryIO]
    size: int = 0
    meter: Meter = field(default_factory=Meter)

    @property
    def suffix(self) -> str:
        """The last suffix in lower case, with its dot."""
        return PurePath(self.name).suffix.lower()

    @property
    def stem(self) -> str:
        """The name without its last suffix, the default identifier of a one-article file."""
        return str(PurePath(self.name).with_suffix("")) if self.suffix else self.name

    def open_counted(self) -> BinaryIO:
        """Open the bytes so that reading them moves the meter."""
        return cast("BinaryIO", io.BufferedReader(_Counted(self.open(), self.meter)))


class _Counted(io.RawIOBase):
    """A raw stream that adds what passes through it to a meter."""

    def __init__(self, stream: BinaryIO, meter: Meter) -> None:
        self._stream = stream
        self._meter = meter

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # io's Buffer
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self._meter.done += len(data)
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file: its number from 1, its bytes, and whether it was over the limit."""

    number: int
    data: bytes
    too_long: bool = False


def lines_of(stream: BinaryIO, *, limit: int = LINE_LIMIT) -> Iterator[Line]:
    """Read lines with a bound on memory.

    Args:
        stream: Where to read.
        limit: Longest line in bytes; of a longer one only the beginning is kept.

    Yields:
        Each line with its line feed; the rest of an overlong one is skipped.
    """
    number = 0
    while data := stream.readline(limit):
        number += 1
        if len(data) == limit and not data.endswith(b"\n"):
            while (rest := stream.readline(limit)) and not rest.endswith(b"\n"):
                pass
            yield Line(number, data[:200], too_long=True)
        else:
            yield Line(number, data)


def decode(data: bytes, encoding: str) -> str:
    """Decode bytes strictly; a byte order mark at the beginning is not part of the text.

    Args:
        data: The bytes of a line or a whole file.
        encoding: Name of the encoding.

    Returns:
        The text, otherwise unchanged.

    Raises:
        CorpusError: If a byte does not belong to the encoding, with its position.
    """
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        bad = data[error.start]
        raise CorpusError(
            f"byte 0x{bad:02x} at position {error.start} is not valid {encoding}; save the file"
            " as UTF-8, or name its encoding with --encoding (for instance cp1252)"
        ) from error
