"""Services in processes of their own: kill -9, SIGTERM, two replicas on one PostgreSQL."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from onrecord_service.store.database import open_database
from onrecord_service.store.job_types import Finished, NewRecord
from onrecord_service.store.jobs import JobStore
from onrecord_service.store.keys import KeyStore
from tests.load.crash import crash, submit, wait_for
from tests.load.server import Service, family
from tests.service.conftest import TEXT

pytestmark = pytest.mark.slow


def test_a_killed_service_labels_every_record_exactly_once(tmp_path: Path) -> None:
    seen = crash(tmp_path, articles=60, kills=2, fake_seconds=0.02)
    assert seen.exactly_once, seen
    assert seen.kills == 2


def test_sigterm_lets_requests_finish_and_ends_the_workers(tmp_path: Path) -> None:
    service = Service({"data_dir": tmp_path, "workers": 1}, fake_seconds=1.5)
    service.start()
    answers: list[int] = []

    def ask() -> None:
        answers.append(
            httpx.post(f"{service.url}/v1/extract", json={"text": TEXT}, timeout=20).status_code
        )

    thread = threading.Thread(target=ask)
    thread.start()
    while "onrecord_running_articles 1.0" not in httpx.get(f"{service.url}/metrics").text:
        time.sleep(0.02)
    pid = service.process.pid if service.process else 0
    workers = family(pid)
    assert len(workers) == 2, "one worker, and the keeper of shared resources"
    service.stop()
    thread.join()
    assert answers == [200]
    until = time.monotonic() + 20
    while any(Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < until, "a worker outlived the service"
        time.sleep(0.05)


# -- PostgreSQL --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """A URL: $ONRECORD_TEST_POSTGRES, or a server started here and thrown away."""
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    given = os.environ.get("ONRECORD_TEST_POSTGRES")
    if given:
        yield given
        return
    servers = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not servers:
        pytest.skip("no PostgreSQL server here, and ONRECORD_TEST_POSTGRES is not set")
    binaries = servers[-1].parent
    prefix: list[str] = []
    folder = Path(tempfile.mkdtemp(prefix="onrecord-pg-"))  # short, for the socket's path
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        if not shutil.which("runuser"):
            pytest.skip("PostgreSQL does not run as root, and there is no runuser")
        prefix = ["runuser", "-u", "postgres", "--"]
        shutil.chown(folder, "postgres")
    data = folder / "data"

    def call(*command: str) -> None:
        subprocess.run([*prefix, *command], check=True, cwd=folder, stdout=subprocess.DEVNULL)

    call(str(binaries / "initdb"), "-D", str(data), "-A", "trust", "-U", "onrecord", "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    control = str(binaries / "pg_ctl")
    log = str(folder / "log")
    call(control, "-D", str(data), "-o", options, "-l", log, "-w", "start")
    try:
        yield f"postgresql://onrecord@/postgres?host={folder}"
    finally:
        call(control, "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder)


def test_two_replicas_share_a_job_without_duplicates(postgres: str, tmp_path: Path) -> None:
    shared = {"database_url": postgres, "workers": 1}
    replicas = [
        Service({**shared, "data_dir": tmp_path / name}, fake_seconds=0.02) for name in "ab"
    ]
    try:
        for replica in replicas:
            replica.start()
        job = submit(replicas[0].url, 120)
        assert wait_for(replicas[1].url, job)["state"] == "succeeded"
        text = httpx.get(f"{replicas[1].url}/v1/jobs/{job}/results").text
        counts = [
            next(
                float(line.split()[-1])
                for line in httpx.get(f"{replica.url}/metrics").text.splitlines()
                if line.startswith("onrecord_articles_total")
            )
            for replica in replicas
        ]
    finally:
        for replica in replicas:
            replica.stop()
    ids = [json.loads(line)["id"] for line in text.splitlines()]
    assert ids == [f"a{n}" for n in range(120)]
    assert sum(counts) == 120, "a record was read twice"
    assert min(counts) > 20, "one replica did nearly all"


def test_runners_on_postgres_skip_what_others_hold(postgres: str) -> None:
    engine = open_database(postgres)
    try:
        store = JobStore(engine)
        new = [NewRecord(n, {"id": f"{n}", "text": "x", "extra": {}}) for n in range(40)]
        job = store.create(iter(new), owner="test", options={}, digest="d")
        taken: list[int] = []
        lock = threading.Lock()

        def work(name: str) -> None:
            while claimed := store.claim(name, 3):
                with lock:
                    taken.extend(item.number for item in claimed)
                store.finish(name, [Finished(item, ok=True, result={}) for item in claimed])

        threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(taken) == list(range(40))
        found = store.get(job.id, owner="test")
        assert found is not None
        assert (found.state, found.done) == ("succeeded", 40)
    finally:
        engine.dispose()


def test_a_database_that_is_not_there_is_an_error_at_once() -> None:
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    with pytest.raises(OperationalError):
        open_database("postgresql://nobody@127.0.0.1:1/none?connect_timeout=1")


def test_replicas_on_postgres_share_the_rate_of_a_key(postgres: str) -> None:
    engines = [open_database(postgres) for _ in range(2)]
    try:
        stores = [KeyStore(engine) for engine in engines]
        stores[0].create("desk", per_minute=600)
        key = stores[0].list()[-1]
        taken: list[bool] = []

        def ask(store: KeyStore) -> None:
            taken.extend(store.spend(key, 10) is None for _ in range(50))

        started = time.monotonic()
        threads = [threading.Thread(target=ask, args=[store]) for store in stores]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - started
        assert stores[0].is_shared
        assert 60 <= sum(taken) <= 61 + seconds
        stores[0].revoke(key.id)  # the database is that of all tests here
    finally:
        for engine in engines:
            engine.dispose()
