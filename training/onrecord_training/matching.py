"""Pair predicted statements with gold ones, by the characters they share.

Same rule as the project's published scorer: one to one, greedily by `2 * cue + content` overlap
(Jaccard over characters); a pair may match when the cues share a character or the contents have a
Jaccard of at least one half.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from onrecord_training.corpus import GoldStatement, Offsets

OVERLAP = 0.5


@dataclass(frozen=True)
class Pair:
    """A gold statement and the predicted one that was matched to it, by their positions.

    The properties say what is right: overlaps are character Jaccard values in [0, 1], 1.0 where
    both sides have no such span.
    """

    gold_index: int
    predicted_index: int
    gold: GoldStatement
    predicted: GoldStatement

    @cached_property
    def source(self) -> float:
        """Overlap of the sources."""
        return jaccard(self.gold.spans("source"), self.predicted.spans("source"))

    @cached_property
    def target(self) -> float:
        """Overlap of the targets."""
        return jaccard(self.gold.spans("target"), self.predicted.spans("target"))

    @cached_property
    def content(self) -> float:
        """Overlap of the contents."""
        return jaccard(self.gold.content, self.predicted.content)

    @property
    def stance(self) -> bool:
        """Whether the stances are equal."""
        return self.gold.stance == self.predicted.stance

    @property
    def correct(self) -> bool:
        """Whether source, target and stance are all right: the tuple of the scorer."""
        return self.stance and self.source >= OVERLAP and self.target >= OVERLAP


def match(gold: Sequence[GoldStatement], predicted: Sequence[GoldStatement]) -> list[Pair]:
    """Return the matched pairs of one record, best overlap first.

    Ties go to the later statement, as in the published scorer, so that figures agree exactly.
    """
    candidates = []
    for i, wanted in enumerate(gold):
        for j, given in enumerate(predicted):
            cue = _both(wanted.spans("cue"), given.spans("cue"))
            content = _both(wanted.content, given.content)
            if cue > 0 or content >= OVERLAP:
                candidates.append((2 * cue + content, i, j))
    candidates.sort(reverse=True)
    gold_left, predicted_left = set(range(len(gold))), set(range(len(predicted)))
    pairs = []
    for _, i, j in candidates:
        if i in gold_left and j in predicted_left:
            gold_left.remove(i)
            predicted_left.remove(j)
            pairs.append(Pair(i, j, gold[i], predicted[j]))
    return pairs


def jaccard(left: Sequence[Offsets], right: Sequence[Offsets]) -> float:
    """Return shared characters over all characters; 1.0 when both sides are empty."""
    left, right = merge(left), merge(right)
    total = size(left) + size(right)
    if not total:
        return 1.0
    shared = 0
    i = j = 0
    while i < len(left) and j < len(right):
        shared += max(0, min(left[i][1], right[j][1]) - max(left[i][0], right[j][0]))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return shared / (total - shared)


def merge(spans: Sequence[Offsets]) -> list[Offsets]:
    """Return the spans sorted, with overlapping or touching ones joined."""
    out: list[Offsets] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out


def size(spans: Sequence[Offsets]) -> int:
    """Return the number of characters of disjoint spans."""
    return sum(end - start for start, end in spans)


def _both(left: Sequence[Offsets], right: Sequence[Offsets]) -> float:
    """Return the Jaccard overlap, or 0 when either side is missing."""
    return jaccard(left, right) if left and right else 0.0
