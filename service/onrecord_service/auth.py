"""Who may ask, and how often.

Without any API key the service is open on loopback, and where ONRECORD_ALLOW_OPEN says so. As soon
as one key exists, everything under /v1 needs one; on a public address also when all are revoked.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from onrecord_service.problems import Problem
from onrecord_service.services import services_of
from onrecord_service.store.keys import Key, KeyStore

_FRESH_S = 5.0
"""Seconds for which a looked-up key is trusted; revoking takes effect within them."""
_REMEMBERED = 1000


@dataclass(slots=True)
class _Bucket:
    """Articles that a key may still send, refilled as time goes on."""

    level: float
    at: float


class Guard:
    """Look keys up and count what they use.

    Args:
        keys: The store.
        may_be_open: Whether the service needs no key as long as there is none.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        keys: KeyStore,
        *,
        may_be_open: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keys = keys
        self._may_be_open = may_be_open
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, Key | None]] = OrderedDict()
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._closed: tuple[float, bool] = (-math.inf, False)
        self._looking = asyncio.Lock()

    async def is_closed(self) -> bool:
        """Whether a key is needed."""
        if not self._may_be_open:
            return True
        if self._clock() - self._closed[0] > _FRESH_S:
            async with self._looking:  # one asks the store, all others wait for the answer
                if self._clock() - self._closed[0] > _FRESH_S:
                    closed = await asyncio.to_thread(self._keys.count_good) > 0
                    self._closed = (self._clock(), closed)
        return self._closed[1]

    async def find(self, presented: str) -> Key | None:
        """Return the good key that this is, or None."""
        mark = hashlib.sha256(presented.encode()).hexdigest()  # the cache holds no secrets either
        at, key = self._known.get(mark, (-math.inf, None))
        if self._clock() - at > _FRESH_S:
            key = await asyncio.to_thread(self._keys.find, presented)
            self._known[mark] = (self._clock(), key)
            self._known.move_to_end(mark)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return key

    async def charge(self, key: Key | None, articles: int) -> None:
        """Count articles against a key's rate, over all replicas that share the store.

        What this replica alone has seen is counted first, so that a key that sends far too much is
        refused without a word to the database.

        Raises:
            Problem: `rate-limited`, with Retry-After.
        """
        self.spend(key, articles)
        if key is None or not self._keys.is_shared:
            return
        left = await asyncio.to_thread(self._keys.spend, key, articles)
        if left is not None:
            self._buckets[key.id].level += articles
            raise _limited(key, left, articles)

    def spend(self, key: Key | None, articles: int) -> None:
        """Count articles against a key's rate, in this process.

        A request over the whole rate needs a full bucket.

        Raises:
            Problem: `rate-limited`, with Retry-After.
        """
        if key is None:
            return
        now = self._clock()
        bucket = self._buckets.get(key.id) or _Bucket(float(key.per_minute), now)
        refill = (now - bucket.at) * key.per_minute / 60
        bucket.level = min(float(key.per_minute), bucket.level + refill)
        bucket.at = now
        self._buckets[key.id] = bucket
        if bucket.level < min(articles, key.per_minute):
            raise _limited(key, bucket.level, articles)
        bucket.level -= articles


def _limited(key: Key, left: float, articles: int) -> Problem:
    """Return the problem of a key that has too little left."""
    seconds = max(1, math.ceil((min(articles, key.per_minute) - left) * 60 / key.per_minute))
    return Problem(
        "rate-limited",
        f"the key {key.id} may send {key.per_minute} articles a minute; try again in "
        f"{seconds} s, or ask for a higher rate",
        headers={"Retry-After": str(seconds)},
        members={"retry_after_s": seconds},
    )


_bearer = HTTPBearer(
    auto_error=False,
    description="An API key, where the service has any. Also taken as `X-API-Key`.",
)


async def authorize(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> None:
    """Let the request in, or refuse it before its body is read; sets `request.state.key`.

    Raises:
        Problem: `unauthorized`.
    """
    guard = services_of(request).guard
    request.state.key = None
    presented = bearer.credentials if bearer else request.headers.get("x-api-key")
    if not await guard.is_closed():
        return
    key = await guard.find(presented) if presented else None
    if key is None:
        given = "an unknown or revoked key was given" if presented else "no key was given"
        raise Problem(
            "unauthorized",
            f"{given}; send a good one as `Authorization: Bearer onr_...`. The operator makes keys "
            "with `onrecord keys create`",
            headers={"WWW-Authenticate": "Bearer"},
        )
    request.state.key = key


def owner_of(request: Request) -> str:
    """Return the id of the key of an authorized request; empty where none is needed."""
    key: Key | None = request.state.key
    return key.id if key else ""
