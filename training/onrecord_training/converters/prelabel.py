"""Label texts with a checkpoint, so that annotation starts from statements to be corrected."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import track

from onrecord.errors import CorpusError
from onrecord_training.corpus import Record, read_texts
from onrecord_training.evaluate import load_extractor, predict


def label_records(path: Path, checkpoint: Path | None, *, as_is: bool = False) -> Iterator[Record]:
    """Yield the records of a file with predicted statements in place of their own.

    Args:
        path: House JSONL; `statements` may be missing.
        checkpoint: Exported checkpoint folder, None for the shipped one.
        as_is: Keep the file's own statements and run no model.

    Raises:
        CorpusError: On a file without a record, a malformed record, a text that the extractor
            refuses, or a checkpoint that is not to be run.
    """
    if as_is and checkpoint:
        message = f"`--as-is` runs no model, but --checkpoint {checkpoint} is given; leave one out"
        raise CorpusError(message)
    if as_is:
        yield from read_texts(path)
        return
    extractor = load_extractor(checkpoint)
    console = Console(stderr=True)
    for record in track(list(read_texts(path)), description="labelling", console=console):
        given = predict(extractor, [record], progress=False)[record.id]
        yield dataclasses.replace(record, statements=given)
