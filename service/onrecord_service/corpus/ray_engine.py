"""The engine for more than one machine: the same labelling in an actor pool on a Ray cluster.

The run reads, deduplicates, orders and writes as it does locally; only chunks of records travel.
So `--resume`, the side file and the order of the output are the same, byte for byte. See
docs/adr/0042 for why the actors are fed by the run and not by Ray Data's own readers.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from .engine import Chunk, Item, Result, label_chunk
from .extras import need
from .labelling import LabelOptions, make_labeller
from .records import Record, Rejected

CHUNKS_PER_ACTOR = 3
RETRIES = 2
"""Times that a chunk is sent again when its actor or its machine is lost."""


class LabelActor:
    """Holds the loaded model in one process of a cluster.

    Args:
        options: What decides the output.
    """

    def __init__(self, options: LabelOptions) -> None:
        self._options = options

    def model(self) -> dict[str, Any]:
        """Return the wire form of the model."""
        return make_labeller(self._options).model.to_dict()

    def label(self, records: list[Record]) -> list[Result]:
        """Label records; the model is loaded at the first call and kept."""
        return label_chunk(self._options, records)


@dataclass(slots=True)
class _Sent:
    """A chunk in flight: on which actor, and the reference to its results."""

    chunk: Chunk
    actor: int
    results: Any


class RayEngine:
    """Labels on a Ray cluster; each of its machines needs onrecord installed.

    Args:
        options: What decides the output; a checkpoint folder must exist on every machine.
        workers: Actors of one CPU each; 0 takes all CPUs of the cluster.
        address: Address of the cluster; None starts one on this machine.

    Raises:
        CorpusError: If Ray is not installed.
    """

    def __init__(self, options: LabelOptions, *, workers: int, address: str | None) -> None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # a local Ray reports to nobody
        self._ray = need("ray")
        self._started = not self._ray.is_initialized()
        if self._started:
            self._ray.init(address=address, include_dashboard=False, log_to_driver=False)
        count = workers or max(1, int(self._ray.cluster_resources().get("CPU", 1)))
        remote = self._ray.remote(num_cpus=1, max_restarts=-1, max_task_retries=RETRIES)(LabelActor)
        self._actors = [remote.remote(options) for _ in range(count)]
        self._busy = [0] * count

    def model(self) -> dict[str, Any]:
        """Return the wire form of the model, which proves that it loads on the cluster."""
        return dict(self._ray.get(self._actors[0].model.remote()))

    def run(self, items: Iterable[Item]) -> Iterator[Result]:
        """Yield one result per item, in order; a bounded number of chunks is in flight."""
        waiting: deque[_Sent] = deque()
        chunk = Chunk()
        for item in items:
            if chunk.add(item):
                waiting.append(self._send(chunk))
                chunk = Chunk()
                if len(waiting) >= len(self._actors) * CHUNKS_PER_ACTOR:
                    yield from self._receive(waiting.popleft())
        if chunk.items:
            waiting.append(self._send(chunk))
        while waiting:
            yield from self._receive(waiting.popleft())

    def close(self) -> None:
        """End the actors, and the cluster if this engine started it."""
        for actor in self._actors:
            self._ray.kill(actor)
        if self._started:
            self._ray.shutdown()

    def _send(self, chunk: Chunk) -> _Sent:
        actor = self._busy.index(min(self._busy))
        self._busy[actor] += 1
        return _Sent(chunk, actor, self._actors[actor].label.remote(chunk.records))

    def _receive(self, sent: _Sent) -> Iterator[Result]:
        try:
            results = self._ray.get(sent.results)
        except self._ray.exceptions.RayActorError:
            results = [self._alone(record, sent.actor) for record in sent.chunk.records]
        self._busy[sent.actor] -= 1
        yield from sent.chunk.merge(results)

    def _alone(self, record: Record, actor: int) -> Result:
        """Label one record of a chunk that was lost again and again."""
        try:
            (result,) = self._ray.get(self._actors[actor].label.remote([record]))
        except self._ray.exceptions.RayActorError:
            reason = "the worker died whenever it labelled this record (out of memory?)"
            return Rejected(record.source, record.line, reason, record.article.id)
        labelled: Result = result
        return labelled
