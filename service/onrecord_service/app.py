"""The application factory."""

from __future__ import annotations

import functools
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException
from starlette.responses import Response

from onrecord_service import schemas
from onrecord_service.middleware import RequestContext
from onrecord_service.problems import MEDIA_TYPE, Problem, from_validation
from onrecord_service.routes import ask, extract, health, page
from onrecord_service.scheduler import Bounds, Scheduler
from onrecord_service.services import Services
from onrecord_service.settings import Settings
from onrecord_service.version import VERSION
from onrecord_service.workers import (
    ExtractorFactory,
    ExtractorLike,
    InProcessWorker,
    ProcessWorker,
    Worker,
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

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        services = _build(settings, extractor, factory)
        app.state.services = services
        services.scheduler.start()
        try:
            yield
        finally:
            services.draining = True
            await services.scheduler.stop()

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
    app.add_middleware(RequestContext)
    _handle_errors(app)
    app.include_router(health.router)
    app.include_router(extract.router)
    app.include_router(ask.router)
    app.include_router(page.router)
    app.openapi = functools.partial(_openapi, app)  # type: ignore[method-assign]  # FastAPI's documented way
    return app


def load_extractor(checkpoint: Path | None) -> ExtractorLike:
    """Load the model, in a worker process."""
    from onrecord.extractor import Extractor

    return Extractor.load(checkpoint, threads=1)


def _build(
    settings: Settings, extractor: ExtractorLike | None, factory: ExtractorFactory | None
) -> Services:
    workers: Sequence[Worker]
    if extractor is not None:
        workers = [InProcessWorker(extractor)]
    else:
        make = factory or functools.partial(load_extractor, settings.checkpoint)
        workers = [ProcessWorker(make) for _ in range(settings.worker_count)]
    bounds = Bounds(settings.queue_articles, settings.queue_wait_s, settings.batch_characters)
    return Services(settings, Scheduler(workers, bounds))


def _problem_response(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/ProblemOut"}
    return {"description": description, "content": {MEDIA_TYPE: {"schema": schema}}}


def _handle_errors(app: FastAPI) -> None:
    """Answer every error as a problem."""

    async def problem(request: Request, error: Exception) -> Response:
        found = error if isinstance(error, Problem) else _translate(error)
        return found.response(instance=request.state.request_id)

    for kind in (Problem, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, problem)


def _translate(error: Exception) -> Problem:
    """Return the row of the table for an error of the framework, or of ours."""
    if isinstance(error, RequestValidationError):
        return from_validation(list(error.errors()), fields=tuple(schemas.Options.model_fields))
    if isinstance(error, HTTPException):
        if error.status_code == 405:  # noqa: PLR2004 - HTTP
            allowed = (error.headers or {}).get("Allow", "another method")
            return Problem("method-not-allowed", f"use {allowed}", headers=error.headers)
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
            schemas.LabelledArticleOut,
            schemas.ProblemOut,
        ]
        _, extra = models_json_schema(
            [(model, "validation") for model in own],
            ref_template="#/components/schemas/{model}",
        )
        components = document.setdefault("components", {}).setdefault("schemas", {})
        components.update(extra["$defs"])
        app.openapi_schema = document
    return app.openapi_schema
