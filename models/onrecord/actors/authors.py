"""Documents whose own phrase names their authors: "a report by the UN and Oxfam"."""

from __future__ import annotations

from dataclasses import replace

from onrecord.actors.affiliation import entity_of
from onrecord.actors.joint import joint
from onrecord.actors.names import organisation, person
from onrecord.actors.nouns import nominal
from onrecord.actors.phrase import Phrase, parse
from onrecord.actors.reading import Reading
from onrecord.types import Actor, Entity


def authors(reading: Reading, phrase: Phrase) -> tuple[Actor, ...]:
    """Return whom "by" in a document's phrase names, or nothing.

    One author alone is left to the rules for documents, unless another name comes first
    ("a Facebook post by the army").
    """
    if phrase.head not in reading.words["document"]:
        return ()
    place = _by(reading, phrase)
    if not place:
        return ()
    part = parse(reading.document, place + 1, phrase.last)
    size = len(reading.pasts)
    found: tuple[Actor, ...] = ()
    for attempt in (joint, person, organisation, nominal):
        if attempt is nominal and not part.definite:
            continue
        found = found or attempt(reading, part)
    if not found:
        return ()
    past = reading.pasts[-1]
    del reading.pasts[size:]
    others = {entity_of(item.referent) for item in reading.document.within(phrase.first, place)}
    if len(found) == 1 and not others:
        return ()
    return reading.remember(
        phrase,
        *(_titled(actor, others) for actor in found),
        referent=past.referent,
        plural=past.plural,
        nouns={phrase.head},
    )


def _by(reading: Reading, phrase: Phrase) -> int:
    """Return the token of "by" after a document, or of "from" right after it, else 0."""
    tokens = reading.document.tokens
    for index in range(phrase.core, phrase.last - 1):
        if tokens[index].key == "by" or (index == phrase.core and tokens[index].key == "from"):
            return index
    return 0


def _titled(actor: Actor, others: set[Entity]) -> Actor:
    """Return a body as found through its document; it does not speak for where that stands."""
    if actor.resolved_by == "unresolved" and actor.represents in others:
        return replace(actor, represents=None)
    named = actor.kind != "person" and actor.resolved_by == "named"
    return replace(actor, resolved_by="title") if named else actor
