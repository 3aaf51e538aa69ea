"""Which media type to answer in, by the Accept header, and how to write each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.requests import Request

from onrecord.types import LabelledArticle, ModelInfo
from onrecord_service.problems import Problem
from onrecord_service.schemas import Options
from onrecord_service.web_annotation import annotation_page

JSON = "application/json"
NDJSON = "application/x-ndjson"
JSON_LD = "application/ld+json"
_ORDER = (JSON, NDJSON, JSON_LD)


def choose(request: Request, forms: Sequence[str] = _ORDER) -> str:
    """Return the best media type that the client takes; the first one when it does not care.

    Raises:
        Problem: `not-acceptable`.
    """
    header = request.headers.get("accept", "*/*")
    best: tuple[float, str] | None = None
    for form in forms:
        quality = _quality(header, form)
        if quality > 0 and (best is None or quality > best[0]):
            best = (quality, form)
    if best is None:
        raise Problem(
            "not-acceptable",
            f"Accept: {header[:120]!r} names none of {', '.join(forms)}",
        )
    return best[1]


def _quality(header: str, form: str) -> float:
    """Return the q value of a media type, from its most specific range."""
    found: tuple[int, float] = (-1, 0.0)
    main = form.split("/", maxsplit=1)[0]
    for part in header.split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        rank = {"*/*": 0, f"{main}/*": 1, form: 2}.get(name.lower())
        if rank is None or rank < found[0]:
            continue
        quality = 1.0
        for parameter in parameters:
            if parameter.lower().startswith("q="):
                try:
                    quality = float(parameter[2:])
                except ValueError:
                    quality = 0.0
        found = (rank, quality)
    return found[1]


def to_dict(article: LabelledArticle, options: Options) -> dict[str, Any]:
    """Return the wire form, with the options asked for."""
    return article.to_dict(offset_unit=options.offset_unit, scores=options.scores)


def model_header(model: ModelInfo) -> str:
    """Return the value of the `Onrecord-Model` header."""
    return f"{model.name}/{model.version}; sha256={model.sha256}"


def _plain(articles: Sequence[LabelledArticle], options: Options) -> Any:
    return [to_dict(article, options) for article in articles]


def _linked(articles: Sequence[LabelledArticle], options: Options) -> Any:
    return annotation_page(articles, offset_unit=options.offset_unit)


WRITERS: Mapping[str, Callable[[Sequence[LabelledArticle], Options], Any]] = {
    JSON: _plain,
    JSON_LD: _linked,
}
