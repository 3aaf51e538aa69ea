"""Settings and database of a command; what is wrong with them is told in words, exit status 2."""

from __future__ import annotations

import os
import re
from typing import Any, NoReturn

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from rich.console import Console
from rich.markup import escape
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from onrecord_service.settings import Settings
from onrecord_service.store.database import open_database
from onrecord_service.store.urls import shown

_SHOWN = 80


def load_settings(given: dict[str, Any] | None = None) -> Settings:
    """Read the settings from the environment.

    Args:
        given: Values that win over the environment's.

    Raises:
        typer.Exit: With status 2, after each wrong one was named with what was given and is legal.
    """
    try:
        return Settings(**(given or {}))
    except SettingsError as error:  # not JSON where a list is needed
        found = re.search(r'field "(\w+)"', str(error))
        if found is None:
            _tell("the settings", str(error))
        name = _variable(found[1])
        _tell(name, f"given {_short(os.environ.get(name, ''))}, {_legal(found[1])}")
    except ValidationError as error:
        faults = []
        for item in error.errors():
            first = str(item["loc"][0]) if item["loc"] else ""
            message = item["msg"].removeprefix("Value error, ")
            if first != "database_url":  # its message says it, without the password
                message += f"; given {_short(item['input'])}, {_legal(first)}"
            faults.append((_variable(first), message))
        _tell(*faults[0], *(f"{name}: {message}" for name, message in faults[1:]))


def open_configured(settings: Settings) -> Engine:
    """Open the database that the settings name.

    Raises:
        typer.Exit: With status 2, after it was told why it cannot be opened.
    """
    try:
        return open_database(settings.database, folder=settings.data_dir)
    except (SQLAlchemyError, OSError, ModuleNotFoundError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        _tell(
            "ONRECORD_DATABASE_URL" if settings.database_url else "ONRECORD_DATA_DIR",
            f"the database {shown(settings.database)} cannot be opened: {reason}",
        )


def _tell(name: str, *messages: str) -> NoReturn:
    console = Console(stderr=True)
    console.print(f"[red]{name}[/]: {escape(messages[0])}", highlight=False, soft_wrap=True)
    for message in messages[1:]:
        console.print(escape(message), highlight=False, soft_wrap=True)
    raise typer.Exit(2)


def _variable(field: str) -> str:
    return f"ONRECORD_{field.upper()}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _legal(field: str) -> str:
    """Return what a setting may be."""
    known = Settings.model_fields.get(field)
    if known is None:
        return "which is unknown"
    if known.annotation == list[str]:
        return 'legal is a JSON list of strings, such as ["https://cms.example"]'
    return f"which is: {known.description}"
