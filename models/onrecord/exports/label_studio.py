"""Label Studio tasks with our statements as predictions, to be corrected by people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from onrecord.types import STANCES

from .common import Labelled, Offsets, text_of

_STANCE_CHOICES = "\n".join(f'    <Choice value="{stance}"/>' for stance in STANCES)

LABELLING_CONFIG = f"""<View>
  <Labels name="role" toName="text">
    <Label value="Source"/>
    <Label value="Cue"/>
    <Label value="Content"/>
    <Label value="Target"/>
  </Labels>
  <Text name="text" value="$text"/>
  <Choices name="stance" toName="text" perRegion="true" whenTagName="role" whenLabelValue="Cue">
{_STANCE_CHOICES}
  </Choices>
  <Choices name="condition" toName="text" perRegion="true" whenTagName="role" whenLabelValue="Cue">
    <Choice value="conditional"/>
  </Choices>
  <Relations>
    <Relation value="source_of"/>
    <Relation value="content_of"/>
    <Relation value="target_of"/>
  </Relations>
</View>
"""
"""The labelling interface that the tasks are made for."""


def to_label_studio(articles: Iterable[Labelled]) -> Iterator[dict[str, Any]]:
    """Make a task per article.

    Args:
        articles: Labelled articles with their texts.

    Yields:
        Tasks with one prediction each: spans by role, the stance (and `conditional`) as a choice
        on the cue's region, and a relation from each other span to its cue. Offsets are code
        points, as current Label Studio counts them.

    Raises:
        ExportError: If an article carries no text.
    """
    for article in articles:
        at = Offsets(article, "codepoint")
        result = [
            row
            for number, statement in enumerate(article["statements"])
            for row in _statement(number, statement, at)
        ]
        confidences = [statement["confidence"] for statement in article["statements"]]
        model = article["model"]
        yield {
            "data": {
                "text": text_of(article),
                "article_id": article["id"],
                "title": article.get("title"),
                "date": article.get("date"),
            },
            "predictions": [
                {
                    "model_version": f"{model['name']} {model['version']}",
                    "score": min(confidences) if confidences else 1.0,
                    "result": result,
                }
            ],
        }


def _statement(number: int, statement: Mapping[str, Any], at: Offsets) -> Iterator[dict[str, Any]]:
    cue = f"s{number}-cue"
    yield _region(cue, "Cue", statement["cue"], at)
    for name, choices in (
        ("stance", [statement["stance"]]),
        ("condition", ["conditional"] if statement["conditional"] else []),
    ):
        if choices:
            start, end = at.span(statement["cue"])
            yield {
                "id": cue,
                "from_name": name,
                "to_name": "text",
                "type": "choices",
                "value": {"start": start, "end": end, "choices": choices},
            }
    for role in ("source", "content", "target"):
        value = statement[role]
        spans = value if isinstance(value, list) else [value] if value else []
        for part, span in enumerate(spans):
            region = f"s{number}-{role}-{part}"
            yield _region(region, role.title(), span, at)
            yield {
                "type": "relation",
                "from_id": region,
                "to_id": cue,
                "direction": "right",
                "labels": [f"{role}_of"],
            }


def _region(identifier: str, label: str, span: Mapping[str, Any], at: Offsets) -> dict[str, Any]:
    start, end = at.span(span)
    return {
        "id": identifier,
        "from_name": "role",
        "to_name": "text",
        "type": "labels",
        "value": {"start": start, "end": end, "text": span["text"], "labels": [label]},
    }
