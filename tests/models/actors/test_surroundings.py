"""The unlisted bodies of a passage, which somebody may speak for."""

from __future__ import annotations

import pytest

from onrecord.actors.document import Document
from onrecord.actors.gazetteer import load_gazetteer
from onrecord.actors.roles import own_marks
from onrecord.actors.surroundings import Surroundings
from onrecord.types import Article


def _names(text):
    return [body.entity.name for body in _surroundings(text).bodies]


def _surroundings(text):
    return Surroundings(Document(Article(text), load_gazetteer()))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("A strike by the nurses' union shut two wards.", "nurses' union"),
        ("He chairs the Kyrgyz bar association.", "Kyrgyz bar association"),
        ("They met the council of Ikaria twice.", "council of Ikaria"),
        ("She heads the chamber of mines here.", "chamber of mines"),
        ("Fans of Etoile Rouge sang.", "Etoile Rouge"),
        ("It was the Rural Carriers' Union again.", "Rural Carriers' Union"),
        ("VELMORA, June 3 - Nobody came.", "Velmora"),
    ],
)
def test_a_body_is_found_as_the_passage_writes_it(text, name):
    assert name in _names(text)


def test_people_days_and_listed_names_are_no_bodies():
    names = _names("On Monday Mr Carlo Benetti left. He told France and Mr Benetti: Benetti it is.")
    assert not {"Monday", "Carlo Benetti", "Benetti", "France"} & set(names)


def test_the_nearest_body_before_comes_first():
    text = "The dockers' union met. The bar association left. Then the bakers' guild came."
    found = _surroundings(text)
    last = found.document.tokens_of(text.index("Then"), len(text))[0]
    order = [body.entity.name for body in found.near(last, 3)]
    assert order == ["bar association", "dockers' union", "bakers' guild"]


def test_a_body_in_small_letters_may_be_told_apart_by_its_country():
    found = _surroundings("Kenya waited. The nurses' union and the Oslo bar association met.")
    union, bar = (body for body in found.bodies if body.how == "lower")
    home = load_gazetteer().entries["Kenya"]
    assert found.national(union, home).name == "Kenyan nurses' union"
    assert found.national(bar, home) is None
    assert found.national(union, None) is None


def test_a_text_without_words_has_no_bodies():
    assert _names("") == []
    assert _names("...") == []


def test_the_article_and_the_noun_of_a_name_show_that_it_is_a_body():
    gazetteer = load_gazetteer()
    forum = own_marks("passengers' forum", "the passengers' forum", gazetteer)
    person = own_marks("anna lund", "said anna lund", gazetteer)
    assert {"own-the-True", "own-apostrophe"} <= set(forum)
    assert {"own-the-False", "own-given-True"} <= set(person)
    assert own_marks("", "", gazetteer) == []


def test_names_are_written_without_the_full_stops_of_us(resolve):
    text = "U.S. Defense Department officials said no."
    found = resolve(text, "U.S. Defense Department officials")
    assert found[0][0].name == "US Defense Department officials"
