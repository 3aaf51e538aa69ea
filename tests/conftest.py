"""A tiny seeded checkpoint, built and exported by the real code once per session."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
os.environ["HF_DATASETS_CACHE"] = tempfile.mkdtemp(prefix="onrecord-datasets-")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

SENTENCES = (
    "The ministry of Norvania rejected the plan for a new base on Tuesday.",
    'Ilse Varga, who leads the union, said: "We will not sign, whatever they offer."',
    "She ruled out talks unless the ferries return; officials in Port Ambel warned of delays.",
    "According to the report, the council is prepared to send 200 engineers.",
    "“It is a mistake,” the mayor added, “and we shall say so.” He denied any deal.",
)
TEXT = " ".join(SENTENCES[:2]) + "\n\n" + " ".join(SENTENCES[2:])


@dataclass(frozen=True)
class Tiny:
    """A tiny encoder, and the checkpoints exported from one seeded network over it."""

    encoder: Path
    fp32: Path
    int8: Path


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared folder beside the project; tests that use it skip where there is none."""
    root = Path(__file__).parents[1]
    folder = Path(os.environ.get("ONRECORD_SHARED", root.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip("no shared folder beside the project (set ONRECORD_SHARED)")
    return folder


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """Build the tiny checkpoints; about two seconds."""
    torch = pytest.importorskip("torch", reason="the tiny checkpoint is built with torch")
    from onrecord.manifest import Manifest, WindowSettings
    from onrecord_training.build import build_network, build_reader
    from onrecord_training.config import ModelConfig
    from onrecord_training.export import export_checkpoint

    folder = tmp_path_factory.mktemp("tiny")
    make_tiny_encoder(folder / "encoder")
    torch.manual_seed(7)
    model = ModelConfig(encoder=str(folder / "encoder"), left=12, right=20, role_width=16)
    network, reader = build_network(model, pretrained=False), build_reader(model)
    with torch.no_grad():
        network.cue.bias += torch.tensor([0.0, 0.4, -0.5])  # some cues, not everywhere
        for parameter in (network.cue.weight, network.role_output.weight, network.stance.weight):
            parameter.mul_(8)
    manifest = Manifest("tiny", "0", model.stances, model.left, windows=WindowSettings(48, 12, 8))
    export_checkpoint(network, reader, manifest, folder / "fp32", quantize=False)
    export_checkpoint(network, reader, manifest, folder / "int8")
    torch.save(network.state_dict(), folder / "network.pt")
    return Tiny(folder / "encoder", folder / "fp32", folder / "int8")


def make_tiny_encoder(folder: Path) -> None:
    """Write a random two-layer BERT; its pieces are the words and letters of the sentences above.

    The pieces are listed, not trained: training breaks ties differently in each process, and a
    network trained over other pieces each time passes a test or fails it by luck.
    """
    from tokenizers import BertWordPieceTokenizer
    from tokenizers.pre_tokenizers import BertPreTokenizer
    from tokenizers.processors import TemplateProcessing
    from transformers import BertConfig, BertModel

    folder.mkdir(parents=True)
    text = " ".join(SENTENCES).lower()
    words = {word for word, _ in BertPreTokenizer().pre_tokenize_str(text)}
    letters = {letter for letter in text if letter != " "}
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    pieces += sorted(words | letters | {f"##{letter}" for letter in letters})
    tokenizer = BertWordPieceTokenizer({p: i for i, p in enumerate(pieces)}, lowercase=True)
    special = [(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")]
    tokenizer._tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=special
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "PreTrainedTokenizerFast"}')
    import torch

    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=128,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
