"""What the command line draws: tables of statements, the progress bar, rejections."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from onrecord_service.corpus.output import RunState
from onrecord_service.corpus.records import Rejected
from onrecord_service.corpus.sources import Meter

COLORS = {"favor": "green", "against": "red", "neutral": "cyan"}
SHOWN_REJECTIONS = 20
"""Rejections printed by a long run; all of them are in the side file."""


def print_article(console: Console, labelled: Mapping[str, Any]) -> None:
    """Print one labelled article as a table: who, stance, on what, in which words.

    Args:
        console: Where to print.
        labelled: The wire form of a labelled article.
    """
    title = f"[bold]{escape(str(labelled.get('title') or labelled['id']))}[/bold]"
    statements = labelled["statements"]
    if not statements:
        console.print(title + ": no statement found\n")
        return
    table = Table(title=title, title_justify="left", expand=True, show_lines=True)
    table.add_column("who", ratio=3)
    table.add_column("stance", no_wrap=True)
    table.add_column("on what", ratio=4)
    table.add_column("in these words", ratio=6)
    table.add_column("conf.", justify="right")
    for statement in statements:
        color = COLORS.get(statement["polarity"], "white")
        stance = statement["stance"].replace("_", " ")
        if statement["conditional"]:
            stance += " (if)"
        target = statement["target"]
        table.add_row(
            escape(_who(statement)),
            f"[{color}]{stance}[/{color}]",
            escape(_line(target["text"]) if target else "-"),
            escape(_words(statement)),
            f"{statement['confidence']:.2f}",
        )
    console.print(table)
    console.print()


def print_rejected(console: Console, rejected: Rejected) -> None:
    """Print one rejection with its place and reason."""
    console.print(
        f"[yellow]rejected[/yellow] {escape(rejected.place)}: {escape(rejected.reason)}",
        soft_wrap=True,
        highlight=False,
    )


def _who(statement: Mapping[str, Any]) -> str:
    actor, source = statement["actor"], statement["source"]
    if actor is None:
        return _line(source["text"]) if source else "(nobody named)"
    represents = actor["represents"]
    if represents and represents["name"] != actor["name"]:
        return f"{actor['name']} ({represents['name']})"
    return str(actor["name"])


def _words(statement: Mapping[str, Any]) -> str:
    """Cue and content in the order of the text."""
    parts = sorted([statement["cue"], *statement["content"]], key=lambda part: part["start"])
    return _line(" … ".join(part["text"] for part in parts))


def _line(text: str) -> str:
    return " ".join(text.split())


class ProgressDisplay:
    """A progress bar on standard error, with rate and remaining time.

    Args:
        console: Where to draw.
        meter: Bytes read and to read.
        quiet: Draw no bar; rejections are still printed.
    """

    def __init__(self, console: Console, meter: Meter, *, quiet: bool) -> None:
        self._console = console
        self._meter = meter
        self._shown = 0
        self._before: int | None = None  # articles of the run that this one resumes
        self._started = time.monotonic()
        self._progress = Progress(
            TextColumn("[bold]labelling"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[counts]}"),
            TimeRemainingColumn(),
            console=console,
            disable=quiet or not console.is_terminal,
            refresh_per_second=4,
        )
        self._task = self._progress.add_task("", total=meter.total or None, counts="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def advanced(self, state: RunState) -> None:
        """Move the bar."""
        seconds = max(time.monotonic() - self._started, 1e-9)
        if self._before is None:
            self._before = max(state.labelled - 1, 0)
        rate = (state.labelled - self._before) / seconds
        counts = f"{state.labelled} articles, {state.statements} statements, {rate:.1f} articles/s"
        self._progress.update(self._task, completed=self._meter.done, counts=counts)

    def rejected(self, rejected: Rejected) -> None:
        """Print a rejection above the bar, the first few of a long run only."""
        self._shown += 1
        if self._shown <= SHOWN_REJECTIONS:
            print_rejected(self._console, rejected)
        elif self._shown == SHOWN_REJECTIONS + 1:
            self._console.print("[yellow]further rejections are counted, not printed[/yellow]")
