"""The clients in `examples/clients`, run as they stand against a service."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from onrecord_service.app import create_app
from onrecord_service.settings import Settings
from onrecord_service.store.database import open_database
from onrecord_service.store.keys import KeyStore
from tests.service.conftest import serving
from tests.service.fakes import FakeExtractor

CLIENTS = Path(__file__).parents[2] / "examples" / "clients"
TEXT = "🙂 Norvania backs the plan. Ilse Varga said two ships would sail.\n"
ANSWER = "0.90  Norvania supports the plan\n0.60  Ilse Varga states: two ships would sail\n"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("clients"))
    engine = open_database(settings.database, folder=settings.data_dir)
    key = KeyStore(engine).create("test", per_minute=100)
    engine.dispose()
    with serving(create_app(settings, extractor=FakeExtractor())) as url:
        yield {**os.environ, "ONRECORD_URL": url, "ONRECORD_KEY": key}


@pytest.mark.parametrize(
    "command", [[sys.executable, "label.py"], ["node", "label.mjs"]], ids=["python", "javascript"]
)
def test_the_client_prints_the_statements(command: list[str], environment: dict[str, str]) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(
        command, cwd=CLIENTS, env=environment, input=TEXT.encode(), capture_output=True, check=False
    )
    assert done.stderr == b""
    assert done.stdout.decode() == ANSWER


def test_every_client_is_about_ten_lines_long() -> None:
    for path in CLIENTS.iterdir():
        assert len(path.read_text().splitlines()) <= 20, path.name
