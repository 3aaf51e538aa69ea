"""POST /v1/extract: articles in, their statements out."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic_core import to_json
from starlette.responses import Response

from onrecord.types import Article, LabelledArticle
from onrecord_service import bodies, negotiation, reading, schemas
from onrecord_service.problems import Problem, kind_of
from onrecord_service.services import Services, services_of

router = APIRouter(prefix="/v1", tags=["statements"])

_OPTION_NAMES = tuple(schemas.Options.model_fields)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request, checked: which articles can be read, which cannot, and how to answer.

    Args:
        articles: With their place in the list that was sent.
        rejected: With their place and id.
        options: How to answer.
        single: Whether one article was sent, not a list.
    """

    articles: list[tuple[int, Article]]
    rejected: list[tuple[int, str | None, Problem]]
    options: schemas.Options
    single: bool


@router.post(
    "/extract",
    response_model=schemas.LabelledArticleOut | schemas.LabelledArticlesOut,
    responses={
        200: {
            "description": "The labelled article, or for a list all of them",
            "content": {
                "application/x-ndjson": {"schema": {"type": "string"}},
                negotiation.JSON_LD: {"schema": {"type": "object"}},
            },
        }
    },
    openapi_extra=bodies.json_body(schemas.ExtractOne, schemas.ExtractMany, text=True, lists=True),
)
async def extract(request: Request, query: Annotated[schemas.Options, Query()]) -> Response:
    """Find every statement of one article, or of a list of them.

    Send one article, `{"text": "..."}`; several, `{"articles": [...]}` or a bare list; or plain
    text as `text/plain`. Options stand beside the article or in the query; beside wins. In a
    list, an article that cannot be read is reported under `rejected` and the others are labelled.
    """
    services = services_of(request)
    form = negotiation.choose(request)
    body = await bodies.read_body(request, services.settings.max_body_bytes)
    _ = services.model  # not ready is told before anything else
    asked = _check(services, _parse(request, body), query)
    if asked.single and asked.rejected:
        raise asked.rejected[0][2]
    await services.guard.charge(request.state.key, len(asked.articles))
    request.state.log["articles"] = len(asked.articles)
    model = services.model  # nothing is awaited from here to `submit`: this is the one that reads
    readings = reading.submit(
        services, [article for _, article in asked.articles], threshold=asked.options.threshold
    )
    headers = {"Onrecord-Model": negotiation.model_header(model)}
    if form == negotiation.NDJSON:
        lines = _stream(services, asked, readings)
        return StreamingResponse(lines, media_type=form, headers=headers)
    try:
        await reading.wait_all(request, services, readings)
    except reading.ClientGoneError:
        return Response(status_code=499)
    labelled, rejected = _collect(services, asked, readings)
    services.telemetry.labelled(labelled)
    if asked.single and rejected:
        raise rejected[0][2]

    def write() -> bytes:
        payload = negotiation.WRITERS[form](labelled, asked.options)
        if form == negotiation.JSON and asked.single:
            payload = payload[0]
        elif form == negotiation.JSON:
            refused = [_rejected(*item) for item in rejected]
            payload = {"articles": payload, "rejected": refused, "model": model.to_dict()}
        return to_json(payload)

    content = await reading.aside(sum(len(item.article.text) for item in labelled), write)
    return Response(content, media_type=form, headers=headers)


def _parse(request: Request, body: bytes) -> Any:
    """Return the body's value; plain text becomes one article."""
    kind = bodies.media_type(request)
    if kind == "text/plain":
        return {"text": bodies.decode(body)}
    if kind == "application/json" or kind.endswith("+json"):
        return bodies.parse_json(body)
    raise Problem(
        "unsupported-media-type",
        f"the content type {kind[:80]!r} cannot be read; send application/json or text/plain",
    )


