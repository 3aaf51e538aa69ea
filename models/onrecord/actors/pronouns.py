"""Pronouns: the third person points back, the first person belongs to the quote around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from onrecord.actors.antecedent import Candidate, candidates, choose
from onrecord.actors.offices_held import pair
from onrecord.actors.phrase import Phrase
from onrecord.actors.reading import Reading, moved, unresolved
from onrecord.types import Actor, Statement

_WANTED = {"he": "m", "she": "f", "it": "it", "they": "they", "some": "they"}


def third_person(reading: Reading, phrase: Phrase) -> tuple[Actor, ...]:
    """Resolve a third-person or relative pronoun."""
    found = antecedent(reading, phrase)
    best, sureness = found or (None, 0.5)
    if phrase.pronoun == "they" and (best is None or not best.plural) and _met(reading, phrase):
        both = pair(reading, phrase, bodies=False)
        if both:
            return both
    if best is None and phrase.pronoun in {"he", "she"}:
        best = _ahead(reading, phrase)
    if best is None:
        name = reading.document.surface(phrase.first, phrase.last)
        return reading.remember(phrase, unresolved(name, "no earlier name fits the pronoun"))
    wanted = _WANTED.get(phrase.pronoun)
    if wanted in {"m", "f"} and best.referent and not best.referent.gender:
        best.referent.gender = wanted
    return reading.take(phrase, best, sureness)


def _met(reading: Reading, phrase: Phrase) -> bool:
    """Whether two people were just put together ("spoke with", "met", "and")."""
    document = reading.document
    here = document.sentence(phrase.first)
    if any(len(past.actors) > 1 and here - past.sentence <= 4 for past in reading.pasts[-6:]):  # noqa: PLR2004
        return True
    first = next((mention.first for mention in document.before(phrase.first)[::-1]), phrase.first)
    return any(
        token.key in _MEETING
        for token in document.tokens[max(first - 5, phrase.first - 150) : phrase.first]
    )


_MEETING = frozenset(
    "met meets meeting spoke call talks hosted welcomed summit signed together bilateral".split()  # noqa: SIM905
)


def _ahead(reading: Reading, phrase: Phrase) -> Candidate | None:
    """Return the person named soon after "he", when nobody is named before it."""
    document = reading.document
    wanted = _WANTED[phrase.pronoun]
    for mention in document.within(phrase.last, len(document.tokens)):
        referent = mention.referent
        if referent.kind == "person" and referent.sure and referent.gender in {"", wanted}:
            return Candidate(
                mention.first,
                document.sentence(mention.first),
                "person",
                referent.gender,
                plural=False,
                nouns=referent.nouns,
                referent=referent,
                past=None,
                subject=False,
            )
    return None


def antecedent(reading: Reading, phrase: Phrase) -> tuple[Candidate, float] | None:
    """Return what a pronoun points back to, with its probability, or None."""
    options = candidates(reading.document, reading.pasts, phrase.first)
    wanted = _WANTED.get(phrase.pronoun)
    if wanted is None:  # "who" follows its antecedent
        nearest = max(options, key=lambda item: item.index, default=None)
        return (nearest, 0.8) if nearest else None
    sentence = reading.document.sentence(phrase.first)
    return choose(options, sentence, phrase.first, wanted)


def first_person(
    reading: Reading,
    phrase: Phrase,
    number: int,
    statements: Sequence[Statement],
    resolved: Sequence[tuple[Actor, ...]],
) -> tuple[Actor, ...]:
    """Resolve "I" or "we" to the actor of the quote that holds it, or to the article's author.

    Args:
        reading: The article.
        phrase: The pronoun.
        number: The statement whose source it is.
        statements: All statements.
        resolved: Their actors so far, parallel to the statements.
    """
    source = statements[number].source
    best: tuple[int, int] | None = None
    for other, item in enumerate(statements):
        if source is None or other == number or not resolved[other]:
            continue
        for part in item.content:
            if part.start <= source.start and source.end <= part.end:
                size = part.end - part.start
                if best is None or size < best[0]:
                    best = (size, other)
    if best is not None:
        return moved(resolved[best[1]], 0.8)
    author = _author(reading, plural=phrase.pronoun == "we")
    if author:
        return author
    name = reading.document.surface(phrase.first, phrase.last)
    return (unresolved(name, "no quotation with a known actor holds the pronoun"),)


def _author(reading: Reading, *, plural: bool) -> tuple[Actor, ...]:
    """Return who issued a statement whose title says so ("Statement by President Biden")."""
    document = reading.document
    title = [token.key for token in document.tokens if token.start < document.shift]
    if not title or not {"statement", "remarks", "declaration", "communique"} & set(title):
        return ()
    mentions = [
        item for item in document.mentions if document.tokens[item.first].start < document.shift
    ]
    states = list(
        dict.fromkeys(
            item.referent.entry.home
            for item in mentions
            if item.referent.entry is not None and item.referent.entry.kind == "state"
        )
    )
    if plural and "joint" in title and len(states) > 1:
        return tuple(_speaking(reading, name) for name in states)
    people = [item for item in mentions if item.referent.kind == "person"]
    if people:
        actor = reading.person_actor(people[0])
        if not plural:
            return moved((actor,), 0.7)
        if actor.represents:
            return (_speaking(reading, actor.represents.name),)
    return ()


def _speaking(reading: Reading, name: str) -> Actor:
    entity = reading.gazetteer.entity(name)
    actor = Actor(entity.name, entity.kind, entity.id, "coreference", entity, 0.6)
    return replace(actor)
