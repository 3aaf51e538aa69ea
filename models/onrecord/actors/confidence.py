"""Turn how a resolution was found into the share of such resolutions that are right."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files

from onrecord.actors.priors import OWN
from onrecord.types import Actor, Entity

# A class is fitted on tens of cases; all of them right does not make the next one certain.
MOST = 0.97
STEPS = 5  # raw confidences are told apart in steps of a fifth


def bucket(actor: Actor) -> str:
    """Return the class of resolutions that an actor's confidence is measured on."""
    step = min(STEPS - 1, int(actor.confidence * STEPS))
    return f"{actor.resolved_by}|{actor.kind}|{step}"


def principal_bucket(actor: Actor) -> str:
    """Return the class of choices that the confidence of whom an actor represents is measured on.

    It tells the rules' choice from the ranking's and from an antecedent's, and a listed body
    from another.
    """
    entity = actor.represents or Entity("")
    how = "ranked" if entity.confidence else "rule"
    if actor.resolved_by == "coreference":
        how = "coreference"
    itself = entity.name == actor.name
    what = "itself" if itself else "listed" if entity.id else "unlisted"
    step = min(STEPS - 1, int(entity.confidence * STEPS))
    return f"represents|{how}|{what}|{step}"


@lru_cache(maxsize=1)
def _table() -> dict[str, float]:
    text = (files("onrecord.actors") / "data" / "confidence.json").read_text(encoding="utf-8")
    return {name: float(value) for name, value in json.loads(text)["accuracy"].items()}


def calibrated(actors: tuple[Actor, ...]) -> tuple[Actor, ...]:
    """Return actors with calibrated confidences; what the user's registry says stays as it is."""
    return tuple(
        actor
        if actor.resolved_by == "alias"
        else replace(actor, confidence=_confidence(actor), represents=_principal(actor))
        for actor in actors
    )


def _principal(actor: Actor) -> Entity | None:
    """Return whom an actor represents, with a calibrated confidence."""
    entity = actor.represents
    if entity is None or entity.confidence >= OWN:
        return entity
    table = _table()
    known = table.get(principal_bucket(actor), table.get("represents", entity.confidence))
    return replace(entity, confidence=min(MOST, known))


def _confidence(actor: Actor) -> float:
    table = _table()
    known = table.get(bucket(actor))
    found = known if known is not None else table.get(actor.resolved_by, actor.confidence)
    return min(MOST, found)
