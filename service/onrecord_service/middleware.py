"""What every request and response gets: an id, timing, a log line, a count, hardening headers."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from onrecord_service import logs
from onrecord_service.problems import Problem
from onrecord_service.telemetry import Telemetry
from onrecord_service.tracing import Tracer
from onrecord_service.turnstile import ARRIVED, NO_LINE

logger = logging.getLogger("onrecord.access")

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(slots=True)
class _Seen:
    """What is known of a response once it is sent."""

    status: int = 500
    fields: dict[str, Any] = field(default_factory=dict)


class HostCheck:
    """Refuse requests that name another host: a web site may have pointed its name at us.

    Args:
        app: The next ASGI application.
        hosts: Allowed names, without port; `*` for any.
    """

    def __init__(self, app: ASGIApp, hosts: Sequence[str]) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] == "http" and "*" not in self._hosts:
            given = Headers(scope=scope).get("host", "")
            name = re.sub(r":\d*$", "", given).lower()
            if name not in self._hosts:
                problem = Problem(
                    "wrong-host",
                    f"the request names the host {given[:80]!r}; legal are "
                    f"{', '.join(sorted(self._hosts))}. Set ONRECORD_ALLOWED_HOSTS to add one",
                )
                response = problem.response(instance=scope["state"]["request_id"])
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)


class RequestContext:
    """Wrap the application; it sees every response.

    Args:
        app: The next ASGI application.
        telemetry: Counts requests.
        tracer: Traces them.
    """

    def __init__(self, app: ASGIApp, telemetry: Telemetry, tracer: Tracer) -> None:
        self._app = app
        self._telemetry = telemetry
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        started = state.get(ARRIVED) or time.perf_counter()
        headers = {
            key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]
        }
        given = headers.get("x-request-id", "")
        request_id = given if _ID.fullmatch(given) else secrets.token_hex(8)
        seen = _Seen()
        state.update(request_id=request_id, timings={}, log=seen.fields)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen.status = message["status"]
                timings = {**state["timings"], "total": time.perf_counter() - started}
                add_headers(MutableHeaders(scope=message), request_id, timings)
            await send(message)

        with self._tracer.request(f"HTTP {scope['method']}", headers) as span:
            try:
                await self._app(scope, receive, send_with_headers)
            finally:
                route = getattr(scope.get("route"), "path", "other")
                seconds = time.perf_counter() - started
                span.set_attribute("http.route", route)
                span.set_attribute("http.response.status_code", seen.status)
                self._telemetry.request_done(
                    route=route, method=scope["method"], status=seen.status, seconds=seconds
                )
                key = state.get("key")
                fields = {
                    "request_id": request_id,
                    "method": scope["method"],
                    "route": route,
                    "status": seen.status,
                    "ms": round(seconds * 1000, 1),
                    "key": key.id if key else None,
                    **seen.fields,
                }
                level = logging.DEBUG if route in NO_LINE else logging.INFO
                logs.event(logger, level, "request", fields)


def add_headers(headers: MutableHeaders, request_id: str, timings: dict[str, float]) -> None:
    """Put the standard headers on a response."""
    headers["X-Request-ID"] = request_id
    headers["Server-Timing"] = ", ".join(
        f"{name};dur={value * 1000:.1f}" for name, value in timings.items()
    )
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    headers.setdefault("Cache-Control", "no-store")
