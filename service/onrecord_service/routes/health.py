"""Health checks and the description of what runs."""

from __future__ import annotations

from fastapi import APIRouter, Request

from onrecord.types import OFFSET_UNITS
from onrecord_service import schemas
from onrecord_service.problems import Problem
from onrecord_service.services import services_of
from onrecord_service.version import VERSION

router = APIRouter(tags=["service"])


@router.head("/health/live", include_in_schema=False)
@router.get("/health/live", response_model_exclude_none=True)
async def live() -> schemas.HealthOut:
    """Say whether the process runs; restart it when this fails."""
    return schemas.HealthOut(status="ok")


@router.head("/health/ready", include_in_schema=False)
@router.get(
    "/health/ready",
    response_model_exclude_none=True,
    responses={503: {"model": schemas.ProblemOut, "description": "Send no traffic here"}},
)
async def ready(request: Request) -> schemas.HealthOut:
    """Say whether requests can be answered; send traffic only while this succeeds."""
    services = services_of(request)
    if services.draining:
        raise Problem("not-ready", "the service is shutting down", headers={"Retry-After": "5"})
    _ = services.model
    return schemas.HealthOut(status="ok")


@router.get("/info")
async def info(request: Request) -> schemas.InfoOut:
    """Describe the service: version, model, limits."""
    services = services_of(request)
    settings = services.settings
    loaded = services.scheduler.ready
    limits: dict[str, float] = {
        "body_bytes": settings.max_body_bytes,
        "articles_per_request": settings.max_articles,
        "queue_articles": settings.queue_articles,
        "request_timeout_s": settings.request_timeout_s,
    }
    if loaded:
        limits["characters_per_article"] = services.longest_text
        limits["characters_per_job_record"] = loaded.max_characters
    return schemas.InfoOut(
        name="onrecord",
        version=VERSION,
        model=schemas.ModelOut(**loaded.model.to_dict()) if loaded else None,
        stances=list(services.stances),
        offset_units=list(OFFSET_UNITS),
        limits=limits,
        workers=settings.worker_count,
    )
