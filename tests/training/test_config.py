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


@pytest.mark.parametrize(
    ("key", "table"),
    [
        ("epochs = 0", "fit"),
        ("epochs = -1", "fit"),
        ("batch_pieces = 0", "fit"),
        ("threads = 0", "fit"),
        ("seed = -1", "fit"),
        ("encoder_rate = nan", "fit"),
        ("head_rate = inf", "fit"),
        ("head_rate = -1", "fit"),
        ("cue_loss = -0.5", "fit"),
        ("average = 1", "fit"),
        ("warmup = 1.5", "fit"),
        ("dropout = 1.5", "model"),
        ("left = -3", "model"),
        ("right = 0", "model"),
        ("role_width = 0", "model"),
    ],
)
def test_a_value_out_of_range_is_named_with_the_legal_range(
    tmp_path: Path, key: str, table: str
) -> None:
    name = key.split(maxsplit=1)[0]
    with pytest.raises(ConfigError, match=rf"{table}: {name} is .*; legal is (a|0) .*number"):
        read_config(write(tmp_path, GOOD + f"[{table}]\n{key}\n"))


@pytest.mark.parametrize("name", ["", " ", ".", "..", "a/b", "../a", "a\\\\b"])
def test_a_name_that_is_no_folder_s_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=r"name is .*; legal is a folder's name"):
        read_config(write(tmp_path, GOOD.replace('"a"', f'"{name}"')))


def test_a_weight_below_zero_is_named_with_its_corpus(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"dev\[0\]: weight is -2.0; legal is 0 or a positive"):
        read_config(write(tmp_path, GOOD.replace("weight = 2", "weight = -2")))


def test_a_byte_order_mark_is_tolerated(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text(GOOD, encoding="utf-8-sig")
    assert read_config(path).name == "a"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml"):
        read_config(tmp_path / "none.toml")


@pytest.mark.parametrize("path", sorted(Path("training/configs").glob("*.toml")), ids=str)
def test_the_published_configs_are_valid(path: Path) -> None:
    assert read_config(path).train
