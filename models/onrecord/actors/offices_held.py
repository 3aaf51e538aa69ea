"""Sources that name an office, or two people by their offices."""

from __future__ import annotations

from dataclasses import replace

from onrecord.actors.antecedent import Candidate, candidates
from onrecord.actors.offices import office
from onrecord.actors.phrase import Phrase
from onrecord.actors.reading import Reading, moved
from onrecord.types import Actor

PAIRS = frozenset(
    "both two pair men women leaders presidents ministers officials advisors advisers sides "  # noqa: SIM905
    "countries nations parties "
    "two governments secretaries chancellors states sides".split()
)
_BODY_PAIRS = frozenset({"countries", "nations", "governments", "states"})
_TOP = frozenset(
    {"president", "prime minister", "chancellor", "king", "queen", "vice president", "leader"}
    | {"foreign minister", "defense minister", "finance minister", "pope", "emir"}
)
_HEADS_OF_STATE = ("president", "prime minister", "chancellor", "leader", "king", "emir")


def by_office(reading: Reading, phrase: Phrase) -> tuple[Actor, ...]:  # noqa: C901, PLR0911
    """Resolve "the prime minister", "Iran's foreign minister", "the head of NATO"."""
    document = reading.document
    if phrase.head not in reading.words["title"] or phrase.determiner in {"a", "an", "one", "some"}:
        return ()
    index = phrase.core - 1
    while index > phrase.first and document.tokens[index].key != phrase.head:
        index -= 1
    wanted = office(document.tokens, index, phrase.last)
    named = document.within(phrase.first, phrase.last)
    state = reading.affiliations.state_in(phrase.first, phrase.last)
    body = next((item.referent for item in named if item.referent.kind == "organisation"), None)
    target = state.name if state else body.name if body else None
    option = _in_text(reading, phrase, wanted, target)
    if option:
        return reading.take(phrase, option, 0.75)
    later = _ahead(reading, phrase, wanted, target) if target else None
    if later:
        return reading.remember(phrase, replace(later, resolved_by="title", confidence=0.6))
    if not phrase.definite and target is None:
        return ()
    context = reading.affiliations.context_state(phrase.first)
    places = [target] if target else [context.name] if context else []
    if not target and wanted not in _TOP:
        return ()
    if not target:
        places += [name for name in reading.document.home_counts if name not in places]
    for place in places:
        for name in _HEADS_OF_STATE if wanted == "leader" else (wanted,):
            holder = reading.gazetteer.holder(name, place, reading.year)
            if holder:
                represents = reading.gazetteer.entity(holder.represents)
                actor = Actor(holder.name, "person", holder.id, "title", represents, 0.7)
                return reading.remember(phrase, actor, nouns={wanted, phrase.head})
    return ()


def _holds(offices: set[str], wanted: str, target: str | None) -> bool:
    """Whether someone's offices include the one that a phrase names."""
    if wanted in offices or (target and "counterpart" in offices):
        return True
    if wanted in {"minister", "secretary"}:
        return any(name.endswith((" minister", " secretary")) for name in offices)
    return False


def _ahead(reading: Reading, phrase: Phrase, wanted: str, target: str) -> Actor | None:
    """Return the person named later to whom the article gives the office, or None."""
    for mention in reading.document.within(phrase.last, phrase.last + 400):
        if mention.referent.kind == "person" and wanted in mention.referent.offices:
            actor = reading.person_actor(mention)
            if actor.represents and actor.represents.name == target:
                return actor
    return None


def _in_text(reading: Reading, phrase: Phrase, wanted: str, target: str | None) -> Candidate | None:
    """Return the person whom the article itself gives that office, or None."""
    for candidate in candidates(reading.document, reading.pasts, phrase.first):
        referent = candidate.referent
        if referent is None:
            if candidate.past and wanted in candidate.nouns and not candidate.plural and not target:
                return candidate
            continue
        if referent.kind != "person" or not _holds(referent.offices, wanted, target):
            continue
        if target:
            actors = reading.candidate_actors(candidate)
            represents = actors[0].represents if actors else None
            if represents is None or represents.name != target:
                continue
        return candidate
    return None


