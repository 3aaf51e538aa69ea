"""The figures of a report: matrix, time lines with change points, contested issues, agreement."""

from __future__ import annotations

import datetime as dt
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .positions import Position

RESAMPLES = 1000
LEVEL = 0.95
PERMUTATIONS = 499
ALPHA = 0.01
MIN_SEGMENT = 4
"""Fewest statements on either side of a change point."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What one actor said on one issue.

    Args:
        actor: The actor.
        issue: The issue.
        count: Statements.
        favor: Of these, for.
        against: Of these, against.
        mean: Mean polarity in [-1, 1].
        low: Lower end of the 95 % interval of the mean.
        high: Upper end.
    """

    actor: str
    issue: str
    count: int
    favor: int
    against: int
    mean: float
    low: float
    high: float


def matrix(
    positions: Sequence[Position], actors: Sequence[str], issues: Sequence[str]
) -> list[Cell]:
    """Return a cell for each actor and issue that met.

    Args:
        positions: All positions.
        actors: The actors to show.
        issues: The issues to show.

    Returns:
        Cells in order of actors, then issues.
    """
    groups = group(positions)
    return [
        _cell(actor, issue, groups[actor, issue])
        for actor in actors
        for issue in issues
        if (actor, issue) in groups
    ]


def group(positions: Iterable[Position]) -> dict[tuple[str, str], list[Position]]:
    """Group positions by actor and issue."""
    groups: dict[tuple[str, str], list[Position]] = defaultdict(list)
    for position in positions:
        groups[position.actor, position.issue].append(position)
    return dict(groups)


def top(positions: Iterable[Position], *, actors: int, issues: int) -> tuple[list[str], list[str]]:
    """Return the issues that most of the busiest actors speak on, and who speaks most on these.

    An actor that is silent on all these issues is left out: its row would be empty.

    Args:
        positions: All positions.
        actors: How many actors at most.
        issues: How many issues at most.

    Returns:
        Names of actors and of issues, most first.
    """
    found = list(positions)
    said = Counter(position.actor for position in found)
    names = sorted(said, key=lambda name: (-said[name], name))
    chosen = set(names[:actors])
    speakers: dict[str, set[str]] = defaultdict(set)
    times: Counter[str] = Counter()
    for position in found:
        if position.actor in chosen:
            speakers[position.issue].add(position.actor)
            times[position.issue] += 1
    order = sorted(times, key=lambda issue: (-len(speakers[issue]), -times[issue], issue))
    shown = set(order[:issues])
    speaking = {position.actor for position in found if position.issue in shown}
    return [name for name in names if name in speaking][:actors], order[:issues]


def bootstrap_interval(positions: Sequence[Position], *, seed: int) -> tuple[float, float]:
    """Return the 95 % interval of the mean polarity.

    Whole articles are drawn, not statements: what one article reports hangs together. Where there
    is one article only, nothing can be said and the interval is [-1, 1].

    Args:
        positions: Of one cell.
        seed: Of the random draws; the same cell gives the same interval.

    Returns:
        Lower and upper end.
    """
    totals: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for position in positions:
        totals[position.article][0] += position.sign
        totals[position.article][1] += 1
    table = np.array(list(totals.values()))  # (articles, 2): sum of signs, statements
    if len(table) == 1:
        return -1.0, 1.0
    draws = np.random.default_rng(seed).multinomial(
        len(table), np.full(len(table), 1 / len(table)), size=RESAMPLES
    )  # (resamples, articles)
    sums = draws @ table  # (resamples, 2)
    means = sums[:, 0] / sums[:, 1]
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _cell(actor: str, issue: str, positions: Sequence[Position]) -> Cell:
    signs = [position.sign for position in positions]
    low, high = bootstrap_interval(positions, seed=zlib.crc32(f"{actor}\0{issue}".encode()))
    return Cell(
        actor,
        issue,
        len(signs),
        sum(sign > 0 for sign in signs),
        sum(sign < 0 for sign in signs),
        round(sum(signs) / len(signs), 4),
        round(low, 4),
        round(high, 4),
    )


@dataclass(frozen=True, slots=True)
class Point:
    """Positions of one period.

    Args:
        start: First day of the period.
        count: Statements.
        mean: Mean polarity.
    """

    start: dt.date
    count: int
    mean: float


