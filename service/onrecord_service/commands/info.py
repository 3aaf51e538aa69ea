"""`onrecord info`: which checkpoint this installation runs, and with which limits."""

from __future__ import annotations

import dataclasses
import json
import platform
from importlib import metadata
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from onrecord_service.corpus.labelling import LabelOptions, make_labeller

from . import label as label_command


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(name="info")(info)


def info(
    *,
    checkpoint: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="Another checkpoint than the shipped one.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the model, its hash, its limits and its scores."""
    facts = gather(checkpoint)
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False, indent=1, default=str))
        return
    table = Table(show_header=False, box=None)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in flatten(facts):
        table.add_row(escape(name), escape(str(value)))
    Console().print(table)


def gather(checkpoint: str | None) -> dict[str, Any]:
    """Load the checkpoint, which verifies its hashes, and describe it.

    Args:
        checkpoint: Folder, or None for the shipped one.

    Returns:
        Version of onrecord and Python, model, limits and manifest, JSON-serializable.
    """
    labeller = make_labeller(LabelOptions(checkpoint=checkpoint, factory=label_command.FACTORY))
    facts: dict[str, Any] = {
        "onrecord": _version(),
        "python": platform.python_version(),
        "model": labeller.model.to_dict(),
    }
    for name in ("limits", "manifest"):
        value = getattr(labeller, name, None)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            facts[name] = dataclasses.asdict(value)
    return facts


def flatten(value: Any, name: str = "") -> list[tuple[str, Any]]:
    """Flatten nested mappings to dotted names."""
    if isinstance(value, dict) and value:
        return [
            pair
            for key, inner in value.items()
            for pair in flatten(inner, f"{name}.{key}" if name else str(key))
        ]
    if isinstance(value, list | tuple) and all(
        isinstance(item, str | int | float) for item in value
    ):
        return [(name, ", ".join(str(item) for item in value))]
    return [(name, value)]


def _version() -> str:
    try:
        return metadata.version("onrecord")
    except metadata.PackageNotFoundError:
        return "(not installed)"
