"""Sources of several parties: "the United States and Japan", "the minister and her deputy"."""

from __future__ import annotations

from dataclasses import replace

from onrecord.actors.conjunctions import OPENERS, link, shared_government, shared_office
from onrecord.actors.mentions import Mention
from onrecord.actors.names import OWNERS, organisation
from onrecord.actors.nouns import nominal
from onrecord.actors.offices_held import by_office
from onrecord.actors.phrase import Phrase, parse, person_in, segments
from onrecord.actors.pronouns import third_person
from onrecord.actors.reading import Reading
from onrecord.actors.registered import registered_head
from onrecord.types import Actor


def joint(reading: Reading, phrase: Phrase) -> tuple[Actor, ...]:
    """Resolve "the United States and Japan", "President Biden and Chancellor Scholz"."""
    shared = shared_office(reading, phrase) or shared_government(reading, phrase)
    if shared:
        return shared
    links = _links(reading, phrase)
    for chosen in (links, links[-1:]) if len(links) > 1 else (links,):
        actors = _parties(reading, parts(reading, phrase, chosen))
        if actors:
            return reading.remember(phrase, *actors, plural=True)
    return ()


def _parties(reading: Reading, ranges: list[tuple[int, int]]) -> list[Actor]:
    """Return the actors of the parties of a joint source; none if one of them is no actor."""
    actors: list[Actor] = []
    parties = [parse(reading.document, *span) for span in ranges]
    if len(parties) < 2 or _spoken_for(reading, parties):  # noqa: PLR2004
        return []
    named = bodies = 0
    people = _individuals(reading, ranges, parties)
    for number, part in enumerate(parties):
        actor = _sibling(reading, part, ranges[number + 1 : number + 2]) or _party(reading, part)
        named += actor is not None
        if actor is None:
            actor = _body(reading, part)
            if actor is None and people:
                actor = _individual(reading, part, actors)
            bodies += actor is not None
        actor = actor or _group(reading, part)
        if actor is None:
            return []
        if any(other.name == actor.name for other in actors):
            return []  # "Boris Vale, member for Leeds and editor of the Echo" is one person
        actors.append(actor)
    sure = named + bodies
    if not sure or (sure < len(actors) and _adjectives(reading, ranges)):
        return []
    return actors


def _spoken_for(reading: Reading, parties: list[Phrase]) -> bool:
    """Whether the parties are those of one speaker: "a spokesman for the army and the police"."""
    speaker, *others = parties
    tail = speaker.core < speaker.last and reading.document.tokens[speaker.core].key == "for"
    return tail and all(other.head in _bodies(reading) for other in others)


def _bodies(reading: Reading) -> frozenset[str]:
    """Return the nouns for bodies and for those who act for one."""
    words = reading.words
    return words["nominal_organisation"] | words["nominal_state"] | words["group_official"]


def _sibling(reading: Reading, part: Phrase, after: list[tuple[int, int]]) -> Actor | None:
    """Return "Ane Vik" for the given name in "Ane and Per Vik", or None."""
    token = reading.document.tokens[part.last - 1]
    alone = part.last - part.first == 1 or (
        part.last - part.first == 2  # noqa: PLR2004
        and reading.document.tokens[part.first].key in reading.words["title"]
    )
    known = reading.document.people_named(token.key)
    if not alone or not after or not token.capital or known:
        return None
    other = person_in(reading.document, *after[0])
    if token.key not in reading.gazetteer.genders or other is None:
        return None
    if other.last - other.first < 2:  # noqa: PLR2004
        return None
    surname = reading.document.surface(other.first + 1, other.last)
    return Actor(f"{token.text} {surname}", "person", None, "named", None, 0.6)


def _body(reading: Reading, part: Phrase) -> Actor | None:
    """Return the body that one party describes ("the finance ministry"), or None."""
    definite = part.definite or _owned(reading, part)
    bodies = reading.words["nominal_organisation"] | reading.words["nominal_state"]
    if part.head not in bodies or not definite:
        return None
    return _described(reading, part)


def _owned(reading: Reading, part: Phrase) -> bool:
    """Whether a possessive stands in the head group of a party ("the firm's director")."""
    tokens = reading.document.tokens[part.first : part.core]
    return any(token.key == "'s" for token in tokens)


def _individuals(reading: Reading, ranges: list[tuple[int, int]], parties: list[Phrase]) -> bool:
    """Whether each party has a determiner of its own: "the spokesman and the director".

    Those are two, where "the spokesman and director" is one. After a comma a description may
    also tell of a person who is named ("Olen Tark, the mayor and the union's head").
    """
    document = reading.document
    commas = any(
        document.tokens[last].text == "," and not link(document.tokens, last + 1)
        for _, last in ranges[:-1]
    )
    if commas and any(person_in(document, first, last) for first, last in ranges):
        return False
    return all(_own_determiner(reading, part) for part in parties)


