"""A corpus of offsets only finds its texts again, and says so when they are not the same."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from onrecord.errors import CorpusError
from onrecord_training import cli
from onrecord_training.check import read_splits
from onrecord_training.corpus import Reject, read_corpus, scan_corpus, write_corpus
from onrecord_training.mapped import MappedRecords
from onrecord_training.records import GoldStatement, Record
from onrecord_training.standoff import detach

PASSAGE = "Marta Oyelaran 🎈 rejected the ferry plan."
ARTICLE = {
    "id": "a7",
    "title": "Ferry",
    "date": "2025-03-01",
    "text": f"Lead.\n\n{PASSAGE}\n\nEnd.",
}


def record(text: str = PASSAGE) -> Record:
    cue, target = text.index("rejected"), text.index("the ferry plan")
    statement = GoldStatement(
        cue=(cue, cue + 8), source=(0, 14), target=(target, target + 14), stance="opposes"
    )
    return Record("a7#0", text, (statement,), {"article": "a7"})


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    texts, rows = tmp_path / "texts.jsonl", tmp_path / "rows.jsonl"
    texts.write_text(json.dumps(ARTICLE) + "\n", encoding="utf-8")
    detached = detach([record()], texts)
    rows.write_text("".join(json.dumps(row) + "\n" for row in detached), encoding="utf-8")
    return rows, texts


def test_rows_hold_no_word_of_the_text_and_join_to_the_record_they_came_from(
    files: tuple[Path, Path],
) -> None:
    rows, texts = files
    assert "ferry" not in rows.read_text(encoding="utf-8")
    (joined,) = read_corpus(rows, texts=texts)
    assert joined == record()
    assert joined.extra["title"] == "Ferry"
    assert list(MappedRecords(rows, texts=texts)) == [record()]


def test_another_release_of_the_texts_is_refused_record_by_record(
    files: tuple[Path, Path],
) -> None:
    rows, texts = files
    changed = {**ARTICLE, "text": str(ARTICLE["text"]).replace("ferry", "Ferry")}
    texts.write_text(json.dumps(changed) + "\n", encoding="utf-8")
    (reject,) = scan_corpus(rows, texts=texts)
    assert isinstance(reject, Reject)
    assert "not the one that was annotated" in reject.reason


def test_a_missing_article_is_named(files: tuple[Path, Path]) -> None:
    rows, texts = files
    texts.write_text(json.dumps({**ARTICLE, "id": "b"}) + "\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="'a7' is not in"):
        list(read_corpus(rows, texts=texts))


def test_texts_that_are_no_jsonl_are_named(files: tuple[Path, Path]) -> None:
    rows, texts = files
    texts.write_text("not json", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"texts\.jsonl:1: not JSON .*; give the articles"):
        list(read_corpus(rows, texts=texts))


def test_articles_in_latin_1_are_named_by_line_and_their_words_are_not_printed(
    files: tuple[Path, Path],
) -> None:
    _, texts = files
    texts.write_bytes(b'{"id": "a7", "text": "Ren\xe9e Quill, a secret word"}\n')
    with pytest.raises(CorpusError, match=r"texts\.jsonl:1: byte 0xe9 .* is not UTF-8") as caught:
        detach([record()], texts)
    assert "secret" not in str(caught.value)


def test_an_article_without_a_name_is_refused(files: tuple[Path, Path]) -> None:
    _, texts = files
    texts.write_text('{"id": null, "text": "x"}\n', encoding="utf-8")
    with pytest.raises(CorpusError, match="an article without `id`"):
        detach([record()], texts)


def test_a_passage_that_stands_nowhere_cannot_be_detached(files: tuple[Path, Path]) -> None:
    _, texts = files
    with pytest.raises(CorpusError, match="exactly once"):
        detach([record("Marta Oyelaran rejected the ferry plan at noon.")], texts)


@pytest.mark.parametrize("fault", [{"start": None}, {"start": "x"}, {"text": "other"}])
def test_a_row_that_is_no_row_of_offsets_is_rejected(
    files: tuple[Path, Path], fault: dict[str, object]
) -> None:
    rows, texts = files
    row = json.loads(rows.read_text(encoding="utf-8")) | fault
    rows.write_text(json.dumps({k: v for k, v in row.items() if v is not None}) + "\n")
    (reject,) = scan_corpus(rows, texts=texts)
    assert isinstance(reject, Reject)
    assert "row of offsets" in reject.reason or "text of its own" in reject.reason


def test_offsets_without_their_texts_say_what_is_missing(files: tuple[Path, Path]) -> None:
    with pytest.raises(CorpusError, match="name its file"):
        list(read_corpus(files[0]))


@pytest.mark.parametrize("unsure", [[[3, 5]], [3, 5], [{"start": 3, "end": 5}]])
def test_unsure_spans_may_be_written_as_any_spans_are(tmp_path: Path, unsure: list[object]) -> None:
    path = tmp_path / "c.jsonl"
    path.write_text(json.dumps({**record().to_dict(), "unsure": unsure}) + "\n")
    assert next(read_corpus(path)).unsure == ((3, 5),)
    path.write_text(json.dumps({**record().to_dict(), "unsure": None}) + "\n")
    assert next(read_corpus(path)).unsure == ()


def test_the_command_writes_rows_without_their_text(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    rows, texts = files
    write_corpus(tmp_path / "whole.jsonl", [record()])
    arguments = ["detach", str(tmp_path / "whole.jsonl"), "--texts", str(texts)]
    result = CliRunner().invoke(cli.app, [*arguments, "-o", str(tmp_path / "out.jsonl")])
    assert result.exit_code == 0, result.output
    assert list(read_corpus(tmp_path / "out.jsonl", texts=texts)) == [record()]
    assert (tmp_path / "out.jsonl").read_text() == rows.read_text()


def test_offsets_and_whole_texts_are_checked_and_counted_side_by_side(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    rows, texts = files
    whole = tmp_path / "whole.jsonl"
    write_corpus(whole, [Record("b#0", "Nuno Arce hailed the bridge.", record().statements[:0])])
    splits, rejects = read_splits([rows, whole], texts=texts)
    assert [item.text for item in splits["rows"]] == [PASSAGE]
    assert len(splits["whole"]) == 1
    assert rejects == []
    with pytest.raises(CorpusError, match="--texts"):
        read_splits([rows, whole])


def test_the_data_card_counts_a_corpus_of_offsets(files: tuple[Path, Path], tmp_path: Path) -> None:
    rows, texts = files
    template, card = tmp_path / "card.md", tmp_path / "out.md"
    template.write_text("{{corpora}}\n", encoding="utf-8")
    arguments = ["card", str(template), "-o", str(card), "--corpus", str(rows)]
    result = CliRunner().invoke(cli.app, [*arguments, "--texts", str(texts)])
    assert result.exit_code == 0, result.output
    assert "| rows | 1 |" in card.read_text(encoding="utf-8")
