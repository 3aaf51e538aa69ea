import dataclasses

import numpy as np
import pytest

from onrecord_training.converters.agreement import agreement, nominal_alpha
from onrecord_training.corpus import Record

from .conftest import COMMITS, OPPOSES, TEXT

NAN = np.nan


def test_alpha_equals_the_published_example():
    values = np.array(
        [
            [NAN, NAN, NAN, NAN, NAN, 3, 4, 1, 2, 1, 1, 3, 3, NAN, 3],
            [1, NAN, 2, 1, 3, 3, 4, 3, NAN, NAN, NAN, NAN, NAN, NAN, NAN],
            [NAN, NAN, 2, 1, 3, 4, 4, NAN, 2, 1, 1, 3, 3, NAN, 4],
        ]
    )
    assert nominal_alpha(values) == pytest.approx(0.691, abs=5e-4)


def test_alpha_is_one_for_full_agreement_and_near_zero_for_chance():
    same = np.array([[0, 1, 0, 1.0]] * 2)
    assert nominal_alpha(same) == 1.0
    rng = np.random.default_rng(0)
    assert abs(nominal_alpha(rng.integers(0, 3, (2, 5000)).astype(float))) < 0.05


def test_alpha_needs_two_values_and_two_readings():
    assert nominal_alpha(np.ones((2, 4))) is None
    assert nominal_alpha(np.array([[0, NAN], [NAN, 1.0]])) is None


def test_agreement_is_told_per_role_and_for_stance():
    other = dataclasses.replace(OPPOSES, stance="warns", target=None)
    versions = [{"ana": Record("a", TEXT, (OPPOSES, COMMITS)), "bo": Record("a", TEXT, (other,))}]
    found = agreement(versions)
    assert found.annotators == ("ana", "bo")
    assert found.texts == 1
    assert 0 < found.alpha["cue"] < 1
    assert found.alpha["target"] < found.alpha["content"]
    assert found.alpha["stance"] <= 0


def test_there_is_no_agreement_of_one():
    assert agreement([{"ana": Record("a", TEXT)}]) is None
