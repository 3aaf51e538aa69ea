from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
import typer
from click.testing import Result
from fastapi import FastAPI
from sqlalchemy import text as sql
from typer.testing import CliRunner

from onrecord import Extractor
from onrecord_service.app import create_app
from onrecord_service.auth import Guard
from onrecord_service.cli import build_app
from onrecord_service.logs import JsonFormatter, TextFormatter
from onrecord_service.problems import Problem
from onrecord_service.settings import Settings
from onrecord_service.store.database import open_database
from onrecord_service.store.keys import Key, KeyStore
from onrecord_service.workers import load_extractor
from tests.conftest import Tiny
from tests.service.conftest import TEXT, TestClient, wait_until_ready
from tests.service.fakes import FakeExtractor


@pytest.fixture
def keys(settings: Settings) -> KeyStore:
    return KeyStore(open_database(settings.database, folder=settings.data_dir))


@pytest.fixture
def app(settings: Settings, extractor: FakeExtractor) -> FastAPI:
    return create_app(settings, extractor=extractor)


def test_without_any_key_the_service_is_open(client: TestClient) -> None:
    assert client.post("/v1/extract", json={"text": TEXT}).status_code == 200


def test_with_a_key_everything_under_v1_needs_one(
    app: FastAPI, keys: KeyStore, extractor: FakeExtractor
) -> None:
    key = keys.create("desk", per_minute=100)
    with TestClient(app) as client:
        wait_until_ready(client)
        for method, path in (
            ("POST", "/v1/extract"),
            ("POST", "/v1/stance"),
            ("POST", "/v1/verify"),
            ("POST", "/v1/jobs"),
            ("GET", f"/v1/jobs/{'0' * 24}"),
            ("POST", "/v1/feedback"),
            ("GET", "/v1/models"),
        ):
            answer = client.request(method, path, json={"text": TEXT} if method == "POST" else None)
            assert answer.status_code == 401, path
            assert answer.headers["www-authenticate"] == "Bearer"
        assert client.get("/").status_code == 200
        assert client.get("/health/ready").status_code == 200
        for headers in ({"Authorization": f"Bearer {key}"}, {"X-API-Key": key}):
            answer = client.post("/v1/extract", json={"text": TEXT}, headers=headers)
            assert answer.status_code == 200
        wrong = {"Authorization": f"Bearer {key[:-1]}{'A' if key[-1] != 'A' else 'B'}"}
        assert client.post("/v1/extract", json={"text": TEXT}, headers=wrong).status_code == 401
    assert len(extractor.seen) == 2


def test_one_key_does_not_see_the_jobs_of_another(app: FastAPI, keys: KeyStore) -> None:
    mine, other = (keys.create(name, per_minute=100) for name in ("a", "b"))
    with TestClient(app) as client:
        wait_until_ready(client)
        headers = {"X-API-Key": mine, "Content-Type": "application/x-ndjson"}
        job = client.post("/v1/jobs", content='{"text": "x"}', headers=headers).json()["id"]
        assert client.get(f"/v1/jobs/{job}", headers={"X-API-Key": mine}).status_code == 200
        assert client.get(f"/v1/jobs/{job}", headers={"X-API-Key": other}).status_code == 404


def test_a_key_is_stored_as_a_hash_only(keys: KeyStore, settings: Settings) -> None:
    key = keys.create("desk", per_minute=5)
    secret = key.rsplit("_", 1)[-1]
    with open_database(settings.database).connect() as connection:
        stored = str(connection.execute(sql("SELECT * FROM api_keys")).all())
    assert secret not in stored
    assert keys.find(key) is not None


def test_a_revoked_key_is_no_key(keys: KeyStore) -> None:
    key = keys.create("desk", per_minute=5)
    (known,) = keys.list()
    assert keys.revoke(known.id)
    assert not keys.revoke(known.id)
    assert keys.find(key) is None
    assert keys.count_good() == 0


@pytest.mark.parametrize(("host", "allowed"), [("0.0.0.0", 401), ("127.0.0.1", 200)])
def test_a_public_service_whose_last_key_is_revoked_stays_closed(
    settings: Settings, keys: KeyStore, extractor: FakeExtractor, host: str, allowed: int
) -> None:
    keys.create("desk", per_minute=5)
    (known,) = keys.list()
    keys.revoke(known.id)
    public = settings.model_copy(update={"host": host})
    with TestClient(create_app(public, extractor=extractor)) as client:
        wait_until_ready(client)
        assert client.get("/v1/models").status_code == allowed


def test_the_rate_of_a_key_is_kept(keys: KeyStore) -> None:
    now = [0.0]
    guard = Guard(keys, clock=lambda: now[0])
    key = Key("k", "desk", 60, 0.0, None)
    guard.spend(key, 50)
    with pytest.raises(Problem) as refused:
        guard.spend(key, 20)
    assert refused.value.status == 429
    assert refused.value.headers["Retry-After"] == "10"
    now[0] += 10
    guard.spend(key, 20)
    guard.spend(None, 10_000)


