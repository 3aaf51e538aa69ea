"""Corrections, kept as records in the house format that the training package reads."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Engine, insert, select

from onrecord_service.store.database import reader
from onrecord_service.store.tables import feedback

_PAGE = 200


class FeedbackStore:
    """Add corrections and read them back."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reader = reader(engine)

    def add(self, record: Mapping[str, Any], *, owner: str) -> str:
        """Store a record, without its id, and return the id that it gets."""
        name = f"feedback-{secrets.token_hex(8)}"
        stored = json.dumps({"id": name, **record}, ensure_ascii=False)
        with self._engine.begin() as connection:
            connection.execute(
                insert(feedback).values(id=name, owner=owner, record=stored, created_at=time.time())
            )
        return name

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield all records, oldest first."""
        after = (-1.0, "")
        while True:
            query = (
                select(feedback)
                .where(
                    (feedback.c.created_at > after[0])
                    | ((feedback.c.created_at == after[0]) & (feedback.c.id > after[1]))
                )
                .order_by(feedback.c.created_at, feedback.c.id)
                .limit(_PAGE)
            )
            with self._reader.connect() as connection:
                rows = connection.execute(query).all()
            for row in rows:
                yield json.loads(row.record)
            if len(rows) < _PAGE:
                return
            after = (rows[-1].created_at, rows[-1].id)
