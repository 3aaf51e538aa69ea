"""The network, in torch; used by training and export only (the runtime reads its graphs).

One encoder reads a window once and tags cues. For each cue a *view* of `left + right` pieces
around it is gathered, and everything else is decoded given that cue: content as BIO tags, source
and target as one choice among all spans and "none", stance and conditional from the cue's own
query after cross-attention to the view. Shapes: B windows, T pieces, N statements, V view slots,
D encoder width, S stances.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn

from onrecord.decoding import MAX_SPAN

NEGATIVE = -1e4  # a masked logit; finite, so that softmax of a fully masked row stays a number


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """Sizes of the parts above the encoder.

    Args:
        stances: Labels, in the order of the stance logits.
        left: View slots before the cue's first piece.
        right: View slots from the cue's first piece on.
        rerun_layers: How many layers run again on the inner view with the cue marked.
        rerun_from: Encoder layer whose states they start from; -1 for `rerun_layers` below the top.
        rerun_left: Inner view slots before the cue's first piece.
        rerun_right: Inner view slots from the cue's first piece on.
        query_layers: Cross-attention layers of the statement query.
        role_width: Width of the token-times-cue features.
        span_width: Width of the features that score a start together with an end.
        dropout: Dropout of the parts above the encoder.
    """

    stances: tuple[str, ...]
    left: int = 48
    right: int = 80
    rerun_layers: int = 0
    rerun_from: int = -1
    rerun_left: int = 24
    rerun_right: int = 40
    query_layers: int = 2
    role_width: int = 192
    span_width: int = 64
    dropout: float = 0.1

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable mapping."""
        return {**asdict(self), "stances": list(self.stances)}


class Encoded(NamedTuple):
    """What one pass over windows gives.

    Args:
        top: Top layer states. *Shape:* (B, T, D)
        low: States below the re-run layers (the top states when none re-run). *Shape:* (B, T, D)
        cue: BIO logits of cues, in the order O, B, I. *Shape:* (B, T, 3)
    """

    top: Tensor
    low: Tensor
    cue: Tensor


class Reading(NamedTuple):
    """What is decoded for each cue; slot `left` of a view is the cue's first piece.

    Args:
        content: BIO logits. *Shape:* (N, V, 3)
        source: Score of the span from one slot to another, both inclusive. *Shape:* (N, V, V)
        source_null: Score of "no source", to be compared with those. *Shape:* (N,)
        target: As `source`. *Shape:* (N, V, V)
        target_null: As `source_null`. *Shape:* (N,)
        stance: *Shape:* (N, S)
        conditional: Logit of a conditional position. *Shape:* (N,)
    """

    content: Tensor
    source: Tensor
    source_null: Tensor
    target: Tensor
    target_null: Tensor
    stance: Tensor
    conditional: Tensor


class Attention(nn.Module):
    """Multi-head attention with an additive bias; keys and values are projected separately.

    The views of a window's statements overlap, so a window's states are projected once and the
    projections gathered: with 24 statements this is a quarter of the arithmetic.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.output = nn.Linear(width, width)

    def project(self, states: Tensor) -> Tensor:
        """Return keys and values of (*, K, D) states side by side, (*, K, 2D)."""
        return torch.cat([self.key(states), self.value(states)], -1)

    def forward(self, queries: Tensor, projected: Tensor, bias: Tensor) -> Tensor:
        """Return (N, Q, D).

        Args:
            queries: *Shape:* (N, Q, D)
            projected: What `project` returned. *Shape:* (N, K, 2D)
            bias: Broadcasts to (N, heads, Q, K).
        """
        n, q, d = queries.shape
        size = d // self.heads

        def split(x: Tensor) -> Tensor:
            return x.view(n, -1, self.heads, size).transpose(1, 2)  # (N, heads, *, size)

        keys, values = projected.chunk(2, -1)
        scores = split(self.query(queries)) @ split(keys).transpose(2, 3)
        weights = (scores / math.sqrt(size) + bias).softmax(-1)  # (N, heads, Q, K)
        mixed = (weights @ split(values)).transpose(1, 2).reshape(n, q, d)
        return cast("Tensor", self.output(mixed))


class Block(nn.Module):
    """A post-norm transformer layer, as BERT's; keys may be another sequence than the queries."""

    def __init__(self, width: int, heads: int, inner: int, dropout: float) -> None:
        super().__init__()
        self.attention = Attention(width, heads)
        self.norm1 = nn.LayerNorm(width, eps=1e-12)
        self.up = nn.Linear(width, inner)
        self.down = nn.Linear(inner, width)
        self.norm2 = nn.LayerNorm(width, eps=1e-12)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, projected: Tensor, bias: Tensor) -> Tensor:
        """Return the next states, of the shape of `x`; the rest as in `Attention.forward`."""
        x = self.norm1(x + self.dropout(self.attention(x, projected, bias)))
        return cast(
            "Tensor",
            self.norm2(x + self.dropout(self.down(nn.functional.gelu(self.up(x))))),
        )

    def copy_bert(self, layer: nn.Module) -> None:
        """Start from the weights of a Hugging Face BERT layer of the same widths."""
        theirs = dict(layer.named_parameters())
        names = {
            "attention.query": "attention.self.query",
            "attention.key": "attention.self.key",
            "attention.value": "attention.self.value",
            "attention.output": "attention.output.dense",
            "norm1": "attention.output.LayerNorm",
            "up": "intermediate.dense",
            "down": "output.dense",
            "norm2": "output.LayerNorm",
        }
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                part, kind = name.rsplit(".", 1)
                parameter.copy_(theirs[f"{names[part]}.{kind}"])


