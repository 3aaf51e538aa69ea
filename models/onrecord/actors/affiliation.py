"""Whom a person or body speaks for, read from titles, demonyms and names beside it."""

from __future__ import annotations

from onrecord.actors.document import Document
from onrecord.actors.gazetteer import Entry
from onrecord.actors.mentions import Mention, Referent
from onrecord.types import Entity

_STATE_BODIES = frozenset(
    "ministry department army navy military police court parliament senate congress embassy "  # noqa: SIM905
    "treasury consulate cabinet directorate forces administration".split()
)
_AGENCIES = frozenset(
    "office bureau agency service board authority commission inspectorate".split()  # noqa: SIM905
)
_EXECUTIVE = frozenset(
    "president minister premier chancellor secretary king ambassador envoy pm treasurer".split()  # noqa: SIM905
)
_LEGISLATORS = frozenset("senator congressman congresswoman lawmaker legislator".split())  # noqa: SIM905
_REGIONAL = frozenset("governor mayor premier attorney treasurer minister comptroller".split())  # noqa: SIM905
_HEADS = frozenset(
    "executive director president chairman chairwoman chair head manager spokesman spokeswoman "  # noqa: SIM905
    "spokesperson leader founder ceo commissioner coordinator secretary chief editor owner "
    "commander member official officer representative administrator".split()
)
_ROLE_WEIGHT = {"name": 1.0, "adjective": 1.2, "people": 0.8, "capital": 1.0, "seat": 1.5}


def entity_of(referent: Referent) -> Entity:
    """Return a referent as an entity of the public contract."""
    if referent.entry:
        return referent.entry.entity
    return Entity(referent.name, referent.kind)


