"""The application factory."""

from __future__ import annotations

import asyncio
import functools
import logging
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Match

from onrecord_service import schemas, uploads
from onrecord_service.auth import Guard, authorize
from onrecord_service.checkpoints import CheckpointStore
from onrecord_service.job_runner import JobRunner
from onrecord_service.middleware import HostCheck, RequestContext, add_headers
from onrecord_service.problems import MEDIA_TYPE, Problem, from_validation
from onrecord_service.routes import (
    ask,
    extract,
    feedback,
    health,
    jobs,
    metrics,
    models,
    page,
    positions,
)
from onrecord_service.scheduler import Bounds
from onrecord_service.services import Services
from onrecord_service.settings import Settings
from onrecord_service.store.database import open_database
from onrecord_service.store.feedback import FeedbackStore
from onrecord_service.store.jobs import JobStore
from onrecord_service.store.keys import KeyStore
from onrecord_service.switch import MakeWorkers, Switch, SwitchSettings
from onrecord_service.telemetry import Telemetry
from onrecord_service.tracing import Tracer
from onrecord_service.turnstile import Turnstile
from onrecord_service.version import VERSION
from onrecord_service.workers import (
    ExtractorFactory,
    ExtractorLike,
    InProcessWorker,
    ProcessWorker,
    Worker,
    load_extractor,
)

logger = logging.getLogger(__name__)

_DESCRIPTION = (
    "News text in; out comes every statement in it: which actor says it, in which words, and "
    "which stance the actor takes toward which target."
)


def create_app(
    settings: Settings | None = None,
    *,
    extractor: ExtractorLike | None = None,
    factory: ExtractorFactory | None = None,
) -> FastAPI:
    """Return the application; nothing is loaded before its lifespan starts.

    Args:
        settings: Read from the environment when None.
        extractor: Used in this process, in one thread; for tests.
        factory: Makes an extractor in each worker process; the shipped model when None.
    """
    settings = settings or Settings()
    telemetry = Telemetry()
    tracer = Tracer(settings.otlp_endpoint)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        engine = await asyncio.to_thread(open_database, settings.database, folder=settings.data_dir)
        await asyncio.to_thread(uploads.sweep, settings.data_dir)
        make = _maker(settings, extractor, factory)
        services = _build(settings, make, engine, telemetry, switches=extractor is None)
        app.state.services = services
        services.scheduler.start()
        services.runner.start()
        try:
            yield
        finally:  # requests are over by now; in order: jobs, workers, store
            services.drain()
            await services.runner.stop(settings.drain_s)
            await services.scheduler.stop(timeout_s=1)  # nobody waits for what still runs
            services.comparers.shutdown(wait=False, cancel_futures=True)
            await asyncio.to_thread(tracer.close)
            engine.dispose()

    app = FastAPI(
        title="onrecord",
        version=VERSION,
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # they load scripts from other people's servers
        redoc_url=None,
        responses={
            "4XX": _problem_response("The request cannot be answered as it is"),
            "5XX": _problem_response("The service cannot answer now"),
        },
    )
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "X-API-Key"],
            expose_headers=["Link", "Onrecord-Model", "Retry-After", "X-Request-ID"],
        )
    app.add_middleware(HostCheck, hosts=settings.hosts)
    app.add_middleware(RequestContext, telemetry=telemetry, tracer=tracer)
    app.add_middleware(Turnstile)
    _handle_errors(app, telemetry)
    for module in (health, metrics, page):
        app.include_router(module.router)
    for guarded in (extract, ask, jobs, feedback, positions, models):
        app.include_router(guarded.router, dependencies=[Depends(authorize)])
    app.openapi = functools.partial(_openapi, app)  # type: ignore[method-assign]  # FastAPI's documented way
    return app


def _maker(
    settings: Settings, extractor: ExtractorLike | None, factory: ExtractorFactory | None
) -> MakeWorkers:
    """Return what makes workers for a checkpoint folder, or for the one of the start."""

    def make(folder: Path | None, count: int, niceness: int) -> list[Worker]:
        if extractor is not None:
            return [InProcessWorker(extractor)]
        load = factory or functools.partial(
            load_extractor, folder or settings.checkpoint, settings.actors
        )
        return [ProcessWorker(load, niceness=niceness) for _ in range(count)]

    return make


