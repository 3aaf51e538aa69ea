"""fit and export: from corpora to a checkpoint folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onrecord_training.commands.common import out


def fit(
    config: Annotated[Path, typer.Argument(help="Training configuration, TOML.")],
) -> None:
    """Train a model; resumes where an interrupted run of the same configuration stopped."""
    from onrecord_training.config import read_config
    from onrecord_training.loop import fit as run_fit

    folder = run_fit(read_config(config), config.parent)
    out.print(f"best weights and metrics in {folder}", highlight=False)


def export(
    run: Annotated[Path, typer.Argument(help="Run folder written by `fit`.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Checkpoint folder to write.")],
) -> None:
    """Turn the best weights of a run into a checkpoint that the runtime loads."""
    from onrecord_training.export import export_run

    manifest = export_run(run, output)
    line = f"{manifest.name} {manifest.version} in {output}, manifest {manifest.sha256[:12]}"
    out.print(line, highlight=False)
