"""From records to batches: gold spans become piece tags on the runtime's own features."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from onrecord.decoding import MAX_SPAN
from onrecord.features import PieceReader
from onrecord.manifest import file_sha256
from onrecord.network import NetworkConfig
from onrecord.types import STANCES
from onrecord.windows import stretch_edges
from onrecord_training.config import ConfigError, Corpus, FitConfig
from onrecord_training.mapped import MappedRecords
from onrecord_training.records import Record
from onrecord_training.teacher import SoftBatch, SoftSample, soft_batch

IGNORE = -100
UNSEEN = (-(10**6), -(10**6) + 1)
"""A span outside of what is read together: neither right nor wrong, and not null."""
SHORTER = 0.5  # of the jittered cues; the others grow


class GoldPieces(NamedTuple):
    """One gold statement in pieces, `[first, end)`; None for a null, `IGNORE` for an unknown field.

    Args:
        cue: Pieces of the cue.
        content: Pieces of each content span.
        source: Pieces of the source, or None.
        target: Pieces of the target, or None.
        stance: Index of the stance, or `IGNORE`.
        conditional: 0, 1 or `IGNORE`.
    """

    cue: tuple[int, int]
    content: tuple[tuple[int, int], ...]
    source: tuple[int, int] | None
    target: tuple[int, int] | None
    stance: int
    conditional: int


@dataclass(frozen=True, slots=True)
class Sample:
    """Pieces of one window (without special pieces) with their gold statements.

    Args:
        ids: *Shape:* (T,)
        statements: Gold.
        weight: Factor on the loss.
        unsure: Pieces `[first, end)` where a cue may have been missed; the cue loss skips them.
        soft: What a teacher makes of it.
    """

    ids: np.ndarray
    statements: tuple[GoldPieces, ...]
    weight: float
    unsure: tuple[tuple[int, int], ...] = ()
    soft: SoftSample | None = None

    def __len__(self) -> int:
        return len(self.ids)


class Batch(NamedTuple):
    """One step's tensors. B windows, T pieces, N statements, V view slots.

    Args:
        pieces: *Shape:* (B, T)
        mask: 1 for pieces, special ones included. *Shape:* (B, T)
        text_mask: 1 for pieces of text. *Shape:* (B, T)
        cue: Cue tags, `IGNORE` off the text. *Shape:* (B, T)
        cues: Window, first piece, end piece. *Shape:* (N, 3)
        content: Content tags, `IGNORE` off the text. *Shape:* (N, V)
        source: First slot times V plus last slot; V * V for null. *Shape:* (N,)
        target: As `source`. *Shape:* (N,)
        stance: *Shape:* (N,)
        conditional: *Shape:* (N,)
        window_weight: *Shape:* (B,)
        weight: *Shape:* (N,)
        soft: What a teacher makes of it, where there is one.
    """

    pieces: Tensor
    mask: Tensor
    text_mask: Tensor
    cue: Tensor
    cues: Tensor
    content: Tensor
    source: Tensor
    target: Tensor
    stance: Tensor
    conditional: Tensor
    window_weight: Tensor
    weight: Tensor
    soft: SoftBatch | None = None

    def to(self, device: torch.device) -> Batch:
        """Return the batch on another device."""
        moved = {n: part.to(device) for n, part in self._asdict().items() if n != "soft"}
        soft = None if self.soft is None else SoftBatch(*(part.to(device) for part in self.soft))
        return Batch(**moved, soft=soft)


def corpus_path(name: str, base: Path) -> Path:
    """Return where a corpus, or the texts of one, lie.

    Raises:
        ConfigError: If the file is not there.
    """
    path = base / os.path.expandvars(name)
    if not path.is_file():
        raise ConfigError(
            f"corpus {name!r} is not at {path}; set the path relative to the config file, "
            "or set the environment variable that it names"
        )
    return path


def load_corpora(
    corpora: Sequence[Corpus], base: Path, stances: Sequence[str] = STANCES
) -> list[tuple[Corpus, Sequence[Record]]]:
    """Open every corpus of a run, memory-mapped; see `corpus.read_corpus` for what is checked."""
    return [
        (
            item,
            MappedRecords(
                corpus_path(item.path, base),
                stances,
                texts=corpus_path(item.texts, base) if item.texts else None,
            ),
        )
        for item in corpora
    ]


def describe_corpora(
    corpora: Sequence[tuple[Corpus, Sequence[Record]]], base: Path
) -> list[dict[str, object]]:
    """Return what a run saw: name, hash and size of each corpus, without where it lay."""
    return [
        {
            "corpus": corpus_name(item),
            "sha256": file_sha256(corpus_path(item.path, base)),
            "records": len(records),
            "statements": sum(len(record.statements) for record in records),
            "weight": item.weight,
            "auxiliary": item.auxiliary,
        }
        for item, records in corpora
    ]


def corpus_name(corpus: Corpus) -> str:
    """Return "folder/stem" of a corpus: "open-news/train"."""
    path = Path(corpus.path)
    return f"{path.parent.name}/{path.stem}".lstrip("/")


class SampleMaker:
    """Turns records into samples, with the changes that make training robust.

    Args:
        reader: The tokenizer.
        stances: Labels, in the order of the logits.
        max_pieces: Longest window.
    """

    def __init__(self, reader: PieceReader, stances: Sequence[str], max_pieces: int) -> None:
        self._reader = reader
        self._stances = {name: i for i, name in enumerate(stances)}
        self._max_pieces = max_pieces

    def make(self, record: Record, corpus: Corpus, *, alone: bool = False) -> list[Sample]:
        """Return the samples of one record: one, or several where it is longer than a window.

        Args:
            record: What to read.
            corpus: Whose it is.
            alone: Cut it where the runtime would, however short the parts are; a part without a
                statement counts as well.
        """
        pieces = self._reader.read(record.text)

        def cover(span: tuple[int, int]) -> tuple[int, int]:
            return pieces.cover(*span)

        statements = []
        for item in record.statements:
            if item.cue is None:
                continue
            cue = cover(item.cue)
            if cue[0] == cue[1]:
                continue
            known = not corpus.auxiliary
            statements.append(
                GoldPieces(
                    cue=cue,
                    content=tuple(cover(part) for part in item.content),
                    source=cover(item.source) if item.source else None,
                    target=cover(item.target) if item.target else None,
                    stance=self._stances[item.stance] if known and item.stance else IGNORE,
                    conditional=int(item.conditional) if known else IGNORE,
                )
            )
        unsure = tuple(cover(span) for span in record.unsure)
        sample = Sample(pieces.ids, tuple(statements), corpus.weight, unsure)
        parts = [sample]
        if alone:
            edges = stretch_edges(record.text, pieces)
            parts = [_part(sample, first, end) for first, end in pairwise(edges)]
        return [
            short
            for part in parts
            for short in ([part] if len(part) <= self._max_pieces else self._split(part))
        ]

    def _split(self, sample: Sample) -> list[Sample]:
        """Cut a long sample where no statement crosses, as evenly as that allows."""
        blocked = np.zeros(len(sample) + 1, dtype=bool)
        for item in sample.statements:
            spans = [item.cue, *item.content]
            spans += [span for span in (item.source, item.target) if span not in {None, UNSEEN}]
            blocked[min(span[0] for span in spans) + 1 : max(span[1] for span in spans)] = True
        edges = [0]
        while edges[-1] < len(sample):
            stop = min(edges[-1] + self._max_pieces, len(sample))
            if stop < len(sample):
                free = np.flatnonzero(~blocked[edges[-1] + 1 : stop + 1])
                stop = edges[-1] + 1 + int(free[-1]) if len(free) else stop
            edges.append(stop)
        return [_part(sample, first, end) for first, end in pairwise(edges)]

    def join(self, a: Sample, b: Sample) -> Sample:
        """Return two samples as one window."""
        moved = tuple(_shift(item, len(a)) for item in b.statements)
        unsure = a.unsure + tuple((first + len(a), end + len(a)) for first, end in b.unsure)
        soft = None
        if a.soft is not None and b.soft is not None:
            cue = np.concatenate([a.soft.cue, b.soft.cue])
            soft = SoftSample(cue, a.soft.readings + b.soft.readings)
        ids = np.concatenate([a.ids, b.ids])
        return Sample(ids, a.statements + moved, a.weight, unsure, soft)


def _part(sample: Sample, first: int, end: int) -> Sample:
    """Return the pieces `[first, end)` with the statements whose cues they hold.

    Of a statement that reaches beyond, what lies outside is `UNSEEN`; a cue that is cut counts
    neither for nor against a cue.
    """
    inside, unsure = [], list(sample.unsure)
    for item in sample.statements:
        if first <= item.cue[0] and item.cue[1] <= end:
            seen = item._replace(
                content=tuple(
                    (max(first, a), min(end, b)) for a, b in item.content if a < end and b > first
                ),
                source=_seen(item.source, first, end),
                target=_seen(item.target, first, end),
            )
            inside.append(_shift(seen, -first))
        else:
            unsure.append(item.cue)
    return Sample(
        sample.ids[first:end],
        tuple(inside),
        sample.weight,
        tuple(
            (max(first, a) - first, min(end, b) - first) for a, b in unsure if a < end and b > first
        ),
    )


def _seen(span: tuple[int, int] | None, first: int, end: int) -> tuple[int, int] | None:
    return span if span is None or (first <= span[0] and span[1] <= end) else UNSEEN


def _shift(item: GoldPieces, by: int) -> GoldPieces:
    """Return a gold statement moved by some pieces."""

    def move(span: tuple[int, int]) -> tuple[int, int]:
        return span if span == UNSEEN else (span[0] + by, span[1] + by)

    return item._replace(
        cue=move(item.cue),
        content=tuple(move(part) for part in item.content),
        source=move(item.source) if item.source else None,
        target=move(item.target) if item.target else None,
    )


def make_batches(
    samples: list[Sample], batch_pieces: int, rng: random.Random
) -> list[list[Sample]]:
    """Group samples of like length into shuffled batches of at most `batch_pieces` padded."""
    order = sorted(samples, key=lambda item: len(item) + rng.random() * 16)
    batches: list[list[Sample]] = [[]]
    for sample in order:
        longest = max([len(sample), *(len(item) for item in batches[-1])])
        if batches[-1] and longest * (len(batches[-1]) + 1) > batch_pieces:
            batches.append([])
        batches[-1].append(sample)
    rng.shuffle(batches)
    return [batch for batch in batches if batch]


def collate(
    samples: Sequence[Sample],
    reader: PieceReader,
    config: NetworkConfig,
    *,
    jitter: float = 0.0,
    hide: float = 0.0,
    rng: random.Random | None = None,
) -> Batch:
    """Return the tensors of one batch; `jitter` and `hide` as in `FitConfig`, given a `rng`."""
    before, extra = len(reader.prefix), len(reader.prefix) + len(reader.suffix)
    length = max(len(sample) for sample in samples) + extra
    slots = config.left + config.right
    pieces = np.zeros((len(samples), length), dtype=np.int64)
    mask, text_mask = np.zeros_like(pieces), np.zeros_like(pieces)
    cue_tags = np.full_like(pieces, IGNORE)
    cues: list[tuple[int, int, int]] = []
    contents: list[np.ndarray] = []
    sources: list[int] = []
    targets: list[int] = []
    stances: list[int] = []
    conditionals: list[int] = []
    weights: list[float] = []
    for b, sample in enumerate(samples):
        n = len(sample)
        pieces[b, : n + extra] = reader.window(sample.ids)
        if rng is not None and hide and reader.mask is not None:
            hidden = [i for i in range(before, before + n) if rng.random() < hide]
            pieces[b, hidden] = reader.mask
        mask[b, : n + extra] = 1
        text_mask[b, before : before + n] = 1
        cue_tags[b, before : before + n] = 0
        for first, end in sample.unsure:
            cue_tags[b, before + first : before + end] = IGNORE
        for item in sample.statements:
            first, end = item.cue[0] + before, item.cue[1] + before
            cue_tags[b, first] = 1
            cue_tags[b, first + 1 : end] = 2
            origin = item.cue[0]
            if rng is not None and rng.random() < jitter:
                if rng.random() < SHORTER and end - first > 1:
                    first, origin = first + 1, origin + 1
                else:
                    end = min(end + 1, before + n)
            cues.append((b, first, end))
            tags = np.full(slots, IGNORE, dtype=np.int64)
            shift = config.left - origin  # slot of a piece of text
            tags[max(0, shift) : max(0, min(slots, n + shift))] = 0
            for a, z in item.content:
                a, z = max(0, a + shift), min(slots, z + shift)  # noqa: PLW2901
                if a < z:
                    tags[a] = 1
                    tags[a + 1 : z] = 2
            contents.append(tags)
            sources.append(_span_index(item.source, shift, slots))
            target = item.target
            unknown = target is None and item.stance == IGNORE
            targets.append(IGNORE if unknown else _span_index(target, shift, slots))
            stances.append(item.stance)
            conditionals.append(item.conditional)
            weights.append(sample.weight)

    def tensor(values: Sequence[object], shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        return torch.as_tensor(np.asarray(values).reshape(shape), dtype=dtype)

    n = len(cues)
    return Batch(
        pieces=torch.from_numpy(pieces),
        mask=torch.from_numpy(mask),
        text_mask=torch.from_numpy(text_mask),
        cue=torch.from_numpy(cue_tags),
        cues=tensor(cues, (n, 3), torch.int64),
        content=tensor(contents, (n, slots), torch.int64),
        source=tensor(sources, (n,), torch.int64),
        target=tensor(targets, (n,), torch.int64),
        stance=tensor(stances, (n,), torch.int64),
        conditional=tensor(conditionals, (n,), torch.int64),
        window_weight=torch.tensor([sample.weight for sample in samples]),
        weight=tensor(weights, (n,), torch.float32),
        soft=_taught(samples, cues, before, length, config),
    )


def _taught(
    samples: Sequence[Sample],
    cues: Sequence[tuple[int, int, int]],
    before: int,
    length: int,
    view: NetworkConfig,
) -> SoftBatch | None:
    """Return what a teacher makes of a batch whose cues are shown as given, if there is one."""
    soft = [sample.soft for sample in samples if sample.soft is not None]
    gold = [item.cue[0] for sample in samples for item in sample.statements]
    later = [cue[1] - before - first for cue, first in zip(cues, gold, strict=True)]
    return soft_batch(soft, later, before, length, view) if soft else None


def _span_index(span: tuple[int, int] | None, shift: int, slots: int) -> int:
    """Return where a span's score stands among all; out of view or too long is `IGNORE`."""
    if span is None:
        return slots * slots
    first, last = span[0] + shift, span[1] - 1 + shift
    if first > last or first < 0 or last >= slots or last - first >= MAX_SPAN:
        return IGNORE
    return first * slots + last


