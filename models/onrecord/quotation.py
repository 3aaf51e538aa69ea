"""Whether content is quoted, paraphrased, or both: read off the quote marks in the text."""

from __future__ import annotations

import re
from bisect import bisect_right

from onrecord.types import Quotation, Span

_WORD = re.compile(r"\w+")
_MARK = re.compile("[\n\"'‘’“„«”»]")
_OPENERS, _CLOSERS, _SINGLE = "“„«", "”»", "'‘’"
DIRECT_SHARE = 0.9  # of the words; a quote may open with an unquoted "that" or a name


class QuoteMarks:
    """Where the quotes of one text open and close, found in one pass.

    A line break ends a quote (a new paragraph opens it again by convention), so an odd mark spoils
    one paragraph at most.

    Args:
        text: The whole text.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._changes = [0]  # offsets at which quoted and unquoted alternate; unquoted first
        double = single = False
        for match in _MARK.finditer(text):
            at, mark = match.start(), match.group()
            if mark == "\n":
                double = single = False
            elif mark == '"':
                double = not double
            elif mark in _OPENERS:
                double = True
            elif mark in _CLOSERS:
                double = False
            else:
                single = self._single(at, mark, is_open=single)
            if (double or single) != self._is_open:
                self._changes.append(at)

    @property
    def _is_open(self) -> bool:
        return len(self._changes) % 2 == 0

    def _single(self, at: int, mark: str, *, is_open: bool) -> bool:
        """Return whether a single-quoted stretch is open after a mark that may be an apostrophe."""
        before, after = self._text[at - 1 : at], self._text[at + 1 : at + 2]
        if before.isalnum() and after.isalnum():
            return is_open
        return not is_open and mark != "’" and not before.isalnum() and after.isalnum()

    def quotation(self, content: tuple[Span, ...]) -> Quotation:
        """Return `direct`, `indirect` or `mixed`.

        Args:
            content: The content spans of one statement, with or without their marks.

        Returns:
            `direct` if nearly every word stands in quote marks, `indirect` if none does.
        """
        quoted = words = 0
        for span in content:
            for match in _WORD.finditer(self._text, span.start, span.end):
                words += 1
                quoted += bisect_right(self._changes, match.start()) % 2 == 0
        if quoted == 0:
            return "indirect"
        return "direct" if quoted >= DIRECT_SHARE * words else "mixed"
