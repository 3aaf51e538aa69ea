"""Labelled articles as W3C Web Annotation JSON-LD (https://www.w3.org/TR/annotation-model/).

One annotation for each statement. Each part has a position and a quote selector, so that it finds
its place again after the article was edited in a CMS.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from onrecord.types import LabelledArticle, OffsetUnit, Span, Statement, offset_mapper

CONTEXT = [
    "http://www.w3.org/ns/anno.jsonld",
    {"role": "urn:onrecord:role", "confidence": "urn:onrecord:confidence"},
]
_AROUND = 32
"""Characters of prefix and suffix in a quote selector."""


def annotation_page(
    articles: Sequence[LabelledArticle], *, offset_unit: OffsetUnit = "codepoint"
) -> dict[str, Any]:
    """Return an AnnotationPage over all statements of the articles."""
    items = [
        item for article in articles for item in annotations_of(article, offset_unit=offset_unit)
    ]
    return {"@context": CONTEXT, "type": "AnnotationPage", "items": items}


def annotations_of(
    labelled: LabelledArticle, *, offset_unit: OffsetUnit = "codepoint"
) -> Iterator[dict[str, Any]]:
    """Yield an annotation for each statement, without its own `@context`."""
    text = labelled.article.text
    at = offset_mapper(text, offset_unit)
    url = labelled.article.extra.get("url")
    source = url if isinstance(url, str) else f"urn:onrecord:article:{labelled.article.id}"

    def target(role: str, span: Span) -> dict[str, Any]:
        return {
            "type": "SpecificResource",
            "source": source,
            "role": role,
            "selector": [
                {
                    "type": "TextPositionSelector",
                    "start": at(span.start),
                    "end": at(span.end),
                },
                {
                    "type": "TextQuoteSelector",
                    "exact": span.text,
                    "prefix": text[max(0, span.start - _AROUND) : span.start],
                    "suffix": text[span.end : span.end + _AROUND],
                },
            ],
        }

    for statement in labelled.statements:
        yield {
            "id": f"urn:onrecord:statement:{statement.id}",
            "type": "Annotation",
            "motivation": ["classifying", "identifying"],
            "generator": {
                "type": "Software",
                "name": f"{labelled.model.name} {labelled.model.version}",
            },
            "confidence": round(statement.confidence, 4),
            "body": _bodies(statement),
            "target": [target(role, span) for role, span in _parts(statement)],
        }


def _parts(statement: Statement) -> Iterator[tuple[str, Span]]:
    if statement.source:
        yield "source", statement.source
    yield "cue", statement.cue
    for part in statement.content:
        yield "content", part
    if statement.target:
        yield "target", statement.target


def _bodies(statement: Statement) -> list[dict[str, Any]]:
    def text(purpose: str, value: str) -> dict[str, Any]:
        return {"type": "TextualBody", "purpose": purpose, "value": value, "format": "text/plain"}

    bodies = [
        text("describing", statement.headline),
        text("classifying", statement.stance),
        text("tagging", statement.polarity),
    ]
    for actor in statement.actors:
        if actor.id:
            entity = f"http://www.wikidata.org/entity/{actor.id}"
            bodies.append({"type": "SpecificResource", "purpose": "identifying", "source": entity})
        bodies.append(text("identifying", actor.name))
    return bodies
