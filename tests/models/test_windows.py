from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.features import Pieces
from onrecord.windows import cut_windows


def word_pieces(text: str) -> Pieces:
    """One piece per word."""
    starts, ends, position = [], [], 0
    for word in text.split():
        start = text.index(word, position)
        position = start + len(word)
        starts.append(start)
        ends.append(position)
    n = len(starts)
    return Pieces(
        np.zeros(n, np.int64),
        np.array(starts, np.int64),
        np.array(ends, np.int64),
        np.zeros(n, bool),
    )


def test_a_short_text_is_one_window() -> None:
    text = "one two three"
    windows = cut_windows(text, word_pieces(text), size=10, before=2, after=1)
    assert [(w.first, w.end, w.core_first, w.core_end) for w in windows] == [(0, 3, 0, 3)]


def test_no_pieces_give_no_window() -> None:
    assert cut_windows("", word_pieces(""), size=10, before=2, after=1) == []


@given(
    words=st.lists(st.sampled_from(["a", "bb", "c.", "d\n\n", "e,"]), max_size=400),
    size=st.integers(20, 60),
)
def test_cores_tile_the_text_and_windows_fit(words: list[str], size: int) -> None:
    text = " ".join(words)
    pieces = word_pieces(text)
    windows = cut_windows(text, pieces, size=size, before=6, after=3)
    edges = [0] + [w.core_end for w in windows]
    assert [w.core_first for w in windows] == edges[:-1]
    assert edges[-1] == len(pieces)
    for w in windows:
        assert w.first <= w.core_first < w.core_end <= w.end
        assert w.end - w.first <= size


def test_cuts_prefer_paragraph_ends() -> None:
    text = ("word " * 25).strip() + ".\n\n" + ("more " * 25).strip()
    windows = cut_windows(text, word_pieces(text), size=40, before=4, after=4)
    assert windows[0].core_end == 25


def test_too_much_context_is_refused_with_the_numbers() -> None:
    with pytest.raises(ValueError, match="20 pieces cannot hold 8 \\+ 8"):
        cut_windows("a", word_pieces("a"), size=20, before=8, after=8)
