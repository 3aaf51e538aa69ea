"""Kill the service again and again while it works off a job, and count what comes out."""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.load.server import Service

TEXT = "Norvania backs the plan. Ilse Varga said two ships would sail."


@dataclass(frozen=True)
class Crashes:
    """What a job came to after so many kills."""

    articles: int
    kills: int
    seconds: float
    labelled: int
    distinct: int
    state: str

    @property
    def exactly_once(self) -> bool:
        return self.labelled == self.distinct == self.articles and self.state == "succeeded"


def corpus(count: int) -> str:
    return "".join(json.dumps({"id": f"a{n}", "text": TEXT}) + "\n" for n in range(count))


def submit(url: str, count: int) -> str:
    answer = httpx.post(
        f"{url}/v1/jobs",
        content=corpus(count),
        headers={"Content-Type": "application/x-ndjson"},
        timeout=60,
    )
    answer.raise_for_status()
    return str(answer.json()["id"])


def wait_until(url: str, job: str, finished: float, *, seconds: float = 600) -> None:
    """Return when so many records are labelled."""
    until = time.monotonic() + seconds
    while httpx.get(f"{url}/v1/jobs/{job}", timeout=30).json()["done"] < finished:
        if time.monotonic() > until:
            message = f"the job stands still before record {finished:.0f}"
            raise TimeoutError(message)
        time.sleep(0.02)


def wait_for(url: str, job: str, *, seconds: float = 600) -> dict[str, object]:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found: dict[str, object] = httpx.get(f"{url}/v1/jobs/{job}", timeout=10).json()
        if found["state"] not in {"queued", "running"}:
            return found
        time.sleep(0.1)
    message = f"the job is still {found}"
    raise TimeoutError(message)


def crash(
    folder: Path, *, articles: int, kills: int, fake_seconds: float | None, seed: int = 7
) -> Crashes:
    """Kill -9 the service at random moments of one job, and let the last life finish it.

    The moments are spread over the job: each comes when a random share of it is labelled, and a
    random moment after.
    """
    service = Service({"data_dir": folder, "workers": 1, "lease_s": 20}, fake_seconds=fake_seconds)
    dice = random.Random(seed)
    started = time.monotonic()
    service.start()
    try:
        job = submit(service.url, articles)
        done = 0
        for share in sorted(dice.uniform(0, 0.9) for _ in range(kills)):
            wait_until(service.url, job, share * articles)
            time.sleep(dice.uniform(0, 0.2))
            service.kill()
            done += 1
            service.start()
        state = wait_for(service.url, job)["state"]
        text = httpx.get(f"{service.url}/v1/jobs/{job}/results", timeout=60).text
    finally:
        service.stop()
    ids = [json.loads(line)["id"] for line in text.splitlines()]
    return Crashes(articles, done, time.monotonic() - started, len(ids), len(set(ids)), str(state))
