"""URLs of databases: which are legal, and how to show them."""

from __future__ import annotations

import re

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from onrecord.errors import OnrecordError

_USER = re.compile(r"(?<=/)[^/]*@|^[^/]*@")


class DatabaseUrlError(OnrecordError, ValueError):
    """The URL names no database that can be used."""


def parse_url(url: str) -> URL:
    """Return the parts of a SQLAlchemy URL; `postgresql://` means the psycopg 3 driver.

    Raises:
        DatabaseUrlError: It is no URL, or of another database than SQLite and PostgreSQL.
    """
    legal = "legal are sqlite:///FILE and postgresql://USER:PASSWORD@HOST/NAME"
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:  # ValueError: a port that is no number
        message = f"the database URL {shown(url)!r} cannot be read; {legal}"
        raise DatabaseUrlError(message) from error
    if parsed.drivername in {"postgresql", "postgres"}:
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise DatabaseUrlError(f"the database {parsed.drivername!r} cannot be used; {legal}")
    return parsed


def shown(url: str) -> str:
    """Return a URL without its user and password, as a message may show it."""
    return _USER.sub("***@", url)[:80]
