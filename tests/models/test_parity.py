"""Torch, ONNX fp32 and ONNX int8 agree: what is trained is what ships."""

from __future__ import annotations

import numpy as np
import pytest

from onrecord import Extractor
from onrecord.backend import READING_FIELDS, Backend, OnnxBackend
from onrecord.decoding import ReadingArrays
from onrecord.features import PieceReader
from onrecord.manifest import read_manifest
from onrecord.windows import text_mask
from tests.conftest import TEXT, Tiny


def run(backend: Backend, reader: PieceReader, text: str) -> tuple[np.ndarray, ReadingArrays]:
    ids = reader.read(text).ids[:40]
    window = backend.encode(reader.window(ids))
    mask = text_mask(len(ids), len(reader.prefix), len(reader.suffix))
    return window.cue, backend.read(window, mask, np.array([[3, 4], [9, 11], [30, 31]]))


@pytest.fixture(scope="module")
def torch_backend(tiny: Tiny) -> Backend:
    import torch

    from onrecord_training.build import TorchBackend, build_network
    from onrecord_training.config import ModelConfig

    model = ModelConfig(encoder=str(tiny.encoder), left=12, right=20, role_width=16)
    network = build_network(model, pretrained=False)
    network.load_state_dict(torch.load(tiny.encoder.parent / "network.pt", weights_only=True))
    return TorchBackend(network)


def test_onnx_fp32_equals_torch(tiny: Tiny, torch_backend: Backend) -> None:
    reader = PieceReader.from_file(tiny.fp32 / "tokenizer.json")
    cue_a, a = run(torch_backend, reader, TEXT)
    cue_b, b = run(OnnxBackend(tiny.fp32), reader, TEXT)
    np.testing.assert_allclose(cue_a, cue_b, atol=1e-4)
    for name in READING_FIELDS:
        np.testing.assert_allclose(getattr(a, name), getattr(b, name), atol=1e-3, err_msg=name)


def test_int8_agrees_with_fp32_on_most_labels(tiny: Tiny) -> None:
    reader = PieceReader.from_file(tiny.fp32 / "tokenizer.json")
    cue_a, a = run(OnnxBackend(tiny.fp32), reader, TEXT)
    cue_b, b = run(OnnxBackend(tiny.int8), reader, TEXT)
    assert (cue_a.argmax(-1) == cue_b.argmax(-1)).mean() >= 0.9
    assert (a.content.argmax(-1) == b.content.argmax(-1)).mean() >= 0.85


def test_a_statement_reads_the_same_alone_and_among_others(
    tiny: Tiny, torch_backend: Backend
) -> None:
    reader = PieceReader.from_file(tiny.fp32 / "tokenizer.json")
    ids = reader.read(TEXT).ids[:40]
    mask = text_mask(len(ids), 1, 1)
    for backend in (torch_backend, OnnxBackend(tiny.fp32)):
        window = backend.encode(reader.window(ids))
        many = backend.read(window, mask, np.array([[3, 4], [9, 11], [30, 31]]))
        one = backend.read(window, mask, np.array([[9, 11]]))
        for name in READING_FIELDS:
            np.testing.assert_allclose(
                getattr(many, name)[1], getattr(one, name)[0], atol=1e-4, err_msg=name
            )


def test_the_extractor_gives_the_same_on_torch_and_onnx(tiny: Tiny, torch_backend: Backend) -> None:
    reader = PieceReader.from_file(tiny.fp32 / "tokenizer.json")
    ours = Extractor(torch_backend, reader, read_manifest(tiny.fp32)).extract_one(TEXT)
    theirs = Extractor.load(tiny.fp32).extract_one(TEXT)
    assert [(s.cue, s.source, s.target, s.stance) for s in ours.statements] == [
        (s.cue, s.source, s.target, s.stance) for s in theirs.statements
    ]
    for a, b in zip(ours.statements, theirs.statements, strict=True):
        assert a.confidence == pytest.approx(b.confidence, abs=1e-4)
