"""`onrecord label` as a person types it, with a fake labeller."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from onrecord.errors import CorpusError
from onrecord_service import cli
from onrecord_service.commands import label
from tests.service.corpus.fakes import FACTORY

ROOT = Path(__file__).parents[3]
GOOD = {"id": "a", "text": "Norway backs the plan. Chad rejects it all."}


@pytest.fixture(autouse=True)
def fake(monkeypatch):
    monkeypatch.setattr(label, "FACTORY", FACTORY)


def run(*arguments, **options):
    return CliRunner().invoke(cli.build_app(), ["label", *map(str, arguments)], **options)


def lines(path):
    return [json.loads(line) for line in Path(path).read_text("utf-8").splitlines()]


def write(path, *rows):
    text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    path.write_text(text, "utf-8")
    return path


def test_text_file_becomes_one_labelled_line_whose_spans_slice_the_text(tmp_path):
    text = "\ufeffNorway backs the café plan.\r\nEnd"
    (tmp_path / "a.txt").write_bytes(text.encode())
    result = run(tmp_path / "a.txt", "-o", tmp_path / "out.jsonl")
    assert result.exit_code == 0
    (article,) = lines(tmp_path / "out.jsonl")
    assert article["id"] == "a"
    assert article["text"] == text[1:]
    span = article["statements"][0]["target"]
    assert article["text"][span["start"] : span["end"]] == span["text"] == "the café plan"


def test_bad_line_is_reported_with_its_number_and_the_run_goes_on(tmp_path):
    source = write(tmp_path / "in.jsonl", GOOD, "{bad", {"id": "c"}, {"id": "d", "text": " "}, GOOD)
    result = run(source, "-o", tmp_path / "out.jsonl")
    assert result.exit_code == 1
    assert [row["id"] for row in lines(tmp_path / "out.jsonl")] == ["a", "a"]
    for number in (2, 3, 4):
        assert f"in.jsonl, line {number}" in result.stderr
    assert "2 articles labelled, 4 statements, 3 records rejected" in result.stderr


def test_gold_fields_do_not_leak_and_others_pass_through(tmp_path):
    gold = {**GOOD, "statements": [{"cue": [0, 1]}], "model": "x", "url": "u", "n": [1, None]}
    run(write(tmp_path / "in.jsonl", gold), "-o", tmp_path / "out.jsonl")
    (article,) = lines(tmp_path / "out.jsonl")
    assert article["url"] == "u"
    assert article["n"] == [1, None]
    assert article["text"] == gold["text"]
    assert article["model"]["name"] == "fake"
    assert [row["stance"] for row in article["statements"]] == ["supports", "opposes"]


def test_csv_has_a_row_per_statement(tmp_path):
    run(write(tmp_path / "in.jsonl", GOOD), "-o", tmp_path / "out.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text("utf-8"))))
    assert [(row["actor"], row["stance"], row["target"]) for row in rows] == [
        ("Norway", "supports", "the plan"),
        ("Chad", "opposes", "it all"),
    ]


def test_folder_is_read_in_order_of_name_without_hidden_files(tmp_path):
    folder = tmp_path / "news"
    (folder / "b").mkdir(parents=True)
    (folder / "c.txt").write_text("Chad says hello.")
    (folder / "b" / "x.txt").write_text("Chad says hello.")
    (folder / ".hidden.txt").write_text("Chad says hello.")
    (folder / "a.docx").write_text("x")
    result = run(folder, "-o", tmp_path / "out.jsonl")
    assert [row["id"] for row in lines(tmp_path / "out.jsonl")] == ["b/x", "c"]
    assert result.exit_code == 1
    assert "a.docx: format .docx is not read; legal:" in result.stderr


@pytest.mark.parametrize("given", [json.dumps(GOOD), GOOD["text"]])
def test_standard_input_takes_json_lines_or_plain_text(given):
    result = run("-", "-o", "-", input=given)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["statements"][0]["stance"] == "supports"


def test_without_output_a_table_is_shown(tmp_path):
    result = run(write(tmp_path / "in.jsonl", {**GOOD, "title": "Talks [bold]open"}))
    assert result.exit_code == 0
    assert "Talks [bold]open" in result.stdout
    assert "supports" in result.stdout


def test_offset_unit_and_threshold_and_scores_are_honored(tmp_path):
    source = write(tmp_path / "in.jsonl", {"text": "😀 Norway backs the plan."})
    run(source, "-o", tmp_path / "a.jsonl", "--offset-unit", "utf16", "--no-scores", "--no-text")
    (article,) = lines(tmp_path / "a.jsonl")
    assert article["statements"][0]["source"]["start"] == 3
    assert "scores" not in article["statements"][0]
    assert "text" not in article
    assert article["id"] == "in:1"
    run(source, "-o", tmp_path / "b.jsonl", "--threshold", "0.99")
    assert lines(tmp_path / "b.jsonl")[0]["statements"] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.jsonl", "-o", "x.jsonl"], "'nowhere.jsonl' does not exist"),
        (["-", "-o", "x.docx"], "suffix must be one of"),
        (["-", "-o", "x.jsonl", "--offset-unit", "byte"], "use codepoint, utf16, utf8"),
        (["-", "-o", "x.jsonl", "--column", "body"], "FIELD=COLUMN"),
        (["-", "-o", "x.jsonl", "--encoding", "klingon"], "encoding 'klingon' is unknown"),
    ],
)
def test_a_run_that_cannot_start_says_why(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CorpusError, match=re.escape(message)):
        raise run(*arguments).exception
    assert not list(tmp_path.iterdir())


def test_error_before_the_start_is_one_line_with_exit_code_2():
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}/models:{ROOT}/service"}
    done = subprocess.run(
        [sys.executable, "-m", "onrecord_service.cli", "label", "nowhere"],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("onrecord: input 'nowhere' does not exist")
    assert "Traceback" not in done.stderr


def run_process(*arguments, stdout=subprocess.PIPE):
    """Run the command line in a process of its own, with the fake labeller."""
    code = (
        "from onrecord_service import cli; from onrecord_service.commands import label;"
        f"label.FACTORY = {FACTORY!r}; cli.main()"
    )
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": f"{ROOT}/models:{ROOT}/service:{ROOT}"},
    )


def test_file_that_standard_output_goes_to_is_not_read_as_input(tmp_path):
    write(tmp_path / "in.jsonl", GOOD)
    out = tmp_path / "out.jsonl"
    earlier = json.dumps({"id": "earlier", "text": GOOD["text"]}) + "\n"
    out.write_text(earlier)  # appended to: an endless run would feed on this line
    with out.open("a") as stream:
        done = run_process("label", tmp_path, "-o", "-", stdout=stream)
        named = run_process("label", out, "-o", "-", stdout=stream)
    assert done.returncode == 0, done.stderr
    assert "1 articles labelled" in done.stderr
    assert [row["id"] for row in lines(out)] == ["earlier", "a"]
    assert named.returncode == 2
    assert "is the file that standard output goes to" in named.stderr


def test_full_disk_behind_standard_output_is_one_line_with_exit_code_2(tmp_path):
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    source = write(tmp_path / "in.jsonl", GOOD)
    with Path("/dev/full").open("w") as stream:
        done = run_process("label", source, "-o", "-", stdout=stream)
    assert done.returncode == 2
    assert "No space left on device; make room" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize("output", [[], ["-o", "-"]])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--drop-duplicates"], "--drop-duplicates needs an output file: -o OUT.jsonl"),
        (["--cache", "c.sqlite"], "--cache needs an output file"),
        (["--engine", "ray"], "--engine needs an output file"),
        (["--workers", "2", "--resume"], "--resume, --workers need an output file"),
    ],
)
def test_options_that_mean_nothing_without_an_output_file_are_refused(options, message, output):
    with pytest.raises(CorpusError, match=re.escape(message)):
        raise run("-", *output, *options, input=json.dumps(GOOD)).exception


def test_output_that_is_a_folder_is_refused_at_once(tmp_path):
    (tmp_path / "out.jsonl").mkdir()
    source = write(tmp_path / "in.jsonl", GOOD)
    with pytest.raises(CorpusError, match="is a folder; name a file in it"):
        raise run(source, "-o", tmp_path / "out.jsonl").exception


def test_run_that_labelled_nothing_may_be_put_right_with_the_same_output(tmp_path):
    source, out = write(tmp_path / "in.jsonl", {"body": GOOD["text"]}), tmp_path / "out.jsonl"
    assert run(source, "-o", out).exit_code == 2
    assert run(source, "-o", out, "--column", "text=body").exit_code == 0
    assert len(lines(out)) == 1
    assert not (tmp_path / "out.jsonl.rejected.jsonl").exists()


def test_output_written_by_hand_after_a_run_that_labelled_nothing_is_kept(tmp_path):
    source, out = write(tmp_path / "in.jsonl", {"body": GOOD["text"]}), tmp_path / "out.jsonl"
    run(source, "-o", out)
    out.write_text("precious")
    with pytest.raises(CorpusError, match="holds a finished run"):
        raise run(source, "-o", out, "--column", "text=body").exception
    assert out.read_text() == "precious"


def test_link_to_a_folder_above_is_not_followed_round(tmp_path):
    folder = tmp_path / "news" / "x"
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text("Chad says hello.")
    (folder / "up").symlink_to("..")
    run(tmp_path / "news", "-o", tmp_path / "out.jsonl")
    assert [row["id"] for row in lines(tmp_path / "out.jsonl")] == ["x/a"]


def test_csv_in_another_encoding_is_told_of_as_that(tmp_path):
    (tmp_path / "in.csv").write_bytes("text\ncaf\u00e9\n".encode("cp1252"))
    result = run(tmp_path / "in.csv", "-o", tmp_path / "out.jsonl")
    assert "in.csv, line 2: byte 0xe9" in result.stderr
    assert "not a CSV row" not in result.stderr


def test_nothing_labelled_at_all_is_exit_code_2(tmp_path):
    assert run(write(tmp_path / "in.jsonl", "{"), "-o", tmp_path / "o.jsonl").exit_code == 2


def test_mapped_columns_and_encoding_are_read(tmp_path):
    row = {"body": "Norway backs the café plan.", "guid": 7, "head": "H", "day": "2025-01-02"}
    path = tmp_path / "in.jsonl"
    path.write_text(json.dumps(row, ensure_ascii=False), "cp1252")
    mapping = [f"--column={pair}" for pair in ("text=body", "id=guid", "title=head", "date=day")]
    run(path, "-o", tmp_path / "o.jsonl", *mapping, "--encoding", "cp1252")
    (article,) = lines(tmp_path / "o.jsonl")
    assert [article[key] for key in ("id", "title", "date")] == ["7", "H", "2025-01-02"]
    assert article["text"] == row["body"]


def test_lone_surrogates_in_passed_fields_do_not_stop_the_writer(tmp_path):
    source = write(tmp_path / "in.jsonl", '{"text": "Chad says hello.", "x": "\\ud800"}')
    assert run(source, "-o", tmp_path / "o.jsonl").exit_code == 0
    assert lines(tmp_path / "o.jsonl")[0]["x"] == "\ud800"


def test_info_names_the_model_and_its_hash():
    result = CliRunner().invoke(cli.build_app(), ["info", "--json"])
    assert json.loads(result.stdout)["model"] == {
        "name": "fake",
        "version": "0",
        "sha256": "0" * 64,
    }