def serve(*options: str) -> Result:
    """Run `onrecord serve`, and undo what it does to the logs."""
    level = logging.getLogger().level
    handlers = list(logging.getLogger().handlers)
    result = CliRunner().invoke(build_app(), ["serve", *options])
    logging.getLogger().handlers = handlers
    logging.getLogger().setLevel(level)
    return result


def test_a_public_address_is_refused_without_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONRECORD_DATA_DIR", str(tmp_path))
    result = serve("--host", "0.0.0.0", "--port", "0")
    assert result.exit_code == 2
    assert "onrecord keys create" in " ".join(result.output.split())


def test_bad_actors_of_the_newsroom_stop_the_start_and_name_the_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "actors.csv"
    table.write_text("alias,name,kind\nthe Fund,Orchard Fund,bank\n", encoding="utf-8")
    monkeypatch.setenv("ONRECORD_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ONRECORD_ACTORS", str(table))
    result = serve("--port", "0")
    assert result.exit_code == 2
    assert "line 2: kind 'bank'" in " ".join(result.output.split())


def test_a_worker_knows_the_newsroom_s_actors(tiny: Tiny, tmp_path: Path) -> None:
    table = tmp_path / "actors.csv"
    table.write_text("alias,name\nthe Fund,Orchard Fund\n", encoding="utf-8")
    extractor = load_extractor(tiny.int8, table)
    assert isinstance(extractor, Extractor)
    assert "the fund" in extractor._resolver.registry


@pytest.mark.parametrize(
    ("name", "given", "legal"),
    [
        ("CORS_ORIGINS", "https://x", '["https://cms.example"]'),
        ("CORS_ORIGINS", '"https://x"', '["https://cms.example"]'),
        ("ALLOWED_HOSTS", "desk.example", "a JSON list of strings"),
        ("LEASE_S", "-1", "Seconds until a record"),
        ("DATABASE_URL", "nonsense", "sqlite:///FILE"),
        ("DATABASE_URL", "mysql://desk:secret@db/x", "sqlite:///FILE"),
        ("DATABASE_URL", "postgres://desk:secret@db:port/x", "sqlite:///FILE"),
    ],
)
@pytest.mark.parametrize(
    "command", [["keys", "list"], ["feedback", "out.jsonl"], ["models", "list"], ["serve"]]
)
def test_a_wrong_setting_is_named_with_what_is_legal(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: list[str],
    name: str,
    given: str,
    legal: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ONRECORD_DATA_DIR", str(tmp_path))
    monkeypatch.setenv(f"ONRECORD_{name}", given)
    result = CliRunner().invoke(build_app(), command)
    assert result.exit_code == 2, result.exception
    assert f"ONRECORD_{name}: " in result.output
    assert legal in result.output
    assert given.partition("://")[0] in result.output
    assert "secret" not in result.output


def test_a_database_that_cannot_be_opened_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONRECORD_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ONRECORD_DATABASE_URL", f"sqlite:///{tmp_path}/none/x.sqlite")
    for command in (["keys", "list"], ["serve", "--port", "0"]):
        result = CliRunner().invoke(build_app(), command)
        assert result.exit_code == 2, result.exception
        assert "unable to open database file" in result.output


def test_keys_are_made_listed_and_revoked_by_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONRECORD_DATA_DIR", str(tmp_path))
    runner, app = CliRunner(), build_app()
    made = runner.invoke(app, ["keys", "create", "desk"])
    assert made.stdout.startswith("onr_")
    key_id = made.stdout.split("_")[1]
    assert key_id in runner.invoke(app, ["keys", "list"]).output
    assert runner.invoke(app, ["keys", "revoke", key_id]).exit_code == 0
    assert runner.invoke(app, ["keys", "revoke", key_id]).exit_code == 2


def test_cors_is_off_unless_set(client: TestClient, tmp_path: Path) -> None:
    origin = {"Origin": "https://cms.example"}
    assert "access-control-allow-origin" not in client.get("/info", headers=origin).headers
    settings = Settings(data_dir=tmp_path, cors_origins=["https://cms.example"])
    with TestClient(create_app(settings, extractor=FakeExtractor())) as other:
        allowed = other.get("/info", headers=origin).headers["access-control-allow-origin"]
        assert allowed == "https://cms.example"


def test_every_answer_carries_the_hardening_headers(client: TestClient) -> None:
    for path in ("/", "/info", "/nothing", "/page/app.js"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter()])
