from __future__ import annotations

import csv
import io
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.event import listen
from sqlalchemy.event import remove as listen_no_more
from sqlalchemy.exc import OperationalError

from onrecord_service import job_results, schemas
from onrecord_service.app import create_app
from onrecord_service.job_runner import _is_dead
from onrecord_service.settings import Settings
from onrecord_service.store.database import open_database
from onrecord_service.store.job_types import Finished, NewRecord
from onrecord_service.store.jobs import JobStore
from tests.service.conftest import TEXT, TestClient, wait_until_ready
from tests.service.fakes import FakeExtractor

URL = "/v1/jobs"
NDJSON = {"Content-Type": "application/x-ndjson"}


def corpus(count: int) -> str:
    return "".join(
        json.dumps({"id": f"a{n}", "text": TEXT, "desk": n}) + "\n" for n in range(count)
    )


def finished(client: TestClient, job_id: str) -> dict[str, Any]:
    for _ in range(1000):
        job = client.get(f"{URL}/{job_id}").json()
        if job["state"] not in {"queued", "running"}:
            return job  # type: ignore[no-any-return]
        time.sleep(0.01)
    message = f"the job is still {job}"
    raise TimeoutError(message)


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_corpus_is_labelled_in_order_and_bad_lines_are_told_by_number(
    client: TestClient,
) -> None:
    body = corpus(2) + '{"text": ""}\nnot json\n\n' + '{"id": 7, "text": "Rain fell."}\n[1]\n'
    answer = client.post(URL, content=body, headers=NDJSON)
    assert answer.status_code == 202
    schemas.JobOut.model_validate(answer.json())
    job = finished(client, answer.json()["id"])
    assert (job["state"], job["total"], job["done"], job["rejected"]) == ("succeeded", 6, 3, 3)
    results = lines(client.get(f"{URL}/{job['id']}/results").text)
    assert [item["id"] for item in results] == ["a0", "a1", "7"]
    assert results[1]["desk"] == 1
    rejected = lines(client.get(f"{URL}/{job['id']}/rejected").text)
    assert [(item["line"], item["problem"]["type"]) for item in rejected] == [
        (3, "/problems/empty-text"),
        (4, "/problems/invalid-json"),
        (7, "/problems/invalid-request"),
    ]


def test_a_line_nested_too_deep_is_rejected_and_the_rest_comes_back(client: TestClient) -> None:
    def line(depth: int) -> str:
        return f'{{"text": "Hi \\ud83d\\ude00", "a": {"[" * depth}{"]" * depth}}}\n'

    body = line(700) + line(300) + line(150) + line(99)
    job = finished(client, client.post(URL, content=body, headers=NDJSON).json()["id"])
    assert (job["done"], job["rejected"]) == (1, 3)
    (kept,) = lines(client.get(f"{URL}/{job['id']}/results").text)
    assert kept["id"] == "line-4"


def test_a_job_says_the_same_as_a_request(client: TestClient) -> None:
    job_id = client.post(URL, content=corpus(1), headers=NDJSON).json()["id"]
    finished(client, job_id)
    (stored,) = lines(client.get(f"{URL}/{job_id}/results").text)
    direct = client.post("/v1/extract", json={"id": "a0", "text": TEXT, "extra": {"desk": 0}})
    assert stored == direct.json()


def test_csv_goes_in_and_out(client: TestClient) -> None:
    body = 'id,text,desk\na,"Norvania backs the ""plan"".\nIt rained.",x\nb,,y\n'
    answer = client.post(URL, content=body, headers={"Content-Type": "text/csv"})
    job = finished(client, answer.json()["id"])
    assert (job["done"], job["rejected"]) == (1, 1)
    text = client.get(f"{URL}/{job['id']}/results", params={"format": "csv"}).text
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["article_id"], row["actor"], row["stance"]) == ("a", "Norvania", "supports")


def test_words_of_an_article_are_no_formulas_of_a_spreadsheet(client: TestClient) -> None:
    record = {"id": "-7", "title": '=HYPERLINK("x")', "date": "@1", "text": TEXT}
    job_id = client.post(URL, content=json.dumps(record), headers=NDJSON).json()["id"]
    finished(client, job_id)
    text = client.get(f"{URL}/{job_id}/results", params={"format": "csv"}).text
    first, *_ = csv.DictReader(io.StringIO(text))
    assert (first["title"], first["date"]) == ('\'=HYPERLINK("x")', "'@1")
    assert (first["article_id"], first["source"], first["source_start"]) == ("-7", "Norvania", "0")


