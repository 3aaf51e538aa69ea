"""Who is behind a source: the resolver and the user's registry."""

from __future__ import annotations

from collections.abc import Sequence

from onrecord.types import Actor, Article, Statement


class ActorRegistry:
    """A user's own actors."""


class ActorResolver:
    """Resolves sources to actors."""

    def __init__(self, registry: ActorRegistry | None = None) -> None:
        self._registry = registry

    def resolve(
        self, article: Article, statements: Sequence[Statement]
    ) -> list[tuple[Actor, ...]]:
        """Return the actors of each statement."""
        del article
        return [
            (Actor(item.source.text, why="not implemented"),) if item.source else ()
            for item in statements
        ]
