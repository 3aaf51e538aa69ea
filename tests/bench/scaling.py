"""What 1, 10 and 100 million articles cost, extrapolated from few; one and two workers; Ray.

Core-hours are CPU time of all processes (for Ray those of its cluster on this machine too), less
that of a run over one article, which is the start-up. CPU time hardly depends on what else the
machine does; the rates do.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from rich.table import Table

from tests.bench.articles import articles, write_articles
from tests.bench.corpus import label

RUNS = (("local", 1), ("local", 2), ("ray", 1), ("ray", 2))
MILLIONS = (1, 10, 100)


def scaling(count: int, runs: tuple[tuple[str, int], ...] = RUNS) -> Table:
    """Measure each engine with one and two workers.

    Args:
        count: Articles of 600 words.
        runs: Engines and numbers of workers.
    """
    table = Table(
        "engine",
        "workers",
        "articles/s",
        "speed-up",
        "MB in all",
        "CPU s an article",
        *(f"{number} M: core-hours" for number in MILLIONS),
        title=f"{count} articles",
    )
    alone: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        one = write_articles(folder / "one.jsonl", articles(1))
        source = write_articles(folder / "in.jsonl", articles(count))
        for engine, workers in runs:
            options = ("--engine", engine, "--workers", workers)
            start, _ = label(one, folder, *options)
            used, seconds = label(source, folder, *options, memory=True)
            rate = count / seconds
            alone.setdefault(engine, rate)
            each = (used.cpu_seconds - start.cpu_seconds) / (count - 1)
            table.add_row(
                engine,
                str(workers),
                f"{rate:.2f}",
                f"{rate / alone[engine]:.2f}",
                f"{used.tree_pss:.0f}",
                f"{each:.2f}",
                *(f"{number * 1e6 * each / 3600:,.0f}" for number in MILLIONS),
            )
    return table
