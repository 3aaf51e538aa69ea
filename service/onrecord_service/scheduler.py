"""The queue between requests and workers: bounded, batched by cost, forgetful of the cancelled.

After the design of text-embeddings-inference's queue (see `docs/adr/0030`): articles of all
requests wait in one line; a worker takes as many as fit a budget of characters; what was cancelled
or is past its deadline while waiting is dropped before the model sees it; when the estimated wait
is too long, new work is refused at the door.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from onrecord.types import Article, LabelledArticle
from onrecord_service.workers import Ready, Result, Worker, WorkerDiedError, WorkItem

logger = logging.getLogger(__name__)

_FIRST_RATE = 5000.0
"""Characters per second and worker assumed before the first measurement."""
_SMOOTHING = 0.2
_MAX_TRIES = 2
_BACKGROUND_SHARE = 8
"""One article of a job goes after this many of requests, so that jobs never starve."""


class OverloadedError(Exception):
    """The queue is full; `retry_after_s` is the estimated time until there is room."""

    def __init__(self, retry_after_s: float, waiting: int) -> None:
        super().__init__(f"{waiting} articles are waiting")
        self.retry_after_s = retry_after_s
        self.waiting = waiting


class NotReadyError(Exception):
    """No worker has its model loaded, or the service is shutting down."""


class DeadlineError(Exception):
    """The deadline passed while the article was waiting."""


class Observer(Protocol):
    """Is told what happens; see `telemetry`."""

    def batch_done(self, *, articles: int, characters: int, windows: int, seconds: float) -> None:
        """A worker has finished a batch."""

    def waited(self, seconds: float) -> None:
        """An article left the queue for a worker."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of the queue, as in `Settings`."""

    articles: int
    wait_s: float
    batch_characters: int


@dataclass(slots=True)
class _Ticket:
    """One article in the queue."""

    item: WorkItem
    future: asyncio.Future[LabelledArticle]
    deadline: float
    since: float
    background: bool
    tries: int = 0

    @property
    def cost(self) -> int:
        return max(1, len(self.item.article.text))


