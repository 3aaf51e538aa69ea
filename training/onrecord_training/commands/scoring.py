"""evaluate, compare, calibrate: what a checkpoint is worth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from onrecord_training.commands.common import (
    Checkpoint,
    Gold,
    JsonOut,
    Labels,
    legal_stances,
    out,
    predictions,
    write_json,
)

if TYPE_CHECKING:
    from onrecord_training.compare import Comparison, Flip
    from onrecord_training.corpus import GoldStatement, Record

_AROUND = 90


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
    if predicted:
        given = read_predicted(predicted, records)
    else:
        extractor = scoring.load_extractor(checkpoint)
        given = scoring.predict(extractor, records, threshold=threshold)
    if protocol == scoring.POLNEAR_PROTOCOL:
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
    shown: Annotated[int, typer.Option(help="How many flipped statements to show.")] = 20,
    rounds: Annotated[int, typer.Option(help="Bootstrap resamples for the intervals.")] = 2000,
    labels: Labels = None,
    json_out: JsonOut = None,
) -> None:
    """Compare two checkpoints on the same gold; exit 0: promote the new one, 1: keep the old."""
    from onrecord_training.compare import compare as run_compare
    from onrecord_training.compare import read_rules
    from onrecord_training.corpus import read_corpus

    records = list(read_corpus(gold, stances=legal_stances(labels, old, new)))
    wanted = read_rules(rules)
    before, after = predictions(old, records), predictions(new, records)
    result = run_compare(records, before, after, wanted, rounds=rounds)
    _print_comparison(result, {record.id: record for record in records}, shown)
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
    from onrecord_training import calibrate as calibration
    from onrecord_training.corpus import read_corpus

    records = list(read_corpus(gold, stances=legal_stances(checkpoint)))
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


def _print_comparison(result: Comparison, records: dict[str, Record], shown: int) -> None:
    table = Table(title="old and new on the same gold")
    for column in ("figure", "old", "new", "change", "95 % interval"):
        table.add_column(column, justify="left" if column == "figure" else "right")
    for item in result.changes:
        interval = f"[{item.low:+.3f}, {item.high:+.3f}]"
        values = (f"{item.old:.3f}", f"{item.new:.3f}", f"{item.delta:+.3f}")
        table.add_row(item.name, *values, Text(interval))
    for part in result.slices:
        values = (f"{part.old:.3f}", f"{part.new:.3f}", f"{part.delta:+.3f}")
        table.add_row(f"tuple, {part.name}", *values, f"n={part.gold}")
    out.print(table)
    gained = sum(flip.kind == "gained" for flip in result.flips)
    out.print(f"{gained} statements gained, {len(result.flips) - gained} lost", highlight=False)
    for flip in result.flips[:shown]:
        _print_flip(flip, records[flip.record])
    if len(result.flips) > shown:
        out.print(f"... and {len(result.flips) - shown} more; --shown N or --json FILE")
    for reason in result.reasons:
        out.print(f"[red]not promoted:[/red] {reason}", highlight=False)
    if result.promote:
        out.print("[green]promote[/green]")


def _print_flip(flip: Flip, record: Record) -> None:
    """Print one flipped statement: its place in the text, then gold, old and new."""
    spans = flip.gold.spans("cue") or flip.gold.content
    start, end = spans[0]
    first, last = max(0, start - _AROUND), min(len(record.text), end + _AROUND)
    line = Text(f"{flip.kind} {record.id}: ", style="green" if flip.kind == "gained" else "red")
    line.append(record.text[first:start].replace("\n", " "), style="default")
    line.append(record.text[start:end], style="bold underline")
    line.append(record.text[end:last].replace("\n", " "), style="default")
    out.print(line)
    for name, statement in (("gold", flip.gold), ("old", flip.old), ("new", flip.new)):
        out.print(f"  {name:5}{_tuple_of(statement, record)}", markup=False, highlight=False)


def _tuple_of(statement: GoldStatement | None, record: Record) -> str:
    if statement is None:
        return "nothing found"
    source = record.slice(statement.source) if statement.source else "(none)"
    target = record.slice(statement.target) if statement.target else "(none)"
    return f"{source} | {statement.stance} | {target}"
