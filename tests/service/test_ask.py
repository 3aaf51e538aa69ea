from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.actors import ActorRegistry
from onrecord.types import Actor, Entity, Span, Statement
from onrecord_service import quotes, schemas
from onrecord_service.matching import KnownNames, is_actor, same_name
from tests.service.conftest import TestClient

TEXT = (
    "Norvania has consistently rejected any foreign base on the islands. Ilse Varga said two "
    "ships would sail. Calder backs new sanctions against Ostrava. Norvania warned that a base "
    "would be costly."
)


def test_the_stance_of_an_actor_to_a_target_comes_with_its_evidence(client: TestClient) -> None:
    answer = client.post(
        "/v1/stance",
        json={"text": TEXT, "actor": "norvania", "target": "foreign bases", "offset_unit": "utf16"},
    )
    body = answer.json()
    schemas.StanceOut.model_validate(body)
    assert body["found"] is True
    first = body["stances"][0]
    assert (first["actor"]["name"], first["stance"]) == ("Norvania", "opposes")
    assert body["stances"][0]["statements"][0]["cue"]["text"] == "has consistently rejected"


def test_a_target_alone_finds_everybody_who_speaks_of_it(client: TestClient) -> None:
    body = client.post("/v1/stance", json={"text": TEXT, "target": "sanction"}).json()
    assert [row["actor"]["name"] for row in body["stances"]] == ["Calder"]


def test_no_such_stance_is_an_answer_and_not_an_error(client: TestClient) -> None:
    answer = client.post("/v1/stance", json={"text": TEXT, "actor": "Marek Dunn"})
    assert answer.status_code == 200
    assert answer.json()["found"] is False
    assert answer.json()["stances"] == []


def test_a_question_about_nothing_is_refused(client: TestClient) -> None:
    answer = client.post("/v1/stance", json={"text": TEXT})
    assert answer.status_code == 422
    assert "actor" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("quote", "actor", "verdict", "who", "matches"),
    [
        ("any foreign base on the islands", "Norvania", "verbatim", ["Norvania"], True),
        ("“Any foreign base on the islands.”", "Varga", "verbatim", ["Norvania"], False),
        ("two ships would sail", "Varga", "verbatim", ["Ilse Varga"], True),
        ("two ships would never sail", "Varga", "altered", ["Ilse Varga"], True),
        ("we shall fight on the beaches tonight", "Varga", "absent", [], None),
        ("two ships would sail", None, "verbatim", ["Ilse Varga"], None),
    ],
)
def test_a_quote_is_verified_word_for_word(
    client: TestClient,
    quote: str,
    actor: str | None,
    verdict: str,
    who: list[str],
    matches: bool | None,
) -> None:
    body = client.post("/v1/verify", json={"text": TEXT, "quote": quote, "actor": actor}).json()
    schemas.VerifyOut.model_validate(body)
    assert body["verdict"] == verdict
    assert [item["name"] for item in body["attributed_to"]] == who
    assert body["actor_matches"] is matches
    if body["span"]:
        assert TEXT[body["span"]["start"] : body["span"]["end"]] == body["span"]["text"]


def test_the_diff_names_what_was_put_in_and_what_was_left_out() -> None:
    text = "She said: “We will not accept a garrison on our doorstep this year.”"
    found = quotes.find(text, "We will accept a big garrison on our doorstep this year")
    assert found.verdict == "altered"
    changed = [(step.op, step.quote, step.text) for step in found.diff if step.op != "equal"]
    assert changed == [("left_out", "", "not"), ("added", "big", "")]


def test_a_quote_that_the_attribution_breaks_is_still_verbatim() -> None:
    text = "“We will not sail,” Varga said, “until the ice is gone.”"
    first, second = "“We will not sail,”", "“until the ice is gone.”"
    parts = [Span(text.index(part), text.index(part) + len(part), part) for part in (first, second)]
    found = quotes.find(text, "We will not sail until the ice is gone", joined=[parts])
    assert found.verdict == "verbatim"
    assert found.span is not None
    assert found.span.text == text[1:-2]


def test_a_quote_of_too_many_words_is_refused_with_the_limit(client: TestClient) -> None:
    answer = client.post("/v1/verify", json={"text": "a " * 4000, "quote": "a " * 500 + "b"})
    assert answer.status_code == 422
    assert "the limit is 400" in answer.json()["detail"]


@pytest.mark.parametrize("words", ["a", "a b", "a b c d e f"])
def test_a_text_that_repeats_itself_is_compared_in_no_time(words: str) -> None:
    chance = random.Random(7)
    text = " ".join(chance.choices(words.split(), k=20_000))
    quote = " ".join(chance.choices(words.split(), k=398)) + " z"
    started = time.thread_time()
    quotes.find(text, quote)
    assert time.thread_time() - started < 3


def test_a_long_quote_with_a_change_is_found_and_the_change_named() -> None:
    chance = random.Random(7)
    names = [f"w{n}" for n in range(300)] + ["the"] * 60 + [","] * 40
    text = chance.choices(names, k=3000)
    quote = text[1000:1390]
    quote[200] = "never"
    found = quotes.find(" ".join(text), " ".join(quote))
    assert found.verdict == "altered"
    assert found.span is not None
    assert found.span.text == " ".join(text[1000:1390])
    changed = [(step.op, step.quote, step.text) for step in found.diff if step.op != "equal"]
    assert changed == [("replaced", "never", text[1200])]


