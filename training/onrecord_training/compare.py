"""Is a new checkpoint better than the old one: paired, by part, by kind, statement by statement.

Both are scored on the same gold; resamples draw the same articles for both, so that the interval is
one of the difference. The rules say what is promoted: how much better it must be, and how far no
kind of statement may fall.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from onrecord.errors import CorpusError
from onrecord_training import metrics
from onrecord_training.corpus import Record, suggest
from onrecord_training.evaluate import require_stances
from onrecord_training.flips import Flip, find_flips, print_flips
from onrecord_training.metrics import Predicted, Tally
from onrecord_training.slices import SliceRow, slice_rows

FIGURES = (*metrics.HEADLINE, "conditional", "actor", "represents")


@dataclass(frozen=True)
class Rules:
    """What a new checkpoint must fulfil; figures are F1 or shares in [0, 1].

    Args:
        min_gain: Least change of tuple F1 (negative: a loss that is still accepted).
        significant: Whether the lower end of the change's 95 % interval must be at least
            `min_gain` too.
        max_part_drop: How far detection, source, target, content and stance may fall.
        max_slice_drop: How far the tuple F1 of a kind of statement may fall.
        min_slice: Kinds with fewer gold statements are shown but not judged.
    """

    min_gain: float = 0.0
    significant: bool = False
    max_part_drop: float = 0.01
    max_slice_drop: float = 0.03
    min_slice: int = 20


@dataclass(frozen=True)
class Change:
    """One figure before and after.

    Args:
        name: Figure.
        old: Value of the old checkpoint.
        new: Value of the new one.
        low: Lower end of the 95 % interval of the difference, paired by article.
        high: Upper end.
        n: Resamples that the interval is of: those in which the figure is a ratio over something
            for both. With none (one of them matches nothing), both ends are the difference and
            say nothing.
    """

    name: str
    old: float
    new: float
    low: float
    high: float
    n: int

    @property
    def delta(self) -> float:
        """The difference, new minus old."""
        return self.new - self.old


@dataclass(frozen=True)
class SliceChange:
    """The tuple F1 of one kind of statement before and after, over `gold` gold statements."""

    name: str
    gold: int
    old: float
    new: float

    @property
    def delta(self) -> float:
        """The difference, new minus old."""
        return self.new - self.old


@dataclass(frozen=True)
class Comparison:
    """The whole comparison and its verdict.

    Args:
        changes: Every figure.
        slices: Every kind of statement that occurs in gold.
        flips: Every statement that flipped, in the order of gold (see `flips.py`).
        reasons: Why the new checkpoint is not promoted; empty when it is.
    """

    changes: list[Change]
    slices: list[SliceChange]
    flips: list[Flip]
    reasons: list[str]

    @property
    def promote(self) -> bool:
        """Whether all rules are fulfilled."""
        return not self.reasons

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable mapping."""
        return {
            "promote": self.promote,
            "reasons": self.reasons,
            "changes": [{**asdict(item), "delta": item.delta} for item in self.changes],
            "slices": [{**asdict(item), "delta": item.delta} for item in self.slices],
            "flips": [flip.to_dict() for flip in self.flips],
        }


def compare(
    gold: Sequence[Record],
    old: Predicted,
    new: Predicted,
    rules: Rules | None = None,
    *,
    rounds: int = 2000,
    seed: int = 0,
) -> Comparison:
    """Compare two sets of predictions on the same gold.

    Args:
        gold: Records with stances.
        old: Statements of the present checkpoint, by record id.
        new: Statements of the new one.
        rules: When to promote; by default those of `Rules`.
        rounds: Bootstrap resamples.
        seed: Seed of the resamples.

    Raises:
        CorpusError: If gold holds no statement, or statements without stance.
    """
    require_stances(gold)
    rules = rules or Rules()
    before, after = metrics.tally(gold, old), metrics.tally(gold, new)
    changes = _changes(before, after, rounds, seed)
    slices = _slices(slice_rows(gold, old, before), slice_rows(gold, new, after))
    flips = list(find_flips(gold, old, new, before, after))
    return Comparison(changes, slices, flips, judge(changes, slices, rules))


