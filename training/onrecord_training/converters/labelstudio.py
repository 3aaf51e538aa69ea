"""Label Studio: JSON exports in, pre-annotated tasks and the labelling configuration out.

A task holds one annotation per annotator; a region's rows share an id (its label, its choices, its
texts). Choices and texts are attributes named by the control (`from_name`): stance, conditional,
actor, represents.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from onrecord.errors import CorpusError
from onrecord.types import STANCES
from onrecord_training.converters.draft import ROLES, Draft, Item, Link, Mention, Skip
from onrecord_training.converters.reading import files, json_lines, rest
from onrecord_training.corpus import GoldStatement, Offsets, Record

_COLORS = {"cue": "#d97706", "source": "#2563eb", "content": "#6b7280", "target": "#059669"}
_LABEL_TYPES = ("labels", "hypertextlabels")


def read(path: Path) -> Iterator[Item]:
    """Yield one draft per annotation of every task of a `.json` or `.jsonl` export."""
    for file in files(path, ".json", ".jsonl"):
        yield from json_lines(file, _task)


def _task(raw: dict[str, Any], line: int) -> Iterator[Item]:
    if "data" not in raw:
        message = "a task without `data`; export as JSON (not JSON-MIN, which has no relations)"
        raise CorpusError(message)
    text = _text(raw["data"])
    annotations = raw.get("annotations", raw.get("completions")) or []
    if not annotations:
        yield Skip(line, "no annotation")
    seen: set[str | None] = set()
    for number, annotation in enumerate(annotations, start=1):
        if annotation.get("was_cancelled"):
            yield Skip(line, "annotation was cancelled")
            continue
        rows = annotation["result"]
        who = annotation.get("completed_by")
        if isinstance(who, Mapping):
            who = who.get("email") or who.get("id")
        who = str(who) if who is not None else None
        if who in seen or (who is None and len(annotations) > 1):
            who = f"annotation-{number}"  # nobody's, or a second one of the same person
        seen.add(who)
        yield Draft(
            line=line,
            id=str(raw["data"].get("id") or raw.get("id") or "") or None,
            text=text,
            mentions=tuple(_mentions(rows)),
            links=tuple(_links(rows)),
            annotator=who,
            extra=rest(raw["data"], "text", "id"),
        )


def _text(data: Mapping[str, Any]) -> str:
    """Return the task's text: under `text`, or the only string that there is."""
    strings = {key: value for key, value in data.items() if isinstance(value, str)}
    if "text" in strings:
        return strings["text"]
    if len(strings) == 1:
        return next(iter(strings.values()))
    message = f"data has no `text`, but {', '.join(strings) or 'no string'}; rename one to `text`"
    raise CorpusError(message)


def _mentions(rows: Iterable[Mapping[str, Any]]) -> Iterator[Mention]:
    attributes: dict[str, dict[str, Any]] = {}
    rows = list(rows)
    for row in rows:
        if row["type"] in ("choices", "textarea") and row.get("id"):
            value = row["value"].get("choices") or row["value"].get("text")
            name = row.get("from_name") or "stance"
            attributes.setdefault(row["id"], {})[name] = (
                value[0] if isinstance(value, list) and value else value
            )
    for row in rows:
        if row["type"] in _LABEL_TYPES:
            value = row["value"]
            place = value.get("globalOffsets") or value
            labels = value.get("labels") or value.get("hypertextlabels") or []
            yield Mention(
                row["id"],
                int(place["start"]),
                int(place["end"]),
                tuple(labels),
                value.get("text"),
                attributes.get(row["id"], {}),
            )


def _links(rows: Iterable[Mapping[str, Any]]) -> Iterator[Link]:
    for row in rows:
        if row["type"] == "relation":
            yield Link(row["from_id"], row["to_id"], (row.get("labels") or [""])[0])


def write(records: Iterable[Record], path: Path) -> int:
    """Write tasks with predictions, to be imported into a project with `labelling_config`."""
    tasks = []
    for record in records:
        rows: list[dict[str, Any]] = []
        for number, statement in enumerate(record.statements):
            rows += _rows(record, statement, f"s{number}")
        sure = [float(s.extra.get("confidence", 1.0)) for s in record.statements]
        score = sum(sure) / len(sure) if sure else 1.0
        data = {**record.extra, "id": record.id, "text": record.text}
        prediction = {"model_version": "onrecord", "score": score, "result": rows}
        tasks.append({"data": data, "predictions": [prediction]})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(tasks, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return len(tasks)


def _rows(record: Record, statement: GoldStatement, prefix: str) -> Iterator[dict[str, Any]]:
    cue = f"{prefix}_cue_0"
    for role in ROLES:
        for number, span in enumerate(statement.spans(role)):
            region = f"{prefix}_{role}_{number}"
            yield _row(record, region, span, "role", kind="labels", values=[role.capitalize()])
            if region != cue:
                yield {
                    "type": "relation",
                    "from_id": region,
                    "to_id": cue,
                    "direction": "right",
                    "labels": ["cue_continues" if role == "cue" else f"{role}_of"],
                }
    if not statement.cue:
        return
    span = statement.spans("cue")[0]
    if statement.stance:
        yield _row(record, cue, span, "stance", kind="choices", values=[statement.stance])
    if statement.conditional:
        yield _row(record, cue, span, "conditional", kind="choices", values=["conditional"])
    for name, value in (("actor", statement.actor), ("represents", statement.represents)):
        if value:
            yield _row(record, cue, span, name, kind="textarea", values=[value])


def _row(
    record: Record, region: str, span: Offsets, control: str, *, kind: str, values: list[str]
) -> dict[str, Any]:
    value: dict[str, Any] = {"start": span[0], "end": span[1]}
    if kind == "textarea":
        value["text"] = values
    else:
        value |= {"text": record.slice(span), kind: values}
    return {
        "id": region,
        "from_name": control,
        "to_name": "text",
        "type": kind,
        "value": value,
    }


def labelling_config(stances: Iterable[str] = STANCES) -> str:
    """Return the XML of a project's labelling interface for our schema."""
    view = ET.Element("View")
    relations = ET.SubElement(view, "Relations")
    for label in (*(f"{role}_of" for role in ROLES[1:]), "cue_continues"):
        ET.SubElement(relations, "Relation", value=label)
    labels = ET.SubElement(view, "Labels", name="role", toName="text")
    for role in ROLES:
        ET.SubElement(labels, "Label", value=role.capitalize(), background=_COLORS[role])
    ET.SubElement(view, "Text", name="text", value="$text", granularity="word")
    stance = _for_cues(view, "Choices", name="stance", choice="single")
    for label in stances:
        ET.SubElement(stance, "Choice", value=label)
    conditional = _for_cues(view, "Choices", name="conditional", choice="multiple")
    ET.SubElement(conditional, "Choice", value="conditional")
    for name in ("actor", "represents"):
        area = _for_cues(view, "TextArea", name=name)
        area.set("maxSubmissions", "1")
        area.set("editable", "true")
    ET.indent(view)
    return ET.tostring(view, encoding="unicode") + "\n"


def _for_cues(view: ET.Element, tag: str, *, name: str, choice: str | None = None) -> ET.Element:
    """Add a control that is asked for every cue."""
    control = ET.SubElement(view, tag, name=name, toName="text", perRegion="true")
    control.set("whenTagName", "role")
    control.set("whenLabelValue", "Cue")
    if choice:
        control.set("choice", choice)
    return control
