"""From one checkpoint to the next without dropping a request, and back.

Each checkpoint has a scheduler of its own. To switch, the workers of the next one are started and
must have read a sentence each; then new requests go to it, and the old one finishes what it has
and ends. So a request is answered by one checkpoint alone, the one that its answer names.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from onrecord.errors import CheckpointError
from onrecord.types import Article, LabelledArticle, ModelInfo
from onrecord_service.checkpoints import CheckpointStore, Entry, Pointer
from onrecord_service.scheduler import Bounds, Observer, Scheduler
from onrecord_service.shadow import Shadow, ShadowObserver
from onrecord_service.workers import NICENESS, SHADOW_NICENESS, Ready, Worker

logger = logging.getLogger(__name__)

MakeWorkers = Callable[[Path | None, int, int], Sequence[Worker]]
"""Makes workers: for this folder (None: that of the service's start), so many, so nice."""


class SwitchObserver(Observer, ShadowObserver, Protocol):
    """Is told what happens; see `telemetry`."""

    def model_loaded(self, model: ModelInfo) -> None:
        """Another checkpoint answers now."""

    def switch_refused(self) -> None:
        """A checkpoint could not be put into use."""


@dataclass(frozen=True, slots=True)
class SwitchSettings:
    """How to switch, as in `Settings`.

    Args:
        workers: Per checkpoint that answers; a shadow has one.
        bounds: Limits of the queue.
        shadow: Checkpoint that reads along unless the pointer says otherwise.
        share: Share of requests that a shadow reads.
        poll_s: Seconds between two looks at the pointer.
        load_s: Seconds that a checkpoint may take to load.
    """

    workers: int
    bounds: Bounds
    shadow: Path | None = None
    share: float = 0.1
    poll_s: float = 2.0
    load_s: float = 300.0


class Switch:
    """Answers by the active checkpoint; has what routes need of a `Scheduler`.

    Args:
        make: Makes workers.
        settings: How to switch.
        store: Says which checkpoint is active; None where there is only the one of the start.
        observer: Told what happens, or None.
    """

    def __init__(
        self,
        make: MakeWorkers,
        settings: SwitchSettings,
        *,
        store: CheckpointStore | None = None,
        observer: SwitchObserver | None = None,
    ) -> None:
        self._make = make
        self._settings = settings
        self._store = store
        self._observer = observer
        self._look = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._busy = asyncio.Lock()
        self._watcher: asyncio.Task[None] | None = None
        self._draining: dict[Scheduler, asyncio.Task[None]] = {}
        self._stamp: tuple[int, int, int] = (0, 0, 0)
        self._folder: Path | None = None
        self._current = self._scheduler(None)
        self._shadow_of: tuple[Path, float] | None = None
        self.shadow: Shadow | None = None
        self.pointer = Pointer()
        self.refused: str | None = None

    # -- what a scheduler has ----------------------------------------------------------------

    @property
    def ready(self) -> Ready | None:
        """The active checkpoint, once it is loaded."""
        return self._current.ready

    @property
    def failure(self) -> str | None:
        """Why nothing can be read, if anything went wrong."""
        return self._current.failure or (None if self._current.ready else self.refused)

    @property
    def waiting(self) -> int:
        """Articles that have not reached a worker."""
        return sum(item.waiting for item in (self._current, *self._draining))

    @property
    def running(self) -> int:
        """Articles that workers have in hand."""
        return sum(item.running for item in (self._current, *self._draining))

    def submit(
        self,
        articles: Sequence[Article],
        *,
        threshold: float | None = None,
        timeout_s: float,
        background: bool = False,
    ) -> list[asyncio.Future[LabelledArticle]]:
        """Queue the articles for the active checkpoint; as `Scheduler.submit`."""
        answers = self._current.submit(
            articles, threshold=threshold, timeout_s=timeout_s, background=background
        )
        if self.shadow is not None and not background:
            self.shadow.watch(articles, answers, threshold)
        return answers

    # -- life --------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to load the active checkpoint, and watch the pointer from then on."""
        self._loop = asyncio.get_running_loop()
        if self._store is not None:
            self._stamp = self._store.stamp()
            try:
                self.pointer = self._store.read()
            except CheckpointError as error:
                self._refuse(str(error))
            else:
                self._folder = self._store.path(self.pointer.active)
        self._current = self._scheduler(self._folder)
        if self.refused is None:
            self._current.start()
        self._watcher = asyncio.create_task(self._watch(), name="onrecord-switch")

    async def stop(self, *, timeout_s: float = 5.0) -> None:
        """Fail what waits, finish what runs within a time, end all workers."""
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
        if self.shadow is not None:
            await self.shadow.stop()
        every = [self._current, *self._draining]
        await asyncio.gather(*(item.stop(timeout_s=timeout_s) for item in every))
        await asyncio.gather(*self._draining.values(), return_exceptions=True)

    def look(self) -> None:
        """Read the pointer again at once, whether it has changed or not; SIGHUP means this."""
        self._stamp = (-1, -1, -1)
        if self._loop is not None:  # a signal comes between two steps of the loop
            self._loop.call_soon_threadsafe(self._look.set)

    # -- switching ---------------------------------------------------------------------------

    async def _watch(self) -> None:
        await self._first()
        await self._follow_shadow()
        while self._store is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._look.wait(), self._settings.poll_s)
            self._look.clear()
            stamp = self._store.stamp()
            if stamp != self._stamp:
                self._stamp = stamp
                try:
                    await self.refresh()
                except Exception as error:
                    logger.exception("the pointer could not be followed")
                    self._refuse(f"the pointer could not be followed: {error}")

    async def _first(self) -> None:
        """Wait for the checkpoint of the start; one that fails is reported and may be replaced."""
        if self.refused is None:
            failure = None
            with contextlib.suppress(TimeoutError):
                failure = await asyncio.wait_for(self._current.loaded(), self._settings.load_s)
            if self._current.ready is not None:
                self._announce(self._current.ready.model)
            elif failure is not None and self._observer:
                self._observer.switch_refused()

    async def refresh(self) -> None:
        """Follow the pointer: switch, or say in `refused` why not."""
        if self._store is None:
            return
        async with self._busy:
            try:
                pointer = await asyncio.to_thread(self._store.read)
            except CheckpointError as error:
                self._refuse(str(error))
                return
            folder = self._store.path(pointer.active)
            if folder != self._folder or self._current.ready is None:
                if not await self._switch(folder, pointer.active):
                    return
            else:
                self.refused = None
            self.pointer = pointer
            await self._follow_shadow()

    async def _switch(self, folder: Path | None, entry: Entry | None) -> bool:
        """Load a checkpoint, then let it answer; return whether it does."""
        following = self._scheduler(folder)
        following.start()
        try:
            failure = await asyncio.wait_for(following.loaded(), self._settings.load_s)
            ready = following.ready
            if failure is None and entry and ready and ready.model.sha256 != entry.sha256:
                failure = f"{folder} holds {ready.model.sha256[:12]}…, not {entry.sha256[:12]}…"
        except TimeoutError:
            failure = f"not loaded within {self._settings.load_s:g} s"
        except asyncio.CancelledError:
            await following.stop(timeout_s=0)
            raise
        if failure is not None or ready is None:
            await following.stop(timeout_s=0)
            self._refuse(
                f"{folder or 'the checkpoint of the start'} was not put into use: {failure}"
            )
            return False
        old, self._current = self._current, following
        self._folder, self.refused = folder, None
        self._draining[old] = asyncio.create_task(self._drain(old), name="onrecord-drain")
        self._announce(ready.model)
        return True

    async def _drain(self, old: Scheduler) -> None:
        try:
            await old.drain()
        finally:
            self._draining.pop(old, None)

    async def _follow_shadow(self) -> None:
        """Start, replace or stop the shadow, as the pointer and the settings say."""
        pointer, wanted = self.pointer, None
        if self._store is not None and pointer.shadow is not None:
            wanted = self._store.path(pointer.shadow)
        elif not pointer.shadow_off:
            wanted = self._settings.shadow
        share = pointer.share or self._settings.share
        target = None if wanted is None else (wanted, share)
        if target == self._shadow_of:
            return
        old, self.shadow, self._shadow_of = self.shadow, None, target
        if old is not None:
            await old.stop()
        if wanted is not None:
            workers = self._make(wanted, 1, SHADOW_NICENESS)
            scheduler = Scheduler(workers, self._settings.bounds)
            scheduler.start()
            self.shadow = Shadow(scheduler, share=share, observer=self._observer)

    def _scheduler(self, folder: Path | None) -> Scheduler:
        workers = self._make(folder, self._settings.workers, NICENESS)
        return Scheduler(workers, self._settings.bounds, observer=self._observer)

    def _announce(self, model: ModelInfo) -> None:
        logger.info("the model is %s %s (%s)", model.name, model.version, model.sha256[:12])
        if self._observer:
            self._observer.model_loaded(model)

    def _refuse(self, reason: str) -> None:
        logger.error("%s", reason)
        self.refused = reason
        if self._observer:
            self._observer.switch_refused()
