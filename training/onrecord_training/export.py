"""From a run to a checkpoint folder: two ONNX graphs, int8, with tokenizer and manifest.

The exported graphs are the very modules that were trained, and the tokenizer is the very one that
made the training pieces; tests hold torch, ONNX fp32 and int8 together.
"""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from onrecord.backend import ENCODER_FILE, READER_FILE, READING_FIELDS, TOKENIZER_FILE
from onrecord.features import PieceReader
from onrecord.manifest import Manifest, file_sha256
from onrecord.network import Network, Reading
from onrecord_training.build import build_network, build_reader, load_weights, window_settings
from onrecord_training.config import ConfigError, RunConfig, config_from_dict
from onrecord_training.loop import (
    BEST_FILE,
    CONFIG_FILE,
    CORPORA_FILE,
    METRICS_FILE,
    deciding_score,
)

OPSET = 17
WIDEST_SIGNED = 384
"""Widest encoder whose weights are signed: beyond, sums of signed products overflow 16 bits on
processors without VNNI and the checkpoint finds nothing (docs/adr/0012)."""


class _EncoderGraph(nn.Module):
    """One window in, states and cue logits out."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, pieces: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        encoded = self.network.encode(pieces, torch.ones_like(pieces))
        # Separate outputs even where `low` is `top`, so that the graph's interface never varies.
        return encoded.top, encoded.low + 0, encoded.cue


class _ReaderGraph(nn.Module):
    """States and cues in, one reading per cue out."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, top: Tensor, low: Tensor, mask: Tensor, cues: Tensor) -> Reading:
        # Adding nothing keeps the input in the graph where no layer re-runs.
        reading = self.network.read(top, low, mask, cues)
        return reading._replace(conditional=reading.conditional + low.sum() * 0)


def export_run(
    run: Path, folder: Path, *, name: str | None = None, version: str = "0.1.0"
) -> Manifest:
    """Export the best weights of a run.

    Args:
        run: Folder that `fit` wrote.
        folder: Checkpoint folder to write.
        name: Name of the model; that of the run where none is given.
        version: Version of the checkpoint.

    Raises:
        ConfigError: If the folder holds no finished epoch.
    """
    config, training, weights = read_run_folder(run)
    rows = [json.loads(line) for line in (run / METRICS_FILE).read_text().splitlines()]
    best = max(rows, key=deciding_score)
    network = build_network(config.model, pretrained=False)
    load_weights(network, weights)
    reader = build_reader(config.model)
    if Path(config.model.encoder).is_dir():  # where it lay is nobody's business
        training["config"]["model"]["encoder"] = Path(config.model.encoder).name
    manifest = Manifest(
        name=name or config.name,
        version=version,
        stances=config.model.stances,
        left=config.model.left,
        polarity=config.model.polarity,
        windows=window_settings(network, reader),
        training={**training, "epoch": best["epoch"]},
        scores={"torch_fp32": best["dev"]},
    )
    return export_checkpoint(network, reader, manifest, folder)


def read_run_folder(run: Path) -> tuple[RunConfig, dict[str, Any], Path]:
    """Return the configuration of a run, what made it, and where its best weights are.

    Raises:
        ConfigError: If the folder holds no finished epoch.
    """
    config_path, weights = run / CONFIG_FILE, run / BEST_FILE
    if not config_path.is_file() or not weights.is_file():
        raise ConfigError(
            f"{run} holds no {CONFIG_FILE} and {BEST_FILE}; give a run folder of `onrecord-train "
            "fit` that has finished an epoch"
        )
    config = config_from_dict(json.loads(config_path.read_bytes()), str(config_path))
    made = {key: config.to_dict()[key] for key in ("name", "init", "model", "fit")}
    made["init"] = Path(config.init).name  # not where it lay; "shipped" and "" stay as they are
    made["fit"]["teacher"] = Path(config.fit.teacher).name
    training = {
        "config": made,
        "corpora": json.loads((run / CORPORA_FILE).read_bytes()),
    }
    return config, training, weights


