"""Concurrent clients against a service, and what they saw."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx


@dataclass
class Seen:
    """Answers of a run: seconds of the good ones, counts of all."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    took: float = 0.0

    @property
    def per_second(self) -> float:
        return len(self.seconds) / self.took if self.took else 0.0

    def percentile(self, share: float) -> float:
        """Milliseconds below which this share of the good answers came."""
        if not self.seconds:
            return float("nan")
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def drive(url: str, text: str, *, clients: int, seconds: float, patient: bool = True) -> Seen:
    """Let so many clients send one article after another, for a while.

    Args:
        url: The service.
        text: The article.
        clients: How many at once.
        seconds: For how long requests are begun.
        patient: Whether a client that gets a 429 waits a moment, or comes back at once.
    """
    seen = Seen()
    until = time.perf_counter() + seconds
    limits = httpx.Limits(max_connections=clients, max_keepalive_connections=clients)
    started = time.perf_counter()

    async def one(client: httpx.AsyncClient) -> None:
        while time.perf_counter() < until:
            begun = time.perf_counter()
            try:
                answer = await client.post(f"{url}/v1/extract", json={"text": text})
            except httpx.HTTPError as error:
                seen.statuses[type(error).__name__] += 1
                continue
            seen.statuses[str(answer.status_code)] += 1
            if answer.status_code == httpx.codes.OK:
                seen.seconds.append(time.perf_counter() - begun)
            elif patient:
                await asyncio.sleep(0.2)

    async with httpx.AsyncClient(timeout=60, limits=limits) as client:
        await asyncio.gather(*(one(client) for _ in range(clients)))
    seen.took = time.perf_counter() - started
    return seen
