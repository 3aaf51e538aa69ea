"""`onrecord query`: what has X said about Y, and when."""

from __future__ import annotations

import csv
import json
import sys
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from onrecord.errors import CorpusError
from onrecord.types import STANCES
from onrecord_service.ledger import ANSWER, Answer, Ledger, Question
from onrecord_service.report.positions import day_of

from ._show import COLORS
from .load import DEFAULT

FORMATS = ("table", "json", "csv")
POLARITIES = ("favor", "against", "neutral")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(name="query")(query)


def query(
    *,
    actor: Annotated[str | None, typer.Option(help="A state, organisation or person.")] = None,
    issue: Annotated[
        str | None, typer.Option(help="An issue, or words of the target: 'NATO troops'.")
    ] = None,
    stance: Annotated[str | None, typer.Option(help=", ".join(STANCES))] = None,
    polarity: Annotated[str | None, typer.Option(help=", ".join(POLARITIES))] = None,
    since: Annotated[str | None, typer.Option("--from", help="First day: 2025-01.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Last day.")] = None,
    min_confidence: Annotated[float, typer.Option(min=0, max=1, help="Least confidence.")] = 0.0,
    limit: Annotated[int, typer.Option(min=1, help="Most statements shown.")] = 50,
    ledger: Annotated[
        Path, typer.Option(envvar="ONRECORD_LEDGER", help="The ledger, from onrecord load.")
    ] = DEFAULT,
    form: Annotated[str, typer.Option("--format", help=", ".join(FORMATS))] = "table",
) -> None:
    """Ask the ledger for statements: who said what on which issue, and when."""
    for name, value, legal in (
        ("--stance", stance, STANCES),
        ("--polarity", polarity, POLARITIES),
        ("--format", form, FORMATS),
    ):
        if value is not None and value not in legal:
            raise CorpusError(f"{name} {value!r} is unknown; use {', '.join(legal)}")
    question = Question(
        actor=actor,
        issue=issue,
        stance=stance,
        polarity=polarity,
        since=day_of(since, last=False),
        until=day_of(until, last=True),
        confidence=min_confidence,
        limit=limit,
    )
    with closing(Ledger(ledger)) as base:
        answer = base.ask(question)
        if not answer.count:
            _suggest(base, question)
    if form == "json":
        typer.echo(json.dumps(answer.to_dict(), ensure_ascii=False, indent=1))
    elif form == "csv":
        writer = csv.DictWriter(sys.stdout, ANSWER, lineterminator="\n")
        writer.writeheader()
        writer.writerows(answer.statements)
    else:
        _print(answer)


def _print(answer: Answer) -> None:
    console = Console()
    table = Table(expand=True, show_lines=True)
    table.add_column("day", no_wrap=True)
    table.add_column("who", ratio=2)
    table.add_column("stance", no_wrap=True)
    table.add_column("on what", ratio=3)
    table.add_column("in context", ratio=7)
    polarity = {1: "favor", -1: "against", 0: "neutral"}
    for row in answer.statements:
        who = row["actor"] or "(nobody named)"
        if row["represents"] and row["represents"] != who:
            who = f"{row['represents']} ({who})"
        color = COLORS[polarity[row["sign"]]]
        stance = row["stance"].replace("_", " ") + (" (if)" if row["conditional"] else "")
        words = " ".join((row["verbatim"] or "").split())
        place = row["url"] or row["title"] or row["article_id"]
        table.add_row(
            row["day"] or "-",
            escape(who),
            f"[{color}]{stance}[/{color}]",
            escape(row["issue"] or "-"),
            f"{escape(words)}\n[dim]{escape(str(place))}[/dim]",
        )
    if answer.statements:
        console.print(table)
    mean = "" if answer.mean is None else f", mean polarity {answer.mean:+.2f}"
    shown = f" ({len(answer.statements)} shown)" if len(answer.statements) < answer.count else ""
    console.print(
        f"{answer.count} statements{shown}: {answer.favor} for, {answer.against} against{mean}",
        highlight=False,
    )


def _suggest(base: Ledger, question: Question) -> None:
    """Name what the ledger does know, when a question finds nothing."""
    console = Console(stderr=True)
    for given, column in ((question.actor, "represents"), (question.issue, "issue")):
        if given:
            names = ", ".join(name for name, _ in base.names(column))
            console.print(f"nothing found; the commonest of {column}: {escape(names)}")
