"""Whom an actor speaks for: the learned choice, and the people of the gazetteer."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

from onrecord.actors import ActorRegistry, joint_actor
from onrecord.actors.gazetteer import load_gazetteer
from onrecord.actors.principal import Option, best
from onrecord.actors.ranking import weights
from onrecord.types import Entity


def _principal(found):
    represents = found[0][0].represents
    return represents.name if represents else None


def test_the_file_of_weights_is_small_and_holds_numbers_only():
    resource = files("onrecord.actors") / "data" / "principal.json"
    text = resource.read_text(encoding="utf-8")
    assert len(text) < 300_000
    assert all(isinstance(value, float | int) for value in json.loads(text)["weights"].values())
    assert weights("principal.json")


def test_the_option_with_the_largest_sum_wins_and_nobody_can():
    name = max(weights("principal.json"), key=lambda key: weights("principal.json")[key])
    body = Option(Entity("Orchard Fund", "organisation"), ["rule"], [name])
    nobody = Option(None, ["nobody"], [])
    assert best([nobody, body]) == body.entity
    assert best([nobody]) is None


@pytest.mark.parametrize(
    ("source", "principal"),
    [
        ("Kalandia chief executive Ragna Thool", "Kalandia"),
        (
            "Ragna Thool, director of the Institute for Northern Waters",
            "Institute for Northern Waters",
        ),
        ("German Finance Minister Ragna Thool", "Germany"),
    ],
)
def test_a_title_names_the_body_or_the_state(resolve, source, principal):
    assert _principal(resolve(f"{source} said the plan would fail.", source)) == principal


def test_a_user_registry_still_wins_over_the_learned_choice(resolve):
    registry = ActorRegistry.from_rows(
        [{"alias": "Ragna Thool", "name": "Ragna Thool", "kind": "person", "represents": "Nordlys"}]
    )
    text = "German Finance Minister Ragna Thool said no."
    found = resolve(text, "German Finance Minister Ragna Thool", registry=registry)
    assert _principal(found) == "Nordlys"


def test_one_person_represents_the_party_before_and_the_state_after_an_election(resolve):
    text = "Barack Obama said the US economy was weak."
    before = resolve(text, "Barack Obama", date="2008-05-01")
    after = resolve(text, "Barack Obama", date="2010-05-01")
    assert (_principal(before), _principal(after)) == ("Democratic Party", "United States")


def test_a_surname_means_the_holder_whose_state_the_article_names():
    gazetteer = load_gazetteer()
    british = gazetteer.bearers("reid", 2005.9, {"United Kingdom": 3}, lambda _: False)
    american = gazetteer.bearers("reid", 2005.9, {"United States": 3}, lambda _: False)
    assert [item.name for item in british] == ["John Reid"]
    assert [item.name for item in american] == ["Harry Reid"]


def test_a_surname_without_its_state_is_nobodys_but_a_great_powers():
    gazetteer = load_gazetteer()
    assert gazetteer.bearers("banda", 2009.5, {"Norway": 2}, lambda _: False) == []
    assert gazetteer.bearers("putin", 2005.5, {"Norway": 2}, lambda _: False) != []


def test_an_administration_is_named_after_its_head(resolve):
    text = "The US Congress met. The Biden-Harris Administration rejected it."
    found = resolve(text, "The Biden-Harris Administration", date="2023-02-01")
    assert (found[0][0].name, _principal(found)) == ("Biden administration", "United States")


def test_whom_an_actor_represents_has_a_confidence_of_its_own(resolve):
    text = "Norwegian Foreign Minister Ane Vik said no. Norway agreed. The minister left."
    found = resolve(text, "Norwegian Foreign Minister Ane Vik", "Norway", "The minister")
    sure = [actors[0].to_dict()["represents"]["confidence"] for actors in found]
    assert all(0.0 < value <= 0.97 for value in sure)
    assert sure[0] != found[0][0].confidence


def test_the_user_s_own_principal_is_as_sure_as_the_user_s_actor(resolve):
    rows = [{"alias": "the Fund", "name": "Orchard Fund", "represents": "Orchard Fund"}]
    registry = ActorRegistry.from_rows(rows)
    text = "The Fund said no. The Fund's director Ane Vik agreed."
    own, director = resolve(text, "The Fund", "The Fund's director Ane Vik", registry=registry)
    assert own[0].represents.confidence == own[0].confidence
    assert director[0].represents.confidence == own[0].confidence


def test_a_joint_source_is_as_sure_of_its_principals_as_of_the_least(resolve):
    text = "Norway and the finance ministry of Kenya said no."
    actors = resolve(text, "Norway and the finance ministry of Kenya")[0]
    least = min(actor.represents.confidence for actor in actors)
    assert joint_actor(actors).represents.confidence == least
