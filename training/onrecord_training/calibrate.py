"""Turn the raw confidence of a checkpoint into the probability that a statement is right.

Right means: matched to gold with source, target and stance correct. Two curves are tried, isotonic
regression and a logistic curve over the log-odds, and the one with the lower cross-fitted Brier
score is kept. Cross-fitted: every statement is judged by a curve that was fitted on other articles,
so that the calibration error is not measured on what it was fitted on. The runtime evaluates the
curve as `numpy.interp(raw, x, y)`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from onrecord.errors import CorpusError
from onrecord.manifest import Calibration, Manifest, read_manifest
from onrecord_training.corpus import Record
from onrecord_training.evaluate import require_stances
from onrecord_training.metrics import Predicted, tally
from onrecord_training.reliability import expected_calibration_error, outcomes

Floats = npt.NDArray[np.float64]
Curve = Calibration
N_FOLDS = 5
_MIN_STATEMENTS = 50
_N_KNOTS = 41
_EDGE = 1e-4
_FLAT = 1e-9


@dataclass(frozen=True)
class CalibrationResult:
    """A fitted curve and how well its kind does on statements that it was not fitted on.

    Args:
        kind: `isotonic`, `logistic`, or `none` where neither beats the raw confidence.
        curve: Fitted on all statements.
        statements: Number of predicted statements.
        right: Share of them that are right.
        ece_raw: Calibration error of the raw confidence.
        ece: Cross-fitted calibration error of the curve.
        brier: Cross-fitted Brier score of each kind that was tried.
    """

    kind: str
    curve: Curve
    statements: int
    right: float
    ece_raw: float
    ece: float
    brier: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable mapping."""
        return {
            "kind": self.kind,
            "x": list(self.curve.x),
            "y": list(self.curve.y),
            "statements": self.statements,
            "right": self.right,
            "ece_raw": self.ece_raw,
            "ece": self.ece,
            "brier": self.brier,
        }


def calibrate(
    gold: Sequence[Record], predicted: Predicted, *, folds: int = N_FOLDS
) -> CalibrationResult:
    """Fit the better of two curves, or none, on predictions with raw confidences.

    Args:
        gold: Records with stances, not seen in training.
        predicted: Statements by record id; `extra["confidence"]` is the raw confidence.
        folds: Number of parts of the articles for cross-fitting.

    Raises:
        CorpusError: If there are too few statements, or all are right, or none is.
    """
    require_stances(gold)
    table = tally(gold, predicted)
    confidence, right = outcomes(gold, predicted, table)
    of_statement = np.concatenate(
        [
            np.full(len(predicted.get(record.id, ())), group)
            for record, group in zip(gold, table.groups, strict=True)
        ]
    )
    if len(confidence) < _MIN_STATEMENTS or len(np.unique(right)) == 1:
        message = (
            f"{len(confidence)} predicted statements, {right.mean() if len(right) else 0:.0%} of "
            f"them right: calibration needs at least {_MIN_STATEMENTS}, right and wrong ones; "
            "give a larger gold corpus"
        )
        raise CorpusError(message)
    crossed = {
        kind: cross_fit(confidence, right, of_statement, fit, folds=folds)
        for kind, fit in FITS.items()
    }
    brier = {kind: float(np.mean((given - right) ** 2)) for kind, given in crossed.items()}
    best = min(brier, key=lambda kind: brier[kind])
    return CalibrationResult(
        kind=best,
        curve=FITS[best](confidence, right),
        statements=len(confidence),
        right=float(right.mean()),
        ece_raw=expected_calibration_error(confidence, right),
        ece=expected_calibration_error(crossed[best], right),
        brier=brier,
    )


