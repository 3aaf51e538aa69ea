"""From logits to statements: constrained decoding in numpy.

Cue and content tags are decoded by Viterbi under BIO; source and target are the best span (or null)
under start/end scores, at word boundaries, never overlapping the cue. N statements, V view slots.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
BEGIN, INSIDE = 1, 2  # tags; 0 is outside
SURE = math.log(0.999)  # a piece this surely outside ends the search
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
        parts: Probabilities of cue, source, target and best stance, in that order.
    """

    cue: tuple[int, int]
    source: tuple[int, int] | None
    content: tuple[tuple[int, int], ...]
    target: tuple[int, int] | None
    stance: Floats
    conditional: float
    parts: tuple[float, float, float, float]


def log_softmax(x: Floats, axis: int = -1) -> Floats:
    """Return log-probabilities along an axis, computed stably."""
    x = x - x.max(axis=axis, keepdims=True)
    out: Floats = x - np.log(np.exp(x).sum(axis=axis, keepdims=True))
    return out


def decode_bio(log_probs: Floats) -> list[tuple[int, int]]:
    """Return the spans of the best tag sequence in which I follows B or I only.

    Plain Python on the stretch where anything but O is in question: on sequences this short it is
    several times faster than numpy step by step.

    Args:
        log_probs: In the order O, B, I. *Shape:* (L, 3)

    Returns:
        `[first, end)` of each span, in order.
    """
    unsure = np.flatnonzero(log_probs[:, 0] < SURE)
    if not len(unsure):
        return []
    begin, stop = int(unsure[0]), int(unsure[-1]) + 1
    outside, first, inside = 0.0, -math.inf, -math.inf  # best scores of paths that end so
    back: list[tuple[int, int]] = []  # tag before O or B, tag before I
    for o, b, i in log_probs[begin:stop].tolist():
        best, tag = (outside, 0) if outside >= first else (first, BEGIN)
        if inside > best:
            best, tag = inside, INSIDE
        open_score, open_tag = (first, BEGIN) if first >= inside else (inside, INSIDE)
        back.append((tag, open_tag))
        outside, first, inside = best + o, best + b, open_score + i
    scores = (outside, first, inside)
    tag = scores.index(max(scores))
    spans, end = [], stop
    for at in range(stop - 1, begin - 1, -1):
        before, before_inside = back[at - begin]
        if tag == 0:
            end = at
        elif tag == BEGIN:
            spans.append((at, end))
            end = at
        tag = before_inside if tag == INSIDE else before
    return spans[::-1]


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
    for first, stop in decode_bio(scores):
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
        content = [
            (a + shift, _word_end(continues, b + shift)) for a, b in decode_bio(content_scores[i])
        ]
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
