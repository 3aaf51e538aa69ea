from __future__ import annotations

import logging
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from onrecord_service import schemas
from onrecord_service.app import create_app
from onrecord_service.settings import Settings
from tests.service.conftest import TEXT, TestClient, wait_until_ready
from tests.service.fakes import FakeExtractor, make_fake


def test_health_and_info_say_what_runs(client: TestClient) -> None:
    assert client.get("/health/live").json() == {"status": "ok"}
    assert client.get("/health/ready").json() == {"status": "ok"}
    info = client.get("/info").json()
    schemas.InfoOut.model_validate(info)
    assert info["model"]["version"] == "1.2.3"
    assert info["limits"]["characters_per_article"] == 50_000


@pytest.mark.parametrize("path", ["/", "/health/live", "/health/ready", "/metrics"])
def test_what_monitors_ask_takes_head(client: TestClient, path: str) -> None:
    assert client.head(path).status_code == 200


def test_health_answers_quickly_while_the_model_is_busy(
    client: TestClient, extractor: FakeExtractor
) -> None:
    extractor.gate.clear()
    thread = threading.Thread(
        target=client.post, args=("/v1/extract",), kwargs={"json": {"text": TEXT}}
    )
    thread.start()
    try:
        while not extractor.seen:
            time.sleep(0.005)
        started = time.perf_counter()
        assert client.get("/health/ready").status_code == 200
        assert time.perf_counter() - started < 1
    finally:
        extractor.gate.set()
        thread.join()


def test_a_model_that_cannot_be_loaded_is_reported_and_not_fatal(tmp_path: Path) -> None:
    with TestClient(create_app(Settings(workers=1, data_dir=tmp_path), factory=_broken)) as client:
        for _ in range(400):
            problem = client.get("/health/ready").json()
            if "could not be loaded" in problem["detail"]:
                break
            time.sleep(0.02)
        assert "no weights here" in problem["detail"]
        assert client.get("/health/live").status_code == 200
        assert client.post("/v1/extract", json={"text": TEXT}).status_code == 503


@pytest.mark.parametrize("path", ["/v1/extract", "/v1/jobs", "/v1/verify", "/v1/feedback"])
def test_a_client_that_goes_while_it_sends_is_no_fault_of_ours(
    client: TestClient, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    parts = iter([{"type": "http.request", "body": b'{"text"', "more_body": True}])
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return next(parts, {"type": "http.disconnect"})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")],
    }
    assert client.portal is not None
    client.portal.call(client.app, scope, receive, send)
    assert sent[0]["status"] == 499
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_a_fault_of_ours_has_its_request_id_in_the_headers_too(client: TestClient) -> None:
    answer = client.post("/v1/extract", json={"text": "CRASH"}, headers={"X-Request-ID": "abc"})
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] == "abc"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_worker_process_reads_articles(tmp_path: Path) -> None:
    with TestClient(
        create_app(Settings(workers=1, data_dir=tmp_path), factory=make_fake)
    ) as client:
        wait_until_ready(client)
        assert len(client.post("/v1/extract", json={"text": TEXT}).json()["statements"]) == 2


def test_openapi_has_examples_that_are_true(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    operation = document["paths"]["/v1/extract"]["post"]
    examples = operation["requestBody"]["content"]["application/json"]["examples"]
    for example in examples.values():
        assert client.post("/v1/extract", json=example["value"]).status_code == 200
    labelled = document["components"]["schemas"]["LabelledArticleOut"]["examples"][0]
    schemas.LabelledArticleOut.model_validate(labelled)


def test_every_reference_of_openapi_resolves(client: TestClient) -> None:
    document = client.get("/openapi.json").json()

    def references(value: object) -> list[str]:
        if isinstance(value, dict):
            here = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            return here + [ref for part in value.values() for ref in references(part)]
        if isinstance(value, list):
            return [ref for part in value for ref in references(part)]
        return []

    for reference in references(document):
        name = reference.removeprefix("#/components/schemas/")
        assert name in document["components"]["schemas"], reference


def test_the_page_is_served_whole_and_asks_nobody_else(client: TestClient) -> None:
    page = client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    for name in ("app.js", "base.css", "icon.svg"):
        body = client.get(f"/page/{name}").text
        assert "http://" not in body.replace("http://www.w3.org/", "")
        assert "https://" not in body
    assert client.get("/page/..%2fapp.py").status_code == 404
    assert client.get("/page/%2e%2e/app.py").status_code == 404


def _broken() -> FakeExtractor:
    message = "no weights here"
    raise FileNotFoundError(message)