def cross_fit(
    confidence: Floats,
    right: Floats,
    groups: npt.NDArray[np.int64],
    fit: Callable[[Floats, Floats], Curve],
    *,
    folds: int = N_FOLDS,
) -> Floats:
    """Return (n,) probabilities, each from a curve fitted on the other folds' articles."""
    fold_of = fold_of_groups(groups, folds)
    out = np.empty_like(confidence)
    for fold in range(folds):
        held = fold_of == fold
        if held.any():
            if len(np.unique(right[~held])) < 2:  # noqa: PLR2004 - right and wrong
                raise CorpusError(
                    "right and wrong statements do not both occur in several articles; calibration "
                    "needs gold of more articles"
                )
            curve = fit(confidence[~held], right[~held])
            out[held] = np.interp(confidence[held], curve.x, curve.y)
    return out


def fold_of_groups(groups: npt.NDArray[np.int64], folds: int = N_FOLDS) -> npt.NDArray[np.int64]:
    """Return the (n,) fold of each statement; those of one group (article) share a fold."""
    names = np.unique(groups)
    order = np.random.default_rng(0).permutation(len(names))
    fold_of = np.empty(int(names.max()) + 1, dtype=np.int64)
    fold_of[names[order]] = np.arange(len(names)) % folds
    out: npt.NDArray[np.int64] = fold_of[groups]
    return out


def fit_isotonic(confidence: Floats, right: Floats) -> Curve:
    """Return the isotonic curve, its inner flat points dropped and its ends kept off 0 and 1."""
    from sklearn.isotonic import IsotonicRegression

    model = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    model.fit(confidence, right)
    x, y = _thin(model.X_thresholds_, model.y_thresholds_)
    # A bin of n statements that are all right does not prove certainty (Laplace's rule).
    edge = 1.0 / (len(right) ** 0.5 + 2.0)
    return _curve(x, np.clip(y, edge * right.mean(), 1.0 - edge * (1.0 - right.mean())))


def fit_logistic(confidence: Floats, right: Floats) -> Curve:
    """Return a logistic curve over the log-odds of the raw confidence, sampled at fixed knots."""
    from sklearn.linear_model import LogisticRegression

    def logit(value: Floats) -> Floats:
        safe = np.clip(value, _EDGE, 1 - _EDGE)
        out: Floats = np.log(safe / (1 - safe))
        return out

    model = LogisticRegression(C=10.0)
    model.fit(logit(confidence)[:, None], right)
    knots = np.linspace(0.0, 1.0, _N_KNOTS)
    return _curve(knots, model.predict_proba(logit(knots)[:, None])[:, 1])


def fit_nothing(confidence: Floats, right: Floats) -> Curve:  # noqa: ARG001 - one of FITS
    """Return the curve that leaves the raw confidence as it is."""
    return _curve(np.array([0.0, 1.0]), np.array([0.0, 1.0]))


FITS: dict[str, Callable[[Floats, Floats], Curve]] = {
    "none": fit_nothing,
    "isotonic": fit_isotonic,
    "logistic": fit_logistic,
}


def predict_raw(checkpoint: Path, gold: Sequence[Record]) -> Predicted:
    """Label gold texts with a checkpoint and its raw confidence, whatever curve it now has."""
    from onrecord.extractor import Extractor
    from onrecord_training.evaluate import predict

    extractor = Extractor.load(checkpoint)
    return predict(extractor.variant(replace(extractor.manifest, calibration=Calibration())), gold)


def install(checkpoint: Path, curve: Curve) -> Manifest:
    """Write a curve into a checkpoint's manifest and return the manifest as it now is."""
    replace(read_manifest(checkpoint), calibration=curve).write(checkpoint)
    return read_manifest(checkpoint)


def _thin(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Drop the points inside flat stretches: they change nothing."""
    keep = np.ones(len(x), dtype=bool)
    keep[1:-1] = (np.abs(y[1:-1] - y[:-2]) > _FLAT) | (np.abs(y[2:] - y[1:-1]) > _FLAT)
    return x[keep], y[keep]


def _curve(x: Floats, y: Floats) -> Curve:
    return Calibration(
        tuple(round(float(value), 6) for value in x), tuple(round(float(value), 6) for value in y)
    )
