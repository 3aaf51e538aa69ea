"""What comes before the gazetteer: the user's registry, then the article's own ninjs metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from onrecord.actors.registry import ActorRegistry, Registered, alias_key
from onrecord.types import Actor, Article, Entity

_WIKIDATA = re.compile(r"(?:^|/|:)(Q[1-9]\d*)$")
_LISTS = (
    ("people", "person"),
    ("organisations", "organisation"),
    ("organizations", "organisation"),
)


OWN = 0.99  # confidence in what the user says


class Priors:
    """Actors that someone has already named for this article.

    Args:
        article: Its `extra` may hold ninjs `people` and `organisations`; entries that are not
            objects with a name are passed over, for metadata is never a reason to fail.
        registry: The user's aliases; they win.
    """

    def __init__(self, article: Article, registry: ActorRegistry) -> None:
        self._registry = registry
        self._tagged: dict[str, Entity] = {}
        self._surnames: dict[str, Entity | None] = {}
        for field, kind in _LISTS:
            entries = article.extra.get(field)
            for entry in entries if isinstance(entries, list) else ():
                self._tag(entry, kind)

    def _tag(self, entry: Any, kind: str) -> None:
        if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
            return
        name = " ".join(entry["name"].split())
        uri = entry.get("uri")
        found = _WIKIDATA.search(uri) if isinstance(uri, str) else None
        key = alias_key(name)
        if not key:
            return
        entity = Entity(name, kind, found[1] if found else None)
        self._tagged.setdefault(key, entity)
        surname = key.split(" ")[-1]
        if kind == "person" and surname != key:
            # Two tagged people of one surname: the surname alone says nothing.
            taken = surname in self._surnames
            self._surnames[surname] = None if taken else entity

    @property
    def has_registry(self) -> bool:
        """Whether the user has named any actor."""
        return len(self._registry) > 0

    def occurrences(self, keys: Sequence[str]) -> Iterator[tuple[int, int, Registered]]:
        """Yield where the user's aliases stand among folded words."""
        return self._registry.occurrences(keys)

    def registered(self, *surfaces: str) -> Registered | None:
        """Return the registry's actor for the first surface that it knows, or None."""
        if not len(self._registry):
            return None
        for surface in surfaces:
            found = self._registry.find(surface)
            if found:
                return found
        return None

    def apply(self, actor: Actor, *surfaces: str) -> Actor:
        """Return an actor as the registry or the metadata has it.

        Args:
            actor: What the text and the gazetteer say.
            surfaces: Ways in which the article names the actor, beside the actor's own name.
        """
        found = self.registered(*surfaces, actor.name) or self._by_surname(actor, *surfaces)
        if found:
            return from_registry(found)
        for surface in (actor.name, *surfaces):
            key = alias_key(surface)
            entity = self._tagged.get(key)
            if entity is None and actor.kind == "person":
                entity = self._surnames.get(key)
            if entity is not None:
                known = replace(
                    actor,
                    name=entity.name,
                    kind=entity.kind if actor.kind == "unknown" else actor.kind,
                    id=entity.id or actor.id,
                    confidence=max(actor.confidence, 0.95),
                )
                itself = actor.represents is not None and actor.represents.name == actor.name
                if not itself:
                    return known
                return replace(known, represents=Entity(known.name, known.kind, known.id))
        return actor

    def _by_surname(self, actor: Actor, *surfaces: str) -> Registered | None:
        """Return the registry's person of whom the article gives a fuller name, or None."""
        if actor.kind != "person" or not self.has_registry:
            return None
        for surface in (*surfaces, actor.name):
            name = alias_key(surface).split(" ")
            found = self._registry.find(name[-1])
            if found and found.entity.kind in {"person", "unknown"}:
                known = alias_key(found.entity.name).split(" ")
                if _one_person(name, known):
                    return found
        return None

    def by_name(self, name: str) -> Registered | None:
        """Return the registry's actor for a name that is not a row's own and no common noun."""
        if self._registry.named(name) or name.islower():
            return None
        return self._registry.find(name)

    def entity(self, entity: Entity) -> Entity:
        """Return an entity as the registry or the metadata has it."""
        own = self._registry.named(entity.name)
        if own is None and entity.kind != "unknown":  # else the user's own wording
            found = self.by_name(entity.name)
            own = found.entity if found else None
        key = alias_key(entity.name)
        if own is None:
            own = self._tagged.get(key)
            if own is None or (own.kind == "person") != (entity.kind == "person"):
                return entity
        if alias_key(own.name) != key:
            return own
        kind = entity.kind if own.kind == "unknown" else own.kind
        return Entity(own.name, kind, own.id or entity.id)


def _one_person(name: list[str], known: list[str]) -> bool:
    """Whether two folded names that may end alike give no two first names."""
    first, others = name[:-1], [part for part in known if part not in {name[-1], ","}]
    if not first or not others or name[-1] not in known:
        return True
    return any(a.startswith(b) or b.startswith(a) for a in first for b in others)


def from_registry(found: Registered) -> Actor:
    """Return the actor of a registry row."""
    entity = found.entity
    represents = found.represents and replace(found.represents, confidence=OWN)
    return Actor(entity.name, entity.kind, entity.id, "alias", represents, OWN)
