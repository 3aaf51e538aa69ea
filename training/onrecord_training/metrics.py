"""The figures that count: detection, roles, stance and the full tuple, with intervals.

Definitions are those of the project's published scorer; a test holds the two together. All counts
of a record are one row of integers, so that any resample of articles is a matrix product and the
same function turns counts into figures for the whole corpus and for a thousand resamples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from onrecord_training.corpus import GoldStatement, Record
from onrecord_training.matching import OVERLAP, Pair, match

Counts = npt.NDArray[np.int64]
Figures = dict[str, npt.NDArray[np.float64]]
Predicted = Mapping[str, Sequence[GoldStatement]]

GIVEN_MATCH = (
    "cue_exact",
    "source_exact",
    "source_ov",
    "target_exact",
    "target_ov",
    "content_exact",
    "content_ov",
    "stance",
    "conditional",
)
_TOTALS = ("gold", "predicted", "matched")
_WHOLE = ("source_stance", "tuple")
_NAMES = ("actor_n", "actor_ok", "represents_n", "represents_ok")
COLUMNS = (*_TOTALS, *GIVEN_MATCH, *_WHOLE, *_NAMES)
_AT = {name: column for column, name in enumerate(COLUMNS)}

HEADLINE = ("detection", "source", "target", "content", "stance", "stance_macro", "tuple")
_LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % bootstrap interval over articles.

    Args:
        value: Of the whole corpus; 0 where it is a ratio over nothing.
        low: Lower end.
        high: Upper end.
        n: Resamples that the interval is of: those in which the figure is a ratio over something.
            With none, both ends are the value and say nothing.
    """

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        """Return `.812 [.790, .831]`."""
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]".replace("0.", ".")


@dataclass(frozen=True)
class Tally:
    """Counts of every record, ready to be summed or resampled.

    Args:
        counts: (records, columns) `COLUMNS`, then gold per label, predicted per label, then the
            label x label confusion matrix (gold rows), flattened.
        groups: (records,) number of the article that each record comes from.
        labels: Stance labels, sorted; those of gold first in the figures.
        pairs: Matched pairs of each record.
    """

    counts: Counts
    groups: npt.NDArray[np.int64]
    labels: tuple[str, ...]
    pairs: tuple[tuple[Pair, ...], ...]

    @property
    def total(self) -> Counts:
        """(columns,) Sum over all records."""
        total: Counts = self.counts.sum(axis=0)
        return total

    @property
    def confusion(self) -> Counts:
        """(labels, labels) Gold rows, predicted columns, matched statements only."""
        return confusion(self.total, len(self.labels))


def tally(gold: Sequence[Record], predicted: Predicted) -> Tally:
    """Match every record's statements and count what is right.

    Args:
        gold: Records with stances.
        predicted: Statements by record id; a missing id counts as no statement.
    """
    stances = {s.stance or "" for record in gold for s in record.statements}
    stances |= {s.stance or "" for r in gold for s in predicted.get(r.id, ())}
    labels = tuple(sorted(stances))
    at = {label: number for number, label in enumerate(labels)}
    width = len(COLUMNS) + 2 * len(labels) + len(labels) ** 2
    counts = np.zeros((len(gold), width), dtype=np.int64)
    all_pairs = []
    groups: dict[str, int] = {}
    for row, record in zip(counts, gold, strict=True):
        groups.setdefault(record.article, len(groups))
        given = predicted.get(record.id, ())
        pairs = tuple(match(record.statements, given))
        all_pairs.append(pairs)
        row[_AT["gold"]] = len(record.statements)
        row[_AT["predicted"]] = len(given)
        row[_AT["matched"]] = len(pairs)
        by_gold, by_predicted, table = _stance_views(row, len(labels))
        for statement in record.statements:
            by_gold[at[statement.stance or ""]] += 1
        for statement in given:
            by_predicted[at[statement.stance or ""]] += 1
        for pair in pairs:
            table[at[pair.gold.stance or ""], at[pair.predicted.stance or ""]] += 1
            for name, value in _marks(pair).items():
                row[_AT[name]] += value
    of = np.array([groups[record.article] for record in gold], dtype=np.int64)
    return Tally(counts, of, labels, tuple(all_pairs))