def test_no_article_and_no_key_is_ever_logged(
    client: TestClient, caplog: pytest.LogCaptureFixture, formatter: logging.Formatter
) -> None:
    secret = "onr_000000000000_" + "s" * 43
    with caplog.at_level(logging.DEBUG):
        for body in ({"text": "CRASH Zanzibar"}, {"text": "Zanzibar"}, {"txt": "Zanzibar"}):
            client.post("/v1/extract", json=body, headers={"X-API-Key": secret})
        client.post("/v1/jobs", content="Zanzibar", headers={"Content-Type": "text/csv"})
    assert caplog.records
    written = "\n".join(formatter.format(record) for record in caplog.records)
    assert "/v1/extract" in written
    assert "Zanzibar" not in written
    assert secret not in written
    assert "network fell over" not in written


def test_a_log_line_is_json_with_the_request_id(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        client.get("/info", headers={"X-Request-ID": "desk-7"})
    record = next(item for item in caplog.records if item.name == "onrecord.access")
    line = json.loads(JsonFormatter().format(record))
    assert line["request_id"] == "desk-7"
    assert line["route"] == "/info"
    assert line["status"] == 200


def test_metrics_count_with_bounded_labels(client: TestClient) -> None:
    client.post("/v1/extract", json={"text": TEXT})
    for n in range(5):
        client.get(f"/nothing/{n}")
        client.get(f"/v1/jobs/{n:024d}")
    text = client.get("/metrics").text
    assert 'onrecord_statements_total{stance="opposes"} 1.0' in text
    assert 'onrecord_requests_total{method="GET",route="other",status="404"} 5.0' in text
    assert 'route="/v1/jobs/{job_id}"' in text
    assert "onrecord_queue_articles 0.0" in text
    assert "onrecord_batch_articles_count 1.0" in text
    assert "/nothing/3" not in text


def test_timing_and_model_stand_in_the_headers(client: TestClient) -> None:
    headers = client.post("/v1/extract", json={"text": TEXT}).headers
    assert "model;dur=" in headers["server-timing"]
    assert "total;dur=" in headers["server-timing"]
    assert headers["onrecord-model"].endswith("f" * 64)


def test_feedback_becomes_a_record_of_the_house_format(
    client: TestClient, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "🙂 Norvania backs the plan."
    statement = {
        "source": [3, 11],
        "cue": [12, 17],
        "content": [[18, 26]],
        "target": [18, 26],
        "stance": "supports",
        "actor": "Norvania",
    }
    body = {"text": text, "statements": [statement], "offset_unit": "utf16"}
    assert client.post("/v1/feedback", json=body).status_code == 201
    twice = client.post("/v1/feedback", json={**body, "statements": [statement, statement]})
    assert twice.status_code == 422
    assert "/statements/1/cue" in twice.json()["detail"]
    for wrong in ({"cue": [1, 2]}, {"cue": [5, 5]}, {"target": [0, 99]}, {"stance": "likes"}):
        answer = client.post("/v1/feedback", json={**body, "statements": [{**statement, **wrong}]})
        assert answer.status_code == 422, wrong
    monkeypatch.setenv("ONRECORD_DATA_DIR", str(settings.data_dir))
    out = tmp_path / "feedback.jsonl"
    assert CliRunner().invoke(build_app(), ["feedback", str(out)]).exit_code == 0
    (record,) = [json.loads(line) for line in out.read_text().splitlines()]
    (kept,) = record["statements"]
    assert text[slice(*kept["cue"])] == "backs"
    assert text[slice(*kept["source"])] == "Norvania"
    assert kept["represents"] is None


def test_the_command_line_has_the_commands() -> None:
    names = {command.name for command in typer.main.get_command(build_app()).commands.values()}  # type: ignore[attr-defined]
    assert {"serve", "keys", "feedback"} <= names


def test_another_host_name_is_refused_on_loopback(client: TestClient, tmp_path: Path) -> None:
    answer = client.get("/info", headers={"Host": "evil.example:8000"})
    assert answer.status_code == 421
    assert answer.headers["content-type"] == "application/problem+json"
    assert client.get("/info", headers={"Host": "localhost:8000"}).status_code == 200
    assert client.get("/info", headers={"Host": "[::1]:8000"}).status_code == 200
    settings = Settings(data_dir=tmp_path, allowed_hosts=["desk.example"])
    with TestClient(create_app(settings, extractor=FakeExtractor())) as other:
        assert other.get("/info", headers={"Host": "desk.example"}).status_code == 200
        assert other.get("/info").status_code == 421


def test_what_changes_something_needs_a_content_type_that_no_form_sends(client: TestClient) -> None:
    for path in ("/v1/jobs", "/v1/feedback"):
        for headers in ({}, {"Content-Type": "text/plain"}):
            answer = client.post(path, content=b'{"text": "x"}', headers=headers)
            assert answer.status_code == 415, path
