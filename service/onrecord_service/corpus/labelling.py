"""Label one record: the step that every engine (in process, workers, Ray) runs."""

from __future__ import annotations

import csv
import importlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from onrecord.errors import ArticleError, CorpusError
from onrecord.types import Article, LabelledArticle, ModelInfo, OffsetUnit

from .cache import pack_labels
from .flat import FLAT_COLUMNS, flat_rows
from .records import Labelled, Record, Rejected


class Labeller(Protocol):
    """The part of `onrecord.Extractor` that labelling needs."""

    model: ModelInfo

    def extract_one(self, article: Article, *, threshold: float | None = None) -> LabelledArticle:
        """Label one article."""
        ...


@dataclass(frozen=True, slots=True)
class LabelOptions:
    """What decides the output of a record; picklable, so that workers can have it.

    Args:
        checkpoint: Folder of a checkpoint; None is the shipped one.
        actors: CSV of the user's own actors, or None.
        threshold: Least confidence of a statement; None keeps all.
        offset_unit: Unit of every offset.
        scores: Whether each statement carries the scores of all stances.
        layout: `jsonl` (an article a line) or `csv` (a statement a row).
        keep: Fields of the input that become columns of a flat output.
        pack: Whether results carry their labels for the cache.
        factory: `module:function` that makes the labeller from these options.
    """

    checkpoint: str | None = None
    actors: str | None = None
    threshold: float | None = None
    offset_unit: OffsetUnit = "codepoint"
    scores: bool = True
    layout: str = "jsonl"
    keep: tuple[str, ...] = ()
    pack: bool = False
    factory: str = "onrecord_service.corpus.labelling:load_extractor"


def load_extractor(options: LabelOptions) -> Labeller:
    """Load the extractor with one thread: several processes of one thread measured best."""
    from onrecord import Extractor  # type: ignore[attr-defined, unused-ignore]

    registry = None
    if options.actors:
        from onrecord import ActorRegistry  # type: ignore[attr-defined, unused-ignore]

        registry = ActorRegistry.from_csv(Path(options.actors))
    return cast("Labeller", Extractor.load(options.checkpoint, threads=1, registry=registry))


def make_labeller(options: LabelOptions) -> Labeller:
    """Make the labeller that `options.factory` names.

    Args:
        options: The run's options.

    Returns:
        The labeller.

    Raises:
        CorpusError: If the factory cannot be imported.
    """
    module, _, function = options.factory.partition(":")
    try:
        make = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise CorpusError(
            f"labeller factory {options.factory!r} cannot be imported ({error});"
            " give it as module:function"
        ) from error
    return cast("Labeller", make(options))


def label_record(
    labeller: Labeller, record: Record, options: LabelOptions
) -> dict[str, Any] | Rejected:
    """Label one record; whatever goes wrong with it stays with it.

    Args:
        labeller: The loaded extractor.
        record: The record.
        options: Threshold, offset unit, scores.

    Returns:
        The wire form, or the rejection with the record's place and the reason.
    """
    try:
        labelled = labeller.extract_one(record.article, threshold=options.threshold)
        return labelled.to_dict(offset_unit=options.offset_unit, scores=options.scores)
    except ArticleError as error:
        reason = str(error)
    except (ValueError, KeyError, IndexError, TypeError, ArithmeticError) as error:
        reason = f"internal error, please report it: {type(error).__name__}: {error}"
    return Rejected(record.source, record.line, reason, record.article.id)


def label_bytes(labeller: Labeller, record: Record, options: LabelOptions) -> Labelled | Rejected:
    """Label one record and write it as bytes of the output."""
    labelled = label_record(labeller, record, options)
    if isinstance(labelled, Rejected):
        return labelled
    return Labelled(
        serialize(labelled, options),
        len(labelled["statements"]),
        record.key,
        pack_labels(labelled) if options.pack else None,
    )


def serialize(labelled: Mapping[str, Any], options: LabelOptions) -> bytes:
    """Write a labelled article as bytes of the output file.

    Args:
        labelled: The wire form.
        options: The layout, and the columns to keep.

    Returns:
        The bytes with their line ends; none for an article without statements in a flat layout.
    """
    if options.layout == "csv":
        buffer = io.StringIO(newline="")
        columns = [*FLAT_COLUMNS, *options.keep]
        writer = csv.DictWriter(buffer, columns, lineterminator="\n")
        writer.writerows(flat_rows(labelled, keep=options.keep))
        return buffer.getvalue().encode("utf-8", "backslashreplace")
    try:
        line = json.dumps(labelled, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:  # a lone surrogate in a field that is passed through
        line = json.dumps(labelled, default=str).encode()
    return line + b"\n"
