"""Alembic's entry point; the connection comes from `database.migrate`."""

from __future__ import annotations

from alembic import context

from onrecord_service.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
