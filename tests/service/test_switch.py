from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import pytest

from onrecord.types import Article, LabelledArticle, ModelInfo
from onrecord_service.app import create_app
from onrecord_service.checkpoints import CheckpointStore
from onrecord_service.scheduler import Bounds
from onrecord_service.settings import Settings
from onrecord_service.shadow import compare
from onrecord_service.switch import Switch, SwitchSettings
from onrecord_service.telemetry import Telemetry
from onrecord_service.workers import InProcessWorker, Worker
from tests.conftest import TEXT as LONG
from tests.conftest import Tiny
from tests.load.server import Service
from tests.service.conftest import TEXT, TestClient
from tests.service.fakes import FakeExtractor

pytestmark = pytest.mark.anyio


@dataclass
class Models:
    """Fakes by checkpoint folder; a folder whose fake is missing cannot be loaded."""

    fakes: dict[str, FakeExtractor] = field(default_factory=dict)

    def make(self, folder: Path | None, count: int, _niceness: int) -> Sequence[Worker]:
        name = "start" if folder is None else folder.name
        if name not in self.fakes:
            return [Broken(FakeExtractor()) for _ in range(count)]
        return [InProcessWorker(self.fakes[name]) for _ in range(count)]


class Broken(InProcessWorker):
    def start(self) -> None:  # type: ignore[override]
        message = "no weights here"
        raise FileNotFoundError(message)


def fake(sha256: str) -> FakeExtractor:
    made = FakeExtractor()
    made.model = ModelInfo("fake", "1", sha256)
    return made


@asynccontextmanager
async def switching(
    models: Models, folder: Path, *, telemetry: Telemetry | None = None, shadow: Path | None = None
) -> AsyncIterator[tuple[Switch, CheckpointStore]]:
    store = CheckpointStore(folder)
    settings = SwitchSettings(2, Bounds(100, 1000, 100), shadow=shadow, share=1.0, poll_s=0.01)
    made = Switch(models.make, settings, store=store, observer=telemetry or Telemetry())
    made.start()
    await until(lambda: made.ready is not None or made.failure is not None)
    try:
        yield made, store
    finally:
        for item in models.fakes.values():
            item.gate.set()
        await made.stop(timeout_s=1)


async def until(happened: Callable[[], bool]) -> None:
    for _ in range(2000):
        if happened():
            return
        await asyncio.sleep(0.005)
    message = "it did not happen"
    raise TimeoutError(message)


def names(made: Switch) -> str:
    return made.ready.model.sha256 if made.ready else ""


def article(name: str, text: str = TEXT) -> Article:
    return Article(text, name)


@pytest.fixture
def sha(tiny: Tiny, tmp_path: Path) -> tuple[str, str]:
    """The hashes under which the two tiny checkpoints are kept."""
    store = CheckpointStore(tmp_path / "probe")
    entries = [store.activate(folder).active for folder in (tiny.fp32, tiny.int8)]
    first, second = (entry.sha256 for entry in entries if entry)
    return first, second


async def test_requests_in_flight_are_answered_by_the_model_they_were_sent_to(
    sha: tuple[str, str], tiny: Tiny, tmp_path: Path
) -> None:
    models = Models({"start": fake("s" * 64), sha[0]: fake(sha[0])})
    old = models.fakes["start"]
    async with switching(models, tmp_path / "models") as (made, store):
        old.gate.clear()
        before = made.submit([article(f"old{n}") for n in range(20)], timeout_s=1000)
        await until(lambda: made.running > 0)
        store.activate(tiny.fp32)
        await until(lambda: names(made) == sha[0])
        after = made.submit([article(f"new{n}") for n in range(20)], timeout_s=1000)
        answers = await asyncio.gather(*after)
        assert {answer.model.sha256 for answer in answers} == {sha[0]}
        assert not any(future.done() for future in before), "the old one was held up"
        # a worker's hands are empty a moment after its answers are out
        await until(lambda: made.waiting + made.running == 20)
        old.gate.set()
        answers = await asyncio.gather(*before)
        assert {answer.model.sha256 for answer in answers} == {"s" * 64}
        await until(lambda: not made._draining)
        store.rollback()
        await until(lambda: names(made) == "s" * 64)
        assert (await made.submit([article("back")], timeout_s=9)[0]).model.sha256 == "s" * 64


