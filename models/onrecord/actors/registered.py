"""Find the user's own actors inside a longer source: as its head, or as the body behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from onrecord.actors.mentions import Referent
from onrecord.actors.phrase import Phrase, person_in, segments
from onrecord.actors.priors import from_registry
from onrecord.actors.registry import Registered
from onrecord.types import Actor, Entity

if TYPE_CHECKING:
    from onrecord.actors.reading import Reading

_LINKS = frozenset({"for", "of", "at", "from", "to", "with"})


def registered_head(reading: Reading, phrase: Phrase) -> Actor | None:
    """Return the user's actor who heads a source ("the Fund, based in Oslo"), or None.

    A person whom the text names is left to `Reading.person_actor`: another may bear the surname.
    """
    if not reading.priors.has_registry or phrase.pronoun:
        return None
    found = _ending(reading, phrase.first, phrase.core) or _apposed(reading, phrase)
    if found is None:
        return None
    if found.entity.kind == "person" and any(
        person_in(reading.document, *span) for span in segments(reading.document, phrase)
    ):
        return None
    return from_registry(found)


def registered_body(
    reading: Reading, first: int, last: int, subject: Referent | None
) -> Entity | None:
    """Return the user's actor for whom someone with a description speaks, or None.

    "The Fund's director", "a spokesman for the Fund" and "Fund officials" speak for the Fund, and
    "officials in Moscow" for what Moscow means; critics, lawyers and those who have left are
    not settled here.

    Args:
        reading: The article.
        first: First token of the description.
        last: One past its last token.
        subject: The person described; their own name is no evidence.
    """
    words = reading.words
    keys = {token.key for token in reading.document.tokens[first:last]}
    silent = words["private"] | words["group_private"] | {"former"}
    if not reading.priors.has_registry or not keys & _speakers(reading) or keys & silent:
        return None
    for start, end, found in _names(reading, first, last):
        inside = reading.document.within(start, end)
        if any(item.referent is subject for item in inside):
            continue
        if _owns(reading, end, last) or _linked(reading, first, start, keys):
            aide = found.entity.kind == "person" and found.represents
            return found.represents if aide else found.entity
    return None


def _ending(reading: Reading, first: int, last: int) -> Registered | None:
    """Return the alias at the end of a head group, after nothing but titles and plain words."""
    tokens = reading.document.tokens
    while last > first and (tokens[last - 1].key == "'s" or not tokens[last - 1].text[0].isalnum()):
        last -= 1
    for _, end, found in _names(reading, first, last):
        if end == last:
            return found
    return None


def _apposed(reading: Reading, phrase: Phrase) -> Registered | None:
    """Return the alias that is all of an apposition ("a lender, the Fund"), or None."""
    document, words = reading.document, reading.words
    if phrase.head in words["group_private"] | words["group_official"]:
        return None
    for first, last in segments(document, phrase)[1:2]:
        found = reading.priors.registered(document.surface(first, last))
        before = document.tokens[first - 2]
        named = before.capital or document.within(phrase.first, phrase.core)
        if found and (found.entity.kind == "person" or not named):
            return found if found.entity.kind != "state" else None
    return None


def _names(reading: Reading, first: int, last: int) -> Iterator[tuple[int, int, Registered]]:
    """Yield the aliases in a token range that stand as names of their own.

    A common word must be definite ("the fund"), and an alias inside a longer name ("the Baltic
    Fund") is another's.
    """
    tokens = reading.document.tokens
    keys = [token.key for token in tokens[first:last]]
    for start, end, found in reading.priors.occurrences(keys):
        start, end = start + first, end + first  # noqa: PLW2901
        definite = start > 0 and tokens[start - 1].key == "the"
        if not definite and not any(token.capital for token in tokens[start:end]):
            continue
        if _continues(reading, first, start) or _goes_on(reading, end, last):
            continue
        yield start, end, found


def _continues(reading: Reading, first: int, start: int) -> bool:
    """Whether the word before an alias belongs to the same name and is no title."""
    if start == first:
        return False
    before = reading.document.tokens[start - 1]
    words = reading.words
    title = before.key in words["title"] | words["official"] | words["portfolio"]
    return before.capital and not title and before.key not in {"the", "mr", "ms", "mrs", "dr"}


def _goes_on(reading: Reading, end: int, last: int) -> bool:
    """Whether the word after an alias belongs to the same name and is no title."""
    if end >= last:
        return False
    after = reading.document.tokens[end]
    words = reading.words
    return after.capital and after.key not in words["title"] | words["official"]


def _owns(reading: Reading, end: int, last: int) -> bool:
    """Whether a description follows an alias: "Fund officials", "the Fund's new director"."""
    if end >= last:
        return False
    key = reading.document.tokens[end].key
    return key == "'s" or key in _speakers(reading)


def _speakers(reading: Reading) -> frozenset[str]:
    """Return the nouns of those who speak for a body ("director", "officials")."""
    words = reading.words
    return words["title"] | words["official"] | words["group_official"]


def _linked(reading: Reading, first: int, start: int, keys: set[str]) -> bool:
    """Whether a preposition ties a description to an alias; "in" does so for officials."""
    tokens = reading.document.tokens
    before = start - 1 - (start - 1 > first and tokens[start - 1].key == "the")
    if before <= first:
        return False
    link = tokens[before].key
    return link in _LINKS or (link == "in" and bool(keys & reading.words["group_official"]))


def tagged_person(reading: Reading, phrase: Phrase) -> Actor | None:
    """Return the person of the metadata whom a lone surname means, or None.

    A word that the text or the gazetteer shows to be another name ("Jordan") is left to them.
    """
    document = reading.document
    lone = not phrase.determiner and phrase.core - phrase.first == 1
    if not lone or not document.tokens[phrase.first].capital:
        return None
    if document.inside(phrase.first) or document.within(phrase.first, phrase.core):
        return None
    name = document.surface(phrase.first, phrase.core)
    actor = Actor(name, "person", None, "named", None, 0.6)
    found = reading.priors.apply(actor, name)
    return found if found != actor else None


def settled(reading: Reading, actor: Actor) -> Actor:
    """Return an actor that is itself, and whose principal is, as the registry has them."""
    found = None if actor.resolved_by == "alias" else reading.priors.by_name(actor.name)
    if found and actor.resolved_by == "coreference":
        actor = replace(
            from_registry(found), resolved_by=actor.resolved_by, confidence=actor.confidence
        )
    elif found:
        actor = from_registry(found)
    if actor.represents is None:
        return actor
    return replace(actor, represents=reading.own_entity(actor.represents))
