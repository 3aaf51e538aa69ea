"""Questions about one text: /v1/stance and /v1/verify."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any, TypeVar

from fastapi import APIRouter, Request
from pydantic_core import to_json
from starlette.responses import Response

from onrecord.types import Article, LabelledArticle, OffsetUnit, Span, Statement, offset_mapper
from onrecord_service import bodies, matching, negotiation, quotes, reading, schemas
from onrecord_service.problems import Problem
from onrecord_service.services import Services, services_of

router = APIRouter(prefix="/v1", tags=["questions"])

Asked = TypeVar("Asked", bound=schemas.AskedText)


@router.post(
    "/stance",
    response_model=schemas.StanceOut,
    openapi_extra=bodies.json_body(schemas.StanceIn),
)
async def stance(request: Request) -> Response:
    """Say which stance an actor takes, to what; with the statements that show it.

    Give an actor (any name it goes by, or a Wikidata id), a target phrase, or both. `found` is
    false when the text has no such stance; that is an answer, not an error.
    """
    services = services_of(request)
    asked, labelled = await _read(request, services, schemas.StanceIn)
    if labelled is None:
        return Response(status_code=499)
    found = await asyncio.to_thread(_stances, asked, labelled, services.names)
    return _answer(labelled, {"found": bool(found), "stances": found})


@router.post(
    "/verify",
    response_model=schemas.VerifyOut,
    openapi_extra=bodies.json_body(schemas.VerifyIn),
)
async def verify(request: Request) -> Response:
    """Say whether a quote stands in a text word for word, and whose words they are."""
    services = services_of(request)
    end = time.monotonic() + services.settings.request_timeout_s
    asked, labelled = await _read(request, services, schemas.VerifyIn)
    if labelled is None:
        return Response(status_code=499)
    work = asyncio.get_running_loop().run_in_executor(
        services.comparers, _verdict, asked, labelled, services.names
    )
    try:
        verdict = await asyncio.wait_for(work, max(0, end - time.monotonic()))
    except TimeoutError as error:
        raise reading.late(services) from error
    return _answer(labelled, verdict)


async def _read(
    request: Request, services: Services, kind: type[Asked]
) -> tuple[Asked, LabelledArticle | None]:
    """Return the checked question and the labelled text; None when the client went away."""
    raw = await bodies.read_body(request, services.settings.max_body_bytes)
    _ = services.model
    asked = bodies.validate(kind, bodies.parse_json(raw))
    if isinstance(asked, schemas.VerifyIn):
        _check_quote(asked.quote)
    article = Article(asked.text, "text")
    problem = reading.check_text(article, services.longest_text)
    if problem:
        raise problem
    await services.guard.charge(request.state.key, 1)
    readings = reading.submit(services, [article], threshold=asked.threshold)
    try:
        await reading.wait_all(request, services, readings)
    except reading.ClientGoneError:
        return asked, None
    return asked, reading.outcome(readings[0], services)


def _check_quote(quote: str) -> None:
    """Refuse a quote that takes too long to compare.

    Raises:
        Problem: `invalid-request`.
    """
    words = quotes.count_words(quote)
    if words > quotes.MOST_WORDS:
        detail = (
            f"the quote has {words:,} words and marks, the limit is {quotes.MOST_WORDS}; ask for "
            "its parts one by one"
        )
        faults = [{"pointer": "/quote", "detail": detail}]
        raise Problem("invalid-request", f"/quote: {detail}", members={"errors": faults})


def _stances(
    asked: schemas.StanceIn, labelled: LabelledArticle, known: matching.KnownNames
) -> list[dict[str, Any]]:
    """Return the stances that were asked for, the most fitting first."""
    actor = known.look_up(asked.actor) if asked.actor is not None else None
    groups: dict[tuple[str | None, str, str], list[tuple[float, Statement]]] = {}
    for item in labelled.statements:
        if actor is not None and not matching.is_actor(actor, item):
            continue
        score = 1.0 if asked.target is None else matching.relevance(asked.target, item)
        if score < matching.PHRASE_FLOOR:
            continue
        about = " ".join(matching.words(item.target.text)) if item.target else ""
        who = item.actor.name if item.actor else None
        groups.setdefault((who, about, item.stance), []).append((score, item))
    wire = {row["id"]: row for row in labelled.to_dict(offset_unit=asked.offset_unit)["statements"]}
    stances = [_stance(found, wire) for found in groups.values()]
    stances.sort(key=lambda row: (-row["relevance"], -row["confidence"]))
    return stances


def _verdict(
    asked: schemas.VerifyIn, labelled: LabelledArticle, known: matching.KnownNames
) -> dict[str, Any]:
    """Return how the quote stands in the text, and whose words it is."""
    contents = [item.content for item in labelled.statements]
    found = quotes.find(asked.text, asked.quote, joined=contents)
    owners = _owners(found.span, labelled.statements)
    matches = None
    if asked.actor is not None and owners:
        actor = known.look_up(asked.actor)
        matches = any(matching.is_actor(actor, item) for item in owners)
    actors = {actor.name: actor.to_dict() for item in owners for actor in item.actors}
    return {
        "verdict": found.verdict,
        "span": _wire(found.span, asked.text, asked.offset_unit),
        "diff": [{"op": step.op, "quote": step.quote, "text": step.text} for step in found.diff],
        "attributed_to": list(actors.values()),
        "actor_matches": matches,
    }


def _stance(found: Sequence[tuple[float, Statement]], wire: dict[str, Any]) -> dict[str, Any]:
    """Return one group of statements: same actor, same target, same stance."""
    score, best = max(found, key=lambda item: (item[0], item[1].confidence))
    return {
        "actor": best.actor.to_dict() if best.actor else None,
        "target": best.target.text if best.target else None,
        "stance": best.stance,
        "polarity": best.polarity,
        "confidence": round(max(item.confidence for _, item in found), 4),
        "relevance": round(score, 4),
        "statements": [wire[item.id] for _, item in found],
    }


def _owners(span: Span | None, statements: Sequence[Statement]) -> list[Statement]:
    """Return the statements whose content covers most of the span, narrowest first."""
    if span is None:
        return []
    owners = []
    for item in statements:
        covered = sum(
            max(0, min(span.end, part.end) - max(span.start, part.start)) for part in item.content
        )
        if 2 * covered > span.end - span.start:
            owners.append((sum(part.end - part.start for part in item.content), item))
    owners.sort(key=lambda pair: pair[0])
    return [item for _, item in owners]


def _wire(span: Span | None, text: str, unit: OffsetUnit) -> dict[str, Any] | None:
    if span is None:
        return None
    at = offset_mapper(text, unit)
    return {"start": at(span.start), "end": at(span.end), "text": span.text}


def _answer(labelled: LabelledArticle, body: dict[str, Any]) -> Response:
    headers = {"Onrecord-Model": negotiation.model_header(labelled.model)}
    content = to_json({**body, "model": labelled.model.to_dict()})
    return Response(content, media_type=negotiation.JSON, headers=headers)
