"""Let requests in a few at a time, so that a burst never holds up a health check.

The event loop runs everything that is ready before it looks at the network again. When 640 clients
send at once, 640 requests are parsed, checked and refused in one such turn, and whoever asks for
health meanwhile waits for all of them. Here requests stand in line and a few begin in each turn;
health checks do not stand in it.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque

from starlette.types import ASGIApp, Receive, Scope, Send

AT_ONCE = 4
"""Requests that begin in one turn of the event loop: about half a millisecond of work each."""
NO_LINE = frozenset({"/health/live", "/health/ready", "/metrics"})
ARRIVED = "arrived"
"""Name in the request's state of the time it came, of `time.perf_counter`."""


class Turnstile:
    """The line, as outermost middleware.

    Args:
        app: The next ASGI application.
        at_once: Requests that begin in one turn of the event loop.
    """

    def __init__(self, app: ASGIApp, *, at_once: int = AT_ONCE) -> None:
        self._app = app
        self._at_once = at_once
        self._line: deque[asyncio.Future[None]] = deque()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] == "http":
            scope.setdefault("state", {})[ARRIVED] = time.perf_counter()
            if scope["path"] not in NO_LINE:
                await self._stand_in_line()
        await self._app(scope, receive, send)

    async def _stand_in_line(self) -> None:
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        self._line.append(turn)
        if len(self._line) == 1:
            loop.call_soon(self._let_in, loop)
        await turn

    def _let_in(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let the first few in, and come back in the next turn for the others."""
        for _ in range(min(self._at_once, len(self._line))):
            turn = self._line.popleft()
            if not turn.done():  # it is when the server was stopped
                turn.set_result(None)
        if self._line:
            loop.call_soon(self._let_in, loop)
