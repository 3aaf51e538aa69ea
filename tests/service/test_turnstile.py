"""A burst of requests does not hold up a health check."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from onrecord_service.turnstile import ARRIVED, Turnstile

pytestmark = pytest.mark.anyio


def scope(path: str) -> dict[str, Any]:
    return {"type": "http", "path": path}


async def nothing(*_: object) -> Any:
    """Neither received nor sent."""


async def test_requests_begin_a_few_at_a_time_in_order_and_health_checks_at_once() -> None:
    begun: list[str] = []

    async def app(asked: Scope, _receive: Receive, _send: Send) -> None:
        begun.append(asked["path"])

    door = Turnstile(app, at_once=3)
    burst = [
        asyncio.create_task(door(scope(f"/v1/{number}"), nothing, nothing)) for number in range(50)
    ]
    while not begun:
        await asyncio.sleep(0)
    seen = len(begun)
    await asyncio.create_task(door(scope("/health/ready"), nothing, nothing))
    assert seen <= 3
    assert begun.index("/health/ready") <= seen + 6
    await asyncio.gather(*burst)
    begun.remove("/health/ready")
    assert begun == [f"/v1/{number}" for number in range(50)]


async def test_a_request_that_was_given_up_in_line_holds_up_nobody() -> None:
    begun: list[str] = []

    async def app(asked: Scope, _receive: Receive, _send: Send) -> None:
        begun.append(asked["path"])

    door = Turnstile(app, at_once=1)
    tasks = [asyncio.create_task(door(scope(f"/{n}"), nothing, nothing)) for n in range(5)]
    await asyncio.sleep(0)
    tasks[2].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert begun == ["/0", "/1", "/3", "/4"]


async def test_the_time_of_arrival_is_kept_for_the_timing_header() -> None:
    asked = scope("/v1/extract")
    await Turnstile(nothing)(asked, nothing, nothing)
    assert asked["state"][ARRIVED] > 0
