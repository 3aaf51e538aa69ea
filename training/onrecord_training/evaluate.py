"""Score predictions, or an exported checkpoint, against a gold corpus.

What is scored is what ships: a checkpoint is read through the public `Extractor`, never through a
training object.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console
from rich.progress import track
from rich.table import Table

from onrecord.errors import ArticleError, CorpusError
from onrecord.types import Article, LabelledArticle, Span, Statement
from onrecord_training import fragments, metrics, reliability, slices
from onrecord_training.corpus import GoldStatement, Offsets, Record

STATEMENT_PROTOCOL, POLNEAR_PROTOCOL = "statements", "polnear"
PROTOCOLS = (STATEMENT_PROTOCOL, POLNEAR_PROTOCOL)


class LabelsOneArticle(Protocol):
    """The part of `onrecord.Extractor` that evaluation needs."""

    def extract_one(self, article: Article, *, threshold: float | None = None) -> LabelledArticle:
        """Return the article with its statements."""


@dataclass(frozen=True)
class Evaluation:
    """Everything that is reported about one set of predictions.

    Args:
        report: Figures under the published scorer's names.
        intervals: The same figures and more, with 95 % intervals by article.
        slices: Figures by kind of source, of quotation, and by stance.
        labels: Stance labels of the confusion matrix.
        confusion: Matched statements, gold rows, predicted columns.
        calibration: `ece`, the `bins`, the `selective` curve and `precision` at some coverages;
            None where the predictions carry no confidence.
    """

    report: dict[str, Any]
    intervals: dict[str, metrics.Interval]
    slices: list[slices.SliceRow]
    labels: tuple[str, ...]
    confusion: list[list[int]]
    calibration: dict[str, Any] | None

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable mapping."""
        return asdict(self)


def evaluate(
    gold: Sequence[Record], predicted: metrics.Predicted, *, rounds: int = 1000, seed: int = 0
) -> Evaluation:
    """Score predictions against gold.

    Args:
        gold: Records with stances.
        predicted: Statements by record id; a missing id counts as none.
        rounds: Bootstrap resamples.
        seed: Seed of the resamples.

    Raises:
        CorpusError: If gold holds no statement, or statements without stance.
    """
    require_stances(gold)
    table = metrics.tally(gold, predicted)
    return Evaluation(
        report=metrics.report(table),
        intervals=metrics.intervals(table, rounds=rounds, seed=seed),
        slices=slices.slice_rows(gold, predicted, table),
        labels=table.labels,
        confusion=table.confusion.tolist(),
        calibration=_calibration(gold, predicted, table),
    )


def predict(
    extractor: LabelsOneArticle,
    gold: Iterable[Record],
    *,
    threshold: float | None = None,
    progress: bool = True,
) -> dict[str, tuple[GoldStatement, ...]]:
    """Label the texts of a gold corpus and return the statements by record id.

    Args:
        extractor: The loaded checkpoint.
        gold: Records; only their texts, titles and dates are read.
        threshold: Leave out statements below this confidence.
        progress: Whether to show a progress bar on standard error.

    Raises:
        CorpusError: If the extractor refuses a text, with the record's id.
    """
    out = {}
    console = Console(stderr=True)
    for record in track(list(gold), description="labelling", console=console, disable=not progress):
        article = Article(
            text=record.text,
            id=record.id,
            title=record.extra.get("title"),
            date=record.extra.get("date"),
        )
        try:
            labelled = extractor.extract_one(article, threshold=threshold)
        except ArticleError as error:
            message = f"record {record.id}: {error}"
            raise CorpusError(message) from error
        out[record.id] = tuple(as_gold(statement) for statement in labelled.statements)
    return out


def as_gold(statement: Statement) -> GoldStatement:
    """Return a predicted statement in the form that gold has, with its confidence as an extra."""

    def offsets(span: Span | None) -> Offsets | None:
        return (span.start, span.end) if span else None

    actor = statement.actor
    return GoldStatement(
        cue=offsets(statement.cue),
        source=offsets(statement.source),
        content=tuple((part.start, part.end) for part in statement.content),
        target=offsets(statement.target),
        stance=statement.stance,
        conditional=statement.conditional,
        actor=actor.name if actor else None,
        represents=actor.represents.name if actor and actor.represents else None,
        extra={"confidence": statement.confidence, "scores": dict(statement.scores)},
    )


