from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from onrecord import CheckpointError, Extractor
from onrecord.manifest import MANIFEST_NAME, read_manifest
from tests.conftest import Tiny


@pytest.fixture
def folder(tiny: Tiny, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny.int8, tmp_path / "checkpoint"))


def test_a_manifest_reads_back_as_written(folder: Path) -> None:
    manifest = read_manifest(folder)
    assert manifest.name == "tiny"
    assert manifest.windows.size == 48
    assert len(manifest.sha256) == 64


def test_a_missing_folder_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"holds no manifest\.json; give a folder"):
        Extractor.load(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["encoder.onnx", "reader.onnx", "tokenizer.json"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(CheckpointError, match=f"lacks {name}"):
        Extractor.load(folder)


def test_an_altered_file_is_named_with_both_hashes(folder: Path) -> None:
    with (folder / "encoder.onnx").open("ab") as stream:
        stream.write(b"x")
    with pytest.raises(CheckpointError, match=r"encoder.onnx has SHA-256 .* altered"):
        Extractor.load(folder)


def test_another_format_version_is_refused(folder: Path) -> None:
    path = folder / MANIFEST_NAME
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"format_version": 99}))
    with pytest.raises(CheckpointError, match="format version 99"):
        Extractor.load(folder)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", "not json"])
def test_a_manifest_that_is_none_is_refused(folder: Path, text: str) -> None:
    (folder / MANIFEST_NAME).write_text(text)
    with pytest.raises(CheckpointError):
        Extractor.load(folder)


def test_the_variable_names_the_checkpoint(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONRECORD_CHECKPOINT", str(folder))
    assert Extractor.load().model.name == "tiny"