@dataclass(frozen=True, slots=True)
class TimeLine:
    """How one actor's position on one issue moved.

    Args:
        actor: The actor.
        issue: The issue.
        points: Periods with statements, in order.
        changes: Days from which the position is another one (p < .01).
    """

    actor: str
    issue: str
    points: tuple[Point, ...]
    changes: tuple[dt.date, ...]


def time_lines(
    positions: Sequence[Position], actors: Sequence[str], issues: Sequence[str], *, period: str
) -> list[TimeLine]:
    """Return a time line for each actor and issue with dates in two periods or more."""
    groups = group(position for position in positions if position.date)
    lines = []
    for actor in actors:
        for issue in issues:
            dated = sorted(groups.get((actor, issue), ()), key=lambda p: (p.date, p.article))
            periods: dict[dt.date, list[int]] = defaultdict(list)
            for position in dated:
                if position.date:
                    periods[period_start(position.date, period)].append(position.sign)
            if len(periods) > 1:
                points = tuple(
                    Point(start, len(signs), round(sum(signs) / len(signs), 4))
                    for start, signs in sorted(periods.items())
                )
                lines.append(TimeLine(actor, issue, points, tuple(change_points(dated))))
    return lines


def choose_period(positions: Iterable[Position]) -> str:
    """Return the period that cuts the corpus into a readable number of pieces."""
    dates = [position.date for position in positions if position.date]
    if not dates:
        return "month"
    days = (max(dates) - min(dates)).days
    for period, most in (("day", 31), ("week", 200), ("month", 1500), ("quarter", 5000)):
        if days <= most:
            return period
    return "year"