def print_evaluation(result: Evaluation, console: Console) -> None:
    """Print the figures as tables."""
    head = Table(title=f"{result.report['n_gold']} gold, {result.report['n_pred']} predicted")
    head.add_column("figure")
    head.add_column("value [95 % interval]", justify="right")
    names = (*metrics.HEADLINE, "source_stance", "conditional", "actor", "represents")
    for name in names:
        head.add_row(name, str(result.intervals[name]))
    if result.calibration:
        head.add_row("calibration error", f"{result.calibration['ece']:.3f}")
        for coverage, precision in result.calibration["precision"].items():
            head.add_row(f"precision at {coverage} coverage", f"{precision:.3f}")
    console.print(head)
    kinds = Table(title="by kind")
    for column in ("kind", "gold", "found", "source", "target", "stance", "tuple F1"):
        kinds.add_column(column, justify="left" if column == "kind" else "right")
    for row in result.slices:
        values = (row.found, row.source, row.target, row.stance, row.tuple_f1)
        kinds.add_row(row.name, str(row.gold), *(f"{value:.3f}" for value in values))
    console.print(kinds)


def print_fragments(
    scores: dict[str, dict[str, fragments.FragmentScore]], console: Console
) -> None:
    """Print the PolNeAR table: one row per role, exact and begin."""
    table = Table(title="fragments, micro over the split")
    table.add_column("role")
    for reading in ("exact", "begin"):
        for figure in ("P", "R", "F1"):
            table.add_column(f"{reading} {figure}", justify="right")
    for role in fragments.ROLES:
        cells = []
        for reading in ("exact", "begin"):
            score = scores[reading][role]
            cells += [f"{100 * value:.1f}" for value in (score.precision, score.recall, score.f1)]
        table.add_row(role, *cells)
    console.print(table)


def fragment_dict(scores: dict[str, dict[str, fragments.FragmentScore]]) -> dict[str, Any]:
    """Return the PolNeAR table as a JSON-serialisable mapping."""
    return {
        reading: {
            role: {
                "p": round(score.precision, 4),
                "r": round(score.recall, 4),
                "f1": round(score.f1, 4),
                "gold": score.gold,
                "predicted": score.predicted,
            }
            for role, score in by_role.items()
        }
        for reading, by_role in scores.items()
    }


def load_extractor(checkpoint: str | Path | None) -> LabelsOneArticle:
    """Load the exported checkpoint that is to be scored; None is the shipped one."""
    from onrecord.extractor import SHIPPED_CHECKPOINT, Extractor

    extractor: LabelsOneArticle = Extractor.load(checkpoint or SHIPPED_CHECKPOINT)
    return extractor


def require_statements(gold: Sequence[Record]) -> None:
    """Raise `CorpusError` unless there is a statement."""
    if not any(record.statements for record in gold):
        message = "gold holds no statement; nothing can be scored against it"
        raise CorpusError(message)


def require_stances(gold: Sequence[Record]) -> None:
    """Raise `CorpusError` unless there is a statement and every statement has a stance."""
    require_statements(gold)
    total = sum(len(record.statements) for record in gold)
    bare = sum(item.stance is None for record in gold for item in record.statements)
    if bare:
        message = (
            f"{bare} of {total} gold statements have no stance; annotate them, "
            "or score spans alone (`onrecord-train evaluate --protocol polnear`)"
        )
        raise CorpusError(message)


def _calibration(
    gold: Sequence[Record], predicted: metrics.Predicted, table: metrics.Tally
) -> dict[str, Any] | None:
    statements = [item for record in gold for item in predicted.get(record.id, ())]
    if not statements or not all("confidence" in item.extra for item in statements):
        return None
    confidence, right = reliability.outcomes(gold, predicted, table)
    return {
        "ece": reliability.expected_calibration_error(confidence, right),
        "selective": [
            [coverage, reliability.precision_at(confidence, right, coverage)]
            for coverage in (number / 20 for number in range(1, 21))
        ],
        "bins": [asdict(part) for part in reliability.bins(confidence, right)],
        "precision": {
            f"{coverage:.0%}": reliability.precision_at(confidence, right, coverage)
            for coverage in reliability.COVERAGES
        },
    }
