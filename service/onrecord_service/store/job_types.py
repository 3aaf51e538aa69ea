"""What a job and its records are, apart from where they are stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

JobState = Literal["queued", "running", "succeeded", "failed", "cancelled"]
OPEN = ("queued", "running")
"""States of a job that is not over."""


@dataclass(frozen=True, slots=True)
class Job:
    """A submitted corpus and how far it is."""

    id: str
    owner: str
    state: JobState
    options: Mapping[str, Any]
    total: int
    done: int
    rejected: int
    body_digest: str
    created_at: float
    finished_at: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the wire form."""
        return {
            "id": self.id,
            "state": self.state,
            "total": self.total,
            "done": self.done,
            "rejected": self.rejected,
        }


@dataclass(frozen=True, slots=True)
class Record:
    """One article of a job, claimed."""

    job_id: str
    number: int
    line: int
    article: Mapping[str, Any]
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NewRecord:
    """One line of an upload: an article, or the problem it has."""

    line: int
    article: Mapping[str, Any] | None
    problem: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """What became of a claimed record."""

    record: Record
    ok: bool
    result: Mapping[str, Any]
