"""Sources that name someone: a person, an organisation, a state, or several of them."""

from __future__ import annotations

from dataclasses import replace

from onrecord.actors.affiliation import entity_of
from onrecord.actors.antecedent import candidates, choose
from onrecord.actors.mentions import Mention
from onrecord.actors.nouns import nominal
from onrecord.actors.offices_held import by_office
from onrecord.actors.phrase import Phrase, parse, person_in, segments
from onrecord.actors.pronouns import third_person
from onrecord.actors.reading import Reading
from onrecord.actors.registered import registered_head
from onrecord.actors.text import fold
from onrecord.types import Actor, Entity

_PLAIN = frozenset({"news", "press", "daily", "rebel", "militant", "rights", "group's"})


_OWNERS = {"its": "it", "their": "they", "his": "m", "her": "f"}
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
    wanted = _OWNERS.get(phrase.determiner)
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


def joint(reading: Reading, phrase: Phrase) -> tuple[Actor, ...]:
    """Resolve "the United States and Japan", "President Biden and Chancellor Scholz"."""
    actors: list[Actor] = []
    ranges = parts(reading, phrase)
    if len(ranges) < 2:  # noqa: PLR2004
        return ()
    named = 0
    for first, last in ranges:
        part = parse(reading.document, first, last)
        actor = _party(reading, part)
        named += actor is not None
        if actor is None:
            actor = _group(reading, part)
        if actor is None:
            return ()
        if any(other.name == actor.name for other in actors):
            return ()  # "Boris Vale, member for Leeds and editor of the Echo" is one person
        actors.append(actor)
    if not named or (named < len(actors) and _adjectives(reading, ranges)):
        return ()
    return reading.remember(phrase, *actors, plural=True)


def _adjectives(reading: Reading, ranges: list[tuple[int, int]]) -> bool:
    """Whether a party is only an adjective ("Russian and Chechen officials" are one group)."""
    return any(
        item.role == "adjective" and item.last == last
        for first, last in ranges
        for item in reading.document.within(first, last)
    )


def _group(reading: Reading, part: Phrase) -> Actor | None:
    """Return the unnamed group that is one party ("Hezbollah and Syrian militants"), or None."""
    words = reading.words
    groups = words["group_private"] | words["group_official"] | words["nominal_state"]
    if part.head not in groups or part.determiner in {"a", "an"}:
        return None
    size = len(reading.pasts)
    found = nominal(reading, part)
    del reading.pasts[size:]
    return found[0] if len(found) == 1 else None


def _party(reading: Reading, part: Phrase) -> Actor | None:
    """Return the actor of one party of a joint source, or None."""
    own = registered_head(reading, part)
    if own:
        return own
    mention = person_in(reading.document, part.first, part.last)
    if mention:
        return reading.person_actor(mention, part)
    if part.pronoun in {"he", "she", "it"}:
        actors = third_person(reading, part)
        reading.pasts.pop()
        return actors[0]
    for attempt in (organisation, by_office):
        found = attempt(reading, part)
        if found:
            reading.pasts.pop()
            return found[0]
    return None


def _within_office(reading: Reading, phrase: Phrase, position: int) -> bool:
    """Whether an "and" stands inside one office ("Director for Eastern and Southern Africa")."""
    tokens = reading.document.tokens
    start = position
    while start > phrase.first and tokens[start - 1].text not in {",", ";"}:
        start -= 1
    before = reading.document.within(start, position)
    if any(item.referent.kind == "person" and item.referent.sure for item in before):
        return False
    linked = [
        index
        for index in range(start + 1, position)
        if tokens[index].key in {"of", "for", "to"}
        and tokens[index - 1].key in reading.words["title"]
    ]
    after = position + 1
    people = [
        item
        for item in reading.document.within(after, phrase.last)
        if item.referent.kind == "person"
    ]
    person = people[0] if people else None
    if person is None:
        return False
    if linked and any(token.text == "," for token in tokens[after : person.first]):
        return True
    # "Road Transport and Bridges Minister Obaidul Rahman"
    field = tokens[position - 1].capital and tokens[after].capital
    return (
        field
        and after <= person.first - 1 <= after + 3
        and tokens[person.first - 1].key in {"minister", "secretary", "director", "commissioner"}
        and not any(token.key in reading.words["title"] for token in tokens[start:position])
    )


def parts(reading: Reading, phrase: Phrase) -> list[tuple[int, int]]:
    """Return the token ranges of the parties of a joint source; none if it is not joint."""
    tokens = reading.document.tokens
    joins = [
        position
        for position in range(phrase.first + 1, phrase.last - 1)
        if tokens[position].key == "and"
        and tokens[position].text.islower()
        and position not in reading.document.covered
        and not reading.document.inside(position)
        and not _within_office(reading, phrase, position)
    ]
    if not joins:
        return []
    ranges: list[tuple[int, int]] = []
    start = phrase.first
    for position in range(phrase.first, joins[-1] + 1):
        if position == joins[-1] or (
            tokens[position].text == "," and not reading.document.inside(position)
        ):
            if position > start:
                ranges.append((start, position))
            start = position + 1
    ranges.append((joins[-1] + 1, phrase.last))
    return ranges
