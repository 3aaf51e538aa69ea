"""GET /v1/positions: the ledger over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from onrecord_service import cli, examples, ledger
from onrecord_service.app import create_app
from onrecord_service.ledger import Ledger, Question, ask_ledger
from onrecord_service.routes import positions
from onrecord_service.settings import Settings
from onrecord_service.store.database import open_database
from onrecord_service.store.keys import KeyStore
from tests.service.conftest import TestClient
from tests.service.fakes import FakeExtractor
from tests.service.report.synthetic import corpus

pytest.importorskip("duckdb")

ADDRESS = "/v1/positions"


def load(path: Path, articles: list[dict[str, Any]]) -> Path:
    with closing(Ledger(path, create=True)) as base:
        base.load(articles, advanced=lambda _: None)
    return path


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return load(tmp_path_factory.mktemp("ledger") / "l.duckdb", corpus())


def client_of(folder: Path, **values: Any) -> TestClient:
    settings = Settings(data_dir=folder, **values)
    return TestClient(
        create_app(settings, extractor=FakeExtractor()), raise_server_exceptions=False
    )


@pytest.fixture(scope="module")
def client(base: Path) -> Iterator[TestClient]:
    with client_of(base.parent, ledger=base) as made:
        yield made


def test_the_answer_is_that_of_onrecord_query(client: TestClient, base: Path) -> None:
    asked = {"actor": "iceland", "issue": "FISHING quota", "from": "2025-04", "limit": "5"}
    answer = client.get(ADDRESS, params=asked)
    assert answer.status_code == 200
    body = answer.json()
    positions.PositionsOut.model_validate(body)
    assert body["count"] == body["against"] > len(body["statements"]) == 5
    assert body["mean"] == -1.0
    command = ["query", "--ledger", str(base), "--format", "json"]
    for name, value in asked.items():
        command += [f"--{name}", value]
    printed = CliRunner().invoke(cli.build_app(), command)
    assert json.loads(printed.stdout) == body


@pytest.mark.parametrize(
    ("asked", "question"),
    [
        ({}, Question()),
        ({"stance": "opposes"}, Question(stance="opposes")),
        ({"polarity": "favor", "min_confidence": "0.5"}, Question(polarity="favor")),
        ({"actor": "Chad", "offset": "3"}, Question(actor="Chad", offset=3)),
    ],
)
def test_every_parameter_reaches_the_ledger(
    client: TestClient, base: Path, asked: dict[str, str], question: Question
) -> None:
    assert client.get(ADDRESS, params=asked).json() == ask_ledger(base, question).to_dict()


def test_last_day_may_be_a_month_or_a_year(client: TestClient) -> None:
    def last(until: str) -> str:
        body = client.get(ADDRESS, params={"to": until, "limit": 1000}).json()
        return str(body["statements"][-1]["day"])

    assert last("2024-12-31") == last("2024-12") == last("2024") <= "2024-12-31" < last("2025")


def test_pages_are_linked_to_the_end_and_join_to_the_whole(client: TestClient) -> None:
    whole = client.get(ADDRESS, params={"actor": "Chad", "limit": 1000})
    assert "link" not in whole.headers
    found = []
    page = client.get(ADDRESS, params={"actor": "Chad", "limit": 7})
    while True:
        found += page.json()["statements"]
        if "next" not in page.links:
            break
        page = client.get(page.links["next"]["url"])
    assert found == whole.json()["statements"]


@pytest.mark.parametrize("words", ["'; DROP TABLE statements; --", "%", "\x00", "Åland 😀"])
def test_nothing_found_is_an_answer_and_words_are_never_code(
    client: TestClient, words: str
) -> None:
    body = client.get(ADDRESS, params={"actor": words, "issue": words}).json()
    assert body == {"count": 0, "favor": 0, "against": 0, "mean": None, "statements": []}
    assert client.get(ADDRESS).json()["count"] > 300


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"stance": "likes"}, "supports"),
        ({"from": "yesterday"}, "write 2025, 2025-01"),
        ({"to": "9999-12-99"}, "write 2025, 2025-01"),
        ({"limit": "1001"}, "1000"),
        ({"offset": "-1"}, "greater than or equal to 0"),
        ({"min_confidence": "nan"}, "finite number"),
        ({"actors": "Chad"}, "Did you mean 'actor'?"),
        ({"actor": ""}, "at least 1 character"),
    ],
)
def test_a_bad_question_is_told_what_is_legal(
    client: TestClient, asked: dict[str, str], told: str
) -> None:
    answer = client.get(ADDRESS, params=asked)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert told in answer.json()["detail"]


def test_last_month_of_the_calendar_is_a_date_or_a_problem(client: TestClient) -> None:
    assert client.get(ADDRESS, params={"to": "9999-12"}).status_code in {200, 422}


def test_without_a_ledger_the_problem_says_how_to_make_one(tmp_path: Path) -> None:
    missing = tmp_path / "secret" / "l.duckdb"
    for values in ({}, {"ledger": missing}):
        with client_of(tmp_path, **values) as client:
            problem = client.get(ADDRESS).json()
        assert (problem["status"], problem["type"]) == (404, "/problems/no-ledger")
        assert "onrecord load" in problem["detail"]
        assert "secret" not in problem["detail"]


def test_a_file_that_is_no_ledger_is_told_without_its_path(tmp_path: Path) -> None:
    (tmp_path / "secret.duckdb").write_text("hello")
    with client_of(tmp_path, ledger=tmp_path / "secret.duckdb") as client:
        answer = client.get(ADDRESS)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert answer.json()["type"] == "/problems/ledger-unavailable"
    assert "secret" not in answer.text


def test_without_duckdb_the_problem_names_the_extra(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "duckdb", None)
    answer = client.get(ADDRESS)
    assert answer.status_code == 503
    assert "onrecord[corpora]" in answer.json()["detail"]


def test_a_question_that_takes_too_long_is_broken_off(
    tmp_path: Path, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(self: Ledger, _: Question) -> Any:
        return self._base.execute(
            "SELECT sum(a.range * b.range) FROM range(9000000) a, range(9000000) b"
        )

    monkeypatch.setattr(ledger.Ledger, "ask", endless)
    with pytest.raises(TimeoutError, match=r"0\.1 s"):
        ask_ledger(base, Question(), seconds=0.1)
    with client_of(tmp_path, ledger=base, request_timeout_s=0.2) as client:
        answer = client.get(ADDRESS)
    assert answer.status_code == 504
    assert "ledger did not answer" in answer.json()["detail"]


def test_an_article_loaded_while_the_service_runs_is_found(tmp_path: Path) -> None:
    path = load(tmp_path / "l.duckdb", corpus(5))
    with client_of(tmp_path, ledger=path) as client:
        before = client.get(ADDRESS).json()["count"]
        load(path, corpus(20))
        assert client.get(ADDRESS).json()["count"] > before


def test_a_key_is_needed_where_there_is_one_and_its_rate_is_kept(
    tmp_path: Path, base: Path
) -> None:
    settings = Settings(data_dir=tmp_path, ledger=base)
    engine = open_database(settings.database, folder=settings.data_dir)
    key = KeyStore(engine).create("desk", per_minute=2)
    engine.dispose()
    with client_of(tmp_path, ledger=base) as client:
        assert client.get(ADDRESS).status_code == 401
        headers = {"Authorization": f"Bearer {key}"}
        codes = [client.get(ADDRESS, headers=headers).status_code for _ in range(3)]
    assert codes == [200, 200, 429]


def test_the_example_of_openapi_is_what_the_example_article_gives(tmp_path: Path) -> None:
    article = {**examples.LABELLED_ARTICLE, "text": examples.ARTICLE["text"]}
    path = load(tmp_path / "l.duckdb", [article])
    with client_of(tmp_path, ledger=path) as client:
        document = client.get("/openapi.json").json()
        shown = document["components"]["schemas"]["PositionsOut"]["examples"][0]
        parameters = document["paths"][ADDRESS]["get"]["parameters"]
        asked = {item["name"]: item["schema"].get("examples", [None])[0] for item in parameters}
        assert client.get(ADDRESS, params={k: v for k, v in asked.items() if v}).json() == shown
