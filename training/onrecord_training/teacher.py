"""Soft labels: what a larger checkpoint makes of each training sample, for a smaller network.

Distillation (Hinton, Vinyals and Dean, 2015, arXiv:1503.02531): beside the gold labels a network
learns the probabilities that a better one gives to every answer. The teacher is a checkpoint
folder, run by ONNX Runtime; it reads the pieces of the network that learns, so both must know them.
Shapes: T pieces of a sample, V view slots, K kept spans, S stances.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from onrecord.backend import ENCODER_FILE, READER_FILE, TOKENIZER_FILE, Backend, OnnxBackend
from onrecord.decoding import Floats, log_softmax
from onrecord.errors import CheckpointError
from onrecord.features import PieceReader
from onrecord.manifest import Manifest, read_manifest
from onrecord.network import NetworkConfig
from onrecord_training.config import ConfigError, ModelConfig

SPANS_KEPT = 24
CHUNK = 256  # samples of one file of soft labels
_SHOWN = 5


class SoftReading(NamedTuple):
    """What the teacher decodes for one gold cue; slot `left` is the cue's first piece.

    Args:
        content: Probability of O, B and I. *Shape:* (V, 3)
        source: Likeliest spans, as first slot times V plus last slot, V * V for null. *Shape:* (K,)
        source_p: Their probabilities, with sum 1. *Shape:* (K,)
        target: As `source`. *Shape:* (K,)
        target_p: As `source_p`. *Shape:* (K,)
        stance: Probabilities. *Shape:* (S,)
        conditional: Probability of a conditional position. *Shape:* ()
    """

    content: NDArray[np.float16]
    source: NDArray[np.int32]
    source_p: NDArray[np.float16]
    target: NDArray[np.int32]
    target_p: NDArray[np.float16]
    stance: NDArray[np.float16]
    conditional: NDArray[np.float16]


class SoftSample(NamedTuple):
    """What the teacher makes of one sample.

    Args:
        cue: Probability of O, B and I. *Shape:* (T, 3)
        readings: One for each gold statement, in their order.
    """

    cue: NDArray[np.float16]
    readings: tuple[SoftReading, ...]


class SoftBatch(NamedTuple):
    """What the teacher makes of a batch. B windows, T pieces, N statements, V slots, K spans.

    Args:
        cue: Probabilities of the tags, 0 off the text. *Shape:* (B, T, 3)
        content: As `cue`. *Shape:* (N, V, 3)
        source: Likely spans, numbered as in `Batch.source`. *Shape:* (N, K)
        source_p: Their probabilities; 0 for one that is out of view. *Shape:* (N, K)
        target: As `source`. *Shape:* (N, K)
        target_p: As `source_p`. *Shape:* (N, K)
        stance: *Shape:* (N, S)
        conditional: *Shape:* (N,)
    """

    cue: Tensor
    content: Tensor
    source: Tensor
    source_p: Tensor
    target: Tensor
    target_p: Tensor
    stance: Tensor
    conditional: Tensor


class Teacher:
    """A checkpoint that labels the samples of a smaller network.

    Args:
        folder: The checkpoint.
        reader: The tokenizer of the network that learns.
        model: The network that learns; stances and view must be the teacher's.

    Raises:
        ConfigError: If the two do not fit, naming what differs.
    """

    def __init__(self, folder: Path, reader: PieceReader, model: ModelConfig) -> None:
        try:
            manifest = read_manifest(folder)
            theirs = PieceReader.from_file(folder / TOKENIZER_FILE)
            self._backend: Backend = OnnxBackend(folder)
        except (CheckpointError, OSError) as error:
            raise ConfigError(f"teacher = {str(folder)!r} cannot be loaded: {error}") from error
        _check_fit(manifest, model)
        self.graphs = " ".join(manifest.files[name] for name in (ENCODER_FILE, READER_FILE))
        self._reader, self._ids = theirs, _piece_map(reader, theirs)

    def label(self, ids: NDArray[np.int64], cues: Sequence[tuple[int, int]]) -> SoftSample:
        """Label one sample.

        Args:
            ids: Pieces of the network that learns, without special ones. *Shape:* (T,)
            cues: First and end piece of each gold cue.
        """
        before = len(self._reader.prefix)
        pieces = self._reader.window(self._ids[ids])
        window = self._backend.encode(pieces)
        tags = _shares(window.cue[0, before : before + len(ids)])
        if not cues:
            return SoftSample(tags, ())
        mask = np.zeros(len(pieces), dtype=np.int64)
        mask[before : before + len(ids)] = 1
        read = self._backend.read(window, mask, np.asarray(cues, dtype=np.int64) + before)
        rows = []
        for n in range(len(cues)):
            source, source_p = _likeliest(read.source[n], float(read.source_null[n]))
            target, target_p = _likeliest(read.target[n], float(read.target_null[n]))
            rows.append(
                SoftReading(
                    _shares(read.content[n]),
                    source,
                    source_p,
                    target,
                    target_p,
                    _shares(read.stance[n]),
                    np.asarray(1 / (1 + np.exp(-read.conditional[n])), dtype=np.float16),
                )
            )
        return SoftSample(tags, tuple(rows))


def _check_fit(manifest: Manifest, model: ModelConfig) -> None:
    """Raise ConfigError where labels or view differ."""
    mine = {"stances": list(model.stances), "left": model.left, "right": model.right}
    theirs = {
        "stances": list(manifest.stances),
        "left": manifest.left,
        "right": manifest.network.get("right"),
    }
    for name, value in mine.items():
        if theirs[name] != value:
            raise ConfigError(
                f"[model] {name} = {value!r}, but the teacher {manifest.name} has "
                f"{theirs[name]!r}; both must be alike"
            )


def _piece_map(mine: PieceReader, theirs: PieceReader) -> NDArray[np.int64]:
    """Return the teacher's id of each piece of mine; pieces of one spelling are one piece.

    Raises:
        ConfigError: If the teacher does not know some of them.
    """
    ours, known = mine.vocabulary, theirs.vocabulary
    unknown = known.get("[UNK]", known.get("<unk>"))
    table = np.zeros(max(ours.values()) + 1, dtype=np.int64)
    missing = []
    for piece, number in ours.items():
        special = piece.startswith(("[", "<")) and len(piece) > 1
        at = known.get(piece, unknown if special else None)
        if at is None:
            missing.append(piece)
        else:
            table[number] = at
    if missing:
        raise ConfigError(
            f"the teacher's tokenizer lacks {len(missing)} of {len(ours)} pieces "
            f"({', '.join(missing[:_SHOWN])} ...); teacher and network must cut text alike: choose "
            "encoders of one vocabulary, such as MiniLM (uncased) and MPNet"
        )
    return table


def _shares(logits: Floats) -> NDArray[np.float16]:
    return np.exp(log_softmax(logits)).astype(np.float16)


def _likeliest(
    scores: NDArray[np.float32], null: float
) -> tuple[NDArray[np.int32], NDArray[np.float16]]:
    """Return the likeliest spans (null among them) and their probabilities, with sum 1."""
    every = np.append(scores.reshape(-1), null).astype(np.float32)
    kept = np.argpartition(every, -SPANS_KEPT)[-SPANS_KEPT:]
    return kept.astype(np.int32), _shares(every[kept])


class SoftLabels:
    """The soft labels of all samples of a run, on disk in chunks; a killed run keeps those it has.

    Args:
        folder: Where the chunks lie; made if it is not there.
        teacher: What labels. Chunks of another teacher are refused.
    """

    def __init__(self, folder: Path, teacher: Teacher) -> None:
        self._folder, self._teacher = folder, teacher
        folder.mkdir(parents=True, exist_ok=True)

    def make(
        self,
        samples: Sequence[tuple[NDArray[np.int64], Sequence[tuple[int, int]]]],
        *,
        rank: int = 0,
        count: int = 1,
    ) -> Iterator[int]:
        """Label the chunks of one process of `count`, yielding how many samples each holds.

        Args:
            samples: Pieces and cues of every sample of the run, as `Teacher.label`.
            rank: Which process this is.
            count: How many there are.
        """
        for number in range(rank, -(-len(samples) // CHUNK), count):
            part = samples[number * CHUNK : (number + 1) * CHUNK]
            path = self._path(number)
            if not path.is_file():
                self._write(path, [self._teacher.label(ids, cues) for ids, cues in part])
            yield len(part)

    def read(self, sizes: Sequence[tuple[int, int]]) -> list[SoftSample]:
        """Return the soft labels of all samples.

        Args:
            sizes: Pieces and statements of every sample.

        Raises:
            ConfigError: If they are of other samples, or of another teacher.
        """
        samples: list[SoftSample] = []
        for number in range(-(-len(sizes) // CHUNK)):
            part = sizes[number * CHUNK : (number + 1) * CHUNK]
            path = self._path(number)
            with np.load(path, allow_pickle=False) as chunk:
                if str(chunk["teacher"]) != self._teacher.graphs or chunk["sizes"].tolist() != [
                    list(size) for size in part
                ]:
                    raise ConfigError(
                        f"{path} holds soft labels of another teacher or other samples; choose "
                        "another `name`, or remove the folder to make them anew"
                    )
                fields = [chunk[name] for name in SoftReading._fields]
                cue, piece, reading = chunk["cue"], 0, 0
            for pieces, statements in part:
                rows = tuple(
                    SoftReading(*(field[n] for field in fields))
                    for n in range(reading, reading + statements)
                )
                samples.append(SoftSample(cue[piece : piece + pieces], rows))
                piece, reading = piece + pieces, reading + statements
        return samples

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:05}.npz"

    def _write(self, path: Path, samples: Sequence[SoftSample]) -> None:
        rows = [row for sample in samples for row in sample.readings]
        columns: dict[str, Any] = {
            name: np.stack([getattr(row, name) for row in rows]) if rows else np.zeros(0)
            for name in SoftReading._fields
        }
        columns["teacher"] = self._teacher.graphs
        columns["sizes"] = [(len(sample.cue), len(sample.readings)) for sample in samples]
        columns["cue"] = np.concatenate([sample.cue for sample in samples])
        partial = path.with_name(f"{path.name}.{os.getpid()}.part")
        with partial.open("wb") as stream:
            np.savez(stream, **columns)
        partial.replace(path)


def soft_batch(
    samples: Sequence[SoftSample],
    later: Sequence[int],
    before: int,
    length: int,
    view: NetworkConfig,
) -> SoftBatch:
    """Return the tensors of what the teacher makes of a batch.

    Args:
        samples: One for each window.
        later: How many pieces after the gold cue each statement's cue is shown to begin.
        before: Special pieces before the text.
        length: Pieces of a window, special ones and padding included.
        view: Slots of a view, and the stances.
    """
    cue = np.zeros((len(samples), length, 3), dtype=np.float32)
    for row, sample in zip(cue, samples, strict=True):
        row[before : before + len(sample.cue)] = sample.cue
    slots = view.left + view.right
    readings = [reading for sample in samples for reading in sample.readings]
    moved = [_moved(a, by, slots) for a, by in zip(readings, later, strict=True)]
    if not moved:
        spans, shares = torch.zeros(0, SPANS_KEPT, dtype=torch.int64), torch.zeros(0, SPANS_KEPT)
        content, stance = torch.zeros(0, slots, 3), torch.zeros(0, len(view.stances))
        tags = torch.from_numpy(cue)
        return SoftBatch(
            tags, content, spans, shares, spans, shares, stance, conditional=torch.zeros(0)
        )
    columns = SoftReading(*(np.stack(column) for column in zip(*moved, strict=True)))
    numbered = ("source", "target")
    parts = {
        name: torch.from_numpy(column.astype(np.int64 if name in numbered else np.float32))
        for name, column in columns._asdict().items()
    }
    return SoftBatch(cue=torch.from_numpy(cue), **parts)


def _moved(soft: SoftReading, by: int, slots: int) -> SoftReading:
    """Return what the teacher decodes as seen from a cue that begins `by` pieces later."""
    if not by:
        return soft
    content = np.zeros_like(soft.content)
    content[: slots - by] = soft.content[by:]

    def move(
        spans: NDArray[np.int32], shares: NDArray[np.float16]
    ) -> tuple[NDArray[np.int32], NDArray[np.float16]]:
        null = spans == slots * slots
        first, last = spans // slots - by, spans % slots - by
        seen = null | ((first >= 0) & (last >= first))
        at = np.where(null, spans, np.where(seen, first * slots + last, 0))
        return at.astype(np.int32), np.where(seen, shares, 0).astype(np.float16)

    source, source_p = move(soft.source, soft.source_p)
    target, target_p = move(soft.target, soft.target_p)
    return soft._replace(
        content=content, source=source, source_p=source_p, target=target, target_p=target_p
    )
