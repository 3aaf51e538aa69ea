"""The loss of a batch: one part for each of the network's answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from onrecord.network import Network, Reading
from onrecord_training.config import Corpus, FitConfig, RunConfig
from onrecord_training.data import IGNORE, Batch
from onrecord_training.records import Record
from onrecord_training.teacher import SoftBatch


def batch_losses(
    network: Network, batch: Batch, config: FitConfig, stance_weights: Tensor
) -> dict[str, Tensor]:
    """Return the weighted losses of one batch; each is a sum over its items per statement."""
    encoded = network.encode(batch.pieces, batch.mask)
    count = max(1.0, float(batch.weight.sum()))
    windows = float(batch.window_weight.sum())
    cue = cross_entropy(
        encoded.cue.transpose(1, 2), batch.cue, ignore_index=IGNORE, reduction="none"
    )
    per = max(count, windows)  # a window without statements still counts as one
    losses = {"cue": (cue.sum(1) * batch.window_weight).sum() / per}
    taught: dict[str, Tensor] = {}
    if batch.soft is not None:
        soft = _soft_entropy(encoded.cue, batch.soft.cue)  # (B, T); 0 off the text
        taught["cue"] = (soft.sum(1) * batch.window_weight).sum() / per
    if not len(batch.cues):
        return _weighted(losses, taught, config)
    reading = network.read(encoded.top, encoded.low, batch.text_mask, batch.cues)

    def mean(loss: Tensor) -> Tensor:
        return (loss * batch.weight).sum() / count

    def span(scores: Tensor, null: Tensor, gold: Tensor) -> Tensor:
        every = torch.cat([scores.flatten(1), null[:, None]], 1)  # (N, V * V + 1)
        return mean(cross_entropy(every, gold, ignore_index=IGNORE, reduction="none"))

    content = cross_entropy(
        reading.content.transpose(1, 2), batch.content, ignore_index=IGNORE, reduction="none"
    )
    losses["content"] = mean(content.sum(1)) / 8
    losses["source"] = span(reading.source, reading.source_null, batch.source)
    losses["target"] = span(reading.target, reading.target_null, batch.target)
    losses["stance"] = mean(
        cross_entropy(
            reading.stance,
            batch.stance,
            weight=stance_weights,
            ignore_index=IGNORE,
            reduction="none",
            label_smoothing=config.smoothing,
        )
    )
    known = batch.conditional != IGNORE
    conditional = binary_cross_entropy_with_logits(
        reading.conditional,
        batch.conditional.clamp(min=0).float(),
        reduction="none",
        pos_weight=stance_weights.new_tensor(4.0),
    )
    losses["conditional"] = mean(conditional * known)
    if batch.soft is not None:
        for name, loss in _taught(reading, batch, batch.soft).items():
            taught[name] = mean(loss)
    return _weighted(losses, taught, config)


def _weighted(
    losses: dict[str, Tensor], taught: dict[str, Tensor], config: FitConfig
) -> dict[str, Tensor]:
    """Return the losses with their weights, those of the gold labels and the teacher's sharing."""
    weights: dict[str, float] = {name: getattr(config, f"{name}_loss") for name in losses}
    if not taught:
        return {name: weights[name] * loss for name, loss in losses.items()}
    gold = {name: (1 - config.teach) * weights[name] * loss for name, loss in losses.items()}
    return gold | {
        f"{name} taught": config.teach * weights[name] * loss for name, loss in taught.items()
    }


def _taught(reading: Reading, batch: Batch, soft: SoftBatch) -> dict[str, Tensor]:
    """Return the cross-entropy to the teacher of each answer, (N,) each."""

    def span(scores: Tensor, null: Tensor, spans: Tensor, shares: Tensor) -> Tensor:
        every = torch.cat([scores.flatten(1), null[:, None]], 1).log_softmax(1)  # (N, V * V + 1)
        return -(every.gather(1, spans) * shares).sum(1)

    seen = (batch.content != IGNORE).to(reading.content.dtype)  # (N, V)
    content = (_soft_entropy(reading.content, soft.content) * seen).sum(1) / 8
    conditional = binary_cross_entropy_with_logits(
        reading.conditional, soft.conditional, reduction="none"
    )
    return {
        "content": content,
        "source": span(reading.source, reading.source_null, soft.source, soft.source_p),
        "target": span(reading.target, reading.target_null, soft.target, soft.target_p),
        "stance": _soft_entropy(reading.stance, soft.stance),
        "conditional": conditional,
    }


def _soft_entropy(logits: Tensor, shares: Tensor) -> Tensor:
    """Return the cross-entropy to soft labels over the last dimension."""
    return -(logits.log_softmax(-1) * shares).sum(-1)


def stance_weights(corpora: Sequence[tuple[Corpus, Sequence[Record]]], config: RunConfig) -> Tensor:
    """Return (S,) inverse-frequency class weights with mean 1 over the data."""
    counts = np.ones(len(config.model.stances))
    index = {name: i for i, name in enumerate(config.model.stances)}
    for corpus, records in corpora:
        for record in records:
            for item in record.statements:
                if item.stance and not corpus.auxiliary:
                    counts[index[item.stance]] += corpus.weight
    weights = (counts.sum() / counts) ** config.fit.rare_stance
    weights /= (weights * counts).sum() / counts.sum()
    return torch.tensor(weights, dtype=torch.float32)
