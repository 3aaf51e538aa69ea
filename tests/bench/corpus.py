"""`onrecord label` from end to end, against the bare model; and the memory of its parent.

The bare model is `Extractor.extract_one` in two processes of one thread, loaded and warm, with the
texts in memory: nothing is read or written. `onrecord label --workers 2` reads the same articles as
JSON lines and writes labelled JSON lines. Both do a part of the articles in turn, so that a noisy
machine disturbs both alike.
"""

from __future__ import annotations

import json
import statistics
import tempfile
from pathlib import Path

from rich.table import Table

from tests.bench.articles import articles, short_lines, write_articles
from tests.bench.pipeline import Side, shipped_worker
from tests.bench.watch import Used, onrecord

AIM = 0.85
MEMORY_AIM_MB = 300
CITRON = "1.5-3"
"""Articles/s that BBC R&D publish for Citron, on a server of theirs."""


def label(source: Path, folder: Path, *more: object, memory: bool = False) -> tuple[Used, float]:
    """Label a file; return what it used, and the seconds of its labelling alone (no start-up)."""
    output = folder / "out.jsonl"
    used = onrecord("label", source, "-o", output, "--overwrite", "--quiet", *more, memory=memory)
    return used, json.loads((folder / "out.jsonl.run.json").read_text())["seconds"]


def end_to_end(count: int, parts: int) -> Table:
    """Compare articles per second.

    Args:
        count: Articles in all.
        parts: Turns that they are split into.
    """
    size = count // parts
    texts = articles(size)
    table = Table(
        "path",
        "articles/s",
        "with start-up",
        title=f"{parts} turns of {size} articles, 2 processes",
    )
    bare, steady, whole = [], [], []
    model = Side(shipped_worker, 2, 1)
    model.run(texts[:4])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = write_articles(folder / "in.jsonl", texts)
        for _ in range(parts):
            bare.append(model.run(texts)[0])
            used, seconds = label(source, folder, "--workers", 2)
            steady.append(size / seconds)
            whole.append(size / used.seconds)
    model.close()
    ratios = [[a / b for a, b in zip(one, bare, strict=True)] for one in (steady, whole)]
    table.add_row("bare model", f"{statistics.median(bare):.2f}", "")
    table.add_row("onrecord label", *(f"{statistics.median(one):.2f}" for one in (steady, whole)))
    table.add_row(f"ratio (aim {AIM})", *(f"{statistics.median(one):.3f}" for one in ratios))
    table.add_row("Citron, as published for a server", CITRON, "")
    table.caption = "Citron's figure is from another machine and other articles: not a comparison"
    return table


def parent_memory(count: int) -> Table:
    """Measure the parent's memory over short lines.

    The lines go the usual way: nine of ten are answered by the cache of an earlier line, each tenth
    is unlike any other, goes to a worker and comes back rejected. Then the same lines with
    `--drop-duplicates`, which remembers every text that it meets.

    Args:
        count: Lines.
    """
    table = Table(
        "options",
        "lines",
        "seconds",
        "parent, peak RSS MB",
        "parent, peak PSS MB",
        title=f"memory of the parent (aim: under {MEMORY_AIM_MB} MB)",
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "in.jsonl"
        for lines in sorted({count // 10, count}):
            with source.open("w", encoding="utf-8") as stream:
                stream.writelines(short_lines(lines))
            cache = folder / f"{lines}.cache"
            for options in (("--cache", cache), ("--drop-duplicates",)):
                used, _ = label(source, folder, "--workers", 2, *options, memory=True)
                table.add_row(
                    options[0],
                    f"{lines:,}",
                    f"{used.seconds:.0f}",
                    f"{used.parent_rss:.0f}",
                    f"{used.parent_pss:.0f}",
                )
    return table