def export_checkpoint(
    network: Network,
    reader: PieceReader,
    manifest: Manifest,
    folder: Path,
    *,
    quantize: bool = True,
) -> Manifest:
    """Write a checkpoint folder.

    Args:
        network: Trained weights.
        reader: The tokenizer they were trained with.
        manifest: Everything but `files` and `sha256`, which are filled here.
        folder: Where to write; made if it is not there.
        quantize: Dynamic int8 with a scale per channel, embeddings included; else fp32.

    Returns:
        The manifest as written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    network = network.eval()
    with tempfile.TemporaryDirectory() as scratch:
        for name, write in ((ENCODER_FILE, _write_encoder), (READER_FILE, _write_reader)):
            raw = Path(scratch) / name
            write(network, raw)
            if quantize:
                width = int(cast("Any", network.encoder).config.hidden_size)
                _quantize(raw, folder / name, signed=width <= WIDEST_SIGNED)
            else:
                shutil.copyfile(raw, folder / name)
    reader.save(folder / TOKENIZER_FILE)
    names = (ENCODER_FILE, READER_FILE, TOKENIZER_FILE)
    manifest = replace(
        manifest,
        files={name: file_sha256(folder / name) for name in names},
        network=network.config.to_dict(),
    )
    path = manifest.write(folder)
    return replace(manifest, sha256=file_sha256(path))


def _write_encoder(network: Network, path: Path) -> None:
    """Export the encoder graph. Inputs `pieces` (1, T); outputs `top`, `low`, `cue`."""
    pieces = torch.arange(12)[None] + 100
    pieces = pieces % int(cast("Any", network.encoder).config.vocab_size)
    axes = {name: {1: "pieces"} for name in ("pieces", "top", "low", "cue")}
    _export(
        _EncoderGraph(network),
        (pieces,),
        path,
        names=["pieces"],
        outputs=["top", "low", "cue"],
        axes=axes,
    )


def _write_reader(network: Network, path: Path) -> None:
    """Export the reader graph; inputs and outputs as `Network.read`."""
    width = int(cast("Any", network.encoder).config.hidden_size)
    states = torch.randn(1, 12, width)
    inputs = (
        states,
        states,
        torch.ones(1, 12, dtype=torch.int64),
        torch.tensor([[0, 2, 3], [0, 5, 6]]),
    )
    names = ["top", "low", "mask", "cues"]
    axes: dict[str, dict[int, str]] = {name: {1: "pieces"} for name in names[:3]}
    axes |= {name: {0: "statements"} for name in ("cues", *READING_FIELDS)}
    _export(_ReaderGraph(network), inputs, path, names=names, outputs=READING_FIELDS, axes=axes)


def _export(
    module: nn.Module,
    inputs: tuple[Tensor, ...],
    path: Path,
    *,
    names: Sequence[str],
    outputs: Sequence[str],
    axes: dict[str, dict[int, str]],
) -> None:
    """Trace a module into an ONNX file."""
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # the tracer warns about shapes that are fixed by design
        torch.onnx.export(
            module.eval(),
            inputs,
            str(path),
            input_names=list(names),
            output_names=list(outputs),
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )


def _quantize(source: Path, target: Path, *, signed: bool) -> None:
    """Quantize weights to eight bits per channel, activations at run time."""
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    logging.getLogger().setLevel(max(logging.getLogger().level, logging.ERROR))
    prepared = source.with_suffix(".prepared.onnx")
    quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
    quantize_dynamic(
        str(prepared),
        str(target),
        per_channel=True,
        reduce_range=False,  # all eight bits: seven cost two points of tuple F1 (docs/adr/0003)
        weight_type=QuantType.QInt8 if signed else QuantType.QUInt8,
        op_types_to_quantize=["MatMul", "Gather"],
        extra_options={"MatMulConstBOnly": True},
    )
