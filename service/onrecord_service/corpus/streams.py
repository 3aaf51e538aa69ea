"""Streams made of other streams, a piece at a time."""

from __future__ import annotations

import io
from typing import BinaryIO


class PieceStream(io.RawIOBase):
    """A raw stream whose bytes come from another in pieces; closing it closes the other.

    Args:
        stream: What the pieces are made of.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._ready = b""

    def next_piece(self) -> bytes:
        """Return the next bytes; none at the end."""
        raise NotImplementedError

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # io's Buffer
        """Fill a buffer; 0 at the end."""
        self._ready = self._ready or self.next_piece()
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def close(self) -> None:
        """Close the other stream too."""
        if not self.closed:
            self._stream.close()
        super().close()
