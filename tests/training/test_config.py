from __future__ import annotations

from pathlib import Path

import pytest

from onrecord_training.config import ConfigError, read_config

GOOD = 'name = "a"\ntrain = [{path = "t.jsonl"}]\ndev = [{path = "d.jsonl", weight = 2}]\n'


def write(folder: Path, text: str) -> Path:
    path = folder / "run.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_config_reads_with_defaults(tmp_path: Path) -> None:
    config = read_config(write(tmp_path, GOOD + "[fit]\nepochs = 3\n"))
    assert config.fit.epochs == 3
    assert config.dev[0].weight == 2.0
    assert config.model.stances[0] == "supports"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD + "[fit]\nepoch = 3\n", "'epoch' is unknown; did you mean 'epochs'"),
        (GOOD + '[fit]\nepochs = "3"\n', "epochs must be int; '3' \\(str\\) given"),
        ('name = "a"\ndev = [{path = "d"}]\n', "'train' is missing"),
        ('name = "a"\ntrain = []\ndev = [{path = "d"}]\n', "train must be a list of tables"),
        ('name = "a"\ntrain = [{}]\ndev = [{path = "d"}]\n', "'path' is missing"),
        ("name = \n", "cannot be read as TOML"),
    ],
)
def test_a_bad_config_says_what_is_legal(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_config(write(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml"):
        read_config(tmp_path / "none.toml")


@pytest.mark.parametrize("path", sorted(Path("training/configs").glob("*.toml")), ids=str)
def test_the_published_configs_are_valid(path: Path) -> None:
    assert read_config(path).train
