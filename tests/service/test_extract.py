from __future__ import annotations

import json
import re
from types import SimpleNamespace

import pytest

from onrecord_service import schemas
from onrecord_service.app import create_app
from onrecord_service.settings import Settings
from tests.service.conftest import TEXT, TestClient, wait_until_ready
from tests.service.fakes import FakeExtractor

URL = "/v1/extract"


def test_one_article_comes_back_labelled_and_fits_the_published_schema(client: TestClient) -> None:
    answer = client.post(URL, json={"id": "a1", "title": "T", "date": "2025-08-30", "text": TEXT})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    schemas.LabelledArticleOut.model_validate(body)
    assert [item["stance"] for item in body["statements"]] == ["opposes", "states"]
    assert body["statements"][0]["id"] == "a1:0"
    assert body["processing"]["characters"] == len(TEXT)
    assert "fake/1.2.3" in answer.headers["onrecord-model"]


def test_every_span_slices_to_its_text_in_each_unit(client: TestClient) -> None:
    text = "𝕬 café 🙂. " + TEXT
    for unit, cut in {
        "codepoint": lambda s, e: text[s:e],
        "utf16": lambda s, e: text.encode("utf-16-le")[2 * s : 2 * e].decode("utf-16-le"),
        "utf8": lambda s, e: text.encode()[s:e].decode(),
    }.items():
        body = client.post(URL, json={"text": text, "offset_unit": unit}).json()
        for item in body["statements"]:
            for span in (item["source"], item["cue"], item["target"], *item["content"]):
                assert cut(span["start"], span["end"]) == span["text"]
        assert body["processing"]["offset_unit"] == unit


def test_a_list_keeps_its_order_and_loses_no_good_article(client: TestClient) -> None:
    answer = client.post(
        URL,
        json={
            "articles": [
                {"id": "one", "text": TEXT},
                {"id": "blank", "text": "  \n "},
                {"id": "typo", "txt": TEXT},
                {"id": "two", "text": TEXT},
                {"id": "nul", "text": "a\0b"},
                5,
            ]
        },
    )
    body = answer.json()
    schemas.LabelledArticlesOut.model_validate(body)
    assert [item["id"] for item in body["articles"]] == ["one", "two"]
    assert [(item["index"], item["problem"]["status"]) for item in body["rejected"]] == [
        (1, 422),
        (2, 422),
        (4, 422),
        (5, 422),
    ]
    assert "did you mean 'text'" in body["rejected"][1]["problem"]["detail"].lower()


def test_a_bare_list_takes_its_options_from_the_query(client: TestClient) -> None:
    body = client.post(f"{URL}?scores=false&stances=states", json=[{"text": TEXT}]).json()
    (article,) = body["articles"]
    assert article["id"] == "article-0"
    assert [item["stance"] for item in article["statements"]] == ["states"]
    assert "scores" not in article["statements"][0]


def test_an_option_beside_the_article_wins_over_the_query(client: TestClient) -> None:
    body = client.post(f"{URL}?offset_unit=utf8", json={"text": TEXT, "offset_unit": "utf16"})
    assert body.json()["processing"]["offset_unit"] == "utf16"


def test_the_threshold_reaches_the_model(client: TestClient) -> None:
    body = client.post(URL, json={"text": TEXT, "threshold": 0.8}).json()
    assert [item["confidence"] for item in body["statements"]] == [0.9]


def test_a_request_brings_its_own_actors(client: TestClient) -> None:
    rows = [{"alias": "norvania", "name": "Republic of Norvania", "kind": "state", "id": "Q9999"}]
    one = client.post(URL, json={"text": TEXT, "actors": rows}).json()
    assert one["statements"][0]["actor"]["name"] == "Republic of Norvania"
    many = client.post(URL, json={"articles": [{"text": TEXT}], "actors": rows}).json()
    assert many["articles"][0]["statements"][0]["actor"]["id"] == "Q9999"
    assert "actors" not in one
    plain = client.post(URL, json={"text": TEXT}).json()
    assert plain["statements"][0]["actor"]["name"] == "Norvania"


def test_an_id_may_be_given_as_its_wikidata_address(client: TestClient) -> None:
    address = "https://www.wikidata.org/wiki/Q4242"
    rows = [{"alias": "Norvania", "name": "Norvania", "kind": "state", "id": address}]
    answer = client.post(URL, json={"text": TEXT, "actors": rows})
    assert answer.json()["statements"][0]["actor"]["id"] == "Q4242"


