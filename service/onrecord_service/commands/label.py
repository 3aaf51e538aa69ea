"""`onrecord label`: articles in, statements out."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from onrecord.errors import CorpusError
from onrecord.types import OFFSET_UNITS, OffsetUnit
from onrecord_service.corpus.engine import Engine, InProcess, engine_for
from onrecord_service.corpus.flat import FLAT_COLUMNS
from onrecord_service.corpus.job import Job, layout_of
from onrecord_service.corpus.labelling import LabelOptions, label_record, make_labeller
from onrecord_service.corpus.options import ReadOptions
from onrecord_service.corpus.output import RunState
from onrecord_service.corpus.readers import (
    check_inputs,
    read_corpus,
    standard_output_file,
    total_bytes,
)
from onrecord_service.corpus.records import FieldMap, Rejected
from onrecord_service.corpus.run import (
    Observer,
    exit_code,
    run_job,
    standard_output,
    stream_job,
)
from onrecord_service.corpus.sources import Meter

from ._show import ProgressDisplay, print_article, print_rejected

FACTORY = "onrecord_service.corpus.labelling:load_extractor"
"""Who makes the labeller; tests put another in its place."""

SMALL_INPUT = 300_000
"""Bytes up to which one process is used: starting workers would take longer than the work."""

ENGINES = ("local", "ray")

STOPPED = 130
"""Exit code after Ctrl-C, as shells expect it."""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(name="label")(label)


def label(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="IN...",
            help="Files, folders or archives of articles, or - for standard input.",
        ),
    ],
    *,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            help="OUT.jsonl(.gz .zst), OUT.csv, OUT.parquet, or -; without it a table is shown.",
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(min=0.0, max=1.0, help="Least confidence; default: keep all."),
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
    encoding: Annotated[
        str, typer.Option(help="Encoding of text files, or several: utf-8,cp1252.")
    ] = "utf-8",
    sheet: Annotated[str | None, typer.Option(help="Sheet of an .xlsx file.")] = None,
    input_format: Annotated[
        str | None, typer.Option("--format", help="Read every input as this, e.g. .jsonl.")
    ] = None,
    keep: Annotated[
        list[str] | None, typer.Option(help="Input field to keep as a column of .csv or .parquet.")
    ] = None,
    keep_text: Annotated[
        bool, typer.Option("--text/--no-text", help="Repeat each article's text in the output.")
    ] = True,
    scores: Annotated[
        bool, typer.Option("--scores/--no-scores", help="Write the scores of all ten stances.")
    ] = True,
    workers: Annotated[
        int, typer.Option(min=0, help="Processes of one thread; 0: one per core.")
    ] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a stopped run.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the output.")] = False,
    drop_duplicates: Annotated[
        bool, typer.Option("--drop-duplicates", help="Leave out texts met before in this run.")
    ] = False,
    cache: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep labels by content for later runs.")
    ] = None,
    engine: Annotated[str, typer.Option(help="local, or ray (a cluster).")] = "local",
    ray_address: Annotated[
        str | None, typer.Option(help="Address of a Ray cluster; default: start one here.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")] = False,
) -> None:
    """Label articles: who says what, and where they stand.

    Exit code 0: all labelled; 1: some records rejected, each reported with its line;
    2: nothing could be done; 130: stopped by Ctrl-C (go on with --resume).
    """
    check_inputs(inputs)
    if output is None or output == "-":
        _refuse(
            {
                "--resume": resume,
                "--overwrite": overwrite,
                "--drop-duplicates": drop_duplicates,
                "--cache": cache is not None,
                "--engine": engine != ENGINES[0],
                "--ray-address": ray_address is not None,
                "--workers": workers != 0,
            }
        )
    layout = "jsonl" if output is None else layout_of(output)[0]
    options = LabelOptions(
        checkpoint=checkpoint,
        actors=actors,
        threshold=threshold,
        offset_unit=_offset_unit(offset_unit),
        scores=scores,
        layout=layout,
        keep=_columns(keep or []),
        pack=cache is not None,
        factory=FACTORY,
    )
    reading = ReadOptions(FieldMap.parse(column or []), encoding, input_format, keep_text, sheet)
    console = Console(stderr=True)
    if output is None:
        state = _show(inputs, reading, options, console)
    else:
        job = Job(
            tuple(inputs), Path(output), reading, options, resume, overwrite, drop_duplicates, cache
        )
        state = _run(job, _engine_maker(job, engine, workers, ray_address), console, quiet=quiet)
    if not state.labelled and not state.rejected:
        console.print("no article found in the input", highlight=False)
    copies = f", {state.duplicates} copies left out" if state.duplicates else ""
    console.print(
        f"{state.labelled} articles labelled, {state.statements} statements,"
        f" {state.rejected} records rejected{copies}",
        highlight=False,
    )
    raise typer.Exit(exit_code(state))


def _show(
    inputs: list[str], reading: ReadOptions, options: LabelOptions, errors: Console
) -> RunState:
    """Label in this process and print a table per article."""
    state = RunState(settings={})
    labeller = make_labeller(options)
    console = Console()
    skip = standard_output_file(inputs)
    for item in read_corpus(inputs, reading, Meter(), skip):
        result = item if isinstance(item, Rejected) else label_record(labeller, item, options)
        if isinstance(result, Rejected):
            state.rejected += 1
            print_rejected(errors, result)
        else:
            state.labelled += 1
            state.statements += len(result["statements"])
            print_article(console, result)
    return state


def _run(job: Job, make_engine: Callable[[], Engine], console: Console, *, quiet: bool) -> RunState:
    """Label into a file, with a progress bar; Ctrl-C and SIGTERM stop at a checkpoint."""
    streaming = str(job.output) == "-"
    meter = Meter(total=total_bytes(job.inputs, job.own_files()))
    with (
        _terminate_as_interrupt(),
        ProgressDisplay(console, meter, quiet=quiet or streaming) as display,
    ):
        observer = Observer(rejected=display.rejected, advanced=display.advanced)
        if streaming:
            return stream_job(job, InProcess(job.labelling), meter, observer, standard_output())
        try:
            return run_job(job, make_engine, meter, observer)
        except KeyboardInterrupt:
            console.print(f"stopped; {job.output} goes on with the same command and --resume")
            raise typer.Exit(STOPPED) from None


def _engine_maker(
    job: Job, engine: str, workers: int, ray_address: str | None
) -> Callable[[], Engine]:
    if engine not in ENGINES:
        raise CorpusError(f"engine {engine!r} is unknown; use {' or '.join(ENGINES)}")
    if engine == "ray":
        from onrecord_service.corpus.ray_engine import RayEngine

        return lambda: RayEngine(job.labelling, workers=workers, address=ray_address)
    size = total_bytes(job.inputs, job.own_files())
    if workers == 0:
        workers = 1 if 0 < size < SMALL_INPUT else os.cpu_count() or 1
    return lambda: engine_for(job.labelling, workers=workers)


def _refuse(given: Mapping[str, bool]) -> None:
    """Refuse options that mean nothing without an output file."""
    names = [name for name, is_set in given.items() if is_set]
    if names:
        verb = "needs" if len(names) == 1 else "need"
        raise CorpusError(f"{', '.join(names)} {verb} an output file: -o OUT.jsonl")


def _offset_unit(name: str) -> OffsetUnit:
    for unit in OFFSET_UNITS:
        if name == unit:
            return unit
    raise CorpusError(f"offset unit {name!r} is unknown; use {', '.join(OFFSET_UNITS)}")


def _columns(names: list[str]) -> tuple[str, ...]:
    return tuple(name for name in dict.fromkeys(names) if name not in FLAT_COLUMNS)


@contextlib.contextmanager
def _terminate_as_interrupt() -> Iterator[None]:
    """Let SIGTERM stop a run as Ctrl-C does, at a checkpoint."""

    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not in the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
