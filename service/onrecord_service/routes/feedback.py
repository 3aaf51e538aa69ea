"""POST /v1/feedback: a correction becomes an annotated record."""

from __future__ import annotations

import asyncio
import bisect
import functools
from typing import Any

from fastapi import APIRouter, Request
from pydantic_core import to_json
from starlette.responses import Response

from onrecord.types import Article, OffsetUnit, offset_mapper
from onrecord_service import bodies, negotiation, reading, schemas
from onrecord_service.auth import owner_of
from onrecord_service.problems import Problem
from onrecord_service.services import services_of

router = APIRouter(prefix="/v1", tags=["feedback"])


@router.post(
    "/feedback",
    status_code=201,
    response_model=schemas.FeedbackOut,
    openapi_extra=bodies.json_body(schemas.FeedbackIn),
)
async def give(request: Request) -> Response:
    """Store a passage with its statements as they should be, in the format of the house corpus.

    Give all statements of the passage, the corrected and the right ones: what is missing counts as
    not there. `onrecord feedback OUT.jsonl` writes everything stored, for the training package.
    """
    services = services_of(request)
    bodies.required_media_type(request, "application/json")
    await services.guard.charge(request.state.key, 1)
    raw = await bodies.read_body(request, services.settings.max_body_bytes)
    asked = bodies.validate(schemas.FeedbackIn, bodies.parse_json(raw))
    given = enumerate(asked.statements)
    services.check_stances({f"/statements/{number}/stance": item.stance for number, item in given})
    problem = reading.check_text(Article(asked.text, "feedback"), services.settings.max_body_bytes)
    if problem:
        raise problem
    record = await reading.aside(len(asked.text), functools.partial(_record, asked))
    name = await asyncio.to_thread(services.feedback.add, record, owner=owner_of(request))
    return Response(to_json({"id": name}), 201, media_type=negotiation.JSON)


def _record(asked: schemas.FeedbackIn) -> dict[str, Any]:
    """Return the correction in the house format.

    Raises:
        Problem: An offset is not one of the text, or two statements have one cue.
    """
    first: dict[tuple[int, ...], int] = {}
    for number, item in enumerate(asked.statements):
        earlier = first.setdefault(tuple(item.cue), number)
        if earlier != number:
            raise Problem(
                "invalid-request",
                f"/statements/{number}/cue: {item.cue} is the cue of /statements/{earlier} too; a "
                "cue has one statement, give the right one of the two",
            )
    to_codepoints = _Back(asked.text, asked.offset_unit)
    record: dict[str, Any] = {
        "text": asked.text,
        "statements": [
            {
                "source": to_codepoints.span(item.source, f"/statements/{number}/source"),
                "cue": to_codepoints.span(item.cue, f"/statements/{number}/cue"),
                "content": [
                    to_codepoints.span(part, f"/statements/{number}/content")
                    for part in item.content
                ],
                "target": to_codepoints.span(item.target, f"/statements/{number}/target"),
                "stance": item.stance,
                "conditional": item.conditional,
                "actor": item.actor,
                "represents": item.represents,
            }
            for number, item in enumerate(asked.statements)
        ],
        "origin": "feedback",
    }
    for name in ("article_id", "note"):
        if getattr(asked, name) is not None:
            record[name] = getattr(asked, name)
    return record


class _Back:
    """Map offsets of a client's unit back to code points, and check them.

    Args:
        text: The text they point into.
        unit: What they count.
    """

    def __init__(self, text: str, unit: OffsetUnit) -> None:
        at = offset_mapper(text, unit)
        self._table = [at(place) for place in range(len(text) + 1)]

    def span(self, span: schemas.Offsets | None, pointer: str) -> list[int] | None:
        """Return the span in code points.

        Raises:
            Problem: It is empty, outside the text, or cuts a character in two.
        """
        if span is None:
            return None
        places = []
        for offset in span:
            place = bisect.bisect_left(self._table, offset)
            if place == len(self._table) or self._table[place] != offset:
                raise Problem(
                    "invalid-request",
                    f"{pointer}: the offset {offset} is not the start of a character of the text, "
                    f"which ends at {self._table[-1]}; mind offset_unit",
                )
            places.append(place)
        if places[0] >= places[1]:
            raise Problem("invalid-request", f"{pointer}: the span {list(span)} is empty")
        return places
