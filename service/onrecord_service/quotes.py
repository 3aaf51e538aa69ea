"""Find a quote in a text: verbatim, altered, or absent.

Compared word by word. Quote marks, dashes and white space may differ in form, the first letter in
case, and a closing comma or stop may be missing: that is house style, not alteration.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from onrecord.types import Span

Verdict = Literal["verbatim", "altered", "absent"]

_TOKEN = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")
_SAME = str.maketrans({"’": "'", "‘": "'", "–": "-", "—": "-", "…": "."})
_MARKS = frozenset("\"'“”‘’„‚«»‹›")
_END = frozenset(".,;:!?…")
_FLOOR = 0.6
"""Similarity of word sequences from which a passage counts as the quote, altered."""
MOST_WORDS = 400
"""Longest quote: comparing word sequences takes time by the square of its length."""
_WINDOWS = 5
"""Passages with most words in common that are compared in full."""


@dataclass(frozen=True, slots=True)
class Change:
    """One step of a diff from the quote to the text.

    Args:
        op: `equal`, `replaced`, `added` (only in the quote) or `left_out` (only in the text).
        quote: Words of the quote.
        text: Words of the text.
    """

    op: Literal["equal", "replaced", "added", "left_out"]
    quote: str
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """Where a quote stands; `span` is None and `diff` empty when it is absent."""

    verdict: Verdict
    span: Span | None
    diff: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class _Word:
    key: str
    start: int
    end: int


def find(text: str, quote: str, *, joined: Sequence[Sequence[Span]] = ()) -> Found:
    """Find the quote in the text.

    Args:
        text: The article.
        quote: What is said to be in it.
        joined: Content of each statement; a quote that an attribution breaks in two is verbatim
            when its parts follow one another in one of them.

    Returns:
        The best passage. Offsets are code points.
    """
    wanted = _inner(_words(quote))
    have = _words(text)
    if not wanted:
        return Found("absent", None, ())
    at = _exact(have, wanted)
    if at is not None:
        return Found("verbatim", _span(text, have[at : at + len(wanted)]), ())
    for parts in joined:
        if len(parts) > 1:
            pieces = [word for part in parts for word in _inner(_words(part.text, part.start))]
            spoken = [word for word in pieces if word.key not in _END]
            said = [word for word in wanted if word.key not in _END]
            at = _exact(spoken, said)
            if at is not None:
                return Found("verbatim", _span(text, spoken[at : at + len(said)]), ())
    return _nearest(text, quote, have, wanted)


def _words(text: str, shift: int = 0) -> list[_Word]:
    """Return the words and marks of a text; quote marks are left out."""
    return [
        _Word(match[0].translate(_SAME), match.start() + shift, match.end() + shift)
        for match in _TOKEN.finditer(text)
        if match[0] not in _MARKS
    ]


def _inner(found: list[_Word]) -> list[_Word]:
    """Return the words without closing punctuation, which follows the sentence around a quote."""
    end = len(found)
    while end and found[end - 1].key in _END:
        end -= 1
    return found[:end]


def count_words(quote: str) -> int:
    """Return how many words and marks of a quote are compared."""
    return len(_inner(_words(quote)))


def _exact(have: Sequence[_Word], wanted: Sequence[_Word]) -> int | None:
    """Return where the wanted words follow one another, or None."""
    if not wanted:
        return None
    text = "\n".join(["", *(word.key for word in have), ""])  # no word holds a line break
    first = wanted[0].key
    rest = [word.key for word in wanted[1:]]
    starts = {first, first[:1].swapcase() + first[1:]}
    places = [text.find("\n".join(["", start, *rest, ""])) for start in starts]
    found = [place for place in places if place >= 0]
    return text.count("\n", 0, min(found)) if found else None


def _nearest(text: str, quote: str, have: Sequence[_Word], wanted: Sequence[_Word]) -> Found:
    """Return the most similar passage, or absent."""
    keys = [word.key.casefold() for word in have]
    target = [word.key.casefold() for word in wanted]
    best: tuple[float, int, int] | None = None
    for start in _candidates(keys, target):
        low = max(0, start - len(target) // 2)
        window = keys[low : start + len(target) + len(target) // 2 + 1]
        # From 200 words on, a frequent word is matched beside a rarer one only (autojunk): a text
        # of one word over and over would else take minutes.
        matcher = SequenceMatcher(None, target, window)
        blocks = [block for block in matcher.get_matching_blocks() if block.size]
        if not blocks:
            continue
        begin = max(0, blocks[0].b - blocks[0].a)
        end = min(len(window), blocks[-1].b + len(target) - blocks[-1].a)
        common = sum(block.size for block in blocks)
        ratio = 2 * common / (len(target) + end - begin)
        if best is None or ratio > best[0]:
            best = (ratio, low + begin, low + end)
    if best is None or best[0] < _FLOOR:
        return Found("absent", None, ())
    passage = have[best[1] : best[2]]
    return Found("altered", _span(text, passage), _diff(text, quote, passage, wanted))


def _candidates(keys: Sequence[str], target: Sequence[str]) -> list[int]:
    """Return the places whose next words have most in common with the target, best first."""
    size = len(target)
    need = Counter(target)
    have: Counter[str] = Counter()
    common = 0
    scored: list[tuple[int, int]] = []
    for place, key in enumerate(keys):
        have[key] += 1
        common += have[key] <= need[key]
        if place >= size:
            old = keys[place - size]
            common -= have[old] <= need[old]
            have[old] -= 1
        scored.append((common, max(0, place - size + 1)))
    scored.sort(key=lambda item: (-item[0], item[1]))
    chosen: list[int] = []
    for _, start in scored:
        if all(abs(start - other) > size // 2 for other in chosen):
            chosen.append(start)
        if len(chosen) == _WINDOWS:
            break
    return chosen


def _diff(
    text: str, quote: str, passage: Sequence[_Word], wanted: Sequence[_Word]
) -> tuple[Change, ...]:
    """Return the steps from the quote to the passage, with the words as they stand in each."""
    matcher = SequenceMatcher(None, [word.key for word in wanted], [word.key for word in passage])
    names = {"equal": "equal", "replace": "replaced", "delete": "added", "insert": "left_out"}

    def cut(source: str, part: Sequence[_Word]) -> str:
        return source[part[0].start : part[-1].end] if part else ""

    return tuple(
        Change(names[op], cut(quote, wanted[a:b]), cut(text, passage[c:d]))  # type: ignore[arg-type]  # the table above
        for op, a, b, c, d in matcher.get_opcodes()
    )


def _span(text: str, found: Sequence[_Word]) -> Span:
    start, end = found[0].start, found[-1].end
    return Span(start, end, text[start:end])
