"""The seam between the extractor and whatever runs the network: one window at a time.

Each window runs alone. Dynamic int8 scales its activations by what shares a batch, so only a batch
of one gives the same output whatever else is being labelled; it is also the fastest on a CPU
(DESIGN.md, "The model"; measured again in docs/adr/0003).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from onrecord.decoding import Floats, ReadingArrays
from onrecord.errors import CheckpointError

# From 1.29 on, ONNX Runtime reports each model it loads to its maker and keeps an id of the machine
# under ~/.cache, unless this stands in the environment before it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

ENCODER_FILE, READER_FILE, TOKENIZER_FILE = "encoder.onnx", "reader.onnx", "tokenizer.json"
READ_AT_ONCE = 12  # statements; each takes a megabyte and a half while it is read
READING_FIELDS = (
    "content",
    "source",
    "source_null",
    "target",
    "target_null",
    "stance",
    "conditional",
)


@dataclass(frozen=True, slots=True)
class EncodedWindow:
    """One window's states, as `network.Encoded` with B = 1.

    Args:
        top: *Shape:* (1, T, D)
        low: *Shape:* (1, T, D)
        cue: *Shape:* (1, T, 3)
    """

    top: Any
    low: Any
    cue: Floats


class Backend(Protocol):
    """What runs the network."""

    def encode(self, pieces: NDArray[np.int64]) -> EncodedWindow:
        """Read one window of (T,) pieces, special pieces included."""
        ...

    def read(
        self, window: EncodedWindow, mask: NDArray[np.int64], cues: NDArray[np.int64]
    ) -> ReadingArrays:
        """Decode statements.

        Args:
            window: What `encode` returned.
            mask: 1 for pieces of text. *Shape:* (T,)
            cues: First piece and end piece of each cue. *Shape:* (N, 2)
        """
        ...


class OnnxBackend:
    """Runs the two exported graphs with ONNX Runtime on the CPU.

    Args:
        folder: A checkpoint folder.
        threads: Threads of one session. Several processes of one thread label more articles per
            second than one process of several (DESIGN.md).

    Raises:
        CheckpointError: If a graph cannot be loaded.
    """

    def __init__(self, folder: Path, threads: int = 1) -> None:
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.enable_cpu_mem_arena = False
        try:
            self._encoder, self._reader = (
                ort.InferenceSession(str(folder / name), options, ["CPUExecutionProvider"])
                for name in (ENCODER_FILE, READER_FILE)
            )
        except Exception as error:
            raise CheckpointError(
                f"ONNX Runtime cannot load the graphs of {folder} ({error}); export them again"
            ) from error

    def encode(self, pieces: NDArray[np.int64]) -> EncodedWindow:
        """Read one window of (T,) pieces."""
        top, low, cue = self._encoder.run(("top", "low", "cue"), {"pieces": pieces[None]})
        return EncodedWindow(top, low, cue)

    def read(
        self, window: EncodedWindow, mask: NDArray[np.int64], cues: NDArray[np.int64]
    ) -> ReadingArrays:
        """Decode statements; shapes as in `Backend.read`."""
        rows = np.concatenate([np.zeros((len(cues), 1), dtype=np.int64), cues], 1)
        states = {"top": window.top, "low": window.low, "mask": mask[None]}
        parts = [
            self._reader.run(READING_FIELDS, {**states, "cues": rows[i : i + READ_AT_ONCE]})
            for i in range(0, max(1, len(rows)), READ_AT_ONCE)
        ]
        return ReadingArrays(*(np.concatenate(outputs) for outputs in zip(*parts, strict=True)))
