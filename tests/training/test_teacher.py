"""Learning from a larger checkpoint: its probabilities, seen from the cues that are shown."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from onrecord.features import PieceReader
from onrecord.manifest import Manifest
from onrecord.network import Network
from onrecord_training import loop, teacher
from onrecord_training.build import build_network, build_reader, load_weights
from onrecord_training.config import (
    ConfigError,
    Corpus,
    FitConfig,
    ModelConfig,
    RunConfig,
    config_from_dict,
)
from onrecord_training.corpus import read_corpus
from onrecord_training.data import Sample, SampleMaker, collate
from onrecord_training.export import export_checkpoint, read_run_folder
from onrecord_training.losses import batch_losses
from onrecord_training.teacher import SoftLabels, SoftSample, Teacher
from tests.conftest import Tiny
from tests.training.encoders import FAMILIES
from tests.training.test_loop import FIT, RECORDS


@pytest.fixture
def model(tiny: Tiny) -> ModelConfig:
    return ModelConfig(encoder=str(tiny.encoder), left=12, right=20, role_width=32, dropout=0.0)


@pytest.fixture
def network(model: ModelConfig) -> Network:
    torch.manual_seed(5)
    network = build_network(model).eval()
    with torch.no_grad():
        network.span_end.weight.normal_(std=0.5)
    return network


@pytest.fixture
def reader(model: ModelConfig) -> PieceReader:
    return build_reader(model)


def ship(network: Network, reader: PieceReader, model: ModelConfig, folder: Path) -> Path:
    manifest = Manifest("teacher", "1", model.stances, model.left)
    export_checkpoint(network, reader, manifest, folder, quantize=False)
    return folder


@pytest.fixture
def checkpoint(network: Network, reader: PieceReader, model: ModelConfig, tmp_path: Path) -> Path:
    return ship(network, reader, model, tmp_path / "teacher")


@pytest.fixture
def samples(reader: PieceReader, model: ModelConfig, tmp_path: Path) -> list[Sample]:
    path = tmp_path / "records.jsonl"
    path.write_text("\n".join(json.dumps(item) for item in RECORDS), encoding="utf-8")
    maker = SampleMaker(reader, model.stances, 100)
    made = [s for r in read_corpus(path) for s in maker.make(r, Corpus("records.jsonl"))]
    return [*made, maker.join(made[0], made[3])]


def taught(
    checkpoint: Path, reader: PieceReader, model: ModelConfig, *samples: Sample
) -> list[Sample]:
    label = Teacher(checkpoint, reader, model).label
    return [replace(s, soft=label(s.ids, [item.cue for item in s.statements])) for s in samples]


def test_a_network_that_is_its_own_teacher_has_nothing_to_learn(
    network: Network,
    reader: PieceReader,
    model: ModelConfig,
    checkpoint: Path,
    samples: list[Sample],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(teacher, "SPANS_KEPT", (model.left + model.right) ** 2 + 1)  # all of them
    soft = taught(checkpoint, reader, model, *samples)
    batch = collate(soft, reader, network.config)
    config = FitConfig(teach=1.0)
    losses = batch_losses(network, batch, config, torch.ones(10))
    assert all(not v.detach() for k, v in losses.items() if not k.endswith("taught"))
    total = torch.stack(list(losses.values())).sum()
    total.backward()
    steepest = max(float(p.grad.abs().max()) for p in network.parameters() if p.grad is not None)
    assert steepest < 0.02  # float16
    gold = batch_losses(network, batch, FitConfig(teach=0.0), torch.ones(10))
    network.zero_grad()
    torch.stack(list(gold.values())).sum().backward()
    grads = [float(p.grad.abs().max()) for p in network.parameters() if p.grad is not None]
    assert max(grads) > 0.1


def test_the_two_kinds_of_labels_share_the_loss(
    network: Network,
    reader: PieceReader,
    model: ModelConfig,
    checkpoint: Path,
    samples: list[Sample],
) -> None:
    soft = taught(checkpoint, reader, model, *samples)
    batch, weights = collate(soft, reader, network.config), torch.ones(10)
    without = batch_losses(network, batch._replace(soft=None), FitConfig(), weights)
    half = batch_losses(network, batch, FitConfig(teach=0.25), weights)
    for name, value in without.items():
        torch.testing.assert_close(half[name], 0.75 * value, msg=name)
    assert {f"{name} taught" for name in without} == set(half) - set(without)


def test_a_cue_that_is_shown_too_late_moves_what_the_teacher_said(
    network: Network,
    reader: PieceReader,
    model: ModelConfig,
    checkpoint: Path,
    samples: list[Sample],
) -> None:
    sample = next(s for s in samples if len(s.statements) == 1)
    soft = taught(checkpoint, reader, model, sample)[0].soft
    assert soft is not None
    slots = model.left + model.right
    here, later = (teacher.soft_batch([soft], [by], 1, 30, network.config) for by in (0, 1))
    assert torch.equal(later.content[0, :-1], here.content[0, 1:])
    assert not later.content[0, -1].any()
    for name in ("source", "target"):
        at, share = getattr(here, name)[0], getattr(here, f"{name}_p")[0]
        moved, left = getattr(later, name)[0], getattr(later, f"{name}_p")[0]
        for k in range(len(at)):
            if int(at[k]) == slots * slots:
                assert (int(moved[k]), float(left[k])) == (slots * slots, float(share[k]))
            elif int(at[k]) // slots == 0:
                assert float(left[k]) == 0
            else:
                assert (int(moved[k]), float(left[k])) == (int(at[k]) - slots - 1, float(share[k]))


def test_a_window_without_statements_teaches_its_cues_alone(
    network: Network,
    reader: PieceReader,
    model: ModelConfig,
    checkpoint: Path,
    samples: list[Sample],
) -> None:
    (bare,) = taught(checkpoint, reader, model, replace(samples[0], statements=()))
    losses = batch_losses(
        network, collate([bare], reader, network.config), FitConfig(), torch.ones(10)
    )
    assert set(losses) == {"cue", "cue taught"}
    assert losses["cue taught"].detach() > 0


def test_soft_labels_are_kept_in_chunks_and_not_made_twice(
    reader: PieceReader,
    model: ModelConfig,
    checkpoint: Path,
    samples: list[Sample],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(teacher, "CHUNK", 4)
    asked = [(s.ids, [item.cue for item in s.statements]) for s in samples]
    sizes = [(len(ids), len(cues)) for ids, cues in asked]
    labelled = Teacher(checkpoint, reader, model)
    soft = SoftLabels(tmp_path / "soft", labelled)
    assert sum(soft.make(asked, rank=0, count=2)) + sum(soft.make(asked, rank=1, count=2)) == 11
    monkeypatch.setattr(labelled, "label", lambda *_: pytest.fail("made twice"))
    assert sum(soft.make(asked)) == 11
    read = soft.read(sizes)
    fresh = Teacher(checkpoint, reader, model)
    for (ids, cues), sample in zip(asked, read, strict=True):
        again = fresh.label(ids, cues)
        assert isinstance(sample, SoftSample)
        np.testing.assert_array_equal(sample.cue, again.cue)
        for a, b in zip(sample.readings, again.readings, strict=True):
            for x, y in zip(a, b, strict=True):
                np.testing.assert_array_equal(x, y)
    with pytest.raises(ConfigError, match="another teacher or other samples"):
        soft.read([*sizes[:-1], (sizes[-1][0] + 1, 2)])
    monkeypatch.setattr(labelled, "graphs", "other")
    with pytest.raises(ConfigError, match="another teacher or other samples"):
        soft.read(sizes)


def test_a_teacher_of_other_labels_view_or_words_is_refused(
    network: Network, reader: PieceReader, model: ModelConfig, checkpoint: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=r"stances = \['a', 'b'\], but the teacher"):
        Teacher(checkpoint, reader, replace(model, stances=("a", "b")))
    with pytest.raises(ConfigError, match="right = 21, but the teacher teacher has 20"):
        Teacher(checkpoint, reader, replace(model, right=21))
    FAMILIES["roberta"](tmp_path / "roberta")
    other = build_reader(ModelConfig(encoder=str(tmp_path / "roberta")))
    with pytest.raises(ConfigError, match=r"tokenizer lacks \d+ of \d+ pieces"):
        Teacher(checkpoint, other, model)
    with pytest.raises(ConfigError, match="cannot be loaded"):
        Teacher(tmp_path / "nowhere", reader, model)


def test_paragraphs_by_chance_and_a_teacher_do_not_go_together() -> None:
    row = {"path": "a.jsonl"}
    content = {"name": "x", "train": [row], "dev": [row]}
    for alone in (0.0, 1.0):
        config_from_dict({**content, "fit": {"teacher": "t", "alone": alone}}, "x.toml")
    with pytest.raises(ConfigError, match=r"alone = 0\.5 with a teacher"):
        config_from_dict({**content, "fit": {"teacher": "t", "alone": 0.5}}, "x.toml")


def test_a_run_learns_the_stances_of_its_teacher_and_not_those_of_its_corpus(
    model: ModelConfig, reader: PieceReader, tmp_path: Path
) -> None:
    wrong = [
        {**item, "statements": [{**s, "stance": "states"} for s in item["statements"]]}  # type: ignore[attr-defined]
        for item in RECORDS
    ]
    for name, rows in (("right", RECORDS), ("wrong", wrong)):
        text = "\n".join(json.dumps(item) for item in rows)
        (tmp_path / f"{name}.jsonl").write_text(text, encoding="utf-8")
    config = RunConfig(
        name="teacher",
        train=(Corpus("right.jsonl"),),
        dev=(Corpus("right.jsonl"),),
        output=str(tmp_path / "runs"),
        model=model,
        fit=replace(FIT, epochs=25, join=0.5, alone=1.0, jitter=0.1),
    )
    folder = loop.fit(config, tmp_path, show=False)
    network = build_network(model, pretrained=False)
    load_weights(network, folder / loop.BEST_FILE)
    ship(network, reader, model, tmp_path / "checkpoint")
    config = replace(
        config,
        name="taught",
        train=(Corpus("wrong.jsonl"),),
        fit=replace(config.fit, teacher="checkpoint", teach=1.0),
    )
    folder = loop.fit(config, tmp_path, show=False)
    rows = [json.loads(line) for line in (folder / loop.METRICS_FILE).read_text().splitlines()]
    assert rows[-1]["dev"][0]["stance"] >= 0.9
    assert rows[-1]["dev"][0]["tuple"] >= 0.8
    assert read_run_folder(folder)[1]["config"]["fit"]["teacher"] == "checkpoint"
