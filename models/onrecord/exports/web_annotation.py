"""W3C Web Annotations: one per statement, which find their place again after an edit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from .common import Labelled, Offsets, spans_of, text_of, wikidata

CONTEXT: list[Any] = [
    "http://www.w3.org/ns/anno.jsonld",
    {"onrecord": "urn:onrecord:vocabulary:"},
]
AFFIX = 32
"""Characters of prefix and suffix of a quote selector."""


def to_web_annotations(articles: Iterable[Labelled]) -> Iterator[dict[str, Any]]:
    """Make one annotation per statement.

    The annotation's target is the stretch of the article from the statement's first word to its
    last, selected by position (code points) and by quote with what stands around it. Its bodies
    are the stance as a tag, the headline as a description, the actor as an identification, and
    each role with selectors of its own.

    Args:
        articles: Labelled articles with their texts.

    Yields:
        Annotations, JSON-LD.

    Raises:
        ExportError: If an article carries no text.
    """
    for article in articles:
        at = Offsets(article, "codepoint")
        text = text_of(article)
        source = _source(article)
        for statement in article["statements"]:
            spans = [at.span(span) for span in spans_of(statement)]
            stretch = (min(start for start, _ in spans), max(end for _, end in spans))
            yield {
                "@context": CONTEXT,
                "id": f"urn:onrecord:statement:{quote(str(statement['id']), safe='')}",
                "type": "Annotation",
                "motivation": "classifying",
                "generator": {
                    "id": f"urn:onrecord:model:{quote(_model(article), safe='')}",
                    "type": "Software",
                    "name": _model(article),
                },
                "body": _bodies(statement, at),
                "target": {
                    "type": "SpecificResource",
                    "source": source,
                    "selector": selectors(text, *stretch),
                },
                "onrecord:stance": statement["stance"],
                "onrecord:polarity": statement["polarity"],
                "onrecord:conditional": statement["conditional"],
                "onrecord:confidence": statement["confidence"],
            }


def selectors(text: str, start: int, end: int) -> list[dict[str, Any]]:
    """Return the selectors of a stretch of text.

    Args:
        text: The article's text.
        start: First code point.
        end: One past the last code point.

    Returns:
        A position selector and a quote selector.
    """
    return [
        {"type": "TextPositionSelector", "start": start, "end": end},
        {
            "type": "TextQuoteSelector",
            "exact": text[start:end],
            "prefix": text[max(0, start - AFFIX) : start],
            "suffix": text[end : end + AFFIX],
        },
    ]


def _bodies(statement: Mapping[str, Any], at: Offsets) -> list[dict[str, Any]]:
    bodies: list[dict[str, Any]] = [
        {"type": "TextualBody", "purpose": "tagging", "value": statement["stance"]},
        {"type": "TextualBody", "purpose": "describing", "value": statement["headline"]},
    ]
    actor = statement.get("actor") or {}
    for entity in (actor, actor.get("represents") or {}):
        address = wikidata(entity.get("id"))
        if address:
            bodies.append({"type": "SpecificResource", "purpose": "identifying", "source": address})
    for role in ("source", "cue", "target", "content"):
        value = statement[role]
        spans = value if isinstance(value, list) else [value] if value else []
        bodies += [_highlight(role, span, at) for span in spans]
    return bodies


def _highlight(role: str, span: Mapping[str, Any], at: Offsets) -> dict[str, Any]:
    return {
        "type": "TextualBody",
        "purpose": "highlighting",
        "value": span["text"],
        "onrecord:role": role,
        "onrecord:start": at(span["start"]),
        "onrecord:end": at(span["end"]),
    }


def _source(article: Labelled) -> str:
    url = article.get("url")
    if isinstance(url, str) and url.startswith(("http://", "https://")):
        return url
    return f"urn:onrecord:article:{quote(str(article['id']), safe='')}"


def _model(article: Labelled) -> str:
    model = article["model"]
    return f"{model['name']} {model['version']}"
