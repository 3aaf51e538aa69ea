"""fit, export, run, learning, card: from corpora to a checkpoint folder that says what it is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onrecord_training.commands.common import CorpusTexts, legal_stances, out, write_json


def fit(
    config: Annotated[Path, typer.Argument(help="Training configuration, TOML.")],
) -> None:
    """Train a model; resumes where an interrupted run of the same configuration stopped."""
    from onrecord_training.config import read_config
    from onrecord_training.loop import fit as run_fit

    folder = run_fit(read_config(config), config.parent)
    out.print(f"best weights and metrics in {folder}", highlight=False)


def export(
    run: Annotated[Path, typer.Argument(help="Run folder written by `fit`.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Checkpoint folder to write.")],
    *,
    name: Annotated[str | None, typer.Option(help="Name of the model; default: the run's.")] = None,
    version: Annotated[str, typer.Option(help="Version of the checkpoint.")] = "0.1.0",
) -> None:
    """Turn the best weights of a run into a checkpoint that the runtime loads."""
    from onrecord_training.export import export_run

    manifest = export_run(run, output, name=name, version=version)
    line = f"{manifest.name} {manifest.version} in {output}, manifest {manifest.sha256[:12]}"
    out.print(line, highlight=False)


def weights(
    run: Annotated[Path, typer.Argument(help="Run folder written by `fit`.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File to write; default: where the shipped ones lie."),
    ] = None,
    *,
    name: Annotated[str, typer.Option(help="Name of the model.")] = "onrecord-minilm",
    version: Annotated[
        str, typer.Option(help="Version of the checkpoint exported from the same run.")
    ] = "0.1.0",
) -> None:
    """Keep the best weights of a run at half precision, for runs with `init = "shipped"`."""
    from onrecord_training.weights import WEIGHTS, write_weights

    path = output or WEIGHTS
    info = write_weights(run, path, name=name, version=version)
    size = path.stat().st_size / 1e6
    out.print(f"{path}: {size:.1f} MB, SHA-256 {info.sha256[:12]}", highlight=False)


def hub(
    run: Annotated[Path, typer.Argument(help="Run folder written by `run`.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write.")],
    *,
    checkpoint: Annotated[
        Path | None, typer.Option(help="Its checkpoint; default: the one in the run folder.")
    ] = None,
) -> None:
    """Lay out a finished run as a hub's model folder: card, config, weights, ONNX graphs."""
    from onrecord_training.hub import write_hub_folder
    from onrecord_training.run import CHECKPOINT

    manifest = write_hub_folder(run, output, checkpoint or run / CHECKPOINT)
    out.print(
        f"{manifest.name} {manifest.version} in {output}; push it with "
        f"`hf upload ORGANIZATION/{manifest.name} {output}`",
        highlight=False,
    )


def run(
    config: Annotated[Path, typer.Argument(help="Training configuration, TOML.")],
    *,
    against: Annotated[
        Path | None, typer.Option(help="Checkpoint to compare with; default: the shipped one.")
    ] = None,
    version: Annotated[str, typer.Option(help="Version of the new checkpoint.")] = "0.1.0",
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="Train even where `check` finds something serious.")
    ] = False,
) -> None:
    """Check, fit, export, tune, calibrate, evaluate, compare, card; exit 1: keep the old one."""
    from onrecord_training.run import Steps

    result = Steps(config, version=version, against=against, console=out).run(check=not unchecked)
    if result is not None and not result.promote:
        raise typer.Exit(1)


def learning(
    config: Annotated[Path, typer.Argument(help="Training configuration, TOML.")],
    *,
    size: Annotated[list[int] | None, typer.Option(help="Numbers of records; may repeat.")] = None,
    way: Annotated[list[str] | None, typer.Option(help="`random` or `select`; may repeat.")] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="JSON to write, for `card`.")],
) -> None:
    """Train at several sizes, records chosen at random or by `select`: what is a record worth."""
    from onrecord_training.config import read_config
    from onrecord_training.learning import learning_curves
    from onrecord_training.pictures import LEARNING_TITLE, draw_learning

    sizes, ways = size or [100, 200, 400, 800, 1_000_000], way or ["random"]
    curves = learning_curves(read_config(config), config.parent, sizes, ways=ways)
    for name, curve in curves.items():
        for records, score in curve:
            out.print(f"{name} {records} records: tuple F1 {score:.3f}", highlight=False)
    write_json(output, curves)
    draw_learning(curves, output.with_suffix(".png"), LEARNING_TITLE)


def card(
    template: Annotated[
        str, typer.Argument(help="`model`, `data`, or a Markdown file with {{places}}.")
    ],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="Card to write.")],
    checkpoint: Annotated[Path | None, typer.Option(help="Checkpoint that it describes.")] = None,
    evaluation: Annotated[
        list[str] | None, typer.Option(help="NAME=FILE of `evaluate --json`; the main one first.")
    ] = None,
    fragments: Annotated[
        Path | None, typer.Option(help="File of `evaluate --protocol polnear --json`.")
    ] = None,
    calibration: Annotated[Path | None, typer.Option(help="File of `calibrate --json`.")] = None,
    learning: Annotated[
        Path | None, typer.Option(help="JSON: [records, tuple F1] pairs by way of choosing.")
    ] = None,
    figures: Annotated[
        list[Path] | None,
        typer.Option(help="File of `python -m tests.golden --json` or `tests.bench --json`."),
    ] = None,
    corpus: Annotated[list[Path] | None, typer.Option(help="Corpora for a data card.")] = None,
    texts: CorpusTexts = None,
    pictures: Annotated[str, typer.Option(help="Picture folder, beside the card.")] = "docs/card",
) -> None:
    """Write a model card or data card from measured files and its hand-written parts."""
    from onrecord.manifest import read_manifest
    from onrecord_training import card as cards
    from onrecord_training.check import make_up, read_splits

    stances = legal_stances(None, checkpoint)
    named = {}
    for item in evaluation or ():
        name, found, path = item.partition("=")
        if not found:
            message = f"{item!r}; expected NAME=FILE, such as open-news/dev=runs/dev.json"
            raise typer.BadParameter(message, param_hint="--evaluation")
        named[name] = cards.read_json(Path(path))
    files = cards.CardFiles(
        manifest=read_manifest(checkpoint) if checkpoint else None,
        evaluations=named,
        fragments=cards.read_json(fragments) if fragments else None,
        calibration=cards.read_json(calibration) if calibration else None,
        learning=cards.read_json(learning) if learning else None,
        corpora=make_up(read_splits(corpus, stances=stances, texts=texts)[0]) if corpus else (),
        figures=cards.read_figures(figures or ()),
    )
    text = cards.render(
        cards.read_template(template),
        files,
        picture_folder=output.parent / pictures,
        link=pictures,
    )
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(text, encoding="utf-8")
    out.print(f"{output} written", highlight=False)


def phrase_vectors(
    model: Annotated[Path, typer.Argument(help="Folder of a mean-pooled sentence model.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Table to write, .npz.")],
    dimensions: Annotated[int, typer.Option(min=2, help="Length of a vector.")] = 256,
) -> None:
    """Distil a sentence model into the table with which `onrecord issues` groups targets."""
    from onrecord_training.phrase_vectors import distil

    distil(model, output, dimensions=dimensions)
