"""The `onrecord` command line: one module per command, registered here."""

from __future__ import annotations

import importlib
import importlib.util
import sys

import typer
from rich.console import Console
from rich.markup import escape

from onrecord.errors import OnrecordError

COMMANDS = (
    "label",
    "export",
    "issues",
    "report",
    "load",
    "query",
    "serve",
    "models",
    "keys",
    "feedback",
    "info",
)
"""Modules of `onrecord_service.commands`, in the order that `--help` shows them."""


def build_app() -> typer.Typer:
    """Build the application from the command modules that this installation has.

    Returns:
        The application; each module's `register(app)` has added its command.
    """
    app = typer.Typer(
        name="onrecord",
        help="Who said what, and where they stand: statements from news text.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    for name in COMMANDS:
        module = f"onrecord_service.commands.{name}"
        if importlib.util.find_spec(module) is not None:
            importlib.import_module(module).register(app)
    return app


def main() -> None:
    """Run the command line; errors raised on purpose become one message and exit code 2."""
    try:
        build_app()()
    except OnrecordError as error:
        Console(stderr=True).print(f"[red]onrecord:[/red] {escape(str(error))}", soft_wrap=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
