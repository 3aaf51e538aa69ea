from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from onrecord.actors import ActorRegistry, ActorResolver
from onrecord.types import Actor, Article, Span, Statement

Resolve = Callable[..., list[tuple[Actor, ...]]]


@pytest.fixture
def resolve() -> Resolve:
    """Resolve sources that are given as substrings, each looked for after the one before."""

    def run(
        text: str,
        *sources: str,
        registry: ActorRegistry | None = None,
        own: ActorRegistry | None = None,
        contents: dict[int, str] | None = None,
        **fields: Any,
    ) -> list[tuple[Actor, ...]]:
        statements = []
        start = 0
        for number, source in enumerate(sources):
            start = text.index(source, start)
            end = start + len(source)
            quoted = (contents or {}).get(number)
            parts = ()
            if quoted:
                at = text.index(quoted)
                parts = (Span(at, at + len(quoted), quoted),)
            statements.append(
                Statement(
                    id=f"t:{number}",
                    cue=Span(end, end, ""),
                    source=Span(start, end, source),
                    content=parts,
                    target=None,
                    stance="states",
                    conditional=False,
                    quotation="indirect",
                    confidence=1.0,
                )
            )
            start = end
        return ActorResolver(registry).resolve(Article(text, registry=own, **fields), statements)

    return run
