"""Arguments and output that several commands share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from onrecord.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from onrecord_training.corpus import Record
    from onrecord_training.metrics import Predicted

out = Console()

Gold = Annotated[Path, typer.Argument(help="Gold corpus, house JSONL.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="File to write.")]
Checkpoint = Annotated[
    Path | None, typer.Option(help="Exported checkpoint folder; default: the shipped one.")
]
Labels = Annotated[
    Path | None,
    typer.Option(
        "--labels",
        metavar="RUN.toml|CHECKPOINT",
        help="Whose stance labels are legal: those of a run's file or of a checkpoint folder.",
    ),
]
CorpusTexts = Annotated[
    Path | None,
    typer.Option("--texts", help="Articles (JSONL) of those corpora that are offsets only."),
]
JsonOut = Annotated[Path | None, typer.Option("--json", help="Write all figures to this file.")]


def share(value: float | None) -> float | None:
    """Return an option that is a share, or refuse it (`nan` passes a range of typer's)."""
    if value is not None and not 0.0 <= value <= 1.0:
        message = f"{value}; legal: a number from 0 to 1"
        raise typer.BadParameter(message)
    return value


def write_json(path: Path | None, value: object) -> None:
    """Write a value as JSON, where a path was given."""
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def predictions(place: Path, gold: Sequence[Record]) -> Predicted:
    """Return the statements of a predictions file, or those of a checkpoint folder."""
    from onrecord_training.corpus import read_predicted
    from onrecord_training.evaluate import load_extractor, predict

    check_place(place)
    if place.is_dir():
        return predict(load_extractor(place), gold)
    return read_predicted(place, gold)


def check_place(place: Path) -> None:
    """Refuse what is neither a checkpoint folder nor a predictions file.

    Raises:
        CorpusError: If nothing is there.
    """
    if not place.exists():
        message = f"{place}: nothing is there; give a checkpoint folder, or a .jsonl of predictions"
        raise CorpusError(message)


def legal_stances(labels: Path | None, *checkpoints: Path | None) -> tuple[str, ...]:
    """Return the stance labels that a corpus may have.

    Args:
        labels: A run's file or a checkpoint folder; it decides, where it is given.
        checkpoints: Else those of these checkpoint folders; whatever is no folder is passed over.

    Returns:
        The labels; ours where nothing says otherwise.
    """
    from onrecord.manifest import read_manifest
    from onrecord.types import STANCES
    from onrecord_training.config import read_config

    if labels is not None and not labels.is_dir():
        return read_config(labels).model.stances
    folders = [labels] if labels else [path for path in checkpoints if path and path.is_dir()]
    found = dict.fromkeys(name for path in folders for name in read_manifest(path).stances)
    return tuple(found) or STANCES
