"""Any encoder with a fast tokenizer: offsets, a training step, a checkpoint, in five families."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from onrecord import Extractor
from onrecord.features import PieceReader
from onrecord.manifest import Manifest
from onrecord_training import export
from onrecord_training.build import TorchBackend, build_network, build_reader, window_settings
from onrecord_training.config import ConfigError, Corpus, FitConfig, ModelConfig
from onrecord_training.corpus import GoldStatement, Record
from onrecord_training.data import SampleMaker, collate
from onrecord_training.export import export_checkpoint
from onrecord_training.losses import batch_losses
from tests.training.encoders import FAMILIES

ASTRONAUT = "\U0001f469\u200d\U0001f680"
COMBINED = "Zu\u0308rich"  # u and a combining diaeresis
TEXT = f"{ASTRONAUT} Yes 😀! The mayor of {COMBINED}  rejected the plan\u00a0for a base."
WORDS = (ASTRONAUT, "😀", "The mayor", COMBINED, "rejected", "the plan\u00a0for a base")


@pytest.fixture(scope="module", params=sorted(FAMILIES))
def encoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("encoders") / str(request.param)
    torch.manual_seed(1)
    FAMILIES[request.param](folder)
    return folder


def model_of(encoder: Path) -> ModelConfig:
    return ModelConfig(str(encoder), left=12, right=20, role_width=16)


def find(words: str) -> tuple[int, int]:
    start = TEXT.index(words)
    return start, start + len(words)


def spans_read_back(reader: PieceReader) -> None:
    pieces = reader.read(TEXT)
    assert all(0 <= a < b <= len(TEXT) for a, b in zip(pieces.starts, pieces.ends, strict=True))
    assert list(pieces.starts) == sorted(pieces.starts)
    for words in WORDS:
        first, end = pieces.cover(*find(words))
        assert pieces.span(TEXT, first, end).text == words
    assert not pieces.continues[pieces.cover(*find("rejected"))[0]]


def test_offsets_are_right_after_emoji_and_combining_marks(encoder: Path) -> None:
    spans_read_back(build_reader(model_of(encoder)))


def test_a_step_teaches_the_encoder_and_the_head(encoder: Path) -> None:
    model = model_of(encoder)
    reader, network = build_reader(model), build_network(model)
    statement = GoldStatement(
        cue=find("rejected"),
        source=find(f"The mayor of {COMBINED}"),
        content=(find("the plan\u00a0for a base"),),
        target=find("a base"),
        stance="opposes",
    )
    maker = SampleMaker(reader, model.stances, window_settings(network, reader).size)
    record = Record("r", TEXT, (statement,))
    (sample,) = maker.make(record, Corpus("c"))
    batch = collate([sample, sample], reader, network.config)
    optimizer = torch.optim.AdamW(network.parameters(), lr=5e-3)
    seen = []
    for _ in range(4):
        losses = batch_losses(network.eval(), batch, FitConfig(), torch.ones(len(model.stances)))
        total = torch.stack(list(losses.values())).sum()
        optimizer.zero_grad()
        total.backward()
        reached = [n for n, p in network.encoder.named_parameters() if p.grad is not None]
        assert len(reached) > 10
        optimizer.step()
        seen.append(float(total.detach()))
    assert seen[-1] < seen[0]


def test_what_torch_reads_the_exported_graphs_read_too(encoder: Path, tmp_path: Path) -> None:
    model = model_of(encoder)
    reader, network = build_reader(model), build_network(model).eval()
    with torch.no_grad():
        network.cue.bias += torch.tensor([0.0, 0.5, -0.5])
    windows = window_settings(network, reader)
    assert windows.size < 96
    manifest = Manifest(encoder.name, "1", model.stances, model.left, windows=windows)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        export_checkpoint(network, reader, manifest, tmp_path, quantize=False)
    exported = Extractor.load(tmp_path)
    article = " ".join([TEXT] * 14)  # several windows, of several lengths
    ours = Extractor(TorchBackend(network), reader, manifest).extract_one(article)
    theirs = exported.extract_one(article)
    assert theirs.processing.windows > 1
    assert len(theirs.statements) == len(ours.statements)
    assert all(article[s.cue.start : s.cue.end] == s.cue.text for s in theirs.statements)
    same = [
        abs(a.confidence - b.confidence) < 1e-3 and a.cue == b.cue
        for a, b in zip(ours.statements, theirs.statements, strict=True)
    ]
    assert sum(same) >= 0.95 * len(same)


def test_an_encoder_that_was_saved_at_half_precision_is_trained_in_full(tmp_path: Path) -> None:
    from transformers import AutoModel

    FAMILIES["bert"](tmp_path / "full")
    half = AutoModel.from_pretrained(tmp_path / "full", add_pooling_layer=False).half()
    half.save_pretrained(tmp_path / "full")
    network = build_network(model_of(tmp_path / "full"))
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}


def test_an_encoder_is_cut_to_its_lower_layers_or_the_reason_is_told(encoder: Path) -> None:
    model = replace(model_of(encoder), layers=1)
    if encoder.name == "modernbert":
        with pytest.raises(ConfigError, match="`layers` knows encoders of BERT's build only"):
            build_network(model)
        return
    whole, cut = build_network(model_of(encoder)), build_network(model)
    theirs = dict(whole.encoder.named_parameters())
    kept = dict(cut.encoder.named_parameters())
    assert {n.split(".")[2] for n in kept if n.startswith("encoder.layer.")} == {"0"}
    assert all(torch.equal(value, theirs[name]) for name, value in kept.items())
    ids = torch.arange(5, 17)[None]
    states = whole.encoder(input_ids=ids, output_hidden_states=True).hidden_states
    assert torch.allclose(cut.encode(ids, torch.ones_like(ids)).top, states[1], atol=1e-5)
    with pytest.raises(ConfigError, match="has 2 layers"):
        build_network(replace(model, layers=3))


@pytest.mark.parametrize(("widest", "expected"), [(32, "INT8"), (31, "UINT8")])
def test_wide_encoders_have_unsigned_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, widest: int, expected: str
) -> None:
    onnx = pytest.importorskip("onnx")
    FAMILIES["bert"](tmp_path / "bert")  # 32 wide
    model = model_of(tmp_path / "bert")
    reader, network = build_reader(model), build_network(model)
    monkeypatch.setattr(export, "WIDEST_SIGNED", widest)
    manifest = Manifest("tiny", "1", model.stances, model.left)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        export_checkpoint(network, reader, manifest, tmp_path / "checkpoint")
    for name in ("encoder.onnx", "reader.onnx"):
        graph = onnx.load(str(tmp_path / "checkpoint" / name)).graph
        kinds = {
            onnx.TensorProto.DataType.Name(item.data_type)
            for item in graph.initializer
            if item.name.endswith("_quantized") and "MatMul" in item.name
        }
        assert kinds == {expected}, name
    assert Extractor.load(tmp_path / "checkpoint").extract_one(TEXT) is not None


def test_layers_run_again_in_bert_alone(encoder: Path) -> None:
    model = replace(model_of(encoder), rerun_layers=1, rerun_left=6, rerun_right=10)
    if encoder.name == "bert":
        assert build_network(model).rerun
        return
    with pytest.raises(ConfigError, match="`rerun_layers` knows BERT encoders only"):
        build_network(model)
