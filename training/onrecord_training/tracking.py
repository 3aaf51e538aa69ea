"""Where a run's figures go beside its `metrics.jsonl`: one option, `[fit] track`.

Each tool's files or server are chosen the way that the tool itself documents (environment
variables such as MLFLOW_TRACKING_URI); without any, they lie in the run's folder.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from onrecord.errors import OnrecordError
from onrecord_training.config import RunConfig


class TrackError(OnrecordError):
    """The tool that was asked for is not installed."""


class Tracker(Protocol):
    """Takes the figures of a run."""

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        """Record figures at a step."""

    def close(self) -> None:
        """Say that the run is over."""


class NoTracker:
    """Records nothing; `metrics.jsonl` is written in any case."""

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class TensorBoardTracker:
    """Writes event files for TensorBoard."""

    def __init__(self, folder: Path, config: RunConfig) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._writer: Any = SummaryWriter(str(folder / "tensorboard"))
        text = "\n".join(f"    {key} = {value}" for key, value in settings(config).items())
        self._writer.add_text("configuration", text)

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        """Record figures at a step."""
        for name, value in figures.items():
            self._writer.add_scalar(name, value, step)
        self._writer.flush()

    def close(self) -> None:
        """Close the file."""
        self._writer.close()


class MlflowTracker:
    """Sends to an MLflow server, or writes into the run's folder."""

    def __init__(self, folder: Path, config: RunConfig) -> None:
        import mlflow

        self._mlflow: Any = mlflow
        if "MLFLOW_TRACKING_URI" not in os.environ:
            self._mlflow.set_tracking_uri(f"sqlite:///{(folder / 'mlflow.db').resolve()}")
        self._mlflow.set_experiment("onrecord")
        self._mlflow.start_run(run_name=config.name)
        self._mlflow.log_params(settings(config))

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        """Record figures at a step."""
        self._mlflow.log_metrics(dict(figures), step=step)

    def close(self) -> None:
        """End the run."""
        self._mlflow.end_run()


class TrackioTracker:
    """Writes into trackio's local store (TRACKIO_DIR), or to the Space that it is set up for."""

    def __init__(self, folder: Path, config: RunConfig) -> None:
        os.environ.setdefault("TRACKIO_DIR", str(folder / "trackio"))  # read when it is imported
        import trackio

        self._trackio: Any = trackio
        self._trackio.init(project="onrecord", name=config.name, config=settings(config))

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        """Record figures at a step."""
        self._trackio.log(dict(figures), step=step)

    def close(self) -> None:
        """End the run."""
        self._trackio.finish()


_TRACKERS: dict[str, Callable[[Path, RunConfig], Tracker]] = {
    "tensorboard": TensorBoardTracker,
    "mlflow": MlflowTracker,
    "trackio": TrackioTracker,
}


def open_tracker(config: RunConfig) -> Tracker:
    """Return what `[fit] track` asks for.

    Raises:
        TrackError: If its package is not installed.
    """
    name = config.fit.track
    if name == "none":
        return NoTracker()
    try:
        return _TRACKERS[name](config.folder, config)
    except ImportError as error:
        raise TrackError(
            f"track = {name!r} needs a package that is not installed ({error}): "
            f"pip install 'onrecord-training[{name}]', or leave track out"
        ) from error


def figures_of(row: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers of a row of `metrics.jsonl`, each by a name such as `loss/cue`."""
    figures = {f"loss/{name}": float(value) for name, value in row["losses"].items()}
    for scores in row["dev"]:
        for name, value in scores.items():
            if name != "corpus":
                figures[f"dev/{scores['corpus']}/{name}"] = float(value)
    return {**figures, "seconds": float(row["seconds"]), "epoch": float(row["epoch"])}


def settings(config: RunConfig) -> dict[str, str]:
    """Return the configuration by one name each, `fit.epochs`."""
    found: dict[str, str] = {}
    todo: list[tuple[str, Any]] = [("", config.to_dict())]
    while todo:
        name, value = todo.pop()
        if isinstance(value, dict):
            todo += [(f"{name}.{key}".lstrip("."), inner) for key, inner in value.items()]
        else:
            found[name] = str(value)[:250]
    return dict(sorted(found.items()))
