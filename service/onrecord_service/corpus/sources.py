"""Where bytes come from: files, members of archives, standard input, and how far we have read."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any, BinaryIO, cast

from .extras import need
from .streams import PieceStream

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
        name: Name shown to people and used for default identifiers ("news/a.txt"), without the
            ending of its compression.
        opener: Opens the raw bytes; called once.
        size: Raw bytes, for guards against oversized members; 0 where unknown.
        meter: Counts the raw bytes read.
        compression: None, `gz` or `zst`.
        path: The file on disk, for readers that need to seek; None for a member or a stream.
    """

    name: str
    opener: Callable[[], BinaryIO]
    size: int = 0
    meter: Meter = field(default_factory=Meter)
    compression: str | None = None
    path: Path | None = None

    @property
    def suffix(self) -> str:
        """The last suffix in lower case, with its dot."""
        return PurePath(self.name).suffix.lower()

    @property
    def stem(self) -> str:
        """The name without its last suffix, the default identifier of a one-article file."""
        return str(PurePath(self.name).with_suffix("")) if self.suffix else self.name

    def open(self) -> BinaryIO:
        """Open the bytes, decompressed; reading them moves the meter.

        Raises:
            OSError: On opening or reading, if the file cannot be read or ends too early.
            CorpusError: If the compression needs a package that is not installed.
        """
        raw = cast("BinaryIO", io.BufferedReader(_Counted(self.opener(), self.meter)))
        if self.compression is None:
            return raw
        return cast("BinaryIO", io.BufferedReader(Unpacked(raw, self.compression)))


def open_source(path: str, meter: Meter, *, name: str | None = None) -> Source:
    """Describe a file on disk; `.gz` and `.zst` at the end of its name are unpacked.

    Args:
        path: The file.
        meter: Moved as bytes are read.
        name: How it is called to people; its own name by default.
    """
    file = Path(path)
    shown, compression = peel(name or file.name)
    size = file.stat().st_size
    return Source(shown, lambda: file.open("rb"), size, meter, compression, file)


def peel(name: str) -> tuple[str, str | None]:
    """Split the ending of a compression from a name: "a.jsonl.gz" is "a.jsonl" and "gz"."""
    for compression in ("gz", "zst"):
        if name.lower().endswith(f".{compression}"):
            return name[: -len(compression) - 1], compression
    return name, None


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


class Unpacked(PieceStream):
    """The content of a gzip or zstd stream of one member or many, in bounded memory.

    A stream that ends in the middle of a member raises OSError once its good part has been read;
    the standard reader of zstd would end silently.

    Args:
        stream: The compressed bytes.
        compression: `gz` or `zst`.
    """

    STEP = 4096  # compressed bytes at a time: bounds what a bomb can unfold to

    def __init__(self, stream: BinaryIO, compression: str) -> None:
        super().__init__(stream)
        self._compression = compression
        self._input = b""
        self._member: Any = None
        if compression == "zst":
            need("zstandard")

    def next_piece(self) -> bytes:
        """Return the next unpacked bytes; none at the end."""
        piece = b""
        while not piece:
            self._input = self._input or self._stream.read(self.STEP)
            if self._member is None:
                if self._compression == "gz":
                    self._input = self._input.lstrip(b"\0")  # padding between members is legal
                self._input = self._input or self._stream.read(self.STEP)
                if not self._input:
                    break
                self._member = self._start()
            elif not self._input:
                raise OSError(
                    f"the {self._compression} data ends too early: the file is truncated;"
                    " copy it again"
                )
            piece = self._unpack()
        return piece

    def _start(self) -> Any:
        if self._compression == "gz":
            return zlib.decompressobj(wbits=31)
        return need("zstandard").ZstdDecompressor().decompressobj()

    def _unpack(self) -> bytes:
        try:
            piece: bytes = self._member.decompress(self._input)
        except Exception as error:  # zlib.error and ZstdError have no common base
            if isinstance(error, MemoryError):
                raise
            raise OSError(f"the {self._compression} data is damaged: {error}") from error
        self._input = b""
        if self._member.eof:
            self._input = self._member.unused_data
            self._member = None
        return piece


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