def epoch_samples(
    corpora: Sequence[tuple[Corpus, Sequence[Record]]],
    maker: SampleMaker,
    config: FitConfig,
    max_pieces: int,
    rng: random.Random,
    *,
    soft: Sequence[SoftSample] = (),
) -> list[Sample]:
    """Return one epoch's samples: every record once, some in parts, some joined with another.

    Args:
        corpora: What `load_corpora` returned.
        maker: Turns records into samples.
        config: Chances of being alone and of being joined.
        max_pieces: Longest window.
        rng: Source of chance.
        soft: What a teacher makes of each sample, in the order of `all_samples`.
    """
    samples = all_samples(corpora, maker, config, rng)
    if soft:
        samples = [replace(a, soft=b) for a, b in zip(samples, soft, strict=True)]
    rng.shuffle(samples)
    return list(_join_some(samples, maker, config.join, max_pieces, rng))


def all_samples(
    corpora: Sequence[tuple[Corpus, Sequence[Record]]],
    maker: SampleMaker,
    config: FitConfig,
    rng: random.Random,
) -> list[Sample]:
    """Return the samples of every record, in order; some in parts."""
    return [
        sample
        for corpus, records in corpora
        for record in records
        for sample in maker.make(
            record, corpus, alone=config.alone > 0 and rng.random() < config.alone
        )
    ]


def _join_some(
    samples: list[Sample], maker: SampleMaker, join: float, max_pieces: int, rng: random.Random
) -> Iterator[Sample]:
    """Yield the samples, some joined with the next ones of the same weight."""
    current: Sample | None = None
    for sample in samples:
        if current is None:
            current = sample
        elif (
            rng.random() < join
            and len(current) + len(sample) <= max_pieces
            and current.weight == sample.weight
        ):
            current = maker.join(current, sample)
        else:
            yield current
            current = sample
    if current is not None:
        yield current
