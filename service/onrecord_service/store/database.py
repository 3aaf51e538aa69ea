"""Open the database and bring its tables up to date."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, text

from .urls import parse_url

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 7_260_417
"""Number of the PostgreSQL advisory lock under which one replica at a time migrates."""


READS = "onrecord_reads"
"""Execution option of connections that only read; see `reader`."""


def reader(engine: Engine) -> Engine:
    """Return the engine for transactions that only read, which wait for nobody."""
    return engine.execution_options(**{READS: True})


def open_database(url: str, *, folder: Path | None = None) -> Engine:
    """Return an engine over up-to-date tables.

    Args:
        url: SQLAlchemy URL; `postgresql://` is taken to mean the psycopg 3 driver.
        folder: Created when it is missing; where a relative SQLite file's folder is.

    Raises:
        DatabaseUrlError: The URL names no database that can be used.
        sqlalchemy.exc.SQLAlchemyError: The database cannot be reached or migrated.
    """
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed, connect_args={"timeout": 30})
        event.listen(engine, "connect", _tune_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = create_engine(parsed, pool_pre_ping=True, pool_size=5, max_overflow=5)
    migrate(engine)
    return engine


def migrate(engine: Engine) -> None:
    """Upgrade the tables to the newest version; replicas may do so at the same time."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _tune_sqlite(connection: Any, _record: object) -> None:
    """Let readers read while one writes, and write through at each commit."""
    connection.isolation_level = None  # we begin transactions ourselves, below
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at the start, so that a transaction never fails half-way for it."""
    reads = connection.get_execution_options().get(READS, False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
