import json

import numpy as np
import pytest

from onrecord.errors import CorpusError
from onrecord.manifest import Manifest, read_manifest
from onrecord_training.calibrate import (
    calibrate,
    cross_fit,
    fit_isotonic,
    fit_logistic,
    install,
)
from onrecord_training.corpus import GoldStatement, Record
from onrecord_training.reliability import expected_calibration_error

TEXT = "x" * 200


def overconfident(articles=200, seed=0):
    """Make predictions that are right with the square of their confidence."""
    rng = np.random.default_rng(seed)
    gold, predicted = [], {}
    for number in range(articles):
        wanted, given = [], []
        for at in range(0, 60, 10):
            confidence = float(rng.uniform(0.05, 1))
            right = rng.random() < confidence**2
            wanted.append(GoldStatement((at, at + 5), stance="opposes"))
            given.append(
                GoldStatement(
                    (at, at + 5),
                    stance="opposes" if right else "warns",
                    extra={"confidence": confidence},
                )
            )
        gold.append(Record(f"r{number}", TEXT, tuple(wanted)))
        predicted[f"r{number}"] = given
    return gold, predicted


def test_an_overconfident_model_is_brought_to_its_true_probability():
    result = calibrate(*overconfident())
    assert result.ece_raw > 0.1
    assert result.ece < 0.05
    found = np.interp([0.3, 0.5, 0.9], result.curve.x, result.curve.y)
    assert found == pytest.approx([0.09, 0.25, 0.81], abs=0.08)
    assert json.loads(json.dumps(result.to_dict()))["statements"] == 1200


@pytest.mark.parametrize("fit", [fit_isotonic, fit_logistic])
def test_curves_rise_and_stay_off_certainty(fit):
    rng = np.random.default_rng(1)
    confidence = rng.uniform(size=300)
    right = (rng.uniform(size=300) < confidence).astype(float)
    curve = fit(confidence, right)
    assert len(curve.x) == len(curve.y) < 80
    assert list(curve.x) == sorted(curve.x)
    assert list(curve.y) == sorted(curve.y)
    assert curve.y[0] > 0
    assert curve.y[-1] < 1


def test_a_statement_is_never_judged_by_a_curve_that_saw_its_article():
    groups = np.repeat(np.arange(10), 20)
    confidence = np.linspace(0.1, 0.9, 200)
    right = (groups % 2).astype(float)
    seen = []

    def remember(x, y):
        seen.append(set(x))
        return fit_isotonic(x, y)

    cross_fit(confidence, right, groups, remember, folds=5)
    assert len(seen) == 5
    assert all(len(part) == 160 for part in seen)


def test_pure_noise_is_not_reported_as_well_calibrated_by_chance():
    rng = np.random.default_rng(2)
    confidence = rng.uniform(size=2000)
    right = (rng.uniform(size=2000) < 0.6).astype(float)
    crossed = cross_fit(confidence, right, np.arange(2000), fit_isotonic)
    assert expected_calibration_error(crossed, right) < 0.06
    assert crossed.std() < 0.1


@pytest.mark.parametrize("articles", [3, 0])
def test_too_little_data_is_refused(articles):
    with pytest.raises(CorpusError, match=r"calibration needs at least 50|holds no statement"):
        calibrate([Record("z", TEXT), *overconfident(articles)[0]], overconfident(articles)[1])


def test_only_right_statements_are_refused():
    gold, _ = overconfident(50)
    sure = {r.id: r.statements for r in gold}
    with pytest.raises(CorpusError, match="100% of them right"):
        calibrate(gold, sure)


def test_a_curve_is_written_into_the_manifest_of_a_checkpoint(tmp_path):
    Manifest("test", "1", ("supports",), 4).write(tmp_path)
    curve = fit_logistic(np.linspace(0, 1, 100), (np.arange(100) > 50).astype(float))
    before = read_manifest(tmp_path).sha256
    manifest = install(tmp_path, curve)
    assert manifest.calibration == curve
    assert manifest.sha256 != before


def test_a_confidence_that_no_curve_betters_is_left_as_it_is():
    gold, predicted = overconfident(articles=12)
    rng = np.random.default_rng(3)
    for given in predicted.values():
        for number, item in enumerate(given):  # right as often as the confidence says
            confidence = float(rng.uniform(0.05, 0.95))
            stance = "opposes" if rng.random() < confidence else "warns"
            given[number] = GoldStatement(item.cue, stance=stance, extra={"confidence": confidence})
    result = calibrate(gold, predicted)
    assert result.kind == "none"
    assert result.brier["none"] < min(result.brier["isotonic"], result.brier["logistic"])
    assert result.ece == result.ece_raw
    assert (result.curve.x, result.curve.y) == ((0.0, 1.0), (0.0, 1.0))
