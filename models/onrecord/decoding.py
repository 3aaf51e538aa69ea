"""From logits to statements: constrained decoding in numpy.

Cue and content tags are decoded by Viterbi under BIO; source and target are the best span (or null)
under start/end scores, at word boundaries, never overlapping the cue. N statements, V view slots.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
BEGIN, INSIDE = 1, 2  # tags; 0 is outside
_IMPOSSIBLE = np.float32(-1e4)
MAX_SPAN = 48  # pieces; the longest source or target of the training corpora has 45


@dataclass(frozen=True, slots=True)
class ReadingArrays:
    """A `network.Reading` as numpy arrays; same names and shapes."""

    content: Floats
    source_start: Floats
    source_end: Floats
    target_start: Floats
    target_end: Floats
    stance: Floats
    conditional: Floats


@dataclass(frozen=True, slots=True)
class RawStatement:
    """A decoded statement in pieces of its window; spans are `[first, end)`.

    Args:
        cue: Pieces of the cue.
        source: Pieces of the source, or None.
        content: Pieces of each content span.
        target: Pieces of the target, or None.
        stance: Probability of each stance. *Shape:* (S,)
        conditional: Probability that the position is conditional.
        parts: Probabilities of cue, source, content, target and best stance, in that order.
    """

    cue: tuple[int, int]
    source: tuple[int, int] | None
    content: tuple[tuple[int, int], ...]
    target: tuple[int, int] | None
    stance: Floats
    conditional: float
    parts: tuple[float, float, float, float, float]


def log_softmax(x: Floats, axis: int = -1) -> Floats:
    """Return log-probabilities along an axis, computed stably."""
    x = x - x.max(axis=axis, keepdims=True)
    out: Floats = x - np.log(np.exp(x).sum(axis=axis, keepdims=True))
    return out


def viterbi_bio(log_probs: Floats) -> NDArray[np.int8]:
    """Return the best tag sequences in which I follows B or I only.

    Args:
        log_probs: In the order O, B, I. *Shape:* (N, L, 3)

    Returns:
        Tags. *Shape:* (N, L)
    """
    n, length, _ = log_probs.shape
    if n == 0 or length == 0:
        return np.zeros((n, length), dtype=np.int8)
    back = np.zeros((n, length, 3), dtype=np.int8)
    score = log_probs[:, 0].copy()
    score[:, 2] = _IMPOSSIBLE
    rows = np.arange(n)
    for i in range(1, length):
        best = score.argmax(1)  # (N,), any tag may go before O and B
        best_score = score[rows, best]
        inside = np.where(score[:, 1] >= score[:, 2], 1, 2)  # only B and I go before I
        back[:, i, 0] = back[:, i, 1] = best
        back[:, i, 2] = inside
        score = np.stack([best_score, best_score, score[rows, inside]], 1) + log_probs[:, i]
    tags = np.zeros((n, length), dtype=np.int8)
    tags[:, -1] = score.argmax(1)
    for i in range(length - 1, 0, -1):
        tags[:, i - 1] = back[rows, i, tags[:, i]]
    return tags


def tag_spans(tags: NDArray[np.int8]) -> list[tuple[int, int]]:
    """Return the `[first, end)` runs of one BIO sequence of (L,) tags."""
    spans = []
    starts = np.flatnonzero(tags == BEGIN)
    for start in starts.tolist():
        end = start + 1
        while end < len(tags) and tags[end] == INSIDE:
            end += 1
        spans.append((start, end))
    return spans


def decode_cues(
    logits: Floats, continues: NDArray[np.bool_], bias: float = 0.0
) -> list[tuple[int, int, float]]:
    """Find cues.

    Args:
        logits: BIO logits of the pieces of text. *Shape:* (L, 3)
        continues: Pieces that go on with a word; a cue never starts there. *Shape:* (L,)
        bias: Added to the logit of O: above 0 gives fewer cues.

    Returns:
        `(first, end, probability)` in text order.
    """
    logits = logits.copy()
    logits[:, 0] += bias
    scores = log_softmax(logits)
    scores[continues, 1] = _IMPOSSIBLE
    probabilities = np.exp(scores)
    out = []
    for first, stop in tag_spans(viterbi_bio(scores[None])[0]):
        end = _word_end(continues, stop)
        out.append((first, end, float(1 - probabilities[first:end, 0].min())))
    return out


def best_spans(
    start: Floats, end: Floats, starts_ok: NDArray[np.bool_], ends_ok: NDArray[np.bool_]
) -> list[tuple[int, int, float] | None]:
    """Return the best span of each row, or None where "no span" scores higher.

    Args:
        start: Start logits, last column for "no span". *Shape:* (N, V + 1)
        end: End logits (of the last piece). *Shape:* (N, V)
        starts_ok: Slots where a span may start. *Shape:* (N, V)
        ends_ok: Slots where a span may end. *Shape:* (N, V)

    Returns:
        `(first slot, end slot exclusive, probability)` or None, one per row. The probability is
        that of the start times that of the end.
    """
    log_start, log_end = log_softmax(start), log_softmax(end)
    null = log_start[:, -1]
    s = np.where(starts_ok, log_start[:, :-1], _IMPOSSIBLE)
    e = np.where(ends_ok, log_end, _IMPOSSIBLE)
    n, slots = e.shape
    best = np.full((n, slots), -np.inf, dtype=np.float32)  # best end score for each start
    width = np.zeros((n, slots), dtype=np.int64)
    for w in range(min(MAX_SPAN, slots)):
        shifted = e[:, w:]
        better = shifted > best[:, : slots - w]
        best[:, : slots - w][better] = shifted[better]
        width[:, : slots - w][better] = w
    total = s + best
    first = total.argmax(1)
    out: list[tuple[int, int, float] | None] = []
    for i, a in enumerate(first.tolist()):
        score = float(total[i, a])
        if score <= _IMPOSSIBLE / 2 or float(null[i]) >= score:
            out.append(None)
        else:
            out.append((a, a + int(width[i, a]) + 1, float(np.exp(score))))
    return out


def decode_readings(
    reading: ReadingArrays,
    cues: list[tuple[int, int, float]],
    continues: NDArray[np.bool_],
    left: int,
) -> list[RawStatement]:
    """Turn the readings of one window into statements.

    Args:
        reading: Logits of N statements.
        cues: `(first, end, probability)` of each, in pieces of text of the window.
        continues: Pieces that go on with a word. *Shape:* (L,)
        left: View slots before the cue's first piece.

    Returns:
        One raw statement per cue, in the same order, in pieces of text of the window.
    """
    if not cues:
        return []
    slots = reading.source_end.shape[1]
    first = np.array([cue[0] for cue in cues])[:, None]
    end = np.array([cue[1] for cue in cues])[:, None]
    at = first + np.arange(slots)[None] - left  # (N, V), piece of each slot
    inside = (at >= 0) & (at < len(continues))
    clipped = at.clip(0, len(continues) - 1)
    goes_on = continues[clipped]
    next_goes_on = np.append(continues, False)[clipped + 1]
    free = inside & ~((at >= first) & (at < end))
    starts_ok, ends_ok = free & ~goes_on, free & ~next_goes_on

    content_scores = log_softmax(reading.content)
    content_scores[~free, 1:] = _IMPOSSIBLE
    content_scores[goes_on, 1] = _IMPOSSIBLE
    tags = viterbi_bio(content_scores)
    tag_scores = np.take_along_axis(content_scores, tags[..., None].astype(np.int64), 2)[..., 0]
    sources = best_spans(reading.source_start, reading.source_end, starts_ok, ends_ok)
    targets = best_spans(reading.target_start, reading.target_end, starts_ok, ends_ok)
    null_source = np.exp(log_softmax(reading.source_start)[:, -1])
    null_target = np.exp(log_softmax(reading.target_start)[:, -1])
    stances = np.exp(log_softmax(reading.stance))
    out = []
    for i, (cue_first, cue_end, cue_probability) in enumerate(cues):
        shift = cue_first - left

        def place(
            span: tuple[int, int, float] | None, shift: int = shift
        ) -> tuple[int, int] | None:
            return None if span is None else (span[0] + shift, span[1] + shift)

        source, target = sources[i], targets[i]
        content = [(a + shift, _word_end(continues, b + shift)) for a, b in tag_spans(tags[i])]
        out.append(
            RawStatement(
                cue=(cue_first, cue_end),
                source=place(source),
                content=tuple(content),
                target=place(target),
                stance=stances[i],
                conditional=float(1 / (1 + np.exp(-reading.conditional[i]))),
                parts=(
                    cue_probability,
                    source[2] if source else float(null_source[i]),
                    float(np.exp(tag_scores[i].min())),
                    target[2] if target else float(null_target[i]),
                    float(stances[i].max()),
                ),
            )
        )
    return out


def _word_end(continues: NDArray[np.bool_], end: int) -> int:
    """Return `end` moved to the end of the word that it cuts, if any."""
    while end < len(continues) and continues[end]:
        end += 1
    return end
