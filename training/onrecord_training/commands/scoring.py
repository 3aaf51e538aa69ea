"""evaluate, compare, calibrate: what a checkpoint is worth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onrecord_training.commands.common import (
    Checkpoint,
    Gold,
    JsonOut,
    Labels,
    check_place,
    legal_stances,
    out,
    predictions,
    share,
    write_json,
)


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
        float | None,
        typer.Option(callback=share, help="Leave out statements below this confidence."),
    ] = None,
    rounds: Annotated[
        int, typer.Option(min=1, help="Bootstrap resamples for the intervals.")
    ] = 1000,
    labels: Labels = None,
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
    records = list(read_corpus(gold, stances=legal_stances(labels, checkpoint)))
    spans_alone = protocol == scoring.POLNEAR_PROTOCOL
    (scoring.require_statements if spans_alone else scoring.require_stances)(records)
    if predicted:
        given = read_predicted(predicted, records)
    else:
        extractor = scoring.load_extractor(checkpoint)
        given = scoring.predict(extractor, records, threshold=threshold)
    if spans_alone:
        scores = score_fragments(records, given)
        scoring.print_fragments(scores, out)
        write_json(json_out, scoring.fragment_dict(scores))
        return
    result = scoring.evaluate(records, given, rounds=rounds)
    scoring.print_evaluation(result, out)
    write_json(json_out, result.to_dict())


def compare(
    gold: Gold,
    old: Annotated[Path, typer.Argument(help="Present checkpoint folder, or its predictions.")],
    new: Annotated[Path, typer.Argument(help="New checkpoint folder, or its predictions.")],
    *,
    rules: Annotated[
        Path | None, typer.Option(help="TOML file with a table [promote]: when to promote.")
    ] = None,
    shown: Annotated[int, typer.Option(min=0, help="How many flipped statements to show.")] = 20,
    rounds: Annotated[
        int, typer.Option(min=1, help="Bootstrap resamples for the intervals.")
    ] = 2000,
    labels: Labels = None,
    json_out: JsonOut = None,
) -> None:
    """Compare two checkpoints on the same gold; exit 0: promote the new one, 1: keep the old."""
    from onrecord_training.compare import compare as run_compare
    from onrecord_training.compare import print_comparison, read_rules
    from onrecord_training.corpus import read_corpus

    for place in (old, new):
        check_place(place)
    records = list(read_corpus(gold, stances=legal_stances(labels, old, new)))
    wanted = read_rules(rules)
    before, after = predictions(old, records), predictions(new, records)
    result = run_compare(records, before, after, wanted, rounds=rounds)
    print_comparison(result, out, shown=shown)
    write_json(json_out, result.to_dict())
    if not result.promote:
        raise typer.Exit(1)


def calibrate(
    gold: Gold,
    checkpoint: Annotated[Path, typer.Argument(help="Checkpoint folder; its manifest is changed.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report; change nothing.")] = False,
    json_out: JsonOut = None,
) -> None:
    """Fit the checkpoint's confidence to gold that it was not trained on, and install it."""
    from onrecord.manifest import read_manifest
    from onrecord_training import calibrate as calibration
    from onrecord_training.corpus import read_corpus
    from onrecord_training.evaluate import require_stances

    records = list(read_corpus(gold, stances=read_manifest(checkpoint).stances))
    require_stances(records)
    result = calibration.calibrate(records, calibration.predict_raw(checkpoint, records))
    out.print(
        f"{result.kind}: {result.statements} statements, {result.right:.1%} right; calibration "
        f"error {result.ece_raw:.3f} raw, {result.ece:.3f} cross-fitted",
        highlight=False,
    )
    write_json(json_out, result.to_dict())
    if not dry_run:
        manifest = calibration.install(checkpoint, result.curve)
        out.print(f"installed in {checkpoint} (manifest {manifest.sha256[:12]})", highlight=False)
