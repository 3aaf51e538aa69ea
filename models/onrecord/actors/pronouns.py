"""Pronouns: the third person points back, the first person belongs to the quote around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from heapq import heappop, heappush

from onrecord.actors.antecedent import Candidate, candidates
from onrecord.actors.naming import settle
from onrecord.actors.nouns import nominal
from onrecord.actors.phrase import Phrase, parse
from onrecord.actors.pointing import WANTED, point
from onrecord.actors.reading import Reading, moved, unresolved
from onrecord.actors.relative import Head, antecedent
from onrecord.types import Actor, Span


def third_person(reading: Reading, phrase: Phrase) -> tuple[Actor, ...]:
    """Resolve a third-person or relative pronoun."""
    if phrase.pronoun == "who":
        return _relative(reading, phrase)
    found = point(reading, phrase)
    best = found[0].candidate if found else None
    if found and best is None:
        return reading.remember(phrase, *moved(found[0].actors, found[1]), plural=True)
    if best is None and phrase.pronoun in {"he", "she"}:
        best = _ahead(reading, phrase)
    if best is None:
        name = reading.document.surface(phrase.first, phrase.last)
        return reading.remember(phrase, unresolved(name, "no earlier name fits the pronoun"))
    wanted = WANTED[phrase.pronoun]
    if wanted in {"m", "f"} and best.referent and not best.referent.gender:
        best.referent.gender = wanted
    return reading.take(phrase, best, found[1] if found else 0.5)


def _relative(reading: Reading, phrase: Phrase) -> tuple[Actor, ...]:
    """Resolve "who", "which" or "that" to what stands before it."""
    options = candidates(reading.document, reading.pasts, phrase.first)
    if phrase.head != "that":
        person = phrase.head == "who"
        found = antecedent(reading.document, phrase.first, person=person)
        if found:
            return _of_head(reading, phrase, options, *found)
        options = [item for item in options if person == (item.kind == "person" or item.plural)]
    nearest = max(options, key=lambda item: item.index, default=None)
    if nearest is None:
        name = reading.document.surface(phrase.first, phrase.last)
        return reading.remember(phrase, unresolved(name, "no earlier name fits the pronoun"))
    return reading.take(phrase, nearest, 0.8)


def _of_head(
    reading: Reading, phrase: Phrase, options: list[Candidate], head: Head, end: int
) -> tuple[Actor, ...]:
    """Resolve a relative pronoun to its head: a name, a source before it, or a description.

    Args:
        reading: The article.
        phrase: The pronoun.
        options: What was named or quoted before it.
        head: The head of its antecedent.
        end: Where the antecedent with its complements ends.
    """
    for item in options:
        named = head.mention is not None and item.referent is head.mention.referent
        if named or (item.past is not None and item.past.index == head.first):
            return reading.take(phrase, item, 0.8)
    described = parse(reading.document, head.first, end)
    actors = moved(settle(reading, described, nominal(reading, described), "nominal"), 0.8)
    past = reading.pasts.pop()
    return reading.remember(
        phrase, *actors, referent=past.referent, plural=past.plural, nouns=past.nouns
    )


def _ahead(reading: Reading, phrase: Phrase) -> Candidate | None:
    """Return the person named soon after "he", when nobody is named before it."""
    document = reading.document
    wanted = WANTED[phrase.pronoun]
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


class Quotations:
    """The words of known actors, asked in text order for the shortest that hold a source.

    Every part of a content is put in and taken out once, so that an article with thousands of
    quotations and of first persons takes little more than linear time.
    """

    def __init__(self) -> None:
        self._ahead: list[tuple[int, int, int, tuple[Actor, ...]]] = []  # by start
        self._open: list[tuple[int, int, int, tuple[Actor, ...]]] = []  # by length

    def add(self, number: int, content: Sequence[Span], actors: tuple[Actor, ...]) -> None:
        """Note the content of a statement whose actors are known."""
        for part in content if actors else ():
            heappush(self._ahead, (part.start, part.end, number, actors))

    def around(self, source: Span) -> tuple[Actor, ...]:
        """Return the actors of the shortest content that holds a source; none if there is none."""
        while self._ahead and self._ahead[0][0] <= source.start:
            start, end, number, actors = heappop(self._ahead)
            heappush(self._open, (end - start, number, end, actors))
        while self._open and self._open[0][2] < source.end:
            heappop(self._open)
        return self._open[0][3] if self._open else ()


def first_person(
    reading: Reading,
    phrase: Phrase,
    quoted: tuple[Actor, ...],
) -> tuple[Actor, ...]:
    """Resolve "I" or "we" to the actor of the quote that holds it, or to the article's author.

    Args:
        reading: The article.
        phrase: The pronoun.
        quoted: The actors of that quote, none where no known actor's quote holds the pronoun.
    """
    if quoted:
        return moved(quoted, 0.8)
    author = _author(reading, plural=phrase.pronoun == "we")
    if author:
        return author
    name = reading.document.surface(phrase.first, phrase.last)
    return (unresolved(name, "no quotation with a known actor holds the pronoun"),)


def _author(reading: Reading, *, plural: bool) -> tuple[Actor, ...]:
    """Return who issued a statement whose title says so ("Statement by President Biden")."""
    document = reading.document
    _, end = document.tokens_of(-document.shift, 0)
    title = [token.key for token in document.tokens[:end]]
    if not title or not {"statement", "remarks", "declaration", "communique"} & set(title):
        return ()
    mentions = document.within(0, end)
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