@pytest.mark.parametrize(
    ("rows", "hint"),
    [
        ([{"alias": "N", "name": "A"}, {"alias": "n.", "name": "B"}], "already means 'A'"),
        ([{"alias": "...", "name": "A"}], "no letter or digit"),
        ([{"alias": "N", "name": "A", "id": "212"}], "write it as Q212"),
        ([{"alias": "N", "name": "A", "id": "https://records.example/Q1"}], "write it as Q212"),
        ([{"alias": "N", "name": "A", "kind": "country"}], "/actors/0/kind"),
        ([{"alias": "N"}], "/actors/0/name"),
        ("N", "/actors"),
    ],
)
def test_bad_actors_of_a_request_are_named(client: TestClient, rows: object, hint: str) -> None:
    answer = client.post(URL, json={"text": TEXT, "actors": rows})
    assert answer.status_code == 422
    assert hint in answer.text


def test_plain_text_is_an_article(client: TestClient) -> None:
    answer = client.post(URL, content=TEXT.encode(), headers={"Content-Type": "text/plain"})
    assert len(answer.json()["statements"]) == 2


def test_extra_metadata_comes_back_unchanged(client: TestClient) -> None:
    body = client.post(
        URL, json={"text": TEXT, "extra": {"desk": "foreign", "n": [1, None]}}
    ).json()
    assert body["desk"] == "foreign"
    assert body["n"] == [1, None]


def test_an_article_without_statements_gives_an_empty_list(client: TestClient) -> None:
    body = client.post(URL, json={"text": "Rain fell."}).json()
    assert body["statements"] == []


