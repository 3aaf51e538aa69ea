"""The bad input that corpora bring, through the command as a person types it."""

import gzip
import json
import resource
import signal
import subprocess

import pytest
from typer.testing import CliRunner

from onrecord.errors import CorpusError
from onrecord_service import cli
from onrecord_service.commands import label
from onrecord_service.corpus import cache as cache_module
from onrecord_service.corpus.labelled import read_labelled
from tests.service.corpus.fakes import FACTORY
from tests.service.corpus.test_run import ids, rows, start, wait_for_position, write

GOOD = "Norway backs the café plan."
WIDE = ["utf-16", "utf-16-le", "utf-16-be", "utf-32"]


@pytest.fixture(autouse=True)
def fake(monkeypatch):
    monkeypatch.setattr(label, "FACTORY", FACTORY)


def run(folder, *arguments):
    """Label; return the exit code, the texts and the rejections."""
    output = folder / "o.jsonl"
    asked = ["label", *map(str, arguments), "-o", str(output), "--overwrite", "-q"]
    result = CliRunner().invoke(cli.build_app(), asked)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    side = folder / "o.jsonl.rejected.jsonl"
    bad = side.read_text("utf-8").splitlines() if side.exists() else []
    texts = [json.loads(line)["text"] for line in output.read_text("utf-8").splitlines()]
    return result.exit_code, texts, [json.loads(line) for line in bad]


def test_truncated_gzip_keeps_its_good_lines_and_exit_code_1_tells_of_it(tmp_path):
    lines = "".join(json.dumps(row) + "\n" for row in rows(5000)).encode()
    (tmp_path / "in.jsonl.gz").write_bytes(gzip.compress(lines)[:-3000])
    code, texts, bad = run(tmp_path, tmp_path / "in.jsonl.gz")
    assert code == 1
    assert 100 < len(texts) < 5000
    assert texts == [row["text"] for row in rows(len(texts))]
    assert bad[-1]["line"] in {len(texts) + 1, len(texts) + 2}
    assert "truncated" in bad[-1]["reason"]


