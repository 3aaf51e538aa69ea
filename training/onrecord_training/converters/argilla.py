"""Argilla records (`records.to_list(flatten=False)`): span questions with numbered labels.

Argilla has no relations: `Cue#1`, `Source#1` say which spans belong to one statement, and the label
of a cue may be a stance (`opposes#1`). Discarded and unfinished responses are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from onrecord.errors import CorpusError
from onrecord_training.converters.draft import Draft, Item, Mention, Skip
from onrecord_training.converters.reading import files, json_lines


def read(path: Path) -> Iterator[Item]:
    """Yield one draft per annotator of every record."""
    for file in files(path, ".json", ".jsonl"):
        yield from json_lines(file, _record)


def _record(raw: dict[str, Any], line: int) -> Iterator[Item]:
    text = raw["fields"]["text"]
    by_user: dict[str | None, list[dict[str, Any]]] = {}
    left_out = False
    for answers in (raw.get("responses") or {}).values():
        for answer in answers:
            if not isinstance(answer.get("value"), list):
                continue
            status = answer.get("status", raw.get("status") or "submitted")
            if status in ("discarded", "draft"):
                yield Skip(line, f"response is {status}")
                left_out = True
                continue
            user = answer.get("user_id")
            by_user.setdefault(str(user) if user else None, []).extend(answer["value"])
    if not by_user and not left_out:
        yield Skip(line, "no response")
    for user, spans in by_user.items():
        yield Draft(
            line=line,
            id=str(raw["id"]) if raw.get("id") is not None else None,
            text=text,
            mentions=tuple(_mention(span, number) for number, span in enumerate(spans)),
            annotator=user,
            extra=dict(raw.get("metadata") or {}),
        )


def _mention(span: dict[str, Any], number: int) -> Mention:
    if not isinstance(span.get("label"), str):
        message = f"span {span!r} has no label; expected start, end and label"
        raise CorpusError(message)
    return Mention(
        f"m{number}", int(span["start"]), int(span["end"]), (span["label"],), span.get("text")
    )