async def test_a_checkpoint_that_does_not_load_changes_nothing_and_is_reported(
    sha: tuple[str, str], tiny: Tiny, tmp_path: Path
) -> None:
    telemetry = Telemetry()
    models = Models({"start": fake("s" * 64), sha[1]: fake("another" * 8)})
    async with switching(models, tmp_path / "models", telemetry=telemetry) as (made, store):
        store.activate(tiny.fp32)
        await until(lambda: made.refused is not None)
        assert "no weights here" in str(made.refused)
        assert names(made) == "s" * 64
        await made.submit([article("a")], timeout_s=9)[0]
        store.activate(tiny.int8)
        await until(lambda: "holds another" in str(made.refused))
        assert names(made) == "s" * 64
        models.fakes[sha[1]] = fake(sha[1])
        made.look()
        await until(lambda: names(made) == sha[1])
        assert made.refused is None
        store.pointer_path.write_text("{")
        await until(lambda: made.refused is not None)
        assert names(made) == sha[1]
    metrics = telemetry.render().decode()
    assert 'onrecord_model_switches_total{outcome="refused"} 3.0' in metrics
    assert 'onrecord_model_switches_total{outcome="switched"} 2.0' in metrics
    assert metrics.count("onrecord_model_info{") == 1


async def test_a_service_whose_active_checkpoint_is_gone_can_be_rolled_back(
    sha: tuple[str, str], tiny: Tiny, tmp_path: Path
) -> None:
    CheckpointStore(tmp_path / "models").activate(tiny.fp32)
    models = Models({"start": fake("s" * 64)})
    async with switching(models, tmp_path / "models") as (made, store):
        assert made.ready is None
        assert "no weights here" in str(made.failure)
        store.rollback()
        await until(lambda: made.ready is not None)
        assert names(made) == "s" * 64


async def test_a_shadow_reads_along_and_its_disagreement_is_counted(
    sha: tuple[str, str], tiny: Tiny, tmp_path: Path
) -> None:
    telemetry = Telemetry()
    other = fake(sha[0])
    plain = other.extract_one

    def differ(article: Article, *, threshold: float | None = None) -> LabelledArticle:
        if article.id == "bad":
            raise ZeroDivisionError
        found = plain(article, threshold=threshold)
        if article.id != "differs":
            return found
        first, *_ = found.statements
        return replace(found, statements=(replace(first, stance="supports", source=None),))

    other.extract_one = differ  # type: ignore[method-assign]
    models = Models({"start": fake("s" * 64), sha[0]: other})
    async with switching(models, tmp_path / "models", telemetry=telemetry) as (made, store):
        store.shadow(tiny.fp32)
        await until(lambda: made.shadow is not None and made.shadow.model is not None)
        assert made.shadow is not None
        read = made.shadow.agreement.articles
        sent = [article(name) for name in ("same", "differs", "bad")]
        answers = await asyncio.gather(*made.submit(sent, timeout_s=9))
        assert {answer.model.sha256 for answer in answers} == {"s" * 64}
        made.submit([article("job")], timeout_s=9, background=True)
        broken = made.submit([article("crash", "CRASH")], timeout_s=9)
        await asyncio.gather(*broken, return_exceptions=True)
        await until(lambda: sum(read.values()) == 3)
        assert dict(read) == {"same": 1, "different": 1, "failed": 1}
        kinds = {"same": 2, "stance": 1, "source": 1, "missing": 1}
        assert dict(made.shadow.agreement.statements) == kinds
        assert made.shadow.agreement.share == 0.5
        store.shadow(None)
        await until(lambda: made.shadow is None)
    metrics = telemetry.render().decode()
    assert 'onrecord_shadow_articles_total{outcome="different"} 1.0' in metrics
    assert 'onrecord_shadow_statements_total{kind="stance"} 1.0' in metrics


