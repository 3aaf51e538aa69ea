"""Windows: how an article of any length is cut for the encoder.

A paragraph is read alone, so that what stands before or after it changes nothing in it (ADR 0010);
one that runs into the next (it ends with a colon, or within a quote) is read together with it. What
is longer than a window is cut between paragraphs or sentences where there are any in reach.

Every piece belongs to the *core* of exactly one window; windows of one long stretch also read some
context on both sides. A statement is taken only from the window whose core holds its cue, so
overlapping windows never give duplicates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

import numpy as np

from onrecord.features import Pieces

_CLOSERS = "\"'”’)]»"
_QUOTES = re.compile('["“”„«»]')


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
    """Cut an article into windows: one for each paragraph, more for a long one.

    Args:
        text: The article's text, for paragraph and sentence ends.
        pieces: Its pieces.
        size: Most pieces a window may hold, special pieces not counted.
        before: Pieces of context read before a core, where a stretch takes several windows.
        after: Pieces of context read after such a core.

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
    return [
        window
        for first, end in pairwise(stretch_edges(text, pieces))
        for window in _cut_stretch(text, pieces, first, end, size, before, after)
    ]


def stretch_edges(text: str, pieces: Pieces) -> list[int]:
    """Return the pieces at which a stretch read alone begins, and the number of pieces.

    A stretch ends with a line that ends a sentence and leaves no quote open; a quote that goes on
    opens again in the next paragraph by convention, so that each line is looked at alone.
    """
    edges = [0]
    line = 0  # offset at which the present line begins
    for number in range(1, len(pieces)):
        end, start = int(pieces.ends[number - 1]), int(pieces.starts[number])
        if end < start and "\n" in text[end:start]:
            if ends_sentence(text, end) and not _leaves_quote_open(text[line:end]):
                edges.append(number)
            line = start
    if len(pieces):
        edges.append(len(pieces))
    return edges


def _leaves_quote_open(line: str) -> bool:
    marks = _QUOTES.findall(line)
    return bool(marks) and (marks[-1] in "“„«" or marks.count('"') % 2 == 1)


def _cut_stretch(  # noqa: PLR0917 - private, of one call
    text: str, pieces: Pieces, first: int, end: int, size: int, before: int, after: int
) -> list[Window]:
    """Cut the pieces `[first, end)` into windows of about equal cores."""
    if end - first <= size:
        return [Window(first, end, first, end)]
    core = size - before - after
    count = ceil((end - first - after) / core)
    edges = [first]
    while end - edges[-1] > core + after:
        left = max(1, count - len(edges) + 1)
        ideal = edges[-1] + min(core, ceil((end - edges[-1]) / left))
        edges.append(_best_cut(text, pieces, ideal, edges[-1] + core // 2, edges[-1] + core))
    edges.append(end)
    return [
        Window(max(first, begin - before), min(end, stop + after), begin, stop)
        for begin, stop in pairwise(edges)
    ]


def _best_cut(text: str, pieces: Pieces, ideal: int, low: int, high: int) -> int:
    """Return the cut in `(low, high]` that best combines closeness to `ideal` and a break."""
    best, best_cost = ideal, float("inf")
    for cut in range(max(low + 1, ideal - 60), min(high, ideal + 40) + 1):
        gap = text[int(pieces.ends[cut - 1]) : int(pieces.starts[cut])]
        if "\n" in gap:
            cost = 0
        elif gap and ends_sentence(text, int(pieces.ends[cut - 1])):
            cost = 20
        elif gap:
            cost = 100
        else:
            cost = 200
        cost += abs(cut - ideal)
        if cost < best_cost:
            best, best_cost = cut, cost
    return best


def ends_sentence(text: str, end: int) -> bool:
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