def csv_job(client: TestClient, body: str | bytes) -> tuple[Any, list[dict[str, Any]]]:
    """Return the job that became of a CSV, and what was rejected."""
    answer = client.post(URL, content=body, headers={"Content-Type": "text/csv"})
    job = finished(client, answer.json()["id"])
    return job, lines(client.get(f"{URL}/{job['id']}/rejected").text)


def test_an_open_quote_in_a_csv_costs_its_own_row_only(client: TestClient) -> None:
    body = 'id,text\na,"Varga said no\nb,Lee said yes\nc,Moe said maybe\n'
    job, (rejected,) = csv_job(client, body)
    assert (job["total"], job["done"], rejected["line"]) == (3, 2, 2)
    assert "quote" in rejected["problem"]["detail"]
    results = lines(client.get(f"{URL}/{job['id']}/results").text)
    assert [item["id"] for item in results] == ["b", "c"]


def test_a_csv_of_a_job_is_read_as_by_the_command_line(client: TestClient) -> None:
    body = 'id;title;"te\nxt";text\r\n;;1;It rained.\rb;3;2;"So; it\n\rgoes."\nc;;3;\xdf\n'
    data = b"\xef\xbb\xbf" + body.encode().replace(b"\xc3\x9f", b"\xdf")
    job, (rejected,) = csv_job(client, data)
    assert (rejected["line"], rejected["problem"]["type"]) == (7, "/problems/invalid-encoding")
    numbered, named = lines(client.get(f"{URL}/{job['id']}/results").text)
    assert (numbered["id"], named["id"], named["title"]) == ("line-3", "b", "3")
    assert named["te\nxt"] == "2"


def test_fields_of_other_types_are_read_as_by_the_command_line(client: TestClient) -> None:
    body = '{"id":"","title":3,"date":2025,"text":"Hi"}\n{"title":{},"text":"Hi"}\n'
    job = finished(client, client.post(URL, content=body, headers=NDJSON).json()["id"])
    (kept,) = lines(client.get(f"{URL}/{job['id']}/results").text)
    assert (kept["id"], kept["title"], kept["date"]) == ("line-1", "3", "2025")
    (rejected,) = lines(client.get(f"{URL}/{job['id']}/rejected").text)
    assert "'title' is of type object" in rejected["problem"]["detail"]


def test_a_byte_order_mark_before_the_first_line_is_no_part_of_it(client: TestClient) -> None:
    body = b"\xef\xbb\xbf" + corpus(1).encode()
    job = finished(client, client.post(URL, content=body, headers=NDJSON).json()["id"])
    assert (job["done"], job["rejected"]) == (1, 0)


@pytest.mark.parametrize("value", [[{"text": "Hi"}], {"text": "Hi"}])
def test_indented_json_is_refused_with_what_a_job_takes(client: TestClient, value: Any) -> None:
    answer = client.post(URL, json=None, content=json.dumps(value, indent=1), headers=NDJSON)
    assert answer.status_code == 422
    assert "one JSON object a line" in answer.json()["detail"]


@pytest.mark.parametrize("line", ['[{"text": "Hi"}]', '{"text": "Hi",', '[{"text": "Hi"},'])
def test_a_line_of_a_list_is_rejected_with_what_a_job_takes(client: TestClient, line: str) -> None:
    job = finished(client, client.post(URL, content=line, headers=NDJSON).json()["id"])
    (rejected,) = lines(client.get(f"{URL}/{job['id']}/rejected").text)
    assert "one JSON object a line" in rejected["problem"]["detail"]


def test_a_csv_with_a_column_without_name_as_pandas_writes_it_is_read(client: TestClient) -> None:
    job, _ = csv_job(client, ",id,text\n0,a,It rained.\n1,b,It rained.,more\n\n3,c\n")
    assert (job["done"], job["rejected"]) == (1, 2)


