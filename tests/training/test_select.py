import pytest
from typer.testing import CliRunner

from onrecord.errors import CorpusError
from onrecord_training import cli
from onrecord_training.corpus import GoldStatement, Record, read_corpus, write_corpus
from onrecord_training.select import select, uncertainty

CANAL = "the harbor council spoke about the canal and its price for the villages"
FISH = "fishing boats stayed in port because quotas fell below what families need"


def text(name, words, *confidences):
    statements = tuple(
        GoldStatement((0, 3), extra={"confidence": confidence}) for confidence in confidences
    )
    return Record(name, words, statements)


def test_uncertain_texts_come_first():
    texts = [text("sure", CANAL, 0.9), text("torn", FISH, 0.3, 0.4)]
    assert [choice.record.id for choice in select(texts, 2)] == ["torn", "sure"]


def test_a_text_like_one_already_chosen_comes_later():
    texts = [text("a", CANAL, 0.3), text("b", CANAL + " today", 0.31), text("c", FISH, 0.5)]
    assert [choice.record.id for choice in select(texts, 3)] == ["a", "c", "b"]
    assert [choice.record.id for choice in select(texts, 3, weight=0.0)] == ["a", "b", "c"]


def test_a_text_like_one_already_annotated_comes_later():
    texts = [text("a", CANAL, 0.3), text("c", FISH, 0.5)]
    chosen = select(texts, 1, known=[Record("k", CANAL)])
    assert [choice.record.id for choice in chosen] == ["c"]


def test_a_long_text_must_pay_for_its_length():
    short, long = text("s", CANAL * 3, 0.5), text("l", CANAL * 12, 0.5)
    assert uncertainty(short) > 2 * uncertainty(long)


def test_choices_say_why_and_carry_statements_to_correct(tmp_path):
    (choice,) = select([text("a", CANAL, 0.5)], 5)
    assert choice.record.extra["selection"]["rank"] == 0
    assert len(choice.record.statements) == 1


def test_nothing_to_choose_from_is_refused():
    with pytest.raises(CorpusError, match="0 candidates"):
        select([], 3)


def test_the_command_writes_the_chosen_texts(tmp_path):
    write_corpus(tmp_path / "in.jsonl", [text("a", CANAL, 0.9), text("b", FISH, 0.2)])
    write_corpus(tmp_path / "known.jsonl", [Record("k", CANAL)])
    options = ["--as-is", "-n", "1", "-o", str(tmp_path / "out.jsonl")]
    known = ["--known", str(tmp_path / "known.jsonl")]
    result = CliRunner().invoke(cli.app, ["select", str(tmp_path / "in.jsonl"), *options, *known])
    assert result.exit_code == 0, result.output
    assert [record.id for record in read_corpus(tmp_path / "out.jsonl")] == ["b"]
