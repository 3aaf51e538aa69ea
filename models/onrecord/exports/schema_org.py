"""schema.org `Quotation`s, for pages that want their quotes to be found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .common import Labelled, wikidata

TYPES = {"person": "Person", "state": "Country", "organisation": "Organization"}
"""Kind of entity to schema.org type; others are a Thing."""


def to_quotations(articles: Iterable[Labelled]) -> Iterator[dict[str, Any]]:
    """Make a `Quotation` of every statement that quotes.

    Args:
        articles: Labelled articles. Indirect speech is left out: its words are the journalist's.

    Yields:
        JSON-LD objects; a quote broken by its attribution has " [...] " at the break.
    """
    for article in articles:
        for statement in article["statements"]:
            if statement["quotation"] == "indirect" or not statement["content"]:
                continue
            words = " [...] ".join(span["text"].strip() for span in statement["content"])
            quotation: dict[str, Any] = {
                "@context": "https://schema.org",
                "@type": "Quotation",
                "identifier": statement["id"],
                "text": words,
                "abstract": statement["headline"],
                "isPartOf": _article(article),
            }
            if statement.get("actor"):
                quotation["creator"] = _creator(statement["actor"])
            if statement.get("target"):
                quotation["about"] = {"@type": "Thing", "name": statement["target"]["text"]}
            yield quotation


def _creator(actor: Mapping[str, Any]) -> dict[str, Any]:
    creator = _entity(actor)
    represents = actor.get("represents")
    if represents and represents["name"] != actor["name"] and creator["@type"] == "Person":
        creator["affiliation"] = _entity(represents)
    return creator


def _entity(entity: Mapping[str, Any]) -> dict[str, Any]:
    out = {"@type": TYPES.get(entity.get("kind", ""), "Thing"), "name": entity["name"]}
    address = wikidata(entity.get("id"))
    return {**out, "sameAs": address} if address else out


def _article(article: Labelled) -> dict[str, Any]:
    values = {
        "headline": article.get("title"),
        "url": article.get("url"),
        "datePublished": article.get("date"),
    }
    known = {key: value for key, value in values.items() if isinstance(value, str) and value}
    return {"@type": "NewsArticle", "identifier": article["id"], **known}
