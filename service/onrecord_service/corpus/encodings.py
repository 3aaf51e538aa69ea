"""Encodings: several tried in turn, and wide ones (UTF-16, UTF-32) made narrow for line formats.

In UTF-16 a line feed is two bytes and the byte 0x0A is part of other characters too, so a file
cannot be cut into lines before it is decoded. Such a file is turned into UTF-8 as it is read.
"""

from __future__ import annotations

import codecs
import io
from typing import BinaryIO, cast

from onrecord.errors import CorpusError

from .streams import PieceStream

BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
STEP = 64 * 1024


def names_of(encoding: str) -> list[str]:
    """Split "utf-8,cp1252" into its names.

    Raises:
        CorpusError: If one is unknown, or is no encoding of text.
    """
    names = [name.strip() for name in encoding.split(",")]
    for name in names:
        try:
            "a".encode(name)  # an empty text would not be looked up
        except (LookupError, ValueError) as error:
            raise CorpusError(
                f"encoding {name!r} is unknown; use utf-8, cp1252, latin-1, utf-16, or several to"
                " try in turn: utf-8,cp1252"
            ) from error
    return names


def decode(data: bytes, encoding: str) -> str:
    """Decode bytes strictly; a byte order mark at the beginning is not part of the text.

    Args:
        data: The bytes of a line or a whole file.
        encoding: Name of the encoding, or several to try in turn. A mark of UTF-16 or UTF-32 wins.

    Returns:
        The text, otherwise unchanged.

    Raises:
        CorpusError: If a byte does not belong to the (first) encoding, with its position.
    """
    found: UnicodeDecodeError | None = None
    for name in [marked(data)] if marked(data) else names_of(encoding):
        try:
            return data.decode(name).removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            found = found or error
    if found is None:
        raise CorpusError(f"encoding {encoding!r} is unknown; use utf-8")
    bad = data[found.start]
    raise CorpusError(
        f"byte 0x{bad:02x} at position {found.start} is not valid {found.encoding}; save the file"
        " as UTF-8, or name its encoding with --encoding (for instance cp1252, or utf-8,cp1252 to"
        " try both)"
    ) from found


def marked(data: bytes) -> str:
    """Return the wide encoding that a byte order mark announces, or nothing."""
    return next((name for mark, name in BOMS if data.startswith(mark)), "")


def narrow(stream: BinaryIO, encoding: str) -> tuple[BinaryIO, str]:
    """Prepare a stream for reading by lines.

    Args:
        stream: A buffered stream at its beginning.
        encoding: As named by the user.

    Returns:
        The stream and its encoding; for wide encodings, a stream of UTF-8.

    Raises:
        OSError: If its beginning cannot be read.
    """
    wide = marked(cast("io.BufferedReader", stream).peek(4))
    first = codecs.lookup(names_of(encoding)[0]).name
    if not wide and first.startswith(("utf-16", "utf-32")):
        wide = first
    if not wide:
        return stream, encoding
    return cast("BinaryIO", io.BufferedReader(_Narrow(stream, wide), STEP)), "utf-8"


class _Narrow(PieceStream):
    """The content of a stream as UTF-8; raises OSError where it cannot be decoded."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        super().__init__(stream)
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._read = 0

    def next_piece(self) -> bytes:
        piece, data = b"", b"."
        while not piece and data:
            data = self._stream.read(STEP)
            try:
                piece = self._decoder.decode(data, not data).encode()
            except UnicodeDecodeError as error:
                raise OSError(
                    f"not valid {self._encoding} after byte {self._read}; save it as UTF-8"
                ) from error
            self._read += len(data)
        return piece
