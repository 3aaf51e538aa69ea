"""GET /v1/models: the model that answers, the one before, and the one that reads along."""

from __future__ import annotations

from fastapi import APIRouter, Request

from onrecord.types import ModelInfo
from onrecord_service import schemas
from onrecord_service.checkpoints import Entry
from onrecord_service.services import services_of
from onrecord_service.shadow import KINDS, OUTCOMES, Shadow

router = APIRouter(prefix="/v1", tags=["service"])


@router.get("/models")
async def models(request: Request) -> schemas.ModelsOut:
    """List the models and how far a shadow agrees; `onrecord models` chooses them."""
    services = services_of(request)
    switch = services.scheduler
    active, before = _model(services.model), switch.pointer.previous
    return schemas.ModelsOut(
        models=[active],
        active=active,
        previous=_model(before) if before else None,
        shadow=_shadow(switch.shadow) if switch.shadow else None,
        refused=switch.refused,
    )


def _model(model: ModelInfo | Entry) -> schemas.ModelOut:
    return schemas.ModelOut(name=model.name, version=model.version, sha256=model.sha256)


def _shadow(shadow: Shadow) -> schemas.ShadowOut:
    agreement = shadow.agreement
    return schemas.ShadowOut(
        model=_model(shadow.model) if shadow.model else None,
        share=shadow.share,
        agreement=agreement.share,
        articles={name: agreement.articles[name] for name in OUTCOMES},
        statements={name: agreement.statements[name] for name in KINDS},
        failure=shadow.failure,
    )
