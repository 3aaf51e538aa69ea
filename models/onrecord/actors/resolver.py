"""Resolve the source of every statement to its actor."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from onrecord.actors.acronyms import is_short
from onrecord.actors.authors import authors
from onrecord.actors.confidence import calibrated
from onrecord.actors.gazetteer import load_gazetteer
from onrecord.actors.joint import joint
from onrecord.actors.names import organisation, person
from onrecord.actors.naming import settle
from onrecord.actors.nouns import nominal, of_stated_age
from onrecord.actors.phrase import Phrase, parse
from onrecord.actors.priors import from_registry
from onrecord.actors.pronouns import Quotations, first_person, third_person
from onrecord.actors.reading import Reading, unresolved
from onrecord.actors.registered import registered_head, settled, tagged_person
from onrecord.actors.registry import ActorRegistry
from onrecord.types import Actor, Article, Entity, Span, Statement

Observer = Callable[[Reading, Phrase, Span], None]


class ActorResolver:
    """Find who stands behind each statement of an article.

    Args:
        registry: A user's aliases, which win over everything else.
    """

    def __init__(self, registry: ActorRegistry | None = None) -> None:
        self.registry = registry or ActorRegistry()
        self.gazetteer = load_gazetteer()

    def resolve(self, article: Article, statements: Sequence[Statement]) -> list[tuple[Actor, ...]]:
        """Resolve the sources of all statements, in time linear in the article.

        Args:
            article: The article; its title, date, registry and ninjs metadata are read too.
            statements: Its statements, in any order.

        Returns:
            One tuple per statement: the actors of its source, several for a joint source, none
            where there is no source.
        """
        own = article.registry
        registry = own.over(self.registry) if own is not None else self.registry
        reading = Reading(article, self.gazetteer, registry)
        return [
            calibrated(tuple(settled(reading, actor) for actor in actors))
            for actors in resolve_reading(reading, statements)
        ]


def resolve_reading(
    reading: Reading, statements: Sequence[Statement], observer: Observer | None = None
) -> list[tuple[Actor, ...]]:
    """Resolve all statements of an article that is being read.

    Args:
        reading: The article.
        statements: Its statements, in any order.
        observer: Called with each source before it is resolved; training looks through it.

    Returns:
        As `ActorResolver.resolve`.
    """
    out: list[tuple[Actor, ...]] = [()] * len(statements)
    known: dict[tuple[int, int], tuple[Actor, ...]] = {}
    sources = [(number, item.source) for number, item in enumerate(statements) if item.source]
    sources.sort(key=lambda item: (item[1].start, item[1].end))
    quoted: list[tuple[int, Phrase]] = []
    for number, source in sources:
        span = (source.start, source.end)
        if span not in known:
            phrase = parse(reading.document, *reading.document.tokens_of(*span))
            if phrase.pronoun in {"i", "we"}:
                quoted.append((number, phrase))
                continue
            if observer:
                observer(reading, phrase, source)
            known[span] = _resolve_one(reading, phrase, source)
        out[number] = known[span]
    quotations = Quotations()
    for number, item in enumerate(statements if quoted else ()):
        quotations.add(number, item.content, out[number])
    for number, phrase in quoted:
        item = statements[number]
        out[number] = first_person(reading, phrase, quotations.around(item.source or item.cue))
        quotations.add(number, item.content, out[number])
    return out


def _resolve_one(reading: Reading, phrase: Phrase, source: Span) -> tuple[Actor, ...]:
    """Resolve one source that is not in the first person."""
    registered = reading.priors.registered(source.text)
    if registered:
        return reading.remember(phrase, from_registry(registered))
    if phrase.first >= phrase.last:
        return (unresolved(source.text, "the source holds no word"),)
    if phrase.pronoun:
        return third_person(reading, phrase)
    for attempt in (authors, joint, _registered, person, of_stated_age, _tagged):
        found = attempt(reading, phrase)
        if found:
            return found
    found = organisation(reading, phrase)
    if found and (not _open(found) or _short_form(reading, phrase) or _city(reading)):
        return found
    how = "organisation" if found else "nominal"
    return settle(reading, phrase, found or nominal(reading, phrase), how)


def _registered(reading: Reading, phrase: Phrase) -> tuple[Actor, ...]:
    """Resolve a source that the user's own actor heads."""
    actor = registered_head(reading, phrase)
    return reading.remember(phrase, actor) if actor else ()


def _tagged(reading: Reading, phrase: Phrase) -> tuple[Actor, ...]:
    """Resolve a lone surname, of whom the text tells nothing, to a person of the metadata."""
    actor = tagged_person(reading, phrase)
    return reading.remember(phrase, actor) if actor else ()


def _open(actors: tuple[Actor, ...]) -> bool:
    """Whether a named body may be told apart by its country or mean another ("the Senate")."""
    if actors[0].resolved_by == "alias":
        return False
    return actors[0].id is None or actors[0].resolved_by == "title"


def _short_form(reading: Reading, phrase: Phrase) -> bool:
    """Whether a source is an acronym of which the article gives the whole name."""
    mentions = reading.document.within(phrase.first, phrase.last)
    if len(mentions) != 1 or mentions[0].last != phrase.last:
        return False
    token = reading.document.tokens[mentions[0].first]
    return (
        is_short(token)
        and mentions[0].last - mentions[0].first == 1
        and (mentions[0].referent.name != token.text)
    )


def _city(reading: Reading) -> bool:
    """Whether the source just resolved is a city, which no other name suits better."""
    referent = reading.pasts[-1].referent
    entry = referent.entry if referent else None
    return entry is not None and "city" in entry.nouns


def joint_actor(actors: Sequence[Actor]) -> Actor | None:
    """Return one actor for a source: the only one, or a group that lists all parties by name.

    Args:
        actors: The actors of one statement.

    Returns:
        None for no actor. For several, a group named "Chile, Peru and Bolivia", which represents
        their principals named in the same way, with the least of their confidences.
    """
    if len(actors) < 2:  # noqa: PLR2004
        return actors[0] if actors else None
    principals = list(dict.fromkeys(item.represents for item in actors if item.represents))
    represents: Entity | None = None
    if len(principals) == 1:
        represents = principals[0]
    elif principals:
        least = min(item.confidence for item in principals)
        represents = Entity(listed([item.name for item in principals]), "group", None, least)
    return Actor(
        name=listed([item.name for item in actors]),
        kind="group",
        resolved_by=actors[0].resolved_by,
        represents=represents,
        confidence=min(item.confidence for item in actors),
        why=next((item.why for item in actors if item.why), None),
    )


def listed(names: Sequence[str]) -> str:
    """Return names as a reader lists them: "A, B and C"."""
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
