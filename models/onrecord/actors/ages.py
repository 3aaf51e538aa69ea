"""Ages that a text gives beside a name or asks for: "Ann Wu, 63," and "the 63-year-old"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from onrecord.actors.text import Token

_COMPOUND = re.compile(r"(\d{1,3})-year-old")
_ENDS = frozenset({",", ".", ")", ";", "—", "–", "!", "?"})  # an age ends there, an amount does not
_CALLINGS = ("er", "or", "ist", "ian", "ant", "ent", "man")  # ends of what people are
OLDEST = 120


def compound_age(token: Token) -> int | None:
    """Return the age in "63-year-old", or None."""
    found = _COMPOUND.fullmatch(token.key)
    return int(found[1]) if found else None


def asked_age(tokens: Sequence[Token], first: int, core: int) -> int | None:
    """Return the age that a description asks for, or None.

    Args:
        tokens: Tokens of the document.
        first: First token of the description.
        core: One past the last token of its head group.
    """
    for position in range(first, core):
        owner = position + 1 < core and tokens[position + 1].key == "'s"
        age = compound_age(tokens[position])
        if age is not None and not owner:  # "the 63-year-old's lawyer" has no known age
            return age
    return None


def stated_age(tokens: Sequence[Token], title: int, first: int, last: int) -> int | None:
    """Return the age that stands beside a person's name, or None.

    Args:
        tokens: Tokens of the document.
        title: Where the titles before the name start, `first` if it has none.
        first: First token of the name.
        last: One past its last token.
    """
    start = min(title, first)
    if start > 1 and tokens[start - 1].key.endswith(_CALLINGS):  # "63-year-old politician Ann Wu"
        start -= 1
    age = compound_age(tokens[start - 1]) if start > 0 else None
    if age is not None:
        return age
    after = list(tokens[last : last + 4])
    if len(after) < 3 or after[0].text not in {",", "("}:  # noqa: PLR2004
        return None
    if after[1].key in {"a", "an", "the"}:
        return compound_age(after[2])
    number, end = (after[2], after[-1]) if after[1].key == "aged" else (after[1], after[2])
    plain = number.text.isascii() and number.text.isdigit() and len(number.text) < 4  # noqa: PLR2004
    if not plain or end.text not in _ENDS:
        return None
    return int(number.text) if 0 < int(number.text) <= OLDEST else None
