"""The minimal pairs: short invented sentences that differ in a word and mean another stance."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from onrecord import Extractor

PAIRS = Path(__file__).parent / "minimal_pairs.jsonl"


@dataclass(frozen=True)
class Answer:
    """What comes out for one sentence.

    Args:
        text: The sentence.
        cue: Its cue, which carries the act that is asked about.
        meant: The stance that it means.
        at_cue: Stances of the statements whose cue overlaps that cue.
        elsewhere: Cues and stances of all other statements.
    """

    text: str
    cue: str
    meant: str
    at_cue: tuple[str, ...]
    elsewhere: tuple[tuple[str, str], ...]

    @property
    def right(self) -> bool:
        """Whether a statement at the cue has the stance, whatever else comes out."""
        return self.meant in self.at_cue

    @property
    def surplus(self) -> bool:
        """Whether more comes out than the one statement that is asked about."""
        return len(self.at_cue) + len(self.elsewhere) > 1


def answers(extractor: Extractor) -> Iterator[Answer]:
    """Yield the answer to every minimal pair."""
    for row in map(json.loads, PAIRS.read_text(encoding="utf-8").splitlines()):
        start, end = row["cue"]
        at_cue, elsewhere = [], []
        for item in extractor.extract_one(row["text"]).statements:
            if item.cue.start < end and start < item.cue.end:
                at_cue.append(item.stance)
            else:
                elsewhere.append((item.cue.text, item.stance))
        cue = row["text"][start:end]
        yield Answer(row["text"], cue, row["stance"], tuple(at_cue), tuple(elsewhere))
