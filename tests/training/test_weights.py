"""`init = "shipped"`: the weights of a run, at half precision, start another run."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from onrecord_training import cli, loop, weights
from onrecord_training.build import build_network
from onrecord_training.config import ConfigError, Corpus, ModelConfig, RunConfig, read_config
from tests.conftest import Tiny

CONFIG = 'name = "b"\ninit = "shipped"\ntrain = [{path = "t"}]\ndev = [{path = "d"}]\n'


@pytest.fixture
def shipped(tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The weights of a tiny run, in the place of the shipped ones."""
    model = ModelConfig(str(tiny.encoder), left=12, right=20, role_width=16)
    run = RunConfig("a", (Corpus("t"),), (Corpus("d"),), output=str(tmp_path), model=model)
    run.folder.mkdir()
    (run.folder / loop.CONFIG_FILE).write_text(json.dumps(run.to_dict()))
    (run.folder / loop.CORPORA_FILE).write_text("{}")
    torch.manual_seed(3)
    save_file(build_network(model).state_dict(), run.folder / loop.BEST_FILE)
    path = tmp_path / "weights" / "tiny.safetensors"
    done = CliRunner().invoke(cli.app, ["weights", str(run.folder), "-o", str(path)])
    assert done.exit_code == 0, done.output
    monkeypatch.setattr(weights, "WEIGHTS", path)
    return path


def config(tmp_path: Path, table: str = "") -> RunConfig:
    path = tmp_path / "run.toml"
    path.write_text(CONFIG + table, encoding="utf-8")
    return read_config(path)


def test_the_model_is_that_of_the_weights_at_half_precision(shipped: Path, tmp_path: Path) -> None:
    run = config(tmp_path)
    assert asdict(run.model) == asdict(weights.read_info(shipped).model)
    network = build_network(run.model)
    assert weights.load_shipped(network, shipped) == []
    half = load_file(shipped)
    assert {value.dtype for value in half.values()} == {torch.float16}
    for name, value in network.state_dict().items():
        assert torch.equal(value, half[name].float()), name


def test_a_setting_that_conflicts_with_the_weights_is_an_error(
    shipped: Path, tmp_path: Path
) -> None:
    assert config(tmp_path, "[model]\nleft = 12\ndropout = 0.3\n").model.dropout == 0.3
    with pytest.raises(ConfigError, match=r"\[model\] left = 24.*has left = 12; leave it out"):
        config(tmp_path, "[model]\nleft = 24\n")
    with pytest.raises(ConfigError, match="did you mean 'left'"):
        config(tmp_path, "[model]\nletf = 24\n")
    assert shipped.is_file()


def test_other_labels_keep_all_but_their_own_rows(shipped: Path, tmp_path: Path) -> None:
    run = config(tmp_path, '[model]\nstances = ["agrees", "opposes", "supports"]\n')
    network = build_network(run.model)
    fresh = network.stance.weight.detach().clone()
    assert weights.load_shipped(network, shipped) == ["agrees"]
    half = load_file(shipped)
    known = weights.read_info(shipped).model.stances
    assert torch.equal(network.stance.weight[0], fresh[0])
    for row, label in ((1, "opposes"), (2, "supports")):
        theirs = half["stance.weight"][known.index(label)].float()
        assert torch.equal(network.stance.weight[row], theirs)
    assert torch.equal(network.stance_hidden.weight, half["stance_hidden.weight"].float())


def test_weights_that_were_altered_or_are_not_there_say_how_to_get_them(
    shipped: Path, tmp_path: Path
) -> None:
    network = build_network(config(tmp_path).model)
    save_file({"cue.bias": torch.zeros(3)}, shipped)
    with pytest.raises(ConfigError, match="altered or cut short; fetch training/weights again"):
        weights.load_shipped(network, shipped)
    shipped.with_suffix(".json").write_text('{"format_version": 9}')
    with pytest.raises(ConfigError, match="format version 9"):
        config(tmp_path)
    shipped.unlink()
    with pytest.raises(ConfigError, match="onrecord-train weights RUN"):
        config(tmp_path)


def test_a_weight_beyond_half_precision_is_refused(shipped: Path, tmp_path: Path) -> None:
    best = tmp_path / "a" / loop.BEST_FILE
    save_file({**load_file(best), "cue.bias": torch.full((3,), 1e6)}, best)
    with pytest.raises(ConfigError, match=r"cue\.bias .* exceeds half precision"):
        weights.write_weights(tmp_path / "a", shipped, name="a", version="1")
