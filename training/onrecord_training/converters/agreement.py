"""How far several annotators of the same texts agree: Krippendorff's alpha.

Per role the unit is a token, and its value whether the annotator put it into that role; for stance
the unit is a statement that is matched between annotators. 1 is full agreement, 0 is chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from onrecord_training.converters.draft import ROLES
from onrecord_training.corpus import Record
from onrecord_training.fragments import fragments, tokenize
from onrecord_training.matching import match

_ENOUGH = 2


@dataclass(frozen=True)
class Agreement:
    """Alpha of each role and of stance; None where there is nothing that could differ.

    Args:
        texts: Number of texts with more than one annotator.
        annotators: Names, in the order used.
        alpha: By `cue`, `source`, `content`, `target` and `stance`.
    """

    texts: int
    annotators: tuple[str, ...]
    alpha: Mapping[str, float | None]


def agreement(versions: Sequence[Mapping[str, Record]]) -> Agreement | None:
    """Return the agreement over texts with several annotators, or None where there is none.

    Args:
        versions: For each text, the records by annotator.
    """
    shared = [by_name for by_name in versions if len(by_name) >= _ENOUGH]
    if not shared:
        return None
    names = tuple(sorted({name for by_name in shared for name in by_name}))
    alpha: dict[str, float | None] = {
        role: nominal_alpha(np.concatenate([_tokens(v, names, role) for v in shared], axis=1))
        for role in ROLES
    }
    stances = sorted(
        {s.stance for by_name in shared for r in by_name.values() for s in r.statements if s.stance}
    )
    numbers = {stance: float(number) for number, stance in enumerate(stances)}
    stance_units = [_stances(by_name, names, numbers) for by_name in shared]
    alpha["stance"] = nominal_alpha(np.concatenate(stance_units, axis=1))
    return Agreement(len(shared), names, alpha)


def _tokens(by_name: Mapping[str, Record], names: Sequence[str], role: str) -> np.ndarray:
    """Return (annotators, tokens): 1 where the token has the role, 0 where not, NaN: not read."""
    tokens = tokenize(next(iter(by_name.values())).text)
    out = np.full((len(names), len(tokens)), np.nan)
    for row, name in zip(out, names, strict=True):
        if name in by_name:
            row[:] = 0.0
            for first, last in fragments(by_name[name].statements, role, tokens):
                row[first : last + 1] = 1.0
    return out


def _stances(
    by_name: Mapping[str, Record], names: Sequence[str], numbers: Mapping[str, float]
) -> np.ndarray:
    """Return (annotators, statements) stance numbers, NaN where an annotator has no such statement.

    Statements are lined up with those of the annotator who found the most.
    """
    first = max(by_name, key=lambda name: len(by_name[name].statements))
    lead = by_name[first].statements
    out = np.full((len(names), len(lead)), np.nan)
    for row, name in zip(out, names, strict=True):
        if name not in by_name:
            continue
        for pair in match(lead, by_name[name].statements):
            row[pair.gold_index] = numbers.get(pair.predicted.stance or "", np.nan)
    return out


def nominal_alpha(values: np.ndarray) -> float | None:
    """Return Krippendorff's alpha for nominal values.

    Computed from the coincidence matrix (Krippendorff, Content Analysis, 2004, chapter 11); a test
    holds it to the book's example. Written here because the package for it is under the GPL.

    Args:
        values: (annotators, units) numbers that stand for values, NaN where one is missing.

    Returns:
        Alpha, or None where fewer than two values or no unit with two readings occur.
    """
    read = ~np.isnan(values)
    paired = read.sum(axis=0) >= _ENOUGH
    labels = np.unique(values[:, paired][read[:, paired]])
    if len(labels) < _ENOUGH:
        return None
    # (units, labels): how many annotators gave each unit each label.
    given = np.stack([(values[:, paired] == label).sum(axis=0) for label in labels], axis=1)
    weight = 1.0 / (given.sum(axis=1) - 1)
    coincidences = (given * weight[:, None]).T @ given
    coincidences -= np.diag((given * weight[:, None]).sum(axis=0))
    totals = coincidences.sum(axis=0)
    observed = coincidences.sum() - np.trace(coincidences)
    expected = totals.sum() ** 2 - (totals**2).sum()
    return float(1 - (totals.sum() - 1) * observed / expected)
