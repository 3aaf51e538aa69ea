"""Fit the choice of whom an actor represents (`onrecord.actors.principal`).

    python -m onrecord_training.principals TRAIN.jsonl... --out FOLDER

It writes `principal.json`: one weight per named feature, no text of the corpora.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from sys import intern
from typing import Any

import numpy as np
from rich.console import Console

from onrecord.actors import ActorResolver
from onrecord.actors.phrase import Phrase
from onrecord.actors.principal import Option
from onrecord.actors.reading import Reading
from onrecord.actors.registry import ActorRegistry
from onrecord.actors.resolver import resolve_reading
from onrecord.actors.text import fold
from onrecord.types import Span
from onrecord_training.actors import article_of, gold_statements, records

PENALTY = 4.0  # of the squared weights
RARE = 6  # features of fewer choices are left out
SMALL = 0.03  # weights below it are left out
NOBODY_COUNTS = 0.6  # a gold "nobody" weighs less: the annotators left many open


@dataclass(frozen=True, slots=True)
class Choice:
    """The options of one source and which of them are right."""

    features: list[list[str]]
    right: list[bool]
    weight: float
    rule: int


def choices(path: Path) -> list[Choice]:
    """Return the choices of a corpus that have a right option among them."""
    resolver = ActorResolver()
    out: list[Choice] = []
    for record in records(path):
        gold = {
            tuple(item["source"]): item["represents"] or ""
            for item in record["statements"]
            if item["source"] and item["actor"]
        }
        seen: list[list[Option]] = []
        pending: list[str | None] = [None]

        def flush(seen: list[list[Option]] = seen, pending: list[str | None] = pending) -> None:
            if seen and pending[0] is not None:
                choice = _choice(seen[-1], pending[0])
                if choice:
                    out.append(choice)
            seen.clear()

        def observe(
            _: Reading,
            phrase: Phrase,
            source: Span,
            gold: dict[tuple[int, ...], str] = gold,
            pending: list[str | None] = pending,
            flush: Any = flush,
        ) -> None:
            flush()
            pending[0] = None if phrase.pronoun else gold.get((source.start, source.end))

        reading = Reading(article_of(record), resolver.gazetteer, ActorRegistry())
        reading.watch = seen.append
        resolve_reading(reading, gold_statements(record), observe)
        flush()
    return out


def _choice(found: Sequence[Option], gold: str) -> Choice | None:
    wanted = fold(gold)
    right = [item.name == wanted for item in found]
    if not any(right):
        return None
    rule = next(number for number, item in enumerate(found) if "rule" in item.sources)
    features = [[intern(name) for name in item.features] for item in found]
    return Choice(features, right, 1.0 if gold else NOBODY_COUNTS, rule)


def fit(found: Sequence[Choice], penalty: float = PENALTY, rare: int = RARE) -> dict[str, float]:
    """Return the weights of a conditional logit over the options of each choice.

    Args:
        found: The choices.
        penalty: Of the squared weights.
        rare: Features of fewer choices are left out.
    """
    from scipy.optimize import minimize  # type: ignore[import-untyped]  # scipy has no stubs
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

    counts: dict[str, int] = {}
    for choice in found:
        for name in {name for names in choice.features for name in names}:
            counts[name] = counts.get(name, 0) + 1
    index = {
        name: number
        for number, name in enumerate(sorted(key for key, n in counts.items() if n >= rare))
    }
    rows: list[int] = []
    columns: list[int] = []
    starts: list[int] = []
    right: list[bool] = []
    row = 0
    for choice in found:
        starts.append(row)
        for names, is_right in zip(choice.features, choice.right, strict=True):
            kept = [index[name] for name in names if name in index]
            rows += [row] * len(kept)
            columns += kept
            right.append(is_right)
            row += 1
    matrix = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(row, len(index)))
    first = np.array(starts)
    sizes = np.diff(np.append(first, row))
    good = np.array(right)
    weight = np.array([choice.weight for choice in found])

    def loss(vector: np.ndarray) -> tuple[float, np.ndarray]:
        logits = matrix @ vector
        logits = logits - np.repeat(np.maximum.reduceat(logits, first), sizes)
        share = np.exp(logits)
        share /= np.repeat(np.add.reduceat(share, first), sizes)
        mass = np.add.reduceat(np.where(good, share, 0.0), first) + 1e-12
        slope = np.where(good, share / np.repeat(mass, sizes), 0.0) - share
        value = 0.5 * penalty * float(vector @ vector) - float(weight @ np.log(mass))
        return value, penalty * vector - matrix.T @ (slope * np.repeat(weight, sizes))

    best = minimize(loss, np.zeros(len(index)), jac=True, method="L-BFGS-B").x
    return {
        name: round(float(best[number]), 2)
        for name, number in index.items()
        if abs(best[number]) >= SMALL
    }


def accuracy(found: Sequence[Choice], weights: dict[str, float] | None) -> float:
    """Return the share of right choices, of the weights or (None) of the rules alone."""
    hits = 0
    for choice in found:
        chosen = choice.rule
        if weights is not None:
            scores = [sum(weights.get(n, 0.0) for n in names) for names in choice.features]
            chosen = scores.index(max(scores))
        hits += choice.right[chosen]
    return hits / max(1, len(found))


def refit(
    found: Sequence[Choice],
    path: Path,
    console: Console,
    *,
    without: str,
    penalty: float = PENALTY,
    rare: int = RARE,
) -> None:
    """Say what the weights are worth on blocks that they did not see; write those of all choices.

    Args:
        found: The choices.
        path: Where the weights are written; its stem names them.
        console: Where to report.
        without: What chooses where nothing is learned.
        penalty: As in `fit`.
        rare: As in `fit`.
    """
    held = [item for number, item in enumerate(found) if number // 50 % 5 == 0]
    kept = [item for number, item in enumerate(found) if number // 50 % 5]
    trial = fit(kept or found, penalty, rare)  # a corpus of one block has nothing to hold out
    console.print(
        f"{path.stem}, held-out fifth: learned {accuracy(held, trial):.3f}, "
        f"{without} {accuracy(held, None):.3f}, n {len(held)}"
    )
    data = {"weights": fit(found, penalty, rare)}
    path.write_text(json.dumps(data, indent=0) + "\n", encoding="utf-8")


def parse_arguments(description: str | None, arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the corpora to fit on and the folder to write to."""
    parser = argparse.ArgumentParser(
        description=description.splitlines()[0] if description else None
    )
    parser.add_argument("corpora", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    options = parse_arguments(__doc__, arguments)
    found = [item for path in options.corpora for item in choices(path)]
    refit(found, options.out / "principal.json", Console(), without="rules")


if __name__ == "__main__":
    main()
