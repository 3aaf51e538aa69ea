"""Pictures for the model card: confusion, reliability, selective accuracy, learning curve.

Each carries a title and says what its axes are, so that it can be read away from the card.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

LEARNING_TITLE = "What more training records are worth"
_DPI = 110
_PRECISION_FLOOR = 0.3


def draw_confusion(
    labels: Sequence[str], confusion: Sequence[Sequence[int]], path: Path, title: str
) -> None:
    """Draw a (labels, labels) confusion matrix, gold rows, shaded by share of the row."""
    counts = np.array(confusion)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, axis = _figure(7.0, 5.8, title)
    image = axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(image, ax=axis, label="share of the row", shrink=0.8)
    axis.set_xticks(range(len(labels)), labels, rotation=45, ha="right")
    axis.set_yticks(range(len(labels)), labels)
    axis.set(xlabel="predicted stance", ylabel="gold stance")
    for row, column in zip(*np.nonzero(counts), strict=True):
        color = "white" if shares[row, column] > 0.6 else "black"  # noqa: PLR2004 - legibility
        axis.text(column, row, str(counts[row, column]), ha="center", va="center", color=color)
    _save(figure, path)


def draw_reliability(
    bins: Sequence[Mapping[str, float]], ece: float, path: Path, title: str
) -> None:
    """Draw how often statements are right against how sure the model is, in equal-mass bins."""
    figure, axis = _figure(4.8, 4.6, title)
    axis.plot([0, 1], [0, 1], color="gray", linestyle="--", label="perfect")
    sure, right = [part["confidence"] for part in bins], [part["accuracy"] for part in bins]
    axis.plot(sure, right, marker="o", label=f"model (calibration error {ece:.3f})")
    axis.set(xlabel="confidence (mean of a bin)", ylabel="share of statements right")
    axis.set(xlim=(0, 1), ylim=(0, 1))
    axis.legend()
    _save(figure, path)


def draw_selective(curves: Mapping[str, Sequence[Sequence[float]]], path: Path, title: str) -> None:
    """Draw precision against coverage when only the surest statements are kept.

    Args:
        curves: `[coverage, precision]` pairs by corpus.
        path: Picture to write.
        title: What stands above it.
    """
    figure, axis = _figure(5.2, 4.2, title)
    for name, curve in curves.items():
        axis.plot([point[0] for point in curve], [point[1] for point in curve], label=name)
    axis.set(xlabel="share of statements kept, surest first", ylabel="share of these right")
    lowest = min((point[1] for curve in curves.values() for point in curve), default=1.0)
    axis.set(xlim=(0, 1), ylim=(_PRECISION_FLOOR if lowest > _PRECISION_FLOOR else 0, 1))
    axis.legend()
    _save(figure, path)


def draw_learning(curves: Mapping[str, Sequence[Sequence[float]]], path: Path, title: str) -> None:
    """Draw tuple F1 against the number of training records, one line per way of choosing them."""
    figure, axis = _figure(5.2, 4.2, title)
    for name, curve in curves.items():
        counts, values = [point[0] for point in curve], [point[1] for point in curve]
        axis.plot(counts, values, marker="o", label=name)
    axis.set(xlabel="training records (log scale)", ylabel="full tuple F1 on dev", xscale="log")
    sizes = sorted({point[0] for curve in curves.values() for point in curve})
    axis.set_xticks(sizes, [f"{size:,.0f}" for size in sizes])
    axis.minorticks_off()
    axis.legend(title="records chosen by")
    _save(figure, path)


def _figure(width: float, height: float, title: str) -> Any:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(width, height), layout="constrained")
    axis.set_title(title)
    axis.grid(visible=False)
    return figure, axis


def _save(figure: Any, path: Path) -> None:
    import matplotlib.pyplot as plt

    path.parent.mkdir(parents=True, exist_ok=True)
    # Without this the file would hold the version and the time, and differ in every run.
    figure.savefig(path, dpi=_DPI, metadata={"Software": None, "Creation Time": None})
    plt.close(figure)
