import json
from xml.etree import ElementTree as ET

import cassis
import pytest
from typer.testing import CliRunner

from onrecord.errors import CorpusError
from onrecord_training import cli
from onrecord_training.converters import prelabel
from onrecord_training.corpus import GoldStatement, Record, read_corpus, write_corpus

from .conftest import COMMITS, OPPOSES, TEXT, put

RECORD = Record("a", TEXT, (OPPOSES, COMMITS))


def run(*arguments):
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def test_the_import_command_writes_house_jsonl_and_a_report(tmp_path):
    source = put(tmp_path, [RECORD.to_dict()])
    output, report = tmp_path / "out.jsonl", tmp_path / "report.json"
    result = run("import", source, "--format", "house", "-o", output, "--report", report)
    assert result.exit_code == 0, result.output
    assert list(read_corpus(output)) == [RECORD]
    assert json.loads(report.read_text())["stances"] == {"opposes": 1, "commits": 1}


def test_a_share_of_the_articles_is_kept_apart(tmp_path):
    rows = [Record(f"a{number % 20}#{number}", TEXT, (OPPOSES,)).to_dict() for number in range(60)]
    source = put(tmp_path, rows)
    output, dev = tmp_path / "mine.jsonl", tmp_path / "dev.jsonl"
    result = run("import", source, "--format", "house", "-o", output, "--dev", dev)
    assert result.exit_code == 0, result.output
    train, held = list(read_corpus(output)), list(read_corpus(dev))
    assert (len(train), len(held)) == (48, 12)
    assert not {item.article for item in train} & {item.article for item in held}


def test_one_article_cannot_be_split(tmp_path):
    source = put(tmp_path, [RECORD.to_dict()])
    arguments = ("import", source, "--format", "house", "-o", tmp_path / "out.jsonl")
    result = run(*arguments, "--dev", tmp_path / "dev.jsonl")
    assert "cannot be split by article" in str(result.exception)
    assert not (tmp_path / "out.jsonl").exists()


def test_rejected_records_give_exit_status_one_and_are_listed(tmp_path):
    bad = Record("b", TEXT, (GoldStatement((9, 16), stance="oposes"),)).to_dict()
    source = put(tmp_path, [RECORD.to_dict(), bad])
    result = run("import", source, "--format", "house", "-o", tmp_path / "out.jsonl")
    assert result.exit_code == 1
    assert "rejected 2 (b): stance 'oposes'" in result.output.replace("\n", " ")


def test_json_that_python_cannot_read_loses_no_other_record(tmp_path):
    source = put(tmp_path, [RECORD.to_dict()])
    deep, long = "[" * 100_000, '{"id": ' + "7" * 5000 + "}"
    source.write_text(source.read_text() + f"\n{deep}\n{long}\n")
    result = run("import", source, "--format", "house", "-o", tmp_path / "out.jsonl")
    assert result.exit_code == 1, result.output
    said = " ".join(result.output.split())
    assert "1 imported, 0 skipped, 2 rejected" in said
    assert "nested more than 100 deep" in said
    assert "a number is too long" in said
    assert list(read_corpus(tmp_path / "out.jsonl")) == [RECORD]


@pytest.mark.parametrize("text", ["[" * 100_000, '[{"id": ' + "7" * 5000 + "}]"])
def test_a_list_that_python_cannot_read_is_named(tmp_path, text):
    source = tmp_path / "export.json"
    source.write_text(text)
    result = run("import", source, "--format", "labelstudio", "-o", tmp_path / "out.jsonl")
    assert isinstance(result.exception, CorpusError)
    assert "export.json: " in str(result.exception)


def test_a_mapping_with_a_byte_order_mark_is_read(tmp_path):
    source, mapping = put(tmp_path, [RECORD.to_dict()]), tmp_path / "map.toml"
    mapping.write_text('[stances]\nagainst = "opposes"\n', encoding="utf-8-sig")
    options = ("--map", mapping, "-o", tmp_path / "out.jsonl")
    assert run("import", source, "--format", "house", *options).exit_code == 0


def test_nothing_is_written_when_nothing_could_be_imported(tmp_path):
    source = put(tmp_path, [{"id": "a"}])
    result = run("import", source, "--format", "house", "-o", tmp_path / "out.jsonl")
    assert result.exit_code != 0
    assert not (tmp_path / "out.jsonl").exists()


def test_pre_annotations_are_written_from_a_checkpoint(tmp_path, monkeypatch):
    class FakeExtractor:
        pass

    monkeypatch.setattr(prelabel, "load_extractor", lambda _checkpoint: FakeExtractor())
    monkeypatch.setattr(
        prelabel, "predict", lambda _extractor, records, **_: {records[0].id: (OPPOSES,)}
    )
    source = put(tmp_path, [{"text": TEXT}])
    result = run("preannotate", source, "--format", "labelstudio", "-o", tmp_path / "tasks.json")
    assert result.exit_code == 0, result.output
    (task,) = json.loads((tmp_path / "tasks.json").read_text())
    assert len(task["predictions"][0]["result"]) == 8


def test_statements_can_be_written_as_they_are(tmp_path):
    write_corpus(tmp_path / "in.jsonl", [RECORD])
    result = run(
        "preannotate", tmp_path / "in.jsonl", "--as-is", "--format", "brat", "-o", tmp_path / "brat"
    )
    assert result.exit_code == 0, result.output
    assert (tmp_path / "brat" / "a.txt").read_text(encoding="utf-8") == TEXT


def test_the_label_studio_configuration_names_roles_and_stances(tmp_path):
    result = run("labelling-config", "labelstudio", "-o", tmp_path / "config.xml")
    assert result.exit_code == 0, result.output
    view = ET.parse(tmp_path / "config.xml").getroot()
    assert [label.get("value") for label in view.iter("Label")] == [
        "Cue",
        "Source",
        "Content",
        "Target",
    ]
    assert "rules_out" in [choice.get("value") for choice in view.iter("Choice")]


def test_the_inception_configuration_is_a_type_system_that_cassis_loads(tmp_path):
    run("labelling-config", "inception", "-o", tmp_path / "types.xml")
    system = cassis.load_typesystem((tmp_path / "types.xml").read_text(encoding="utf-8"))
    assert system.get_type("webanno.custom.Statement").get_feature("stance")


@pytest.mark.parametrize(
    "arguments",
    [
        ("labelling-config", "prodgy", "-o", "x"),
        ("preannotate", "x", "--format", "labelstudo", "-o", "x"),
    ],
)
def test_an_unknown_tool_is_refused(arguments):
    assert run(*arguments).exit_code == 2