def _check(services: Services, value: Any, query: schemas.Options) -> _Asked:
    """Validate options once and each article by itself.

    Raises:
        Problem: The request as a whole is wrong.
    """
    if isinstance(value, list):
        value = {"articles": value}
    if not isinstance(value, dict):
        raise Problem(
            "invalid-request",
            f"the body is a JSON {kind_of(value)}; send an object such as "
            '{"text": "..."} or a list of such',
        )
    single = "articles" not in value
    options = query
    if single:
        one = bodies.validate(schemas.ExtractOne, value)
        registry = one.registry
        items: list[Any] = [one]
        given = one.model_dump(include=one.model_fields_set & set(_OPTION_NAMES))
    else:
        if not isinstance(value["articles"], list) or not value["articles"]:
            raise Problem("invalid-request", "/articles: send a list of at least one article")
        items = value["articles"]
        rest = {name: part for name, part in value.items() if name != "articles"}
        many = bodies.validate(schemas.ExtractMany, {**rest, "articles": [{"text": "x"}]})
        registry = many.registry
        given = many.model_dump(include=many.model_fields_set & set(_OPTION_NAMES))
    options = query.model_copy(update=given)
    wanted = enumerate(options.stances or ())
    services.check_stances({f"/stances/{number}": name for number, name in wanted})
    limit = services.settings.max_articles
    if len(items) > limit:
        raise Problem(
            "too-many-articles",
            f"the list has {len(items)} articles, the limit is {limit}; send fewer at a time, or "
            "submit them as a job",
            members={"limit_articles": limit},
        )
    asked = _Asked([], [], options, single)
    for index, item in enumerate(items):
        name = item.get("id") if isinstance(item, dict) else None
        try:
            parsed = item if single else bodies.validate(schemas.ArticleIn, item)
            article = replace(parsed.to_article(), registry=registry)
            if not single and "id" not in parsed.model_fields_set:
                article = replace(article, id=f"article-{index}")
            problem = reading.check_text(article, services.longest_text)
            if problem:
                raise problem
            asked.articles.append((index, article))
        except Problem as problem:
            shown = name if isinstance(name, str) and reading.half_character(name) is None else None
            asked.rejected.append((index, shown, problem))
    return asked


def _collect(
    services: Services, asked: _Asked, readings: Iterable[reading.Reading]
) -> tuple[list[LabelledArticle], list[tuple[int, str | None, Problem]]]:
    """Return what was labelled and what was not, each in the order sent."""
    labelled: list[LabelledArticle] = []
    rejected = list(asked.rejected)
    for (index, article), done in zip(asked.articles, readings, strict=True):
        try:
            labelled.append(_wanted(reading.outcome(done, services), asked.options))
        except Problem as problem:
            rejected.append((index, article.id, problem))
    rejected.sort(key=lambda item: item[0])
    return labelled, rejected


async def _stream(
    services: Services, asked: _Asked, readings: list[reading.Reading]
) -> AsyncIterator[bytes]:
    """Yield one line per article, in the order sent, each as soon as it is there."""
    waiting = dict(zip((index for index, _ in asked.articles), readings, strict=True))
    articles = dict(asked.articles)
    rejected = {index: (name, problem) for index, name, problem in asked.rejected}
    try:
        for index in range(len(waiting) + len(rejected)):
            if index in rejected:
                yield to_json(_rejected(index, *rejected[index])) + b"\n"
                continue
            try:
                await asyncio.wait({waiting[index]}, timeout=services.settings.request_timeout_s)
                if not waiting[index].done():
                    raise reading.late(services)
                labelled = _wanted(reading.outcome(waiting[index], services), asked.options)
                services.telemetry.labelled([labelled])
                write = functools.partial(_line, labelled, asked.options)
                yield await reading.aside(len(labelled.article.text), write)
            except Problem as problem:
                yield to_json(_rejected(index, articles[index].id, problem)) + b"\n"
    finally:  # also when the client went away
        for item in readings:
            item.cancel()


def _line(labelled: LabelledArticle, options: schemas.Options) -> bytes:
    return to_json(negotiation.to_dict(labelled, options)) + b"\n"


def _wanted(article: LabelledArticle, options: schemas.Options) -> LabelledArticle:
    """Keep the stances asked for."""
    if options.stances is None:
        return article
    kept = tuple(item for item in article.statements if item.stance in options.stances)
    return replace(article, statements=kept)


def _rejected(index: int, name: str | None, problem: Problem) -> dict[str, Any]:
    return {"index": index, "id": name, "problem": problem.to_dict()}
