"""Whether a name or a phrase that a client gave is the one that the text has."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from onrecord.types import Actor, Entity, Statement

if TYPE_CHECKING:  # the resolver is for workers; names are looked up when they are asked for
    from onrecord.actors import ActorRegistry

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
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe"})
"""Letters that carry a stroke or are two, and do not decompose."""
_ARTICLE = re.compile(r"^the\s+", re.IGNORECASE)
_WIKIDATA = re.compile(r"[Qq][1-9]\d*")
PHRASE_FLOOR = 0.5
"""Share of a phrase's words that a target must hold to count as the same target."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A name that a client gave, and what it may mean.

    Args:
        name: As given.
        ids: Wikidata ids of what it may mean.
        names: Keys of canonical names of what it may mean, and of the name itself.
        known: Whether the registry or the gazetteer has it.
    """

    name: str
    ids: frozenset[str]
    names: frozenset[str]
    known: bool


class KnownNames:
    """Look up what a name may mean: "Kremlin" is Russia, "UK" the United Kingdom.

    Args:
        registry: The service's own actors, which win over the gazetteer.
    """

    def __init__(self, registry: ActorRegistry | None = None) -> None:
        self._registry = registry

    def look_up(self, name: str) -> Asked:
        """Return what a name may mean; the first call reads the gazetteer, and blocks."""
        bare = _ARTICLE.sub("", name.strip())
        found = list(self._meanings(name, bare))
        ids = {item.id for item in found if item.id}
        if _WIKIDATA.fullmatch(bare):
            ids.add(bare.upper())
        names = {_key(item.name) for item in found} | {_key(name)}
        return Asked(name, frozenset(ids), frozenset(names), bool(ids) or bool(found))

    def _meanings(self, given: str, bare: str) -> Iterator[Entity]:
        from onrecord.actors.gazetteer import load_gazetteer
        from onrecord.actors.registry import alias_key

        if self._registry:
            registered = self._registry.find(given) or self._registry.find(bare)
            if registered:
                yield registered.entity
                return
        gazetteer = load_gazetteer()
        key = alias_key(bare)
        for alias in gazetteer.aliases.get(key, ()):
            yield alias.entry.entity
        for holder in gazetteer.holders.get(key, ()):
            yield Entity(holder.name, "person", holder.id)


def fold(text: str) -> str:
    """Return the text without case and accents, for comparison only."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN))
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


def is_actor(asked: Asked, statement: Statement) -> bool:
    """Whether what was asked for is an actor of the statement, or whom one speaks for.

    A name that is known matches what it means: "Sudan" is not a part of "South Sudan". A name that
    nobody knows, and the name of a person or of somebody unresolved, matches by whole words.
    """
    for entity in entities(statement.actors):
        if entity.id in asked.ids or _key(entity.name) in asked.names:
            return True
    loose = [
        actor.name
        for actor in statement.actors
        if not asked.known or actor.kind == "person" or actor.resolved_by == "unresolved"
    ]
    if not asked.known:
        loose += [actor.represents.name for actor in statement.actors if actor.represents]
        loose += [statement.source.text] if statement.source else []
    return any(same_name(asked.name, name) for name in loose)


def entities(actors: Sequence[Actor]) -> Iterator[Entity]:
    """Yield the actors and what each represents."""
    for actor in actors:
        yield Entity(actor.name, actor.kind, actor.id)
        if actor.represents:
            yield actor.represents


def _key(name: str) -> str:
    """Return the words of a name, by which spellings of it meet."""
    plain = fold(name).replace(".", "")
    return " ".join(word for word in _WORD.findall(plain) if word not in _SMALL)


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
