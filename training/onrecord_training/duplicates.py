"""Texts that two splits share, or nearly: they would make a score look better than it is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from onrecord_training.corpus import Record

if TYPE_CHECKING:
    from datasketch import MinHash  # type: ignore[import-untyped] # ships no types

THRESHOLD = 0.5
_SHINGLE = 4
_PERMUTATIONS = 128
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Duplicate:
    """Two near-identical texts of different splits.

    Args:
        left: `split/record id`.
        right: The same for the other.
        similarity: Share of four-word sequences that the two have in common (Jaccard); 0 where it
            was not measured.
    """

    left: str
    right: str
    similarity: float


def near_duplicates(
    splits: Mapping[str, Sequence[Record]], *, threshold: float = THRESHOLD
) -> list[Duplicate]:
    """Return pairs of texts from different splits that share much of their wording.

    Candidates are found by MinHash and locality-sensitive hashing; the similarity that is reported
    is the exact one.

    Args:
        splits: Records by name of split.
        threshold: Least similarity.
    """
    from datasketch import MinHashLSH

    index = MinHashLSH(threshold=threshold * 0.8, num_perm=_PERMUTATIONS)
    seen: dict[str, frozenset[str]] = {}
    split_of: dict[str, str] = {}
    found = []
    for split, records in splits.items():
        for number, record in enumerate(records):
            shingles = shingle(record.text)
            if not shingles:
                continue
            key = f"{split}/{record.id}"
            sketch = _sketch(shingles)
            for other in index.query(sketch):
                if split_of[other] == split:
                    continue
                similarity = len(shingles & seen[other]) / len(shingles | seen[other])
                if similarity >= threshold:
                    found.append(Duplicate(other, key, round(similarity, 3)))
            unique = key if key not in seen else f"{key} ({number})"
            index.insert(unique, sketch)
            seen[unique], split_of[unique] = shingles, split
    return sorted(found, key=lambda pair: -pair.similarity)


def shared_articles(splits: Mapping[str, Sequence[Record]]) -> list[Duplicate]:
    """Return records of an article that an earlier split has a record of, too."""
    first: dict[str, tuple[str, str]] = {}
    found = []
    for split, records in splits.items():
        for record in records:
            other = first.setdefault(record.article, (split, record.id))
            if other[0] != split:
                left, right = f"{other[0]}/{other[1]}", f"{split}/{record.id}"
                found.append(Duplicate(left, right, 0.0))
    return found


def shingle(text: str) -> frozenset[str]:
    """Return the four-word sequences of a text, without case and punctuation."""
    words = _WORD.findall(text.casefold())
    return frozenset(
        " ".join(words[at : at + _SHINGLE]) for at in range(max(1, len(words) - _SHINGLE + 1))
    ) - {""}


def _sketch(shingles: frozenset[str]) -> MinHash:
    from datasketch import MinHash

    sketch = MinHash(num_perm=_PERMUTATIONS, seed=1)
    sketch.update_batch([item.encode() for item in sorted(shingles)])
    return sketch