BAD = {
    "not json": (b"{", 400, "invalid-json"),
    "no body": (b"", 400, "invalid-json"),
    "NaN": (b'{"text":"x","threshold":NaN}', 400, "invalid-json"),
    "a number beyond all": (b'{"text":"x","extra":{"a":[1e999]}}', 400, "invalid-json"),
    "a number of many digits": (
        b'{"text":"x","extra":{"a":-' + b"9" * 250 + b"e99}}",
        400,
        "invalid-json",
    ),
    "a number beyond all, and a half character": (
        b'{"text":"\\ud800","extra":{"a":1E0999}}',
        400,
        "invalid-json",
    ),
    "deep nesting": (b'{"text":' + b"[" * 5000 + b"]" * 5000 + b"}", 400, "invalid-json"),
    "deep nesting with a half character": (
        b'{"text":"\\ud800","extra":' + b"[" * 50_00 + b"]" * 5000 + b"}",
        400,
        "invalid-json",
    ),
    "raw NUL": (b'{"text":"a\x00b"}', 400, "invalid-json"),
    "invalid UTF-8": (b'{"text":"caf\xe9"}', 400, "invalid-encoding"),
    "surrogate in bytes": (b'{"text":"\xed\xa0\x80"}', 400, "invalid-encoding"),
    "empty text": (b'{"text":""}', 422, "empty-text"),
    "only spaces": (b'{"text":" \\n\\u00a0\\t"}', 422, "empty-text"),
    "escaped NUL": (b'{"text":"a\\u0000b"}', 422, "invalid-text"),
    "lone surrogate": (b'{"text":"a\\ud83d b"}', 422, "invalid-text"),
    "lone surrogate in the id": (b'{"text":"a","id":"\\udc00"}', 422, "invalid-text"),
    "lone surrogate in extra": (b'{"text":"a","extra":{"\\ud800":1}}', 422, "invalid-request"),
    "unknown field": (b'{"text":"a","treshold":0.5}', 422, "invalid-request"),
    "unknown field of a list": (b'{"articles":[{"text":"a"}],"text":"b"}', 422, "invalid-request"),
    "missing text": (b'{"id":"a"}', 422, "invalid-request"),
    "text is a number": (b'{"text":5}', 422, "invalid-request"),
    "text is null": (b'{"text":null}', 422, "invalid-request"),
    "threshold is a string": (b'{"text":"a","threshold":"0.5"}', 422, "invalid-request"),
    "threshold over one": (b'{"text":"a","threshold":1.5}', 422, "invalid-request"),
    "unknown unit": (b'{"text":"a","offset_unit":"bytes"}', 422, "invalid-request"),
    "unknown stance": (b'{"text":"a","stances":["likes"]}', 422, "invalid-request"),
    "empty list": (b"[]", 422, "invalid-request"),
    "a string": (b'"hello"', 422, "invalid-request"),
    "null": (b"null", 422, "invalid-request"),
    "too many": (json.dumps([{"text": "a"}] * 9).encode(), 422, "too-many-articles"),
    "too long": (json.dumps({"text": "a" * 50_001}).encode(), 413, "text-too-long"),
    "too large": (json.dumps({"text": "a" * 100_000}).encode(), 413, "body-too-large"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_a_problem_that_says_what_to_do(
    client: TestClient, extractor: FakeExtractor, name: str
) -> None:
    body, status, slug = BAD[name]
    answer = client.post(URL, content=body, headers={"Content-Type": "application/json"})
    assert answer.headers["content-type"] == "application/problem+json", name
    problem = answer.json()
    schemas.ProblemOut.model_validate(problem)
    assert (answer.status_code, problem["type"]) == (status, f"/problems/{slug}"), problem
    assert problem["status"] == status
    assert len(problem["detail"]) > 20
    assert problem["instance"].endswith(answer.headers["x-request-id"])
    assert extractor.seen == []


@pytest.mark.parametrize("text", ["Hi", r"Hi \ud83d\ude00", r"\ud83d"])
@pytest.mark.parametrize("depth", [120, 230, 700, 20_000])
def test_json_nested_too_deep_is_refused_with_the_limit(
    client: TestClient, text: str, depth: int
) -> None:
    body = f'{{"text": "{text}", "extra": {{"a": {"[" * depth}{"]" * depth}}}}}'
    answer = client.post("/v1/extract", content=body, headers={"Content-Type": "application/json"})
    assert answer.json()["type"] == "/problems/invalid-json"
    assert "100 deep" in answer.json()["detail"]


def test_a_large_number_and_words_that_look_like_one_come_back(client: TestClient) -> None:
    extra = {"a": 1.5e300, "b": "1e999", "e100": int("9" * 250)}
    answer = client.post(URL, json={"text": "Hi e999", "extra": extra})
    assert {name: answer.json()[name] for name in extra} == extra


def test_a_byte_order_mark_is_no_part_of_the_json(client: TestClient) -> None:
    body = b'\xef\xbb\xbf{"text": "Hi"}'
    answer = client.post(URL, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200


def test_json_nested_less_deep_comes_back(client: TestClient) -> None:
    deep: list[object] = []
    for _ in range(97):
        deep = [deep]
    answer = client.post("/v1/extract", json={"text": "Hi", "extra": {"a": deep}})
    assert answer.status_code == 200
    assert answer.json()["a"] == deep


def test_a_text_of_five_megabytes_is_refused_with_size_and_limit(client: TestClient) -> None:
    body = json.dumps({"text": "word " * 1_000_000})
    problem = client.post(URL, content=body).json()
    assert problem["limit_bytes"] == 100_000
    assert f"{len(body):,} bytes" in problem["detail"]
    assert "100,000" in problem["detail"]


def test_a_body_of_unknown_length_is_cut_off_at_the_limit(client: TestClient) -> None:
    answer = client.post(URL, content=(b"x" * 10_000 for _ in range(100)))
    assert answer.status_code == 413


def test_a_fault_of_the_model_is_a_500_that_shows_no_internals(client: TestClient) -> None:
    answer = client.post(URL, json={"text": "CRASH now"})
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "network fell over" not in answer.text


def test_other_content_types_and_charsets_are_refused(client: TestClient) -> None:
    for kind in (
        "application/xml",
        "application/json; charset=latin-1",
        "text/plain; charset=utf-16",
    ):
        answer = client.post(URL, content=b"<a/>", headers={"Content-Type": kind})
        assert answer.status_code == 415, kind


def test_a_compressed_body_is_refused_and_named(client: TestClient) -> None:
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/x-ndjson"}
    for path in (URL, "/v1/jobs"):
        answer = client.post(path, content=b"\x1f\x8b", headers=headers)
        assert (answer.status_code, "'gzip'" in answer.json()["detail"]) == (415, True), path
    headers = {"Content-Encoding": "identity"}
    assert client.post(URL, json={"text": TEXT}, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ([3], 'it must be an object such as {"text": "..."}; given the number 3'),
        ([None], "given null"),
        ({"text": None}, "/text: input should be a valid string; given null"),
        ({"text": "x", "extra": ["\ud800"]}, "/extra: it must be an object; given the array"),
        ({"text": "x", "extra": True}, "given true"),
        ({"text": "x", "actors": [{"a": 1}, 3]}, "/actors/1: it must be an object; given"),
    ],
)
def test_problems_speak_of_json_and_not_of_python(
    client: TestClient, value: object, told: str
) -> None:
    body = json.dumps(value)
    answer = client.post(URL, content=body, headers={"Content-Type": "application/json"}).json()
    detail = (
        answer["rejected"][0]["problem"]["detail"] if "rejected" in answer else answer["detail"]
    )
    assert told in detail
    assert not re.search("dict|instance|NoneType|None|True|ArticleIn", detail)


def test_an_unacceptable_accept_is_refused(client: TestClient) -> None:
    answer = client.post(URL, json={"text": TEXT}, headers={"Accept": "text/html"})
    assert answer.status_code == 406
    accepted = client.post(URL, json={"text": TEXT}, headers={"Accept": "text/html, */*;q=0.1"})
    assert accepted.status_code == 200


def test_unknown_query_parameters_are_refused(client: TestClient) -> None:
    answer = client.post(f"{URL}?offsetunit=utf16", json={"text": TEXT})
    assert answer.status_code == 422
    assert "offset_unit" in answer.json()["detail"]


def test_unknown_paths_and_methods_are_problems(client: TestClient) -> None:
    assert client.get("/v1/nothing").json()["type"] == "/problems/not-found"
    answer = client.get(URL)
    assert (answer.status_code, answer.json()["type"]) == (405, "/problems/method-not-allowed")
    assert answer.headers["allow"] == "POST"


def test_ndjson_streams_one_line_for_each_article_in_order(client: TestClient) -> None:
    answer = client.post(
        URL,
        json=[{"id": "one", "text": TEXT}, {"text": ""}, {"id": "two", "text": TEXT}],
        headers={"Accept": "application/x-ndjson"},
    )
    assert answer.headers["content-type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line.get("id") for line in lines] == ["one", None, "two"]
    assert lines[1]["index"] == 1
    assert lines[1]["problem"]["type"] == "/problems/empty-text"


def test_a_request_id_is_kept_when_it_is_plain_and_replaced_when_it_is_not(
    client: TestClient,
) -> None:
    kept = client.get("/info", headers={"X-Request-ID": "desk-7"})
    assert kept.headers["x-request-id"] == "desk-7"
    replaced = client.get("/info", headers={"X-Request-ID": 'a b"c'})
    assert replaced.headers["x-request-id"] not in {"", 'a b"c'}


def test_the_stances_that_may_be_asked_for_are_those_of_the_model(settings: Settings) -> None:
    extractor = FakeExtractor()
    extractor.manifest = SimpleNamespace(stances=("opposes", "Zustimmung"))  # type: ignore[attr-defined]
    with TestClient(create_app(settings, extractor=extractor)) as client:
        wait_until_ready(client)
        assert client.get("/info").json()["stances"] == ["opposes", "Zustimmung"]
        asked = {"text": TEXT, "stances": ["opposes", "Zustimmung"]}
        assert len(client.post(URL, json=asked).json()["statements"]) == 1
        refused = client.post(URL, json={"text": TEXT, "stances": ["Zustimung"]})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == "/stances/0"
        assert "Did you mean 'Zustimmung'?" in refused.json()["detail"]
        statement = {"source": None, "cue": [9, 34], "content": [], "target": None}
        good = {"text": TEXT, "statements": [{**statement, "stance": "Zustimmung"}]}
        assert client.post("/v1/feedback", json=good).status_code == 201
        bad = {"text": TEXT, "statements": [{**statement, "stance": "supports"}]}
        assert "/statements/0/stance" in client.post("/v1/feedback", json=bad).text


@pytest.mark.parametrize(
    "body",
    [
        {"text": "x", **{f"field{number}": 1 for number in range(3000)}},
        {"text": "x", "stances": ["cheers"] * 3000},
        {"text": "x", **{f"field{number}": 1 for number in range(60)}},
    ],
    ids=["thousands of fields", "thousands of stances", "sixty fields"],
)
def test_a_request_of_many_faults_gets_a_short_answer(
    client: TestClient, body: dict[str, object]
) -> None:
    answer = client.post(URL, json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.content) < 12_000
    assert "known are" in answer.text or "stances" in answer.text


def test_a_query_of_many_faults_gets_a_short_answer(client: TestClient) -> None:
    query = "&".join(f"p{number}=1" for number in range(500))
    answer = client.post(f"{URL}?{query}", json={"text": TEXT})
    assert answer.status_code == 422
    assert len(answer.content) < 12_000
    assert "more faults" in answer.json()["detail"]


@pytest.mark.parametrize("accept", ["application/json", "application/x-ndjson"])
def test_a_long_article_is_answered_like_a_short_one(client: TestClient, accept: str) -> None:
    text = f"{TEXT} é " * 150
    headers = {"Accept": accept}
    answer = client.post(URL, json={"text": text, "offset_unit": "utf8"}, headers=headers)
    body = json.loads(answer.content)
    raw = text.encode()
    assert len(body["statements"]) == 300
    for item in body["statements"]:
        cue = item["cue"]
        assert raw[cue["start"] : cue["end"]].decode() == cue["text"]
