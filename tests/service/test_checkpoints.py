from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from onrecord.errors import CheckpointError
from onrecord.manifest import FORMAT_VERSION
from onrecord_service.checkpoints import CheckpointStore
from onrecord_service.cli import build_app
from onrecord_service.commands.models import probe
from tests.conftest import Tiny


@pytest.fixture
def store(tmp_path: Path) -> CheckpointStore:
    return CheckpointStore(tmp_path / "models", probe=probe)


def spoil(folder: Path, to: Path, **changes: object) -> Path:
    """Copy a checkpoint and change its manifest."""
    shutil.copytree(folder, to)
    manifest = json.loads((to / "manifest.json").read_text())
    (to / "manifest.json").write_text(json.dumps({**manifest, **changes}))
    return to


def test_activating_copies_and_points_and_rolling_back_returns(
    store: CheckpointStore, tiny: Tiny
) -> None:
    first = store.activate(tiny.fp32)
    assert first.active is not None
    second = store.activate(tiny.int8)
    assert second.previous == first.active
    assert store.read() == second
    assert store.path(second.active) != tiny.int8
    assert store.rollback().active == first.active
    assert store.rollback().active == second.active
    assert store.activate(tiny.int8).active == second.active, "the same again changes nothing"


def test_rolling_back_the_first_returns_to_the_checkpoint_of_the_start(
    store: CheckpointStore, tiny: Tiny
) -> None:
    with pytest.raises(CheckpointError, match="no checkpoint was active before"):
        store.rollback()
    store.activate(tiny.fp32)
    pointer = store.rollback()
    assert pointer.active is None
    assert store.path(pointer.active) is None


@pytest.mark.parametrize("fault", ["hash", "format", "missing", "unlisted", "no folder", "cannot"])
def test_a_broken_checkpoint_is_refused_and_nothing_changes(
    store: CheckpointStore, tiny: Tiny, tmp_path: Path, fault: str
) -> None:
    before = store.activate(tiny.fp32)
    bad = tmp_path / "bad"
    if fault == "hash":
        shutil.copytree(tiny.int8, bad)
        with (bad / "encoder.onnx").open("r+b") as stream:
            stream.truncate(1000)
        says = "has SHA-256"
    elif fault == "format":
        spoil(tiny.int8, bad, format_version=99)
        says = f"format version 99.*reads version {FORMAT_VERSION}"
    elif fault == "missing":
        shutil.copytree(tiny.int8, bad)
        (bad / "reader.onnx").unlink()
        says = "lacks reader.onnx"
    elif fault == "unlisted":
        spoil(tiny.int8, bad, files={})
        says = "must list encoder.onnx"
    elif fault == "cannot":
        spoil(tiny.int8, bad, stances=["supports"], windows={"size": 0, "before": 0, "after": 0})
        says = "cannot read"
    else:
        says = "holds no manifest.json"
    kept = sorted(path.name for path in store.folder.iterdir())
    with pytest.raises(CheckpointError, match=says):
        store.activate(bad)
    assert store.read() == before
    assert sorted(path.name for path in store.folder.iterdir()) == kept


def test_a_damaged_copy_cannot_be_rolled_back_to(store: CheckpointStore, tiny: Tiny) -> None:
    first = store.activate(tiny.fp32)
    before = store.activate(tiny.int8)
    copy = store.path(first.active)
    assert copy is not None
    (copy / "tokenizer.json").write_text("{}")
    with pytest.raises(CheckpointError, match="has SHA-256"):
        store.rollback()
    assert store.read() == before


@pytest.mark.parametrize("content", ["", "[]", '{"format_version": 9}', '{"active": 3}'])
def test_a_pointer_file_that_is_none_says_how_to_mend_it(
    store: CheckpointStore, content: str
) -> None:
    store.folder.mkdir()
    store.pointer_path.write_text(content)
    with pytest.raises(CheckpointError, match="delete it to return"):
        store.read()


def test_copies_of_long_ago_are_removed(store: CheckpointStore, tiny: Tiny, tmp_path: Path) -> None:
    store = CheckpointStore(store.folder)
    for number in range(9):
        store.activate(spoil(tiny.fp32, tmp_path / str(number), version=str(number)))
    pointer = store.read()
    assert pointer.active is not None
    assert pointer.active.version == "8"
    copies = [path for path in store.folder.iterdir() if path.is_dir()]
    assert 5 <= len(copies) <= 7


def test_the_shadow_can_be_set_and_stopped_and_becomes_active(
    store: CheckpointStore, tiny: Tiny
) -> None:
    store.activate(tiny.fp32)
    assert store.shadow(tiny.int8, share=0.5).share == 0.5
    assert store.activate(tiny.int8).shadow is None, "what answers does not shadow itself"
    assert store.shadow(None).shadow_off


def test_the_command_activates_lists_and_rolls_back(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONRECORD_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "250")
    run, app = CliRunner(), build_app()

    def call(*arguments: object) -> str:
        result = run.invoke(app, ["models", *map(str, arguments)])
        assert result.exit_code == 0, result.output
        return result.output

    assert "service's start" in call("list")
    assert "tiny 0" in call("activate", tiny.fp32)
    assert "active already" in call("activate", tiny.fp32)
    call("activate", tiny.int8)
    call("shadow", tiny.fp32, "--share", 1)
    assert [line.split()[0] for line in call("list").splitlines()[1:]] == [
        "active",
        "previous",
        "shadow",
        "earlier",
    ]
    call("rollback")
    assert json.loads(call("list", "--json"))["active"]["origin"] == str(tiny.fp32)
    assert run.invoke(app, ["models", "shadow"]).exit_code == 2
    assert run.invoke(app, ["models", "shadow", str(tiny.fp32), "--share", "2"]).exit_code == 2
    refused = run.invoke(app, ["models", "activate", str(tmp_path / "none")])
    assert isinstance(refused.exception, CheckpointError)
