"""Prodigy JSONL: accepted answers with spans and relations in, pre-annotated tasks out.

Spans have no ids; a relation repeats the offsets and the label of its two spans. As in doccano the
stance is the label of the cue. Only `"answer": "accept"` is kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from onrecord_training.converters.draft import ROLES, Draft, Item, Link, Mention, Skip
from onrecord_training.converters.reading import files, json_lines, rest
from onrecord_training.corpus import Offsets, Record
from onrecord_training.fragments import tokenize

_USED = ("id", "text", "tokens", "spans", "relations", "answer", "_annotator_id", "meta")
_OWN = ("_input_hash", "_task_hash", "_session_id", "_view_id", "_is_binary", "_timestamp")


def read(path: Path) -> Iterator[Item]:
    """Yield the accepted tasks of `db-out` files."""
    for file in files(path, ".jsonl", ".json"):
        yield from json_lines(file, _task)


def _task(raw: dict[str, Any], line: int) -> Iterator[Item]:
    answer = raw.get("answer", "accept")
    if answer != "accept":
        yield Skip(line, f"answer is {answer}")
        return
    text = raw["text"]
    mentions = {}
    for span in raw.get("spans") or []:
        mention = _mention(span)
        mentions[mention.id] = mention
    links = []
    for relation in raw.get("relations") or []:
        ends = [_mention(relation[end]) for end in ("head_span", "child_span")]
        for end in ends:
            mentions.setdefault(end.id, end)
        links.append(Link(ends[0].id, ends[1].id, relation.get("label") or ""))
    name = raw.get("id", (raw.get("meta") or {}).get("id", raw.get("_input_hash")))
    who = raw.get("_annotator_id") or raw.get("_session_id")
    yield Draft(
        line=line,
        id=str(name) if name is not None else None,
        text=text,
        mentions=tuple(mentions.values()),
        links=tuple(links),
        annotator=str(who) if who is not None else None,
        extra={**(raw.get("meta") or {}), **rest(raw, *_USED, *_OWN)},
    )


def _mention(span: Mapping[str, Any]) -> Mention:
    start, end, label = span["start"], span["end"], span.get("label")
    labels = (str(label),) if label else ()
    return Mention(f"{start}-{end}-{label}", start, end, labels, span.get("text"))


def write(records: Iterable[Record], path: Path) -> int:
    """Write tasks for the relations interface, tokens included.

    Target and content overlap by nature; show them with the interface that allows overlaps.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with path.open("w", encoding="utf-8") as out:
        for record in records:
            out.write(json.dumps(_to_task(record), ensure_ascii=False) + "\n")
            count += 1
    return count


def _to_task(record: Record) -> dict[str, Any]:
    tokens = tokenize(record.text)
    spans: dict[str, dict[str, Any]] = {}
    relations = []
    for statement in record.statements:
        cue: dict[str, Any] | None = None
        for role in ROLES:
            label = (statement.stance or "Cue") if role == "cue" else role.capitalize()
            for part in statement.spans(role):
                span = _span(record, part, label, tokens)
                spans.setdefault(f"{part}{label}", span)
                if cue is None:
                    cue = span
                elif role != "cue":
                    relations.append(
                        {
                            "head": cue["token_start"],
                            "child": span["token_start"],
                            "head_span": cue,
                            "child_span": span,
                            "label": f"{role}_of",
                        }
                    )
    return {
        "text": record.text,
        "meta": {"id": record.id},
        "tokens": [
            {
                "text": record.text[start:end],
                "start": start,
                "end": end,
                "id": number,
                "ws": record.text[end : end + 1].isspace(),
            }
            for number, (start, end) in enumerate(tokens)
        ],
        "spans": list(spans.values()),
        "relations": relations,
    }


def _span(record: Record, part: Offsets, label: str, tokens: list[Offsets]) -> dict[str, Any]:
    inside = [n for n, (start, end) in enumerate(tokens) if start < part[1] and end > part[0]]
    return {
        "start": part[0],
        "end": part[1],
        "text": record.slice(part),
        "label": label,
        "token_start": inside[0],
        "token_end": inside[-1],
    }
