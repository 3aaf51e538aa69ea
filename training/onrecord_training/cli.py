"""The command line of training: `onrecord-train COMMAND`."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer
from rich.console import Console

from onrecord.errors import OnrecordError
from onrecord_training.commands import data, model, scoring

app = typer.Typer(
    name="onrecord-train",
    help="From annotated corpora to a checkpoint that is measurably better.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
_COMMANDS: dict[str, Callable[..., None]] = {
    "import": data.import_corpus,
    "detach": data.detach,
    "preannotate": data.preannotate,
    "labelling-config": data.labelling_config,
    "check": data.check,
    "select": data.select,
    "fit": model.fit,
    "export": model.export,
    "weights": model.weights,
    "hub": model.hub,
    "run": model.run,
    "learning": model.learning,
    "card": model.card,
    "phrase-vectors": model.phrase_vectors,
    "evaluate": scoring.evaluate,
    "compare": scoring.compare,
    "calibrate": scoring.calibrate,
}
for _name, _command in _COMMANDS.items():
    app.command(_name)(_command)


def main() -> None:
    """Run the command line; an error that we raise on purpose is one line and exit status 2."""
    try:
        app()
    except OnrecordError as error:
        Console(stderr=True, soft_wrap=True).print(f"error: {error}", markup=False, style="red")
        sys.exit(2)


if __name__ == "__main__":
    main()
