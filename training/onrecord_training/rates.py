"""Learning rates: how large for which layer, and how they change over a run."""

from __future__ import annotations

from typing import Any, cast

from torch import Tensor

from onrecord.network import Network
from onrecord_training.config import FitConfig


def parameter_groups(network: Network, config: FitConfig) -> list[dict[str, Any]]:
    """Return parameter groups with layer-wise rates; what is to stay as it is is frozen."""
    layers = int(cast("Any", network.encoder).config.num_hidden_layers)
    words = cast("Any", network.encoder).get_input_embeddings().weight
    groups: dict[tuple[float, float], list[Tensor]] = {}
    for name, parameter in network.named_parameters():
        rate = config.head_rate
        frozen = parameter is words and config.freeze_words
        if name.startswith("rerun"):
            rate = config.encoder_rate
        if name.startswith("encoder."):
            parts = name.split(".")
            numbers = [int(part) for part in parts if part.isdigit()]
            depth = numbers[0] + 1 if numbers else 0  # 0 are the embeddings
            rate = config.encoder_rate * config.layer_decay ** (layers - depth)
            below = config.freeze_layers > 0 and depth <= config.freeze_layers
            frozen = frozen or below
        if frozen:
            parameter.requires_grad = False
            continue
        plain = parameter.ndim < 2 or "embeddings" in name  # noqa: PLR2004 - biases and norms
        groups.setdefault((rate, 0.0 if plain else config.weight_decay), []).append(parameter)
    return [
        {"params": params, "peak": rate, "lr": rate, "weight_decay": decay}
        for (rate, decay), params in groups.items()
    ]


def schedule(step: int, total: int, warmup: float) -> float:
    """Return the factor on the peak rate: linear up, then linear down to 2 %."""
    rising = max(1.0, warmup * total)
    if step < rising:
        return (step + 1) / rising
    return max(0.02, (total - step) / max(1.0, total - rising))
