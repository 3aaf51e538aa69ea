"""The tables. Change them only together with a new migration in `migrations/versions`.

Times are seconds since 1970, UTC.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

QUEUED, LEASED, DONE, REJECTED = range(4)
"""States of a record."""

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("per_minute", Integer, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("revoked_at", Float),
    Column("level", Float),  # articles left of the rate at `level_at`; null when never used
    Column("level_at", Float),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("owner", String(16), nullable=False),  # id of an API key, or "" without keys
    Column("state", String(16), nullable=False),
    Column("options", Text, nullable=False),
    Column("total", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("idempotency_key", String(200)),
    Column("body_digest", String(64), nullable=False),
    Column("created_at", Float, nullable=False),
    Column("finished_at", Float),
    UniqueConstraint("owner", "idempotency_key", name="jobs_idempotency"),
    Index("jobs_by_state", "state", "created_at"),
)

records = Table(
    "records",
    metadata,
    Column("job_id", String(32), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("state", SmallInteger, nullable=False),
    Column("line", BigInteger, nullable=False),  # in the upload, from 1
    Column("article", Text, nullable=False),  # JSON
    Column("result", Text),  # JSON: a labelled article, or a problem
    Column("lease_owner", String(100)),
    Column("lease_until", Float),
    Index("records_by_state", "job_id", "state", "number"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("owner", String(16), nullable=False),
    Column("record", Text, nullable=False),  # JSON, in the house format
    Column("created_at", Float, nullable=False),
)