async def test_a_slow_or_broken_shadow_costs_no_answer(tmp_path: Path) -> None:
    slow = fake("h" * 64)
    slow.gate.clear()
    models = Models({"start": fake("s" * 64), "slow": slow})
    async with switching(models, tmp_path / "m", shadow=Path("slow")) as (made, _):
        await until(lambda: made.shadow is not None and made.shadow.model is not None)
        answers = made.submit([article(str(n)) for n in range(40)], timeout_s=1000)
        await asyncio.wait_for(asyncio.gather(*answers), 10)
        assert made.shadow is not None
        assert made.shadow.agreement.articles["skipped"] >= 20
    models.fakes.pop("slow")
    async with switching(models, tmp_path / "m", shadow=Path("slow")) as (made, _):
        await until(lambda: made.shadow is not None and made.shadow.failure is not None)
        await made.submit([article("a")], timeout_s=9)[0]


async def test_a_share_of_requests_is_sampled_evenly(tmp_path: Path) -> None:
    models = Models({"start": fake("s" * 64), "other": fake("o" * 64)})
    async with switching(models, tmp_path / "m", shadow=Path("other")) as (made, _):
        await until(lambda: made.shadow is not None and made.shadow.model is not None)
        assert made.shadow is not None
        made.shadow.share = 0.25
        for n in range(20):
            await made.submit([article(str(n))], timeout_s=9)[0]
        await until(lambda: made.shadow is not None and made.shadow.agreement.articles["same"] == 5)


def test_statements_are_paired_by_overlapping_cues() -> None:
    one = FakeExtractor().extract_one(article("a", "Norvania backs it. Ilse Varga said no."))
    first, second = one.statements
    moved = replace(first.cue, start=first.cue.start + 1)
    assert compare(one, one) == {"same": 2}
    assert compare(one, replace(one, statements=(replace(first, cue=moved),))) == {
        "same": 1,
        "missing": 1,
    }
    assert compare(replace(one, statements=(first,)), one) == {"same": 1, "added": 1}
    conditional = replace(second, conditional=True)
    assert compare(one, replace(one, statements=(first, conditional))) == {
        "same": 1,
        "conditional": 1,
    }


def test_a_running_service_switches_under_load_and_says_so(tiny: Tiny, tmp_path: Path) -> None:
    settings = Settings(workers=1, data_dir=tmp_path, checkpoint=tiny.fp32, shadow_share=1.0)
    store = CheckpointStore(settings.models_dir)
    with TestClient(create_app(settings)) as client:
        for _ in range(2000):
            if client.get("/health/ready").status_code == 200:
                break
            threading.Event().wait(0.01)
        first = client.get("/v1/models").json()
        assert first["previous"] is None
        assert first["shadow"] is None
        seen: list[tuple[int, str, str]] = []
        done = threading.Event()

        def ask() -> None:
            while not done.is_set():
                answer = client.post("/v1/extract", json={"text": LONG})
                model = answer.json()["model"]["sha256"]
                seen.append((answer.status_code, model, answer.headers["Onrecord-Model"]))

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        pointer = store.activate(tiny.int8)
        assert pointer.active is not None
        wanted = pointer.active.sha256
        client.app.state.services.scheduler.look()  # type: ignore[attr-defined]
        for _ in range(2000):
            if client.get("/v1/models").json()["active"]["sha256"] == wanted:
                break
            threading.Event().wait(0.01)
        count = len(seen)
        while len(seen) < count + 10:
            threading.Event().wait(0.01)
        done.set()
        for thread in threads:
            thread.join()
    assert {status for status, _, _ in seen} == {200}
    assert {model for _, model, _ in seen} == {first["active"]["sha256"], wanted}
    assert all(model in header for _, model, header in seen)


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no SIGHUP here")
def test_sighup_makes_a_service_follow_the_pointer(tiny: Tiny, tmp_path: Path) -> None:
    environment = {"data_dir": tmp_path, "workers": 1, "checkpoint": tiny.fp32}
    service = Service(environment, fake_seconds=None)
    service.start()
    try:
        pointer = CheckpointStore(tmp_path / "models").activate(tiny.int8)
        assert pointer.active is not None
        assert service.process is not None
        os.kill(service.process.pid, signal.SIGHUP)
        for _ in range(1000):
            found = httpx.get(f"{service.url}/v1/models").json()
            if found["active"]["sha256"] == pointer.active.sha256:
                break
            threading.Event().wait(0.02)
        assert found["active"]["sha256"] == pointer.active.sha256, json.dumps(found)
    finally:
        service.stop()