def _own_determiner(reading: Reading, part: Phrase) -> bool:
    """Whether an article, a possessive or a number opens a description, or it is a name."""
    owned = part.determiner or _owned(reading, part)
    return bool(owned or reading.document.within(part.first, part.core))


def _individual(reading: Reading, part: Phrase, before: list[Actor]) -> Actor | None:
    """Return the one person whom a party describes, or None.

    In "the minister and her deputy", "her" is the minister's: she is no one named before.
    """
    words = reading.words
    plural = part.head.endswith("s") or part.head in words["group_private"]
    if plural or part.head in words["group_official"] | words["document"] | _fields(reading):
        return None
    described = bool(before) and before[-1].resolved_by == "unresolved"
    owned = part.determiner in OWNERS and described and part.core - part.first > 1
    actor = _described(reading, parse(reading.document, part.first + owned, part.last))
    if actor and owned and actor.represents is None and part.head not in words["private"]:
        return replace(actor, represents=before[-1].represents)
    return actor


def _described(reading: Reading, part: Phrase) -> Actor | None:
    """Return the one actor whom a party describes, None if there are several; none is noted."""
    size = len(reading.pasts)
    found = nominal(reading, part)
    del reading.pasts[size:]
    return found[0] if len(found) == 1 else None


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
    if part.head in words["nominal_state"] and part.last - part.first == 1:
        return None  # "state and territory leaders"
    return _described(reading, part)


def _party(reading: Reading, part: Phrase) -> Actor | None:
    """Return the actor of one party of a joint source, or None."""
    own = registered_head(reading, part)
    if own:
        return own
    mention = _person_of(reading, part)
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


def _person_of(reading: Reading, part: Phrase) -> Mention | None:
    """Return the person of a party, after a comma too ("its chief executive, Ane Vik"), or None."""
    document = reading.document
    titled = part.head in reading.words["title"]
    for first, last in segments(document, part)[: 2 if titled else 1]:
        mention = person_in(document, first, last)
        if mention:
            return mention
    return person_in(document, part.first, part.last)


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
    if _shared_fields(reading, position, person.first):
        return True
    # "Road Transport and Bridges Minister Obaidul Rahman"
    field = tokens[position - 1].capital and tokens[after].capital
    return (
        field
        and after <= person.first - 1 <= after + 3
        and tokens[person.first - 1].key in {"minister", "secretary", "director", "commissioner"}
        and not any(token.key in reading.words["title"] for token in tokens[start:position])
    )


def _fields(reading: Reading) -> frozenset[str]:
    """Return the nouns that are fields of an office and no body themselves ("health")."""
    return reading.words["portfolio"] - _bodies(reading)


def _shared_fields(reading: Reading, position: int, name: int) -> bool:
    """Whether both sides of an "and" are fields of the title before a name.

    "The health and transport minister Ane Vik" is one person; "the government and transport
    minister Ane Vik" are two.
    """
    words, tokens = reading.words, reading.document.tokens
    after = [token.key for token in tokens[position + 1 : name]]
    return (
        tokens[position - 1].key in _fields(reading)
        and len(after) > 1
        and after[-1] in words["title"]
        and all(key in words["portfolio"] for key in after[:-1])
    )


def _links(reading: Reading, phrase: Phrase) -> list[tuple[int, int]]:
    """Return the token ranges of what joins the parties of a source ("and", "as well as")."""
    tokens = reading.document.tokens
    sizes = {
        position: link(tokens, position) for position in range(phrase.first + 1, phrase.last - 1)
    }
    return [
        (position, position + size)
        for position, size in sizes.items()
        if size
        and (tokens[position].text != "/" or _between_names(reading, position))
        and position not in reading.document.covered
        and not reading.document.inside(position)
        and not _within_office(reading, phrase, position)
    ]


def _between_names(reading: Reading, position: int) -> bool:
    """Whether a stroke stands between two known names, not inside one ("RFE/RL")."""
    return all(
        side in reading.document.covered
        or reading.document.people_named(reading.document.tokens[side].key)
        for side in (position - 1, position + 1)
    )


def parts(reading: Reading, phrase: Phrase, links: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the token ranges of the parties of a joint source; none if it is not joint."""
    tokens = reading.document.tokens
    if not links:
        return []
    ends = dict(links)
    ranges: list[tuple[int, int]] = []
    start = phrase.first + (tokens[phrase.first].key in OPENERS)
    for position in range(start, links[-1][0] + 1):
        if position in ends or (
            tokens[position].text == "," and not reading.document.inside(position)
        ):
            if position > start:
                ranges.append((start, position))
            start = max(start, ends.get(position, position + 1))
    ranges.append((start, phrase.last))
    return ranges
