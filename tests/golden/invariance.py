"""Changes of a text that change nothing in it, and how many statements stay the same under them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from onrecord import Extractor, Span, Statement

OPENING = "The ferry to Sund Ambel left at noon on Friday with 212 passengers on board.\n\n"
Change = Callable[[str], tuple[str, Callable[[int], int]]]


def _curly(text: str) -> tuple[str, Callable[[int], int]]:
    opened = False
    out = []
    for character in text:
        if character == '"':
            opened = not opened
            out.append("“" if opened else "”")
        else:
            out.append("’" if character == "'" else character)
    return "".join(out), lambda at: at


def _straight(text: str) -> tuple[str, Callable[[int], int]]:
    return text.translate(str.maketrans("“”‘’", "\"\"''")), lambda at: at


def _double_spaces(text: str) -> tuple[str, Callable[[int], int]]:
    at = [match.end() for match in re.finditer(r"[.!?]['\"”’]? (?=\S)", text)]
    changed = re.sub(r"([.!?]['\"”’]?) (?=\S)", r"\1  ", text)
    return changed, lambda offset: offset + sum(offset >= position for position in at)


def _sentence_before(text: str) -> tuple[str, Callable[[int], int]]:
    sentence = OPENING.strip() + " "
    return sentence + text, lambda at: at + len(sentence)


CHANGES: dict[str, Change] = {
    "a trailing full stop taken away": lambda text: (text.removesuffix("."), lambda at: at),
    "a line break at the end": lambda text: (text + "\n", lambda at: at),
    "two spaces between sentences": _double_spaces,
    "curly quotes": _curly,
    "straight quotes": _straight,
    "a paragraph before": lambda text: (OPENING + text, lambda at: at + len(OPENING)),
    "a sentence before, in its paragraph": _sentence_before,
    "a paragraph after": lambda text: (text + "\n\n" + OPENING.strip(), lambda at: at),
}


def same(a: Statement, b: Statement, place: Callable[[int], int]) -> bool:
    """Return whether `b` is `a` in the changed text: cue, roles by half their union, and stance."""

    def agree(x: Span | None, y: Span | None) -> bool:
        if x is None or y is None:
            return x is y
        start, end = place(x.start), place(x.end)
        shared = min(end, y.end) - max(start, y.start)
        return 2 * shared >= max(end, y.end) - min(start, y.start)

    return (
        a.stance == b.stance
        and agree(a.cue, b.cue)
        and agree(a.source, b.source)
        and agree(a.target, b.target)
    )


def stability(extractor: Extractor, texts: Iterable[str]) -> dict[str, float]:
    """Return for each change the share of statements that come out the same."""
    kept = dict.fromkeys(CHANGES, 0)
    total = 0
    for text in texts:
        before = extractor.extract_one(text).statements
        total += len(before)
        for name, change in CHANGES.items():
            changed, place = change(text)
            after = before if changed == text else extractor.extract_one(changed).statements
            kept[name] += sum(any(same(a, b, place) for b in after) for a in before)
    return {name: count / max(1, total) for name, count in kept.items()}
