"""The PolNeAR protocol: fragments per role, exact and by their beginning, without linking.

Each maximal run of tokens labelled with a role is one fragment; a predicted fragment is right if
its role, start and end are right (exact) or its role and start (begin). Precision, recall and F1
are over all fragments of the split. Definition of the figures in CofeNet (COLING 2022).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from onrecord_training.corpus import GoldStatement, Offsets, Record

ROLES = ("source", "cue", "content")
_TOKEN = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True)
class FragmentScore:
    """Precision, recall and F1 of one role under one reading of "right"."""

    gold: int
    predicted: int
    right: int

    @property
    def precision(self) -> float:
        """Share of predicted fragments that are right."""
        return self.right / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Share of gold fragments that were found."""
        return self.right / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of the two."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def score_fragments(
    gold: Sequence[Record], predicted: Mapping[str, Sequence[GoldStatement]]
) -> dict[str, dict[str, FragmentScore]]:
    """Return `{"exact": {role: score}, "begin": {role: score}}` over all records."""
    tables: dict[str, dict[str, FragmentScore]] = {"exact": {}, "begin": {}}
    tokens = {record.id: tokenize(record.text) for record in gold}
    for role in ROLES:
        wanted, given = set(), set()
        for record in gold:
            at = tokens[record.id]
            wanted |= {(record.id, *run) for run in fragments(record.statements, role, at)}
            found = fragments(predicted.get(record.id, ()), role, at)
            given |= {(record.id, *run) for run in found}
        n_gold, n_given = len(wanted), len(given)
        exact = len(wanted & given)
        # Runs of a role are maximal, so no two of a record share a start.
        begin = len({run[:2] for run in wanted} & {run[:2] for run in given})
        tables["exact"][role] = FragmentScore(n_gold, n_given, exact)
        tables["begin"][role] = FragmentScore(n_gold, n_given, begin)
    return tables


def fragments(
    statements: Sequence[GoldStatement], role: str, tokens: Sequence[Offsets]
) -> list[tuple[int, int]]:
    """Return the maximal runs of tokens that carry a role, as token numbers `[first, last]`."""
    starts = [start for start, _ in tokens]
    ends = [end for _, end in tokens]
    labelled: set[int] = set()
    for statement in statements:
        for start, end in statement.spans(role):
            labelled.update(range(bisect_right(ends, start), bisect_left(starts, end)))
    runs: list[tuple[int, int]] = []
    for token in sorted(labelled):
        if runs and token == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], token)
        else:
            runs.append((token, token))
    return runs


def tokenize(text: str) -> list[Offsets]:
    """Return the offsets of words and of single punctuation marks."""
    return [match.span() for match in _TOKEN.finditer(text)]
