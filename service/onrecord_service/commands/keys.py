"""`onrecord keys`: make, list and revoke API keys."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from onrecord_service.store.keys import KeyStore

from ._settings import load_settings, open_configured

keys = typer.Typer(help="Make, list and revoke API keys of the service.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.add_typer(keys, name="keys")


@keys.command()
def create(
    name: Annotated[str, typer.Argument(help="Who will use it, such as `cms-plugin`.")],
    per_minute: Annotated[int, typer.Option(min=1, help="Articles allowed a minute.")] = 600,
) -> None:
    """Make a key and print it: it is shown this once, and stored only as a hash."""
    typer.echo(_store().create(name, per_minute=per_minute))
    Console(stderr=True).print(
        "Keep it now; it cannot be shown again. From now on, /v1 answers only with a key."
    )


@keys.command("list")
def show() -> None:
    """List the keys; secrets are not among what is stored."""
    table = Table("id", "name", "articles a minute", "made", "revoked", box=None)
    for key in _store().list():
        table.add_row(
            key.id, key.name, str(key.per_minute), _day(key.created_at), _day(key.revoked_at)
        )
    Console().print(table)


@keys.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As `onrecord keys list` shows it.")],
) -> None:
    """Make a key useless, within seconds, also for running services."""
    if not _store().revoke(key_id):
        Console(stderr=True).print(f"[red]there is no good key {key_id}[/]; see onrecord keys list")
        raise typer.Exit(2)


def _store() -> KeyStore:
    return KeyStore(open_configured(load_settings()))


def _day(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y-%m-%d %H:%M")
