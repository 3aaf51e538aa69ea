"""`onrecord load`: labelled articles into the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from onrecord_service.corpus.issue_file import with_issues
from onrecord_service.corpus.labelled import read_labelled
from onrecord_service.corpus.readers import total_bytes
from onrecord_service.corpus.sources import Meter
from onrecord_service.ledger import Ledger

DEFAULT = Path("onrecord.duckdb")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(name="load")(load)


def load(
    inputs: Annotated[
        list[str], typer.Argument(metavar="IN...", help="Output of onrecord label (.jsonl ...).")
    ],
    *,
    ledger: Annotated[
        Path, typer.Option(envvar="ONRECORD_LEDGER", help="The ledger; made if it is not there.")
    ] = DEFAULT,
    issues: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Targets to issues, from onrecord issues."),
    ] = None,
) -> None:
    """Put labelled articles into a ledger (DuckDB); those loaded before are replaced."""
    console = Console(stderr=True)
    meter = Meter()
    articles: Iterable[Mapping[str, Any]] = read_labelled(inputs, meter=meter)
    if issues is not None:
        articles = with_issues(articles, issues)
    with (
        Progress(console=console, disable=not console.is_terminal) as progress,
        closing(Ledger(ledger, create=True)) as base,
    ):
        task = progress.add_task("loading", total=total_bytes(inputs) or None)
        loaded = base.load(articles, advanced=lambda _: progress.update(task, completed=meter.done))
    console.print(f"{loaded} statements loaded into {ledger}", highlight=False)
