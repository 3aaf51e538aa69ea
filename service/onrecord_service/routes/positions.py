"""GET /v1/positions: who said what on which issue, from the ledger of a labelled corpus."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json
from starlette.responses import Response

from onrecord.errors import CorpusError
from onrecord.types import Stance
from onrecord_service import examples, negotiation
from onrecord_service.corpus.extras import need
from onrecord_service.ledger import Answer, Question, ask_ledger
from onrecord_service.problems import Problem
from onrecord_service.report.positions import day_of
from onrecord_service.services import Services, services_of

router = APIRouter(prefix="/v1", tags=["questions"])

_HOW = (
    "label a corpus (`onrecord label CORPUS -o labelled.jsonl.zst`), load it (`onrecord load "
    "labelled.jsonl.zst --ledger FILE`) and start the service with ONRECORD_LEDGER=FILE"
)
_Day = Annotated[str | None, Field(max_length=10)]


class PositionsQuery(BaseModel):
    """What is asked of the ledger; query parameters. What is left out asks nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    actor: str | None = Field(
        default=None,
        min_length=1,
        max_length=300,
        description="Name of an actor, or of the state, organisation or party it speaks for.",
        examples=["Iceland"],
    )
    issue: str | None = Field(
        default=None,
        min_length=1,
        max_length=1000,
        description="Name of an issue, or words that stand in the target, in any case.",
        examples=["foreign base"],
    )
    stance: Stance | None = None
    polarity: Literal["favor", "against", "neutral"] | None = None
    since: _Day = Field(
        default=None, alias="from", description="First day: 2025, 2025-01 or 2025-01-31."
    )
    until: _Day = Field(
        default=None, alias="to", description="Last day; a year or month means its last."
    )
    min_confidence: float = Field(
        default=0.0, ge=0, le=1, allow_inf_nan=False, description="Least confidence."
    )
    limit: int = Field(default=100, ge=1, le=1000, description="Most statements returned.")
    offset: int = Field(
        default=0,
        ge=0,
        le=100_000,
        description="Statements skipped; `Link: rel=next` has the next page. Beyond its bound, "
        "narrow the question with `from` and `to`.",
    )

    def to_question(self) -> Question:
        """Return the ledger's value type.

        Raises:
            Problem: `invalid-request` for what is no date.
        """
        try:
            since, until = day_of(self.since, last=False), day_of(self.until, last=True)
        except CorpusError as error:
            raise Problem("invalid-request", f"from and to: {error}") from error
        return Question(
            actor=self.actor,
            issue=self.issue,
            stance=self.stance,
            polarity=self.polarity,
            since=since,
            until=until,
            confidence=self.min_confidence,
            limit=self.limit,
            offset=self.offset,
        )


class PositionOut(BaseModel):
    """A statement in the ledger."""

    model_config = ConfigDict(extra="forbid")

    day: str | None = Field(description="Of the article; null where it has no date.")
    actor: str | None
    represents: str | None
    stance: Stance
    sign: Literal[-1, 0, 1] = Field(description="Polarity as a number: for is 1, against is -1.")
    conditional: bool
    issue: str | None = Field(description="Group of the target, or the target's own words.")
    target: str | None
    verbatim: str | None = Field(description="The statement's words in their context.")
    confidence: float = Field(ge=0, le=1)
    article_id: str
    title: str | None
    url: str | None
    statement_id: str


class PositionsOut(BaseModel):
    """What the ledger says; the same as `onrecord query --format json`."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.POSITIONS]})

    count: int = Field(description="Statements in all, on every page.")
    favor: int
    against: int
    mean: float | None = Field(
        ge=-1,
        le=1,
        description="Mean of `sign` over those that take a position; `states` does not.",
    )
    statements: list[PositionOut] = Field(description="By day, those without one last.")


@router.get(
    "/positions",
    response_model=PositionsOut,
    responses={200: {"headers": {"Link": {"schema": {"type": "string"}}}}},
)
async def positions(request: Request, query: Annotated[PositionsQuery, Query()]) -> Response:
    """Say what has been said about an issue, by whom and when, with the words.

    The answer comes from the ledger that the service was started with (ONRECORD_LEDGER); nothing is
    labelled. Nothing found is an answer, not an error. Counts as one article of the key's rate.
    """
    services = services_of(request)
    question = query.to_question()
    await services.guard.charge(request.state.key, 1)
    answer = await _ask(services, question)
    headers = {}
    following = question.offset + question.limit
    if following < min(answer.count, 100_001):
        address = request.url.include_query_params(offset=following)
        headers["Link"] = f'<{address.path}?{address.query}>; rel="next"'
    return Response(to_json(answer.to_dict()), 200, headers, negotiation.JSON)


async def _ask(services: Services, question: Question) -> Answer:
    """Ask in a thread; few questions run at once, and none beyond the deadline.

    Raises:
        Problem: `no-ledger`, `ledger-unavailable` or `deadline-exceeded`.
    """
    path, seconds = services.settings.ledger, services.settings.request_timeout_s
    if path is None:
        raise Problem("no-ledger", f"this service was started without a ledger; {_HOW}")
    try:
        async with asyncio.timeout(seconds), services.questions:
            return await asyncio.to_thread(_ask_file, path, question, seconds)
    except TimeoutError as error:
        raise Problem(
            "deadline-exceeded",
            f"the ledger did not answer in {seconds:g} s; ask for less, with `actor`, `issue`, "
            "`from` and `to`",
            members={"deadline_s": seconds},
        ) from error


def _ask_file(path: Path, question: Question, seconds: float) -> Answer:
    """Ask the file. Blocks. What the file system or DuckDB says stays here: it names our paths."""
    try:
        need("duckdb")
    except CorpusError as error:
        raise Problem("ledger-unavailable", str(error)) from error
    if not path.exists():
        raise Problem("no-ledger", f"the file that ONRECORD_LEDGER names is not there; {_HOW}")
    try:
        return ask_ledger(path, question, seconds=seconds)
    except CorpusError as error:
        raise Problem(
            "ledger-unavailable",
            "the ledger cannot be opened: `onrecord load` is writing it (come back soon), or "
            "the file is no ledger of this version; `onrecord query` tells the operator which",
            headers={"Retry-After": "5"},
        ) from error
