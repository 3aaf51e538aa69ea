"""Whom an actor speaks for, when several bodies could be meant: a learned choice among them.

The rules of `affiliation.py` make one proposal. Here it competes with every other body that the
description, the other mentions of the actor and the passage name, with the actor itself, and with
nobody at all. A conditional logit over named features, fitted on the corpora's `represents` field
(`onrecord_training.principals`), picks one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from onrecord.actors.affiliation import entity_of
from onrecord.actors.mentions import Mention, Referent
from onrecord.actors.ranking import weights
from onrecord.actors.roles import ROLE_OF, ROLES, own_marks
from onrecord.actors.surroundings import LINKS, around, link_before
from onrecord.actors.text import fold
from onrecord.types import Entity

if TYPE_CHECKING:
    from onrecord.actors.reading import Reading

NOBODY = ""
MOST_OPTIONS = 48
MOST_STATES = 5


@dataclass(slots=True)
class Option:
    """Somebody whom the actor may speak for, and where the suggestion comes from."""

    entity: Entity | None
    sources: list[str] = field(default_factory=list)
    features: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The folded name, "" for nobody."""
        return fold(self.entity.name) if self.entity else NOBODY


@dataclass(frozen=True, slots=True)
class Described:
    """What is known of the actor.

    Args:
        name: Its name or description.
        kind: Its kind.
        first: First token of its description in the source.
        last: One past the last.
        referent: What is named, or None for a description only.
        rule: What the rules propose.
    """

    name: str
    kind: str
    first: int
    last: int
    referent: Referent | None
    rule: Entity | None


class _Options:
    """Collect options, one per name."""

    def __init__(self) -> None:
        self.found: dict[str, Option] = {}

    def add(self, entity: Entity | None, source: str, *features: str) -> None:
        key = fold(entity.name) if entity else NOBODY
        option = self.found.get(key)
        if option is None:
            if len(self.found) >= MOST_OPTIONS:
                return
            option = self.found[key] = Option(entity)
        if source not in option.sources:
            option.sources.append(source)
        option.features += features


def options(reading: Reading, who: Described) -> list[Option]:
    """Return the options for an actor's principal, with their features.

    Args:
        reading: The article.
        who: The actor.
    """
    out = _Options()
    out.add(None, "nobody")
    out.add(who.rule, "rule")
    surface = fold(reading.document.surface(max(0, who.first - 1), who.last))
    marks = own_marks(fold(who.name), surface, reading.gazetteer)
    out.add(_itself(reading, who), _self_source(who), *marks)
    taken = _from_range(reading, who, (who.first, who.last), "here", out)
    if who.referent is not None:
        for span in other_ranges(reading, who):
            _from_range(reading, who, span, "there", out)
        _holders(reading, who, out)
    _from_passage(reading, who, out, taken)
    role = role_of(reading, who)
    _from_surroundings(reading, who, out)
    _from_people(reading, who, out)
    shape = _shape(who)
    for option in out.found.values():
        _featurize(reading, option, role, shape)
    return list(out.found.values())


def _itself(reading: Reading, who: Described) -> Entity:
    entry = reading.gazetteer.find(who.name)
    return entry.entity if entry else Entity(who.name, "organisation")


def _self_source(who: Described) -> str:
    """Tell how likely a person's name is a body's ("Qantas", "Cedar Bloc")."""
    referent = who.referent
    if who.kind != "person" or referent is None:
        return "self"
    if referent.gender or referent.roles or referent.titles:
        return "self:person"
    return "self:sure" if referent.sure else f"self:doubtful{min(who.name.count(' '), 1)}"


def _shape(who: Described) -> str:
    known = "named" if who.referent is not None else "described"
    size = min(who.last - who.first, 4)
    return f"{who.kind}/{known}/{size if who.kind == 'person' else min(size, 2)}"


def role_of(reading: Reading, who: Described) -> str:
    """Return the class of the actor's role, from its description, else from its other mentions."""
    tokens = reading.document.tokens
    keys = [token.key for token in tokens[who.first : who.last]]
    skip = set(fold(who.referent.name).split()) if who.referent and who.kind == "person" else set()
    here = {ROLE_OF[key] for key in keys if key in ROLE_OF and key not in skip}
    for role, _ in ROLES:
        if role in here:
            return role
    if who.referent is not None:
        known = who.referent.roles | who.referent.nouns
        there = {ROLE_OF[key] for key in known if key in ROLE_OF}
        for role, _ in ROLES:
            if role in there:
                return role
    return "plain"


