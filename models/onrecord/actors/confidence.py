"""Turn how a resolution was found into the share of such resolutions that are right."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files

from onrecord.types import Actor

# A class is fitted on tens of cases; all of them right does not make the next one certain.
MOST = 0.97
STEPS = 5  # raw confidences are told apart in steps of a fifth


def bucket(actor: Actor) -> str:
    """Return the class of resolutions that an actor's confidence is measured on."""
    step = min(STEPS - 1, int(actor.confidence * STEPS))
    return f"{actor.resolved_by}|{actor.kind}|{step}"


@lru_cache(maxsize=1)
def _table() -> dict[str, float]:
    text = (files("onrecord.actors") / "data" / "confidence.json").read_text(encoding="utf-8")
    return {name: float(value) for name, value in json.loads(text)["accuracy"].items()}


def calibrated(actors: tuple[Actor, ...]) -> tuple[Actor, ...]:
    """Return actors with calibrated confidences; what the user's registry says stays as it is."""
    return tuple(
        actor if actor.resolved_by == "alias" else replace(actor, confidence=_confidence(actor))
        for actor in actors
    )


def _confidence(actor: Actor) -> float:
    table = _table()
    known = table.get(bucket(actor))
    found = known if known is not None else table.get(actor.resolved_by, actor.confidence)
    return min(MOST, found)
