"""GET /v1/models: the model that answers."""

from __future__ import annotations

from fastapi import APIRouter, Request

from onrecord_service import schemas
from onrecord_service.services import services_of

router = APIRouter(prefix="/v1", tags=["service"])


@router.get("/models")
async def models(request: Request) -> schemas.ModelsOut:
    """List the models: one, chosen when the service was started."""
    return schemas.ModelsOut(models=[schemas.ModelOut(**services_of(request).model.to_dict())])
