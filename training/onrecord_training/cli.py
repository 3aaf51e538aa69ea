"""The command line of training: `onrecord-train COMMAND`.

Heavy libraries are imported inside the command that needs them, so that `--help` answers at once.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from onrecord.errors import CorpusError, OnrecordError

app = typer.Typer(
    name="onrecord-train",
    help="From annotated corpora to a checkpoint that is measurably better.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
out = Console()

Gold = Annotated[Path, typer.Argument(help="Gold corpus, house JSONL.")]
Checkpoint = Annotated[
    Path | None, typer.Option(help="Exported checkpoint folder; default: the shipped one.")
]
JsonOut = Annotated[Path | None, typer.Option("--json", help="Write all figures to this file.")]


@app.command()
def fit(
    config: Annotated[Path, typer.Argument(help="Training configuration, TOML.")],
) -> None:
    """Train a model; resumes where an interrupted run of the same configuration stopped."""
    from onrecord_training.loop import fit as run_fit

    run_fit(config)


@app.command()
def export(
    run: Annotated[Path, typer.Argument(help="Run folder written by `fit`.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Checkpoint folder to write.")],
) -> None:
    """Turn the best weights of a run into a checkpoint that the runtime loads."""
    from onrecord_training.export import export as run_export

    run_export(run, output)


@app.command()
def evaluate(
    gold: Gold,
    predicted: Annotated[
        Path | None, typer.Argument(help="Predictions, as `onrecord label` writes them.")
    ] = None,
    *,
    checkpoint: Checkpoint = None,
    protocol: Annotated[
        str, typer.Option(help="`statements` (the full task) or `polnear` (fragments per role).")
    ] = "statements",
    threshold: Annotated[
        float | None, typer.Option(help="Leave out statements below this confidence.")
    ] = None,
    rounds: Annotated[int, typer.Option(help="Bootstrap resamples for the intervals.")] = 1000,
    json_out: JsonOut = None,
) -> None:
    """Score predictions or a checkpoint against gold, with 95 % intervals by article."""
    from onrecord_training import evaluate as scoring
    from onrecord_training.corpus import read_corpus, read_predicted
    from onrecord_training.fragments import score_fragments

    if protocol not in scoring.PROTOCOLS:
        message = f"{protocol!r}; legal: {', '.join(scoring.PROTOCOLS)}"
        raise typer.BadParameter(message, param_hint="--protocol")
    if predicted and (checkpoint or threshold is not None):
        message = "a predictions file cannot be combined with --checkpoint or --threshold"
        raise typer.BadParameter(message)
    records = list(read_corpus(gold))
    if predicted:
        given = read_predicted(predicted, records)
    else:
        extractor = scoring.load_extractor(checkpoint)
        given = scoring.predict(extractor, records, threshold=threshold)
    if protocol == scoring.POLNEAR_PROTOCOL:
        scores = score_fragments(records, given)
        scoring.print_fragments(scores, out)
        _write_json(json_out, scoring.fragment_dict(scores))
        return
    result = scoring.evaluate(records, given, rounds=rounds)
    scoring.print_evaluation(result, out)
    _write_json(json_out, result.to_dict())


@app.command("import")
def import_(
    source: Annotated[Path, typer.Argument(help="File or folder to read.")],
    *,
    format_name: Annotated[
        str,
        typer.Option(
            "--format",
            help="argilla, brat, citron, csv, doccano, feedback, house, labelstudio, prodigy or uima.",
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="House JSONL to write.")],
    map_file: Annotated[
        Path | None, typer.Option("--map", help="Label mapping, TOML (labels, stances, ...).")
    ] = None,
    annotator: Annotated[
        str | None, typer.Option(help="Whose annotation to keep where a text has several.")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write the full report as JSON.")] = None,
) -> None:
    """Import an annotated corpus; exit 0: all of it, 1: some records rejected, 2: nothing."""
    from onrecord_training import converters
    from onrecord_training.converters.mapping import read_map
    from onrecord_training.converters.pipeline import print_report
    from onrecord_training.corpus import write_corpus

    done = converters.import_corpus(
        source, format_name, labels=read_map(map_file), annotator=annotator
    )
    print_report(done.report, out)
    _write_json(report, done.report.to_dict())
    if not done.records:
        message = f"{source}: no record could be imported; {output} was not written"
        raise CorpusError(message)
    write_corpus(output, done.records)
    if done.report.rejected:
        raise typer.Exit(1)


@app.command()
def preannotate(
    texts: Annotated[Path, typer.Argument(help="House JSONL; texts, or statements already.")],
    *,
    format_name: Annotated[str, typer.Option("--format", help="Tool to write for.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="File (brat: folder) to write.")],
    checkpoint: Checkpoint = None,
    as_is: Annotated[
        bool, typer.Option("--as-is", help="Write the file's own statements; run no model.")
    ] = False,
) -> None:
    """Label texts with a checkpoint and write them for an annotation tool to correct."""
    from onrecord_training import converters
    from onrecord_training.converters.prelabel import label_records
    from onrecord_training.corpus import suggest

    if format_name not in converters.WRITERS:
        message = f"{format_name!r} is not known{suggest(format_name, list(converters.WRITERS))}"
        raise typer.BadParameter(message, param_hint="--format")
    records = label_records(texts, checkpoint, as_is=as_is)
    count = converters.WRITERS[format_name](records, output)
    out.print(f"{count} texts written to {output}", highlight=False)


@app.command("labelling-config")
def labelling_config(
    tool: Annotated[str, typer.Argument(help="labelstudio, inception or brat.")],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.")],
) -> None:
    """Write the configuration of an annotation tool for our schema."""
    from onrecord_training import converters
    from onrecord_training.corpus import suggest

    if tool not in converters.CONFIGS:
        message = f"{tool!r} is not known{suggest(tool, list(converters.CONFIGS))}"
        raise typer.BadParameter(message, param_hint="TOOL")
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(converters.CONFIGS[tool](), encoding="utf-8")
    out.print(f"configuration for {tool} written to {output}", highlight=False)


def main() -> None:
    """Run the command line; an error that we raise on purpose is one line and exit status 2."""
    try:
        app()
    except OnrecordError as error:
        Console(stderr=True).print(f"[red]error:[/red] {error}", markup=True, highlight=False)
        sys.exit(2)


def _write_json(path: Path | None, value: object) -> None:
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