def test_a_row_of_a_csv_that_is_too_long_is_rejected_and_the_next_is_read(
    client: TestClient, settings: Settings
) -> None:
    limit = settings.max_body_bytes
    one_line = "x" * (3 * limit)
    many_lines = '"' + f"{'x' * (limit // 10)}\n" * 11
    job, rejected = csv_job(client, f"text,id\n{one_line},a\nIt rained.,c\n{many_lines}")
    assert [item["line"] for item in rejected[:2]] == [2, 4]
    assert {item["problem"]["type"] for item in rejected[:2]} == {"/problems/body-too-large"}
    kept = lines(client.get(f"{URL}/{job['id']}/results").text)
    assert kept[0]["id"] == "c"


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ("stra\xdfe,id\nx,y\n".encode("latin-1"), 400, "UTF-8"),
        (b"text," + b"x" * 300_000 + b"\nx,y\n", 413, "limit"),
        (b"text," + b"," * 5000 + b"\nx,y\n", 422, "columns, the limit"),
        (b"a\x00b," + b"long" * 100 + b"," * 500 + b"\nx\n", 422, "one must be named `text`"),
    ],
)
def test_a_csv_with_a_bad_header_is_refused(
    client: TestClient, body: bytes, status: int, told: str
) -> None:
    answer = client.post(URL, content=body, headers={"Content-Type": "text/csv"})
    assert answer.status_code == status
    assert told in answer.json()["detail"]
    assert len(answer.content) < 4000


def test_results_come_as_parquet(client: TestClient, settings: Settings) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    job_id = client.post(URL, content=corpus(3), headers=NDJSON).json()["id"]
    finished(client, job_id)
    answer = client.get(
        f"{URL}/{job_id}/results", headers={"Accept": "application/vnd.apache.parquet"}
    )
    table = parquet.read_table(io.BytesIO(answer.content))
    assert table.num_rows == 6
    assert sorted(path.name for path in settings.data_dir.iterdir() if path.suffix != ".sqlite")
    assert not list(settings.data_dir.glob("results-*"))
    assert not list(settings.data_dir.glob("upload-*"))


