from __future__ import annotations

import pytest

from onrecord import Span
from onrecord.quotation import QuoteMarks


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[“We will not sign,”] she said.", "direct"),
        ('["We will not sign,"] she said.', "direct"),
        ('"[We will not sign]," she said.', "direct"),
        ("She said [it would not be signed].", "indirect"),
        ("She called [the plan “a mistake” and a waste].", "mixed"),
        ("She said [the council's plan wouldn't hold].", "indirect"),
        ("[“We will,”] she said, [“not sign.”]", "direct"),
        ("“It is late,” he said, [and the “plan] goes on", "mixed"),
    ],
)
def test_quotation_is_read_off_the_marks(text: str, expected: str) -> None:
    plain, spans, opened = "", [], 0
    for character in text:
        if character == "[":
            opened = len(plain)
        elif character == "]":
            spans.append(Span(opened, len(plain), plain[opened:]))
        else:
            plain += character
    assert QuoteMarks(plain).quotation(tuple(spans)) == expected


def test_no_content_is_indirect() -> None:
    assert QuoteMarks("He agreed.").quotation(()) == "indirect"
