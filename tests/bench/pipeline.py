"""Speed of the shipped path against a plain transformers pipeline.

Both read the same articles of about 600 words. The pipeline is `token-classification` over the same
encoder in fp32 with its default batching (one) and, since it would cut long texts off, its own
`stride` option. One thread: one process each. Two: the pipeline gets two torch threads, the shipped
path two processes of one thread, which is how `onrecord label` and the service run it. Rounds are
interleaved, so that a noisy machine disturbs both alike; medians and the ratio are shown.
"""

from __future__ import annotations

import multiprocessing as mp
import os
import statistics
import time
import warnings
from multiprocessing.connection import Connection
from typing import Any

from rich.table import Table

from tests.bench.articles import articles


def pipeline_worker(pipe: Connection, threads: int) -> None:
    """Label what arrives with the plain pipeline; answer with seconds per article."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    warnings.simplefilter("ignore")
    import torch
    from transformers import (
        AutoModelForTokenClassification,
        AutoTokenizer,
        logging,
        pipeline,
    )

    from onrecord_training.build import encoder_place

    logging.set_verbosity_error()
    torch.set_num_threads(threads)
    place = encoder_place("minilm")
    tokenizer = AutoTokenizer.from_pretrained(place, model_max_length=512)
    model = AutoModelForTokenClassification.from_pretrained(place, num_labels=3)
    with torch.no_grad():  # a trained tagger says "outside" nearly everywhere; so does this one
        model.classifier.bias[0] = 100
    label = pipeline(
        "token-classification",
        model=model,
        tokenizer=tokenizer,
        stride=64,
        aggregation_strategy="simple",
        device="cpu",
    )
    serve(pipe, label)


def shipped_worker(pipe: Connection, threads: int) -> None:
    """Label what arrives with the shipped checkpoint; answer with seconds per article."""
    from onrecord import Extractor

    extractor = Extractor.load(threads=threads)
    serve(pipe, extractor.extract_one)


def serve(pipe: Connection, label: object) -> None:
    """Answer batches of texts with the seconds that each took, until told to stop."""
    pipe.send("ready")
    while (texts := pipe.recv()) is not None:
        times = []
        for text in texts:
            began = time.perf_counter()
            label(text)  # type: ignore[operator]
            times.append(time.perf_counter() - began)
        pipe.send(times)


class Side:
    """One way to label, in one process or several."""

    def __init__(self, worker: object, processes: int, threads: int) -> None:
        context = mp.get_context("spawn")
        self.pipes = []
        self.processes = []
        for _ in range(processes):
            ours, theirs = context.Pipe()
            process = context.Process(target=worker, args=(theirs, threads), daemon=True)  # type: ignore[arg-type]
            process.start()
            self.pipes.append(ours)
            self.processes.append(process)
        for pipe in self.pipes:
            pipe.recv()

    def run(self, texts: list[str]) -> tuple[float, list[float]]:
        """Label the texts; return articles per second and the latency of each."""
        began = time.perf_counter()
        for i, pipe in enumerate(self.pipes):
            pipe.send(texts[i :: len(self.pipes)])
        latencies = [value for pipe in self.pipes for value in pipe.recv()]
        return len(texts) / (time.perf_counter() - began), latencies

    def close(self) -> None:
        """End the processes."""
        for pipe in self.pipes:
            pipe.send(None)
        for process in self.processes:
            process.join(10)


def measure(rounds: int, count: int) -> list[dict[str, Any]]:
    """Measure both sides in one and two threads; return a row for each, ready for a card.

    Args:
        rounds: Rounds that count; one more warms up.
        count: Articles of a round.
    """
    texts = articles(count)
    rows = []
    for threads in (1, 2):
        plain = Side(pipeline_worker, 1, threads)
        shipped = Side(shipped_worker, threads, 1)
        rates: dict[str, list[float]] = {"pipeline": [], "shipped": []}
        waits: dict[str, list[float]] = {"pipeline": [], "shipped": []}
        for number in range(rounds + 1):
            for name, side in (("pipeline", plain), ("shipped", shipped)):
                rate, latencies = side.run(texts)
                if number:  # the first round warms up
                    rates[name].append(rate)
                    waits[name] += latencies
        ratio = statistics.median(
            b / a for a, b in zip(rates["pipeline"], rates["shipped"], strict=True)
        )
        rows += [
            {
                "threads": threads,
                "path": name,
                "articles_per_second": round(statistics.median(values), 2),
                "p50_ms": round(1000 * statistics.median(waits[name])),
                "ratio": round(ratio, 2) if name == "shipped" else 1,
            }
            for name, values in rates.items()
        ]
        plain.close()
        shipped.close()
    return rows


def table(rows: list[dict[str, Any]]) -> Table:
    """Return the rows of `measure` as a table."""
    head = ("threads", "path", "articles/s", "p50 ms", "ratio")
    shown = Table(*head, title="median of interleaved rounds")
    for row in rows:
        shown.add_row(*(str(value) for value in row.values()))
    return shown
