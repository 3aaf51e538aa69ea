from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onrecord.backend import TOKENIZER_FILE
from onrecord.features import PieceReader
from tests.conftest import TEXT, Tiny


@pytest.fixture(scope="module")
def reader(tiny: Tiny) -> PieceReader:
    return PieceReader.from_file(tiny.fp32 / TOKENIZER_FILE)


def test_special_pieces_are_found(reader: PieceReader) -> None:
    assert len(reader.prefix) == 1
    assert len(reader.suffix) == 1
    assert reader.window([5]).tolist() == [*reader.prefix, 5, *reader.suffix]


def test_pieces_slice_to_the_words_they_stand_for(reader: PieceReader) -> None:
    pieces = reader.read("Norvania  rejected\tit.")
    first, end = pieces.cover(10, 18)
    assert pieces.span("Norvania  rejected\tit.", first, end).text == "rejected"


def test_a_span_inside_a_word_covers_the_piece(reader: PieceReader) -> None:
    pieces = reader.read("rejected")
    assert pieces.cover(2, 4) == pieces.cover(2, 4)
    assert pieces.cover(0, 8) == (0, len(pieces))


def test_continuing_pieces_are_marked_inside_words_only(reader: PieceReader) -> None:
    text = "zxqzxq, don't"
    pieces = reader.read(text)
    for i, continues in enumerate(pieces.continues):
        at = int(pieces.starts[i])
        inside = at > 0 and text[at - 1].isalnum() and text[at].isalnum()
        assert bool(continues) == inside


def test_no_text_is_cut_off(reader: PieceReader) -> None:
    pieces = reader.read(TEXT * 40)
    assert int(pieces.ends[-1]) == len(TEXT * 40)


def test_a_lone_surrogate_keeps_offsets(reader: PieceReader) -> None:
    pieces = reader.read("a \ud800 rejected")
    first, end = pieces.cover(4, 12)
    assert pieces.span("a \ud800 rejected", first, end).text == "rejected"


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=80))
def test_offsets_are_ordered_and_inside_any_text(text: str, tiny_reader: PieceReader) -> None:
    pieces = tiny_reader.read(text)
    assert (pieces.starts < pieces.ends).all()
    assert (pieces.starts >= 0).all()
    assert (pieces.ends <= len(text)).all()
    assert (pieces.starts[1:] >= pieces.starts[:-1]).all()


@pytest.fixture(scope="session")
def tiny_reader(tiny: Tiny) -> PieceReader:
    return PieceReader.from_file(Path(tiny.fp32) / TOKENIZER_FILE)


def test_curly_and_straight_quotes_are_read_alike(tiny: Tiny) -> None:
    reader = PieceReader.from_file(tiny.fp32 / TOKENIZER_FILE)
    curly, straight = (
        reader.read(t) for t in ("“It’s a ‘deal’,” he said", "\"It's a 'deal',\" he said")
    )
    assert curly.ids.tolist() == straight.ids.tolist()
    assert curly.starts.tolist() == straight.starts.tolist()
    assert curly.span("“It’s a ‘deal’,” he said", 0, 2).text == "“It"
