import json

import pytest
from typer.testing import CliRunner

from onrecord.errors import CorpusError
from onrecord.manifest import Manifest, read_manifest
from onrecord_training import cli, pictures
from onrecord_training.card import CardFiles, draw_all, read_figures, read_template, render
from onrecord_training.check import make_up
from onrecord_training.converters import READERS
from onrecord_training.corpus import GoldStatement, Record, write_corpus
from onrecord_training.evaluate import evaluate

TEXT = "Oskvar rejects the canal."
RIGHT = GoldStatement((7, 14), (0, 6), ((15, 24),), (15, 24), "opposes", extra={"confidence": 0.8})
GOLD = [Record("a", TEXT, (RIGHT,)), Record("b", TEXT, (RIGHT,))]


def measured():
    return json.loads(json.dumps(evaluate(GOLD, {"a": [RIGHT], "b": []}, rounds=20).to_dict()))


@pytest.fixture
def checkpoint(tmp_path):
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    Manifest("onrecord-test", "0.1", ("opposes", "states"), 4).write(folder)
    return folder


def test_the_model_card_holds_measured_figures_hashes_and_pictures(tmp_path, checkpoint):
    figures = tmp_path / "dev.json"
    figures.write_text(json.dumps(measured()))
    calibration = tmp_path / "calibration.json"
    told = {"kind": "isotonic", "ece": 0.03, "ece_raw": 0.2, "statements": 2}
    calibration.write_text(json.dumps(told))
    fragments = tmp_path / "fragments.json"
    row = {"p": 0.5, "r": 0.5, "f1": 0.5}
    roles = dict.fromkeys(("source", "cue", "content"), row)
    fragments.write_text(json.dumps({"exact": roles, "begin": roles}))
    learning = tmp_path / "learning.json"
    learning.write_text(json.dumps({"random": [[100, 0.3], [200, 0.4]]}))
    arguments = ["card", "model", "-o", str(tmp_path / "MODEL_CARD.md")]
    options = {
        "--checkpoint": checkpoint,
        "--evaluation": f"open-news/dev={figures}",
        "--calibration": calibration,
        "--fragments": fragments,
        "--learning": learning,
    }
    flat = [str(part) for pair in options.items() for part in pair]
    result = CliRunner().invoke(cli.app, arguments + flat)
    assert result.exit_code == 0, result.output
    card = (tmp_path / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert card.startswith("---\nlanguage: en\n")
    assert read_manifest(checkpoint).sha256 in card
    assert "| full tuple F1 | 0.667 [" in card
    assert "**0.030**" in card
    assert "The two differ." in card
    assert "{{" not in card
    names = {path.name for path in (tmp_path / "docs" / "card").iterdir()}
    assert names == {"confusion.png", "reliability.png", "selective.png", "learning.png"}
    assert all(f"docs/card/{name}" in card for name in names)


PAIRS = {
    "total": 64,
    "right": 54,
    "surplus": 1,
    "listed": [
        {
            "text": "Ilva did not deny it.",
            "cue": "did not deny",
            "meant": "states",
            "at_cue": ["denies"],
            "elsewhere": [["it", "states"]],
        }
    ],
}
SPEED = {"threads": 1, "path": "shipped", "articles_per_second": 1.1, "p50_ms": 880, "ratio": 1.26}


def test_figures_of_the_benchmarks_and_golden_tests_come_from_their_files(tmp_path):
    golden = tmp_path / "golden.json"
    rates = {"house/test": {"curly quotes": 1.0}, "dev": {"curly quotes": 0.9}}
    golden.write_text(json.dumps({"minimal_pairs": PAIRS, "invariance": rates}))
    (tmp_path / "speed.json").write_text(json.dumps({"speed": [SPEED]}))
    template = tmp_path / "template.md"
    template.write_text("{{minimal-pairs}}\n\n{{invariance}}\n\n{{speed}}\n")
    arguments = ["card", str(template), "-o", str(tmp_path / "CARD.md")]
    files = ["--figures", str(golden), "--figures", str(tmp_path / "speed.json")]
    result = CliRunner().invoke(cli.app, [*arguments, *files])
    assert result.exit_code == 0, result.output
    card = (tmp_path / "CARD.md").read_text(encoding="utf-8")
    assert "54 of 64 come out right" in card
    assert "| Ilva **did not deny** it. | states | denies | it: states |" in card
    assert "| curly quotes | 1.000 | 0.900 |" in card
    assert "| 1 | shipped | 1.10 | 880 | 1.26 |" in card
    assert CliRunner().invoke(cli.app, arguments).exit_code == 0
    card = (tmp_path / "CARD.md").read_text(encoding="utf-8")
    assert card.split("\n\n") == ["Not measured.", "Not measured.", "Not measured.\n"]


@pytest.mark.parametrize("told", ["[]", '{"sped": []}'])
def test_a_file_without_such_figures_is_refused(tmp_path, told):
    path = tmp_path / "figures.json"
    path.write_text(told)
    with pytest.raises(CorpusError, match="some of minimal_pairs, invariance, speed"):
        read_figures([path])


def test_every_picture_has_a_title_and_says_what_its_axes_are(tmp_path, monkeypatch):
    drawn = []

    def keep(figure, path):
        axis = figure.axes[0]
        drawn.append((path.name, axis.get_title(), axis.get_xlabel(), axis.get_ylabel()))

    monkeypatch.setattr(pictures, "_save", keep)
    files = CardFiles(evaluations={"dev": measured()}, learning={"random": [[1, 0.3], [2, 0.4]]})
    shown = draw_all(files, tmp_path, "x")
    assert len(drawn) == 4
    assert all(all(told) for told in drawn), drawn
    assert all(f"![{title}](x/{name})" in shown for name, title, *_ in drawn)


def test_the_data_card_names_every_converter(tmp_path):
    write_corpus(tmp_path / "train.jsonl", GOLD)
    arguments = ["card", "data", "-o", str(tmp_path / "DATA_CARD.md")]
    result = CliRunner().invoke(cli.app, [*arguments, "--corpus", str(tmp_path / "train.jsonl")])
    assert result.exit_code == 0, result.output
    card = (tmp_path / "DATA_CARD.md").read_text(encoding="utf-8")
    assert all(f"| {name} |" in card for name in READERS)
    assert "| opposes | 2 |" in card


def test_an_unknown_place_in_a_template_is_refused(tmp_path):
    with pytest.raises(CorpusError, match="did you mean 'scores'"):
        render("{{score}}", CardFiles(), picture_folder=tmp_path, link="x")


def test_a_model_card_needs_a_checkpoint(tmp_path):
    files = CardFiles(corpora=make_up({"train": GOLD}))
    with pytest.raises(CorpusError, match="--checkpoint"):
        render("{{identity}}", files, picture_folder=tmp_path, link="x")
    assert render("{{fragments}}", files, picture_folder=tmp_path, link="x") == "Not measured."


def test_an_evaluation_without_name_or_file_is_refused(tmp_path):
    arguments = ["card", "model", "-o", str(tmp_path / "x.md")]
    assert CliRunner().invoke(cli.app, [*arguments, "--evaluation", "x.json"]).exit_code == 2
    missing = CliRunner().invoke(cli.app, [*arguments, "--evaluation", "dev=x.json"])
    assert isinstance(missing.exception, CorpusError)


def test_a_missing_template_is_refused():
    with pytest.raises(CorpusError, match="give `model`, `data`, `run`, or a Markdown file"):
        read_template("nowhere.md")
