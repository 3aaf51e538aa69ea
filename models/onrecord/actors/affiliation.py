"""Whom a person or body speaks for, read from titles, demonyms and names beside it."""

from __future__ import annotations

from onrecord.actors.document import Document, Referent
from onrecord.actors.gazetteer import Entry
from onrecord.types import Entity


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
        self.states = self._state_mentions()

    def _state_mentions(self) -> list[tuple[int, int, Entry, str]]:
        return [
            (mention.first, self.document.sentence(mention.first), mention.referent.entry, mention.role)
            for mention in self.document.mentions
            if mention.referent.entry is not None and mention.referent.entry.kind == "state"
        ]

    def context_state(self, index: int) -> Entry | None:
        """Return the state that the passage is about near a token, or None."""
        here = self.document.sentence(index)
        scores: dict[str, float] = {}
        entries: dict[str, Entry] = {}
        role_weight = {"name": 1.0, "adjective": 1.2, "people": 0.8, "capital": 1.0, "seat": 1.5}
        for first, sentence, entry, role in self.states:
            distance = here - sentence
            if distance < -40 or distance > 40:
                continue
            weight = role_weight[role]
            if first < index:
                weight *= 1.0 / (1.0 + 0.3 * distance)
            else:
                weight *= 0.5 / (1.0 + 0.5 * abs(distance))
            if self.document.tokens[first].start < self.document.shift:
                weight = 1.0
            scores[entry.name] = scores.get(entry.name, 0.0) + weight
            entries[entry.name] = entry
        if not scores:
            return None
        return entries[max(scores, key=lambda name: scores[name])]

    def of_organisation(self, referent: Referent) -> Entity | None:
        """Return whom an organisation speaks for: its state if it is a part of one, else itself."""
        if referent.entry:
            entry = referent.entry
            parent = self.gazetteer.entries.get(entry.represents)
            return parent.entity if parent else Entity(entry.represents, "organisation")
        state = self.state_body(referent)
        return state or Entity(referent.name, referent.kind)

    def state_body(self, referent: Referent) -> Entity | None:
        """Return the state of a ministry, army or court that is not in the gazetteer."""
        if not referent.nouns & _STATE_BODIES or not referent.mentions:
            return None
        for first, last in referent.titles:
            entry = self.state_in(max(0, first - 3), min(last + 3, len(self.document.tokens)))
            if entry:
                return entry.entity
        first = referent.titles[0][0] if referent.titles else 0
        entry = self.context_state(first)
        return entry.entity if entry else None

    def state_in(self, first: int, last: int) -> Entry | None:
        """Return the first state named in a token range, as a name or an adjective."""
        for index in range(first, last):
            hit = self.document.hits.get(index)
            if hit:
                for alias in hit[1]:
                    if alias.entry.kind == "state":
                        return alias.entry
        return None

    def described(self, first: int, last: int, roles: set[str]) -> Entity | None:
        """Return whom a person with this description speaks for, or None when it does not say.

        Args:
            first: First token of the description.
            last: One past its last token.
            roles: Folded title words found in it.
        """
        words = self.document.words
        keys = {token.key for token in self.document.tokens[first:last]}
        found = [
            mention.referent
            for mention in self.document.within(first, last)
            if mention.referent.kind in {"organisation", "media"}
        ]
        if roles & words["private"] and not roles & words["official"]:
            return None
        if keys & {"former", "ex-president", "late"} and not found:
            return None
        if found:
            return self.of_organisation(found[0])
        state = self.state_in(first, last)
        if state and roles & words["official"]:
            return state.entity
        return None


_STATE_BODIES = frozenset(
    "ministry department army navy military police court parliament senate congress embassy "
    "treasury consulate cabinet directorate forces administration".split()
)