def other_ranges(reading: Reading, who: Described) -> Iterator[tuple[int, int]]:
    """Yield the ranges of the actor's titles and of its other descriptions."""
    if who.referent is None:
        return
    yield from who.referent.titles[:4]
    for mention in reading.document.mentions_of(who.referent)[:6]:
        first, last = reading.description(mention)
        if last - first > mention.last - mention.first and (first, last) != (who.first, who.last):
            yield first, last


def _from_range(
    reading: Reading, who: Described, span: tuple[int, int], place: str, out: _Options
) -> set[int]:
    """Add what a description names; return the tokens that it covers."""
    document, gazetteer = reading.document, reading.gazetteer
    first, last = span
    covered: set[int] = set()
    order = 0
    for mention in document.within(first, last):
        covered.update(range(mention.first, mention.last))
        if mention.referent is who.referent:
            continue
        if mention.referent.kind == "person":
            _of_person(reading, mention, place, out)
            continue
        order += 1
        marks = (
            f"{place}|{link_before(reading, mention.first, first)}|{mention.role}",
            f"{place}|order{min(order, 3)}",
            f"{place}|{_after(reading, mention.last, last)}",
        )
        entity = entity_of(mention.referent)
        out.add(entity, f"{place}:{mention.referent.kind}", *marks)
        principal = reading.affiliations.of_organisation(mention.referent)
        if principal.name != entity.name:
            out.add(principal, f"{place}:of-{mention.referent.kind}", *marks)
    for start, end in _runs(reading, first, last, covered, who):
        surface = document.surface(start, end)
        entry = gazetteer.find(surface)
        out.add(
            entry.entity if entry else Entity(surface, "organisation"),
            f"{place}:run",
            f"{place}|{link_before(reading, start, first)}|run",
            f"{place}|{_after(reading, end, last)}|run",
            f"{place}|{_after(reading, end, last)}|run-{reading.surroundings.common(start, end)}",
        )
    return covered


def _of_person(reading: Reading, mention: Mention, place: str, out: _Options) -> None:
    """Add whom a person named in the description speaks for ("Mr Karim's spokesman")."""
    known = mention.referent.represents
    holder = reading.holder_of(mention.referent)
    if holder and holder.represents:
        out.add(reading.gazetteer.entity(holder.represents), f"{place}:of-person")
    elif known and known[0]:
        out.add(known[0], f"{place}:of-person")
    out.add(Entity(mention.referent.name, "person"), f"{place}:person")


def _runs(
    reading: Reading, first: int, last: int, covered: set[int], who: Described
) -> Iterator[tuple[int, int]]:
    """Yield runs of capitals in a description that no list knows."""
    document, words = reading.document, reading.words
    own = set(fold(who.referent.name).split()) if who.referent else set()
    position = first
    while position < last:
        token = document.tokens[position]
        if (
            not token.capital
            or position in covered
            or token.key in words["stop_caps"]
            or token.key in own
        ):
            position += 1
            continue
        end = position + 1
        while (
            end < last
            and end not in covered
            and document.tokens[end].key not in own
            and document.tokens[end].text[0].isalnum()
            and (
                document.tokens[end].capital
                or (
                    document.tokens[end].key in {"of", "for", "and", "de", "in"}
                    and end + 1 < last
                    and document.tokens[end + 1].capital
                    and end + 1 not in covered
                )
            )
        ):
            end += 1
        start, stop = position, end
        common = words["title"] | words["portfolio"]
        while stop > start and document.tokens[stop - 1].key in common:
            stop -= 1
        while start < stop and document.tokens[start].key in common:
            start += 1
        if stop > start:
            yield start, stop
        position = end


def _after(reading: Reading, index: int, last: int) -> str:
    tokens = reading.document.tokens
    if index >= last:
        return "end"
    token = tokens[index]
    if token.key in LINKS:
        return f"+{token.key}"
    return "+title" if token.key in reading.words["title"] else "+word"


def _holders(reading: Reading, who: Described, out: _Options) -> None:
    """Add what the gazetteer says of a person of that name."""
    if who.referent is None or who.kind != "person":
        return
    holder = reading.holder_of(who.referent)
    if holder and holder.represents:
        serving = "serves" if reading.year and holder.serves(reading.year) else "served"
        timed = "timed" if holder.until < _EVER else "untimed"
        out.add(
            reading.gazetteer.entity(holder.represents), f"holder:{serving}:{timed}:{holder.origin}"
        )


_EVER = 9999


