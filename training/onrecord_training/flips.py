"""Which statements flipped between two checkpoints, each with its place in the text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.text import Text

from onrecord_training.corpus import GoldStatement, Offsets, Record
from onrecord_training.matching import Pair, match
from onrecord_training.metrics import Predicted, Tally

KINDS = {
    "gained": "gained",
    "lost": "lost",
    "spurious_gone": "no longer made up",
    "spurious_new": "newly made up",
}
"""What is printed for each kind of flip."""
BETTER = ("gained", "spurious_gone")
_AROUND = 90


@dataclass(frozen=True)
class Flip:
    """A statement on which the two checkpoints differ.

    Args:
        kind: `gained` or `lost`: a gold statement that only the new, or only the old checkpoint
            gets right; `spurious_gone` or `spurious_new`: a statement that is not in gold and that
            only the old, or only the new checkpoint makes.
        record: Id of the record.
        text: The record's text.
        statement: Number of the gold statement in it, None for a spurious one.
        gold: The gold statement, None for a spurious one.
        old: What the old checkpoint says there, None where it found nothing.
        new: The same for the new one.
    """

    kind: str
    record: str
    text: str
    statement: int | None
    gold: GoldStatement | None
    old: GoldStatement | None
    new: GoldStatement | None

    @property
    def place(self) -> Offsets:
        """The cue, or the first words of the content where there is no cue."""
        shown = next(item for item in (self.gold, self.old, self.new) if item)
        return (shown.spans("cue") or shown.content)[0]

    @property
    def around(self) -> tuple[str, str, str]:
        """The words before the place, its own, and those after it, on one line."""
        start, end = self.place
        first = max(0, start - _AROUND)
        parts = self.text[first:start], self.text[start:end], self.text[end : end + _AROUND]
        before, words, after = (part.replace("\n", " ") for part in parts)
        return before, words, after

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable mapping that can be read without the corpus."""
        return {
            "kind": self.kind,
            "record": self.record,
            "statement": self.statement,
            "context": "".join(self.around),
            "gold": _with_words(self.gold, self.text),
            "old": _with_words(self.old, self.text),
            "new": _with_words(self.new, self.text),
        }


def find_flips(
    gold: Sequence[Record], old: Predicted, new: Predicted, before: Tally, after: Tally
) -> Iterator[Flip]:
    """Yield every flip, record by record, those of gold statements first.

    Args:
        gold: The records.
        old: Statements of the old checkpoint, by record id.
        new: Statements of the new one.
        before: Those of the old one, matched with gold.
        after: Those of the new one, matched with gold.
    """
    for record, old_pairs, new_pairs in zip(gold, before.pairs, after.pairs, strict=True):
        was, now = _by_gold(old_pairs), _by_gold(new_pairs)
        for number, statement in enumerate(record.statements):
            left, right = was.get(number), now.get(number)
            was_right, is_right = bool(left and left.correct), bool(right and right.correct)
            if was_right != is_right:
                yield Flip(
                    kind="gained" if is_right else "lost",
                    record=record.id,
                    text=record.text,
                    statement=number,
                    gold=statement,
                    old=left.predicted if left else None,
                    new=right.predicted if right else None,
                )
        gone = _spurious(old.get(record.id, ()), old_pairs)
        made = _spurious(new.get(record.id, ()), new_pairs)
        both = match(gone, made)
        for number in sorted(set(range(len(gone))) - {pair.gold_index for pair in both}):
            yield Flip("spurious_gone", record.id, record.text, None, None, gone[number], None)
        for number in sorted(set(range(len(made))) - {pair.predicted_index for pair in both}):
            yield Flip("spurious_new", record.id, record.text, None, None, None, made[number])


def print_flips(flips: Sequence[Flip], console: Console, *, shown: int) -> None:
    """Print how many flips of each kind there are, and the first of them in their context."""
    counts = {kind: sum(flip.kind == kind for flip in flips) for kind in KINDS}
    line = "statements " + ", ".join(f"{count} {KINDS[kind]}" for kind, count in counts.items())
    console.print(line, highlight=False, soft_wrap=True)
    for flip in flips[:shown]:
        _print_flip(flip, console)
    if len(flips) > shown:
        more = f"... and {len(flips) - shown} more: `compare --shown N`, or the JSON file"
        console.print(more, highlight=False, soft_wrap=True)


def _print_flip(flip: Flip, console: Console) -> None:
    before, words, after = flip.around
    style = "green" if flip.kind in BETTER else "red"
    line = Text(f"{KINDS[flip.kind]} {flip.record}: ", style=style)
    line.append(before, style="default")
    line.append(words, style="default bold underline")
    line.append(after, style="default")
    console.print(line)
    for name in ("gold", "old", "new"):
        said = _line_of(getattr(flip, name), flip.text)
        console.print(f"  {name:5}{said}", markup=False, highlight=False)


def _line_of(statement: GoldStatement | None, text: str) -> str:
    """Return source, stance and target of a statement in words."""
    if statement is None:
        return "nothing found"
    source, target = (
        text[slice(*span)] if span else "(none)" for span in (statement.source, statement.target)
    )
    return f"{source} | {statement.stance} | {target}"


def _with_words(statement: GoldStatement | None, text: str) -> dict[str, Any] | None:
    """Return a statement with the words of its spans under `words`."""
    if statement is None:
        return None
    roles = ("source", "cue", "content", "target")
    words = {role: [text[slice(*span)] for span in statement.spans(role)] for role in roles}
    return {**statement.to_dict(), "words": words}


def _by_gold(pairs: Sequence[Pair]) -> dict[int, Pair]:
    return {pair.gold_index: pair for pair in pairs}


def _spurious(given: Sequence[GoldStatement], pairs: Sequence[Pair]) -> list[GoldStatement]:
    """Return the statements that were matched with no gold one."""
    matched = {pair.predicted_index for pair in pairs}
    return [item for number, item in enumerate(given) if number not in matched]