def by_pair(reading: Reading, phrase: Phrase) -> tuple[Actor, ...]:
    """Resolve "the two leaders", "both countries", "the leaders" to the pair before it."""
    if phrase.head not in PAIRS or not phrase.definite or phrase.last - phrase.first > 4:  # noqa: PLR2004
        return ()
    if reading.document.within(phrase.first, phrase.last):
        return ()
    return pair(reading, phrase, bodies=phrase.head in _BODY_PAIRS)


def pair(reading: Reading, phrase: Phrase, *, bodies: bool) -> tuple[Actor, ...]:  # noqa: C901
    """Return the last two parties named together before a phrase, or nothing.

    Args:
        reading: The article.
        phrase: The phrase to resolve.
        bodies: Whether states are wanted rather than people.
    """
    for past in reversed(reading.pasts[-8:]):
        if len(past.actors) > 1 and (past.actors[0].kind == "state") == bodies:
            return reading.remember(phrase, *moved(past.actors, 0.7), plural=True)
    seen: dict[str, tuple[int, Actor]] = {}
    shift = reading.document.shift
    for mention in reading.document.before(phrase.first):
        if bodies and mention.referent.kind == "state" and mention.role != "adjective":
            actor = reading.named_actor(mention)
            seen.setdefault(actor.name, (mention.first, actor))
        elif not bodies and mention.referent.kind == "person" and mention.referent.roles:
            if (
                reading.document.tokens[
                    reading.document.mentions_of(mention.referent)[-1].first
                ].start
                < shift
            ):
                continue  # only the title names them: its author
            actor = reading.person_actor(mention)
            seen[actor.name] = (mention.first, actor)
    if not bodies:
        for past in reading.pasts[-60:]:
            if len(past.actors) == 1 and past.actors[0].kind == "person":
                place = min(past.index, seen.get(past.actors[0].name, (past.index,))[0])
                seen[past.actors[0].name] = (place, past.actors[0])
    found = sorted(seen.values(), key=lambda item: item[0])
    found = found[-2:] if bodies else found[:2]
    if len(found) < 2:  # noqa: PLR2004
        return () if bodies else _holders_of_title(reading, phrase)
    actors = tuple(actor for _, actor in found)
    return reading.remember(phrase, *moved(actors, 0.6), plural=True)


def pair_of_title(reading: Reading) -> tuple[Actor, ...]:
    """Return the two people of a title ("Readout of Ann Wu's Call with King Omar"), or nothing."""
    document = reading.document
    people = [
        item
        for item in document.mentions[:8]
        if document.tokens[item.first].start < document.shift and item.referent.kind == "person"
    ]
    if len({id(item.referent) for item in people}) != 2:  # noqa: PLR2004
        return ()
    found = {actor.name: actor for actor in (reading.person_actor(item) for item in people)}
    return moved(tuple(found.values()), 0.6) if len(found) > 1 else ()


def _holders_of_title(reading: Reading, phrase: Phrase) -> tuple[Actor, ...]:
    """Return who led the two states that the title names, in the year of the article."""
    actors: list[Actor] = []
    for mention in reading.document.mentions:
        if reading.document.tokens[mention.first].start >= reading.document.shift:
            break
        if mention.referent.kind != "state":
            continue
        for name in _HEADS_OF_STATE:
            holder = reading.gazetteer.holder(name, mention.referent.name, reading.year)
            if holder and all(actor.name != holder.name for actor in actors):
                represents = reading.gazetteer.entity(holder.represents)
                actors.append(Actor(holder.name, "person", holder.id, "title", represents, 0.6))
                break
    if len(actors) != 2:  # noqa: PLR2004
        return ()
    return reading.remember(phrase, *actors, plural=True)