def _from_passage(reading: Reading, who: Described, out: _Options, taken: set[int]) -> None:
    """Add the bodies and states that the passage around the actor speaks of."""
    document = reading.document
    state = reading.affiliations.context_state(who.first)
    if state:
        out.add(state.entity, "context")
    counts = document.home_counts
    if counts:
        top = max(counts, key=lambda name: counts[name])
        out.add(reading.gazetteer.entity(top), "top" if counts[top] > 1 else "only")
    for back, past in enumerate(reversed(reading.pasts[-5:])):
        if past.actors and past.actors[0].represents:
            out.add(past.actors[0].represents, "previous" if back == 0 else "earlier")
    _from_neighbors(reading, who, out, taken)


def _from_neighbors(reading: Reading, who: Described, out: _Options, taken: set[int]) -> None:
    """Add the bodies named before and after the actor, nearest first."""
    document = reading.document
    seen = 0
    here = document.sentence(who.first)
    for mention in document.before(who.first, limit=25):
        referent = mention.referent
        if referent.kind not in {"organisation", "media", "region"} or referent is who.referent:
            continue
        near = "same" if document.sentence(mention.first) == here else "near"
        often = min(len(referent.mentions), 4)
        out.add(entity_of(referent), f"{near}:{referent.kind}{min(seen, 2)}", f"often{often}")
        seen += 1
        if seen == 6:  # noqa: PLR2004
            break
    seen = 0
    for mention in document.within(who.last, min(who.last + 60, len(document.tokens))):
        referent = mention.referent
        if (
            referent.kind in {"organisation", "media", "region"}
            and referent is not who.referent
            and mention.first not in taken
        ):
            where = "after" if document.sentence(mention.first) == here else "later"
            out.add(entity_of(referent), f"{where}:{referent.kind}{min(seen, 1)}")
            seen += 1
            if seen == 3:  # noqa: PLR2004
                break


def _from_surroundings(reading: Reading, who: Described, out: _Options) -> None:
    """Add the unlisted bodies around the actor ("the nurses' union"), and the states in order."""
    for entity, source, marks in around(reading, who, tuple(other_ranges(reading, who))):
        out.add(entity, source, *marks)
    counts = reading.document.home_counts
    whole = sum(counts.values())
    ordered = sorted(counts, key=lambda name: -counts[name])
    for rank, name in enumerate(ordered[:MOST_STATES]):
        share = int(4 * counts[name] / whole)
        out.add(reading.gazetteer.entity(name), f"state{min(rank, 3)}", f"share{share}")


def _from_people(reading: Reading, who: Described, out: _Options) -> None:
    """Add whoever spoke last, for "his lawyer" and "her spokesman"."""
    if who.kind == "person" and who.referent is not None:
        return
    for back, past in enumerate(reversed(reading.pasts[-3:])):
        actor = past.actors[0] if past.actors else None
        if actor is not None and actor.kind == "person":
            out.add(Entity(actor.name, "person", actor.id), f"person{back}")


def _kind(reading: Reading, entity: Entity | None) -> str:
    if entity is None:
        return "nobody"
    entry = reading.gazetteer.entries.get(entity.name)
    if entry is None:
        return f"unlisted-{entity.kind}"
    if "party" in entry.nouns:
        return "party"
    if entry.kind == "organisation" and entry.represents != entry.name:
        return "part"
    return entry.kind


def _featurize(reading: Reading, option: Option, role: str, shape: str) -> None:
    kind = _kind(reading, option.entity)
    marks = option.features
    features = [f"{kind}|{role}", f"{kind}|{shape}", f"n{min(len(option.sources), 5)}"]
    for mark in dict.fromkeys(marks):
        features += [mark, f"{mark}|{role}"]
    for source in option.sources:
        features += [source, f"{source}|{kind}", f"{source}|{role}", f"{source}|{shape}"]
    if "rule" in option.sources:
        others = [item for item in option.sources if item != "rule"]
        features += [f"rule+{item.split(':')[0]}|{kind}" for item in others]
    option.features = features


MARGIN = 0.3  # by which another body must beat the rules' proposal
SILENCE = 2.0  # by which nobody must beat a body that the rules propose


LIKELIEST = 0.98  # a choice is never as sure as what the user says


def best(found: Iterable[Option]) -> Entity | None:
    """Return the likeliest principal with its share as the raw confidence, None for nobody."""
    table = weights("principal.json")
    listed = list(found)
    proposed = any("rule" in item.sources and item.entity for item in listed)

    def score(item: Option) -> float:
        bonus = MARGIN if "rule" in item.sources else 0.0
        if proposed and item.entity is None:
            bonus = -SILENCE
        return bonus + sum(table.get(name, 0.0) for name in item.features)

    scores = [score(item) for item in listed]
    top = max(scores)
    entity = listed[scores.index(top)].entity
    share = 1.0 / sum(math.exp(value - top) for value in scores)
    return replace(entity, confidence=min(LIKELIEST, share)) if entity else None
