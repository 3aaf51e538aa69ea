"""`onrecord models`: choose the checkpoint that a running service answers with."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from onrecord_service.checkpoints import CheckpointStore, Entry, Pointer
from onrecord_service.workers import load_extractor

from ._settings import load_settings

models = typer.Typer(
    help="Choose the checkpoint that running services answer with, and return to the one before.",
    no_args_is_help=True,
)
_SOON = (
    "Services with this data folder (ONRECORD_DATA_DIR) switch within seconds, or at once on "
    "SIGHUP; no request is dropped. GET /v1/models says when."
)


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.add_typer(models, name="models")


@models.command()
def activate(
    folder: Annotated[Path, typer.Argument(help="A folder that `onrecord-train export` wrote.")],
) -> None:
    """Check a checkpoint, copy it into the data folder, and let services answer with it.

    It must have sound hashes and format, and be able to read; else nothing is changed.
    """
    store = _store()
    before = store.read()
    after = store.activate(folder)
    console = Console(stderr=True)
    if before.active == after.active:
        console.print(f"{_name(after.active)} is active already", highlight=False)
        return
    console.print(f"{_name(after.active)} is active; before: {_name(before.active)}")
    if before.active and after.active and before.active.stances != after.active.stances:
        console.print(f"[yellow]its labels are others[/]: {', '.join(after.active.stances)}")
    console.print(_SOON)


@models.command()
def rollback() -> None:
    """Return to the checkpoint that was active before; a second time, to this one."""
    pointer = _store().rollback()
    Console(stderr=True).print(
        f"{_name(pointer.active)} is active again; before: {_name(pointer.previous)}\n{_SOON}"
    )


@models.command()
def shadow(
    folder: Annotated[
        Path | None, typer.Argument(help="A folder that `onrecord-train export` wrote.")
    ] = None,
    *,
    share: Annotated[
        float | None, typer.Option(help="Share of articles, above 0 and at most 1.")
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="Stop the shadow.")] = False,
) -> None:
    """Let a second checkpoint read along after answers, and count where it differs."""
    if (folder is None) != off or (share is not None and not 0 < share <= 1):
        raise typer.BadParameter(
            "give a FOLDER (and --share above 0, at most 1), or --off; not both, not neither"
        )
    pointer = _store().shadow(folder, share=share)
    shown = "no checkpoint reads" if pointer.shadow is None else f"{_name(pointer.shadow)} reads"
    Console(stderr=True).print(f"{shown} along\n{_SOON}", highlight=False)


@models.command("list")
def show(*, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the active, the previous and the shadow checkpoint, and what was active before."""
    store = _store()
    pointer = store.read()
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(pointer), ensure_ascii=False, indent=1))
        return
    table = Table("use", "name", "version", "sha256", "since", "from", box=None)
    for use, entry in _rows(pointer):
        if entry is None:
            table.add_row(use, escape(_name(None)))
        else:
            cells = (entry.name, entry.version, entry.sha256[:12], entry.at, entry.origin)
            table.add_row(use, *(escape(cell) for cell in cells))
    Console().print(table)


def probe(folder: Path) -> None:
    """Load a checkpoint and read a sentence with it; raises `CheckpointError`."""
    load_extractor(folder)


def _rows(pointer: Pointer) -> list[tuple[str, Entry | None]]:
    rows: list[tuple[str, Entry | None]] = [("active", pointer.active)]
    if pointer.can_roll_back:
        rows.append(("previous", pointer.previous))
    if pointer.shadow is not None:
        rows.append(("shadow", pointer.shadow))
    return rows + [("earlier", entry) for entry in reversed(pointer.history[:-1])]


def _store() -> CheckpointStore:
    return CheckpointStore(load_settings().models_dir, probe=probe)


def _name(entry: Entry | None) -> str:
    if entry is None:
        return "that of the service's start (ONRECORD_CHECKPOINT, or the shipped one)"
    return f"{entry.name} {entry.version} ({entry.sha256[:12]})"
