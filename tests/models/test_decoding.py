from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from onrecord.decoding import (
    ReadingArrays,
    best_spans,
    decode_bio,
    decode_cues,
    decode_readings,
    log_softmax,
)

LEFT, SLOTS = 4, 10
NONE = np.zeros(12, dtype=bool)


def logits(tags: str) -> np.ndarray:
    """Confident BIO logits."""
    out = np.full((len(tags), 3), -4.0, dtype=np.float32)
    for i, tag in enumerate(tags):
        out[i, "OBI".index(tag)] = 4.0
    return out


def reading(n: int = 1) -> ReadingArrays:
    """Readings of which nothing stands out."""
    zeros = np.zeros
    return ReadingArrays(
        zeros((n, SLOTS, 3), np.float32),
        zeros((n, SLOTS, SLOTS), np.float32),
        zeros(n, np.float32),
        zeros((n, SLOTS, SLOTS), np.float32),
        zeros(n, np.float32),
        zeros((n, 10), np.float32),
        zeros(n, np.float32),
    )


@settings(max_examples=100, deadline=None)
@given(arrays(np.float32, (5, 3), elements=st.floats(-5, 5, width=32)))
def test_decoding_finds_the_best_valid_sequence(scores: np.ndarray) -> None:
    scores = log_softmax(scores)

    def total(tags: tuple[int, ...]) -> float:
        return sum(float(scores[i, tag]) for i, tag in enumerate(tags))

    valid = [
        tags
        for tags in product(range(3), repeat=5)
        if tags[0] != 2 and all(b != 2 or a != 0 for a, b in pairwise(tags))
    ]
    found = [0] * 5
    for first, end in decode_bio(scores):
        found[first:end] = [1] + [2] * (end - first - 1)
    assert total(tuple(found)) == pytest.approx(max(map(total, valid)), abs=0.01)


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ("BIBOBI", [(0, 2), (2, 3), (4, 6)]),
        ("OOOO", []),
        ("OOIIO", [(2, 4)]),
        ("B", [(0, 1)]),
        ("OBBI", [(1, 2), (2, 4)]),
    ],
)
def test_spans_are_read_off_the_tags(tags: str, spans: list[tuple[int, int]]) -> None:
    assert decode_bio(log_softmax(logits(tags))) == spans


def test_cues_are_whole_words() -> None:
    continues = np.array([False, False, True, True, False])
    cues = decode_cues(logits("OBIOO"), continues)
    assert [(a, b) for a, b, _ in cues] == [(1, 4)]


def test_a_cue_never_starts_inside_a_word() -> None:
    continues = np.array([False, True, False])
    assert decode_cues(logits("OBO"), continues) == []


def test_a_higher_bias_gives_fewer_cues() -> None:
    scores = logits("OBIOB") / 4
    assert len(decode_cues(scores, NONE[:5])) == 2
    assert decode_cues(scores, NONE[:5], bias=9.0) == []


def jaccard(a: tuple[int, int], b: tuple[int, int]) -> float:
    common = len(set(range(*a)) & set(range(*b)))
    return common / (a[1] - a[0] + b[1] - b[0] - common)


@settings(max_examples=40, deadline=None)
@given(
    arrays(np.float32, (1, 6, 6), elements=st.floats(-3, 3, width=32)),
    st.floats(-3, 3),
)
def test_the_chosen_span_has_the_best_expected_overlap(scores: np.ndarray, null: float) -> None:
    ok = np.ones((1, 6), dtype=bool)
    scores = scores + np.where(np.tri(6, k=-1), np.float32(-1e4), np.float32(0))
    ((found, probability),) = best_spans(scores, np.array([null], np.float32), ok, ok)
    spans = [(a, b) for a in range(6) for b in range(a + 1, 7)]
    weights = {span: float(np.exp(scores[0, span[0], span[1] - 1])) for span in spans}
    total = sum(weights.values()) + np.exp(null)
    likeliest = sorted(spans, key=lambda span: -weights[span])[:16]
    gain = {
        a: sum(weights[b] * (jaccard(a, b) + (jaccard(a, b) >= 0.5)) / 2 for b in spans)
        for a in likeliest
    }
    best = max(*gain.values(), float(np.exp(null)))
    assert (gain[found] if found else np.exp(null)) == pytest.approx(best, rel=1e-3)
    meets = sum(weights[b] for b in spans if found and jaccard(found, b) >= 0.5)
    assert probability == pytest.approx((meets if found else np.exp(null)) / total, rel=1e-3)


def test_three_like_spans_outvote_a_likelier_one_elsewhere() -> None:
    scores = np.full((1, 8, 8), -1e4, np.float32)
    scores[0, 0, 1] = 1.2
    scores[0, 4, 6] = scores[0, 4, 7] = scores[0, 5, 7] = 1.0
    ok = np.ones((1, 8), dtype=bool)
    ((found, _),) = best_spans(scores, np.array([-9.0], np.float32), ok, ok)
    assert found == (4, 8)


def test_nowhere_to_start_means_no_span() -> None:
    nowhere, anywhere = np.zeros((1, 6), dtype=bool), np.ones((1, 6), dtype=bool)
    null = np.array([-9.0], np.float32)
    ((found, probability),) = best_spans(np.zeros((1, 6, 6), np.float32), null, nowhere, anywhere)
    assert found is None
    assert probability == pytest.approx(1.0)


def test_spans_land_on_pieces_of_the_window_and_off_the_cue() -> None:
    values = reading()
    values.source[0, LEFT - 2, LEFT - 1] = 9
    values.target[0, LEFT, LEFT + 3] = 9  # the cue's own piece: not allowed
    values.target[0, LEFT + 2, LEFT + 3] = 8
    values.content[0, :, 0] = 5
    values.content[0, LEFT + 2] = (-5, 5, 0)
    values.content[0, LEFT + 3] = (-5, 0, 5)
    (raw,) = decode_readings(values, [(5, 7, 0.9)], NONE, LEFT)
    assert raw.source == (3, 5)
    assert raw.target == (7, 9)
    assert raw.content == ((7, 9),)


def test_no_span_reaches_across_the_cue() -> None:
    values = reading()
    values.target[0, LEFT - 1, LEFT + 3] = 9
    values.target[0, LEFT + 2, LEFT + 3] = 8
    (raw,) = decode_readings(values, [(5, 7, 0.9)], NONE, LEFT)
    assert raw.target == (7, 9)


def test_nothing_is_placed_outside_the_text() -> None:
    values = reading()
    values.source[0, 0, 0] = 9  # before the text begins
    values.content[0, :, 1] = 3
    (raw,) = decode_readings(values, [(0, 1, 0.9)], NONE[:3], LEFT)
    spans = [*raw.content, *(s for s in (raw.source, raw.target) if s)]
    assert all(0 <= a < b <= 3 for a, b in spans)


def test_no_cues_give_no_statements() -> None:
    assert decode_readings(reading(0), [], NONE, LEFT) == []
