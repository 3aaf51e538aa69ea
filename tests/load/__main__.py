"""Measure the service under load and print what it held. `python -m tests.load --help`.

In parts: `--seconds 0 --soak 600 --kills 0` only watches memory for ten minutes, and
`--seconds 0 --soak 0 --kills 20 --articles 2000` only kills a job, whose articles are two short
sentences, so that it is over in minutes.
Clients and service share the machine, so the figures are a lower bound.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table

from tests.load import health
from tests.load.clients import Seen, drive
from tests.load.crash import crash
from tests.load.server import Service, family

WORDS = 600
SENTENCES = (
    "Norvanian Foreign Minister Ilse Varga said on Monday that her government would send ships.",
    "The Calder Union called on both sides to withdraw their patrol boats.",
    "It has kept observers on the islands since 2019, when the last ferry was cancelled.",
    "Opposition leader Marek Dunn accused the minister of selling the islands for applause.",
    "Prices in the port rose by three percent in the first week of the month.",
)
OVERLOAD = "overload gives only 200 and 429, and is over within 5 s"
console = Console()


def article(words: int = WORDS) -> str:
    """Return an invented article of about so many words."""
    text: list[str] = []
    while sum(len(part.split()) for part in text) < words:
        text.append(SENTENCES[len(text) % len(SENTENCES)])
    return " ".join(text)


def memory_mb(pid: int) -> float:
    """Return the memory of a process and its children: proportional set size, in MB."""
    total = 0
    for one in (pid, *family(pid)):
        rollup = Path(f"/proc/{one}/smaps_rollup")
        if rollup.exists():
            lines = dict(
                line.split(":", 1) for line in rollup.read_text().splitlines()[1:] if ":" in line
            )
            total += int(lines["Pss"].split()[0])
    return total / 1024


async def latency(url: str, seconds: float) -> Seen:
    """Print a row for each number of clients, and return the last run."""
    table = Table("clients", "requests/s", "p50 ms", "p95 ms", "p99 ms", "answers", title="Latency")
    for clients in (1, 8, 64):
        seen = await drive(url, article(), clients=clients, seconds=seconds)
        table.add_row(
            str(clients),
            f"{seen.per_second:.1f}",
            *(f"{seen.percentile(share):.0f}" for share in (0.5, 0.95, 0.99)),
            str(dict(seen.statuses)),
        )
    console.print(table)
    return seen


async def overload(service: Service, seconds: float) -> bool:
    """Send ten times what fits; only 200 and 429 may come back, and calm within 5 s after."""
    url = service.url
    watcher = health.start(service.port, seconds)
    flood = await drive(url, article(), clients=640, seconds=seconds)
    started = time.perf_counter()
    async with httpx.AsyncClient(timeout=30) as client:
        while (await client.post(f"{url}/v1/extract", json={"text": "x"})).status_code != 200:
            await asyncio.sleep(0.1)
    calm = time.perf_counter() - started
    checks = await asyncio.to_thread(health.collect, watcher)
    console.print(
        f"[bold]Overload[/] (640 clients): {dict(flood.statuses)}; calm after {calm:.2f} s; "
        f"{checks}"
    )
    return set(flood.statuses) <= {"200", "429"} and calm <= 5


async def soak(service: Service, seconds: float) -> bool:
    """Keep 64 clients busy; memory at the end may be 5 % over that after the first tenth."""
    if service.process is None:
        return False
    pid = service.process.pid
    await drive(service.url, article(), clients=64, seconds=seconds / 10)
    first = memory_mb(pid)
    await drive(service.url, article(), clients=64, seconds=seconds * 9 / 10)
    last = memory_mb(pid)
    console.print(
        f"[bold]Memory[/] over {seconds:.0f} s at 64 clients: {first:.0f} -> {last:.0f} MB"
    )
    return last <= 1.05 * first + 5


def main() -> int:
    """Run what is asked for; returns 1 when something did not hold."""
    parser = argparse.ArgumentParser(prog="tests.load", description=__doc__)
    parser.add_argument("--seconds", type=float, default=15, help="of each latency run; 0 skips")
    parser.add_argument("--soak", type=float, default=60, help="seconds of the memory run; 0 skips")
    parser.add_argument("--articles", type=int, default=2000, help="of the job that is killed")
    parser.add_argument("--kills", type=int, default=20, help="kill -9 during that job; 0 skips")
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument(
        "--fake", type=float, help="seconds that a fake takes for an article, not the real model"
    )
    asked = parser.parse_args()
    held = {}
    with tempfile.TemporaryDirectory() as folder:
        settings = {"data_dir": f"{folder}/data", "workers": asked.workers}
        if asked.seconds or asked.soak:
            service = Service(settings, fake_seconds=asked.fake)
            service.start()
            try:
                if asked.seconds:
                    asyncio.run(latency(service.url, asked.seconds))
                    held[OVERLOAD] = asyncio.run(overload(service, asked.seconds))
                if asked.soak:
                    held["memory is flat"] = asyncio.run(soak(service, asked.soak))
            finally:
                service.stop()
        if asked.kills:
            seen = crash(
                Path(folder) / "crash",
                articles=asked.articles,
                kills=asked.kills,
                fake_seconds=asked.fake,
            )
            console.print(f"[bold]Crashes[/] {seen}")
            held["every record exactly once"] = seen.exactly_once
    for name, good in held.items():
        console.print(f"{'[green]held' if good else '[red]NOT HELD'}[/]  {name}")
    return 0 if all(held.values()) else 1


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
