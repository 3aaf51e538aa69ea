"""The parts that routes share, in one object at `app.state.services`."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from starlette.requests import Request

from onrecord.types import STANCES, ModelInfo
from onrecord_service.matching import KnownNames
from onrecord_service.problems import Problem
from onrecord_service.settings import Settings
from onrecord_service.store.feedback import FeedbackStore
from onrecord_service.store.jobs import JobStore
from onrecord_service.switch import Switch
from onrecord_service.telemetry import Telemetry

if TYPE_CHECKING:  # both use this module
    from onrecord_service.auth import Guard
    from onrecord_service.job_runner import JobRunner


LEDGER_AT_ONCE = 2
_COMPARING = 2


def _comparers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_COMPARING, thread_name_prefix="onrecord-quotes")


@dataclass(slots=True)
class Services:
    """Everything that a route may need.

    Args:
        settings: As started.
        scheduler: The queue to the active model, and the way to the next one.
        telemetry: Metrics.
        guard: API keys and their rates.
        jobs: The queue of jobs.
        feedback: Corrections.
        runner: Works off jobs.
        questions: Held while the ledger is asked, so that it leaves cores to the rest.
        comparers: Threads that compare quotes, few, so that keys are looked up beside them.
        draining: Set at SIGTERM; health says so, and long streams end.
        names: What a name that a client gives may mean.
    """

    settings: Settings
    scheduler: Switch
    telemetry: Telemetry
    guard: Guard
    jobs: JobStore
    feedback: FeedbackStore
    runner: JobRunner
    questions: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LEDGER_AT_ONCE))
    comparers: ThreadPoolExecutor = field(default_factory=_comparers)
    draining: bool = field(default=False)
    names: KnownNames = field(default_factory=KnownNames)

    def drain(self) -> None:
        """Begin to shut down: health says so, streams end, jobs are not continued."""
        self.draining = True
        self.runner.drain()

    @property
    def longest_text(self) -> int:
        """Most characters of an article in a request."""
        ready = self.scheduler.ready
        ours = self.settings.max_article_characters
        return min(ours, ready.max_characters) if ready else ours

    @property
    def stances(self) -> tuple[str, ...]:
        """The labels of the loaded model; ours before it is loaded."""
        return self.scheduler.ready.stances if self.scheduler.ready else STANCES

    def check_stances(self, given: Mapping[str, str]) -> None:
        """Refuse stances that the loaded model does not have.

        Args:
            given: Stances by JSON pointer into the request.

        Raises:
            Problem: `invalid-request`.
        """
        faults = []
        for pointer, name in given.items():
            if name not in self.stances:
                near = difflib.get_close_matches(name, self.stances, n=1)
                hint = f" Did you mean {near[0]!r}?" if near else ""
                legal = ", ".join(self.stances)
                detail = f"the model has no stance {name!r}; it has {legal}.{hint}"
                faults.append({"pointer": pointer, "detail": detail})
        if faults:
            told = "; ".join(f"{fault['pointer']}: {fault['detail']}" for fault in faults[:5])
            raise Problem("invalid-request", told, members={"errors": faults})

    @property
    def model(self) -> ModelInfo:
        """The loaded model.

        Raises:
            Problem: `not-ready`.
        """
        if self.scheduler.ready is None:
            raise Problem(
                "not-ready",
                f"{self.scheduler.failure or 'the model is loading'}; ask /health/ready and "
                "come back",
                headers={"Retry-After": "2"},
            )
        return self.scheduler.ready.model


def services_of(request: Request) -> Services:
    """Return the shared parts of the application that serves this request."""
    return cast("Services", request.app.state.services)
