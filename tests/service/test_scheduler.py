from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from onrecord.types import Article
from onrecord_service.scheduler import (
    Bounds,
    DeadlineError,
    NotReadyError,
    OverloadedError,
    Scheduler,
)
from onrecord_service.workers import Deliver, ProcessWorker, Ready, WorkerDiedError, WorkItem
from tests.service.fakes import FakeExtractor, make_fake, make_slow_fake

pytestmark = pytest.mark.anyio


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass
class FakeWorker:
    """Blocks on `gate`, records its batches, and dies when it meets a text of "poison"."""

    extractor: FakeExtractor = field(default_factory=FakeExtractor)
    batches: list[list[str]] = field(default_factory=list)
    starts: int = 0
    loads: int = 1000

    def start(self) -> Ready:
        self.starts += 1
        if self.starts > self.loads:
            message = "no memory"
            raise OSError(message)
        return Ready(self.extractor.model, 1000, 1)

    def run(self, items: Sequence[WorkItem], deliver: Deliver) -> None:
        self.batches.append([item.article.id for item in items])
        for place, item in enumerate(items):
            if item.article.text == "poison":
                message = "boom"
                raise WorkerDiedError(message)
            if item.article.text == "deep":
                raise RecursionError
            deliver(place, self.extractor.extract_one(item.article))

    def kill(self) -> None:
        pass

    def close(self) -> None:
        pass


def articles(*names: str, text: str = "x" * 10) -> list[Article]:
    return [Article(text, name) for name in names]


@asynccontextmanager
async def running(
    worker: FakeWorker, *, clock: Clock | None = None, bounds: Bounds | None = None
) -> AsyncIterator[Scheduler]:
    made = Scheduler([worker], bounds or Bounds(4, 1000, 100), clock=clock or Clock())
    made.start()
    while made.ready is None:
        await asyncio.sleep(0.001)
    try:
        yield made
    finally:
        worker.extractor.gate.set()
        await made.stop()


async def busy(scheduler: Scheduler, worker: FakeWorker) -> list[asyncio.Future[object]]:
    """Occupy the worker, so that everything else waits."""
    worker.extractor.gate.clear()
    futures = scheduler.submit(articles("first"), timeout_s=1000)
    while not worker.batches:
        await asyncio.sleep(0.001)
    return futures  # type: ignore[return-value]


async def test_articles_of_several_requests_share_a_batch_up_to_the_budget() -> None:
    worker = FakeWorker()
    async with running(worker, bounds=Bounds(100, 1000, 25)) as scheduler:
        waiting = await busy(scheduler, worker)
        for name in "abcd":
            waiting += scheduler.submit(articles(name), timeout_s=1000)
        worker.extractor.gate.set()
        await asyncio.gather(*waiting)
    assert worker.batches == [["first"], ["a", "b", "c"], ["d"]]


async def test_a_cancelled_article_never_reaches_the_model() -> None:
    worker = FakeWorker()
    async with running(worker) as scheduler:
        waiting = await busy(scheduler, worker)
        gone, stays = scheduler.submit(articles("gone", "stays"), timeout_s=1000)
        gone.cancel()
        worker.extractor.gate.set()
        await asyncio.gather(*waiting, stays)
    assert "gone" not in worker.extractor.seen
    assert "stays" in worker.extractor.seen


async def test_an_article_past_its_deadline_never_reaches_the_model() -> None:
    worker, clock = FakeWorker(), Clock()
    async with running(worker, clock=clock) as scheduler:
        waiting = await busy(scheduler, worker)
        (late,) = scheduler.submit(articles("late"), timeout_s=5)
        clock.now += 6
        worker.extractor.gate.set()
        await asyncio.gather(*waiting)
        with pytest.raises(DeadlineError):
            await late
    assert "late" not in worker.extractor.seen


async def test_a_full_queue_refuses_all_of_a_request_or_none() -> None:
    worker = FakeWorker()
    async with running(worker) as scheduler:
        waiting = await busy(scheduler, worker)
        waiting += scheduler.submit(articles("a", "b", "c"), timeout_s=1000)
        with pytest.raises(OverloadedError) as refused:
            scheduler.submit(articles("d", "e"), timeout_s=1000)
        assert refused.value.retry_after_s >= 1
        waiting += scheduler.submit(articles("f"), timeout_s=1000)
        worker.extractor.gate.set()
        await asyncio.gather(*waiting)
    assert "d" not in worker.extractor.seen


async def test_a_long_estimated_wait_refuses_too() -> None:
    worker = FakeWorker()
    async with running(worker, bounds=Bounds(1000, 0.5, 100)) as scheduler:
        waiting = await busy(scheduler, worker)
        waiting += scheduler.submit(articles("long", text="x" * 10_000), timeout_s=1000)
        with pytest.raises(OverloadedError):
            scheduler.submit(articles("a"), timeout_s=1000)
        worker.extractor.gate.set()
        await asyncio.gather(*waiting)


