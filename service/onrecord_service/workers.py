"""Workers: one reads articles, one at a time, off the event loop.

`InProcessWorker` calls an extractor in a thread; `ProcessWorker` has one in a process of its own,
so that the interpreter lock of the model never holds up the event loop. Both block, and are
driven from threads by `scheduler.Scheduler`.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

from onrecord.types import STANCES, Article, LabelledArticle, ModelInfo

NICENESS = 10
"""Workers yield to the event loop, so that health checks are answered while all cores are busy."""
SHADOW_NICENESS = 15
"""A worker whose result nobody waits for yields to those that answer."""

WORKER_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(4 * 2**20), "MALLOC_TRIM_THRESHOLD_": str(8 * 2**20)}
"""What glibc reads at the start of a worker: give a window's large buffers back to the system.

Measured for one extractor: peak 155 MB instead of 235, at 8 % less speed.
"""


_FIRST_SENTENCE = "The ministry said on Tuesday that it opposes the plan."
"""Read once after loading: the first pass is slower, and shows whether the graphs work."""


class LimitsLike(Protocol):
    """What an extractor says about sizes."""

    @property
    def max_characters(self) -> int:
        """Longest text it takes, in code points."""


class ExtractorLike(Protocol):
    """The part of `onrecord.Extractor` that the service uses."""

    @property
    def model(self) -> ModelInfo:
        """The checkpoint's name, version and hash."""

    @property
    def limits(self) -> LimitsLike:
        """Sizes it takes."""

    def extract_one(self, article: Article, *, threshold: float | None = None) -> LabelledArticle:
        """Return the article's statements."""


ExtractorFactory = Callable[[], ExtractorLike]


@dataclass(frozen=True, slots=True)
class Ready:
    """What a worker reports once its model is loaded."""

    model: ModelInfo
    max_characters: int
    pid: int
    stances: tuple[str, ...] = STANCES


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One article to read."""

    article: Article
    threshold: float | None = None


Result = LabelledArticle | Exception
Deliver = Callable[[int, Result], None]


class WorkerDiedError(Exception):
    """The worker process ended while it had work, or before its model was loaded."""


class Worker(Protocol):
    """Reads articles; every method blocks."""

    def start(self) -> Ready:
        """Load the model."""

    def run(self, items: Sequence[WorkItem], deliver: Deliver) -> None:
        """Read the items in order and deliver each result, with its place, when it is there.

        Raises:
            WorkerDiedError: The rest of the items was not read.
        """

    def kill(self) -> None:
        """End at once whatever runs; `start` or `run`, in another thread, then fails."""

    def close(self) -> None:
        """Release everything; idempotent."""


class InProcessWorker:
    """Calls an extractor of this process."""

    def __init__(self, extractor: ExtractorLike) -> None:
        self._extractor = extractor

    def start(self) -> Ready:
        """Report the extractor's model."""
        return describe(self._extractor)

    def run(self, items: Sequence[WorkItem], deliver: Deliver) -> None:
        """Read the items in order."""
        for place, item in enumerate(items):
            deliver(place, _read(self._extractor, item))

    def kill(self) -> None:
        """Do nothing: a thread cannot be ended."""

    def close(self) -> None:
        """Do nothing: the extractor belongs to the caller."""