def print_comparison(result: Comparison, console: Console, *, shown: int) -> None:
    """Print every figure, the statements that flipped (so many of them in full), the verdict."""
    table = Table(title="old and new on the same gold")
    for column in ("figure", "old", "new", "change", "95 % interval"):
        table.add_column(column, justify="left" if column == "figure" else "right")
    for item in result.changes:
        interval = Text(f"[{item.low:+.3f}, {item.high:+.3f}]")
        values = (f"{item.old:.3f}", f"{item.new:.3f}", f"{item.delta:+.3f}")
        table.add_row(item.name, *values, interval)
    for part in result.slices:
        values = (f"{part.old:.3f}", f"{part.new:.3f}", f"{part.delta:+.3f}")
        table.add_row(Text(f"tuple, {part.name}"), *values, f"n={part.gold}")
    console.print(table)
    print_flips(result.flips, console, shown=shown)
    for reason in result.reasons:
        console.print(Text(f"not promoted: {reason}", style="red"), soft_wrap=True)
    if result.promote:
        console.print(Text("promote: no rule is broken", style="green"))


def judge(changes: Sequence[Change], slices: Sequence[SliceChange], rules: Rules) -> list[str]:
    """Return every rule that is broken, in words."""
    reasons = []
    by_name = {change.name: change for change in changes}
    whole = by_name["tuple"]
    if whole.delta < rules.min_gain:
        reasons.append(f"tuple F1 changes by {whole.delta:+.3f}; at least {rules.min_gain:+.3f}")
    if rules.significant and whole.low < rules.min_gain:
        reasons.append(
            f"the change of tuple F1 may be as low as {whole.low:+.3f}; "
            f"at least {rules.min_gain:+.3f} is asked with 95 % certainty"
        )
    reasons += [
        f"{name} falls by {-by_name[name].delta:.3f}; at most {rules.max_part_drop:.3f}"
        for name in ("detection", "source", "target", "content", "stance")
        if -by_name[name].delta > rules.max_part_drop
    ]
    reasons += [
        f"{item.name} ({item.gold} statements) falls by {-item.delta:.3f}; "
        f"at most {rules.max_slice_drop:.3f}"
        for item in slices
        if item.gold >= rules.min_slice and -item.delta > rules.max_slice_drop
    ]
    return reasons


def read_rules(path: str | Path | None) -> Rules:
    """Read the table `[promote]` of a TOML file (a run's configuration or a file of its own).

    Raises:
        CorpusError: If the file is not TOML, or a rule is unknown or not a finite number.
    """
    if path is None:
        return Rules()
    try:
        raw = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        message = f"{path}: cannot be read as TOML ({error})"
        raise CorpusError(message) from error
    given = raw.get("promote", {})
    if not isinstance(given, dict):
        message = f"{path}: promote is {given!r}; expected a table [promote]"
        raise CorpusError(message)
    known = {item.name: type(item.default) for item in fields(Rules)}
    for name, value in given.items():
        if name not in known:
            message = f"{path}: [promote] {name!r} is not known{suggest(name, list(known))}"
            raise CorpusError(message)
        legal = (int, float) if known[name] is float else (known[name],)
        if type(value) not in legal or not math.isfinite(value):
            kind = known[name].__name__
            message = f"{path}: [promote] {name} is {value!r}; expected {kind}, not nan or inf"
            raise CorpusError(message)
    return Rules(**given)


def _changes(before: Tally, after: Tally, rounds: int, seed: int) -> list[Change]:
    values, spreads = [], []
    for table in (before, after):
        n_labels = len(table.labels)
        values.append(metrics.figures(table.total, n_labels))
        draws = metrics.resample(table, rounds=rounds, seed=seed)
        spreads.append(metrics.figures(draws, n_labels, empty=np.nan))
    out = []
    for name in FIGURES:
        old, new = float(values[0][name]), float(values[1][name])
        spread = spreads[1][name] - spreads[0][name]
        out.append(Change(name, old, new, *metrics.percentile_interval(spread, new - old)))
    return out


def _slices(before: Sequence[SliceRow], after: Sequence[SliceRow]) -> list[SliceChange]:
    new = {row.name: row.tuple_f1 for row in after}
    return [SliceChange(row.name, row.gold, row.tuple_f1, new[row.name]) for row in before]
