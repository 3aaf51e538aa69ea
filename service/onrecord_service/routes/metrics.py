"""GET /metrics, for Prometheus."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from onrecord_service.services import services_of

router = APIRouter(tags=["service"])


@router.head("/metrics", include_in_schema=False)
@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(request: Request) -> Response:
    """Return counters, gauges and histograms in Prometheus' text format."""
    content = await asyncio.to_thread(services_of(request).telemetry.render)  # asks the store too
    return Response(content, media_type=CONTENT_TYPE_LATEST)
