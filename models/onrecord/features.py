"""From text to pieces: the only pre-processing there is, shared by training and the runtime.

The text is never normalised. The tokenizer is shown another of the same length: curly quotes
straight, so that an editor's taste changes no statement (ADR 0010), and lone surrogates, which no
tokenizer takes, as U+FFFD. Offsets stay those of the text as given.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from onrecord.types import Span

_SURROGATE = re.compile("[\ud800-\udfff]")
_STRAIGHT = str.maketrans("“”‘’", "\"\"''")


@dataclass(frozen=True, slots=True)
class Pieces:
    """The pieces of one text, without special pieces.

    Args:
        ids: Vocabulary ids. *Shape:* (P,)
        starts: First code point of each piece. *Shape:* (P,)
        ends: Code point after each piece. *Shape:* (P,)
        continues: Whether a piece goes on with the word before it. *Shape:* (P,)
    """

    ids: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    continues: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.ids)

    def cover(self, start: int, end: int) -> tuple[int, int]:
        """Return the pieces `[first, end)` that a span of code points touches; may be empty."""
        first = int(np.searchsorted(self.ends, start, side="right"))
        last = int(np.searchsorted(self.starts, end, side="left"))
        return first, max(first, last)

    def span(self, text: str, first: int, end: int) -> Span:
        """Return the text of pieces `[first, end)` as a span, white space at its ends left out."""
        start, stop = int(self.starts[first]), int(self.ends[end - 1])
        while start < stop and text[start].isspace():
            start += 1
        while stop > start and text[stop - 1].isspace():
            stop -= 1
        return Span(start, stop, text[start:stop])


class PieceReader:
    """A fast tokenizer with its truncation, padding and special pieces under our control.

    Args:
        tokenizer: Any `tokenizers` tokenizer; it is copied.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = Tokenizer.from_str(tokenizer.to_str())
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        probe = self._tokenizer.encode("a")
        special = list(probe.special_tokens_mask)
        body = special.index(0) if 0 in special else len(special)
        self.prefix: tuple[int, ...] = tuple(probe.ids[:body])
        self.suffix: tuple[int, ...] = tuple(
            i for i, flag in zip(probe.ids[body:], special[body:], strict=True) if flag
        )

    @classmethod
    def from_file(cls, path: Path) -> PieceReader:
        """Read a `tokenizer.json`."""
        return cls(Tokenizer.from_file(str(path)))

    def save(self, path: Path) -> None:
        """Write a `tokenizer.json` without truncation and padding."""
        self._tokenizer.save(str(path))

    @property
    def mask(self) -> int | None:
        """The piece that stands for a hidden one, where the tokenizer has such."""
        known = (self._tokenizer.token_to_id(name) for name in ("[MASK]", "<mask>"))
        return next((piece for piece in known if piece is not None), None)

    @property
    def full_stop(self) -> int | None:
        """The piece of a full stop, where the tokenizer has it as one."""
        return self._tokenizer.token_to_id(".")

    @property
    def vocabulary(self) -> dict[str, int]:
        """The id of each piece, special ones included."""
        return self._tokenizer.get_vocab()

    def read(self, text: str) -> Pieces:
        """Cut a text into pieces with code-point offsets; empty pieces are left out."""
        shown = _SURROGATE.sub("\ufffd", text).translate(_STRAIGHT)
        encoding = self._tokenizer.encode(shown, add_special_tokens=False)
        ids = np.asarray(encoding.ids, dtype=np.int64)
        offsets = np.asarray(encoding.offsets, dtype=np.int64).reshape(-1, 2)
        starts, ends = offsets[:, 0].copy(), offsets[:, 1].copy()
        for i in range(len(starts)):  # byte-level tokenizers keep the space with the word
            while starts[i] < ends[i] and text[starts[i]].isspace():
                starts[i] += 1
        keep = ends > starts
        ids, starts, ends = ids[keep], starts[keep], ends[keep]
        continues = np.zeros(len(ids), dtype=np.bool_)
        for i in (np.flatnonzero(starts[1:] <= ends[:-1]) + 1).tolist():
            continues[i] = starts[i] < ends[i - 1] or (
                text[starts[i]].isalnum() and text[starts[i] - 1].isalnum()
            )
        return Pieces(ids, starts, ends, continues)

    def window(self, ids: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
        """Return piece ids with the encoder's special pieces around them."""
        return np.asarray([*self.prefix, *ids, *self.suffix], dtype=np.int64)
