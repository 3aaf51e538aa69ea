"""The manifest of a checkpoint folder: what it is, what it may do, and the hashes of its files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from onrecord.errors import CheckpointError

FORMAT_VERSION = 2
MANIFEST_NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class Limits:
    """What an extractor accepts.

    Args:
        max_characters: Longest article, in code points; longer ones are refused, never cut.
    """

    max_characters: int = 2_000_000


@dataclass(frozen=True, slots=True)
class WindowSettings:
    """Pieces per window and of context before and after its core."""

    size: int = 448
    before: int = 64
    after: int = 32


@dataclass(frozen=True, slots=True)
class DecodingSettings:
    """Choices of the decoder that are tuned on dev.

    Args:
        cue_bias: Added to the logit of "no cue".
        conditional_threshold: Probability from which a position counts as conditional.
        stance_bias: Added to each stance's logit, in the order of the labels; empty for none.
    """

    cue_bias: float = 0.0
    conditional_threshold: float = 0.5
    stance_bias: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Calibration:
    """Raw confidence to probability, piecewise linear: `numpy.interp(raw, x, y)`.

    Args:
        x: Raw confidences, increasing.
        y: Probability that the whole statement is right at each of them.
    """

    x: tuple[float, ...] = (0.0, 1.0)
    y: tuple[float, ...] = (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything beside the weights that an extractor needs to know.

    Args:
        name: Name of the model.
        version: Version of the checkpoint (not of the code).
        stances: Labels, in the order of the network's stance logits.
        left: View slots before a cue, as in `network.NetworkConfig`.
        polarity: `favor`, `against` or `neutral` by label, for labels that are not onrecord's own;
            a label of neither is neutral.
        windows: How articles are cut.
        limits: What is accepted.
        decoding: Tuned choices of the decoder.
        calibration: Raw confidence to probability.
        files: SHA-256 of each file beside the manifest.
        training: What made the checkpoint: data, configuration, revision.
        scores: Dev scores of this checkpoint.
        network: Sizes, as `NetworkConfig.to_dict`.
        sha256: SHA-256 of the manifest file itself; empty until it was written or read.
    """

    name: str
    version: str
    stances: tuple[str, ...]
    left: int
    polarity: Mapping[str, str] = field(default_factory=dict)
    windows: WindowSettings = field(default_factory=WindowSettings)
    limits: Limits = field(default_factory=Limits)
    decoding: DecodingSettings = field(default_factory=DecodingSettings)
    calibration: Calibration = field(default_factory=Calibration)
    files: Mapping[str, str] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    scores: Mapping[str, Any] = field(default_factory=dict)
    network: Mapping[str, Any] = field(default_factory=dict)
    sha256: str = ""

    def write(self, folder: Path) -> Path:
        """Write `manifest.json` into a checkpoint folder and return its path."""
        content = {"format_version": FORMAT_VERSION, **asdict(self)}
        del content["sha256"]
        path = folder / MANIFEST_NAME
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return path


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """Read and verify the manifest of a checkpoint folder.

    Args:
        folder: A folder that `onrecord-train export` wrote.

    Raises:
        CheckpointError: If the folder or a file is missing, a hash differs, or the format is
            another.
    """
    path = folder / MANIFEST_NAME
    if not path.is_file():
        raise CheckpointError(
            f"{folder} holds no {MANIFEST_NAME}; give a folder that `onrecord-train export` wrote"
        )
    try:
        content = json.loads(path.read_bytes())
        version = content.pop("format_version")
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise CheckpointError(
            f"{path} is not a checkpoint manifest ({error}); export the checkpoint again"
        ) from error
    if version != FORMAT_VERSION:
        raise CheckpointError(
            f"{path} has format version {version!r}; this onrecord reads version "
            f"{FORMAT_VERSION}: install the release that wrote it, or export the checkpoint again"
        )
    for name, expected in content.get("files", {}).items():
        file = folder / name
        if not file.is_file():
            raise CheckpointError(f"{folder} lacks {name}, which its manifest lists; copy it again")
        actual = file_sha256(file)
        if actual != expected:
            raise CheckpointError(
                f"{file} has SHA-256 {actual[:12]}…, its manifest says {expected[:12]}…: "
                "the file was altered or cut short; copy the checkpoint again"
            )
    known = {item.name for item in fields(Manifest)}
    try:
        kinds = {
            "windows": WindowSettings,
            "limits": Limits,
            "decoding": DecodingSettings,
            "calibration": Calibration,
        }
        values = {
            key: kinds[key](**_tuples(value)) if key in kinds else value
            for key, value in content.items()
            if key in known
        }
        return Manifest(**{**_tuples(values), "sha256": file_sha256(path)})
    except TypeError as error:
        raise CheckpointError(
            f"{path} lacks or misnames a field ({error}); export the checkpoint again"
        ) from error


def _tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the mapping with its lists as tuples."""
    return {key: tuple(v) if isinstance(v, list) else v for key, v in values.items()}
