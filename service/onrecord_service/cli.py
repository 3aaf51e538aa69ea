"""The `onrecord` command line: one module per command, registered here."""

from __future__ import annotations

import contextlib
import errno
import importlib
import importlib.util
import os
import sys
from typing import NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from onrecord.errors import OnrecordError, told

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
    """Run the command line; errors raised on purpose become one message and exit code 2.

    So do failures of the system, such as a full disk; a reader that goes away (`| head`) is no
    failure to speak of.
    """
    try:
        try:
            build_app()()
        except SystemExit:
            with contextlib.suppress(AttributeError, ValueError):  # there is none, or it is closed
                sys.stdout.flush()  # here, where a full disk can still be told of
            raise
    except OnrecordError as error:
        _fail(str(error))
    except OSError as error:
        with contextlib.suppress(OSError, ValueError):  # or Python flushes again, and complains
            number = sys.stdout.fileno()
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)
        if error.errno == errno.EPIPE:
            sys.exit(1)
        _fail(told(error))


def _fail(message: str) -> NoReturn:
    Console(stderr=True).print(f"[red]onrecord:[/red] {escape(message)}", soft_wrap=True)
    sys.exit(2)


if __name__ == "__main__":
    main()
