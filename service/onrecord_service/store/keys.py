"""API keys: made and revoked by a command, stored only as hashes.

A key is `onr_<id>_<secret>` with 256 random bits in the secret, so a plain SHA-256 is enough: there
is nothing to guess, and slow hashes are for passwords that people choose.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Engine, Float, case, cast, func, insert, select, update

from onrecord_service.store.database import reader
from onrecord_service.store.tables import api_keys

_FORM = re.compile(r"onr_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class Key:
    """A key as the store knows it; the secret is not in it.

    Args:
        id: Public part.
        name: Who uses it.
        per_minute: Articles allowed per minute.
        created_at: Seconds since 1970.
        revoked_at: None while the key is good.
    """

    id: str
    name: str
    per_minute: int
    created_at: float
    revoked_at: float | None


class KeyStore:
    """Create, look up and revoke keys."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reader = reader(engine)

    def create(self, name: str, *, per_minute: int) -> str:
        """Return a new key; it is shown this once and cannot be recovered."""
        name_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        with self._engine.begin() as connection:
            connection.execute(
                insert(api_keys).values(
                    id=name_id,
                    name=name,
                    digest=_digest(secret),
                    per_minute=per_minute,
                    created_at=time.time(),
                )
            )
        return f"onr_{name_id}_{secret}"

    def revoke(self, key_id: str) -> bool:
        """Make a key useless; return whether there was a good one of that id."""
        with self._engine.begin() as connection:
            changed = connection.execute(
                update(api_keys)
                .where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None))
                .values(revoked_at=time.time())
            )
        return changed.rowcount == 1

    def find(self, presented: str) -> Key | None:
        """Return the good key that this is, or None."""
        match = _FORM.fullmatch(presented)
        if match is None:
            return None
        with self._reader.connect() as connection:
            row = connection.execute(
                select(api_keys).where(api_keys.c.id == match[1])
            ).one_or_none()
        if row is None or row.revoked_at is not None:
            return None
        if not hmac.compare_digest(row.digest, _digest(match[2])):
            return None
        return _key(row)

    @property
    def is_shared(self) -> bool:
        """Whether other replicas may use the same keys: not with SQLite, which is one machine's."""
        return self._engine.dialect.name != "sqlite"

    def spend(self, key: Key, articles: int) -> float | None:
        """Take articles from what the key has left, in one statement and by the database's clock.

        A request over the whole rate needs all of it, and leaves a debt.

        Returns:
            None when they were taken; else how many the key has left.
        """
        now = self._now()
        whole = cast(api_keys.c.per_minute, Float)
        refilled = api_keys.c.level + (now - api_keys.c.level_at) * whole / 60
        left = case((refilled < whole, refilled), else_=whole)  # also when it was never used
        mine = api_keys.c.id == key.id
        with self._engine.begin() as connection:
            changed = connection.execute(
                update(api_keys)
                .where(mine, left >= min(articles, key.per_minute))
                .values(level=left - articles, level_at=now)
            )
            if changed.rowcount == 1:
                return None
            return float(connection.execute(select(left).where(mine)).scalar_one())

    def _now(self) -> ColumnElement[float]:
        """Return the database's clock: those of the replicas may differ."""
        if self.is_shared:
            return cast(func.extract("epoch", func.clock_timestamp()), Float)
        return (func.julianday("now") - 2_440_587.5) * 86_400.0

    def list(self) -> list[Key]:
        """Return all keys, oldest first."""
        with self._reader.connect() as connection:
            rows = connection.execute(select(api_keys).order_by(api_keys.c.created_at))
            return [_key(row) for row in rows]

    def count_good(self) -> int:
        """Return how many keys are not revoked."""
        query = select(func.count()).select_from(api_keys).where(api_keys.c.revoked_at.is_(None))
        with self._reader.connect() as connection:
            return int(connection.execute(query).scalar_one())


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(row: object) -> Key:
    return Key(row.id, row.name, row.per_minute, row.created_at, row.revoked_at)  # type: ignore[attr-defined]  # a row of api_keys
