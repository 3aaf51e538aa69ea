"""Run a labelling job: read, label, write, and say what happened."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from onrecord.errors import CorpusError

from .flat import FLAT_COLUMNS
from .labelling import Labeller, LabelOptions, label_record, serialize
from .records import Record, Rejected

LAYOUTS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv"}
"""Suffix of the output to layout."""


@dataclass(slots=True)
class Tally:
    """Counts of a run.

    Args:
        labelled: Articles labelled.
        statements: Statements found in them.
        rejected: Records rejected.
    """

    labelled: int = 0
    statements: int = 0
    rejected: int = 0

    @property
    def exit_code(self) -> int:
        """0 all labelled, 1 some rejected, 2 nothing could be labelled."""
        if not self.labelled:
            return 2
        return 1 if self.rejected else 0


@dataclass(slots=True)
class Observer:
    """Told of what happens; the command line draws it.

    Args:
        rejected: Called with each rejection.
        advanced: Called after each record.
    """

    rejected: Callable[[Rejected], None] = field(default=lambda _: None)
    advanced: Callable[[Tally], None] = field(default=lambda _: None)


def layout_of(output: str) -> str:
    """Return the layout that the output's name asks for.

    Args:
        output: File name, or `-` for JSON lines on standard output.

    Raises:
        CorpusError: If the suffix is unknown.
    """
    if output == "-":
        return "jsonl"
    layout = LAYOUTS.get(Path(output).suffix.lower())
    if layout is None:
        raise CorpusError(f"output {output!r}: its suffix must be one of {', '.join(LAYOUTS)}")
    return layout


def label_items(
    items: Iterator[Record | Rejected], labeller: Labeller, options: LabelOptions
) -> Iterator[dict[str, Any] | Rejected]:
    """Label records in order; rejections keep their place."""
    for item in items:
        yield item if isinstance(item, Rejected) else label_record(labeller, item, options)


def write_output(
    results: Iterator[dict[str, Any] | Rejected],
    output: str,
    options: LabelOptions,
    observer: Observer,
) -> Tally:
    """Write results as they come.

    Args:
        results: Labelled articles and rejections.
        output: File name or `-`.
        options: The layout among them.
        observer: Told of each.

    Returns:
        The counts.
    """
    tally = Tally()
    with contextlib.ExitStack() as stack:
        stream: BinaryIO = sys.stdout.buffer
        if output != "-":
            stream = stack.enter_context(Path(output).open("wb"))
        if options.layout == "csv":
            stream.write((",".join(FLAT_COLUMNS) + "\n").encode())
        for result in results:
            if isinstance(result, Rejected):
                tally.rejected += 1
                observer.rejected(result)
            else:
                piece = serialize(result, options.layout)
                stream.write(piece.data)
                tally.labelled += 1
                tally.statements += piece.statements
            observer.advanced(tally)
        stream.flush()
    return tally
