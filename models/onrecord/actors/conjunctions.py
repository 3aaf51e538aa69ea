"""What joins the parties of a joint source: "and", "&", "as well as", "neither ... nor"."""

from __future__ import annotations

from dataclasses import replace

from onrecord.actors.gazetteer import Entry
from onrecord.actors.mentions import Mention
from onrecord.actors.phrase import Phrase
from onrecord.actors.reading import NO_NAME, Reading, unresolved
from onrecord.actors.text import Token
from onrecord.types import Actor, Entity

_LINKS = (
    ("as", "well", "as"),
    ("along", "with"),
    ("together", "with"),
    ("and",),
    ("or",),
    ("nor",),
    ("&",),
    ("/",),
)
OPENERS = frozenset({"both", "either", "neither"})
# Offices that one person holds at a time: their plural is one holder for each place.
_SINGLE = frozenset(
    "president premier chancellor king queen emir leader minister governor mayor chief head "  # noqa: SIM905
    "speaker ambassador".split()
)


def link(tokens: list[Token], position: int) -> int:
    """Return how many tokens the link has that starts at a token, 0 where none does."""
    for words in _LINKS:
        found = tokens[position : position + len(words)]
        if [item.text for item in found] == list(words):
            return len(words)
    return 0


def shared_office(reading: Reading, phrase: Phrase) -> tuple[Actor, ...]:
    """Resolve "the presidents of France and Poland": one plural office of several places."""
    tokens = reading.document.tokens
    head = tokens[phrase.last - 1].key
    singular = head.removesuffix("s")
    if singular in _SINGLE and singular != head:
        return _national_office(reading, phrase, singular)
    singular = phrase.head.removesuffix("s")
    if phrase.head == singular or singular not in reading.words["title"]:
        return ()
    if phrase.core + 1 >= phrase.last or tokens[phrase.core].key not in {"of", "from"}:
        return ()
    places = _listed_names(reading, phrase.core + 1, phrase.last)
    if len(places) < 2:  # noqa: PLR2004
        return ()
    start = phrase.first + bool(phrase.determiner)
    if reading.document.within(start, phrase.core):
        return ()
    words = reading.document.surface(start, phrase.core)
    actors = tuple(_officer(reading, words, singular, place) for place in places)
    return reading.remember(phrase, *actors, plural=True, nouns={phrase.head, singular})


def _national_office(reading: Reading, phrase: Phrase, singular: str) -> tuple[Actor, ...]:
    """Resolve "the French and German foreign ministers": one for each state."""
    states = reading.document.within(phrase.first, phrase.last)
    if len(states) < 2 or any(  # noqa: PLR2004
        item.referent.kind != "state" or item.role != "adjective" for item in states
    ):
        return ()
    words = reading.document.surface(states[-1].last, phrase.last)
    actors = tuple(_officer(reading, words, singular, state) for state in states)
    return reading.remember(phrase, *actors, plural=True, nouns={singular, singular + "s"})


def shared_government(reading: Reading, phrase: Phrase) -> tuple[Actor, ...]:
    """Resolve "the US and UK governments" to the states: each is named by its government."""
    named = reading.document.within(phrase.first, phrase.last)
    entities = [item.referent.entry.entity for item in named if item.referent.entry]
    plural = reading.document.tokens[phrase.last - 1].key == "governments"
    if not plural or len(named) < 2 or len(entities) < len(named):  # noqa: PLR2004
        return ()
    if any(entity.kind != "state" for entity in entities):
        return ()
    actors = (Actor(e.name, e.kind, e.id, "title", e, 0.9) for e in entities)
    return reading.remember(phrase, *actors, plural=True, nouns={"governments"})


def _officer(reading: Reading, words: str, singular: str, place: Mention) -> Actor:
    """Return the holder of an office of a place by name, or else by a description."""
    entry, title = place.referent.entry, words[0].lower() + words[1:]
    where = Entity(place.referent.name, place.referent.kind) if entry is None else entry.entity
    if singular not in _SINGLE:
        return _described(f"{_adjective(entry, where)} {title}", "group", where)
    office = title.removesuffix("s")
    holder = reading.gazetteer.holder(office, where.name, reading.year)
    if holder:
        return Actor(holder.name, "person", holder.id, "title", where, 0.7)
    return _described(f"{_adjective(entry, where)} {office}", "unknown", where)


def _adjective(entry: Entry | None, where: Entity) -> str:
    return (entry.adjective if entry else "") or where.name


def _described(name: str, kind: str, where: Entity) -> Actor:
    return replace(unresolved(name, NO_NAME), kind=kind, represents=where, confidence=0.5)


def _listed_names(reading: Reading, first: int, last: int) -> list[Mention]:
    """Return the names that a token range lists, none if it holds anything else."""
    tokens = reading.document.tokens
    names: list[Mention] = []
    position, linked = first, True
    while position < last:
        size = link(tokens, position)
        found = reading.document.within(position, last)[:1]
        if tokens[position].key in {"the", ","} | OPENERS or size:
            linked = linked or tokens[position].text == "," or bool(size)
            position += size or 1
        elif linked and found and found[0].first == position and found[0].last <= last:
            if found[0].referent.kind == "person" or found[0].role in {"adjective", "people"}:
                return []
            names.append(found[0])
            position, linked = found[0].last, False
        else:
            return []
    return names
