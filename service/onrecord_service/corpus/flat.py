"""The flat table: one row per statement, for CSV, Parquet and the ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

SCHEMA_VERSION = 1
"""Version of the output schema; it rises when a field changes its meaning or leaves."""

FLAT_COLUMNS: Mapping[str, str] = {
    "article_id": "string",
    "title": "string",
    "date": "string",
    "url": "string",
    "statement_id": "string",
    "actor": "string",
    "actor_kind": "string",
    "actor_id": "string",
    "resolved_by": "string",
    "actor_confidence": "number",
    "represents": "string",
    "represents_id": "string",
    "represents_confidence": "number",
    "stance": "string",
    "polarity": "string",
    "conditional": "boolean",
    "quotation": "string",
    "confidence": "number",
    "source": "string",
    "source_start": "integer",
    "source_end": "integer",
    "cue": "string",
    "cue_start": "integer",
    "cue_end": "integer",
    "target": "string",
    "target_start": "integer",
    "target_end": "integer",
    "content": "string",
    "content_start": "integer",
    "content_end": "integer",
    "headline": "string",
    "offset_unit": "string",
    "model": "string",
}
"""Column to type; `content` joins the parts of a broken quote with " [...] "."""


def flat_rows(labelled: Mapping[str, Any], *, keep: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
    """Flatten a labelled article.

    Args:
        labelled: The wire form of a labelled article.
        keep: Fields of the article that become columns too.

    Yields:
        A row per statement with the keys of `FLAT_COLUMNS` and of `keep`; absent values are None.
    """
    model = labelled.get("model") or {}
    head = {
        "article_id": labelled.get("id"),
        "title": labelled.get("title"),
        "date": labelled.get("date"),
        "url": labelled.get("url") if isinstance(labelled.get("url"), str) else None,
    }
    tail = {
        "offset_unit": (labelled.get("processing") or {}).get("offset_unit", "codepoint"),
        "model": " ".join(str(model[key]) for key in ("name", "version") if model.get(key)),
        **{name: _cell(labelled.get(name)) for name in keep if name not in FLAT_COLUMNS},
    }
    for statement in labelled["statements"]:
        actor = statement.get("actor") or {}
        represents = actor.get("represents") or {}
        content = statement.get("content") or []
        yield {
            **head,
            "statement_id": statement["id"],
            "actor": actor.get("name"),
            "actor_kind": actor.get("kind"),
            "actor_id": actor.get("id"),
            "resolved_by": actor.get("resolved_by"),
            "actor_confidence": actor.get("confidence"),
            "represents": represents.get("name"),
            "represents_id": represents.get("id"),
            "represents_confidence": represents.get("confidence"),
            "stance": statement["stance"],
            "polarity": statement["polarity"],
            "conditional": statement["conditional"],
            "quotation": statement["quotation"],
            "confidence": statement["confidence"],
            **_span("source", statement.get("source")),
            **_span("cue", statement.get("cue")),
            **_span("target", statement.get("target")),
            "content": " [...] ".join(part["text"] for part in content) or None,
            "content_start": content[0]["start"] if content else None,
            "content_end": content[-1]["end"] if content else None,
            "headline": statement["headline"],
            **tail,
        }


def _span(name: str, span: Mapping[str, Any] | None) -> dict[str, Any]:
    if span is None:
        return {name: None, f"{name}_start": None, f"{name}_end": None}
    return {name: span["text"], f"{name}_start": span["start"], f"{name}_end": span["end"]}


def _cell(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
