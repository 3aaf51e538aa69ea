"""Whether content is quoted, paraphrased, or both: read off the quote marks in the text."""

from __future__ import annotations

import re

from onrecord.types import Quotation, Span

_QUOTED = re.compile(r"[\"“”„«»][^\"“”„«»]*[\"“”„«»]?|[‘'](?=\w)[^’'‘]*(?:[’'](?=\w)[^’'‘]*)*[’'](?!\w)")
_MARKS = "\"“”„«»‘’'"


def quotation_of(text: str, content: tuple[Span, ...]) -> Quotation:
    """Return `direct`, `indirect` or `mixed`.

    Args:
        text: The article's text, for quote marks just outside a span.
        content: The content spans of one statement.

    Returns:
        `direct` if nearly every word of the content stands in quote marks, `indirect` if none does.
    """
    quoted = words = 0
    for span in content:
        stretch = span.text
        opens = text[span.start - 1 : span.start] in tuple(_MARKS)
        closes = text[span.end : span.end + 1] in tuple(_MARKS)
        total = len(re.findall(r"\w+", stretch))
        words += total
        if opens and closes:
            quoted += total
        else:
            quoted += sum(
                len(re.findall(r"\w+", match.group())) for match in _QUOTED.finditer(stretch)
            )
    if quoted == 0:
        return "indirect"
    return "direct" if quoted >= 0.9 * words else "mixed"
