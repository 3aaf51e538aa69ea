"""`onrecord report`: who says what about what, as a page and as tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from onrecord.errors import CorpusError
from onrecord_service.corpus.issue_file import read_issue_file, with_issues
from onrecord_service.corpus.labelled import read_labelled
from onrecord_service.corpus.output import check_output, whole_file
from onrecord_service.report.build import Size, build_report, render, write_tables
from onrecord_service.report.positions import Selection, day_of

from .export import level

PERIODS = ("day", "week", "month", "quarter", "year")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(name="report")(report)


def report(
    inputs: Annotated[
        list[str], typer.Argument(metavar="IN...", help="Output of onrecord label (.jsonl ...).")
    ],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="The page, REPORT.html.")],
    tables: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Also write the figures as CSV.")
    ] = None,
    issues: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Targets to issues, from onrecord issues."),
    ] = None,
    by: Annotated[
        str, typer.Option(help="Actors: 'represents' (state, party) or 'actor' (person).")
    ] = "represents",
    since: Annotated[
        str | None, typer.Option("--from", help="First day, 2025-01 or 2025-01-31.")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", help="Last day.")] = None,
    period: Annotated[
        str | None, typer.Option(help=", ".join(PERIODS) + "; default: by span.")
    ] = None,
    min_confidence: Annotated[float, typer.Option(min=0, max=1, help="Least confidence.")] = 0.0,
    with_reports: Annotated[
        bool, typer.Option("--with-reports", help="Count 'states' too, as undecided.")
    ] = False,
    actors: Annotated[int, typer.Option(min=1, max=200, help="Rows of the matrix.")] = 25,
    columns: Annotated[int, typer.Option(min=1, max=200, help="Issues shown.")] = 20,
    title: Annotated[str, typer.Option(help="Headline.")] = "Who stands where",
) -> None:
    """Make a self-contained page of positions: matrix, time lines, contests, agreement."""
    if period is not None and period not in PERIODS:
        raise CorpusError(f"period {period!r} is unknown; use {', '.join(PERIODS)}")
    check_output(output)
    selection = Selection(
        level=level(by),
        since=day_of(since, last=False),
        until=day_of(until, last=True),
        confidence=min_confidence,
        reports=with_reports,
    )
    table = read_issue_file(issues) if issues else None

    def articles() -> Iterable[Mapping[str, Any]]:
        found = read_labelled(inputs)
        return found if table is None else with_issues(found, table)

    made = build_report(
        articles,
        selection=selection,
        size=Size(actors=actors, issues=columns),
        title=title,
        period=period,
        grouped=table is not None,
    )
    with whole_file(output) as stream:
        stream.write(render(made))
    if tables is not None:
        write_tables(made, tables)
    Console(stderr=True).print(
        f"{output}: {made.facts['positions']} positions of {made.facts['actors']} actors on"
        f" {made.facts['issues']} issues",
        highlight=False,
    )
