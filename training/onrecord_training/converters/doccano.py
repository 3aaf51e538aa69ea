"""doccano JSONL: sequence projects and relation projects in, relation projects out.

doccano has no attributes on spans, so the stance is the label of the cue (`opposes` instead of
`Cue`). In a sequence project, which has no relations, labels are numbered: `Source#1`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from onrecord_training.converters.draft import ROLES, Draft, Item, Link, Mention
from onrecord_training.converters.reading import files, json_lines, rest, span_mention
from onrecord_training.corpus import Record

EMPTY_RELATIONS = "texts with spans and no relation (marked complete before the export?)"


def read(path: Path) -> Iterator[Item]:
    """Yield the texts of a `.jsonl` export; in a folder each file is one annotator's."""
    for file in files(path, ".jsonl", ".json"):
        who = file.stem if path.is_dir() else None
        yield from json_lines(file, lambda raw, line, who=who: _text(raw, line, who))  # type: ignore[misc]


def _text(raw: dict[str, Any], line: int, who: str | None) -> Iterator[Item]:
    mentions: list[Mention] = []
    for number, item in enumerate(raw.get("label", raw.get("labels")) or []):
        start, end, label = item
        mentions.append(span_mention([start, end], mention_id=f"l{number}", label=str(label)))
    for item in raw.get("entities") or []:
        pair = [item["start_offset"], item["end_offset"]]
        mentions.append(span_mention(pair, mention_id=str(item["id"]), label=item["label"]))
    relations = raw.get("relations") or []
    links = tuple(Link(str(r["from_id"]), str(r["to_id"]), r.get("type") or "") for r in relations)
    missing = len(raw.get("entities") or []) > 1 and not links
    yield Draft(
        line=line,
        id=str(raw["id"]) if raw.get("id") is not None else None,
        text=raw["text"] if "text" in raw else raw["data"],
        mentions=tuple(mentions),
        links=links,
        annotator=who,
        extra=rest(raw, "id", "text", "data", "label", "labels", "entities", "relations"),
        notes=(EMPTY_RELATIONS,) if missing else (),
    )


def write(records: Iterable[Record], path: Path) -> int:
    """Write texts for a relation project; conditional, actor and represents have no place there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with path.open("w", encoding="utf-8") as out:
        for record in records:
            entities: list[dict[str, Any]] = []
            relations: list[dict[str, Any]] = []
            for statement in record.statements:
                cue_id = len(entities)
                for role in ROLES:
                    label = (statement.stance or "Cue") if role == "cue" else role.capitalize()
                    for start, end in statement.spans(role):
                        entity = len(entities)
                        entities.append(
                            {"id": entity, "label": label, "start_offset": start, "end_offset": end}
                        )
                        if entity != cue_id:
                            kind = "cue_continues" if role == "cue" else f"{role}_of"
                            relations.append(
                                {
                                    "id": len(relations),
                                    "from_id": entity,
                                    "to_id": cue_id,
                                    "type": kind,
                                }
                            )
            row = {"id": record.id, "text": record.text, **record.extra}
            row |= {"entities": entities, "relations": relations}
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count
