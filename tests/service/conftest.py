from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from hypothesis import settings as hypothesis_settings
from starlette import testclient

from onrecord_service.app import create_app
from onrecord_service.settings import Settings
from tests.service.fakes import FakeExtractor

hypothesis_settings.register_profile("service", deadline=None, max_examples=60)
hypothesis_settings.load_profile("service")

TEXT = "Norvania has consistently rejected any base. Ilse Varga said two ships would sail."


class TestClient(testclient.TestClient):
    """Calls the service by the name of this machine."""

    def __init__(self, app: FastAPI, *, raise_server_exceptions: bool = True) -> None:
        super().__init__(
            app, base_url="http://127.0.0.1", raise_server_exceptions=raise_server_exceptions
        )


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Serve in a thread, on a free port of loopback; give the address.

    The thread is a daemon, so that a service that does not stop cannot keep the tests from ending.
    """
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()  # requests wait until the service takes them
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)
        listener.close()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        max_body_bytes=100_000, max_articles=8, request_timeout_s=5, data_dir=tmp_path / "data"
    )


@pytest.fixture
def extractor() -> FakeExtractor:
    return FakeExtractor(limit=50_000)


@pytest.fixture
def client(settings: Settings, extractor: FakeExtractor) -> Iterator[TestClient]:
    with TestClient(
        create_app(settings, extractor=extractor), raise_server_exceptions=False
    ) as made:
        wait_until_ready(made)
        yield made


def wait_until_ready(client: TestClient) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if client.get("/health/ready").status_code == 200:
            return
        time.sleep(0.005)
    message = "the service did not become ready"
    raise TimeoutError(message)
