import json

import pytest
from typer.testing import CliRunner

from onrecord.errors import CorpusError, InvalidTextError
from onrecord.types import (
    Actor,
    Entity,
    LabelledArticle,
    ModelInfo,
    Processing,
    Span,
    Statement,
)
from onrecord_training import cli, evaluate
from onrecord_training.corpus import GoldStatement, Record, write_corpus

TEXT = "Oskvar rejects the canal."
GOLD = Record(
    "a",
    TEXT,
    (GoldStatement((7, 14), (0, 6), ((15, 24),), (15, 24), "opposes", actor="Oskvar"),),
)


def labelled(article, stance="opposes"):
    def span(start, end):
        return Span(start, end, TEXT[start:end])

    actor = Actor("Oskvar", "state", resolved_by="named", represents=Entity("Oskvar"))
    statement = Statement(
        f"{article.id}:0",
        span(7, 14),
        span(0, 6),
        (span(15, 24),),
        span(15, 24),
        stance,
        conditional=False,
        quotation="indirect",
        confidence=0.75,
        actors=(actor,),
    )
    return LabelledArticle(
        article, (statement,), Processing(len(TEXT), 1), ModelInfo("fake", "0", "0")
    )


class FakeExtractor:
    def extract_one(self, article, *, threshold=None):
        return labelled(article)


class RefusingExtractor:
    def extract_one(self, article, *, threshold=None):
        raise InvalidTextError("the text holds a NUL")


def test_a_checkpoint_is_scored_through_the_public_extractor():
    predicted = evaluate.predict(FakeExtractor(), [GOLD])
    assert predicted["a"] == (
        GoldStatement(
            (7, 14), (0, 6), ((15, 24),), (15, 24), "opposes", actor="Oskvar", represents="Oskvar"
        ),
    )
    result = evaluate.evaluate([GOLD], predicted, rounds=10)
    assert result.report["tuple"]["f1"] == 1.0
    assert result.calibration["ece"] == pytest.approx(0.25)
    assert result.calibration["precision"] == {"50%": 1.0, "80%": 1.0, "100%": 1.0}
    json.dumps(result.to_dict())


def test_a_text_that_the_extractor_refuses_is_named():
    with pytest.raises(CorpusError, match="record a: the text holds a NUL"):
        evaluate.predict(RefusingExtractor(), [GOLD])


def test_gold_without_stance_or_statement_is_refused():
    with pytest.raises(CorpusError, match="no statement"):
        evaluate.evaluate([Record("a", TEXT)], {})
    bare = Record("a", TEXT, (GoldStatement((7, 14)),))
    with pytest.raises(CorpusError, match="1 of 1 gold statements have no stance"):
        evaluate.evaluate([bare], {})


def test_predictions_without_confidence_have_no_calibration():
    result = evaluate.evaluate([GOLD], {"a": GOLD.statements}, rounds=10)
    assert result.calibration is None


@pytest.fixture
def files(tmp_path):
    write_corpus(tmp_path / "gold.jsonl", [GOLD])
    write_corpus(tmp_path / "predicted.jsonl", [GOLD])
    return tmp_path


def test_the_command_scores_a_predictions_file(files):
    arguments = ["evaluate", str(files / "gold.jsonl"), str(files / "predicted.jsonl")]
    result = CliRunner().invoke(cli.app, [*arguments, "--json", str(files / "figures.json")])
    assert result.exit_code == 0, result.output
    assert "tuple" in result.output
    figures = json.loads((files / "figures.json").read_text())
    assert figures["report"]["detection"]["f1"] == 1.0


def test_the_command_scores_fragments(files):
    arguments = ["evaluate", str(files / "gold.jsonl"), str(files / "predicted.jsonl")]
    options = ["--protocol", "polnear", "--json", str(files / "figures.json")]
    result = CliRunner().invoke(cli.app, arguments + options)
    assert result.exit_code == 0, result.output
    assert json.loads((files / "figures.json").read_text())["exact"]["cue"]["f1"] == 1.0


def test_the_command_scores_a_checkpoint(files, monkeypatch, tiny):
    monkeypatch.setattr(evaluate, "load_extractor", lambda _checkpoint: FakeExtractor())
    result = CliRunner().invoke(
        cli.app, ["evaluate", str(files / "gold.jsonl"), "--checkpoint", str(tiny.int8)]
    )
    assert result.exit_code == 0, result.output
    assert "calibration error" in result.output


@pytest.mark.parametrize(
    "options", [["--protocol", "exact"], ["predicted.jsonl", "--threshold", "0.5"]]
)
def test_wrong_options_are_refused(files, options):
    result = CliRunner().invoke(cli.app, ["evaluate", str(files / "gold.jsonl"), *options])
    assert result.exit_code == 2


def test_an_error_on_purpose_is_one_line_and_status_two(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["onrecord-train", "evaluate", "nowhere.jsonl", "p.jsonl"])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 2
    assert "nowhere.jsonl: cannot be read" in capsys.readouterr().err
