"""`onrecord label`: articles in, statements out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.console import Console

from onrecord.errors import CorpusError
from onrecord.types import OFFSET_UNITS
from onrecord_service.corpus.labelling import LabelOptions, make_labeller
from onrecord_service.corpus.options import ReadOptions
from onrecord_service.corpus.readers import check_inputs, read_corpus, total_bytes
from onrecord_service.corpus.records import FieldMap, Rejected
from onrecord_service.corpus.run import Observer, Tally, label_items, layout_of, write_output
from onrecord_service.corpus.sources import Meter

from ._show import ProgressDisplay, print_article, print_rejected

FACTORY = "onrecord_service.corpus.labelling:load_extractor"
"""Who makes the labeller; tests put another in its place."""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(name="label")(label)


def label(
    inputs: Annotated[
        list[str], typer.Argument(metavar="IN...", help="Files, folders, or - for standard input.")
    ],
    *,
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", help="OUT.jsonl, OUT.csv, or -; without it a table is shown."
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            min=0.0, max=1.0, help="Least confidence of a statement; default: the model's."
        ),
    ] = None,
    offset_unit: Annotated[
        str, typer.Option(help=f"Unit of offsets: {', '.join(OFFSET_UNITS)}.")
    ] = "codepoint",
    actors: Annotated[
        str | None, typer.Option(metavar="FILE", help="CSV of your own actors and aliases.")
    ] = None,
    checkpoint: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="Another checkpoint than the shipped one.")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=COLUMN", help="Where text, id, title or date stand."),
    ] = None,
    encoding: Annotated[str, typer.Option(help="Encoding of text files.")] = "utf-8",
    keep_text: Annotated[
        bool, typer.Option("--text/--no-text", help="Repeat each article's text in the output.")
    ] = True,
    scores: Annotated[
        bool, typer.Option("--scores/--no-scores", help="Write the scores of all ten stances.")
    ] = True,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")] = False,
) -> None:
    """Label articles: who says what, and where they stand.

    Exit code 0: all labelled; 1: some records rejected, each reported with its line;
    2: nothing could be done.
    """
    console = Console(stderr=True)
    if offset_unit not in OFFSET_UNITS:
        raise CorpusError(f"offset unit {offset_unit!r} is unknown; use {', '.join(OFFSET_UNITS)}")
    check_inputs(inputs)
    options = LabelOptions(
        checkpoint=checkpoint,
        actors=actors,
        threshold=threshold,
        offset_unit=offset_unit,
        scores=scores,
        layout="jsonl" if output is None else layout_of(output),
        factory=FACTORY,
    )
    reading = ReadOptions(
        fields=FieldMap.parse(column or []), encoding=encoding, keep_text=keep_text
    )
    meter = Meter(total=total_bytes(inputs))
    labeller = make_labeller(options)
    results = label_items(read_corpus(inputs, reading, meter), labeller, options)
    if output is None:
        tally = _show(results, console)
    else:
        with ProgressDisplay(console, meter, quiet=quiet or output == "-") as display:
            observer = Observer(rejected=display.rejected, advanced=display.advanced)
            tally = write_output(results, output, options, observer)
    console.print(
        f"{tally.labelled} articles labelled, {tally.statements} statements,"
        f" {tally.rejected} records rejected",
        highlight=False,
    )
    raise typer.Exit(tally.exit_code)


def _show(results: Iterator[dict[str, Any] | Rejected], errors: Console) -> Tally:
    tally = Tally()
    console = Console()
    for result in results:
        if isinstance(result, Rejected):
            tally.rejected += 1
            print_rejected(errors, result)
        else:
            tally.labelled += 1
            tally.statements += len(result["statements"])
            print_article(console, result)
    return tally
