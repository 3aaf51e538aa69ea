import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.errors import CorpusError
from onrecord.types import offset_mapper
from onrecord_training.converters.draft import Mention
from onrecord_training.converters.offsets import AS_GIVEN, AS_UTF16, BY_WORDS, TRIMMED, repair

TEXT = "🎉🎉 Oskvar said no, and Ilva said yes."


def one(text, start, end, words=None):
    ((span, how),) = repair(text, [Mention("m", start, end, ("Cue",), words)])
    return span, how


def test_right_offsets_are_left_alone():
    assert one(TEXT, 3, 9, "Oskvar") == ((3, 9), (AS_GIVEN,))


def test_utf16_offsets_after_an_emoji_are_converted():
    assert one(TEXT, 5, 11, "Oskvar") == ((3, 9), (AS_UTF16,))


def test_other_offsets_go_to_the_nearest_match():
    assert one(TEXT, 26, 31, "said") == ((28, 32), (BY_WORDS,))
    assert one(TEXT, 0, 4, "said") == ((10, 14), (BY_WORDS,))


def test_a_match_that_cuts_no_word_is_preferred():
    assert one("The other day, late in the spring, he said no.", 6, 9, "he") == (
        (35, 37),
        (BY_WORDS,),
    )
    assert one("Oskvarian rules, said the other.", 0, 5, "Oskvar") == ((0, 6), (BY_WORDS,))


def test_words_that_do_not_occur_are_refused():
    with pytest.raises(CorpusError, match="'denied' does not occur"):
        one(TEXT, 0, 6, "denied")


def test_two_equally_near_matches_are_refused():
    with pytest.raises(CorpusError, match="equally near"):
        one("no yes  no", 4, 6, "no")


def test_a_span_outside_the_text_without_words_is_refused():
    with pytest.raises(CorpusError, match="does not slice the text of 10 characters"):
        one("0123456789", 5, 50)


def test_blank_edges_are_cut_off():
    assert one(TEXT, 2, 10, " Oskvar ") == ((3, 9), (AS_GIVEN, TRIMMED))
    with pytest.raises(CorpusError, match="only white space"):
        one(TEXT, 2, 3, " ")


def test_line_breaks_that_a_tool_wrote_as_blanks_still_match():
    assert one("he\nsaid", 0, 7, "he said") == ((0, 7), (AS_GIVEN,))


def test_line_breaks_that_a_tool_wrote_as_a_backslash_and_an_n_still_match():
    assert one("he\n\nsaid", 0, 8, r"he\n\nsaid") == ((0, 8), (AS_GIVEN,))
    assert one("Then he\nsaid", 0, 7, r"he\nsaid") == ((5, 12), (BY_WORDS,))
    assert one(r"in c:\new it said", 3, 9, r"c:\new") == ((3, 9), (AS_GIVEN,))


def test_spans_without_words_follow_the_unit_that_others_prove():
    mentions = [Mention("a", 5, 11, ("Source",), "Oskvar"), Mention("b", 12, 16, ("Cue",))]
    spans = [span for span, _ in repair(TEXT, mentions)]
    assert [TEXT[start:end] for start, end in spans] == ["Oskvar", "said"]


def test_spans_without_any_words_are_read_in_the_unit_that_ends_at_words():
    mentions = [Mention("a", 5, 11, ("Source",)), Mention("b", 12, 16, ("Cue",))]
    spans = [span for span, _ in repair(TEXT, mentions)]
    assert [TEXT[start:end] for start, end in spans] == ["Oskvar", "said"]
    right = [Mention("a", 3, 9, ("Source",)), Mention("b", 10, 14, ("Cue",))]
    assert [how for _, how in repair(TEXT, right)] == [(AS_GIVEN,), (AS_GIVEN,)]


@given(
    st.text(st.sampled_from("ab 🎉é\u0301"), min_size=1, max_size=30),
    st.integers(0, 30),
    st.integers(1, 10),
)
def test_utf16_offsets_with_words_always_come_back_to_the_same_words(text, start, length):
    start = min(start, len(text) - 1)
    end = min(start + length, len(text))
    words = text[start:end]
    at = offset_mapper(text, "utf16")
    mention = Mention("m", at(start), at(end), ("Cue",), words)
    try:
        ((span, _),) = repair(text, [mention])
    except CorpusError:
        assert not words.strip()
    else:
        assert text[span[0] : span[1]] == words.strip()