def figures(counts: Counts, n_labels: int, *, empty: float = 0.0) -> Figures:
    """Turn counts into figures, for one total or for many resamples at once.

    Args:
        counts: (..., columns) as in `Tally`.
        n_labels: Number of stance labels behind the columns.
        empty: What a ratio over nothing is, such as the share of right sources among no matches:
            0 for the published scorer, NaN for resamples that are to leave it out.

    Returns:
        Arrays of shape (...): the names of `HEADLINE`, `detection_p`, `detection_r`, `tuple_p`,
        `tuple_r`, `source_stance`, `stance_macro_end_to_end`, the names of `GIVEN_MATCH`,
        `actor`, `represents`.
    """

    def column(name: str) -> Counts:
        return counts[..., _AT[name]]

    def share(part: npt.NDArray[Any], whole: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        return ratio(part, whole, empty=empty)

    gold, predicted, matched = column("gold"), column("predicted"), column("matched")
    by_gold, by_predicted, table = _stance_views(counts, n_labels)
    right = np.diagonal(table, axis1=-2, axis2=-1)
    present = by_gold > 0
    n_present = present.sum(axis=-1)
    given = f1(right, table.sum(axis=-1), table.sum(axis=-2))
    whole = f1(right, by_gold, by_predicted)
    out = {name: share(column(name), matched) for name in GIVEN_MATCH}
    return {
        **out,
        "detection": f1(matched, gold, predicted, empty=empty),
        "detection_p": share(matched, predicted),
        "detection_r": share(matched, gold),
        "source": out["source_ov"],
        "target": out["target_ov"],
        "content": out["content_ov"],
        "stance_macro": share((given * present).sum(axis=-1), n_present * (matched > 0)),
        "stance_macro_end_to_end": share((whole * present).sum(axis=-1), n_present),
        "source_stance": f1(column("source_stance"), gold, predicted, empty=empty),
        "tuple": f1(column("tuple"), gold, predicted, empty=empty),
        "tuple_p": share(column("tuple"), predicted),
        "tuple_r": share(column("tuple"), gold),
        "actor": share(column("actor_ok"), column("actor_n")),
        "represents": share(column("represents_ok"), column("represents_n")),
    }


def resample(table: Tally, *, rounds: int = 1000, seed: int = 0) -> Counts:
    """Return (rounds, columns) counts of resampled corpora, drawing whole articles.

    Passages of one article are kept together: they are not independent. The same seed and the same
    articles give the same draws, so that two models can be compared pair by pair.
    """
    n_groups = int(table.groups.max()) + 1
    by_article = np.zeros((n_groups, table.counts.shape[1]), dtype=np.int64)
    np.add.at(by_article, table.groups, table.counts)
    draws = np.random.default_rng(seed).multinomial(
        n_groups, np.full(n_groups, 1 / n_groups), rounds
    )
    out: Counts = draws.astype(np.int64) @ by_article
    return out


def intervals(table: Tally, *, rounds: int = 1000, seed: int = 0) -> dict[str, Interval]:
    """Return every figure of `figures` with its bootstrap interval.

    A resample in which a figure is a ratio over nothing (no statement matches, so that no source
    can be right or wrong) is left out of that figure's interval: counted as 0, it would draw the
    lower end down.
    """
    values = figures(table.total, len(table.labels))
    draws = resample(table, rounds=rounds, seed=seed)
    spread = figures(draws, len(table.labels), empty=np.nan)
    return {
        name: Interval(float(value), *percentile_interval(spread[name], float(value)))
        for name, value in values.items()
    }


def percentile_interval(spread: npt.NDArray[np.float64], value: float) -> tuple[float, float, int]:
    """Return both ends of the 95 % interval of the resamples that are not NaN, and their number.

    Args:
        spread: (rounds,) The figure in each resample.
        value: Both ends where no resample has the figure.
    """
    defined = spread[~np.isnan(spread)]
    if not len(defined):
        return value, value, 0
    low, high = np.percentile(defined, [50 * (1 - _LEVEL), 50 * (1 + _LEVEL)])
    return float(low), float(high), len(defined)


def report(table: Tally) -> dict[str, Any]:
    """Return the figures under the published scorer's own names, rounded to four places."""
    total, n_labels = table.total, len(table.labels)
    value = {name: round(float(item), 4) for name, item in figures(total, n_labels).items()}
    by_gold, by_predicted, matrix = _stance_views(total, n_labels)
    matched = int(total[_AT["matched"]])
    return {
        "n_gold": int(total[_AT["gold"]]),
        "n_pred": int(total[_AT["predicted"]]),
        "detection": _prf(total[_AT["matched"]], total[_AT["gold"]], total[_AT["predicted"]]),
        "given_match": {name: value[name] for name in GIVEN_MATCH} if matched else {},
        "stance_macro_f1_given_match": value["stance_macro"],
        "stance_macro_f1_end_to_end": value["stance_macro_end_to_end"],
        "source_stance": _prf(
            total[_AT["source_stance"]], total[_AT["gold"]], total[_AT["predicted"]]
        ),
        "tuple": _prf(total[_AT["tuple"]], total[_AT["gold"]], total[_AT["predicted"]]),
        "per_stance": {
            label: _prf(matrix[k, k], by_gold[k], by_predicted[k]) | {"n": int(by_gold[k])}
            for k, label in enumerate(table.labels)
            if by_gold[k]
        },
        "actor_accuracy": value["actor"] if total[_AT["actor_n"]] else None,
        "represents_accuracy": value["represents"] if total[_AT["represents_n"]] else None,
    }


def f1(
    right: Counts, gold: Counts, predicted: Counts, *, empty: float = 0.0
) -> npt.NDArray[np.float64]:
    """Return 2 * right / (gold + predicted), elementwise; `empty` where there is nothing."""
    return ratio(2 * right, gold + predicted, empty=empty)


def ratio(
    part: npt.NDArray[Any], whole: npt.NDArray[Any], *, empty: float = 0.0
) -> npt.NDArray[np.float64]:
    """Return part / whole, elementwise; `empty` where whole is 0."""
    part, whole = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    out: npt.NDArray[np.float64] = np.full_like(part, empty)
    np.divide(part, whole, out=out, where=whole != 0)
    return out


def confusion(counts: Counts, n_labels: int) -> Counts:
    """Return the (..., labels, labels) confusion matrix of counts, gold rows."""
    return _stance_views(counts, n_labels)[2]


def _stance_views(counts: Counts, n_labels: int) -> tuple[Counts, Counts, Counts]:
    """Return the label columns: gold (..., L), predicted (..., L), confusion (..., L, L)."""
    first = len(COLUMNS)
    middle, last = first + n_labels, first + 2 * n_labels
    table = counts[..., last:].reshape(*counts.shape[:-1], n_labels, n_labels)
    return counts[..., first:middle], counts[..., middle:last], table


def _marks(pair: Pair) -> dict[str, int]:
    """Return what is right about a matched pair, 0 or 1 for each column that it counts in."""
    gold, given = pair.gold, pair.predicted
    source, stance = pair.source >= OVERLAP, pair.stance
    return {
        "cue_exact": gold.spans("cue") == given.spans("cue"),
        "source_exact": gold.spans("source") == given.spans("source"),
        "source_ov": source,
        "target_exact": gold.target == given.target,
        "target_ov": pair.target >= OVERLAP,
        "content_exact": gold.content == given.content,
        "content_ov": pair.content >= OVERLAP,
        "stance": stance,
        "conditional": gold.conditional == given.conditional,
        "source_stance": stance and source,
        "tuple": pair.correct,
        "actor_n": bool(gold.actor),
        "actor_ok": bool(gold.actor) and _same(gold.actor, given.actor),
        "represents_n": bool(gold.represents),
        "represents_ok": bool(gold.represents) and _same(gold.represents, given.represents),
    }


def _same(left: str | None, right: str | None) -> bool:
    return (left or "").casefold() == (right or "").casefold()


def _prf(right: Any, gold: Any, predicted: Any) -> dict[str, float]:
    precision = right / predicted if predicted else 0.0
    recall = right / gold if gold else 0.0
    both = precision + recall
    return {
        "p": round(float(precision), 4),
        "r": round(float(recall), 4),
        "f1": round(float(2 * precision * recall / both), 4) if both else 0.0,
    }
