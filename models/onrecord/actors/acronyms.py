"""Short forms of names: "the Coastal Fishing Alliance, or CFA," and initials that fit a name."""

from __future__ import annotations

from collections.abc import Sequence

from onrecord.actors.text import Token

_QUOTES = frozenset({'"', "“", "”", "'", "‘", "’"})
_FILLERS = _QUOTES | frozenset(
    "the or also better widely known as called abbreviated to by its acronym initials".split()  # noqa: SIM905
)
_LINKS = frozenset("or as called to by initials acronym".split())  # noqa: SIM905
_CLOSES = frozenset({")", ",", ";", ".", "—", "–"})
LONGEST_LINK = 7  # tokens between a name and its short form
SHORTEST = 3  # letters that tell a body by its initials alone


def is_short(token: Token) -> bool:
    """Return whether a token is written as an acronym is."""
    return len(token.text) > 1 and token.text.isupper()


def introduced(tokens: Sequence[Token], end: int) -> Token | None:
    """Return the short form that a text gives a name that ends before a token, or None.

    "Name (ABC)", `Name (the "ABC")`, "Name, or ABC," and "Name, also known as ABC," give one.
    """
    if end >= len(tokens) or tokens[end].text not in {",", "("}:
        return None
    position = end + 1
    while position < min(end + LONGEST_LINK, len(tokens)) and tokens[position].key in _FILLERS:
        position += 1
    if position + 1 >= len(tokens) or not is_short(tokens[position]):
        return None
    links = {token.key for token in tokens[end + 1 : position]}
    if tokens[end].text == "," and not links & _LINKS:  # "the Alliance, NATO": only a list
        return None
    after = position + 1
    if tokens[after].text in _QUOTES and after + 1 < len(tokens):
        after += 1
    return tokens[position] if tokens[after].text in _CLOSES else None


def spelled_out_after(tokens: Sequence[Token], first: int, last: int) -> Token | None:
    """Return the short form that a name spells out, "ABC (Name)" or "ABC, the Name", or None."""
    before = first - 1
    if before > 0 and tokens[before].key == "the":
        before -= 1
    if before < 1 or tokens[before].text not in {",", "("}:
        return None
    short = tokens[before - 1]
    return short if is_short(short) and short.key in initials(tokens[first:last]) else None


def initials(words: Sequence[Token]) -> set[str]:
    """Return the folded initials that a name may have.

    Small words ("of", "and") may be left out, and both parts of "Anti-Doping" may count.
    """
    capitals = [token.key for token in words if token.capital]
    split = [part for key in capitals for part in key.split("-")]
    every = [token.key for token in words if token.text[0].isalpha()]
    found = {"".join(key[:1] for key in keys) for keys in (capitals, split, every)}
    return {item for item in found if len(item) >= SHORTEST}
