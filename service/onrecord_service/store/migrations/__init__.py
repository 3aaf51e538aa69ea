"""Migrations of the tables, run by `store.database.migrate`."""
