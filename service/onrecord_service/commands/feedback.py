"""`onrecord feedback`: write stored corrections as a corpus for the training package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from onrecord_service.store.feedback import FeedbackStore

from ._settings import load_settings, open_configured


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("feedback")(feedback)


def feedback(
    output: Annotated[Path, typer.Argument(help="JSON lines in the format of the house corpus.")],
) -> None:
    """Write all corrections that the service has stored, oldest first."""
    store = FeedbackStore(open_configured(load_settings()))
    count = 0
    beside = output.with_name(output.name + ".tmp")
    with beside.open("w", encoding="utf-8") as file:
        for record in store.records():
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
            count += 1
    beside.replace(output)
    Console(stderr=True).print(f"{count} records written to {output}")
