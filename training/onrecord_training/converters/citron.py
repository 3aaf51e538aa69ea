"""Citron's annotation format: quotes with a cue, sources and contents; no stance, no target."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from onrecord_training.converters.draft import Draft, Group, Item, Mention
from onrecord_training.converters.reading import files, json_lines, rest, span_mention


def read(path: Path) -> Iterator[Item]:
    """Yield the documents of `.json` or `.jsonl` files, or of a folder of them."""
    for file in files(path, ".json", ".jsonl"):
        yield from json_lines(file, lambda raw, line, stem=file.stem: _document(raw, line, stem))  # type: ignore[misc]


def _document(raw: dict[str, Any], line: int, stem: str) -> Iterator[Item]:
    mentions: list[Mention] = []
    groups = []
    for number, quote in enumerate(raw["quotes"]):
        roles: dict[str, tuple[str, ...]] = {}
        given = {
            "cue": [quote["cue"]] if quote.get("cue") else [],
            "source": quote.get("sources") or [],
            "content": quote.get("contents") or [],
        }
        for role, spans in given.items():
            found = [
                span_mention(span, mention_id=f"{number}.{role}.{part}", label=role)
                for part, span in enumerate(spans)
            ]
            mentions += found
            roles[role] = tuple(mention.id for mention in found)
        groups.append(Group(roles))
    name = raw.get("id") or f"{stem}-{line}"
    yield Draft(
        line=line,
        id=str(name),
        text=raw["text"],
        mentions=tuple(mentions),
        groups=tuple(groups),
        extra=rest(raw, "id", "text", "quotes"),
    )