class Scheduler:
    """Feed workers from one bounded queue.

    Args:
        workers: Not yet started.
        bounds: Limits.
        observer: Told of batches, or None.
        clock: Seconds that only grow; tests turn it by hand.
    """

    def __init__(
        self,
        workers: Sequence[Worker],
        bounds: Bounds,
        *,
        observer: Observer | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._workers = workers
        self._bounds = bounds
        self._observer = observer
        self._clock = clock
        self._front: deque[_Ticket] = deque()
        self._back: deque[_Ticket] = deque()
        self._since_background = 0
        self._wake = asyncio.Condition()
        self._rate = _FIRST_RATE
        self._running = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._threads = ThreadPoolExecutor(len(workers), thread_name_prefix="onrecord-worker")
        self._stopping = False
        self._draining = False
        self._loading = len(workers)
        self._loaded = asyncio.Event()
        self._serving = len(workers)
        self.ready: Ready | None = None
        self.failure: str | None = None

    # -- life ------------------------------------------------------------------------------

    def start(self) -> None:
        """Start loading the workers; `ready` is set when the first has its model."""
        self._tasks = [
            asyncio.create_task(self._serve(worker), name="onrecord-scheduler")
            for worker in self._workers
        ]

    async def loaded(self) -> str | None:
        """Wait until every worker has loaded its model or failed to; return why one failed."""
        await self._loaded.wait()
        return self.failure

    async def drain(self) -> None:
        """Finish what was queued, then end the workers; nothing more may be submitted."""
        self._draining = True
        self._notify()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._close()

    async def stop(self, *, timeout_s: float = 5.0) -> None:
        """Fail what waits, finish what runs within a time, end the workers."""
        self._stopping = True
        self._fail_waiting("the service is shutting down")
        async with self._wake:
            self._wake.notify_all()
        if self._tasks and self.ready is not None:
            await asyncio.wait(self._tasks, timeout=timeout_s)
        if not all(task.done() for task in self._tasks):  # reading for nobody, or loading
            for worker in self._workers:
                worker.kill()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._close()

    def _fail_waiting(self, reason: str) -> None:
        for ticket in [*self._front, *self._back]:
            if not ticket.future.done():
                ticket.future.set_exception(NotReadyError(reason))
        self._front.clear()
        self._back.clear()

    async def _close(self) -> None:
        for worker in self._workers:
            await asyncio.to_thread(worker.close)
        self._threads.shutdown(wait=False)

    # -- the door --------------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        """Articles in the queue that have not reached a worker."""
        return len(self._front) + len(self._back)

    @property
    def running(self) -> int:
        """Articles that workers have in hand."""
        return self._running

    def estimated_wait(self) -> float:
        """Return the seconds until an article that came now would reach a worker."""
        cost = sum(ticket.cost for ticket in self._front if not ticket.future.done())
        return cost / (self._rate * len(self._workers))

    def submit(
        self,
        articles: Sequence[Article],
        *,
        threshold: float | None = None,
        timeout_s: float,
        background: bool = False,
    ) -> list[asyncio.Future[LabelledArticle]]:
        """Queue the articles, all or none; cancel a future to forget its article.

        Args:
            articles: What to read.
            threshold: Passed to the extractor.
            timeout_s: Seconds after which an article still waiting fails with `DeadlineError`.
            background: Whether this is a job's work, which yields to requests and is unbounded
                (a job runner submits a few at a time).

        Raises:
            NotReadyError: Nothing can be read now.
            OverloadedError: The queue has no room for them.
        """
        if self._stopping or self._draining:
            message = "the service is shutting down"
            raise NotReadyError(message)
        if self.ready is None:
            raise NotReadyError(self.failure or "the model is loading")
        if not background:
            self._admit(len(articles))
        now = self._clock()
        loop = asyncio.get_running_loop()
        line = self._back if background else self._front
        futures = []
        for article in articles:
            future: asyncio.Future[LabelledArticle] = loop.create_future()
            item = WorkItem(article, threshold)
            line.append(_Ticket(item, future, now + timeout_s, now, background))
            futures.append(future)
        self._notify()
        return futures

    def _admit(self, count: int) -> None:
        """Refuse when the line is long. A request over the whole bound may enter an empty line."""
        waiting = sum(not ticket.future.done() for ticket in self._front)
        wait = self.estimated_wait()
        if waiting and (waiting + count > self._bounds.articles or wait > self._bounds.wait_s):
            raise OverloadedError(max(1.0, wait / 2), waiting)

    def _notify(self) -> None:
        async def wake() -> None:
            async with self._wake:
                self._wake.notify_all()

        task = asyncio.ensure_future(wake())
        task.add_done_callback(lambda done: done.exception() if not done.cancelled() else None)

    # -- the workers' side -----------------------------------------------------------------

    async def _serve(self, worker: Worker) -> None:
        """Feed one worker until the service stops; with the last worker goes readiness."""
        try:
            await self._feed(worker)
        except Exception as error:
            logger.exception("a worker is lost")
            self.failure = f"a worker is lost: {type(error).__name__}"
        finally:
            self._serving -= 1
            if self._serving == 0 and not self._stopping:
                self.ready = None
                self._fail_waiting(self.failure or "no worker is left")

    async def _feed(self, worker: Worker) -> None:
        """Load one worker, then feed it until the service stops or it cannot be loaded again."""
        try:
            loaded = await self._load(worker)
        finally:
            self._loading -= 1
            if self._loading == 0:
                self._loaded.set()
        while loaded:
            batch = await self._next_batch()
            if not batch:
                return
            self._running += len(batch)
            try:
                await self._run(worker, batch)
            except Exception as error:
                if isinstance(error, WorkerDiedError):
                    logger.error("worker died: %s", error)  # noqa: TRY400 - the message says it all
                else:  # such as a result that cannot be sent; what the pipe still holds is lost
                    logger.exception("a worker failed and is replaced")
                self._retry(batch, error)
                if self._stopping or not await self._load(worker):
                    return
            finally:
                self._running -= len(batch)

    async def _load(self, worker: Worker) -> bool:
        loop = asyncio.get_running_loop()
        try:
            ready = await loop.run_in_executor(self._threads, worker.start)
        except Exception as error:
            if self._stopping:
                return False
            self.failure = f"the model could not be loaded: {error}"
            logger.exception("a worker could not load the model")
            return False
        self.ready = self.ready or ready
        return True

    async def _run(self, worker: Worker, batch: Sequence[_Ticket]) -> None:
        """Run one batch in the worker's thread; results are set as they come."""
        loop = asyncio.get_running_loop()
        windows = 0

        def deliver(place: int, result: Result) -> None:
            nonlocal windows
            if isinstance(result, LabelledArticle):
                windows += result.processing.windows
            loop.call_soon_threadsafe(_settle, batch[place].future, result)

        started = self._clock()
        items = [ticket.item for ticket in batch]
        await loop.run_in_executor(self._threads, worker.run, items, deliver)
        seconds = max(self._clock() - started, 1e-6)
        characters = sum(ticket.cost for ticket in batch)
        self._rate += _SMOOTHING * (characters / seconds - self._rate)
        if self._observer:
            self._observer.batch_done(
                articles=len(batch), characters=characters, windows=windows, seconds=seconds
            )

    async def _next_batch(self) -> list[_Ticket]:
        """Wait for work and return a batch; empty when the service stops."""
        async with self._wake:
            while True:
                if self._stopping:
                    return []
                batch = self._take()
                if batch or self._draining:
                    return batch
                await self._wake.wait()

    def _take(self) -> list[_Ticket]:
        """Take tickets up to the budget, or an even share when the line is short."""
        live = sum(ticket.cost for ticket in self._front)
        share = -(-live // len(self._workers))
        budget = min(self._bounds.batch_characters, max(1, share))
        batch: list[_Ticket] = []
        spent = 0
        while spent < budget:
            ticket = self._pop()
            if ticket is None:
                break
            batch.append(ticket)
            spent += ticket.cost
            if ticket.background or ticket.tries:  # one that a worker died over goes alone
                break
        return batch

    def _pop(self) -> _Ticket | None:
        """Return the next live ticket: requests first, but jobs get their share."""
        now = self._clock()
        while self._front or self._back:
            turn = self._back and (not self._front or self._since_background >= _BACKGROUND_SHARE)
            ticket = (self._back if turn else self._front).popleft()
            if ticket.future.done():
                continue
            if now > ticket.deadline:
                ticket.future.set_exception(DeadlineError("the deadline passed in the queue"))
                continue
            self._since_background = 0 if turn else self._since_background + 1
            if self._observer:
                self._observer.waited(now - ticket.since)
            return ticket
        return None

    def _retry(self, batch: Sequence[_Ticket], error: Exception) -> None:
        """Put back what the dead worker had not answered, once; then give up on it."""
        for ticket in reversed(batch):
            if ticket.future.done():
                continue
            ticket.tries += 1
            if ticket.tries >= _MAX_TRIES:
                ticket.future.set_exception(error)
            else:
                (self._back if ticket.background else self._front).appendleft(ticket)
        self._notify()


def _settle(future: asyncio.Future[LabelledArticle], result: Result) -> None:
    """Set the result, unless nobody waits for it any more."""
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
