"""Is the confidence true? Calibration error, reliability and selective accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onrecord_training.corpus import Record
from onrecord_training.metrics import Predicted, Tally

Floats = npt.NDArray[np.float64]
N_BINS = 10
COVERAGES = (0.5, 0.8, 1.0)


@dataclass(frozen=True)
class Bin:
    """One of the equal-mass bins: how sure the model was, and how often it was right."""

    size: int
    confidence: float
    accuracy: float


def outcomes(gold: Sequence[Record], predicted: Predicted, table: Tally) -> tuple[Floats, Floats]:
    """Return (n,) confidences and (n,) 0/1 outcomes of all predicted statements, in order.

    A predicted statement is right when it was matched and its tuple is correct. A prediction
    without a confidence counts as sure (1.0).
    """
    confidences, right = [], []
    for record, pairs in zip(gold, table.pairs, strict=True):
        correct = {pair.predicted_index for pair in pairs if pair.correct}
        for index, statement in enumerate(predicted.get(record.id, ())):
            confidences.append(float(statement.extra.get("confidence", 1.0)))
            right.append(float(index in correct))
    return np.array(confidences), np.array(right)


def bins(confidence: Floats, right: Floats, *, n_bins: int = N_BINS) -> list[Bin]:
    """Return the bins of equal size (as nearly as they can be), least sure first."""
    order = np.argsort(confidence, kind="stable")
    parts = [part for part in np.array_split(order, n_bins) if len(part)]
    return [
        Bin(len(part), float(confidence[part].mean()), float(right[part].mean())) for part in parts
    ]


def expected_calibration_error(confidence: Floats, right: Floats, *, n_bins: int = N_BINS) -> float:
    """Return the mean gap between confidence and accuracy over equal-mass bins; 0 without data."""
    parts = bins(confidence, right, n_bins=n_bins)
    total = sum(part.size for part in parts)
    gaps = sum(part.size * abs(part.confidence - part.accuracy) for part in parts)
    return gaps / total if total else 0.0


def selective_curve(confidence: Floats, right: Floats) -> tuple[Floats, Floats]:
    """Return (n,) coverages and (n,) precisions when only the surest statements are kept."""
    order = np.argsort(-confidence, kind="stable")
    kept = np.arange(1, len(order) + 1)
    return kept / max(len(order), 1), np.cumsum(right[order]) / kept


def precision_at(confidence: Floats, right: Floats, coverage: float) -> float:
    """Return the precision of the surest share `coverage` of the statements; 0 without data."""
    if not len(confidence):
        return 0.0
    _, precision = selective_curve(confidence, right)
    return float(precision[max(round(coverage * len(precision)), 1) - 1])
