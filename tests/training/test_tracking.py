"""Figures of a run beside metrics.jsonl, precision, and the folder for a hub."""

from __future__ import annotations

import builtins
import json
import shutil
import sys
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from huggingface_hub import ModelCard
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from onrecord import Extractor
from onrecord_training import cli, loop, tracking
from onrecord_training.build import build_network
from onrecord_training.config import (
    CHOICES,
    ConfigError,
    Corpus,
    FitConfig,
    ModelConfig,
    RunConfig,
    config_from_dict,
)
from onrecord_training.hardware import choose_device, precision_of
from tests.conftest import Tiny
from tests.training.test_loop import RECORDS

ROW = {
    "epoch": 1,
    "step": 3,
    "losses": {"cue": 0.5},
    "seconds": 2.0,
    "dev": [{"corpus": "a/dev", "tuple": 0.25}],
}
FIGURES = {"loss/cue": 0.5, "dev/a/dev/tuple": 0.25, "seconds": 2.0, "epoch": 1.0}


@pytest.fixture
def config(tiny: Tiny, tmp_path: Path) -> RunConfig:
    path = tmp_path / "records.jsonl"
    path.write_text("\n".join(json.dumps(item) for item in RECORDS), encoding="utf-8")
    model = ModelConfig(str(tiny.encoder), left=12, right=20, role_width=16)
    return RunConfig(
        "tiny",
        (Corpus("records.jsonl"),),
        (Corpus("records.jsonl"),),
        output=str(tmp_path / "runs"),
        model=model,
        fit=FitConfig(epochs=1, batch_pieces=64, threads=1),
    )


class Told:
    """Stands for a tracking package and remembers what it was told."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...], Mapping[str, Any]]] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *args, **kwargs: self.calls.append((name, args, kwargs))


@pytest.mark.parametrize(("name", "last"), [("mlflow", "end_run"), ("trackio", "finish")])
def test_a_tracker_is_told_the_configuration_and_the_figures(
    config: RunConfig, monkeypatch: pytest.MonkeyPatch, name: str, last: str
) -> None:
    told = Told()
    monkeypatch.setitem(sys.modules, name, told)  # type: ignore[arg-type]  # stands for a module
    for variable in ("TRACKIO_DIR", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(variable, raising=False)
    tracker = tracking.open_tracker(replace(config, fit=replace(config.fit, track=name)))
    tracker.log(3, tracking.figures_of(ROW))
    tracker.close()
    assert told.calls[-1][0] == last
    assert (FIGURES,) in [args for _, args, _ in told.calls]
    assert "'fit.epochs': '1'" in str(told.calls)
    monkeypatch.delenv("TRACKIO_DIR", raising=False)


def test_tensorboard_gets_event_files(config: RunConfig) -> None:
    pytest.importorskip("tensorboard", reason="the extra `tensorboard` is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    tracker = tracking.open_tracker(replace(config, fit=replace(config.fit, track="tensorboard")))
    tracker.log(3, tracking.figures_of(ROW))
    tracker.close()
    events = EventAccumulator(str(config.folder / "tensorboard"))
    events.Reload()
    assert [(item.step, item.value) for item in events.Scalars("dev/a/dev/tuple")] == [(3, 0.25)]


def test_a_tracker_that_is_not_installed_names_the_extra(
    config: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def refuse(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "mlflow":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(tracking.TrackError, match=r"pip install 'onrecord-training\[mlflow\]'"):
        tracking.open_tracker(replace(config, fit=replace(config.fit, track="mlflow")))


@pytest.mark.parametrize("name", sorted(CHOICES))
def test_an_unknown_choice_lists_the_legal_ones(config: RunConfig, name: str) -> None:
    content = json.loads(json.dumps(config.to_dict()))
    content["fit"][name] = "best"
    with pytest.raises(ConfigError, match=f"{name} is 'best'; legal: {CHOICES[name][0]}, "):
        config_from_dict(content, "run.toml")


def test_a_run_in_bfloat16_learns_and_keeps_full_precision_weights(
    config: RunConfig, tmp_path: Path
) -> None:
    fit = replace(config.fit, precision="bf16", epochs=2, head_rate=1e-2)
    folder = loop.fit(replace(config, fit=fit), tmp_path, show=False)
    rows = [json.loads(line) for line in (folder / loop.METRICS_FILE).read_text().splitlines()]
    assert sum(rows[1]["losses"].values()) < sum(rows[0]["losses"].values())
    assert {value.dtype for value in load_file(folder / loop.BEST_FILE).values()} == {torch.float32}


def test_the_cpu_computes_in_full_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(precision_of("auto", torch.device("cpu")), nullcontext)
    assert isinstance(precision_of("bf16", torch.device("cpu")), torch.autocast)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device() == torch.device("cpu")


def test_a_run_is_laid_out_for_a_hub(config: RunConfig, tiny: Tiny, tmp_path: Path) -> None:
    run = config.folder
    run.mkdir(parents=True)
    (run / loop.CONFIG_FILE).write_text(json.dumps(config.to_dict()))
    (run / loop.CORPORA_FILE).write_text("[]")
    save_file(build_network(config.model).state_dict(), run / loop.BEST_FILE)
    shutil.copytree(tiny.fp32, run / "checkpoint")
    call = ["hub", str(run), "-o", str(tmp_path / "hub")]
    refused = CliRunner().invoke(cli.app, call)
    assert "has no README.md" in str(refused.exception)
    card = run / "checkpoint" / "README.md"
    made = ["card", "model", "--checkpoint", str(run / "checkpoint"), "-o", str(card)]
    assert CliRunner().invoke(cli.app, made).exit_code == 0
    done = CliRunner().invoke(cli.app, call)
    assert done.exit_code == 0, done.output
    folder = tmp_path / "hub"
    assert ModelCard.load(folder / "README.md").data.license == "apache-2.0"
    content = json.loads((folder / "config.json").read_text())
    assert content["id2label"]["1"] == "opposes"
    assert content["model"]["left"] == 12
    assert "cue.weight" in load_file(folder / "model.safetensors")
    text = "The ministry of Norvania rejected the plan."
    assert Extractor.load(folder).extract_one(text) == Extractor.load(tiny.fp32).extract_one(text)
    assert "*.safetensors filter=lfs" in (folder / ".gitattributes").read_text()


def test_nothing_is_tracked_unless_asked_for(config: RunConfig) -> None:
    tracker = tracking.open_tracker(config)
    tracker.log(1, {})
    tracker.close()
    assert isinstance(tracker, tracking.NoTracker)
    assert SimpleNamespace(**tracking.settings(config)).name == "tiny"
