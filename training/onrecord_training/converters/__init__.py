"""Converters: one file per foreign format, and the checks that they share.

A reader yields drafts (`draft.py`) that say only what stands in the file; `pipeline.py` maps labels
(`mapping.py`), repairs offsets (`offsets.py`), joins spans into statements (`assemble.py`) and
reports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from onrecord.errors import CorpusError
from onrecord_training.converters import (
    argilla,
    brat,
    citron,
    doccano,
    feedback,
    house,
    labelstudio,
    prodigy,
    table,
    uima,
)
from onrecord_training.converters.draft import Item
from onrecord_training.converters.mapping import LabelMap
from onrecord_training.converters.pipeline import Imported, import_items
from onrecord_training.corpus import Record, suggest

READERS: dict[str, Callable[[Path], Iterator[Item]]] = {
    "argilla": argilla.read,
    "brat": brat.read,
    "citron": citron.read,
    "csv": table.read,
    "doccano": doccano.read,
    "feedback": feedback.read,
    "house": house.read,
    "labelstudio": labelstudio.read,
    "prodigy": prodigy.read,
    "uima": uima.read,
    "webanno": uima.read,
}
WRITERS: dict[str, Callable[[Iterable[Record], Path], int]] = {
    "brat": brat.write,
    "doccano": doccano.write,
    "labelstudio": labelstudio.write,
    "prodigy": prodigy.write,
}
CONFIGS: dict[str, Callable[[Iterable[str]], str]] = {
    "brat": brat.annotation_conf,
    "inception": uima.type_system,
    "labelstudio": labelstudio.labelling_config,
}


def import_corpus(
    path: str | Path,
    format_name: str,
    *,
    labels: LabelMap | None = None,
    annotator: str | None = None,
) -> Imported:
    """Read a file or folder of a known format.

    Args:
        path: File or folder.
        format_name: A name in `READERS`.
        labels: The label mapping; by default our own words alone.
        annotator: Whose annotation to keep where a text has several.

    Raises:
        CorpusError: If the format is unknown or the file cannot be read as it at all.
    """
    if format_name not in READERS:
        message = f"format {format_name!r} is not known{suggest(format_name, list(READERS))}"
        raise CorpusError(message)
    source = Path(path)
    return import_items(
        READERS[format_name](source),
        labels or LabelMap(),
        source=source,
        format_name=format_name,
        annotator=annotator,
    )