def period_start(day: dt.date, period: str) -> dt.date:
    """Return the first day of the period that a day lies in."""
    if period == "day":
        return day
    if period == "week":
        return day - dt.timedelta(days=day.weekday())
    if period == "month":
        return day.replace(day=1)
    if period == "quarter":
        return day.replace(month=3 * ((day.month - 1) // 3) + 1, day=1)
    return day.replace(month=1, day=1)


def change_points(dated: Sequence[Position]) -> list[dt.date]:
    """Find the days on which a position became another one.

    Binary segmentation: the cut with the largest standardized difference of means is kept if a
    permutation test finds it with p < .01, and both sides are searched again. Cuts inside one day
    are not considered.

    Args:
        dated: Positions of one actor on one issue, in order of date.

    Returns:
        The first day after each cut, in order.
    """
    signs = np.array([position.sign for position in dated], dtype=float)
    days = [position.date for position in dated]
    found: list[dt.date] = []
    stack = [(0, len(signs))]
    random = np.random.default_rng(0)
    while stack:
        start, end = stack.pop()
        allowed = np.array(
            [
                place - start
                for place in range(start + MIN_SEGMENT, end - MIN_SEGMENT + 1)
                if days[place] != days[place - 1]
            ]
        )
        piece = signs[start:end]
        if not len(allowed) or piece.std() == 0:
            continue
        scores = _cut_scores(piece[None], allowed)[0]
        best = int(scores.argmax())
        shuffled = random.permuted(np.tile(piece, (PERMUTATIONS, 1)), axis=1)
        beaten = int((_cut_scores(shuffled, allowed).max(axis=1) >= scores[best]).sum())
        if (beaten + 1) / (PERMUTATIONS + 1) < ALPHA:
            cut = start + int(allowed[best])
            day = days[cut]
            if day is not None:
                found.append(day)
            stack += [(start, cut), (cut, end)]
    return sorted(found)


def _cut_scores(pieces: NDArray[np.float64], cuts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the standardized difference of means at each cut.

    Args:
        pieces: (series, length).
        cuts: (cuts,), places that begin the right side.

    Returns:
        (series, cuts).
    """
    length = pieces.shape[1]
    sums = pieces.cumsum(axis=1)
    left = sums[:, cuts - 1] / cuts
    right = (sums[:, -1:] - sums[:, cuts - 1]) / (length - cuts)
    scores: NDArray[np.float64] = np.abs(left - right) * np.sqrt(cuts * (length - cuts) / length)
    return scores


@dataclass(frozen=True, slots=True)
class Contest:
    """How divided the actors are on an issue.

    Args:
        issue: The issue.
        count: Statements.
        favor: Actors whose mean is for it.
        against: Actors whose mean is against it.
        score: 0 (all on one side) to 1 (half and half).
    """

    issue: str
    count: int
    favor: tuple[str, ...]
    against: tuple[str, ...]
    score: float


def contested(positions: Iterable[Position], *, limit: int) -> list[Contest]:
    """Return the most contested issues: actors on both sides, and many of them.

    Args:
        positions: All positions.
        limit: How many issues at most.

    Returns:
        Issues with actors on both sides, by number of actors on the smaller side, then statements.
    """
    means: dict[str, dict[str, float]] = defaultdict(dict)
    counts: Counter[str] = Counter()
    for (actor, issue), said in group(positions).items():
        means[issue][actor] = sum(position.sign for position in said) / len(said)
        counts[issue] += len(said)
    found = []
    for issue, by_actor in means.items():
        favor = tuple(sorted(actor for actor, mean in by_actor.items() if mean > 0))
        against = tuple(sorted(actor for actor, mean in by_actor.items() if mean < 0))
        if favor and against:
            score = 2 * min(len(favor), len(against)) / (len(favor) + len(against))
            found.append(Contest(issue, counts[issue], favor, against, round(score, 4)))
    found.sort(key=lambda c: (-min(len(c.favor), len(c.against)), -c.score, -c.count, c.issue))
    return found[:limit]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two actors agree.

    Args:
        first: An actor.
        second: Another, later in the alphabet.
        shared: Issues on which both take a side.
        score: 1 (same side on all) to -1 (opposite sides on all).
    """

    first: str
    second: str
    shared: int
    score: float


def agreements(positions: Iterable[Position], actors: Sequence[str]) -> list[Agreement]:
    """Return how far each two actors agree on the issues that both take a side on."""
    chosen = set(actors)
    means: dict[str, dict[str, float]] = defaultdict(dict)
    for (actor, issue), said in group(positions).items():
        mean = sum(position.sign for position in said) / len(said)
        if actor in chosen and mean != 0:
            means[actor][issue] = mean
    found = []
    names = sorted(means)
    for place, first in enumerate(names):
        for second in names[place + 1 :]:
            shared = means[first].keys() & means[second].keys()
            if shared:
                products = [means[first][issue] * means[second][issue] for issue in sorted(shared)]
                score = sum(products) / sum(abs(product) for product in products)
                found.append(Agreement(first, second, len(shared), round(score, 4)))
    return found


def layout(names: Sequence[str], edges: Sequence[Agreement]) -> dict[str, tuple[float, float]]:
    """Place actors so that those who agree stand together (force-directed, deterministic).

    Args:
        names: The actors.
        edges: Their agreements.

    Returns:
        Name to (x, y), both in [0, 1].
    """
    if not names:
        return {}
    count = len(names)
    index = {name: place for place, name in enumerate(names)}
    pull = np.zeros((count, count))
    for edge in edges:
        if edge.first in index and edge.second in index:
            strength = edge.score * min(edge.shared, 4) / 2
            pull[index[edge.first], index[edge.second]] = strength
            pull[index[edge.second], index[edge.first]] = strength
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1)  # (actors, 2)
    ideal = 1.6 / np.sqrt(count)
    for step in range(300):
        gaps = points[:, None] - points[None]  # (actors, actors, 2)
        distance = np.maximum(np.linalg.norm(gaps, axis=-1), 0.01)  # (actors, actors)
        push = ideal**2 / distance * (1 + np.maximum(-pull, 0)) - np.maximum(pull, 0) * distance**2
        np.fill_diagonal(push, 0)
        force = (gaps / distance[..., None] * push[..., None]).sum(axis=1) - 0.3 * points
        length = np.maximum(np.linalg.norm(force, axis=1, keepdims=True), 1e-9)
        points += force / length * np.minimum(length, 0.1 * (1 - step / 300))
    points = points - points.mean(axis=0)
    points = points @ np.linalg.svd(points, full_matrices=False)[2].T  # longest side lies flat
    low, high = points.min(axis=0), points.max(axis=0)
    span = np.maximum(high - low, 1e-9)
    span[1] = max(span[1], span[0] / 2)  # the picture is wide: stretch, but not beyond twice
    scaled = 0.5 + (points - (low + high) / 2) / span
    return {name: (float(x), float(y)) for name, (x, y) in zip(names, scaled.round(4), strict=True)}