class Network(nn.Module):
    """Cue tagging over windows, then one reading per cue."""

    def __init__(self, encoder: nn.Module, config: NetworkConfig) -> None:
        super().__init__()
        self.encoder = encoder
        self.config = config
        shape = cast("Any", encoder).config
        width, heads = int(shape.hidden_size), int(shape.num_attention_heads)
        inner, depth = int(shape.intermediate_size), int(shape.num_hidden_layers)
        slots, d = config.left + config.right, config.role_width
        below = depth - config.rerun_layers
        self.low_layer = below if config.rerun_from < 0 else config.rerun_from
        self.drop = nn.Dropout(config.dropout)

        self.cue = nn.Linear(width, 3)
        self.mark = nn.Parameter(torch.zeros(width))
        self.rerun = nn.ModuleList(
            Block(width, heads, inner, config.dropout) for _ in range(config.rerun_layers)
        )
        self.query_start = nn.Linear(2 * width, width)
        self.query = nn.ModuleList(
            Block(width, heads // 2 or 1, 2 * width, config.dropout)
            for _ in range(config.query_layers)
        )
        self.query_bias = nn.Parameter(torch.zeros(heads // 2 or 1, 1, slots))

        self.role_token = nn.Linear(width, d)
        self.role_inner = nn.Linear(width, d)
        self.role_cue = nn.Linear(width, d)
        self.role_slot = nn.Parameter(torch.randn(slots, d) * 0.02)
        self.role_in_cue = nn.Parameter(torch.zeros(d))
        self.role_hidden = nn.Linear(d, d)
        self.role_output = nn.Linear(d, 7)  # content O, B, I; source start, end; target start, end
        self.null = nn.Linear(width, 2)  # no source, no target
        self.span_start = nn.Linear(d, 2 * config.span_width)
        self.span_end = nn.Linear(d, 2 * config.span_width)
        nn.init.normal_(
            self.span_end.weight, std=0.02
        )  # starts and ends nearly independent at first
        nn.init.zeros_(self.span_end.bias)
        self.span_length = nn.Parameter(torch.zeros(2, MAX_SPAN))

        self.stance_hidden = nn.Linear(4 * width, width)
        self.stance = nn.Linear(width, len(config.stances))
        self.conditional = nn.Linear(width, 1)

    def copy_rerun(self, layers: Sequence[nn.Module]) -> None:
        """Start the layers that run again from the BERT layers that follow `low_layer`.

        Args:
            layers: All layers of the pretrained encoder, those that windows do not run included.
        """
        follow = layers[self.low_layer : self.low_layer + len(self.rerun)]
        for block, layer in zip(self.rerun, follow, strict=True):
            cast("Block", block).copy_bert(layer)

    def encode(self, pieces: Tensor, mask: Tensor) -> Encoded:
        """Read windows.

        Args:
            pieces: Piece ids. *Shape:* (B, T)
            mask: 1 for pieces, 0 for padding. *Shape:* (B, T)
        """
        output = self.encoder(input_ids=pieces, attention_mask=mask, output_hidden_states=True)
        top = output.last_hidden_state
        low = output.hidden_states[self.low_layer] if self.rerun else top
        return Encoded(top, low, self.cue(self.drop(top)))

    def read(self, top: Tensor, low: Tensor, mask: Tensor, cues: Tensor) -> Reading:
        """Decode a statement for each cue.

        Args:
            top: As in `Encoded`. *Shape:* (B, T, D)
            low: As in `Encoded`. *Shape:* (B, T, D)
            mask: 1 for pieces that text can be read from (no padding, no special). *Shape:* (B, T)
            cues: Window, first piece, end piece (exclusive). *Shape:* (N, 3)
        """
        c = self.config
        window, first, end = cues.unbind(1)  # (N,) each
        slot = torch.arange(-c.left, c.right, device=cues.device)  # (V,)
        at = first[:, None] + slot  # (N, V), piece of each slot
        inside = (at >= 0) & (at < top.shape[1])
        at = at.clamp(min=0).minimum(torch.full_like(at, 1) * (top.shape[1] - 1))
        valid = inside & (mask[window[:, None], at] > 0)  # (N, V)
        in_cue = ((slot[None] >= 0) & (at < end[:, None])).to(top.dtype)  # (N, V)
        bias = (1 - valid.to(top.dtype)) * NEGATIVE  # (N, V)
        cue_weight = (in_cue / in_cue.sum(1, keepdim=True).clamp(min=1))[:, None]  # (N, 1, V)

        view = top[window[:, None], at]  # (N, V, D)
        cue_state = (cue_weight @ view)[:, 0]  # (N, D)
        inner_state = cue_state
        features = self.role_token(top)[window[:, None], at]  # (N, V, d)
        if self.rerun:
            a, b = c.left - c.rerun_left, c.left + c.rerun_right
            x = low[window[:, None], at[:, a:b]] + in_cue[:, a:b, None] * self.mark  # (N, I, D)
            for block in self.rerun:
                x = block(x, cast("Block", block).attention.project(x), bias[:, None, None, a:b])
            inner_state = (cue_weight[:, :, a:b] @ x)[:, 0]
            view = torch.cat([view[:, :a], x, view[:, b:]], 1)  # (N, V, D)
            padding = (0, 0, a, c.left + c.right - b)
            features = features + nn.functional.pad(self.role_inner(self.drop(x)), padding)

        query = self.query_start(torch.cat([cue_state, inner_state], 1))[:, None]  # (N, 1, D)
        for block in self.query:
            projected = cast("Block", block).attention.project(top)[window[:, None], at]
            if self.rerun:
                inner = cast("Block", block).attention.project(x)
                projected = torch.cat([projected[:, :a], inner, projected[:, b:]], 1)
            query = block(query, projected, bias[:, None, None] + self.query_bias)
        state = query[:, 0]  # (N, D)

        features = features + self.role_cue(state)[:, None] + self.role_slot
        features = nn.functional.gelu(features + in_cue[..., None] * self.role_in_cue)
        features = nn.functional.gelu(self.role_hidden(self.drop(features)))
        roles = self.role_output(self.drop(features))  # (N, V, 7)
        content = roles[..., :3]
        spans = self._spans(features, roles[..., 3:] + bias[..., None])  # (N, 2, V, V)
        null = self.null(state)  # (N, 2)

        said = content.softmax(-1)[..., 1:].sum(-1) * valid.to(top.dtype)  # (N, V)
        said = said / said.sum(1, keepdim=True).clamp(min=1)
        targets = torch.cat([spans[:, 1].flatten(1), null[:, 1:]], 1).softmax(1)[:, :-1]
        targets = targets.view_as(spans[:, 1])  # (N, V, V)
        about = (targets.sum(2) + targets.sum(1)) / 2  # (N, V), mass of its start and its end
        pooled = torch.stack([said, about], 1).detach() @ view  # (N, 2, D)
        whole = torch.cat([state, inner_state, pooled.flatten(1)], 1)  # (N, 4D)
        hidden = nn.functional.gelu(self.stance_hidden(self.drop(whole)))
        return Reading(
            content=content,
            source=spans[:, 0],
            source_null=null[:, 0],
            target=spans[:, 1],
            target_null=null[:, 1],
            stance=self.stance(self.drop(hidden)),
            conditional=self.conditional(self.drop(hidden))[:, 0],
        )

    def _spans(self, features: Tensor, pointers: Tensor) -> Tensor:
        """Score every span of source and target, (N, 2, V, V).

        A start's score, an end's, how well the two go together, and the length.

        Args:
            features: *Shape:* (N, V, d)
            pointers: Source start, source end, target start, target end. *Shape:* (N, V, 4)
        """
        n, slots, _ = features.shape
        k = self.config.span_width
        first = self.span_start(features).view(n, slots, 2, k).transpose(1, 2)  # (N, 2, V, k)
        last = self.span_end(features).view(n, slots, 2, k).transpose(1, 2)
        start = pointers[..., 0::2].transpose(1, 2)[..., None]  # (N, 2, V, 1)
        end = pointers[..., 1::2].transpose(1, 2)[:, :, None].log_softmax(-1)  # (N, 2, 1, V)
        slot = torch.arange(slots, device=features.device)
        length = slot[None] - slot[:, None]  # (V, V), pieces after the first
        legal = (length >= 0) & (length < MAX_SPAN)
        by_length = self.span_length[:, length.clamp(0, MAX_SPAN - 1)]  # (2, V, V)
        scores = first @ last.transpose(2, 3) / math.sqrt(k) + start + end + by_length
        return cast("Tensor", scores + (~legal).to(scores.dtype) * NEGATIVE)
