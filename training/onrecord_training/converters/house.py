"""House JSONL: the project's own format.

Spans may be objects with their words (`{"start", "end", "text"}`); those can be repaired.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from onrecord_training.converters.draft import ROLES, Draft, Group, Item, Mention, Skip
from onrecord_training.converters.reading import files, json_lines, rest, span_mention
from onrecord_training.corpus import parse_statement

_REFUSED = ("rejected", "discarded")


def read(path: Path) -> Iterator[Item]:
    """Yield the records of a file or of a folder of `.jsonl` files."""
    for file in files(path, ".jsonl"):
        yield from json_lines(file, _record)


def _record(raw: dict[str, Any], line: int) -> Iterator[Item]:
    if raw.get("status") in _REFUSED:
        yield Skip(line, f"status is {raw['status']}")
        return
    text = raw["text"]
    mentions: list[Mention] = []
    groups = []
    for number, statement in enumerate(raw["statements"]):
        roles: dict[str, tuple[str, ...]] = {}
        for role in ROLES:
            found = _spans(statement, role, f"{number}")
            mentions += found
            roles[role] = tuple(mention.id for mention in found)
        groups.append(Group(roles, _attributes(statement)))
    yield Draft(
        line=line,
        id=str(raw["id"]) if raw.get("id") is not None else None,
        text=text,
        mentions=tuple(mentions),
        groups=tuple(groups),
        annotator=raw.get("annotator"),
        extra=rest(raw, "id", "text", "statements", "annotator", "processing", "model"),
    )


def _spans(statement: Mapping[str, Any], role: str, prefix: str) -> list[Mention]:
    value = statement.get(f"{role}_parts") or statement.get(role)
    if not value:
        return []
    many = isinstance(value, list) and not isinstance(value[0], int)
    return [
        span_mention(item, mention_id=f"{prefix}.{role}.{part}", label=role)
        for part, item in enumerate(value if many else [value])
    ]


def _attributes(statement: Mapping[str, Any]) -> dict[str, Any]:
    """Return everything but the spans, with the actor as a name, as `parse_statement` reads it."""
    bare = {
        key: value for key, value in statement.items() if key.removesuffix("_parts") not in ROLES
    }
    checked = parse_statement({**bare, "cue": [0, 1]}, "x", stances=())
    return {
        **bare,
        "actor": checked.actor,
        "represents": checked.represents,
    }
