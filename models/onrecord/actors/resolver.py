"""Resolve the source of every statement to its actor."""

from __future__ import annotations

from collections.abc import Sequence

from onrecord.actors.antecedent import Candidate, candidates, score
from onrecord.actors.gazetteer import load_gazetteer
from onrecord.actors.names import joint, organisation, person
from onrecord.actors.nouns import nominal, pair
from onrecord.actors.phrase import Phrase, parse
from onrecord.actors.reading import Reading, moved, unresolved
from onrecord.actors.registry import ActorRegistry
from onrecord.types import Actor, Article, Span, Statement


class ActorResolver:
    """Find who stands behind each statement of an article.

    Args:
        registry: A user's aliases, which win over everything else.
    """

    def __init__(self, registry: ActorRegistry | None = None) -> None:
        self.registry = registry or ActorRegistry()
        self.gazetteer = load_gazetteer()

    def resolve(
        self, article: Article, statements: Sequence[Statement]
    ) -> list[tuple[Actor, ...]]:
        """Resolve the sources of all statements, in time linear in the article.

        Args:
            article: The article; its title, date and ninjs metadata are read too.
            statements: Its statements, in any order.

        Returns:
            One tuple per statement: the actors of its source, several for a joint source, none
            where there is no source.
        """
        reading = Reading(article, self.gazetteer, self.registry)
        out: list[tuple[Actor, ...]] = [()] * len(statements)
        known: dict[tuple[int, int], tuple[Actor, ...]] = {}
        sources = [(number, item.source) for number, item in enumerate(statements) if item.source]
        sources.sort(key=lambda pair_: (pair_[1].start, pair_[1].end))
        quoted: list[tuple[int, Span, Phrase]] = []
        for number, source in sources:
            span = (source.start, source.end)
            if span not in known:
                phrase = parse(reading.document, *reading.document.tokens_of(*span))
                if phrase.pronoun in {"i", "we"}:
                    quoted.append((number, source, phrase))
                    continue
                known[span] = _resolve_one(reading, phrase, source)
            out[number] = known[span]
        for number, source, phrase in quoted:
            out[number] = _first_person(reading, source, phrase, number, statements, out)
        return out


def _resolve_one(reading: Reading, phrase: Phrase, source: Span) -> tuple[Actor, ...]:
    """Resolve one source that is not in the first person."""
    registered = reading.registry.find(source.text)
    if registered:
        return reading.remember(phrase, reading.registered(registered))
    if phrase.first >= phrase.last:
        return (unresolved(source.text, "the source holds no word"),)
    if phrase.pronoun:
        return _pronoun(reading, phrase, source)
    for attempt in (joint, person, organisation):
        found = attempt(reading, phrase)
        if found:
            return found
    return nominal(reading, phrase)


def _pronoun(reading: Reading, phrase: Phrase, source: Span) -> tuple[Actor, ...]:
    """Resolve a third-person or relative pronoun."""
    wanted = {"he": "m", "she": "f", "it": "it", "they": "they", "some": "they"}.get(
        phrase.pronoun, "who"
    )
    sentence = reading.document.sentence(phrase.first)
    best: Candidate | None = None
    best_score = 0.0
    options = candidates(reading.document, reading.pasts, phrase.first)
    if wanted == "who":
        best = max(options, key=lambda item: item.index) if options else None
    else:
        for candidate in options:
            value = score(candidate, sentence, phrase.first, wanted=wanted)
            if value > best_score:
                best, best_score = candidate, value
    if best is None or (wanted == "they" and not best.plural):
        found = pair(reading, phrase, bodies=False) if wanted == "they" else ()
        if found:
            return found
    if best is None:
        return reading.remember(
            phrase, unresolved(source.text, "no earlier name fits the pronoun")
        )
    if wanted in {"m", "f"} and best.referent and not best.referent.gender:
        best.referent.gender = wanted
    return reading.take(phrase, best, 0.75)


def _first_person(
    reading: Reading,
    source: Span,
    phrase: Phrase,
    number: int,
    statements: Sequence[Statement],
    resolved: Sequence[tuple[Actor, ...]],
) -> tuple[Actor, ...]:
    """Resolve "I" or "we" to the actor of the quote that holds it."""
    best: tuple[int, int] | None = None
    for other, item in enumerate(statements):
        if other == number or not resolved[other]:
            continue
        for part in item.content:
            if part.start <= source.start and source.end <= part.end:
                size = part.end - part.start
                if best is None or size < best[0]:
                    best = (size, other)
    if best is None:
        return (unresolved(source.text, "no quotation with a known actor holds the pronoun"),)
    return moved(resolved[best[1]], 0.8)