def _build(
    settings: Settings,
    make: MakeWorkers,
    engine: Engine,
    telemetry: Telemetry,
    *,
    switches: bool,
) -> Services:
    """Put the parts together."""
    switch = SwitchSettings(
        settings.worker_count,
        Bounds(settings.queue_articles, settings.queue_wait_s, settings.batch_characters),
        shadow=settings.shadow,
        share=settings.shadow_share,
    )
    checkpoints = CheckpointStore(settings.models_dir) if switches else None
    scheduler = Switch(make, switch, store=checkpoints, observer=telemetry)
    store = JobStore(engine, lease_s=settings.lease_s)
    runner = JobRunner(
        store,
        scheduler,
        telemetry,
        at_once=4 * settings.worker_count,
        lease_s=settings.lease_s,
        retention_s=settings.retention_days * 86_400,
    )
    telemetry.watch(
        "onrecord_queue_articles", "Articles that wait for a worker.", lambda: scheduler.waiting
    )
    telemetry.watch(
        "onrecord_running_articles",
        "Articles that workers have in hand.",
        lambda: scheduler.running,
    )
    telemetry.watch(
        "onrecord_job_records_waiting",
        "Records of jobs that are not labelled yet, of all replicas on the same store.",
        functools.partial(_waiting, store),
    )
    return Services(
        settings,
        scheduler,
        telemetry,
        Guard(KeyStore(engine), may_be_open=settings.is_loopback or settings.allow_open),
        store,
        FeedbackStore(engine),
        runner,
    )


def _waiting(store: JobStore) -> float:
    """Return how many records of jobs wait; metrics must not fail with the database."""
    try:
        return store.waiting()
    except SQLAlchemyError:
        return math.nan


def _problem_response(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/ProblemOut"}
    return {"description": description, "content": {MEDIA_TYPE: {"schema": schema}}}


def _handle_errors(app: FastAPI, telemetry: Telemetry) -> None:
    """Answer every error as a problem."""

    async def problem(request: Request, error: Exception) -> Response:
        found = error if isinstance(error, Problem) else _translate(request, error)
        telemetry.problem(found.slug)
        if found.slug == "method-not-allowed":
            allowed = ", ".join(_methods(request))
            found = Problem("method-not-allowed", f"use {allowed}", headers={"Allow": allowed})
        response = found.response(instance=request.state.request_id)
        if found.slug == "internal-error":  # it is sent from outside `RequestContext`
            add_headers(response.headers, request.state.request_id, {})
        return response

    async def gone(_request: Request, _error: Exception) -> Response:
        return Response(status_code=499)  # nobody reads it; the log has the number

    app.add_exception_handler(ClientDisconnect, gone)
    for kind in (Problem, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, problem)


def _methods(request: Request) -> list[str]:
    """Return the methods that the path of a request takes."""
    found: set[str] = set()
    for method in ("DELETE", "GET", "HEAD", "POST"):
        scope = {**request.scope, "method": method}
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.routes):
            found.add(method)
    return sorted(found)


def _parameters(request: Request) -> list[str]:
    """Return the names that the query of a request may hold, as the OpenAPI document has them."""
    path = getattr(request.scope.get("route"), "path", "")
    operation = request.app.openapi()["paths"].get(path, {}).get(request.method.lower(), {})
    return [item["name"] for item in operation.get("parameters", []) if item["in"] == "query"]


def _translate(request: Request, error: Exception) -> Problem:
    """Return the row of the table for an error of the framework, or of ours."""
    if isinstance(error, RequestValidationError):
        return from_validation(list(error.errors()), fields=_parameters(request))
    if isinstance(error, HTTPException):
        if error.status_code == 405:  # noqa: PLR2004 - HTTP
            return Problem("method-not-allowed", "use another method")
        if error.status_code == 404:  # noqa: PLR2004 - HTTP
            return Problem("not-found", "see /openapi.json for the addresses that exist")
        return Problem("invalid-request", str(error.detail))
    logger.error("unhandled error", exc_info=error)
    return Problem(
        "internal-error",
        "this is a fault of the service, not of the request; report the request id",
    )


def _openapi(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document, with the schemas of bodies that routes read by themselves."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=_DESCRIPTION, routes=app.routes
        )
        # FastAPI's own copies of these lose the nulls of their examples.
        own: list[type[BaseModel]] = [
            schemas.ExtractOne,
            schemas.ExtractMany,
            schemas.StanceIn,
            schemas.VerifyIn,
            schemas.FeedbackIn,
            schemas.LabelledArticleOut,
            schemas.ProblemOut,
            positions.PositionsOut,
        ]
        _, extra = models_json_schema(
            [(model, "validation") for model in own],
            ref_template="#/components/schemas/{model}",
        )
        components = document.setdefault("components", {}).setdefault("schemas", {})
        components.update(extra["$defs"])
        for operations in document["paths"].values():
            for operation in operations.values():
                if "security" in operation:  # a key is needed only where the service has any
                    operation["security"].append({})
        app.openapi_schema = document
    return app.openapi_schema
