"""Whether a name or a phrase that a client gave is the one that the text has."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from onrecord.types import Actor, Statement

_WORD = re.compile(r"\w+")
_SMALL = frozenset(
    [
        "a",
        "an",
        "and",
        "any",
        "at",
        "by",
        "for",
        "from",
        "he",
        "her",
        "his",
        "in",
        "into",
        "it",
        "its",
        "of",
        "on",
        "or",
        "our",
        "she",
        "some",
        "that",
        "the",
        "their",
        "this",
        "these",
        "those",
        "to",
        "us",
        "we",
        "with",
    ]
)
PHRASE_FLOOR = 0.5
"""Share of a phrase's words that a target must hold to count as the same target."""


def fold(text: str) -> str:
    """Return the text without case, accents and outer articles, for comparison only."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def words(text: str) -> list[str]:
    """Return the words that carry meaning, each without a plural or verbal ending."""
    return [_stem(word) for word in _WORD.findall(fold(text)) if word not in _SMALL]


def _stem(word: str) -> str:
    """Cut the commonest English endings; enough to match "sanctions" with "sanction"."""
    for ending in ("ies", "ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:  # noqa: PLR2004 - a stem
            return word.removesuffix(ending) + ("y" if ending == "ies" else "")
    return word


def same_name(asked: str, name: str) -> bool:
    """Whether one name is the other, or a part of it in whole words ("Varga", "Ilse Varga")."""
    left = [word for word in _WORD.findall(fold(asked)) if word not in _SMALL]
    right = [word for word in _WORD.findall(fold(name)) if word not in _SMALL]
    if not left or not right:
        return False
    short, long = sorted((left, right), key=len)
    starts = range(len(long) - len(short) + 1)
    return any(long[start : start + len(short)] == short for start in starts)


def is_actor(asked: str, statement: Statement) -> bool:
    """Whether the asked name or Wikidata id is an actor of the statement, or who it speaks for."""
    if any(asked in ids(actor) for actor in statement.actors):
        return True
    named = [name for actor in statement.actors for name in names(actor)]
    if statement.source:
        named.append(statement.source.text)
    return any(same_name(asked, name) for name in named)


def names(actor: Actor) -> list[str]:
    """Return the actor's name and the name of what it represents."""
    return [actor.name, *([actor.represents.name] if actor.represents else [])]


def ids(actor: Actor) -> Iterable[str]:
    """Return the Wikidata ids of the actor and of what it represents."""
    found = [actor.id, actor.represents.id if actor.represents else None]
    return [item for item in found if item]


def relevance(asked: str, statement: Statement) -> float:
    """Return the share of the asked phrase's words that the target or the content has, in [0, 1].

    Words of the target count in full, words that only the content has count half.
    """
    wanted = set(words(asked))
    if not wanted:
        return 0.0
    target = set(words(statement.target.text)) if statement.target else set()
    content = {word for part in statement.content for word in words(part.text)}
    hits = len(wanted & target) + 0.5 * len((wanted - target) & content)
    return hits / len(wanted)
