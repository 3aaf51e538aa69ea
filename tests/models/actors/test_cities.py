"""The name of a capital: the government in it, the city itself, a person, or only a venue."""

from __future__ import annotations

import pytest

from onrecord.actors.confidence import MOST


def _last(resolve, text, source):
    """Resolve a source at its last place; all before it is passed over as another source."""
    before = text[: text.rindex(source)]
    return resolve(text, before, source)[1][0]


@pytest.mark.parametrize(
    ("text", "city"),
    [
        (
            "Mayor Lena Cole of Washington met city council members. Washington banned scooters.",
            "Washington",
        ),
        (
            "Paris banned diesel cars on Monday. Paris would pay for buses, the city council said.",
            "Paris",
        ),
        ("Vienna's city hall plans more trams. Vienna will pay for them.", "Vienna"),
        (
            "The mayor of Brussels and the Brussels region want fewer cars. Brussels bans lorries.",
            "Brussels",
        ),
    ],
)
def test_city_words_near_a_capital_make_it_the_city(resolve, text, city):
    actor = _last(resolve, text, city)
    assert (actor.name, actor.kind, actor.id) == (city, "organisation", None)
    assert actor.represents is not None
    assert actor.represents.name == city


@pytest.mark.parametrize(
    "text",
    [
        "The mayor of Moscow, Pavel Orlov, slept. Moscow accused Kyiv of firing first.",
        "Mayor Lena Cole of Springfield came. Moscow banned fish.",
        "Moscow said the mayor of Kherson had fled.",
        "Moscow wants no part of Dunmore's new stadium. City hall read the letter twice.",
    ],
)
def test_other_cities_and_foreign_affairs_leave_the_state(resolve, text):
    assert _last(resolve, text, "Moscow").name == "Russia"


@pytest.mark.parametrize(
    ("text", "source", "name"),
    [
        (
            "Denzel Marlow-Washington spoke. Washington denied it.",
            "Washington",
            "Denzel Marlow-Washington",
        ),
        ("Ann Washington spoke on Monday. Washington denied it.", "Washington", "Ann Washington"),
        ("Mary Jordan wrote the report. Jordan said it was right.", "Jordan", "Mary Jordan"),
    ],
)
def test_people_of_the_article_come_before_places(resolve, text, source, name):
    assert _last(resolve, text, source).name == name


def test_a_place_after_a_preposition_stays_a_place(resolve):
    text = "Ann Washington spoke. Officials in Washington denied it."
    actor = resolve(text, "Officials in Washington")[0][0]
    assert actor.represents is not None
    assert actor.represents.name == "United States"


@pytest.mark.parametrize("source", ["The Paris agreement", "Participants in the Paris talks"])
def test_a_capital_before_an_event_is_only_its_venue(resolve, source):
    actor = resolve(f"{source} could not say.", source)[0][0]
    assert "Fr" not in actor.name
    assert actor.represents is None


def test_no_fitted_confidence_is_certain(resolve):
    assert resolve("Washington rejected the plan.", "Washington")[0][0].confidence <= MOST < 1.0