def test_truncated_labelled_file_is_named_by_the_commands_that_read_it(tmp_path):
    source = tmp_path / "in.jsonl"
    source.write_text("".join(json.dumps({"text": GOOD}) + "\n" for _ in range(400)))
    run(tmp_path, source)
    data = gzip.compress((tmp_path / "o.jsonl").read_bytes())
    (tmp_path / "cut.jsonl.gz").write_bytes(data[: len(data) // 2])
    with pytest.raises(CorpusError, match=r"cut\.jsonl\.gz, line \d+: .*truncated"):
        list(read_labelled([str(tmp_path / "cut.jsonl.gz")]))
    with pytest.raises(CorpusError, match="cannot be read: No such file"):
        list(read_labelled([str(tmp_path / "none.jsonl")]))


def test_lines_of_mixed_encodings_cost_themselves_or_are_tried_in_turn(tmp_path):
    first, second = (json.dumps({"text": GOOD}, ensure_ascii=False) + "\n" for _ in range(2))
    source = tmp_path / "in.jsonl"
    source.write_bytes(first.encode() + second.encode("cp1252") + first.encode())
    code, texts, (bad,) = run(tmp_path, source)
    assert (code, texts, bad["line"]) == (1, [GOOD, GOOD], 2)
    assert "utf-8,cp1252" in bad["reason"]
    code, texts, bad = run(tmp_path, source, "--encoding", "utf-8,cp1252")
    assert (code, texts, bad) == (0, [GOOD] * 3, [])


def test_folder_of_texts_in_mixed_encodings_is_read_in_turn(tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    for name in ("utf-8", "cp1252", "utf-16"):
        (folder / f"{name}.txt").write_bytes(GOOD.encode(name))
    assert run(tmp_path, folder)[0] == 1
    assert run(tmp_path, folder, "--encoding", "utf-8, cp1252")[:2] == (0, [GOOD] * 3)


@pytest.mark.parametrize("encoding", WIDE)
@pytest.mark.parametrize("name", ["in.jsonl", "in.csv", "in.tsv", "in.json", "in.txt"])
def test_wide_encodings_are_read_in_every_text_format(tmp_path, encoding, name):
    texts = [GOOD, "Chad rejects Ċ it 😀."]  # U+010A holds the byte of a line feed
    if name == "in.jsonl":
        content = "".join(json.dumps({"text": t}, ensure_ascii=False) + "\r\n" for t in texts)
    elif name == "in.json":
        content = json.dumps([{"text": text} for text in texts], ensure_ascii=False)
    elif name == "in.txt":
        content, texts = texts[1], texts[1:]
    else:
        content = "id{0}text\n1{0}{1}\n2{0}{2}\n".format("\t" if "tsv" in name else ",", *texts)
    (tmp_path / name).write_bytes(content.encode(encoding))
    assert run(tmp_path, tmp_path / name, "--encoding", encoding) == (0, texts, [])
    if encoding in {"utf-16", "utf-32"}:  # their mark is enough
        assert run(tmp_path, tmp_path / name) == (0, texts, [])


def test_wide_file_that_is_cut_or_damaged_keeps_its_good_lines(tmp_path):
    content = "".join(json.dumps(row) + "\n" for row in rows(3000))
    (tmp_path / "in.jsonl").write_bytes(content.encode("utf-16")[:-3])
    code, texts, bad = run(tmp_path, tmp_path / "in.jsonl")
    assert code == 1
    assert len(texts) > 1000
    assert "not valid utf-16 after byte" in bad[-1]["reason"]


def test_link_to_nowhere_and_its_neighbors(tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "a.txt").symlink_to(tmp_path / "nowhere")
    (folder / "b.txt").write_text(GOOD, "utf-8")
    (folder / "c").symlink_to(folder)  # a circle, which ends where the system says so
    code, texts, bad = run(tmp_path, folder)
    assert code == 1
    assert set(texts) == {GOOD}
    assert (bad[0]["source"], bad[0]["reason"]) == (
        "a.txt",
        "cannot be read: No such file or directory",
    )


def limited(size):
    """Let every file of a process grow to a size only: a disk that is full, without one."""

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


def test_disk_that_fills_up_stops_the_command_cleanly_and_resumes(tmp_path):
    source = write(tmp_path / "in.jsonl", rows(600))
    output = tmp_path / "o.jsonl"
    arguments = [source, "-o", output, "--workers", "1"]
    process = start(tmp_path, *arguments, preexec_fn=limited(100_000))
    _, stderr = process.communicate(timeout=120)
    assert process.returncode == 2, stderr
    assert "Traceback" not in stderr
    assert "--resume" in stderr
    state = json.loads((tmp_path / "o.jsonl.run.json").read_text())
    assert 0 < state["position"] < 600
    process = start(tmp_path, *arguments, "--resume")
    _, stderr = process.communicate(timeout=120)
    assert process.returncode == 0, stderr
    assert ids(output) == [f"n{number}" for number in range(600)]


@pytest.mark.parametrize("option", ["--cache", "--drop-duplicates"])
def test_disk_that_fills_up_under_the_cache_or_the_texts_met_is_told_the_same(
    tmp_path, option, monkeypatch
):
    import sqlite3

    def full(*_):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(cache_module.LabelCache, "put", full)
    monkeypatch.setattr(cache_module.Seen, "first_place", full)
    source = write(tmp_path / "in.jsonl", rows(5))
    more = [tmp_path / "c"] if option == "--cache" else []
    with pytest.raises(CorpusError, match=r"the disk is full; .* --resume"):
        run(tmp_path, source, option, *more)


def test_two_commands_on_one_output_end_in_one_output(tmp_path):
    source = write(tmp_path / "in.jsonl", rows(600))
    output = tmp_path / "o.jsonl"
    first = start(tmp_path, source, "-o", output, "--workers", "1")
    wait_for_position(tmp_path / "o.jsonl.run.json", 1)
    first.send_signal(signal.SIGSTOP)  # it must still be at work however slowly the second starts
    second = start(tmp_path, source, "-o", output, "--workers", "1", "--overwrite")
    _, stderr = second.communicate(timeout=120)
    first.send_signal(signal.SIGCONT)
    assert second.returncode == 2
    assert "another run is writing" in stderr
    _, stderr = first.communicate(timeout=120)
    assert first.returncode == 0, stderr
    assert ids(output) == [f"n{number}" for number in range(600)]
    assert not (tmp_path / "o.jsonl.lock").exists()


def test_reader_that_goes_away_ends_the_stream_without_a_traceback(tmp_path):
    source = write(tmp_path / "in.jsonl", rows(3000))
    process = start(tmp_path, source, "-o", "-", stdout=subprocess.PIPE)
    assert process.stdout.readline().startswith("{")
    process.stdout.close()
    with process.stderr:
        stderr = process.stderr.read()
    process.wait(timeout=120)
    assert "Traceback" not in stderr
    assert process.returncode in {0, 1, 2, 141, -signal.SIGPIPE}