def test_house_style_is_no_alteration() -> None:
    found = quotes.find("It’s time — we're done.", "it's time - we’re  done")
    assert found.verdict == "verbatim"


@given(st.text(min_size=1, max_size=80), st.text(max_size=30), st.text(max_size=30))
def test_any_words_are_found_in_a_text_that_holds_them(quote: str, before: str, after: str) -> None:
    text = f"{before} {quote} {after}"
    found = quotes.find(text, quote)
    has_words = bool(quotes._inner(quotes._words(quote)))
    if has_words and not quote[:1].isspace():
        assert found.verdict == "verbatim"
    if found.span:
        assert text[found.span.start : found.span.end] == found.span.text


@given(st.text(max_size=60), st.text(min_size=1, max_size=40))
def test_no_text_breaks_the_comparison(text: str, quote: str) -> None:
    found = quotes.find(text, quote)
    assert (found.span is None) == (found.verdict == "absent")


@pytest.mark.parametrize(
    ("asked", "name", "same"),
    [
        ("Varga", "Ilse Varga", True),
        ("the Élysée", "Elysee", True),
        ("Var", "Ilse Varga", False),
        ("Iran", "Iranian officials", False),
        ("", "Norvania", False),
    ],
)
def test_names_match_in_whole_words(asked: str, name: str, same: bool) -> None:
    assert same_name(asked, name) is same


def test_web_annotations_find_their_place_by_position_and_by_quote(client: TestClient) -> None:
    answer = client.post(
        "/v1/extract",
        json={"text": TEXT, "extra": {"url": "https://news.example/a"}},
        headers={"Accept": "application/ld+json"},
    )
    assert answer.headers["content-type"] == "application/ld+json"
    page = answer.json()
    assert page["type"] == "AnnotationPage"
    first = page["items"][0]
    assert [part["role"] for part in first["target"]] == ["source", "cue", "content", "target"]
    for part in first["target"]:
        position, quote = part["selector"]
        assert TEXT[position["start"] : position["end"]] == quote["exact"]
        assert quote["prefix"] + quote["exact"] + quote["suffix"] in TEXT
        assert part["source"] == "https://news.example/a"


def statement(name: str, kind: str = "state", **more: object) -> Statement:
    """A statement of one actor, resolved by name."""
    return Statement(
        id="a:0",
        cue=Span(0, 4, "said"),
        source=Span(5, 9, "they"),
        content=(),
        target=None,
        stance="states",
        conditional=False,
        quotation="indirect",
        confidence=1.0,
        scores={},
        actors=(Actor(name, kind, **{"resolved_by": "named", "confidence": 0.9, **more}),),  # type: ignore[arg-type]
    )


RUSSIA = statement("Russia", id="Q159")
BRITAIN = statement("United Kingdom", id="Q145")
IVORY_COAST = statement("Ivory Coast", id="Q1008")
SPOKESMAN = statement("Ivan Orel", "person", represents=Entity("Russia", "state", "Q159"))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("Kremlin", RUSSIA),
        ("the kremlin", RUSSIA),
        ("Moscow", RUSSIA),
        ("Russian Federation", RUSSIA),
        ("Q159", RUSSIA),
        ("q159", RUSSIA),
        ("Kremlin", SPOKESMAN),
        ("orel", SPOKESMAN),
        ("UK", BRITAIN),
        ("U.K.", BRITAIN),
        ("great britain", BRITAIN),
        ("Downing Street", BRITAIN),
        ("CÔTE D’IVOIRE", IVORY_COAST),
        ("cote d'ivoire", IVORY_COAST),
        ("Łodz Forum", statement("Lódź Forum", "organisation")),
        ("Kremlin", statement("Kremlin Palace Trust", "organisation", resolved_by="unresolved")),
    ],
)
def test_an_actor_may_be_asked_for_by_any_of_its_names(asked: str, said: Statement) -> None:
    assert is_actor(KnownNames().look_up(asked), said)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("Sudan", statement("South Sudan", id="Q958")),
        ("Kremlin", BRITAIN),
        ("Pentagon", statement("United States", id="Q30")),
        ("Guinea", statement("Papua New Guinea", id="Q691")),
        ("Russia", statement("Bank of Russia", "organisation")),
        ("Norvania", RUSSIA),
    ],
)
def test_a_known_name_is_not_a_part_of_another(asked: str, said: Statement) -> None:
    assert not is_actor(KnownNames().look_up(asked), said)


def test_the_registry_of_the_service_knows_names_too() -> None:
    row = {"alias": "The Desk", "name": "Harbour Board", "kind": "organisation", "id": "Q99999999"}
    known = KnownNames(ActorRegistry.from_rows([row]))
    board = statement("Harbour Board", "organisation")
    assert is_actor(known.look_up("the desk"), statement("Somebody", id="Q99999999"))
    assert is_actor(known.look_up("THE DESK"), board)
    assert not is_actor(KnownNames().look_up("the desk"), board)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("stance", {"actor": " "}),
        ("stance", {"target": "…"}),
        ("verify", {"quote": "“ ”"}),
        ("verify", {"quote": "ships", "actor": "?"}),
    ],
)
def test_what_holds_no_word_is_refused(
    client: TestClient, path: str, fields: dict[str, str]
) -> None:
    answer = client.post(f"/v1/{path}", json={"text": TEXT, **fields})
    assert answer.status_code == 422
    assert "no letter or digit" in answer.json()["detail"]