async def test_jobs_yield_to_requests_but_do_not_starve() -> None:
    worker = FakeWorker()
    async with running(worker, bounds=Bounds(100, 1000, 1)) as scheduler:
        waiting = await busy(scheduler, worker)
        waiting += scheduler.submit(articles("job"), timeout_s=1000, background=True)
        waiting += scheduler.submit(articles(*(f"r{n}" for n in range(12))), timeout_s=1000)
        worker.extractor.gate.set()
        await asyncio.gather(*waiting)
    order = [batch[0] for batch in worker.batches]
    assert order.index("r0") < order.index("job") < order.index("r11")


async def test_a_dead_worker_is_replaced_and_only_the_culprit_fails() -> None:
    worker = FakeWorker()
    async with running(worker, bounds=Bounds(100, 1000, 1000)) as scheduler:
        waiting = await busy(scheduler, worker)
        good = scheduler.submit(articles("a"), timeout_s=1000)
        bad = scheduler.submit(articles("p", text="poison"), timeout_s=1000)
        good += scheduler.submit(articles("b"), timeout_s=1000)
        worker.extractor.gate.set()
        await asyncio.gather(*waiting, *good)
        with pytest.raises(WorkerDiedError):
            await bad[0]
    assert worker.starts == 3


async def test_an_article_that_cannot_be_sent_fails_alone_and_the_worker_goes_on() -> None:
    worker = FakeWorker()
    async with running(worker, bounds=Bounds(100, 1000, 1000)) as scheduler:
        waiting = await busy(scheduler, worker)
        good = scheduler.submit(articles("a"), timeout_s=1000)
        bad = scheduler.submit(articles("p", text="deep"), timeout_s=1000)
        good += scheduler.submit(articles("b"), timeout_s=1000)
        worker.extractor.gate.set()
        await asyncio.wait_for(asyncio.gather(*waiting, *good), 5)
        with pytest.raises(RecursionError):
            await asyncio.wait_for(bad[0], 5)
        assert scheduler.ready is not None
        await asyncio.wait_for(scheduler.submit(articles("c"), timeout_s=1000)[0], 5)


async def test_without_any_worker_left_nothing_is_ready_and_nothing_waits() -> None:
    worker = FakeWorker(loads=1)
    async with running(worker) as scheduler:
        waiting = await busy(scheduler, worker)
        waiting += scheduler.submit(articles("p", text="poison"), timeout_s=1000)
        waiting += scheduler.submit(articles("b"), timeout_s=1000)
        worker.extractor.gate.set()
        await waiting[0]
        for future in waiting[1:]:
            with pytest.raises(NotReadyError, match="no memory"):
                await asyncio.wait_for(future, 5)
        assert scheduler.ready is None
        with pytest.raises(NotReadyError, match="no memory"):
            scheduler.submit(articles("c"), timeout_s=1000)


async def test_stopping_fails_what_waits_and_finishes_what_runs() -> None:
    worker = FakeWorker()
    async with running(worker) as scheduler:
        (first,) = await busy(scheduler, worker)
        (second,) = scheduler.submit(articles("second"), timeout_s=1000)
        stopping = asyncio.create_task(scheduler.stop())
        await asyncio.sleep(0.01)
        worker.extractor.gate.set()
        await stopping
        assert (await first) is not None
        with pytest.raises(NotReadyError):
            await second
        with pytest.raises(NotReadyError):
            scheduler.submit(articles("third"), timeout_s=1000)


async def test_stopping_kills_what_runs_for_too_long() -> None:
    worker = ProcessWorker(make_slow_fake)
    scheduler = Scheduler([worker], Bounds(10, 1000, 100))
    scheduler.start()
    while scheduler.ready is None:
        await asyncio.sleep(0.01)
    (future,) = scheduler.submit(articles("long"), timeout_s=1000)
    while not scheduler.running:
        await asyncio.sleep(0.01)
    await asyncio.wait_for(scheduler.stop(timeout_s=0.1), 20)
    assert not future.done() or future.exception() is not None


async def test_a_killed_process_is_replaced_and_its_work_done_again() -> None:
    worker = ProcessWorker(make_fake)
    scheduler = Scheduler([worker], Bounds(10, 1000, 100))
    scheduler.start()
    while scheduler.ready is None:
        await asyncio.sleep(0.01)
    try:
        worker._process.kill()
        (future,) = scheduler.submit(articles("again"), timeout_s=1000)
        assert (await future).article.id == "again"
    finally:
        await scheduler.stop()
