"""What a run is asked to do, and the files it keeps beside its output."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from onrecord.errors import CorpusError

from .labelling import LabelOptions
from .options import ReadOptions
from .readers import total_bytes

LAYOUTS = {
    ".jsonl": ("jsonl", None),
    ".ndjson": ("jsonl", None),
    ".jsonl.gz": ("jsonl", "gz"),
    ".jsonl.zst": ("jsonl", "zst"),
    ".csv": ("csv", None),
    ".parquet": ("parquet", "zst"),
}
"""Ending of the output's name to layout and compression of what is written."""

ENDINGS = (
    "",
    ".lock",
    ".partial.jsonl.zst",
    ".parts",
    ".rejected.jsonl",
    ".run.json",
    ".run.json.tmp",
    ".seen",
)
"""What follows the output's name in the names of all files of a run."""

SQLITE = ("", "-journal", "-shm", "-wal")
"""What follows the cache's name in the names of its files."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a run is asked to do.

    Args:
        inputs: Files, folders, or `-`.
        output: The output file.
        reading: How inputs are read.
        labelling: What decides each record's output.
        resume: Go on with an unfinished run.
        overwrite: Replace an output that is there.
        drop_duplicates: Leave out articles whose text this run has met before.
        cache: SQLite file with labels of earlier runs, or None.

    Raises:
        CorpusError: If an input is a file that the run writes, or the output is a folder.
    """

    inputs: tuple[str, ...]
    output: Path
    reading: ReadOptions
    labelling: LabelOptions
    resume: bool = False
    overwrite: bool = False
    drop_duplicates: bool = False
    cache: Path | None = None

    def __post_init__(self) -> None:
        own = self.own_files()
        if self.labelling.layout != "parquet" and self.output.is_dir():
            raise CorpusError(f"output {str(self.output)!r} is a folder; name a file in it")
        for path in self.inputs:
            if path != "-" and os.path.realpath(path) in own:
                raise CorpusError(f"input {path!r} is written by this run; choose another -o")

    @property
    def run_file(self) -> Path:
        """`OUT.run.json`: settings, model, counts and the last checkpoint."""
        return self.beside(".run.json")

    @property
    def rejected_file(self) -> Path:
        """`OUT.rejected.jsonl`: place and reason of every record that was left out."""
        return self.beside(".rejected.jsonl")

    @property
    def log_file(self) -> Path:
        """Where results are appended: the output itself, or what Parquet is made from."""
        if self.labelling.layout == "parquet":
            return self.beside(".partial.jsonl.zst")
        return self.output

    def beside(self, ending: str) -> Path:
        """Return the name of a file beside the output."""
        return self.output.with_name(self.output.name + ending)

    def own_files(self) -> frozenset[str]:
        """Return the real paths of all that the run writes, which it must not read as input."""
        beside = [os.path.realpath(self.beside(ending)) for ending in ENDINGS]
        caches = [f"{os.path.realpath(self.cache)}{end}" for end in SQLITE] if self.cache else []
        return frozenset([*beside, *caches])

    def settings(self) -> dict[str, Any]:
        """Return what a resumed run must agree with, JSON-serializable."""
        own = self.own_files()
        settings = {
            "inputs": [[path, total_bytes([path], own)] for path in self.inputs],
            "reading": asdict(self.reading),
            "labelling": asdict(self.labelling),
            "drop_duplicates": self.drop_duplicates,
        }
        return dict(json.loads(json.dumps(settings)))


def layout_of(name: str) -> tuple[str, str | None]:
    """Return layout and compression that an output's name asks for.

    Args:
        name: File name, or `-` for JSON lines on standard output.

    Returns:
        `jsonl`, `csv` or `parquet`; and None, `gz` or `zst`.

    Raises:
        CorpusError: If the ending is unknown.
    """
    if name == "-":
        return "jsonl", None
    for ending, layout in LAYOUTS.items():
        if name.lower().endswith(ending):
            return layout
    raise CorpusError(f"output {name!r}: its suffix must be one of {', '.join(LAYOUTS)}")
