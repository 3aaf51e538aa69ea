"""Pictures of a run."""

from __future__ import annotations

import json
from pathlib import Path


def plot_run(folder: Path) -> Path:
    """Draw losses and dev figures over the epochs of a run; return the picture's path."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    lines = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    rows = list({row["epoch"]: row for row in map(json.loads, lines)}.values())
    epochs = [row["epoch"] for row in rows]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    for name in rows[0]["losses"]:
        left.plot(epochs, [row["losses"].get(name) for row in rows], marker="o", label=name)
    left.set(title="Training losses", xlabel="epoch", ylabel="loss (log scale)", yscale="log")
    for name in ("detection", "source", "target", "content", "stance", "tuple"):
        if name in rows[0]["dev"][0]:  # an auxiliary corpus has neither stance nor target
            right.plot(epochs, [row["dev"][0][name] for row in rows], marker="o", label=name)
    title = f"Figures on {rows[0]['dev'][0]['corpus']}"
    right.set(title=title, xlabel="epoch", ylabel="F1 or share right", ylim=(0, 1))
    for axis in (left, right):
        axis.grid(alpha=0.3)
        axis.legend(fontsize="small")
        axis.set_xticks(epochs)
    path = folder / "learning_curve.png"
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return path
