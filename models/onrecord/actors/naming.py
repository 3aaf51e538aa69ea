"""Choose how a source that only describes is named; the rules' own answer is one of the options."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from onrecord.actors.antecedent import Past
from onrecord.actors.principal import Described
from onrecord.actors.ranking import shares, weights
from onrecord.actors.suggestions import suggest
from onrecord.actors.wordings import Suggestion
from onrecord.types import Actor

if TYPE_CHECKING:
    from onrecord.actors.phrase import Phrase
    from onrecord.actors.reading import Reading

MARGIN = 1.2  # by which another name must be likelier than the rules'
NO_NAME = "the text gives no name, only a description"


def settle(
    reading: Reading, phrase: Phrase, rule: tuple[Actor, ...], how: str
) -> tuple[Actor, ...]:
    """Return the actors of a source that the rules have resolved, by the likeliest name.

    Args:
        reading: The article; the rule has just remembered its answer there.
        phrase: The source.
        rule: What the rules make of it.
        how: Which rule that was.
    """
    past = reading.pasts.pop()
    watch, reading.watch = reading.watch, None  # the principals of other options teach nothing
    options = suggest(reading, phrase, rule, how)
    reading.watch = watch
    if reading.watch_names:
        reading.watch_names(options)
    found = shares(weights("naming.json"), [item.features for item in options])
    top = max(range(len(options)), key=found.__getitem__)
    if top == 0 or found[top] < MARGIN * found[0]:
        reading.pasts.append(past)
        return _sure(rule, found[0])
    return _take(reading, phrase, options[top], found[top], past)


def _sure(actors: tuple[Actor, ...], share: float) -> tuple[Actor, ...]:
    return tuple(
        replace(actor, confidence=min(actor.confidence, max(0.05, share))) for actor in actors
    )


def _take(
    reading: Reading, phrase: Phrase, option: Suggestion, share: float, past: Past
) -> tuple[Actor, ...]:
    """Resolve a source to another name than the rules'."""
    if option.candidate is not None:
        return reading.take(phrase, option.candidate, share)
    if option.actors:
        actors = _sure(option.actors, share)
        return reading.remember(
            phrase, *actors, plural=len(actors) > 1, nouns={phrase.head} | past.nouns
        )
    return reading.remember(
        phrase, _made(reading, phrase, option, share, past), plural=past.plural, nouns={phrase.head}
    )


def _made(reading: Reading, phrase: Phrase, option: Suggestion, share: float, past: Past) -> Actor:
    """Return the actor of a description that is told apart by a place or a body."""
    old = past.actors[0]
    plural = phrase.head.endswith("s") and phrase.head != "press"
    entry = None if plural else reading.gazetteer.find(option.name)
    if entry and entry.kind != "state":
        represents = reading.gazetteer.entity(entry.represents)
        return Actor(entry.name, entry.kind, entry.id, "title", represents, share)
    rule = option.place or old.represents
    if rule is not None and rule.kind == "person":
        rule = old.represents
    kind = "group" if plural else "organisation" if old.kind == "organisation" else "unknown"
    who = Described(option.name, kind, phrase.first, phrase.last, None, rule)
    return Actor(
        " ".join(option.name.split()),
        kind,
        None,
        "unresolved",
        reading.principal(who),
        share,
        NO_NAME,
    )
