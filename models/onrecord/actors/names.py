"""Sources that name someone: a person, an organisation, a state."""

from __future__ import annotations

from dataclasses import replace

from onrecord.actors.affiliation import entity_of
from onrecord.actors.antecedent import candidates, choose
from onrecord.actors.mentions import Mention
from onrecord.actors.phrase import Phrase, person_in, segments
from onrecord.actors.reading import Reading
from onrecord.actors.text import fold
from onrecord.types import Actor, Entity

_PLAIN = frozenset({"news", "press", "daily", "rebel", "militant", "rights", "group's"})


OWNERS = {"its": "it", "their": "they", "his": "m", "her": "f"}
_AIDES = frozenset("spokesman spokeswoman spokesperson aide adviser advisor deputy".split())  # noqa: SIM905


def person(reading: Reading, phrase: Phrase) -> tuple[Actor, ...]:
    """Resolve a source that names a person."""
    for number, (first, last) in enumerate(segments(reading.document, phrase)):
        mention = person_in(reading.document, first, last)
        if mention and _no_person(reading, phrase, mention):
            return ()
        if mention and not (number and _private_relation(reading, phrase)):
            owner = _owner(reading, phrase)
            actor = reading.person_actor(mention, phrase)
            if owner:
                mention.referent.represents = (owner,)
                mention.referent.principal = (owner, owner)
                actor = replace(actor, represents=owner)
            return reading.remember(phrase, actor, referent=mention.referent)
    return ()


def _no_person(reading: Reading, phrase: Phrase, mention: Mention) -> bool:
    """Whether "the" before a name shows it to be a body ("the Lowford Inquirer"), and note it."""
    referent = mention.referent
    plain = not (referent.sure or referent.roles or referent.titles or referent.gender)
    alone = mention.first == phrase.first + 1 and mention.last == phrase.core
    if not (plain and alone and phrase.determiner == "the"):
        return False
    if reading.gazetteer.holders.get(fold(referent.name)):
        return False
    referent.kind = "organisation"
    referent.principal = referent.represents = None
    return True


def _owner(reading: Reading, phrase: Phrase) -> Entity | None:
    """Return the body behind "its" in "its spokeswoman, Priya Venn", or her chief's."""
    wanted = OWNERS.get(phrase.determiner)
    if wanted is None:
        return None
    keys = {token.key for token in reading.document.tokens[phrase.first : phrase.last]}
    if wanted in {"m", "f"} and not keys & _AIDES:
        return None
    options = candidates(reading.document, reading.pasts, phrase.first)
    best = choose(options, reading.document.sentence(phrase.first), phrase.first, wanted)
    if best is None:
        return None
    actors = reading.candidate_actors(best[0])
    return actors[0].represents if actors else None


def _private_relation(reading: Reading, phrase: Phrase) -> bool:
    """Whether names after a comma only qualify a plural ("ministers, including Ms Vey")."""
    return any(
        token.key in {"including", "like", "among"}
        for token in reading.document.tokens[phrase.first : phrase.last]
    )


def organisation(reading: Reading, phrase: Phrase) -> tuple[Actor, ...]:
    """Resolve a source whose head is a named organisation or state."""
    mentions = reading.document.within(phrase.first, phrase.last)
    core = [item for item in mentions if item.last <= phrase.core]
    head = head_mention(reading, phrase, core)
    if head:
        return reading.remember(phrase, reading.named_actor(head), referent=head.referent)
    apposed = _apposed(reading, phrase)
    if apposed:
        return apposed
    if phrase.head in {"government", "regime", "administration", "authorities"}:
        for item in mentions:
            if item.referent.kind != "state" or phrase.head == "authorities":
                continue
            if phrase.head == "administration" and len(core) > 1:
                continue
            entity = entity_of(item.referent)
            actor = Actor(entity.name, entity.kind, entity.id, "title", entity, 0.9)
            return reading.remember(phrase, actor, referent=item.referent)
    return ()


def _apposed(reading: Reading, phrase: Phrase) -> tuple[Actor, ...]:
    """Resolve "the country's largest daily, Kompas" to the name after the comma."""
    if phrase.head in reading.words["group_private"] | reading.words["group_official"]:
        return ()
    for first, last in segments(reading.document, phrase)[1:2]:
        start = first + (reading.document.tokens[first].key == "the")
        for mention in reading.document.within(start, last):
            if mention.first != start or mention.last != last or mention.role == "adjective":
                continue
            if mention.referent.kind in {"state", "region"}:
                continue
            if mention.referent.kind == "person":
                represents = Entity(mention.referent.name, "organisation")
                actor = Actor(represents.name, "organisation", None, "named", represents, 0.6)
            else:
                actor = reading.named_actor(mention)
            return reading.remember(phrase, actor, referent=mention.referent)
        if _unlisted_name(reading, phrase, start, last):
            name = reading.document.surface(first, last)
            whole = Entity(name, "organisation")
            return reading.remember(
                phrase, Actor(name, "organisation", None, "named", whole, 0.6), nouns={phrase.head}
            )
    return ()


def _unlisted_name(reading: Reading, phrase: Phrase, first: int, last: int) -> bool:
    """Whether a segment after "a newspaper," is a name that nothing else tells of."""
    tokens = reading.document.tokens
    return (
        phrase.head in reading.words["nominal_organisation"]
        and first < last
        and not reading.document.within(first, last)
        and all(
            token.capital and token.key not in reading.words["title"]
            for token in tokens[first:last]
        )
    )


def head_mention(reading: Reading, phrase: Phrase, core: list[Mention]) -> Mention | None:
    """Return the mention that ends the head group, or that only a plain noun follows."""
    tokens = reading.document.tokens
    nouns = reading.words["nominal_organisation"]
    for mention in reversed(core):
        if mention.referent.kind == "person":
            continue
        if (
            mention.role == "adjective"
            and mention.last - mention.first < phrase.core - phrase.first
        ):
            continue
        end = mention.last
        while end < phrase.core and (not tokens[end].text[0].isalnum() or tokens[end].key == "'s"):
            end += 1
        if end == phrase.core:
            return mention
        rest = [token.key for token in tokens[end : phrase.core]]
        if mention.referent.kind in {"organisation", "media"} and all(
            key in nouns & mention.referent.nouns or key in _PLAIN for key in rest
        ):
            return mention
    return None