def test_parquet_that_fails_or_is_never_fetched_leaves_no_file(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")

    def broken() -> Iterator[dict[str, Any]]:
        yield from ()
        message = "the database is gone"
        raise OSError(message)

    with pytest.raises(OSError, match="gone"):
        job_results.write_parquet(broken(), tmp_path)
    assert not list(tmp_path.iterdir())
    job_results.write_parquet([], tmp_path).close()
    assert not list(tmp_path.iterdir())


def test_what_a_kill_left_in_the_data_folder_is_removed_at_the_next_start(
    settings: Settings, extractor: FakeExtractor
) -> None:
    settings.data_dir.mkdir()
    names = ("upload-old", "results-old", "upload-new", "notes-old")
    for name in names:
        (settings.data_dir / name).touch()
        if name.endswith("old"):
            os.utime(settings.data_dir / name, (0, 0))
    with TestClient(create_app(settings, extractor=extractor)):
        kept = {path.name for path in settings.data_dir.iterdir()}
    assert kept & set(names) == {"upload-new", "notes-old"}


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("", "application/x-ndjson", 422),
        ("a,b\n1,2\n", "text/csv", 422),
        ("<a/>", "application/xml", 415),
    ],
)
def test_what_is_no_corpus_is_refused(
    client: TestClient, body: str, kind: str, status: int
) -> None:
    answer = client.post(URL, content=body, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_job_of_bad_records_alone_has_failed(client: TestClient) -> None:
    job_id = client.post(URL, content="{}\n", headers=NDJSON).json()["id"]
    assert finished(client, job_id)["state"] == "failed"


def test_an_idempotency_key_makes_one_job(client: TestClient) -> None:
    headers = {**NDJSON, "Idempotency-Key": "night-run-7"}
    first = client.post(URL, content=corpus(2), headers=headers).json()["id"]
    assert client.post(URL, content=corpus(2), headers=headers).json()["id"] == first
    other = client.post(URL, content=corpus(3), headers=headers)
    assert other.status_code == 409
    assert first in other.json()["detail"]
    more = client.post(URL, content=corpus(2), headers=headers, params={"threshold": 0.7})
    assert more.status_code == 409
    assert "option" in more.json()["detail"]


def test_a_job_can_be_cancelled_and_keeps_what_it_has(
    client: TestClient, extractor: FakeExtractor
) -> None:
    extractor.gate.clear()
    job_id = client.post(URL, content=corpus(50), headers=NDJSON).json()["id"]
    try:
        assert client.delete(f"{URL}/{job_id}").json()["state"] == "cancelled"
        assert client.delete(f"{URL}/{job_id}").json()["state"] == "cancelled"
    finally:
        extractor.gate.set()
    time.sleep(0.1)
    assert len(extractor.seen) < 10


def test_a_job_that_is_over_cannot_be_cancelled(client: TestClient) -> None:
    job_id = client.post(URL, content=corpus(1), headers=NDJSON).json()["id"]
    finished(client, job_id)
    assert client.delete(f"{URL}/{job_id}").status_code == 409


def test_progress_comes_as_events_until_the_end(client: TestClient) -> None:
    job_id = client.post(URL, content=corpus(5), headers=NDJSON).json()["id"]
    with client.stream("GET", f"{URL}/{job_id}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        text = "".join(answer.iter_text())
    last = text.strip().split("\n\n")[-1].splitlines()
    assert last[0] == "event: end"
    assert json.loads(last[1].removeprefix("data: "))["done"] == 5


def test_an_article_of_a_job_can_be_shown(client: TestClient) -> None:
    job_id = client.post(URL, content=corpus(2), headers=NDJSON).json()["id"]
    finished(client, job_id)
    body = client.get(f"{URL}/{job_id}/articles/1").json()
    assert body["text"] == TEXT
    assert body["labelled"]["id"] == "a1"
    assert client.get(f"{URL}/{job_id}/articles/9").status_code == 404


def test_no_job_is_a_404(client: TestClient) -> None:
    assert client.get(f"{URL}/{'0' * 24}").status_code == 404
    assert client.get(f"{URL}/../../etc").status_code == 404
    assert client.get(f"{URL}/xyz").status_code == 422


def test_a_restarted_service_goes_on_with_its_jobs(settings: Settings) -> None:
    first = FakeExtractor()
    first.gate.clear()
    with TestClient(create_app(settings, extractor=first)) as client:
        wait_until_ready(client)
        job_id = client.post(URL, content=corpus(20), headers=NDJSON).json()["id"]
        while not first.seen:
            time.sleep(0.01)
        first.gate.set()
    second = FakeExtractor()
    with TestClient(create_app(settings, extractor=second)) as client:
        assert finished(client, job_id)["done"] == 20
        assert len(lines(client.get(f"{URL}/{job_id}/results").text)) == 20
    assert len(first.seen) + len(second.seen) == 20


# -- the store by itself -----------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    engine = open_database(f"sqlite:///{tmp_path}/jobs.sqlite")
    yield JobStore(engine, lease_s=0.2)
    engine.dispose()


def submit(store: JobStore, count: int) -> str:
    new = [NewRecord(n + 1, {"id": f"a{n}", "text": "x", "extra": {}}) for n in range(count)]
    return store.create(new, owner="", options={}, digest="d").id


def test_two_runners_never_hold_the_same_record(store: JobStore) -> None:
    store = JobStore(store._engine, lease_s=60)  # no lease may run out on a busy machine
    submit(store, 10)
    held = [item.number for name in "abcd" for item in store.claim(name, 3)]
    assert sorted(held) == list(range(10))


def test_only_the_holder_of_the_lease_may_finish_a_record(store: JobStore) -> None:
    job_id = submit(store, 1)
    (slow,) = store.claim("slow", 1)
    time.sleep(0.3)
    (quick,) = store.claim("quick", 1)
    assert store.finish("quick", [Finished(quick, ok=True, result={"by": "quick"})]) == 1
    assert store.finish("slow", [Finished(slow, ok=True, result={"by": "slow"})]) == 0
    assert list(store.results(job_id)) == [{"by": "quick"}]
    job = store.get(job_id, owner="")
    assert job is not None
    assert (job.done, job.state) == (1, "succeeded")


def test_an_owner_may_claim_again_what_it_lost_sight_of(store: JobStore) -> None:
    store = JobStore(store._engine, lease_s=60)
    submit(store, 3)
    assert [item.number for item in store.claim("me", 2)] == [0, 1]
    assert store.claim("other", 5)[0].number == 2
    assert [item.number for item in store.claim("me", 5)] == [0, 1]


@pytest.mark.parametrize("step", ["finish", "renew", "claim"])
@pytest.mark.parametrize("fault", [ZeroDivisionError(), OperationalError("x", {}, Exception())])
def test_a_job_survives_a_fault_of_the_store(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, step: str, fault: Exception
) -> None:
    faults = [fault, fault]
    real = getattr(JobStore, step)

    def failing(*arguments: object) -> object:
        if faults:
            raise faults.pop()
        return real(*arguments)

    monkeypatch.setattr(JobStore, step, failing)
    monkeypatch.setattr("onrecord_service.job_runner._POLL_S", 0.01)
    slow = FakeExtractor(seconds=0.3 if step == "renew" else 0)
    leases = settings.model_copy(update={"lease_s": 0.3 if step == "renew" else 60})
    with TestClient(create_app(leases, extractor=slow)) as client:
        wait_until_ready(client)
        job = client.post(URL, content=corpus(3), headers=NDJSON).json()["id"]
        assert finished(client, job)["done"] == 3
    assert not faults


def test_no_round_of_a_runner_scans_the_records(store: JobStore) -> None:
    submit(store, 5)
    submit(store, 5)
    asked: list[tuple[str, Any]] = []

    def note(_c: object, _cursor: object, statement: str, values: object, *_: object) -> None:
        if "records" in statement:
            asked.append((statement, values))

    listen(store._engine, "before_cursor_execute", note)
    assert len(store.claim("me", 7)) == 7
    store.renew("me")
    store.release("me")
    listen_no_more(store._engine, "before_cursor_execute", note)
    with store._engine.connect() as connection:
        for statement, values in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
            for step in plan:
                assert "SCAN records" not in step.detail, statement
                assert "TEMP B-TREE FOR ORDER" not in step.detail, statement
                assert "(job_id=?)" not in step.detail, statement


def test_the_oldest_job_goes_first_and_lost_leases_go_last(store: JobStore) -> None:
    first, second = submit(store, 2), submit(store, 2)
    store.claim("dead", 1)
    time.sleep(0.3)
    held = [(item.job_id, item.number) for item in store.claim("me", 9)]
    assert held == [(first, 1), (second, 0), (second, 1), (first, 0)]


def test_a_renewed_lease_is_kept(store: JobStore) -> None:
    submit(store, 1)
    store.claim("slow", 1)
    for _ in range(4):
        time.sleep(0.1)
        store.renew("slow")
        assert store.claim("quick", 1) == []


def test_another_owner_does_not_see_the_job(store: JobStore) -> None:
    job_id = submit(store, 1)
    assert store.get(job_id, owner="somebody") is None


def test_old_jobs_are_forgotten_with_their_articles(store: JobStore) -> None:
    job_id = submit(store, 2)
    store.finish("me", [Finished(item, ok=True, result={}) for item in store.claim("me", 5)])
    assert store.forget(time.time() - 60) == 0
    assert store.forget(time.time() + 1) == 1
    assert store.get(job_id, owner="") is None
    assert list(store.results(job_id)) == []


def test_an_upload_that_breaks_off_leaves_nothing(store: JobStore) -> None:
    def broken() -> Iterator[NewRecord]:
        for number in range(500):
            yield NewRecord(number, {"text": "x"})
        message = "the disk is full"
        raise OSError(message)

    with pytest.raises(OSError, match="disk"):
        store.create(broken(), owner="", options={}, digest="d")
    assert store.waiting() == 0
    assert store.claim("me", 10) == []


def test_a_dead_process_is_told_from_a_living_one() -> None:
    assert _is_dead("999999999")
    assert not _is_dead("1")
    assert not _is_dead("nonsense")


def test_the_records_that_wait_are_in_the_metrics(
    client: TestClient, extractor: FakeExtractor
) -> None:
    extractor.gate.clear()
    job = client.post(URL, content=corpus(3), headers=NDJSON).json()["id"]
    assert "onrecord_job_records_waiting 3.0" in client.get("/metrics").text
    extractor.gate.set()
    finished(client, job)
    assert "onrecord_job_records_waiting 0.0" in client.get("/metrics").text
