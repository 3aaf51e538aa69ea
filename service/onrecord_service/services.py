"""The parts that routes share, in one object at `app.state.services`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from starlette.requests import Request

from onrecord.types import ModelInfo
from onrecord_service.problems import Problem
from onrecord_service.scheduler import Scheduler
from onrecord_service.settings import Settings


@dataclass(slots=True)
class Services:
    """Everything that a route may need.

    Args:
        settings: As started.
        scheduler: The queue to the model.
        draining: Set at SIGTERM; health says so, and long streams end.
    """

    settings: Settings
    scheduler: Scheduler
    draining: bool = field(default=False)

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
