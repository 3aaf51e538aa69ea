"""Kinds of statement that deserve a figure of their own: by source, by quotation, by stance.

The kinds are read off the text by plain rules, the same for gold and predicted statements, because
no corpus annotates them. They are for reporting only; nothing is trained on them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from onrecord.quotation import QuoteMarks
from onrecord.types import Span
from onrecord_training.corpus import GoldStatement, Record
from onrecord_training.matching import OVERLAP
from onrecord_training.metrics import Predicted, Tally

SOURCE_TYPES = ("named", "pronoun", "nominal", "none")
QUOTATIONS = ("direct", "indirect", "mixed")
Kind = Callable[[GoldStatement, str], str]

_PRONOUNS = frozenset(
    """
    he she they it we i you who which this that these those his her their its our my one some
    many others both all several most few none each another him them us me
    """.split()  # noqa: SIM905 - a word list reads best as prose
)
_PLAIN_OPENERS = frozenset(
    """
    the a an some many several most officials critics experts analysts police authorities
    residents protesters sources witnesses doctors scientists researchers activists
    campaigners ministers lawmakers lawyers investigators prosecutors diplomats aides advisers
    supporters opponents opposition farmers unions workers students teachers economists
    investors observers government parliament rescuers organizers organisers local senior
    former state one two three four five six both all other another no every each
    """.split()  # noqa: SIM905 - a word list reads best as prose
)
_HEAD_ENDS = re.compile(
    r"\b(?:of|in|from|at|for|with|on|to|by|who|whose|that|which|near|against|close|inside)\b"
)
_WORD = re.compile(r"[^\W\d_][\w'’.-]*")


@dataclass(frozen=True)
class SliceRow:
    """Figures of one kind of statement.

    Args:
        name: For example `source: pronoun`.
        gold: Number of gold statements of the kind.
        found: Share of them that were matched.
        source: Given a match, share of sources that overlap.
        target: The same for targets.
        stance: The same for stances.
        tuple_f1: F1 of the full tuple: recall over gold, precision over predicted of the kind.
    """

    name: str
    gold: int
    found: float
    source: float
    target: float
    stance: float
    tuple_f1: float


def source_type(statement: GoldStatement, text: str) -> str:
    """Return `named`, `pronoun`, `nominal` or `none`.

    A source is named when the head of one of its comma-separated parts holds a capitalised word
    that is not just the opening word of a sentence ("officials in Kyiv" is nominal; "the minister,
    Ana Vrabec" is named).
    """
    if statement.source is None:
        return "none"
    start, end = statement.source
    mention = text[start:end].strip()
    if mention.casefold() in _PRONOUNS:
        return "pronoun"
    for part in mention.split(","):
        head = _HEAD_ENDS.split(part, maxsplit=1)[0]
        words = [word for word in _WORD.findall(head) if word.casefold() not in _PLAIN_OPENERS]
        if any(word[0].isupper() for word in words):
            return "named"
    return "nominal"


def quotation(statement: GoldStatement, text: str) -> str:
    """Return `direct`, `indirect` or `mixed`, by the runtime's own rule."""
    content = tuple(Span(start, end, text[start:end]) for start, end in statement.content)
    return _marks(text).quotation(content)


@lru_cache(maxsize=8)
def _marks(text: str) -> QuoteMarks:
    """Return the quote marks of a text; its statements are asked for one after the other."""
    return QuoteMarks(text)


def stance(statement: GoldStatement, _text: str) -> str:
    """Return the stance itself, so that it can be used like the other kinds."""
    return statement.stance or "none"


KINDS: dict[str, Kind] = {"source": source_type, "quotation": quotation, "stance": stance}


def slice_rows(gold: Sequence[Record], predicted: Predicted, table: Tally) -> list[SliceRow]:
    """Return the figures of every kind that occurs in gold, in a fixed order.

    Args:
        gold: The records that `table` was made from.
        predicted: The predictions that it was made from.
        table: The matched pairs.
    """
    rows = []
    for name, kind in KINDS.items():
        wanted, given = Counter[str](), Counter[str]()
        marks: Counter[tuple[str, str]] = Counter()
        for record, pairs in zip(gold, table.pairs, strict=True):
            of_gold = [kind(item, record.text) for item in record.statements]
            of_given = [kind(item, record.text) for item in predicted.get(record.id, ())]
            wanted.update(of_gold)
            given.update(of_given)
            for pair in pairs:
                key = of_gold[pair.gold_index]
                marks[key, "found"] += 1
                marks[key, "source"] += pair.source >= OVERLAP
                marks[key, "target"] += pair.target >= OVERLAP
                marks[key, "stance"] += pair.stance
                marks[key, "right"] += pair.correct
                marks[of_given[pair.predicted_index], "right given"] += pair.correct
        for key in _ordered(wanted):
            found = marks[key, "found"]
            recall = _share(marks[key, "right"], wanted[key])
            precision = _share(marks[key, "right given"], given[key])
            rows.append(
                SliceRow(
                    name=f"{name}: {key}",
                    gold=wanted[key],
                    found=_share(found, wanted[key]),
                    source=_share(marks[key, "source"], found),
                    target=_share(marks[key, "target"], found),
                    stance=_share(marks[key, "stance"], found),
                    tuple_f1=_share(2 * precision * recall, precision + recall),
                )
            )
    return rows


def _ordered(names: Iterable[str]) -> list[str]:
    order = [*SOURCE_TYPES[:3], *QUOTATIONS]
    return sorted(names, key=lambda name: (order.index(name) if name in order else 99, name))


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
