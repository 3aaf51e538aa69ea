"""Jobs and their records: a queue in the database that survives `kill -9` and is shared.

A record is claimed under a lease, for a while; only the holder of the lease may finish it, and its
result, its state and its job's counters change in one transaction. So a record's result is there
exactly once, whatever dies when. PostgreSQL replicas claim side by side (SKIP LOCKED); SQLite
takes its one write lock.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from onrecord_service.store.database import reader
from onrecord_service.store.job_types import OPEN, Finished, Job, NewRecord, Record
from onrecord_service.store.tables import DONE, LEASED, QUEUED, REJECTED, jobs, records

_RECEIVING = "receiving"
_RECEIVING_S = 3600.0
"""An upload that takes longer than this was broken off by a crash."""
_PAGE = 200


class JobStore:
    """All that happens to jobs.

    Args:
        engine: Over up-to-date tables.
        lease_s: Seconds after which a record that nobody finished or renewed is free again.
    """

    def __init__(self, engine: Engine, *, lease_s: float = 60.0) -> None:
        self._engine = engine
        self._reader = reader(engine)
        self._lease_s = lease_s

    # -- what clients do -------------------------------------------------------------------

    def create(
        self,
        new: Iterable[NewRecord],
        *,
        owner: str,
        options: Mapping[str, Any],
        digest: str,
        idempotency_key: str | None = None,
    ) -> Job:
        """Store a job with all its records; runners see it when it is whole.

        Records go in page by page, so that a large upload does not hold the write lock; what a
        crash leaves behind is removed by `forget`.

        Raises:
            sqlalchemy.exc.IntegrityError: The owner has used the idempotency key already.
        """
        job_id = secrets.token_hex(12)
        total = rejected = 0
        row = {
            "id": job_id,
            "owner": owner,
            "state": _RECEIVING,
            "options": json.dumps(options),
            "total": 0,
            "done": 0,
            "rejected": 0,
            "body_digest": digest,
            "created_at": time.time(),
        }
        with self._engine.begin() as connection:
            connection.execute(insert(jobs).values(row))
        try:
            page: list[dict[str, Any]] = []
            for item in new:
                page.append(_row(job_id, total, item))
                total += 1
                rejected += item.problem is not None
                if len(page) == _PAGE:
                    self._insert(page)
                    page = []
            self._insert(page)
            counts = {"total": total, "rejected": rejected, "state": "queued"}
            with self._engine.begin() as connection:
                connection.execute(
                    update(jobs)
                    .where(jobs.c.id == job_id)
                    .values(**counts, idempotency_key=idempotency_key)
                )
                _close_if_complete(connection, [job_id])
        except BaseException:
            self._delete(jobs.c.id == job_id)
            raise
        return self._required(job_id)

    def _insert(self, page: list[dict[str, Any]]) -> None:
        if page:
            with self._engine.begin() as connection:
                connection.execute(insert(records), page)

    def get(self, job_id: str, *, owner: str) -> Job | None:
        """Return the owner's job of that id, or None."""
        query = select(jobs).where(
            jobs.c.id == job_id, jobs.c.owner == owner, jobs.c.state != _RECEIVING
        )
        with self._reader.connect() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _job(row)

    def by_idempotency_key(self, key: str, *, owner: str) -> Job | None:
        """Return the job that the owner submitted with this key, or None."""
        with self._reader.connect() as connection:
            row = connection.execute(
                select(jobs).where(jobs.c.idempotency_key == key, jobs.c.owner == owner)
            ).one_or_none()
        return None if row is None else _job(row)

    def cancel(self, job_id: str) -> bool:
        """Stop a job that is not over; return whether it was stopped by this call."""
        with self._engine.begin() as connection:
            changed = connection.execute(
                update(jobs)
                .where(jobs.c.id == job_id, jobs.c.state.in_(OPEN))
                .values(state="cancelled", finished_at=time.time())
            )
        return changed.rowcount == 1

    def results(self, job_id: str, *, rejected: bool = False) -> Iterator[dict[str, Any]]:
        """Yield what is there so far, in the order of the upload.

        Yields:
            Labelled articles; or for rejected records `{"line", "id", "problem"}`.
        """
        after = -1
        while True:
            query = (
                select(records)
                .where(
                    records.c.job_id == job_id,
                    records.c.state == (REJECTED if rejected else DONE),
                    records.c.number > after,
                )
                .order_by(records.c.number)
                .limit(_PAGE)
            )
            with self._reader.connect() as connection:
                rows = connection.execute(query).all()
            for row in rows:
                result = json.loads(row.result)
                if rejected:
                    article = json.loads(row.article)
                    result = {"line": row.line, "id": article.get("id"), "problem": result}
                yield result
            if len(rows) < _PAGE:
                return
            after = rows[-1].number

    def article(self, job_id: str, number: int) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Return an article of a job and its labelled form; None when it is not there (yet)."""
        query = select(records).where(
            records.c.job_id == job_id, records.c.number == number, records.c.state == DONE
        )
        with self._reader.connect() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else (json.loads(row.article), json.loads(row.result))

    # -- what runners do -------------------------------------------------------------------

    def claim(self, owner: str, count: int) -> list[Record]:
        """Lease up to `count` free records of the oldest open jobs.

        What the owner holds already is free too: it lost sight of it when the database failed. So
        an owner works on one claim at a time.
        """
        now = time.time()
        lost = or_(records.c.lease_until < now, records.c.lease_owner == owner)
        open_jobs = select(jobs.c.id, jobs.c.options).where(jobs.c.state.in_(OPEN))
        rows: list[Row[Any]] = []
        with self._engine.begin() as connection:
            oldest = connection.execute(open_jobs.order_by(jobs.c.created_at, jobs.c.id)).all()
            options = {job.id: job.options for job in oldest}
            # One job and one state at a time, in the order of the index: nothing is scanned.
            for free in (records.c.state == QUEUED, and_(records.c.state == LEASED, lost)):
                for job_id in options:
                    if len(rows) < count:
                        query = (
                            select(records)
                            .where(records.c.job_id == job_id, free)
                            .order_by(records.c.number)
                            .limit(count - len(rows))
                            .with_for_update(skip_locked=True)
                        )
                        rows += connection.execute(query).all()
            for row in rows:
                connection.execute(
                    update(records)
                    .where(records.c.job_id == row.job_id, records.c.number == row.number)
                    .values(state=LEASED, lease_owner=owner, lease_until=now + self._lease_s)
                )
            started = {row.job_id for row in rows}
            if started:
                connection.execute(
                    update(jobs)
                    .where(jobs.c.id.in_(started), jobs.c.state == "queued")
                    .values(state="running")
                )
        return [
            Record(
                row.job_id,
                row.number,
                row.line,
                json.loads(row.article),
                json.loads(options[row.job_id]),
            )
            for row in rows
        ]

    def finish(self, owner: str, finished: Sequence[Finished]) -> int:
        """Store results, each only if the lease is still the owner's; return how many were.

        What was in hand when its job was cancelled is kept.
        """
        stored = 0
        with self._engine.begin() as connection:
            # Always in one order, so that two replicas never wait for each other in a circle.
            for item in sorted(finished, key=lambda one: (one.record.job_id, one.record.number)):
                record = item.record
                changed = connection.execute(
                    update(records)
                    .where(
                        records.c.job_id == record.job_id,
                        records.c.number == record.number,
                        records.c.state == LEASED,
                        records.c.lease_owner == owner,
                    )
                    .values(
                        state=DONE if item.ok else REJECTED,
                        result=json.dumps(item.result, ensure_ascii=False),
                        lease_owner=None,
                        lease_until=None,
                    )
                ).rowcount
                if changed:
                    counter = jobs.c.done if item.ok else jobs.c.rejected
                    connection.execute(
                        update(jobs)
                        .where(jobs.c.id == record.job_id)
                        .values({counter.name: counter + 1})
                    )
                stored += changed
            _close_if_complete(connection, sorted({item.record.job_id for item in finished}))
        return stored

    def renew(self, owner: str) -> None:
        """Prolong all leases of the owner."""
        with self._engine.begin() as connection:
            connection.execute(
                update(records)
                .where(_held(), records.c.lease_owner == owner)
                .values(lease_until=time.time() + self._lease_s)
            )

    def release(self, owner: str) -> int:
        """Give back all leases of an owner that is gone or going; return how many."""
        with self._engine.begin() as connection:
            return connection.execute(
                update(records)
                .where(_held(), records.c.lease_owner == owner)
                .values(state=QUEUED, lease_owner=None, lease_until=None)
            ).rowcount

    def lease_owners(self) -> list[str]:
        """Return everybody who holds a lease."""
        query = select(records.c.lease_owner).where(_held()).distinct()
        with self._reader.connect() as connection:
            return [row.lease_owner for row in connection.execute(query)]

    def forget(self, before: float) -> int:
        """Delete jobs that ended before a time, with their articles; return how many."""
        broken = and_(jobs.c.state == _RECEIVING, jobs.c.created_at < time.time() - _RECEIVING_S)
        return self._delete(or_(jobs.c.finished_at < before, broken))

    def _delete(self, which: ColumnElement[bool]) -> int:
        old = select(jobs.c.id).where(which)
        with self._engine.begin() as connection:
            connection.execute(delete(records).where(records.c.job_id.in_(old)))
            return connection.execute(delete(jobs).where(which)).rowcount

    def waiting(self) -> int:
        """Return how many records of open jobs are not done."""
        query = select(func.coalesce(func.sum(jobs.c.total - jobs.c.done - jobs.c.rejected), 0))
        with self._reader.connect() as connection:
            return int(connection.execute(query.where(jobs.c.state.in_(OPEN))).scalar_one())

    def _required(self, job_id: str) -> Job:
        with self._reader.connect() as connection:
            return _job(connection.execute(select(jobs).where(jobs.c.id == job_id)).one())


def _held() -> ColumnElement[bool]:
    """Records of open jobs that somebody holds; found by the index, a job at a time."""
    open_jobs = select(jobs.c.id).where(jobs.c.state.in_(OPEN))
    return and_(records.c.job_id.in_(open_jobs), records.c.state == LEASED)


def _row(job_id: str, number: int, item: NewRecord) -> dict[str, Any]:
    problem = item.problem
    return {
        "job_id": job_id,
        "number": number,
        "line": item.line,
        "state": QUEUED if problem is None else REJECTED,
        "article": json.dumps(item.article or {}, ensure_ascii=False),
        "result": None if problem is None else json.dumps(problem, ensure_ascii=False),
    }


def _close_if_complete(connection: Connection, job_ids: Sequence[str]) -> None:
    """End jobs that have nothing left to do: failed when nothing at all could be labelled."""
    complete = and_(
        jobs.c.id.in_(job_ids),
        jobs.c.state.in_(OPEN),
        jobs.c.done + jobs.c.rejected >= jobs.c.total,
    )
    now = time.time()
    connection.execute(
        update(jobs).where(complete, jobs.c.done == 0).values(state="failed", finished_at=now)
    )
    connection.execute(update(jobs).where(complete).values(state="succeeded", finished_at=now))


def _job(row: Any) -> Job:
    return Job(
        id=row.id,
        owner=row.owner,
        state=row.state,
        options=json.loads(row.options),
        total=row.total,
        done=row.done,
        rejected=row.rejected,
        body_digest=row.body_digest,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )
