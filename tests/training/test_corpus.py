import json

import pytest

from onrecord.errors import CorpusError
from onrecord_training.corpus import (
    GoldStatement,
    Reject,
    read_corpus,
    read_predicted,
    scan_corpus,
    write_corpus,
)

TEXT = "Oskvar rejects the canal, Ilva Brandt said."
STATEMENT = {
    "cue": [7, 14],
    "source": [0, 6],
    "content": [[15, 24]],
    "target": [15, 24],
    "stance": "opposes",
    "conditional": False,
    "actor": "Oskvar",
    "represents": "Oskvar",
}


def corpus(tmp_path, *records):
    path = tmp_path / "corpus.jsonl"
    rows = [row if isinstance(row, str) else json.dumps(row) for row in records]
    path.write_text("".join(row + "\n" for row in rows), encoding="utf-8")
    return path


def record(name="a", text=TEXT, **changes):
    return {"id": name, "text": text, "statements": [{**STATEMENT, **changes}]}


def test_a_house_record_is_read_with_its_extra_fields(tmp_path):
    path = corpus(tmp_path, {**record(), "topic": "canals", "article": "x1"})
    (item,) = read_corpus(path)
    assert item.slice(item.statements[0].cue) == "rejects"
    assert item.statements[0].content == ((15, 24),)
    assert item.extra == {"topic": "canals", "article": "x1"}
    assert item.article == "x1"


def test_a_record_survives_writing_and_reading(tmp_path):
    path = corpus(tmp_path, {**record(annotator="b"), "topic": "canals"})
    (item,) = read_corpus(path)
    again = tmp_path / "out" / "again.jsonl"
    assert write_corpus(again, [item]) == 1
    (back,) = read_corpus(again)
    assert back == item
    assert back.statements[0].extra == {"annotator": "b"}
    assert back.extra == item.extra


def test_polnear_lists_of_spans_are_read_without_stance(tmp_path):
    statement = {"cue": [[7, 14]], "source": [[0, 6], [26, 37]], "content": [[15, 24]]}
    path = corpus(tmp_path, {"id": "p", "text": TEXT, "statements": [statement]})
    (item,) = read_corpus(path)
    (found,) = item.statements
    assert found.stance is None
    assert found.cue == (7, 14)
    assert found.source == (26, 37)
    assert found.spans("source") == ((0, 6), (26, 37))
    assert found.spans("target") == ()


def test_parts_of_a_discontinuous_source_survive_writing(tmp_path):
    statement = {"cue": [[7, 14]], "source": [[0, 6], [26, 37]], "content": [[15, 24]]}
    path = corpus(tmp_path, {"id": "p", "text": TEXT, "statements": [statement]})
    (item,) = read_corpus(path)
    write_corpus(path, [item])
    assert next(read_corpus(path)) == item


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cue": [7, 99]}, "does not slice"),
        ({"cue": [14, 7]}, "does not slice"),
        ({"cue": [7, 7]}, "does not slice"),
        ({"cue": [-3, 2]}, "does not slice"),
        ({"cue": [7.0, 14.0]}, "whole numbers"),
        ({"cue": "rejects"}, "whole numbers"),
        ({"cue": 7}, "whole numbers"),
        ({"source": {"start": 0, "end": 6, "text": "Ilva"}}, "another unit"),
        ({"content": [[15, 24], [20, 30]]}, "overlap"),
        ({"stance": "oposes"}, "did you mean 'opposes'"),
        ({"stance": "Rules out"}, "did you mean 'rules_out'"),
        ({"stance": "zzz"}, "legal: supports, opposes"),
        ({"stance": 3}, "as a string"),
        ({"conditional": "yes"}, "true or false"),
        ({"actor": 7}, "expected a name or null"),
        ({"confidence": None}, "confidence is None; expected a number from 0 to 1"),
        ({"confidence": "high"}, "confidence is 'high'; expected a number from 0 to 1"),
        ({"confidence": float("nan")}, "confidence is nan; expected a number from 0 to 1"),
        ({"scores": [1]}, "scores is [1]; expected an object of numbers by stance"),
        ({"cue": None, "content": []}, "neither cue nor content"),
    ],
)
def test_a_bad_statement_is_named_with_file_line_and_reason(tmp_path, changes, message):
    path = corpus(tmp_path, record("good"), record("bad", **changes))
    with pytest.raises(CorpusError) as caught:
        list(read_corpus(path))
    assert str(caught.value).startswith(f"{path}:2 (record bad): statement 0: ")
    assert message in str(caught.value)


def test_a_misspelled_field_is_named_with_the_right_one(tmp_path):
    row = record()
    row["statements"][0]["stanse"] = row["statements"][0].pop("stance")
    with pytest.raises(CorpusError, match="'stanse' is unknown; did you mean 'stance'"):
        list(read_corpus(corpus(tmp_path, row)))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{", "not JSON"),
        ("[1]", "expected a JSON object"),
        ("[" * 100_000, "nested more than 100 deep"),
        ('{"id": "a", "x": ' + "[" * 101 + "]" * 101 + "}", "nested more than 100 deep"),
        ('{"id": "a", "x": ' + "7" * 5000 + "}", "a number is too long"),
        ({"id": None, "text": TEXT, "statements": []}, "id is None; expected a name or a number"),
        ({"id": "a", "statements": []}, "'text' is missing"),
        ({"id": "a", "text": "  ", "statements": []}, "only white space"),
        ({"id": "a", "text": 3, "statements": []}, "expected a string"),
        ({"id": "a", "text": TEXT, "statements": {}}, "expected a list"),
        ({"id": "a", "text": TEXT, "statements": [3]}, "a statement is an object"),
        ('{"id": "a", "text": "x\\ud83d", "statements": []}', "lone surrogate at character 1"),
    ],
)
def test_a_bad_line_is_refused_with_its_number(tmp_path, row, message):
    path = corpus(tmp_path, row)
    with pytest.raises(CorpusError, match=":1.*" + message):
        list(read_corpus(path))


def test_the_lenient_reader_keeps_the_good_records_around_bad_ones(tmp_path):
    path = corpus(tmp_path, record("a"), record("b", cue=[7, 99]), "{", record("c"), record("a"))
    items = list(scan_corpus(path))
    assert [item.id for item in items] == ["a", "b", None, "c", "a"]
    rejects = [item for item in items if isinstance(item, Reject)]
    assert [item.line for item in rejects] == [2, 3, 5]
    assert "was used on line 1" in rejects[-1].reason


def test_an_empty_file_is_refused(tmp_path):
    with pytest.raises(CorpusError, match="holds no record"):
        list(read_corpus(corpus(tmp_path)))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(CorpusError, match="cannot be read"):
        list(read_corpus(tmp_path / "nowhere.jsonl"))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("caf\xe9".encode("latin-1"), "byte 0xe9 at position 3 is not UTF-8"),
        ("{}".encode("utf-16"), "is UTF-16"),
    ],
)
def test_a_file_in_another_encoding_is_refused_with_the_place(tmp_path, data, message):
    path = tmp_path / "corpus.jsonl"
    path.write_bytes(data)
    with pytest.raises(CorpusError, match=message):
        list(scan_corpus(path))


def test_a_byte_order_mark_is_tolerated(tmp_path):
    path = tmp_path / "corpus.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(record()).encode())
    assert len(list(read_corpus(path))) == 1


def test_own_labels_can_replace_the_ten(tmp_path):
    path = corpus(tmp_path, record(stance="against"))
    (item,) = read_corpus(path, stances=("for", "against"))
    assert item.statements[0].stance == "against"


def test_predictions_are_read_from_the_wire_form_without_text(tmp_path):
    gold = list(read_corpus(corpus(tmp_path, record())))
    wire = {
        "id": "a",
        "statements": [
            {
                "id": "a:0",
                "source": {"start": 0, "end": 6, "text": "Oskvar"},
                "cue": {"start": 7, "end": 14, "text": "rejects"},
                "content": [{"start": 15, "end": 24, "text": "the canal"}],
                "target": None,
                "stance": "opposes",
                "confidence": 0.5,
                "actor": {"name": "Oskvar", "represents": {"name": "Oskvar", "kind": "state"}},
            }
        ],
        "processing": {"offset_unit": "codepoint"},
    }
    path = tmp_path / "predicted.jsonl"
    path.write_text(json.dumps(wire) + "\n" + json.dumps({**wire, "id": "unknown"}) + "\n")
    (statement,) = read_predicted(path, gold)["a"]
    assert statement == GoldStatement(
        cue=(7, 14),
        source=(0, 6),
        content=((15, 24),),
        stance="opposes",
        actor="Oskvar",
        represents="Oskvar",
    )
    assert statement.extra["confidence"] == 0.5


def test_predictions_in_another_unit_or_of_another_file_are_refused(tmp_path):
    gold = list(read_corpus(corpus(tmp_path, record())))
    path = tmp_path / "predicted.jsonl"
    path.write_text(
        json.dumps({"id": "a", "statements": [], "processing": {"offset_unit": "utf16"}}) + "\n"
    )
    with pytest.raises(CorpusError, match="offsets are in utf16"):
        read_predicted(path, gold)
    path.write_text(json.dumps({"id": "z", "statements": []}) + "\n")
    with pytest.raises(CorpusError, match="no record id in common"):
        read_predicted(path, gold)


def test_predictions_of_a_part_of_gold_or_twice_of_one_article_are_refused(tmp_path):
    gold = list(read_corpus(corpus(tmp_path, record(), record("b"))))
    path = tmp_path / "predicted.jsonl"
    line = json.dumps({"id": "a", "statements": []}) + "\n"
    path.write_text(line)
    with pytest.raises(
        CorpusError, match="nothing about 1 of 2 gold records, the first of them 'b'"
    ):
        read_predicted(path, gold)
    path.write_text(line + line)
    with pytest.raises(CorpusError, match=r":2: id 'a' comes a second time"):
        read_predicted(path, gold)
