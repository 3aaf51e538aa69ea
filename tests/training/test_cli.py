"""Exit status 1 is a verdict; whatever could not be done is 2, in one line that says what to do."""

import re
import sys

import pytest

from onrecord_training import cli
from onrecord_training.corpus import GoldStatement, Record, read_corpus, write_corpus

TEXT = "Oskvar rejects the canal. He said no."
GOLD = Record("a", TEXT, (GoldStatement((7, 14), (0, 6), ((15, 24),), (15, 24), "opposes"),))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a corpus, a folder and a file in it, worked in."""
    monkeypatch.chdir(tmp_path)
    rows = [Record(f"a{number}", TEXT, GOLD.statements) for number in range(10)]
    write_corpus("gold.jsonl", rows)
    (tmp_path / "DIR").mkdir()
    (tmp_path / "FILE").write_text("x", encoding="utf-8")
    return tmp_path


@pytest.fixture
def main(folder, monkeypatch, capsys):
    """Run the command line as a shell does; returns exit status and what went to stderr."""

    def run(line):
        monkeypatch.setattr(sys, "argv", ["onrecord-train", *line.split()])
        with pytest.raises(SystemExit) as left:
            cli.main()
        return left.value.code, capsys.readouterr().err

    return run


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("import gold.jsonl --format house -o DIR", "DIR: Is a directory; name a file"),
        ("import gold.jsonl --format house -o out.jsonl --report DIR", "DIR: Is a directory"),
        ("evaluate gold.jsonl gold.jsonl --rounds 5 --json DIR", "DIR: Is a directory"),
        ("labelling-config brat -o DIR", "DIR: Is a directory"),
        ("preannotate gold.jsonl --as-is --format brat -o FILE", "FILE: File exists; a file"),
        ("calibrate gold.jsonl nothere", "nothere holds no manifest.json; give a folder"),
        ("compare gold.jsonl gold.jsonl nothere", "give a checkpoint folder, or a .jsonl"),
        ("check gold.jsonl --predicted nothere", "give a checkpoint folder, or a .jsonl"),
        ("select gold.jsonl --as-is --checkpoint DIR -o n.jsonl", "`--as-is` runs no model"),
        ("preannotate FILE --as-is --format brat -o new", "FILE:1: not JSON"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_status_two(main, line, told):
    status, said = main(line)
    assert status == 2
    assert told in said
    assert said.startswith("error: ")
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    "line",
    [
        "evaluate gold.jsonl gold.jsonl --rounds 0",
        "evaluate gold.jsonl --threshold nan",
        "evaluate gold.jsonl --threshold 2",
        "check gold.jsonl --threshold 5",
        "compare gold.jsonl gold.jsonl gold.jsonl --rounds -1",
        "compare gold.jsonl gold.jsonl gold.jsonl --shown -1",
        "import gold.jsonl --format house -o y.jsonl --dev DIR/../y.jsonl",
        "import gold.jsonl --format house -o y.jsonl --report y.jsonl",
    ],
)
def test_options_out_of_range_or_at_odds_are_exit_status_two(main, folder, line):
    status, _ = main(line)
    assert status == 2
    assert not (folder / "y.jsonl").exists()


def test_a_failed_import_leaves_no_partial_file(main, folder):
    main("import gold.jsonl --format house -o DIR")
    assert {path.name for path in folder.iterdir()} == {"gold.jsonl", "DIR", "FILE"}


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (MemoryError(), "error: memory is used up"),
        (OSError(28, "No space left on device", "x.jsonl"), "x.jsonl: No space left .*make room"),
        (ZeroDivisionError("our fault"), "(?s)Traceback.*ZeroDivisionError: our fault"),
    ],
)
def test_whatever_happens_is_no_verdict(main, monkeypatch, error, told):
    def fails():
        raise error

    monkeypatch.setattr(cli, "app", fails)
    status, said = main("check gold.jsonl")
    assert status == 2
    assert re.search(told, said)


def test_texts_in_an_empty_file_are_not_pre_annotated(main, folder):
    (folder / "none.jsonl").write_text("\n", encoding="utf-8")
    status, said = main("preannotate none.jsonl --as-is --format labelstudio -o tasks.json")
    assert status == 2
    assert "none.jsonl: the file holds no record" in said
    assert not (folder / "tasks.json").exists()


def test_a_card_may_go_into_a_folder_that_is_not_there_yet(folder, monkeypatch):
    (folder / "card.in.md").write_text("# A card\n", encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["onrecord-train", "card", "card.in.md", "-o", "new/card.md"])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 0
    assert "# A card" in (folder / "new" / "card.md").read_text(encoding="utf-8")


def test_texts_without_a_name_get_one_and_gold_without_one_is_refused(main, folder):
    row = '{"id": null, "text": "Oskvar said no.", "statements": []}\n'
    (folder / "texts.jsonl").write_text(row, encoding="utf-8")
    status, _ = main("preannotate texts.jsonl --as-is --format brat -o brat")
    assert status == 0
    assert (folder / "brat" / "texts-1.txt").is_file()
    status, said = main("check texts.jsonl")
    assert status == 2
    assert "no record of it can be read" in said
    assert len(list(read_corpus("gold.jsonl"))) == 10
