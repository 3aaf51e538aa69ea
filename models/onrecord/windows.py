"""Windows: how an article of any length is cut for the encoder.

Every piece belongs to the *core* of exactly one window; a window also reads some context on both
sides. A statement is taken only from the window whose core holds its cue, so overlapping windows
never give duplicates. Cuts fall between paragraphs or sentences where there are any in reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import ceil

import numpy as np

from onrecord.features import Pieces

_CLOSERS = "\"'”’)]»"


@dataclass(frozen=True, slots=True)
class Window:
    """Pieces `[first, end)` read together; cues of `[core_first, core_end)` are taken from it."""

    first: int
    end: int
    core_first: int
    core_end: int


def cut_windows(
    text: str, pieces: Pieces, *, size: int, before: int = 64, after: int = 32
) -> list[Window]:
    """Cut an article into windows of about equal cores.

    Args:
        text: The article's text, for paragraph and sentence ends.
        pieces: Its pieces.
        size: Most pieces a window may hold, special pieces not counted.
        before: Pieces of context read before a core.
        after: Pieces of context read after a core.

    Returns:
        Windows in text order; their cores tile all pieces.

    Raises:
        ValueError: If the context leaves less than half of the window for its core.
    """
    if before + after > size // 2:
        raise ValueError(
            f"a window of {size} pieces cannot hold {before} + {after} pieces of context; "
            f"context may take at most {size // 2}"
        )
    total = len(pieces)
    if total == 0:
        return []
    if total <= size:
        return [Window(0, total, 0, total)]
    core = size - before - after
    count = ceil((total - after) / core)
    edges = [0]
    while total - edges[-1] > core + after:
        left = max(1, count - len(edges) + 1)
        ideal = edges[-1] + min(core, ceil((total - edges[-1]) / left))
        edges.append(_best_cut(text, pieces, ideal, edges[-1] + core // 2, edges[-1] + core))
    edges.append(total)
    return [
        Window(max(0, first - before), min(total, end + after), first, end)
        for first, end in pairwise(edges)
    ]


def _best_cut(text: str, pieces: Pieces, ideal: int, low: int, high: int) -> int:
    """Return the cut in `(low, high]` that best combines closeness to `ideal` and a break."""
    best, best_cost = ideal, float("inf")
    for cut in range(max(low + 1, ideal - 60), min(high, ideal + 40) + 1):
        gap = text[int(pieces.ends[cut - 1]) : int(pieces.starts[cut])]
        if "\n" in gap:
            cost = 0
        elif gap and _ends_sentence(text, int(pieces.ends[cut - 1])):
            cost = 20
        elif gap:
            cost = 100
        else:
            cost = 200
        cost += abs(cut - ideal)
        if cost < best_cost:
            best, best_cost = cut, cost
    return best


def _ends_sentence(text: str, end: int) -> bool:
    """Return whether a sentence seems to end just before `end`."""
    position = end - 1
    while position > 0 and text[position] in _CLOSERS:
        position -= 1
    return text[position] in ".!?…"


def text_mask(count: int, prefix: int, suffix: int) -> np.ndarray:
    """Return a (prefix + count + suffix,) mask: 1 for pieces of text, 0 for special pieces."""
    mask = np.zeros(prefix + count + suffix, dtype=np.int64)
    mask[prefix : prefix + count] = 1
    return mask
