"""The command line of training: `onrecord-train COMMAND`."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable

import typer
from rich.console import Console

from onrecord.errors import OnrecordError, told
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
    """Run the command line.

    Exit status: 0 done, 1 done with a verdict against (not promoted, do not train, some records
    rejected), 2 not done. What may well happen is one line; a fault of ours keeps its traceback.
    """
    try:
        app()
    except (OnrecordError, OSError, MemoryError) as error:
        line = f"error: {_told(error)}"
        Console(stderr=True, soft_wrap=True).print(line, markup=False, style="red")
        sys.exit(2)
    except Exception:  # noqa: BLE001 - Python's own exit status 1 would read as a verdict
        traceback.print_exc()
        sys.exit(2)


def _told(error: Exception) -> str:
    """Return an error in one line that says what to do."""
    if isinstance(error, MemoryError):
        return "memory is used up; end other programs, or give fewer records at once"
    return told(error) if isinstance(error, OSError) else str(error)


if __name__ == "__main__":
    main()
