"""Jobs: submit a corpus, watch it, fetch the results."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import StreamingResponse
from pydantic_core import to_json
from sqlalchemy.exc import IntegrityError
from starlette.responses import Response

from onrecord_service import bodies, job_results, negotiation, schemas, uploads
from onrecord_service.auth import owner_of
from onrecord_service.problems import Problem
from onrecord_service.services import Services, services_of
from onrecord_service.store.job_types import OPEN, Job

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

JobId = Annotated[str, Path(pattern="^[0-9a-f]{24}$", description="From the answer to POST.")]
Item = TypeVar("Item")
_TICK_S = 0.25
_HEARTBEAT_TICKS = 60
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-ndjson": {
                "schema": {"type": "string"},
                "example": '{"id": "a1", "text": "The ministry rejected the plan."}\n',
            },
            "text/csv": {
                "schema": {"type": "string"},
                "example": "id,text\na1,The ministry rejected the plan.\n",
            },
        },
    }
}


@router.post("", status_code=202, response_model=schemas.JobOut, openapi_extra=_BODY)
async def submit(
    request: Request,
    query: Annotated[schemas.JobOptions, Query()],
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200)] = None,
) -> Response:
    """Submit a corpus: one article a line as NDJSON, or CSV with a column `text`.

    Fields other than text, id, title and date come back beside the statements. With an
    `Idempotency-Key`, sending the same corpus again gives the job that it made the first time.
    """
    services = services_of(request)
    settings = services.settings
    kind = bodies.required_media_type(
        request, *sorted(uploads.NDJSON_TYPES), *sorted(uploads.CSV_TYPES)
    )
    await services.guard.charge(request.state.key, 1)
    upload = await uploads.spool(request, settings.data_dir, settings.max_job_bytes)
    try:
        job = await asyncio.to_thread(
            _store, services, upload, kind, owner_of(request), query, idempotency_key
        )
    finally:
        upload.path.unlink(missing_ok=True)
    services.runner.wake()
    request.state.log.update(job=job.id, records=job.total)
    return Response(
        to_json(job.to_dict()),
        202,
        {"Location": f"/v1/jobs/{job.id}"},
        negotiation.JSON,
    )


def _store(  # noqa: PLR0917 - called through a thread
    services: Services,
    upload: uploads.Upload,
    kind: str,
    owner: str,
    options: schemas.JobOptions,
    idempotency_key: str | None,
) -> Job:
    """Store the job, or find the one of the same idempotency key. Blocks."""
    settings = services.settings
    if idempotency_key:
        known = services.jobs.by_idempotency_key(idempotency_key, owner=owner)
        if known:
            return _same(known, upload, options, idempotency_key)
    ready = services.scheduler.ready
    limits = uploads.RecordLimits(
        settings.max_body_bytes, ready.max_characters if ready else settings.max_body_bytes
    )
    records = _limited(uploads.read_records(upload.path, kind, limits), settings.max_job_records)
    try:
        return services.jobs.create(
            records,
            owner=owner,
            options=options.model_dump(),
            digest=upload.digest,
            idempotency_key=idempotency_key,
        )
    except IntegrityError:  # the same key came in twice at the same time
        known = services.jobs.by_idempotency_key(idempotency_key or "", owner=owner)
        if known is None:
            raise
        return _same(known, upload, options, idempotency_key or "")


def _same(known: Job, upload: uploads.Upload, options: schemas.JobOptions, key: str) -> Job:
    """Return the job that is known by the key, if it is the one that is asked for.

    Raises:
        Problem: `conflict`.
    """
    other = "body" if known.body_digest != upload.digest else ""
    if not other and dict(known.options) != options.model_dump():
        other = "threshold, unit or other option"
    if other:
        raise Problem(
            "conflict",
            f"the idempotency key {key[:80]!r} belongs to job {known.id}, which has another "
            f"{other}; use a new key for a new job",
            members={"job": known.id},
        )
    return known


def _limited(records: Iterator[Any], limit: int) -> Iterator[Any]:
    count = 0
    for count, record in enumerate(records, start=1):
        if count > limit:
            raise Problem(
                "too-many-articles",
                f"the corpus has more than {limit:,} records; split it into several jobs",
                members={"limit_records": limit},
            )
        yield record
    if count == 0:
        raise Problem("invalid-request", "the corpus has no records; send one article a line")


@router.get("/{job_id}")
async def status(request: Request, job_id: JobId) -> schemas.JobOut:
    """Say how far a job is."""
    return schemas.JobOut(**(await _job(request, job_id)).to_dict())


@router.delete("/{job_id}")
async def cancel(request: Request, job_id: JobId) -> schemas.JobOut:
    """Cancel a job; what was labelled so far stays."""
    services = services_of(request)
    job = await _job(request, job_id)
    if job.state != "cancelled" and not await asyncio.to_thread(services.jobs.cancel, job.id):
        job = await _job(request, job_id)
        raise Problem("conflict", f"the job has {job.state} already and cannot be cancelled")
    return schemas.JobOut(**(await _job(request, job_id)).to_dict())


@router.get(
    "/{job_id}/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}},
)
async def events(request: Request, job_id: JobId) -> StreamingResponse:
    """Stream progress as server-sent events until the job is over."""
    job = await _job(request, job_id)
    headers = {"X-Accel-Buffering": "no"}
    return StreamingResponse(
        _events(services_of(request), job), media_type="text/event-stream", headers=headers
    )


async def _events(services: Services, job: Job) -> AsyncIterator[bytes]:
    sent: dict[str, Any] | None = None
    ticks = 0
    while not services.draining:
        current = await asyncio.to_thread(services.jobs.get, job.id, owner=job.owner)
        if current is None:
            return
        if current.to_dict() != sent:
            sent = current.to_dict()
            name = b"progress" if current.state in OPEN else b"end"
            yield b"event: " + name + b"\ndata: " + to_json(sent) + b"\n\n"
        if current.state not in OPEN:
            return
        ticks += 1
        if ticks % _HEARTBEAT_TICKS == 0:
            yield b": still here\n\n"
        await asyncio.sleep(_TICK_S)


@router.get(
    "/{job_id}/results",
    response_class=Response,
    responses={
        200: {"content": {form: {"schema": {"type": "string"}} for form in job_results.FORMS}}
    },
)
async def results(
    request: Request,
    job_id: JobId,
    form: Annotated[schemas.ResultFormat | None, Query(alias="format")] = None,
) -> Response:
    """Fetch what is labelled so far, in the order of the corpus: NDJSON, CSV or Parquet.

    Chosen by `format`, else by Accept. CSV and Parquet have a row for each statement.
    """
    services = services_of(request)
    job = await _job(request, job_id)
    wanted = job_results.BY_NAME[form] if form else negotiation.choose(request, job_results.FORMS)
    rows = services.jobs.results(job.id)
    headers = {
        "Content-Disposition": f'attachment; filename="{job.id}.{job_results.ENDINGS[wanted]}"',
        "Onrecord-Job-State": job.state,
    }
    if wanted == job_results.PARQUET:
        file = await asyncio.to_thread(job_results.write_parquet, rows, services.settings.data_dir)
        return StreamingResponse(
            _in_threads(job_results.consume(file)), media_type=wanted, headers=headers
        )
    lines = job_results.WRITERS[wanted](rows)
    return StreamingResponse(_in_threads(lines), media_type=wanted, headers=headers)


@router.get(
    "/{job_id}/rejected",
    response_class=Response,
    responses={200: {"content": {negotiation.NDJSON: {"schema": {"type": "string"}}}}},
)
async def rejected(request: Request, job_id: JobId) -> Response:
    """Fetch the records that could not be labelled: line, id and problem, as NDJSON."""
    services = services_of(request)
    job = await _job(request, job_id)
    lines = job_results.write_ndjson(services.jobs.results(job.id, rejected=True))
    return StreamingResponse(_in_threads(lines), media_type=negotiation.NDJSON)


@router.get("/{job_id}/articles/{number}")
async def article(
    request: Request, job_id: JobId, number: Annotated[int, Path(ge=0, le=2**53)]
) -> schemas.JobArticleOut:
    """Fetch one article of a job with its text, by its place in the corpus from 0."""
    services = services_of(request)
    job = await _job(request, job_id)
    found = await asyncio.to_thread(services.jobs.article, job.id, number)
    if found is None:
        raise Problem("not-found", f"job {job.id} has no labelled article at place {number}")
    return schemas.JobArticleOut.model_validate({"text": found[0]["text"], "labelled": found[1]})


async def _job(request: Request, job_id: str) -> Job:
    """Return the job, if it is the asking key's own.

    Raises:
        Problem: `not-found`.
    """
    store = services_of(request).jobs
    job = await asyncio.to_thread(store.get, job_id, owner=owner_of(request))
    if job is None:
        raise Problem(
            "not-found", f"there is no job {job_id}, or it is another key's, or it is old"
        )
    return job


async def _in_threads(items: Iterator[Item]) -> AsyncIterator[Item]:
    """Yield from a blocking iterator without holding up the event loop."""
    end = object()
    while (item := await asyncio.to_thread(next, items, end)) is not end:
        yield item  # type: ignore[misc]  # not the end marker
