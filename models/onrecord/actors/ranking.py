"""A learned choice among options: a conditional logit over named features, kept as numbers."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=8)
def weights(name: str) -> dict[str, float]:
    """Return the fitted weight of each feature of a data file (`principal.json`)."""
    text = (files("onrecord.actors") / "data" / name).read_text(encoding="utf-8")
    return {key: float(value) for key, value in json.loads(text)["weights"].items()}


def shares(table: Mapping[str, float], features: Sequence[Sequence[str]]) -> list[float]:
    """Return the probability of each option, shape (options,); empty for no option."""
    scores = [sum(table.get(name, 0.0) for name in names) for names in features]
    top = max(scores, default=0.0)
    masses = [math.exp(score - top) for score in scores]
    whole = sum(masses)
    return [mass / whole for mass in masses]
