"""Engines: label a stream of records in order, in this process or in worker processes."""

from __future__ import annotations

import functools
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from typing import Any, Protocol

from .labelling import Labeller, LabelOptions, label_bytes, make_labeller
from .records import Labelled, Record, Rejected

CHUNK_RECORDS = 32
CHUNK_CHARACTERS = 20_000
"""A chunk sent to a worker ends at whichever comes first: a few seconds of work, which is how long
a worker may be without any at the end of a run."""

CHUNKS_PER_WORKER = 3
"""Chunks in flight per worker: enough to keep it fed, few enough to keep memory flat."""

Item = Record | Rejected | Labelled
Result = Rejected | Labelled


class Engine(Protocol):
    """Labels records; rejections and ready results pass through in their place."""

    def model(self) -> dict[str, Any]:
        """Return the wire form of the model, which proves that it loads."""
        ...

    def run(self, items: Iterable[Item]) -> Iterator[Result]:
        """Yield one result per item, in order."""
        ...

    def close(self) -> None:
        """End the engine's processes."""
        ...


class InProcess:
    """The engine for small inputs: no start-up cost.

    Args:
        options: What decides the output.
    """

    def __init__(self, options: LabelOptions) -> None:
        self._options = options
        self._labeller: Labeller = make_labeller(options)

    def model(self) -> dict[str, Any]:
        """Return the wire form of the model."""
        return self._labeller.model.to_dict()

    def run(self, items: Iterable[Item]) -> Iterator[Result]:
        """Yield one result per item, in order."""
        for item in items:
            if isinstance(item, Record):
                yield label_bytes(self._labeller, item, self._options)
            else:
                yield item

    def close(self) -> None:
        """Do nothing."""


@dataclass(slots=True)
class Chunk:
    """Items in order; the records among them go to a worker."""

    items: list[Item] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    characters: int = 0
    future: Future[list[Result]] | None = None

    def add(self, item: Item) -> bool:
        """Add an item; return whether the chunk is full."""
        self.items.append(item)
        if isinstance(item, Record):
            self.records.append(item)
            self.characters += len(item.article.text)
        return (
            len(self.items) >= CHUNK_RECORDS * 8
            or len(self.records) >= CHUNK_RECORDS
            or self.characters >= CHUNK_CHARACTERS
        )

    def merge(self, results: list[Result]) -> Iterator[Result]:
        """Put the results in the places of their records."""
        labelled = iter(results)
        for item in self.items:
            yield next(labelled) if isinstance(item, Record) else item


class WorkerPool:
    """Worker processes of one thread each; results in order of input.

    A worker that dies (out of memory, a crash in native code) is replaced and its chunk done
    again record by record, so that only the record that kills workers is rejected.

    Args:
        options: What decides the output.
        workers: Number of processes.
    """

    def __init__(self, options: LabelOptions, workers: int) -> None:
        self._options = options
        self._workers = workers
        self._pool = self._start()

    def model(self) -> dict[str, Any]:
        """Return the wire form of the model; loads it in a worker."""
        return self._pool.submit(_describe, self._options).result()

    def run(self, items: Iterable[Item]) -> Iterator[Result]:
        """Yield one result per item, in order."""
        waiting: deque[Chunk] = deque()
        chunk = Chunk()
        for item in items:
            if chunk.add(item):
                self._submit(chunk)
                waiting.append(chunk)
                chunk = Chunk()
                if len(waiting) >= self._workers * CHUNKS_PER_WORKER:
                    yield from self._finish(waiting)
        if chunk.items:
            self._submit(chunk)
            waiting.append(chunk)
        while waiting:
            yield from self._finish(waiting)

    def close(self) -> None:
        """End the workers without waiting for chunks in flight."""
        processes = list((self._pool._processes or {}).values())  # noqa: SLF001 - no public way
        self._pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()

    def _start(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self._workers,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_start_worker,
        )

    def _submit(self, chunk: Chunk) -> None:
        if chunk.records:
            try:
                chunk.future = self._pool.submit(label_chunk, self._options, chunk.records)
            except BrokenProcessPool:
                chunk.future = None  # found out and repaired when the chunk's turn comes

    def _finish(self, waiting: deque[Chunk]) -> Iterator[Result]:
        chunk = waiting.popleft()
        if not chunk.records:
            yield from chunk.merge([])
            return
        try:
            if chunk.future is None:
                raise BrokenProcessPool  # noqa: TRY301 - handled like a late discovery
            results = chunk.future.result()
        except BrokenProcessPool:
            results = self._repair(chunk, waiting)
        yield from chunk.merge(results)

    def _repair(self, chunk: Chunk, waiting: deque[Chunk]) -> list[Result]:
        """Replace the pool, do this chunk's records one by one, send the others again."""
        self.close()
        self._pool = self._start()
        results: list[Result] = []
        for record in chunk.records:
            try:
                results += self._pool.submit(label_chunk, self._options, [record]).result()
            except BrokenProcessPool:
                self.close()
                self._pool = self._start()
                reason = (
                    "the worker process died while labelling this record (out of memory?);"
                    " split the article, or use fewer --workers"
                )
                results.append(Rejected(record.source, record.line, reason, record.article.id))
        for other in waiting:
            if other.future is None or not other.future.done() or other.future.exception():
                self._submit(other)
        return results


def engine_for(options: LabelOptions, *, workers: int) -> Engine:
    """Return the engine for a number of workers; one worker needs no second process."""
    return InProcess(options) if workers == 1 else WorkerPool(options, workers)


def label_chunk(options: LabelOptions, records: list[Record]) -> list[Result]:
    """Label records in a worker, which loads the model when it is first asked."""
    labeller = _labeller(options)
    return [label_bytes(labeller, record, options) for record in records]


def _describe(options: LabelOptions) -> dict[str, Any]:
    return _labeller(options).model.to_dict()


@functools.lru_cache(maxsize=1)
def _labeller(options: LabelOptions) -> Labeller:
    return make_labeller(options)


def _start_worker() -> None:
    """Leave Ctrl-C to the parent, and end when the parent is gone (it may be killed)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: Any) -> None:
    parent.join()
    os._exit(1)
