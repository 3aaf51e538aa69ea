"""What comes before the gazetteer: the user's registry, then the article's own ninjs metadata."""

from __future__ import annotations

import re
from collections.abc import Mapping
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
        found = self.registered(*surfaces, actor.name)
        if found:
            return from_registry(found)
        for surface in (actor.name, *surfaces):
            key = alias_key(surface)
            entity = self._tagged.get(key)
            if entity is None and actor.kind == "person":
                entity = self._surnames.get(key)
            if entity is not None:
                return replace(
                    actor,
                    name=entity.name,
                    kind=entity.kind if actor.kind == "unknown" else actor.kind,
                    id=entity.id or actor.id,
                    confidence=max(actor.confidence, 0.95),
                )
        return actor


def from_registry(found: Registered) -> Actor:
    """Return the actor of a registry row."""
    entity = found.entity
    return Actor(entity.name, entity.kind, entity.id, "alias", found.represents, 0.99)
