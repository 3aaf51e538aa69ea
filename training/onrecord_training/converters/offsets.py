"""Verify a tool's offsets against the text, and repair them in a stated order.

As given; as UTF-16 code units; the nearest unique match of the span's words; else the record is
rejected. A span without words is read in the unit that its document's other spans prove, or, where
nothing is proved, in the unit whose spans end at word boundaries. Blank edges are cut off.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from onrecord.errors import CorpusError
from onrecord_training.converters.draft import Mention
from onrecord_training.corpus import Offsets

AS_GIVEN, AS_UTF16, BY_WORDS, TRIMMED = "as given", "as utf16", "nearest match", "blank edges cut"
_SPACE = r"(?:\s|\\n)"  # Label Studio writes a line break of the words as a backslash and an n
_BLANK = re.compile(rf"{_SPACE}+")


def repair(text: str, mentions: Sequence[Mention]) -> list[tuple[Offsets, tuple[str, ...]]]:
    """Return for each mention its offsets in code points, and how they were found.

    Raises:
        CorpusError: If a mention fits nowhere or in several places; says which and what is legal.
    """
    points = utf16_points(text)
    wide = points is not None and _is_utf16(text, mentions, points)
    out: list[tuple[Offsets, tuple[str, ...]]] = []
    for mention in mentions:
        span, how = _place(text, mention, points, wide=wide)
        cut = _trim(text, span)
        if cut[0] >= cut[1]:
            message = f"{_name(mention)} covers only white space; remove or extend it"
            raise CorpusError(message)
        out.append((cut, (how,) if cut == span else (how, TRIMMED)))
    return out


def _place(
    text: str, mention: Mention, points: dict[int, int] | None, *, wide: bool
) -> tuple[Offsets, str]:
    given: Offsets | None = (mention.start, mention.end)
    as_utf16 = _converted(mention, points)
    order = [(given, AS_GIVEN), (as_utf16, AS_UTF16)]
    if mention.text is None and wide:
        order.reverse()
    for span, how in order:
        if span and _fits(text, span, mention.text):
            return span, how
    if mention.text and mention.text.strip():
        return _nearest(text, mention), BY_WORDS
    message = (
        f"{_name(mention)} does not slice the text of {len(text)} characters, "
        "neither in code points nor in UTF-16, and the file does not say its words; "
        "export again with the span texts"
    )
    raise CorpusError(message)


def _nearest(text: str, mention: Mention) -> Offsets:
    """Return the occurrence of the mention's words that is nearest to where it should be.

    One that cuts no word comes before any that does ("he" is no part of "other").
    """
    words = _plain(mention.text or "").split()
    pattern = re.compile(rf"{_SPACE}+".join(re.escape(word) for word in words))
    spans = [match.span() for match in pattern.finditer(text)]
    whole = [span for span in spans if _whole_words(text, span)]
    found = sorted((abs(start - mention.start), start, end) for start, end in whole or spans)
    if not found:
        message = f"{_name(mention)} does not occur in the text; correct its words or its offsets"
        raise CorpusError(message)
    if len(found) > 1 and found[0][0] == found[1][0]:
        message = (
            f"{_name(mention)} occurs at {found[0][1]} and at {found[1][1]}, equally near; "
            "correct its offsets by hand"
        )
        raise CorpusError(message)
    return found[0][1], found[0][2]


def _is_utf16(text: str, mentions: Sequence[Mention], points: dict[int, int]) -> bool:
    """Say whether spans without words are to be read as UTF-16 in this document."""
    votes = 0
    for mention in mentions:
        given: Offsets = (mention.start, mention.end)
        wide = _converted(mention, points)
        if wide == given or mention.text is None:
            continue
        fits_given = _fits(text, given, mention.text)
        fits_wide = wide is not None and _fits(text, wide, mention.text)
        votes += fits_wide - fits_given
    if votes:
        return votes > 0
    bare = [mention for mention in mentions if mention.text is None]
    as_given = [_whole_words(text, (mention.start, mention.end)) for mention in bare]
    as_wide = [_whole_words(text, _converted(mention, points)) for mention in bare]
    return sum(as_wide) > sum(as_given)


def _whole_words(text: str, span: Offsets | None) -> bool:
    if span is None or not _fits(text, span, None):
        return False

    def cut(at: int) -> bool:
        return 0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum()

    inside = text[span[0] : span[1]]
    return not cut(span[0]) and not cut(span[1]) and inside == inside.strip()


def _fits(text: str, span: Offsets, words: str | None) -> bool:
    if not 0 <= span[0] < span[1] <= len(text):
        return False
    found = text[span[0] : span[1]]
    return words is None or found == words or _plain(found) == _plain(words)


def _converted(mention: Mention, points: dict[int, int] | None) -> Offsets | None:
    """Return the mention's offsets read as UTF-16, or None where they cut a character."""
    if points is None:
        return None
    start, end = points.get(mention.start), points.get(mention.end)
    return None if start is None or end is None else (start, end)


def utf16_points(text: str) -> dict[int, int] | None:
    """Return code-point offsets by UTF-16 offset, or None where the two are the same."""
    if not text or max(text) <= "\uffff":
        return None
    points = {}
    at = 0
    for index, character in enumerate(text):
        points[at] = index
        at += 2 if character > "\uffff" else 1
    points[at] = len(text)
    return points


def _trim(text: str, span: Offsets) -> Offsets:
    found = text[span[0] : span[1]]
    start = span[0] + len(found) - len(found.lstrip())
    return start, max(start, span[1] - (len(found) - len(found.rstrip())))


def _plain(words: str) -> str:
    return _BLANK.sub(" ", words).strip()


def _name(mention: Mention) -> str:
    label = "/".join(mention.labels) or "span"
    words = f" {mention.text!r}" if mention.text else ""
    return f"{label} [{mention.start}, {mention.end}]{words}"
