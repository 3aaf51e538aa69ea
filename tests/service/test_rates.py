"""Rates of keys: in one process, and over replicas that share a store."""

from __future__ import annotations

import time

import pytest

from onrecord_service.auth import Guard
from onrecord_service.problems import Problem
from onrecord_service.settings import Settings
from onrecord_service.store.database import open_database
from onrecord_service.store.keys import Key, KeyStore

pytestmark = pytest.mark.anyio


class SharedKeys(KeyStore):
    """A store that other replicas use too, as PostgreSQL is."""

    is_shared = True  # type: ignore[assignment]  # a property of the real one
    asked = 0

    def spend(self, key: Key, articles: int) -> float | None:
        self.asked += 1
        return super().spend(key, articles)

    def _now(self):
        return time.time() + 0.0  # SQLite has no clock_timestamp()


@pytest.fixture
def keys(settings: Settings) -> SharedKeys:
    return SharedKeys(open_database(settings.database, folder=settings.data_dir))


def made(keys: KeyStore, per_minute: int) -> Key:
    keys.create("desk", per_minute=per_minute)
    return keys.list()[-1]


async def test_replicas_on_one_store_share_the_rate_of_a_key(keys: SharedKeys) -> None:
    key = made(keys, 60)
    one, other = Guard(keys), Guard(keys)
    await one.charge(key, 30)
    await other.charge(key, 25)
    with pytest.raises(Problem) as refused:
        await one.charge(key, 20)
    assert refused.value.slug == "rate-limited"
    assert 10 <= int(refused.value.headers["Retry-After"]) <= 15
    await one.charge(key, 3)


async def test_a_refused_request_takes_nothing(keys: SharedKeys) -> None:
    key = made(keys, 60)
    one, other = Guard(keys), Guard(keys)
    await one.charge(key, 50)
    for _ in range(20):
        with pytest.raises(Problem):
            await other.charge(key, 30)
    await other.charge(key, 8)


async def test_a_key_that_sends_far_too_much_is_refused_without_the_store(keys: SharedKeys) -> None:
    key = made(keys, 60)
    guard = Guard(keys, clock=lambda: 0.0)
    await guard.charge(key, 60)
    for _ in range(50):
        with pytest.raises(Problem):
            await guard.charge(key, 1)
    assert keys.asked == 1


async def test_a_request_over_the_whole_rate_needs_all_of_it_and_leaves_a_debt(
    keys: SharedKeys,
) -> None:
    key = made(keys, 60)
    assert keys.spend(key, 90) is None
    left = keys.spend(key, 1)
    assert left is not None
    assert -30 <= left < -20


def test_the_clock_of_sqlite_is_that_of_the_machine(settings: Settings) -> None:
    store = KeyStore(open_database(settings.database, folder=settings.data_dir))
    key = made(store, 60)
    assert store.spend(key, 60) is None
    left = store.spend(key, 30)
    assert left is not None
    assert 0 <= left < 25
    assert not store.is_shared
