"""Take records of jobs from the store, have them read, and store what comes out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import socket
import time
import traceback
from collections.abc import Sequence

from sqlalchemy.exc import SQLAlchemyError

from onrecord.errors import ArticleError
from onrecord.types import LabelledArticle
from onrecord_service.problems import Problem, from_article_error
from onrecord_service.scheduler import NotReadyError
from onrecord_service.store.job_types import Finished, Record
from onrecord_service.store.jobs import JobStore
from onrecord_service.switch import Switch
from onrecord_service.telemetry import Telemetry
from onrecord_service.uploads import to_article

logger = logging.getLogger(__name__)

_POLL_S = 1.0
"""Pause between looks at an empty queue; a job submitted here wakes the runner at once."""
_SWEEP_S = 3600.0
_FOREVER_S = 1e9


class JobRunner:
    """Works off jobs beside the requests, which go first.

    Args:
        store: The queue.
        scheduler: To the model.
        telemetry: Counts records.
        at_once: Records claimed together; what a kill makes us read again.
        lease_s: As in the store; leases are renewed at a third of it.
        retention_s: Jobs that ended longer ago are deleted.
    """

    def __init__(
        self,
        store: JobStore,
        scheduler: Switch,
        telemetry: Telemetry,
        *,
        at_once: int,
        lease_s: float,
        retention_s: float,
    ) -> None:
        self._store = store
        self._scheduler = scheduler
        self._telemetry = telemetry
        self._at_once = at_once
        self._lease_s = lease_s
        self._retention_s = retention_s
        self._wake = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        self._swept = 0.0
        self.owner = f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(4)}"

    def start(self) -> None:
        """Start working."""
        self._task = asyncio.create_task(self._work(), name="onrecord-jobs")

    def wake(self) -> None:
        """Say that there is new work."""
        self._wake.set()

    def drain(self) -> None:
        """Claim nothing more; what is in hand is finished."""
        self._stopping = True
        self._wake.set()

    async def stop(self, timeout_s: float) -> None:
        """Finish what is in hand, within a time, and give back the rest."""
        self.drain()
        if self._task is None:
            return
        await asyncio.wait({self._task}, timeout=timeout_s)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        with contextlib.suppress(SQLAlchemyError):  # the leases run out by themselves
            await asyncio.to_thread(self._store.release, self.owner)

    async def _work(self) -> None:
        await self._guarded(self._take_over)
        while not self._stopping:
            if self._scheduler.ready is None:
                await asyncio.sleep(0.1)
            elif not await self._guarded(self._step):
                self._wake.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), _POLL_S)

    async def _guarded(self, step: object) -> bool:
        """Run a step; a failing database, or any other fault, is waited out, not died of."""
        try:
            return bool(await step())  # type: ignore[operator]  # a coroutine function of ours
        except SQLAlchemyError as error:
            logger.error("the database failed: %s", type(error).__name__)  # noqa: TRY400 - no details
        except Exception as error:  # noqa: BLE001 - whatever it was, the next job must run
            where = "".join(traceback.format_tb(error.__traceback__))  # no words of articles
            logger.error("a round of jobs failed: %s\n%s", type(error).__name__, where)  # noqa: TRY400 - as above
        return False

    async def _step(self) -> bool:
        """Do one round; return whether there was work."""
        if time.monotonic() - self._swept > _SWEEP_S:
            self._swept = time.monotonic()
            await asyncio.to_thread(self._store.forget, time.time() - self._retention_s)
        claimed = await asyncio.to_thread(self._store.claim, self.owner, self._at_once)
        if not claimed:
            return False
        finished = await self._read(claimed)
        if len(finished) < len(claimed):  # the service is going down
            await asyncio.to_thread(self._store.finish, self.owner, finished)
            await asyncio.to_thread(self._store.release, self.owner)
            return False
        await asyncio.to_thread(self._store.finish, self.owner, finished)
        for item in finished:
            self._telemetry.record_done(ok=item.ok)
        return True

    async def _read(self, claimed: Sequence[Record]) -> list[Finished]:
        """Return what became of the records; those that could not be tried are missing."""
        readings = {}
        try:
            for record in claimed:
                (readings[record.number, record.job_id],) = self._scheduler.submit(
                    [to_article(record.article)],
                    threshold=record.options.get("threshold"),
                    timeout_s=_FOREVER_S,
                    background=True,
                )
        except NotReadyError:
            pass
        waiting = set(readings.values())
        try:
            while waiting:
                _, waiting = await asyncio.wait(waiting, timeout=self._lease_s / 3)
                if waiting:
                    await asyncio.to_thread(self._store.renew, self.owner)
        finally:  # when renewing failed: they will be claimed again
            for abandoned in waiting:
                abandoned.cancel()
        done = []
        for record in claimed:
            reading = readings.get((record.number, record.job_id))
            if reading is None or isinstance(reading.exception(), NotReadyError):
                continue
            done.append((record, reading))

        def outcomes() -> list[Finished]:
            return [self._outcome(record, reading) for record, reading in done]

        return await asyncio.to_thread(outcomes)  # offsets and statements of long articles

    def _outcome(self, record: Record, reading: asyncio.Future[LabelledArticle]) -> Finished:
        error: BaseException | None = reading.exception()
        if error is None:
            labelled = reading.result()
            unit = record.options.get("offset_unit", "codepoint")
            scores = bool(record.options.get("scores", True))
            try:
                result = labelled.to_dict(offset_unit=unit, scores=scores)
            except Exception as fault:  # noqa: BLE001 - told below; the others must not suffer
                error = fault
            else:
                self._telemetry.labelled([labelled])
                return Finished(record, ok=True, result=result)
        if isinstance(error, ArticleError):
            return Finished(record, ok=False, result=from_article_error(error).to_dict())
        logger.error("record %s of job %s: %s", record.number, record.job_id, type(error).__name__)
        problem = Problem("internal-error", "the model failed on this article; report it")
        return Finished(record, ok=False, result=problem.to_dict())

    async def _take_over(self) -> bool:
        """Free at once what dead processes of this machine had in hand."""
        for owner in await asyncio.to_thread(self._store.lease_owners):
            host, _, rest = owner.rpartition(":")[0].rpartition(":")
            if owner != self.owner and host == socket.gethostname()[:60] and _is_dead(rest):
                freed = await asyncio.to_thread(self._store.release, owner)
                logger.info("took over %d records of a process that died", freed)
        return True


def _is_dead(pid: str) -> bool:
    """Whether no other process has this id; our own id means an earlier life of this container."""
    if not pid.isdigit():
        return False
    if int(pid) == os.getpid():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
