"""Whether content is quoted, paraphrased, or both: read off the quote marks in the text."""

from __future__ import annotations

import re

from onrecord.types import Quotation, Span

_WORD = re.compile(r"\w+")
_OPENERS, _CLOSERS = "“„«", "”»"
DIRECT_SHARE = 0.9  # of the words; a quote may open with an unquoted "that" or a name


def quotation_of(text: str, content: tuple[Span, ...]) -> Quotation:
    """Return `direct`, `indirect` or `mixed`.

    Args:
        text: The article's text; quote marks are followed from the start of each paragraph, so that
            it does not matter whether a span takes in its marks.
        content: The content spans of one statement.

    Returns:
        `direct` if nearly every word of the content stands in quote marks, `indirect` if none does.
    """
    quoted = words = 0
    for span in content:
        start = text.rfind("\n", 0, span.start) + 1
        inside = _inside_quotes(text[start : span.end])
        for match in _WORD.finditer(text, span.start, span.end):
            words += 1
            quoted += inside[match.start() - start]
    if quoted == 0:
        return "indirect"
    return "direct" if quoted >= DIRECT_SHARE * words else "mixed"


def _inside_quotes(text: str) -> list[bool]:
    """Return for each character whether it is quoted; a line break ends a quote."""
    out, double, single = [], False, False
    for i, character in enumerate(text):
        before, after = text[i - 1 : i], text[i + 1 : i + 2]
        if character == "\n":
            double = single = False
        elif character == '"':
            double = not double
        elif character in _OPENERS:
            double = True
        elif character in _CLOSERS:
            double = False
        elif character in "'‘’" and not (before.isalnum() and after.isalnum()):
            opens = character != "’" and not before.isalnum() and (after.isalnum() or not after)
            single = opens and not single
        out.append(double or single)
    return out
