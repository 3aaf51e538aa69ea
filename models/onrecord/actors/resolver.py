"""Resolve the source of every statement to its actor."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from onrecord.actors.affiliation import Affiliations, entity_of
from onrecord.actors.antecedent import Candidate, Past, candidates, score
from onrecord.actors.describe import describe
from onrecord.actors.document import Document, Mention, Referent
from onrecord.actors.gazetteer import Entry, Gazetteer, Holder, load_gazetteer
from onrecord.actors.phrase import Phrase, parse, person_in, segments
from onrecord.actors.registry import ActorRegistry, alias_key
from onrecord.actors.text import fold
from onrecord.types import Actor, Article, Entity, Span, Statement

JOINT_SEPARATOR = "; "
_YEAR = re.compile(r"\b(19|20)\d\d\b")


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
        """Resolve the sources of all statements.

        Args:
            article: The article; its title, date and ninjs metadata are read too.
            statements: Its statements, in any order.

        Returns:
            One tuple per statement: the actors of its source, several for a joint source, none
            where there is no source.
        """
        reading = Reading(article, self.gazetteer, self.registry)
        return reading.resolve(statements)


class Reading:
    """One article being resolved: its names, and what was resolved so far."""

    def __init__(self, article: Article, gazetteer: Gazetteer, registry: ActorRegistry) -> None:
        self.article = article
        self.gazetteer = gazetteer
        self.registry = registry
        self.document = Document(article, gazetteer)
        self.affiliations = Affiliations(self.document)
        self.pasts: list[Past] = []
        year = _YEAR.search(article.date or "")
        self.year = int(year.group()) if year else None
        self.words = gazetteer.words

    def resolve(self, statements: Sequence[Statement]) -> list[tuple[Actor, ...]]:
        """Resolve statements in text order; first-person sources last."""
        out: list[tuple[Actor, ...]] = [()] * len(statements)
        known: dict[tuple[int, int], tuple[Actor, ...]] = {}
        order = sorted(
            (number for number, item in enumerate(statements) if item.source is not None),
            key=lambda number: _source(statements[number]).start,
        )
        later: list[int] = []
        for number in order:
            source = _source(statements[number])
            span = (source.start, source.end)
            if span not in known:
                phrase = parse(self.document, *self.document.tokens_of(*span))
                if phrase.pronoun in {"i", "we"}:
                    later.append(number)
                    continue
                known[span] = self.source(phrase, source)
            out[number] = known[span]
        for number in later:
            source = _source(statements[number])
            out[number] = self.first_person(source, number, statements, out)
        return out

    # -- one source --------------------------------------------------------------------------

    def source(self, phrase: Phrase, source: Span) -> tuple[Actor, ...]:
        """Resolve one source and remember it."""
        registered = self.registry.find(source.text)
        if registered:
            return self.remember(
                phrase,
                Actor(
                    registered.entity.name,
                    registered.entity.kind,
                    registered.entity.id,
                    "alias",
                    registered.represents,
                    0.99,
                ),
            )
        if phrase.first >= phrase.last:
            return (_unresolved(source.text, "the source holds no word"),)
        if phrase.pronoun:
            return self.pronoun(phrase, source)
        joint = self.joint(phrase)
        if joint:
            return joint
        person = self.person(phrase)
        if person:
            return (person,)
        named = self.named(phrase)
        if named:
            return (named,)
        return self.nominal(phrase)

    def remember(
        self,
        phrase: Phrase,
        *actors: Actor,
        referent: Referent | None = None,
        plural: bool = False,
        nouns: set[str] | None = None,
    ) -> tuple[Actor, ...]:
        """Note a resolved source for later pronouns and nouns."""
        self.pasts.append(
            Past(
                phrase.first,
                self.document.sentence(phrase.first),
                actors,
                referent,
                referent.gender if referent else "",
                plural or len(actors) > 1,
                set(nouns or ()) | (referent.nouns | referent.roles if referent else set()),
            )
        )
        return actors

    # -- people ------------------------------------------------------------------------------

    def person(self, phrase: Phrase) -> Actor | None:
        """Resolve a source that names a person."""
        for first, last in segments(self.document, phrase):
            mention = person_in(self.document, first, last)
            if mention:
                actor = self.person_actor(mention, phrase)
                self.remember(phrase, actor, referent=mention.referent)
                return actor
            if first == phrase.first and phrase.determiner in {"a", "an"} and not _names_follow(
                self.document, first, phrase.last
            ):
                break
        return None

    def person_actor(self, mention: Mention, phrase: Phrase | None) -> Actor:
        """Return the actor of a person's mention."""
        referent = mention.referent
        holder = self.holder_of(referent)
        name = referent.name
        if holder and len(name.split()) < len(holder.name.split()):
            name = holder.name
        represents = self.person_represents(referent, holder, phrase, mention)
        if holder and fold(holder.name) == fold(name):
            name = holder.name
        return Actor(
            name,
            "person",
            holder.id if holder else None,
            "named",
            represents,
            0.9 if " " in name else 0.6,
        )

    def holder_of(self, referent: Referent) -> Holder | None:
        """Return the office-holder that a name means here, or None."""
        found = self.gazetteer.holders.get(fold(referent.name))
        if not found:
            return None
        serving = [item for item in found if item.serves(self.year)] or (
            found if " " in referent.name else []
        )
        if len({item.name for item in serving}) != 1:
            states = {entry.name for _, _, entry, _ in self.affiliations.states}
            serving = [item for item in serving if item.represents in states]
        if len({item.name for item in serving}) != 1:
            return None
        return serving[0]

    def person_represents(
        self, referent: Referent, holder: Holder | None, phrase: Phrase | None, mention: Mention
    ) -> Entity | None:
        """Return whom a person speaks for, from the text first, then the gazetteer."""
        if phrase is not None:
            found = self.from_description(phrase.first, phrase.last, referent)
            if found:
                return found
        for other in self.document.mentions:
            if other.referent is not referent:
                continue
            first, last = self.description(other)
            if last - first > other.last - other.first:
                found = self.from_description(first, last, referent)
                if found:
                    return found
        if holder:
            return self.gazetteer.entity(holder.represents)
        if referent.roles & self.words["official"] and not referent.roles & {"former"}:
            state = self.affiliations.context_state(mention.first)
            if state:
                return state.entity
        return None

    def from_description(self, first: int, last: int, referent: Referent) -> Entity | None:
        """Return whom a description speaks for."""
        keys = {token.key for token in self.document.tokens[first:last]}
        roles = keys & (self.words["title"] | self.words["official"] | self.words["private"])
        return self.affiliations.described(first, last, roles)

    def description(self, mention: Mention) -> tuple[int, int]:
        """Return the token range of a mention with its titles and its apposition."""
        tokens = self.document.tokens
        words = self.words
        first = mention.first
        while first > 0 and mention.first - first < 12:
            token = tokens[first - 1]
            linking = token.key in {"of", "for", "the", "and", "'s", "general", "&"}
            if (
                token.capital
                and token.key not in words["stop_caps"]
                or token.key in words["title"]
                or token.key in words["portfolio"]
                or linking
                or token.key in {"former", "press", "prime", "vice", "deputy", "news"}
            ) and self.document.sentence(first - 1) == self.document.sentence(mention.first):
                first -= 1
            else:
                break
        while first < mention.first and tokens[first].key in {"of", "for", "the", "and", "'s"}:
            first += 1
        last = mention.last
        if last < len(tokens) and tokens[last].text == ",":
            stop = last + 1
            while stop < len(tokens) and stop - last < 18 and tokens[stop].text not in {",", ".", ";"}:
                stop += 1
            inner = {token.key for token in tokens[last + 1 : min(stop, last + 12)]}
            if inner & words["title"]:
                last = stop
        return first, last

    # -- named organisations and states ------------------------------------------------------

    def named(self, phrase: Phrase) -> Actor | None:
        """Resolve a source whose head is a named organisation or state."""
        document = self.document
        mentions = document.within(phrase.first, phrase.last)
        if not mentions:
            return None
        core = [item for item in mentions if item.last <= phrase.core]
        head = self.head_mention(phrase, core)
        if head:
            actor = self.named_actor(head)
            self.remember(phrase, actor, referent=head.referent)
            return actor
        if phrase.head in {"government", "administration", "leadership", "regime"} and mentions:
            states = [
                item.referent
                for item in mentions
                if item.referent.entry and item.referent.entry.kind == "state"
            ]
            if states and phrase.head in {"government", "regime"}:
                entity = entity_of(states[0])
                actor = Actor(entity.name, entity.kind, entity.id, "title", entity, 0.9)
                self.remember(phrase, actor, referent=states[0])
                return actor
        return None

    def head_mention(self, phrase: Phrase, core: list[Mention]) -> Mention | None:
        """Return the mention that ends the head group, or the one that a plain noun precedes."""
        tokens = self.document.tokens
        for mention in reversed(core):
            if mention.referent.kind == "person" or mention.role == "adjective":
                continue
            end = mention.last
            while end < phrase.core and (
                not tokens[end].text[0].isalnum() or tokens[end].text in {"'s", "’s"}
            ):
                end += 1
            if end == phrase.core:
                return mention
            rest = [token.key for token in tokens[end : phrase.core]]
            if (
                mention.referent.kind != "state"
                and all(key in self.words["nominal_organisation"] or key in {"news", "press"} for key in rest)
            ):
                return mention
        return None

    def named_actor(self, mention: Mention) -> Actor:
        """Return the actor of a named organisation or state."""
        referent = mention.referent
        entity = entity_of(referent)
        if mention.role in {"capital", "seat"}:
            return Actor(entity.name, entity.kind, entity.id, "metonym", entity, 0.85)
        if mention.role == "people" and entity.kind == "state":
            name = self.document.surface(mention.first, mention.last)
            return Actor(name, "group", None, "named", None, 0.6)
        represents = self.affiliations.of_organisation(referent)
        if entity.kind == "state":
            represents = entity
        return Actor(entity.name, entity.kind, entity.id, "named", represents, 0.9)

    # -- joint sources -----------------------------------------------------------------------

    def joint(self, phrase: Phrase) -> tuple[Actor, ...]:
        """Resolve "the United States and Japan", "President Biden and Chancellor Scholz"."""
        parts = self.parts(phrase)
        if len(parts) < 2:
            return ()
        actors: list[Actor] = []
        for first, last in parts:
            part = parse(self.document, first, last)
            mention = person_in(self.document, first, last)
            if mention:
                actors.append(self.person_actor(mention, part))
                continue
            core = [item for item in self.document.within(first, last) if item.last <= part.core]
            head = self.head_mention(part, core)
            if head:
                actors.append(self.named_actor(head))
                continue
            named = self.named(part)
            if named:
                self.pasts.pop()
                actors.append(named)
                continue
            return ()
        return self.remember(phrase, *actors, plural=True)

    def parts(self, phrase: Phrase) -> list[tuple[int, int]]:
        """Return the token ranges of the parties of a joint source; one if it is not joint."""
        tokens = self.document.tokens
        joins = [
            position
            for position in range(phrase.first + 1, phrase.last - 1)
            if tokens[position].key == "and"
            and tokens[position].text.islower()
            and position not in self.document.covered
            and not self.inside(position)
        ]
        if not joins:
            return []
        final = joins[-1]
        ranges: list[tuple[int, int]] = []
        start = phrase.first
        for position in range(phrase.first, final + 1):
            if position == final or (tokens[position].text == "," and not self.inside(position)):
                if position > start:
                    ranges.append((start, position))
                start = position + 1
        ranges.append((final + 1, phrase.last))
        return ranges

    def inside(self, position: int) -> bool:
        """Whether a token lies inside a named mention."""
        return any(
            item.first < position < item.last for item in self.document.before(position + 1, limit=3)
        )

    # -- nouns -------------------------------------------------------------------------------

    def nominal(self, phrase: Phrase) -> tuple[Actor, ...]:
        """Resolve a source that only describes: "the ministry", "officials in Kyiv"."""
        words = self.words
        head = phrase.head
        document = self.document
        core_state = self.affiliations.state_in(phrase.first, phrase.last)
        if phrase.definite or phrase.determiner == "":
            back = self.point_back(phrase)
            if back:
                return back
        if head in words["nominal_state"]:
            state = core_state or self.affiliations.context_state(phrase.first)
            if state:
                actor = Actor(state.name, "state", state.id, "title", state.entity, 0.8)
                return self.remember(phrase, actor, nouns={head})
        if head in words["document"]:
            issuer = self.issuer(phrase)
            if issuer:
                return issuer
        context = self.affiliations.context_state(phrase.first)
        name = describe(document, phrase, context)
        represents = self.group_represents(phrase, core_state, context)
        plural = head.endswith("s") and head not in {"press"}
        kind = "group" if plural else "document" if head in words["document"] else "unknown"
        actor = replace(
            _unresolved(name, "the text gives no name, only a description"),
            kind=kind,
            represents=represents,
            confidence=0.5,
        )
        return self.remember(phrase, actor, plural=plural, nouns={head})

    def group_represents(
        self, phrase: Phrase, state: Entry | None, context: Entry | None
    ) -> Entity | None:
        """Return whom an unnamed speaker or group speaks for."""
        words = self.words
        orgs = [
            item.referent
            for item in self.document.within(phrase.first, phrase.last)
            if item.referent.kind in {"organisation", "media"}
        ]
        keys = {token.key for token in self.document.tokens[phrase.first : phrase.last]}
        official = phrase.head in words["group_official"] or phrase.head in words["official"]
        if phrase.head in words["group_private"] and not official:
            return None
        if orgs:
            return self.affiliations.of_organisation(orgs[0])
        if official or keys & words["group_official"]:
            chosen = state or context
            return chosen.entity if chosen else None
        return None

    def issuer(self, phrase: Phrase) -> tuple[Actor, ...]:
        """Return the actor behind a document, or nothing."""
        for mention in self.document.within(phrase.first, phrase.last):
            if mention.referent.kind == "person":
                actor = self.person_actor(mention, phrase)
            else:
                actor = replace(self.named_actor(mention), resolved_by="title")
            return self.remember(phrase, actor, referent=mention.referent, nouns={phrase.head})
        for past in reversed(self.pasts[-6:]):
            if past.referent and past.referent.kind in {"organisation", "media", "state"}:
                actors = tuple(
                    replace(actor, resolved_by="coreference", confidence=0.6)
                    for actor in past.actors
                )
                return self.remember(phrase, *actors, referent=past.referent, nouns={phrase.head})
        return ()

    def point_back(self, phrase: Phrase) -> tuple[Actor, ...]:
        """Resolve a definite noun to something named or quoted before it."""
        if self.document.within(phrase.first, phrase.last):
            return ()
        head = phrase.head
        best: Candidate | None = None
        for candidate in candidates(self.document, self.pasts, phrase.first):
            if head in candidate.nouns or (candidate.referent and head in candidate.referent.roles):
                best = candidate
                break
        if best is None:
            return ()
        return self.take(phrase, best, 0.7)

    def take(self, phrase: Phrase, candidate: Candidate, confidence: float) -> tuple[Actor, ...]:
        """Return the actors of a chosen antecedent."""
        if candidate.past:
            actors = candidate.past.actors
        elif candidate.referent:
            mention = next(
                item for item in self.document.mentions if item.referent is candidate.referent
            )
            if candidate.kind == "person":
                actors = (self.person_actor(mention, None),)
            else:
                actors = (self.named_actor(mention),)
        else:
            return ()
        moved = tuple(
            replace(
                actor,
                resolved_by="coreference" if actor.resolved_by != "unresolved" else "unresolved",
                confidence=min(actor.confidence, confidence),
            )
            for actor in actors
        )
        nouns = candidate.nouns
        return self.remember(
            phrase, *moved, referent=candidate.referent, plural=candidate.plural, nouns=nouns
        )

    # -- pronouns ----------------------------------------------------------------------------

    def pronoun(self, phrase: Phrase, source: Span) -> tuple[Actor, ...]:
        """Resolve a third-person or relative pronoun."""
        wanted = {"he": "m", "she": "f", "it": "it", "they": "they", "some": "they"}.get(
            phrase.pronoun, "who"
        )
        sentence = self.document.sentence(phrase.first)
        best: Candidate | None = None
        best_score = 0.0
        options = candidates(self.document, self.pasts, phrase.first)
        if wanted == "who":
            best = options and max(options, key=lambda item: item.index) or None
        else:
            for candidate in options:
                value = score(candidate, sentence, phrase.first, wanted=wanted)
                if value > best_score:
                    best, best_score = candidate, value
        if best is None:
            return self.remember(
                phrase, _unresolved(source.text, "no earlier name fits the pronoun")
            )
        if wanted in {"m", "f"} and best.referent and not best.referent.gender:
            best.referent.gender = wanted
        return self.take(phrase, best, 0.75)

    def first_person(
        self,
        source: Span,
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
            return (_unresolved(source.text, "no quotation with a known speaker holds the pronoun"),)
        return tuple(
            replace(actor, resolved_by="coreference", confidence=min(actor.confidence, 0.8))
            if actor.resolved_by != "unresolved"
            else actor
            for actor in resolved[best[1]]
        )


def _names_follow(document: Document, first: int, last: int) -> bool:
    return any(item.referent.kind == "person" for item in document.within(first, last))


def _source(statement: Statement) -> Span:
    if statement.source is None:
        message = "the statement has no source"
        raise ValueError(message)
    return statement.source


def _unresolved(name: str, why: str) -> Actor:
    return Actor(" ".join(name.split()), "unknown", None, "unresolved", None, 0.2, why)


__all__ = ["JOINT_SEPARATOR", "ActorResolver", "alias_key"]