class Affiliations:
    """Find the state, organisation or party behind a description.

    Args:
        document: The article's names.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.gazetteer = document.gazetteer
        self.states: list[tuple[int, int, str, float]] = []
        for mention in document.mentions:
            home = mention.referent.entry.home if mention.referent.entry else ""
            if home:
                weight = _ROLE_WEIGHT[mention.role]
                if mention.referent.kind != "state":
                    weight *= 0.6
                self.states.append((mention.first, document.sentence(mention.first), home, weight))
        self._context: dict[int, Entry | None] = {}

    def context_state(self, index: int) -> Entry | None:
        """Return the state that the passage is about near a token, or None."""
        here = self.document.sentence(index)
        if here not in self._context:
            self._context[here] = self._weigh(index, here)
        return self._context[here]

    def _weigh(self, index: int, here: int) -> Entry | None:
        scores: dict[str, float] = {}
        for first, sentence, home, weight in self.states:
            distance = here - sentence
            if not -30 <= distance <= 30:  # noqa: PLR2004
                continue
            if self.document.tokens[first].start < self.document.shift:
                value = weight
            elif first < index:
                value = weight / (1.0 + 0.3 * distance)
            else:
                value = 0.5 * weight / (1.0 + 0.5 * abs(distance))
            scores[home] = scores.get(home, 0.0) + value
        if not scores:
            return None
        return self.gazetteer.entries.get(max(scores, key=lambda name: scores[name]))

    def of_organisation(self, referent: Referent) -> Entity:
        """Return whom an organisation speaks for: its state if it is a part of one, else itself."""
        if referent.entry:
            entry = referent.entry
            if entry.represents == entry.name:
                return entry.entity
            parent = self.gazetteer.entries.get(entry.represents)
            return parent.entity if parent else Entity(entry.represents, "organisation")
        base = referent.base
        if base is not None and (
            base.kind == "organisation"
            or referent.nouns & _STATE_BODIES | referent.nouns & _AGENCIES
        ):
            return self.gazetteer.entity(base.represents)
        return self.state_body(referent) or Entity(referent.name, referent.kind)

    def state_body(self, referent: Referent) -> Entity | None:
        """Return the state of a ministry, army or court that is not in the gazetteer."""
        if not referent.nouns & _STATE_BODIES or not referent.titles:
            return None
        first, last = referent.titles[0]
        entry = self.state_in(max(0, first - 3), min(last + 3, len(self.document.tokens)))
        entry = entry or self.context_state(first)
        return entry.entity if entry else None

    def state_in(self, first: int, last: int) -> Entry | None:
        """Return the first state named in a token range, as a name or an adjective."""
        for index in range(first, last):
            hit = self.document.hits.get(index)
            if hit:
                for alias in hit[1]:
                    if alias.entry.kind == "state" or alias.role == "adjective":
                        return alias.entry
        return None

    def described(self, first: int, last: int, subject: Referent | None) -> Entity | None:  # noqa: C901, PLR0911
        """Return whom someone with this description speaks for, or None when it does not say.

        Args:
            first: First token of the description.
            last: One past its last token.
            subject: The person described; their own name is no evidence.
        """
        words = self.document.words
        keys = [token.key for token in self.document.tokens[first:last]]
        roles = set(keys) & (words["title"] | words["official"])
        private = bool(set(keys) & words["private"])
        mentions = [
            item for item in self.document.within(first, last) if item.referent is not subject
        ]
        state = self.state_in(first, last)
        region = self._region(first, last, mentions, roles, subject)
        if region:
            return region
        party = self._party(mentions, keys)
        if party and not (state and roles & _EXECUTIVE):
            return party
        if "opposition" in keys and not party:
            home = state or self.context_state(first)
            return Entity(f"{home.adjective} opposition", "group") if home else None
        if private and not roles & words["official"]:
            return None
        if state and roles & {"ambassador", "envoy"}:
            return state.entity
        bodies = [
            item.referent
            for item in mentions
            if item.referent.kind in {"organisation", "media"}
            and not (item.referent.entry and "party" in item.referent.nouns)
        ]
        if bodies and (roles or self._linked(first, mentions, bodies[0])):
            return self.of_organisation(bodies[0])
        if {"former", "ex-president", "late"} & set(keys):
            return None
        inner = self._lower_body(first, last, roles)
        if inner:
            return inner
        if state and roles & _LEGISLATORS:
            return state.entity
        if state and roles & words["official"]:
            return state.entity
        return self._headed(first, last, subject) or self._before_role(first, last, subject)

    def _linked(self, first: int, mentions: list[Mention], body: Referent) -> bool:
        """Whether "of" or "from" ties a person to a body ("Ada Lund of the Baltic Council")."""
        for item in mentions:
            if item.referent is not body:
                continue
            before = item.first - 1
            if before > first and self.document.tokens[before].key == "the":
                before -= 1
            return before > first and self.document.tokens[before].key in {"of", "from"}
        return False

    def _lower_body(self, first: int, last: int, roles: set[str]) -> Entity | None:
        """Return the body in "head of the dockers' union", "for the defence ministry"."""
        tokens, words = self.document.tokens, self.document.words
        if not roles:
            return None
        for index in range(first, last - 2):
            if tokens[index].key not in words["title"] or tokens[index + 1].key not in {
                "of",
                "for",
                "at",
                "from",
            }:
                continue
            start = index + 2 + (tokens[index + 2].key in {"the", "a", "an"})
            for end in range(start, min(start + 5, last)):
                key = tokens[end].key
                if tokens[end].text in {",", "."} or tokens[end].capital:
                    break
                if key in words["state_body"]:
                    home = self.state_in(first, last) or self.context_state(first)
                    return home.entity if home else None
                if key in words["nominal_organisation"]:
                    return Entity(self.document.surface(start, end + 1), "organisation")
        return None

    def _party(self, mentions: list[Mention], keys: list[str]) -> Entity | None:
        for mention in mentions:
            if mention.referent.nouns & {"party"} or "party" in mention.referent.name.lower():
                return entity_of(mention.referent)
        for key in keys:
            if key.startswith("r-"):
                return self.gazetteer.entity("Republican Party")
            if key.startswith("d-"):
                return self.gazetteer.entity("Democratic Party")
        return None

    def _region(
        self,
        first: int,
        last: int,
        mentions: list[Mention],
        roles: set[str],
        subject: Referent | None,
    ) -> Entity | None:
        """Return the city or region of a mayor, governor or premier."""
        if not roles & _REGIONAL:
            return None
        for mention in mentions:
            if mention.referent.kind == "region":
                return entity_of(mention.referent)
        tokens = self.document.tokens
        for index in range(first, last):
            if tokens[index].key != "mayor":
                continue
            start = index
            while start > first and tokens[start - 1].capital:
                start -= 1
            if start < index:
                return Entity(self.document.surface(start, index), "organisation")
            if index + 2 < last and tokens[index + 1].key == "of" and tokens[index + 2].capital:
                end = self._place_end(index + 2, subject)
                return Entity(self.document.surface(index + 2, end), "organisation")
        if roles & {"governor", "mayor"}:
            return self._place_of("governor" if "governor" in roles else "mayor")
        return None

    def _place_end(self, start: int, subject: Referent | None) -> int:
        """Return where a title's place ends: with its run, or before the name it belongs to."""
        end = self.document.run_end(start)
        named = [
            item.first for item in self.document.within(start, end) if item.referent is subject
        ]
        return min([end, *named])

    def _place_of(self, role: str) -> Entity | None:
        """Return the one place whose mayor or governor the article speaks of, or None."""
        tokens = self.document.tokens
        if role == "governor":
            for mention in self.document.mentions:
                if mention.referent.kind == "region":
                    return entity_of(mention.referent)
            return None
        for index in range(len(tokens) - 2):
            if (
                tokens[index].key == role
                and tokens[index + 1].key == "of"
                and tokens[index + 2].capital
            ):
                end = self.document.run_end(index + 2)
                return Entity(self.document.surface(index + 2, end), "organisation")
        return None

    def _headed(self, first: int, last: int, subject: Referent | None) -> Entity | None:
        """Return the body in "chief executive of Hutt Valley DHB" though no list knows it."""
        tokens = self.document.tokens
        for index in range(first, last - 2):
            if tokens[index].key not in _HEADS or tokens[index + 1].key not in {"of", "for", "at"}:
                continue
            start = index + 2
            if tokens[start].key in {"the", "a"} and start + 1 < last:
                start += 1
            if not tokens[start].capital or start in self.document.hits:
                continue
            end = min(self._place_end(start, subject), last)
            inside = self.document.within(start, end)
            if any(item.referent.kind == "person" and item.referent.sure for item in inside):
                continue
            if all(token.key in self.document.words["portfolio"] for token in tokens[start:end]):
                continue  # "Secretary of State": an office, no body; nothing before a name
            return Entity(self.document.surface(start, end), "organisation")
        return None

    def _before_role(self, first: int, last: int, subject: Referent | None) -> Entity | None:
        """Return the body in "Walmart chief executive H. L. Orne" though no list knows it."""
        tokens, words = self.document.tokens, self.document.words
        for index in range(first + 1, last):
            if tokens[index].key not in _HEADS:
                continue
            end = index
            while end > first and (
                tokens[end - 1].key in words["title"]
                or tokens[end - 1].key in words["portfolio"]
                or tokens[end - 1].key == "'s"
            ):
                end -= 1
            start = end
            while (
                start > first
                and tokens[start - 1].capital
                and start - 1 not in self.document.covered
            ):
                start -= 1
            if start == end or tokens[start].key in words["stop_caps"] | words["soft_caps"]:
                continue
            inside = self.document.within(start, end)
            if any(item.referent is subject for item in inside):
                continue
            if any(item.referent.kind == "person" and item.referent.sure for item in inside):
                continue
            opens = self.document.sentences[self.document.sentence(start)] == tokens[start].start
            verb = tokens[end].capital or tokens[start].key.endswith(("ing", "ed"))
            if opens and verb and end - start == 1 and tokens[start].text[1:].islower():
                continue  # "Thanking President Ruiz": a verb, not a body
            common = words["portfolio"] | words["organisation"] | words["private"] | words["title"]
            if all(token.key in common for token in tokens[start:end]):
                continue
            return Entity(self.document.surface(start, end), "organisation")
        return None

    def principal(self, first: int, last: int, subject: Referent | None) -> Referent | None:
        """Return whose aide, spokesman or lawyer someone is, when that is a person."""
        tokens = self.document.tokens
        for item in self.document.within(first, last):
            if item.referent.kind != "person" or item.referent is subject:
                continue
            after = tokens[item.last].key if item.last < last else ""
            before = tokens[item.first - 1].key if item.first > first else ""
            if after in {"'s", "aide", "spokesman", "spokeswoman", "adviser", "advisor"}:
                return item.referent
            if before in {"to", "for", "president", "minister", "mr", "king"}:
                return item.referent
        return None