class ProcessWorker:
    """Has an extractor in a spawned process of its own.

    Args:
        factory: Makes the extractor; must be importable from a fresh interpreter.
        niceness: How far the process yields to others.
    """

    def __init__(self, factory: ExtractorFactory, *, niceness: int = NICENESS) -> None:
        self._factory = factory
        self._niceness = niceness
        self._process: Any = None
        self._pipe: Connection | None = None

    def start(self) -> Ready:
        """Spawn the process and wait until its model is loaded.

        Raises:
            WorkerDiedError: Loading failed, with the child's reason.
        """
        self.close()
        for name, value in WORKER_MEMORY.items():
            os.environ.setdefault(name, value)
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_main,
            args=(theirs, self._factory, self._niceness),
            name="onrecord-worker",
            daemon=True,
        )
        self._process.start()
        theirs.close()
        try:
            first = self._pipe.recv()
        except (EOFError, OSError) as error:
            message = f"the worker ended while loading its model{self._exit_code()}"
            raise WorkerDiedError(message) from error
        if isinstance(first, Exception):
            raise first
        return first  # type: ignore[no-any-return]  # _main sends Ready or an exception

    def run(self, items: Sequence[WorkItem], deliver: Deliver) -> None:
        """Send the items over and deliver the results as they come back."""
        if self._pipe is None:
            message = "the worker was not started"
            raise WorkerDiedError(message)
        try:
            self._pipe.send(list(items))
            for _ in items:
                place, result = self._pipe.recv()
                deliver(place, result)
        except (EOFError, OSError) as error:
            message = f"the worker ended in the middle of its work{self._exit_code()}"
            raise WorkerDiedError(message) from error

    def kill(self) -> None:
        """Kill the process; its pipe then ends, and with it the call that waits for it."""
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        """End the process: it goes when its pipe closes, and is killed when it does not."""
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None
        if self._process is not None:
            self._process.join(2)
            if self._process.is_alive():
                self._process.kill()
                self._process.join(5)
            self._process.close()
            self._process = None

    def _exit_code(self) -> str:
        self._process.join(2)
        return f" (exit code {self._process.exitcode})"


def describe(extractor: ExtractorLike) -> Ready:
    """Return what is to be known of a loaded extractor."""
    stances = getattr(getattr(extractor, "manifest", None), "stances", STANCES)
    return Ready(extractor.model, extractor.limits.max_characters, os.getpid(), tuple(stances))


def load_extractor(checkpoint: Path | None, actors: Path | None = None) -> ExtractorLike:
    """Load the model and let it read a sentence; the usual factory.

    It stands here because a worker imports this module alone, nothing of HTTP or the database.

    Args:
        checkpoint: Its folder, or None for the usual one.
        actors: The newsroom's own actors, a CSV file.

    Raises:
        CheckpointError: The checkpoint cannot be loaded, or cannot read.
        RegistryError: The file of actors cannot be read; the line is named.
    """
    from onrecord.actors import ActorRegistry
    from onrecord.errors import CheckpointError
    from onrecord.extractor import Extractor

    registry = ActorRegistry.from_csv(actors) if actors else None
    extractor = Extractor.load(checkpoint, threads=1, registry=registry)
    try:
        extractor.extract_one(Article(_FIRST_SENTENCE, "first"))
    except Exception as error:
        message = (
            f"{checkpoint or 'the shipped checkpoint'} was loaded but cannot read "
            f"({type(error).__name__}: {error}); export the checkpoint again"
        )
        raise CheckpointError(message) from error
    return extractor


def _read(extractor: ExtractorLike, item: WorkItem) -> Result:
    """Return the labelled article, or the exception, which belongs to this article alone."""
    try:
        return extractor.extract_one(item.article, threshold=item.threshold)
    except Exception as error:  # noqa: BLE001 - a fault of one article must not lose the next
        return error


def _portable(error: Exception) -> Exception:
    """Return the error, or a plain one with its words where it does not survive the pipe."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    except Exception:  # noqa: BLE001 - any failure means the same
        return RuntimeError("".join(traceback.format_exception_only(error)).strip())
    return error


def _main(pipe: Connection, factory: ExtractorFactory, niceness: int) -> None:
    """Run in the worker process: load, report, then read batches until the pipe closes."""
    # Ctrl-C and SIGTERM reach the whole group; the parent decides, by closing the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with contextlib.suppress(OSError, AttributeError):
        os.nice(niceness)
    with contextlib.suppress(EOFError, OSError):  # the parent went
        try:
            extractor = factory()
            pipe.send(describe(extractor))
        except Exception as error:  # noqa: BLE001 - the parent reports it
            pipe.send(_portable(error))
            return
        while True:
            for place, item in enumerate(pipe.recv()):
                result = _read(extractor, item)
                if isinstance(result, Exception):
                    result = _portable(result)
                pipe.send((place, result))
