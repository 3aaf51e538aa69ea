"""The wordings that a described source suggests: as it stands, by its country, town or body."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from onrecord.actors.affiliation import entity_of
from onrecord.actors.describe import SHORT_NAMES, describe, undotted
from onrecord.actors.phrase import Phrase, parse
from onrecord.types import Actor, Entity

if TYPE_CHECKING:
    from onrecord.actors.antecedent import Candidate
    from onrecord.actors.reading import Reading

MOST_STATES = 5
MOST_BODIES = 6
LONGEST_FULL = 9  # tokens of a phrase that may be taken as it stands
WINDOW = 60  # tokens before a phrase in which a town may name its officials


@dataclass(slots=True)
class Suggestion:
    """One way of naming a source.

    Args:
        name: The name.
        actors: The actors, none for a description that is made only when it is chosen.
        candidate: What it points back to, if it does.
        place: The state, town or body that a made description is told apart by.
        tags: Where the suggestion comes from.
        features: What the choice is made by.
    """

    name: str
    actors: tuple[Actor, ...] = ()
    candidate: Candidate | None = None
    place: Entity | None = None
    tags: list[str] = field(default_factory=list)
    features: list[str] = field(default_factory=list)


class Suggestions:
    """Collect suggestions, one per name; the first of a name says what it stands for."""

    def __init__(self) -> None:
        self.found: dict[str, Suggestion] = {}

    def add(self, suggestion: Suggestion, *tags: str) -> None:
        """Add a suggestion, or the tags to the earlier one of the same name."""
        kept = self.found.setdefault(suggestion.name.casefold(), suggestion)
        kept.tags += tags


def as_it_stands(reading: Reading, phrase: Phrase, out: Suggestions) -> None:
    """Suggest the phrase as it stands, and its head group alone."""
    document, tokens = reading.document, reading.document.tokens
    first = phrase.first
    while first < phrase.core - 1 and tokens[first].key in reading.words["drop"]:
        first += 1
    for last, tag in ((phrase.last, "whole"), (phrase.core, "core")):
        if 0 < last - first <= LONGEST_FULL:
            name = undotted(document.surface(first, last))
            opens = document.sentences[document.sentence(first)] == tokens[first].start
            listed = any(item.first == first for item in document.within(first, first + 1))
            if opens and not listed and tokens[first].text[1:].islower():
                name = name[0].lower() + name[1:]
            out.add(Suggestion(name), tag)
            out.add(Suggestion(_spelled(reading, first, last, name)), f"full-{tag}")


def name_before_noun(reading: Reading, phrase: Phrase, out: Suggestions) -> None:
    """Suggest "Gara" for "the Gara newspaper"."""
    tokens = reading.document.tokens
    if phrase.head not in reading.words["nominal_organisation"]:
        return
    last = phrase.core - 1
    first = last
    while first > phrase.first and tokens[first - 1].capital:
        first -= 1
    while first < last and (
        tokens[first].key in {"the", "'s"} or tokens[first].key in reading.words["stop_caps"]
    ):
        first += 1
    if first < last:
        out.add(Suggestion(reading.document.surface(first, last)), "stem", f"stem={phrase.head}")


def _spelled(reading: Reading, first: int, last: int, name: str) -> str:
    """Return a phrase with "US" for "U.S." and with the full names of its people."""
    document = reading.document
    parts: list[str] = []
    position = first
    for mention in document.within(first, last):
        referent = mention.referent
        full = SHORT_NAMES.get(referent.name, "")
        if referent.kind == "person":
            full = referent.name
        if not full or mention.last > last or mention.role in {"seat", "people", "capital"}:
            continue
        start = mention.first
        if referent.kind == "person":
            while start > position and document.tokens[start - 1].key in reading.words["title"]:
                start -= 1
        parts += [document.surface(position, start), full]
        position = mention.last
    if not parts:
        return name
    parts.append(document.surface(position, last))
    whole = " ".join(part for part in parts if part).replace(" 's", "'s").replace(" ’s", "'s")
    return name[0] + whole[1:] if whole[:1].lower() == name[:1].lower() else whole


def of_document(reading: Reading, phrase: Phrase, out: Suggestions) -> None:
    """Suggest the body in "a military statement" and "a report by the police union"."""
    if phrase.head not in reading.words["document"]:
        return
    document, tokens = reading.document, reading.document.tokens
    if phrase.core - phrase.first > 1 + bool(phrase.determiner):
        inner = parse(document, phrase.first, phrase.core - 1)
        if inner.first < inner.last and not inner.pronoun:
            _issued(reading, inner, "inside", out)
    for index in range(phrase.core, min(phrase.last - 1, phrase.core + 6)):
        if tokens[index].key in {"by", "from", "of"}:
            inner = parse(document, index + 1, phrase.last)
            if inner.first < inner.last and not inner.pronoun:
                _issued(reading, inner, tokens[index].key, out)
            return


def _issued(reading: Reading, inner: Phrase, how: str, out: Suggestions) -> None:
    for mention in reading.document.within(inner.first, inner.last)[:1]:
        if mention.role == "adjective":
            continue
        if mention.referent.kind == "person":
            actor = reading.person_actor(mention)
        else:
            actor = reading.named_actor(mention)
        out.add(Suggestion(actor.name, (actor,)), "issuer", f"issuer-{how}-{actor.kind}")
    name = describe(reading.document, inner, None)
    out.add(Suggestion(name), "issuer", f"issuer-{how}", f"issuer-{how}={inner.head}")
    state = reading.affiliations.state_in(inner.first, inner.last)
    context = reading.affiliations.context_state(inner.first)
    if context and context.adjective and state is None:
        named = Suggestion(f"{context.adjective} {name}", place=context.entity)
        out.add(named, "issuer-adjective", f"issuer-adjective-{how}={inner.head}")


def by_states(reading: Reading, phrase: Phrase, bare: str, out: Suggestions) -> None:
    """Suggest "Kenyan police", and "Kenya" for "the government"."""
    government = phrase.head in reading.words["nominal_state"]
    for name, tags in _states(reading, phrase).items():
        entry = reading.gazetteer.entries.get(name)
        if entry is None:
            continue
        marks = [f"adjective-{tag}" for tag in tags]
        prefix = entry.adjective or entry.name
        short = SHORT_NAMES.get(entry.name, "")
        out.add(Suggestion(f"{prefix} {bare}", place=entry.entity), "adjective", *marks)
        if short and short != prefix:
            out.add(Suggestion(f"{short} {bare}", place=entry.entity), "short", *marks)
        if government:
            actor = Actor(entry.name, "state", entry.id, "title", entry.entity, 0.8)
            marks = [f"state-{tag}" for tag in tags]
            out.add(Suggestion(entry.name, (actor,)), "state", *marks)


def _states(reading: Reading, phrase: Phrase) -> dict[str, list[str]]:  # noqa: C901
    """Return the states that the article speaks of around a phrase, and how it does."""
    document = reading.document
    tags: dict[str, list[str]] = {}

    def note(name: str, tag: str) -> None:
        if name and (name in tags or len(tags) < MOST_STATES):
            tags.setdefault(name, []).append(tag)

    context = reading.affiliations.context_state(phrase.first)
    if context:
        note(context.name, "context")
    here = document.sentence(phrase.first)
    states = reading.affiliations.states
    position = bisect_left(states, (phrase.first,))
    for order, (_, sentence, home, _) in enumerate(states[max(0, position - 3) : position][::-1]):
        note(home, f"before{order}")
        note(home, f"before-d{min(4, here - sentence)}")
    for _, sentence, home, _ in states[position : position + 2]:
        note(home, f"after-d{min(3, sentence - here)}")
    for first, _, home, _ in states[:3]:
        note(home, "title" if document.tokens[first].start < document.shift else "first")
    for back, past in enumerate(reversed(reading.pasts[-4:])):
        for actor in past.actors:
            if actor.represents:
                note(actor.represents.name, f"past{min(back, 1)}")
    counts = document.home_counts
    whole = sum(counts.values())
    if counts:
        note(max(counts, key=lambda name: counts[name]), "top")
    for name, marks in tags.items():
        marks.append(f"share{int(5 * counts.get(name, 0) / max(1, whole))}")
    return tags


def by_towns(reading: Reading, phrase: Phrase, bare: str, out: Suggestions) -> None:
    """Suggest "Mombasa police" after "in Mombasa"."""
    document, tokens = reading.document, reading.document.tokens
    found: list[str] = []
    for index in range(min(phrase.last + 15, len(tokens)) - 2, max(0, phrase.first - WINDOW), -1):
        if tokens[index].key not in {"in", "near"} or not tokens[index + 1].capital:
            continue
        if tokens[index + 1].key in reading.words["stop_caps"]:
            continue
        name = document.surface(index + 1, document.run_end(index + 1))
        entry = reading.gazetteer.find(name)
        if name in found or (entry is not None and entry.kind == "state"):
            continue
        where = "after" if index >= phrase.first else "before"
        found.append(name)
        place = Entity(name, "organisation")
        out.add(Suggestion(f"{name} {bare}", place=place), "town", f"town-{where}{len(found)}")
        if len(found) == 2:  # noqa: PLR2004
            return


def by_bodies(reading: Reading, phrase: Phrase, bare: str, out: Suggestions) -> None:
    """Suggest "Orlen managers" where Orlen is spoken of, and "Ms Vey's lawyer"."""
    document = reading.document
    if document.within(phrase.first, phrase.last):
        return
    here = document.sentence(phrase.first)
    seen: set[int] = set()
    for mention in document.before(phrase.first, limit=30):
        referent = mention.referent
        if referent.kind == "state" or id(referent) in seen:
            continue
        seen.add(id(referent))
        entity = entity_of(referent)
        name = SHORT_NAMES.get(entity.name, entity.name)
        tags = [
            f"body-{referent.kind}",
            f"body-{referent.kind}-{min(len(seen), 3)}",
            f"body-{referent.kind}-d{min(3, here - document.sentence(mention.first))}",
            f"body-often{min(4, len(referent.mentions))}",
        ]
        if referent.kind == "person":
            if phrase.determiner in {"his", "her"}:
                out.add(Suggestion(f"{name}'s {bare}", place=entity), *tags)
            continue
        out.add(Suggestion(f"{name} {bare}", place=entity), *tags)
        if len(seen) >= MOST_BODIES:
            return
