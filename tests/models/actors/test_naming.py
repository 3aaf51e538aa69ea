"""How described sources are named, whom pronouns mean, and where names are cut."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

from onrecord.actors.ranking import shares, weights


def _names(found):
    return [[actor.name for actor in actors] for actors in found]


@pytest.mark.parametrize("name", ["naming.json", "pointing.json"])
def test_the_files_of_weights_hold_numbers_only(name):
    text = (files("onrecord.actors") / "data" / name).read_text(encoding="utf-8")
    assert len(text) < 800_000
    assert all(isinstance(value, float | int) for value in json.loads(text)["weights"].values())
    assert weights(name)


def test_shares_are_probabilities_and_follow_the_weights():
    found = shares({"a": 1.0, "b": -1.0}, [["a"], ["b"], ["c"]])
    assert sum(found) == pytest.approx(1.0)
    assert found[0] > found[2] > found[1]
    assert shares({}, []) == []


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("Canadian Public Safety Minister Stephen Day", "Stephen Day"),
        ("Secretary of the Treasury Martin Vale", "Martin Vale"),
        ("House of Representatives Speaker Nancy Orne", "Nancy Orne"),
        ("The Chairman of the London Milk Forum Michael Toll", "Michael Toll"),
        ("The Orchard Party acting president Simon Vale", "Simon Vale"),
        ("New York City Mayor Michael Bloomberg", "Michael Bloomberg"),
        ("Road Transport and Bridges Minister Daniel Quell", "Daniel Quell"),
        ("Regional Director for Eastern and Southern Africa, Peter Engel", "Peter Engel"),
        ("Army Brig. Michael Slade", "Michael Slade"),
    ],
)
def test_titles_before_a_name_are_not_part_of_it(resolve, source, name):
    assert _names(resolve(f"{source} said the plan would fail.", source)) == [[name]]


@pytest.mark.parametrize(
    ("source", "name", "principal"),
    [
        ("Governor of the Bank of Norvania Anna Tark", "Anna Tark", "Bank of Norvania"),
        ("Governor of the Bank of Norvania Olen Tark", "Olen Tark", "Bank of Norvania"),
        ("The mayor of Lowford Olen Tark", "Olen Tark", "Lowford"),
        ("President of the European Council Mara Dunn", "Mara Dunn", "European Union"),
    ],
)
def test_a_title_of_a_place_is_no_part_of_the_name(resolve, source, name, principal):
    text = f"{source} said no. Critics in Lowford praised Tark."
    actor = resolve(text, source)[0][0]
    assert (actor.name, actor.kind) == (name, "person")
    assert actor.represents.name == principal


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("Archbishop of Norvale Ane Vik", "Ane Vik"),
        ("The Bishop of Norvale Olen Tark", "Olen Tark"),
        ("Secretary of State Mara Dunn", "Mara Dunn"),
    ],
)
def test_a_see_or_an_office_before_a_name_is_no_part_of_it(resolve, source, name):
    text = f"They met in Norvale. {source} said no."
    assert _names(resolve(text, source)) == [[name]]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("The mayor of San Antonio", "San Antonio mayor"),
        ("The director of the Norvale Medical School", "Norvale Medical School director"),
        ("The director of the Institute of Peter Quell", "Institute of Peter Quell director"),
    ],
)
def test_a_place_of_several_words_after_a_title_is_no_person(resolve, source, name):
    assert _names(resolve(f"{source} said no. It stands in Norvale.", source)) == [[name]]


@pytest.mark.parametrize(
    ("text", "sources", "names"),
    [
        ("ANE VIK SAID NO TO THE PORT. VIK LEFT.", ("ANE VIK", "VIK"), ["Ane Vik"] * 2),
        (
            "ANE VIK, A DOCKER, SAID THE PORT WAS OLD.\n\nVIK ADDED THAT SHE WOULD STAY.",
            ("ANE VIK", "VIK", "SHE"),
            ["Ane Vik"] * 3,
        ),
        (
            "THE PORT OF LOWFORD IS OLD, OLEN TARK SAID. TARK, A DOCKER, SAID HE WAS SAD.",
            ("OLEN TARK", "TARK", "HE"),
            ["Olen Tark"] * 3,
        ),
        ("THE PORT IS OLD, ACCORDING TO ANE VIK.", ("ANE VIK",), ["Ane Vik"]),
        ("ANE VIK SAID NO TO IT. The port is old. Ane Vik left.", ("ANE VIK",), ["Ane Vik"]),
        ("ANE VIK: It is over.", ("ANE VIK",), ["Ane Vik"]),
    ],
)
def test_a_person_in_capitals_has_a_name_in_normal_case(resolve, text, sources, names):
    found = resolve(text, *sources)
    assert _names(found) == [[name] for name in names]
    assert {actor.kind for (actor,) in found} == {"person"}


def test_capitals_alone_make_nobody_a_person(resolve):
    text = "FERRY OPERATORS SAID NO TO THE PORT. OPERATORS SAID MORE."
    assert resolve(text, "FERRY OPERATORS")[0][0].kind != "person"


def test_an_adverb_before_a_known_surname_is_no_given_name(resolve):
    text = "Martin Vale opposed the levy. Originally Vale had supported it."
    assert _names(resolve(text, "Martin Vale", "Vale")) == [["Martin Vale"], ["Martin Vale"]]


def test_a_person_and_an_unnamed_group_are_two_parties(resolve):
    source = "Martin Vale and French officials"
    assert _names(resolve(f"{source} welcomed the pact.", source)) == [
        ["Martin Vale", "French officials"]
    ]


def test_two_adjectives_before_one_noun_are_one_group(resolve):
    source = "French and Dutch officials"
    assert len(resolve(f"{source} welcomed the pact.", source)[0]) == 1


def test_a_paper_keeps_its_article_only_where_the_text_has_it(resolve):
    assert _names(resolve("The Lowford Herald said so.", "The Lowford Herald")) == [
        ["The Lowford Herald"]
    ]
    assert _names(
        resolve("A Lowford Herald poll was quoted. Lowford Herald said so.", "Lowford Herald")
    ) == [["Lowford Herald"]]


def test_they_without_anyone_named_before_are_the_two_of_the_title(resolve):
    found = resolve(
        "They also discussed the harvest.",
        "They",
        title="Readout of Minister Anna Thool's Call with President Peter Engel",
    )
    assert _names(found) == [["Anna Thool", "Peter Engel"]]


def test_a_resolution_by_choice_keeps_a_confidence_between_none_and_all(resolve):
    text = "Kenya mourned. The police said so. A spokesman for the force agreed. They left."
    for actors in resolve(text, "The police", "A spokesman for the force", "They"):
        assert all(0.0 < actor.confidence <= 1.0 for actor in actors)


def test_a_described_source_says_why_it_has_no_name(resolve):
    (actor,) = resolve("Kenya mourned. Officials there said so.", "Officials there")[0]
    assert (actor.resolved_by, bool(actor.why)) == ("unresolved", True)
