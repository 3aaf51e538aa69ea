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

from onrecord.errors import OnrecordError

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
    from onrecord_training.config import read_config
    from onrecord_training.loop import fit as run_fit

    out.print(f"best weights and metrics in {run_fit(read_config(config), config.parent)}")


@app.command()
def export(
    run: Annotated[Path, typer.Argument(help="Run folder written by `fit`.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Checkpoint folder to write.")],
) -> None:
    """Turn the best weights of a run into a checkpoint that the runtime loads."""
    from onrecord_training.export import export_run

    manifest = export_run(run, output)
    out.print(f"{manifest.name} {manifest.version} in {output}, manifest {manifest.sha256[:12]}")


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
