"""Positions: a labelled corpus boiled down to who is for or against what, and when."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from onrecord.errors import CorpusError
from onrecord.exports.common import SIGN, ActorLevel, actor_name, issue_name

NO_POSITION = "states"
"""The stance that reports without taking a side; it has no place in a mean."""

PRONOUNS = frozenset(
    {
        "he",
        "her",
        "hers",
        "him",
        "his",
        "i",
        "it",
        "its",
        "me",
        "my",
        "one",
        "others",
        "our",
        "she",
        "that",
        "their",
        "them",
        "these",
        "they",
        "this",
        "those",
        "we",
        "who",
        "you",
        "your",
    }
)
"""Names of actors and issues that could not be resolved; two articles' "he" are not one actor."""

OWNERS = frozenset({"her", "his", "my", "our", "your"})
"""First words of issues that mean something else in each article: "his resignation"."""


@dataclass(frozen=True, slots=True)
class Position:
    """One statement, as far as figures need it.

    Args:
        actor: Whose position it is.
        issue: What it is about.
        sign: 1 for, -1 against, 0 undecided.
        date: Day of the article, or None.
        article: Number of the article in the corpus, from 0.
        statement: Number of the statement in the article, from 0.
        confidence: Of the statement.
    """

    actor: str
    issue: str
    sign: int
    date: dt.date | None
    article: int
    statement: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Selection:
    """Which statements count.

    Args:
        level: Whose positions: the state or party spoken for, or the person.
        since: First day, or None.
        until: Last day, or None.
        confidence: Least confidence.
        reports: Whether `states` counts too, as undecided.
    """

    level: ActorLevel = "represents"
    since: dt.date | None = None
    until: dt.date | None = None
    confidence: float = 0.0
    reports: bool = False

    def admits(self, date: dt.date | None) -> bool:
        """Return whether an article of that day counts; without a date, only if none is asked."""
        if self.since is None and self.until is None:
            return True
        if date is None:
            return False
        return (self.since or date) <= date <= (self.until or date)


def positions_of(articles: Iterable[Mapping[str, Any]], selection: Selection) -> Iterator[Position]:
    """Yield the positions that articles hold.

    Args:
        articles: Labelled articles, with issues where targets were grouped.
        selection: Which statements count.

    Yields:
        A position per statement that has an actor and an issue and takes a position.
    """
    for number, article in enumerate(articles):
        date = parse_date(article.get("date"))
        if not selection.admits(date):
            continue
        for place, statement in enumerate(article["statements"]):
            actor, issue = actor_name(statement, selection.level), issue_name(statement)
            if actor is None or issue is None or not (_is_name(actor) and _is_name(issue)):
                continue
            if issue.split()[0].casefold() in OWNERS:
                continue
            if statement["stance"] == NO_POSITION and not selection.reports:
                continue
            if statement["confidence"] >= selection.confidence:
                sign = SIGN[statement["polarity"]]
                confidence = statement["confidence"]
                yield Position(actor, issue, sign, date, number, place, confidence)


def _is_name(text: str) -> bool:
    """Return whether a text can name the same thing in two articles."""
    return any(map(str.isalpha, text)) and text.strip().casefold() not in PRONOUNS


def parse_date(value: Any) -> dt.date | None:
    """Read the day of an ISO 8601 date or time, or of YYYYMMDD; None for anything else."""
    if not isinstance(value, str):
        return None
    text = value.strip()
    for candidate in (text[:10], text[:8]):
        try:
            return dt.date.fromisoformat(candidate)
        except ValueError:
            continue
    return None


def day_of(text: str | None, *, last: bool) -> dt.date | None:
    """Read a day given as 2025, 2025-01 or 2025-01-31.

    Args:
        text: As typed, or None.
        last: Whether a year or month means its last day.

    Returns:
        The day, or None.

    Raises:
        CorpusError: If it is no date.
    """
    if text is None:
        return None
    parts = text.split("-")
    try:
        numbers = [int(part) for part in parts]
        if len(numbers) == 1:
            return dt.date(numbers[0], 12, 31) if last else dt.date(numbers[0], 1, 1)
        if len(numbers) == 2:  # noqa: PLR2004 - year and month
            first = dt.date(numbers[0], numbers[1], 1)
            following = (first + dt.timedelta(days=31)).replace(day=1)
            return following - dt.timedelta(days=1) if last else first
    except (ValueError, OverflowError) as error:  # 9999-12 has no following month
        raise CorpusError(f"{text!r} is no date; write 2025, 2025-01 or 2025-01-31") from error
    day = parse_date(text)
    if day is None:
        raise CorpusError(f"{text!r} is no date; write 2025, 2025-01 or 2025-01-31")
    return day


def fold_issue(issue: str) -> str:
    """Return a key under which trivially different wordings of one target meet."""
    words = issue.casefold().strip(" .,;:!?\"'“”‘’").split()
    while len(words) > 1 and words[0] in {"a", "an", "any", "its", "the", "their", "this", "that"}:
        words = words[1:]
    return " ".join(words)


def merge_wordings(positions: Iterable[Position]) -> list[Position]:
    """Give targets that differ in case or article only one name, the commonest wording.

    Args:
        positions: With raw targets as issues.

    Returns:
        The same positions, with issues merged.
    """
    found = list(positions)
    wordings: dict[str, Counter[str]] = {}
    for position in found:
        wordings.setdefault(fold_issue(position.issue), Counter())[position.issue] += 1
    names = {key: min(count, key=lambda w: (-count[w], w)) for key, count in wordings.items()}
    return [replace(position, issue=names[fold_issue(position.issue)]) for position in found]
