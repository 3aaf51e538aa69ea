"""One article while it is being resolved: its names, and the sources resolved so far."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from onrecord.actors.affiliation import Affiliations, entity_of
from onrecord.actors.antecedent import Candidate, Past
from onrecord.actors.describe import undotted
from onrecord.actors.document import Document
from onrecord.actors.gazetteer import Gazetteer, Holder
from onrecord.actors.mentions import Mention, Referent
from onrecord.actors.phrase import Phrase
from onrecord.actors.principal import Described, Option, best, options, other_ranges
from onrecord.actors.priors import OWN, Priors
from onrecord.actors.registered import registered_body
from onrecord.actors.registry import ActorRegistry
from onrecord.actors.surroundings import Surroundings
from onrecord.actors.text import fold
from onrecord.types import Actor, Article, Entity

if TYPE_CHECKING:
    from onrecord.actors.pointing import Pointed
    from onrecord.actors.wordings import Suggestion

NO_NAME = "the text gives no name, only a description"


class Reading:
    """The state of one resolution.

    Args:
        article: The article.
        gazetteer: Known names.
        registry: The user's aliases.
    """

    def __init__(self, article: Article, gazetteer: Gazetteer, registry: ActorRegistry) -> None:
        self.gazetteer = gazetteer
        self.priors = Priors(article, registry)
        self.document = Document(article, gazetteer)
        self.affiliations = Affiliations(self.document)
        self.words = gazetteer.words
        self.year = self.document.year
        self.pasts: list[Past] = []
        self._surroundings: Surroundings | None = None
        self.watch: Callable[[list[Option]], None] | None = None  # training looks through it
        self.watch_names: Callable[[list[Suggestion]], None] | None = None
        self.watch_pointing: Callable[[list[Pointed]], None] | None = None

    @property
    def surroundings(self) -> Surroundings:
        """The unlisted bodies of the article, found when first asked for."""
        if self._surroundings is None:
            self._surroundings = Surroundings(self.document)
        return self._surroundings

    def remember(
        self,
        phrase: Phrase,
        *actors: Actor,
        referent: Referent | None = None,
        plural: bool = False,
        nouns: set[str] | None = None,
    ) -> tuple[Actor, ...]:
        """Note a resolved source for later pronouns and nouns; return its actors."""
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

    def principal(self, who: Described) -> Entity | None:
        """Return whom an actor speaks for, chosen among all that the article suggests."""
        referent = who.referent
        bare = referent is not None and who.last - who.first <= len(referent.name.split())
        if referent is not None and bare and self.watch is None and referent.principal:
            proposed, chosen = referent.principal
            if proposed == who.rule:
                return chosen
        own = self._own_body(who, bare=bare)
        if own:
            own = replace(own, confidence=OWN)
            if referent is not None:
                referent.represents, referent.principal = (own,), (own, own)
            return own
        found = options(self, who)
        if self.watch:
            self.watch(found)
        chosen = best(found)
        if (
            chosen
            and not chosen.id
            and who.kind == "person"
            and fold(chosen.name) == fold(who.name)
        ):
            chosen = replace(chosen, kind="person")  # who speaks for oneself is no organisation
        if referent is not None:
            referent.principal = (who.rule, chosen)
        return chosen

    def _own_body(self, who: Described, *, bare: bool) -> Entity | None:
        """Return the user's actor for whom somebody speaks, by this or an earlier description."""
        if not self.priors.has_registry or (bare and who.kind != "person"):
            return None
        ranges = [(who.first, who.last), *(other_ranges(self, who) if bare else ())]
        found = (registered_body(self, first, last, who.referent) for first, last in ranges)
        return next((body for body in found if body), None)

    def own_entity(self, entity: Entity) -> Entity:
        """Return whom an actor represents as the registry, the metadata or the gazetteer has it."""
        entry = self.gazetteer.find(entity.name) if entity.kind == "unknown" else None
        known = replace(entry.entity, name=entity.name) if entry else entity
        return replace(self.priors.entity(known), confidence=entity.confidence)

    # -- people ------------------------------------------------------------------------------

    def person_actor(self, mention: Mention, phrase: Phrase | None = None) -> Actor:
        """Return the actor of a person's mention."""
        referent = mention.referent
        holder = self.holder_of(referent)
        name = holder.name if holder else referent.name
        rule = self._person_represents(referent, holder, phrase, mention)
        first, last = (phrase.first, phrase.last) if phrase else (mention.first, mention.last)
        actor = Actor(
            name,
            "person",
            holder.id if holder else None,
            "named",
            self.principal(Described(name, "person", first, last, referent, rule)),
            0.9 if " " in name else 0.6,
        )
        return self.priors.apply(actor, referent.name)

    def holder_of(self, referent: Referent) -> Holder | None:
        """Return the office-holder that a name means here, or None."""
        found = self.gazetteer.holders.get(fold(referent.name))
        if not found:
            parts = [part for part in fold(referent.name).split() if part not in {"jr", "sr"}]
            if len(parts) < 3:  # noqa: PLR2004
                return None
            found = self.gazetteer.holders.get(f"{parts[0]} {parts[-1]}")
            if not found:
                return None
        serving = [item for item in found if item.serves(self.year)]
        if " " not in referent.name:
            serving = self.gazetteer.bearers(
                fold(referent.name),
                self.year,
                self.document.home_counts,
                self.document.lexicon.names,
            )
        if not serving and " " in referent.name:
            serving = found
        if len({item.name for item in serving}) > 1:
            serving = [item for item in serving if item.represents in self.document.home_counts]
        if len({item.name for item in serving}) != 1:
            return None
        if " " not in referent.name and referent.gender:
            given = self.gazetteer.genders.get(fold(serving[0].name.split()[0]), "")
            if given and given != referent.gender:
                return None
        return serving[0]

    def _person_represents(
        self, referent: Referent, holder: Holder | None, phrase: Phrase | None, mention: Mention
    ) -> Entity | None:
        """Return whom a person speaks for, from the text first, then the gazetteer."""
        if phrase is not None:
            found = self.affiliations.described(phrase.first, phrase.last, referent)
            if found and found.kind == "group" and holder and holder.represents:
                found = self.gazetteer.entity(holder.represents)  # "the opposition leader"
            if found:
                referent.represents = (found,)  # the latest title counts from here on
                return found
            principal = self.affiliations.principal(phrase.first, phrase.last, referent)
            if principal and phrase.last - phrase.first > 2:  # noqa: PLR2004
                return self._person_represents(principal, self.holder_of(principal), None, mention)
        if referent.represents is None and holder and holder.represents and self.year:
            referent.represents = (self.gazetteer.entity(holder.represents),)
        if referent.represents is None:
            referent.represents = (self._from_mentions(referent, holder, mention),)
        return referent.represents[0]

    def _from_mentions(
        self, referent: Referent, holder: Holder | None, mention: Mention
    ) -> Entity | None:
        ranges = [self.description(other) for other in self.document.mentions_of(referent)]
        for first, last in referent.titles:
            found = self.affiliations.described(first, last, referent)
            if found:
                return found
        for other, (first, last) in zip(self.document.mentions_of(referent), ranges, strict=True):
            if last - first > other.last - other.first:
                found = self.affiliations.described(first, last, referent)
                if found and found.kind == "group" and holder and holder.represents:
                    break
                if found:
                    return found
        if holder and holder.represents:
            return self.gazetteer.entity(holder.represents)
        if referent.roles & self.words["official"] and "former" not in referent.roles:
            state = self.affiliations.context_state(mention.first)
            if state:
                return state.entity
        return None

    def description(self, mention: Mention) -> tuple[int, int]:
        """Return the token range of a mention with its titles and its apposition."""
        tokens, words = self.document.tokens, self.words
        sentence = self.document.sentence(mention.first)
        first = mention.first
        while first > 0 and mention.first - first < 12:  # noqa: PLR2004
            token = tokens[first - 1]
            if (
                not (
                    (token.capital and token.key not in words["stop_caps"])
                    or token.key in words["title"]
                    or token.key in words["portfolio"]
                    or token.key in _TITLE_LINKS
                )
                or self.document.sentence(first - 1) != sentence
            ):
                break
            if first == mention.first and self._plain_place(first - 1):
                break  # "in Japan Rice said": a place, not a title
            first -= 1
        while first < mention.first and tokens[first].key in {"of", "for", "the", "and", "'s"}:
            first += 1
        last = mention.last
        if last < len(tokens) and tokens[last].text == ",":
            stop = last + 1
            while stop < len(tokens) and stop - last < 18 and tokens[stop].text not in _STOPS:  # noqa: PLR2004
                stop += 1
            inner = {token.key for token in tokens[last + 1 : min(stop, last + 12)]}
            if inner & words["title"] and tokens[last + 1].key not in {"who", "said", "and"}:
                last = stop
        return first, last

    def _plain_place(self, index: int) -> bool:
        """Whether a token ends the name, not the adjective, of a place."""
        start = self.document.covered.get(index)
        if start is None:
            return False
        return self.document.choose(self.document.hits[start][1]).role in {"name", "capital"}

    # -- organisations and states ------------------------------------------------------------

    def named_actor(self, mention: Mention) -> Actor:
        """Return the actor of a named organisation or state."""
        surface = self.document.surface(mention.first, mention.last)
        return self.priors.apply(self._named_actor(mention), surface)

    def _named_actor(self, mention: Mention) -> Actor:
        referent = mention.referent
        entity = entity_of(referent)
        if mention.role == "capital" and entity.kind == "state":
            return Actor(entity.name, entity.kind, entity.id, "metonym", entity, 0.85)
        if mention.role == "seat":
            owner = self.affiliations.of_organisation(referent)  # of Capitol Hill, the state
            return Actor(entity.name, entity.kind, entity.id, "metonym", owner, 0.85)
        if mention.role == "people":
            name = self.document.surface(mention.first, mention.last)
            represents = None if entity.kind == "state" else entity
            return Actor(name, "group", None, "named", represents, 0.6)
        represents = self.affiliations.of_organisation(referent)
        if referent.entry is None:
            actor = self._unlisted(referent, represents)
        else:
            actor = Actor(entity.name, entity.kind, entity.id, "named", represents, 0.9)
        if actor.kind not in {"organisation", "media"}:
            return actor
        who = Described(
            actor.name, actor.kind, mention.first, mention.last, referent, actor.represents
        )
        return replace(actor, represents=self.principal(who))

    def _unlisted(self, referent: Referent, represents: Entity) -> Actor:
        """Return an unlisted body; "the Supreme Court" is the "Thai Supreme Court" in Thailand."""
        name = undotted(_AMERICAN.sub("US ", referent.name))
        article = referent.mentions and referent.mentions[0] > 0
        if (
            article
            and name.split()[-1].lower() in _PAPERS
            and self.document.tokens[referent.mentions[0] - 1].key == "the"
        ):
            named = Entity(f"The {name}", "media")
            return Actor(named.name, "media", None, "named", named, 0.7)
        home = self.gazetteer.entries.get(represents.name)
        if home and home.kind == "state" and home.adjective and referent.base is None:
            first, last = referent.titles[0] if referent.titles else (0, 0)
            if not self.affiliations.state_in(first, last):
                name = f"{home.adjective} {name}"
        entry = self.gazetteer.find(name)
        if entry and entry.kind != "state":
            represents = self.gazetteer.entity(entry.represents)
            return Actor(entry.name, entry.kind, entry.id, "named", represents, 0.85)
        found = _ADMINISTRATION.fullmatch(referent.name)
        if found and self.gazetteer.bearers(
            fold(found[1]), self.year, self.document.home_counts, self.document.lexicon.names
        ):
            name = f"{found[1]} administration"
        return Actor(name, referent.kind, None, "named", represents, 0.7)

    # -- reuse -------------------------------------------------------------------------------

    def candidate_actors(self, candidate: Candidate) -> tuple[Actor, ...]:
        """Return the actors of an antecedent."""
        if candidate.past:
            return candidate.past.actors
        if candidate.referent is None:
            return ()
        mention = self.document.mentions_of(candidate.referent)[0]
        if candidate.kind == "person":
            return (self.person_actor(mention),)
        return (self.named_actor(mention),)

    def take(self, phrase: Phrase, candidate: Candidate, confidence: float) -> tuple[Actor, ...]:
        """Resolve a phrase to a chosen antecedent."""
        actors = moved(self.candidate_actors(candidate), confidence)
        return self.remember(
            phrase,
            *actors,
            referent=candidate.referent,
            plural=candidate.plural,
            nouns=candidate.nouns,
        )


_TITLE_LINKS = frozenset(
    "of for the and 's & former press prime vice deputy news general senior".split()  # noqa: SIM905
)
_STOPS = frozenset({",", ".", ";", "(", '"', "“"})


_PAPERS = frozenset(
    "times post herald sun guardian telegraph tribune journal independent mirror star mail globe "  # noqa: SIM905
    "register economist observer inquirer atlantic".split()
)
_ADMINISTRATION = re.compile(r"(\w+)(?:-\w+)? Administration")
_AMERICAN = re.compile(r"^(?:U\.S\.|United States|USA) (?=[A-Z])")


def moved(actors: tuple[Actor, ...], confidence: float) -> tuple[Actor, ...]:
    """Return actors as found by coreference; unresolved ones stay unresolved."""
    return tuple(
        replace(
            actor,
            resolved_by=actor.resolved_by if actor.resolved_by == "unresolved" else "coreference",
            confidence=min(actor.confidence, confidence),
        )
        for actor in actors
    )


def unresolved(name: str, why: str) -> Actor:
    """Return an actor of whom only a description is known."""
    return Actor(" ".join(name.split()), "unknown", None, "unresolved", None, 0.2, why)
