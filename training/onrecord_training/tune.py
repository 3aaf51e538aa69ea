"""Tune the decoder on dev: how willing it is to see a cue, and an offset for each stance.

The first is chosen by tuple F1 plus detection F1, the second by stance accuracy. What the stance
offsets gain is also measured on articles that they were not chosen on, and they are kept only if
that gain is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from onrecord.backend import Backend, EncodedWindow
from onrecord.decoding import ReadingArrays
from onrecord.extractor import Extractor
from onrecord.manifest import DecodingSettings, Manifest, read_manifest
from onrecord_training.calibrate import N_FOLDS, fold_of_groups
from onrecord_training.corpus import Record
from onrecord_training.evaluate import predict
from onrecord_training.metrics import Predicted, report, tally

Floats = npt.NDArray[np.float64]
CUE_BIASES = (-1.0, -0.5, 0.0, 0.5, 1.0, 1.5)
STANCE_STEPS = (-0.6, -0.4, -0.2, 0.0, 0.2, 0.4, 0.6)
ROUNDS = 2


@dataclass(frozen=True)
class TuningResult:
    """What was chosen and what it does on dev.

    Args:
        decoding: The settings.
        f1: Tuple and detection F1 for each cue bias that was tried, without stance offsets.
        stance_before: Stance accuracy of matched statements without offsets.
        stance_after: With offsets that were chosen on the same statements.
        stance_crossed: With offsets that were chosen on other articles.
    """

    decoding: DecodingSettings
    f1: dict[float, tuple[float, float]]
    stance_before: float
    stance_after: float
    stance_crossed: float

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable mapping."""
        return {
            "cue_bias": self.decoding.cue_bias,
            "stance_bias": list(self.decoding.stance_bias),
            "f1": {str(bias): list(value) for bias, value in self.f1.items()},
            "stance": [self.stance_before, self.stance_after, self.stance_crossed],
        }


class _Remembering:
    """A backend that encodes each window once, however often the decoder changes its mind."""

    def __init__(self, inner: Backend) -> None:
        self._inner = inner
        self._windows: dict[bytes, EncodedWindow] = {}

    def encode(self, pieces: npt.NDArray[np.int64]) -> EncodedWindow:
        """Return the window's states, computed the first time."""
        key = pieces.tobytes()
        if key not in self._windows:
            self._windows[key] = self._inner.encode(pieces)
        return self._windows[key]

    def read(
        self, window: EncodedWindow, mask: npt.NDArray[np.int64], cues: npt.NDArray[np.int64]
    ) -> ReadingArrays:
        """Decode as the inner backend does."""
        return self._inner.read(window, mask, cues)


def tune(checkpoint: Path, gold: Sequence[Record]) -> TuningResult:
    """Choose the decoder's settings on gold records that training has not seen.

    Args:
        checkpoint: An exported checkpoint; its present settings do not matter.
        gold: Dev records.
    """
    loaded = Extractor.load(checkpoint)
    manifest = loaded.manifest
    extractor = loaded.variant(manifest, wrap=_Remembering)
    figures: dict[float, tuple[float, float]] = {}
    found: dict[float, Predicted] = {}
    for bias in CUE_BIASES:
        trial = replace(manifest, decoding=DecodingSettings(cue_bias=bias))
        found[bias] = predict(extractor.variant(trial), gold)
        scores = report(tally(gold, found[bias]))
        figures[bias] = (float(scores["tuple"]["f1"]), float(scores["detection"]["f1"]))
    best = max(figures, key=lambda bias: (sum(figures[bias]), -abs(bias)))
    logs, labels, articles = _matched(gold, found[best], manifest.stances)
    if not len(labels):
        return TuningResult(DecodingSettings(cue_bias=best), figures, 0.0, 0.0, 0.0)
    offsets = _offsets(logs, labels)
    before = float((logs.argmax(1) == labels).mean())
    crossed = _crossed(logs, labels, articles)
    keep = crossed > before
    return TuningResult(
        decoding=DecodingSettings(
            cue_bias=best, stance_bias=tuple(offsets.tolist()) if keep else ()
        ),
        f1=figures,
        stance_before=before,
        stance_after=float(((logs + offsets).argmax(1) == labels).mean()),
        stance_crossed=crossed,
    )


def install(checkpoint: Path, decoding: DecodingSettings) -> Manifest:
    """Write settings into a checkpoint's manifest and return the manifest as it now is."""
    replace(read_manifest(checkpoint), decoding=decoding).write(checkpoint)
    return read_manifest(checkpoint)


def _matched(
    gold: Sequence[Record], predicted: Predicted, stances: Sequence[str]
) -> tuple[Floats, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return (n, S) log-probabilities, (n,) gold stances, (n,) articles of matched statements."""
    table = tally(gold, predicted)
    index = {name: i for i, name in enumerate(stances)}
    scores, labels, articles = [], [], []
    for group, pairs in zip(table.groups.tolist(), table.pairs, strict=True):
        for pair in pairs:
            if pair.gold.stance is None:
                continue
            given = pair.predicted.extra["scores"]
            scores.append([np.log(max(given[name], 1e-9)) for name in stances])
            labels.append(index[str(pair.gold.stance)])
            articles.append(group)
    return np.array(scores), np.array(labels), np.array(articles)


def _offsets(scores: Floats, labels: npt.NDArray[np.int64]) -> Floats:
    """Return (S,) offsets by coordinate ascent on accuracy plus mean recall of the stances."""
    offsets = np.zeros(scores.shape[1])
    present = np.unique(labels)

    def value(trial: Floats) -> float:
        right = (scores + trial).argmax(1) == labels
        recall = np.mean([right[labels == label].mean() for label in present])
        return float(right.mean() + 0.5 * recall - 0.01 * np.abs(trial).sum())

    for _ in range(ROUNDS):
        for k in present.tolist():
            trials = [np.where(np.arange(len(offsets)) == k, s, offsets) for s in STANCE_STEPS]
            offsets = max(trials, key=value)
    return offsets


def _crossed(
    scores: Floats, labels: npt.NDArray[np.int64], articles: npt.NDArray[np.int64]
) -> float:
    """Return the accuracy when each fold's offsets are chosen on the other folds' articles."""
    fold_of = fold_of_groups(articles)
    right = np.zeros(len(labels), dtype=np.bool_)
    for fold in range(N_FOLDS):
        held = fold_of == fold
        if held.any():
            offsets = _offsets(scores[~held], labels[~held])
            right[held] = (scores[held] + offsets).argmax(1) == labels[held]
    return float(right.mean())
