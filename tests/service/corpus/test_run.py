"""Runs over corpora: workers, kills, resuming, copies, full disks."""

import csv
import errno
import gzip
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from onrecord.actors import priors
from onrecord.errors import CorpusError
from onrecord_service.corpus import run as run_module
from onrecord_service.corpus.cache import LabelCache
from onrecord_service.corpus.engine import InProcess, WorkerPool
from onrecord_service.corpus.flat import FLAT_COLUMNS
from onrecord_service.corpus.job import Job, layout_of
from onrecord_service.corpus.labelling import LabelOptions
from onrecord_service.corpus.options import ReadOptions
from onrecord_service.corpus.output import LogFile, sole_writer
from onrecord_service.corpus.records import FieldMap
from onrecord_service.corpus.run import Observer, run_job
from onrecord_service.corpus.sources import Meter
from tests.service.corpus.fakes import FACTORY

ROOT = Path(__file__).parents[3]


def rows(count, start=0):
    return [
        {"id": f"n{number}", "text": f"Norway backs plan {number}. Chad rejects it.", "n": number}
        for number in range(start, start + count)
    ]


def write(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return path


def job(source, output, *, factory=FACTORY, keep=(), cache=None, **options):
    labelling = LabelOptions(
        layout=layout_of(str(output))[0], keep=keep, pack=cache is not None, factory=factory
    )
    return Job((str(source),), output, ReadOptions(), labelling, cache=cache, **options)


def go(a_job, workers=1, observer=None):
    def engine():
        if workers == 1:
            return InProcess(a_job.labelling)
        return WorkerPool(a_job.labelling, workers)

    return run_job(a_job, engine, Meter(), observer or Observer())


def ids(path):
    return [json.loads(line)["id"] for line in Path(path).read_text("utf-8").splitlines()]


def test_workers_write_the_same_bytes_as_one_process(tmp_path):
    records = rows(300)
    records[7]["text"] = " "
    source = write(tmp_path / "in.jsonl", records)
    go(job(source, tmp_path / "one.jsonl"))
    state = go(job(source, tmp_path / "two.jsonl"), workers=2)
    assert (tmp_path / "two.jsonl").read_bytes() == (tmp_path / "one.jsonl").read_bytes()
    assert (state.labelled, state.rejected, state.statements) == (299, 1, 598)
    (rejected,) = (tmp_path / "two.jsonl.rejected.jsonl").read_text().splitlines()
    assert json.loads(rejected)["line"] == 8
    assert json.loads(rejected)["id"] == "n7"


def test_worker_that_dies_costs_only_the_record_that_killed_it(tmp_path):
    records = rows(120)
    records[50]["text"] = "KILL-WORKER"
    state = go(job(write(tmp_path / "in.jsonl", records), tmp_path / "o.jsonl"), workers=2)
    assert ids(tmp_path / "o.jsonl") == [f"n{number}" for number in range(120) if number != 50]
    assert state.rejected == 1
    assert "worker process died" in (tmp_path / "o.jsonl.rejected.jsonl").read_text()


@pytest.mark.parametrize("name", ["o.jsonl", "o.jsonl.gz", "o.jsonl.zst", "o.csv", "o.parquet"])
def test_run_stopped_anywhere_resumes_to_the_same_bytes(tmp_path, name, monkeypatch):
    pytest.importorskip("zstandard")
    records = rows(40)
    records[3]["text"] = ""
    records[30]["text"] = ""
    source = write(tmp_path / "in.jsonl", records)
    go(job(source, tmp_path / f"whole-{name}", keep=("n",)))
    monkeypatch.setattr(run_module, "CHECKPOINT_SECONDS", 0.0)
    output = tmp_path / name
    stops = iter([2, 3, 11, 29, 40])

    def interrupt_at(limit):
        def advanced(state):
            if state.position == limit:
                # What a kill leaves: bytes after the checkpoint that must not count.
                raise RuntimeError(limit)

        return Observer(advanced=advanced)

    for stop in stops:
        with pytest.raises(RuntimeError):
            go(job(source, output, resume=True, keep=("n",)), observer=interrupt_at(stop))
        partial = job(source, output).log_file
        with partial.open("ab") as stream:
            stream.write(b"half a li")
    state = go(job(source, output, resume=True, keep=("n",)))
    assert state.status == "finished"
    assert (state.labelled, state.rejected, state.position) == (38, 2, 40)
    assert content(output) == content(tmp_path / f"whole-{name}")
    side = (tmp_path / f"{name}.rejected.jsonl").read_text().splitlines()
    assert [json.loads(line)["id"] for line in side] == ["n3", "n30"]
    assert not job(source, output).log_file.name.startswith("x")
    assert sorted(path.name for path in tmp_path.glob(f"{name}*")) == [
        name,
        f"{name}.rejected.jsonl",
        f"{name}.run.json",
    ]


def content(path):
    data = path.read_bytes()
    if path.suffix == ".gz":
        return gzip.decompress(data)
    if path.suffix == ".zst":
        zstandard = pytest.importorskip("zstandard")
        from io import BytesIO

        reader = zstandard.ZstdDecompressor().stream_reader(BytesIO(data), read_across_frames=True)
        return reader.read()
    if path.suffix == ".parquet":
        return pytest.importorskip("pyarrow.parquet").read_table(path).to_pylist()
    return data


SCRIPT = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run behind `&`
from onrecord_service import cli
from onrecord_service.commands import label
from onrecord_service.corpus import run
label.FACTORY = "tests.service.corpus.fakes:make_slow_fake"
run.CHECKPOINT_SECONDS = 0.05
if __name__ == "__main__":
    cli.main()
"""


def start(tmp_path, *arguments, **options):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    paths = [ROOT / "models", ROOT / "service", ROOT]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
    command = [sys.executable, str(script), "label", *map(str, arguments)]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, **options)


def wait_for_position(path, minimum):
    for _ in range(3000):
        time.sleep(0.02)
        try:
            if json.loads(path.read_text())["position"] >= minimum:
                return
        except (FileNotFoundError, ValueError):
            pass
    pytest.fail(f"the run did not reach record {minimum}")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_process_that_is_killed_resumes_without_loss_or_duplicates(tmp_path, number):
    records = rows(600)
    source = write(tmp_path / "in.jsonl", records)
    output = tmp_path / "o.jsonl"
    arguments = [source, "-o", output, "--workers", "2"]
    process = start(tmp_path, *arguments)
    wait_for_position(tmp_path / "o.jsonl.run.json", 100)
    children = children_of(process.pid)
    assert children
    process.send_signal(number)
    _, stderr = process.communicate(timeout=120)
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert "--resume" in stderr
    assert 0 < len(ids_of_whole_lines(output)) < 600
    refused = start(tmp_path, *arguments)
    _, stderr = refused.communicate(timeout=120)
    assert refused.returncode == 2
    assert "with --resume" in stderr
    resumed = start(tmp_path, *arguments, "--resume")
    _, stderr = resumed.communicate(timeout=120)
    assert resumed.returncode == 0, stderr
    assert ids(output) == [record["id"] for record in records]
    for _ in range(100):
        if not any(Path(f"/proc/{child}").exists() for child in children):
            break
        time.sleep(0.05)
    else:
        pytest.fail("workers outlived their parent")


def children_of(pid):
    path = Path(f"/proc/{pid}/task/{pid}/children")
    if not path.exists():
        pytest.skip("needs /proc to see worker processes")
    return path.read_text().split()


def ids_of_whole_lines(path):
    return [line for line in path.read_bytes().split(b"\n") if line.endswith(b"}")]


@pytest.mark.parametrize(("method", "seconds"), [("write", 0.0), ("write", 99.0), ("_flush", 0.0)])
def test_interrupt_in_the_middle_of_writing_loses_and_doubles_nothing(
    tmp_path, monkeypatch, method, seconds
):
    records = rows(20)
    records[9]["text"] = ""
    source = write(tmp_path / "in.jsonl", records)
    monkeypatch.setattr(run_module, "CHECKPOINT_SECONDS", seconds)
    real = getattr(LogFile, method)
    calls = []

    def interrupted(self, *data):
        held = bytes(self._pending)
        real(self, *data)
        calls.append(self)
        if len(calls) == 15:
            if method == "_flush":
                self._pending += held  # between the write to the file and forgetting what it was
            raise KeyboardInterrupt

    monkeypatch.setattr(LogFile, method, interrupted)
    with pytest.raises(KeyboardInterrupt):
        go(job(source, tmp_path / "o.jsonl"))
    monkeypatch.undo()
    state = go(job(source, tmp_path / "o.jsonl", resume=True))
    assert ids(tmp_path / "o.jsonl") == [f"n{number}" for number in range(20) if number != 9]
    assert len((tmp_path / "o.jsonl.rejected.jsonl").read_text().splitlines()) == 1
    assert (state.labelled, state.rejected, state.position) == (19, 1, 20)


def test_finished_run_that_is_resumed_does_nothing(tmp_path):
    source = write(tmp_path / "in.jsonl", rows(3))
    first = go(job(source, tmp_path / "o.jsonl"))
    before = (tmp_path / "o.jsonl").stat().st_mtime_ns
    assert go(job(source, tmp_path / "o.jsonl", resume=True)) == first
    assert (tmp_path / "o.jsonl").stat().st_mtime_ns == before


def test_existing_output_is_not_replaced_without_being_asked(tmp_path):
    source = write(tmp_path / "in.jsonl", rows(3))
    go(job(source, tmp_path / "o.jsonl"))
    with pytest.raises(CorpusError, match="holds a finished run; replace it with --overwrite"):
        go(job(source, tmp_path / "o.jsonl"))
    (tmp_path / "p.jsonl").write_text("precious")
    with pytest.raises(CorpusError, match="exists; replace it"):
        go(job(source, tmp_path / "p.jsonl"))
    go(job(source, tmp_path / "p.jsonl", overwrite=True))
    assert len(ids(tmp_path / "p.jsonl")) == 3


def test_resuming_with_other_input_or_options_is_refused(tmp_path):
    source = write(tmp_path / "in.jsonl", rows(3))
    go(job(source, tmp_path / "o.jsonl"))
    write(source, rows(4))
    with pytest.raises(CorpusError, match="inputs differ"):
        go(job(source, tmp_path / "o.jsonl", resume=True))


@pytest.mark.parametrize("name", ["out.jsonl", "out.csv", "out.parquet"])
def test_output_inside_an_input_folder_is_no_input_of_its_own_run(tmp_path, name, monkeypatch):
    pytest.importorskip("zstandard")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(run_module, "CHECKPOINT_SECONDS", 0.0)
    news = tmp_path / "news"
    news.mkdir()
    write(news / "a.jsonl", [*rows(4), {"text": ""}])
    write(news / "z.jsonl", rows(4, start=4))
    files = {"cache": Path("news/cache.sqlite"), "drop_duplicates": True}
    whole = go(job("news", tmp_path / f"whole-{name}", drop_duplicates=True))

    def stop(state):
        if state.position == 7:
            raise KeyboardInterrupt
        assert state.position < 20, "the run reads what it writes"

    with pytest.raises(KeyboardInterrupt):
        go(job("news", Path("news") / name, **files), observer=Observer(advanced=stop))
    (news / f"{name}.lock").touch()  # what a kill leaves
    state = go(job("news", news / "." / name, resume=True, **files))
    assert (state.labelled, state.rejected, state.position) == (8, 1, 9)
    assert state.statements == whole.statements
    assert content(news / name) == content(tmp_path / f"whole-{name}")
    again = go(job("news", news / name, overwrite=True, **files))
    assert (again.labelled, again.rejected) == (8, 1)


@pytest.mark.parametrize("name", ["o.jsonl", "o.jsonl.rejected.jsonl", "link.jsonl", "c"])
def test_file_that_the_run_would_write_over_is_refused_as_its_input(tmp_path, name):
    write(tmp_path / "o.jsonl", rows(2))
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "o.jsonl")
    with pytest.raises(CorpusError, match="is written by this run; choose another -o"):
        job(tmp_path / name, tmp_path / "o.jsonl", overwrite=True, cache=tmp_path / "c")
    assert len(ids(tmp_path / "o.jsonl")) == 2


def test_output_cut_after_the_run_is_not_resumed_silently(tmp_path):
    source = write(tmp_path / "in.jsonl", rows(30))

    def stop(state):
        if state.position == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        go(job(source, tmp_path / "o.jsonl"), observer=Observer(advanced=stop))
    (tmp_path / "o.jsonl").write_bytes(b"")
    with pytest.raises(CorpusError, match="was changed"):
        go(job(source, tmp_path / "o.jsonl", resume=True))


def test_second_run_on_one_output_is_refused(tmp_path):
    source = write(tmp_path / "in.jsonl", rows(1))
    with (
        sole_writer(tmp_path / "o.jsonl"),
        pytest.raises(CorpusError, match="another run is writing"),
    ):
        go(job(source, tmp_path / "o.jsonl"))


def test_full_disk_stops_cleanly_and_resumes(tmp_path, monkeypatch):
    source = write(tmp_path / "in.jsonl", rows(20))
    monkeypatch.setattr(run_module, "CHECKPOINT_SECONDS", 0.0)
    real = LogFile.checkpoint
    calls = []

    def fail(self):
        calls.append(self)
        if len(calls) > 16:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self)

    monkeypatch.setattr(LogFile, "checkpoint", fail)
    with pytest.raises(CorpusError, match=r"the disk is full; .* --resume"):
        go(job(source, tmp_path / "o.jsonl"))
    monkeypatch.setattr(LogFile, "checkpoint", real)
    go(job(source, tmp_path / "o.jsonl", resume=True))
    assert ids(tmp_path / "o.jsonl") == [f"n{number}" for number in range(20)]


def test_failure_of_the_disk_that_is_not_full_says_nothing_of_room(tmp_path, monkeypatch):
    def fail(self):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(LogFile, "checkpoint", fail)
    with pytest.raises(CorpusError, match=r"Input/output error.*: mend that and run"):
        go(job(write(tmp_path / "in.jsonl", rows(2)), tmp_path / "o.jsonl"))


def test_copies_of_a_text_are_left_out_on_request_and_named(tmp_path):
    records = rows(3)
    records.append({**records[0], "id": "copy", "outlet": "other"})
    state = go(
        job(write(tmp_path / "in.jsonl", records), tmp_path / "o.jsonl", drop_duplicates=True)
    )
    assert ids(tmp_path / "o.jsonl") == ["n0", "n1", "n2"]
    assert (state.duplicates, state.rejected) == (1, 0)
    side = json.loads((tmp_path / "o.jsonl.rejected.jsonl").read_text())
    assert side["reason"] == "duplicate of n0 (in.jsonl, line 1)"


def test_copies_are_found_whatever_their_ids_hold(tmp_path):
    records = [{**rows(1)[0], "id": name} for name in ("\ud800", "\udfff")]
    source = write(tmp_path / "in.jsonl", records)
    state = go(job(source, tmp_path / "o.jsonl", drop_duplicates=True))
    assert (state.labelled, state.duplicates) == (1, 1)
    side = json.loads((tmp_path / "o.jsonl.rejected.jsonl").read_text())
    assert side["reason"] == "duplicate of \ud800 (in.jsonl, line 1)"


def test_cache_gives_the_same_bytes_without_labelling_again(tmp_path, monkeypatch):
    records = [*rows(5), {**rows(1)[0], "id": "copy", "outlet": "other"}]
    source = write(tmp_path / "in.jsonl", records)
    plain = job(source, tmp_path / "plain.jsonl")
    go(plain)
    cache = tmp_path / "cache.sqlite"
    go(job(source, tmp_path / "first.jsonl", cache=cache))
    from tests.service.corpus.fakes import FakeLabeller

    monkeypatch.setattr(FakeLabeller, "extract_one", None)
    go(job(source, tmp_path / "second.jsonl", cache=cache))
    for name in ("first", "second"):
        assert (tmp_path / f"{name}.jsonl").read_bytes() == plain.output.read_bytes()


def test_cache_keeps_the_numbers_of_statements_below_which_some_were_left_out(tmp_path):
    text = "Norway backs plan 1. Chad rejects it. Mali backs plan 22."
    source = write(tmp_path / "in.jsonl", [{"id": "a:b", "text": text}])

    def found(name, cache):
        plain = job(source, tmp_path / name, cache=cache)
        go(replace(plain, labelling=replace(plain.labelling, threshold=0.55)))
        (article,) = map(json.loads, (tmp_path / name).read_text().splitlines())
        return [statement["id"] for statement in article["statements"]]

    cache = tmp_path / "c"
    assert found("plain.jsonl", None) == ["a:b:0", "a:b:2"]
    assert found("first.jsonl", cache) == found("second.jsonl", cache) == ["a:b:0", "a:b:2"]


@pytest.mark.parametrize("field", ["date", "title", *(name for name, _ in priors._LISTS)])
def test_cache_tells_articles_apart_by_all_that_actors_depend_on(tmp_path, field):
    base = {"text": "Norway backs plan 1."}
    cache = LabelCache(tmp_path / "c", {})
    keys = {
        cache.key(FieldMap().article({**base, **more}, fallback_id="a", keep_text=True))
        for more in ({}, {field: "2020"}, {field: "2021"})
    }
    cache.close()
    assert len(keys) == 3


def test_file_that_is_no_cache_is_refused(tmp_path):
    source = write(tmp_path / "in.jsonl", rows(1))
    (tmp_path / "c").write_bytes(b"hello" * 999)
    with pytest.raises(CorpusError, match="name another file"):
        go(job(source, tmp_path / "o.jsonl", cache=tmp_path / "c"))


def test_parquet_becomes_a_folder_of_parts_when_large(tmp_path, monkeypatch):
    pq = pytest.importorskip("pyarrow.parquet")
    from onrecord_service.corpus import parquet

    monkeypatch.setattr(parquet, "GROUP_ROWS", 10)
    monkeypatch.setattr(parquet, "GROUPS_PER_PART", 2)
    go(job(write(tmp_path / "in.jsonl", rows(25)), tmp_path / "o.parquet", keep=("n",)))
    assert [path.name for path in sorted((tmp_path / "o.parquet").iterdir())] == [
        f"part-0000{number}.parquet" for number in range(3)
    ]
    table = pq.read_table(tmp_path / "o.parquet")
    assert table.num_rows == 50
    assert table.column_names == [*FLAT_COLUMNS, "n"]
    assert table.schema.metadata[b"onrecord.schema"] == b"1"


def test_parquet_of_nothing_is_an_empty_table(tmp_path):
    pq = pytest.importorskip("pyarrow.parquet")
    go(job(write(tmp_path / "in.jsonl", [{"text": "Nothing."}]), tmp_path / "o.parquet"))
    assert pq.read_table(tmp_path / "o.parquet").num_rows == 0


def test_kept_fields_become_columns(tmp_path):
    go(job(write(tmp_path / "in.jsonl", rows(2)), tmp_path / "o.csv", keep=("n",)))
    with (tmp_path / "o.csv").open() as stream:
        assert [row["n"] for row in csv.DictReader(stream)] == ["0", "0", "1", "1"]


def test_rows_say_how_sure_the_actor_and_the_principal_are(tmp_path):
    source = write(tmp_path / "in.jsonl", rows(2))
    go(job(source, tmp_path / "o.jsonl"))
    go(job(source, tmp_path / "o.csv"))
    lines = (tmp_path / "o.jsonl").read_text("utf-8").splitlines()
    actors = [s["actor"] for line in lines for s in json.loads(line)["statements"]]
    expected = [(str(a["confidence"]), str(a["represents"]["confidence"])) for a in actors]
    with (tmp_path / "o.csv").open() as stream:
        told = [
            (row["actor_confidence"], row["represents_confidence"])
            for row in csv.DictReader(stream)
        ]
    assert told == expected
    assert len(told) == 4


def test_run_file_says_where_the_output_came_from(tmp_path):
    go(job(write(tmp_path / "in.jsonl", rows(2)), tmp_path / "o.jsonl"))
    state = json.loads((tmp_path / "o.jsonl.run.json").read_text())
    assert state["model"]["name"] == "fake"
    assert state["schema"] == 1
    assert state["status"] == "finished"
    assert state["settings"]["labelling"]["threshold"] is None


def test_run_file_that_cannot_be_read_is_named(tmp_path):
    source = write(tmp_path / "in.jsonl", rows(2))
    (tmp_path / "o.jsonl.run.json").write_text("{")
    with pytest.raises(CorpusError, match=r"o\.jsonl\.run\.json cannot be read"):
        go(job(source, tmp_path / "o.jsonl", resume=True))
