"""From logits to statements: constrained decoding in numpy.

Cue and content tags are decoded by Viterbi under BIO; source and target are the span (or null)
of the best expected overlap, at word boundaries, never overlapping the cue. N statements,
V view slots.
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
VOTERS, CANDIDATES = 64, 16  # likeliest spans that are weighed, and that may be chosen
MAX_SPAN = 48  # pieces; of the training corpora's sources and targets one is longer
MEET = 0.5  # Jaccard from which two spans count as the same, as scored


@dataclass(frozen=True, slots=True)
class ReadingArrays:
    """A `network.Reading` as numpy arrays; same names and shapes."""

    content: Floats
    source: Floats
    source_null: Floats
    target: Floats
    target_null: Floats
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
        parts: Probabilities that cue, source, target and best stance are right, in that order.
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
    scores: Floats,
    null: Floats,
    starts_ok: NDArray[np.bool_],
    ends_ok: NDArray[np.bool_],
    cue: int | None = None,
) -> list[tuple[tuple[int, int] | None, float]]:
    """Return each row's span with the best expected overlap, or None where none is likelier.

    Many likely spans differ by a word or two, so the likeliest one may share less with the others
    than its neighbour does: the choice of least expected loss (minimum Bayes risk, Kumar & Byrne
    2004). The gain is the mean of the Jaccard overlap and of whether it reaches one half.

    Args:
        scores: Score of each span, first slot by last slot. *Shape:* (N, V, V)
        null: Score of "no span". *Shape:* (N,)
        starts_ok: Slots where a span may start. *Shape:* (N, V)
        ends_ok: Slots where a span may end. *Shape:* (N, V)
        cue: Slot that no span may reach across.

    Returns:
        `((first slot, end slot exclusive) or None, probability)` per row; the probability that the
        choice and the right span share at least half of their union.
    """
    out: list[tuple[tuple[int, int] | None, float]] = []
    for row, nothing, start, end in zip(scores, null.tolist(), starts_ok, ends_ok, strict=True):
        first, last = np.flatnonzero(start), np.flatnonzero(end)
        length = last[None] - first[:, None]  # (starts, ends)
        legal = (length >= 0) & (length < MAX_SPAN)
        if cue is not None:
            legal &= (first[:, None] < cue) == (last[None] < cue)
        i, j = np.nonzero(legal)
        a, b = first[i], last[j]  # of each legal span, both inclusive
        score = row[a, b]
        top = max(float(score.max(initial=-np.inf)), nothing)
        weights = np.exp(score - top)
        total = float(weights.sum()) + math.exp(nothing - top)
        order = np.argsort(-weights, kind="stable")[:VOTERS]
        order = order[score[order] > _IMPOSSIBLE / 2]
        none = math.exp(nothing - top) / total
        if not len(order):
            out.append((None, none))
            continue
        a, b = a[order], b[order] + 1
        overlap = _jaccard(a, b)[:CANDIDATES]  # (candidates, voters)
        share = weights[order] / total
        gain = (overlap + (overlap >= MEET)) @ share / 2
        best = int(gain.argmax())
        span, wins = (int(a[best]), int(b[best])), float((overlap[best] >= MEET) @ share)
        out.append((None, none) if none >= gain[best] else (span, wins))
    return out


def _jaccard(first: NDArray[np.int64], end: NDArray[np.int64]) -> Floats:
    """Return the share of the union that each two of K spans have in common, (K, K)."""
    common = np.minimum(end[:, None], end) - np.maximum(first[:, None], first)
    length = end - first
    out: Floats = common.clip(0) / (length[:, None] + length - common.clip(0))
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
    slots = reading.source.shape[1]
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
    sources = best_spans(reading.source, reading.source_null, starts_ok, ends_ok, left)
    targets = best_spans(reading.target, reading.target_null, starts_ok, ends_ok, left)
    stances = np.exp(log_softmax(reading.stance))
    out = []
    for i, (cue_first, cue_end, cue_probability) in enumerate(cues):
        shift = cue_first - left

        def place(span: tuple[int, int] | None, shift: int = shift) -> tuple[int, int] | None:
            return None if span is None else (span[0] + shift, span[1] + shift)

        (source, source_probability), (target, target_probability) = sources[i], targets[i]
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
                    source_probability,
                    target_probability,
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
