"""`onrecord serve`: run the HTTP service and the web page."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import math
import signal
import socket
from types import FrameType
from typing import Annotated, Any

import typer
import uvicorn
from fastapi import FastAPI
from rich.console import Console

from onrecord.actors import ActorRegistry
from onrecord.errors import RegistryError
from onrecord_service import logs
from onrecord_service.app import create_app
from onrecord_service.settings import Settings
from onrecord_service.store.keys import KeyStore
from onrecord_service.workers import ExtractorFactory

from ._settings import load_settings, open_configured

_BACKLOG = 2048
"""Connections that wait in the kernel to be accepted."""
_ACCEPTED_AT_ONCE = 16
"""Connections accepted in one turn of the event loop; otherwise it would be all that wait."""


class Server(uvicorn.Server):
    """A server that stays quick when many connect, and heeds signals.

    It drains as soon as it is told to stop, and looks for another model on SIGHUP.

    Args:
        config: As for uvicorn.
        app: The application, whose services are told.
    """

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening; the event loop accepts few at a time of a long line of the kernel's."""
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(_BACKLOG)
        # Made now, while workers load, and not in the middle of work: it takes half a second.
        await asyncio.to_thread(self._app.openapi)
        # What is there now stays: the collector need not look through it again.
        gc.collect()
        gc.freeze()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Mark the service as draining, then stop as uvicorn does."""
        services = getattr(self._app.state, "services", None)
        if services is not None:
            services.drain()
        super().handle_exit(sig, frame)

    def look(self, _sig: int, _frame: FrameType | None) -> None:
        """Follow the pointer to the active checkpoint at once."""
        services = getattr(self._app.state, "services", None)
        if services is not None:
            services.scheduler.look()


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("serve")(serve)


def serve(
    host: Annotated[str | None, typer.Option(help="Address to bind.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to bind; 0 takes a free one.")] = None,
    workers: Annotated[
        int | None, typer.Option(help="Worker processes; 0 means one per core, two at most.")
    ] = None,
) -> None:
    """Run the HTTP service and the web page, on 127.0.0.1:8000 unless told otherwise.

    Every setting is also an environment variable, ONRECORD_<NAME>.
    """
    console = Console(stderr=True)
    given: dict[str, Any] = {"host": host, "port": port, "workers": workers}
    settings = load_settings({name: value for name, value in given.items() if value is not None})
    logs.configure(settings.log_format, settings.log_level)
    engine = open_configured(settings)  # now, in words, and not within the start of the server
    try:
        guarded = settings.is_loopback or settings.allow_open or KeyStore(engine).count_good() > 0
    finally:
        engine.dispose()
    if not guarded:
        console.print(
            f"[red]refusing to serve {settings.host} without a key[/]: anybody who reaches it "
            "could use it. Make a key with `onrecord keys create NAME`, bind 127.0.0.1, or set "
            "ONRECORD_ALLOW_OPEN=true behind a proxy that checks who asks"
        )
        raise typer.Exit(2)
    try:
        if settings.actors:
            ActorRegistry.from_csv(settings.actors)
    except RegistryError as error:
        console.print(f"[red]ONRECORD_ACTORS[/]: {error}", highlight=False)
        raise typer.Exit(2) from error
    try:
        listener = bind(settings.host, settings.port)
    except OSError as error:
        console.print(
            f"[red]cannot bind {settings.host}:{settings.port}[/]: {error.strerror}; "
            "choose another with --host and --port"
        )
        raise typer.Exit(2) from error
    run(settings, listener, console)


def bind(host: str, port: int) -> socket.socket:
    """Return a bound TCP socket.

    Raises:
        OSError: The address is in use, or not of this machine.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener


def run(
    settings: Settings,
    listener: socket.socket,
    console: Console,
    *,
    factory: ExtractorFactory | None = None,
) -> None:
    """Serve on the socket until a signal comes; print the address first."""
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    console.print(
        f"onrecord is at [bold]http://{shown}:{port}[/] (Ctrl-C stops it)", highlight=False
    )
    app = create_app(settings, factory=factory)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=_ACCEPTED_AT_ONCE,
        loop="asyncio",  # measured with these; h11 bounds the size of headers
        http="h11",
        ws="none",
        timeout_graceful_shutdown=max(1, math.ceil(settings.drain_s)),
    )
    server = Server(config, app)
    if hasattr(signal, "SIGHUP"):  # not on Windows
        signal.signal(signal.SIGHUP, server.look)
    with contextlib.suppress(KeyboardInterrupt):
        server.run([listener])
