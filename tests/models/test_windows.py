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


def stretches(text: str) -> list[str]:
    pieces = word_pieces(text)
    windows = cut_windows(text, pieces, size=1000)
    return [text[pieces.starts[w.first] : pieces.ends[w.end - 1]] for w in windows]


@pytest.mark.parametrize(
    "paragraphs",
    [
        ["It rained.", "It stopped."],
        ["“It rained,” she said. “It will stop.”", "He left!"],
        ['"It rained," she said. "Will it stop?"', "(He left.)", "She stayed."],
    ],
)
@pytest.mark.parametrize("gap", ["\n\n", "\n", "\r\n \r\n"])
def test_each_paragraph_is_read_alone(paragraphs: list[str], gap: str) -> None:
    assert stretches(gap.join(paragraphs)) == paragraphs


@pytest.mark.parametrize(
    "text",
    [
        "The mayor said:\n\nWe will not sign.",
        "“We will not sign.\n\n“We never did,” he said.",
        '"We will not sign.\n\n"We never did," he said.',
        "«We will not sign.\n\nWe never did», he said.",
        "Mayor will not sign\n\nThe mayor said no.",
        "The mayor, whose\nlines are broken, said no.",
    ],
)
def test_a_paragraph_that_runs_on_is_read_with_the_next(text: str) -> None:
    assert stretches(text) == [text]


def test_an_odd_quote_mark_holds_two_paragraphs_together_and_no_more() -> None:
    assert stretches('A 3" pipe burst.\n\nIt was mended.\n\nAll is well.') == [
        'A 3" pipe burst.\n\nIt was mended.',
        "All is well.",
    ]


@given(
    before=st.lists(st.sampled_from(["a", "bb.", "d.\n\n", "“e"]), max_size=60),
    words=st.lists(st.sampled_from(["a", "bb", "c.", "d\n\n", "e.\n", "“f", "g”"]), min_size=1),
)
def test_what_stands_before_a_paragraph_moves_its_windows_and_changes_nothing(
    before: list[str], words: list[str]
) -> None:
    opening, text = " ".join([*before, "End.”\n\n"]), " ".join(words)
    shift = len(word_pieces(opening))

    def windows(given: str) -> list[tuple[int, ...]]:
        cut = cut_windows(given, word_pieces(given), size=20, before=4, after=3)
        return [(w.first, w.end, w.core_first, w.core_end) for w in cut]

    moved = [tuple(edge + shift for edge in window) for window in windows(text)]
    assert windows(opening + text)[-len(moved) :] == moved


def test_a_long_paragraph_is_cut_at_a_sentence_end() -> None:
    text = ("word " * 25).strip() + ". " + ("more " * 25).strip()
    windows = cut_windows(text, word_pieces(text), size=40, before=4, after=4)
    assert windows[0].core_end == 25
    assert windows[0].end == 29


def test_lines_that_end_no_sentence_are_cut_between_lines() -> None:
    text = ("word " * 25).strip() + "\n\n" + ("more " * 25).strip()
    windows = cut_windows(text, word_pieces(text), size=40, before=4, after=4)
    assert windows[0].core_end == 25


def test_too_much_context_is_refused_with_the_numbers() -> None:
    with pytest.raises(ValueError, match="20 pieces cannot hold 8 \\+ 8"):
        cut_windows("a", word_pieces("a"), size=20, before=8, after=8)
