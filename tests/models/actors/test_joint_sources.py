"""Sources that name several parties, and names that only look as if they did."""

from __future__ import annotations

import pytest


def _names(found):
    return [actor.name for actor in found[0]]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("Oxfam & Greenpeace", ["Oxfam", "Greenpeace"]),
        ("The EU as well as NATO", ["European Union", "NATO"]),
        ("France/Germany", ["France", "Germany"]),
        ("France, along with Germany,", ["France", "Germany"]),
        ("France, together with Germany and Poland,", ["France", "Germany", "Poland"]),
        ("Neither Oxfam nor Greenpeace", ["Oxfam", "Greenpeace"]),
        ("France or Germany", ["France", "Germany"]),
        ("Ilse Varga and the finance ministry", ["Ilse Varga", "finance ministry"]),
        ("The finance ministry and the central bank", ["finance ministry", "central bank"]),
        ("Ane and Per Vik", ["Ane Vik", "Per Vik"]),
        ("Senators Ana Cole and Bo Ruud", ["Ana Cole", "Bo Ruud"]),
    ],
)
def test_every_link_splits_a_joint_source(resolve, source, names):
    assert _names(resolve(f"{source} said no.", source)) == names


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("The spokesman and the director", ["spokesman", "director"]),
        ("A nurse and a doctor at the clinic", ["nurse", "doctor"]),
        ("The minister and her deputy", ["minister", "deputy"]),
        ("The farmer and his wife", ["farmer", "wife"]),
        ("A lawyer and two witnesses", ["lawyer", "witnesses"]),
        ("A clerk, a nurse and the driver", ["clerk", "nurse", "driver"]),
        ("The mayor and Bo Ruud", ["mayor", "Bo Ruud"]),
        ("The union's president and the club's coach", ["union's president", "club's coach"]),
        ("The government and the rebels", ["government", "rebels"]),
        ("The spokesman and director", ["spokesman and director"]),
        ("Officials and diplomats", ["officials and diplomats"]),
        ("A lot of painters and street artists", ["painters and street artists"]),
    ],
)
def test_people_described_each_for_themselves_are_several(resolve, source, names):
    text = f"Ane Vik met Bo Ruud. {source} said no. They left."
    found = resolve(text, source, "They")
    assert _names(found) == names
    assert len(found[1]) == len(names)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("The health and transport minister Ane Vik", ["Ane Vik"]),
        ("EU trade and industry commissioner Olen Tark", ["Olen Tark"]),
        ("The government and transport minister Ane Vik", ["government", "Ane Vik"]),
    ],
)
def test_fields_of_one_office_are_no_parties(resolve, source, names):
    assert _names(resolve(f"{source} said no.", source)) == names


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("The US and UK governments", ["United States", "United Kingdom"]),
        ("The French, Polish and German governments", ["France", "Poland", "Germany"]),
    ],
)
def test_governments_of_several_states_are_the_states(resolve, source, names):
    found = resolve(f"{source} said no.", source)
    assert _names(found) == names
    assert {actor.resolved_by for actor in found[0]} == {"title"}


def test_an_office_of_several_states_is_held_once_in_each(resolve):
    source = "The French and German foreign ministers"
    found = resolve(f"{source} said no.", source)
    assert _names(found) == ["French foreign minister", "German foreign minister"]
    assert [actor.represents.name for actor in found[0]] == ["France", "Germany"]


def test_a_person_after_the_comma_of_a_party_is_a_person(resolve):
    source = "The company and its chief executive, Ane Vik,"
    company, person = resolve(f"{source} said no.", source)[0]
    assert (company.name, person.name, person.kind) == ("company", "Ane Vik", "person")


@pytest.mark.parametrize(
    "source",
    ["A spokesman for the army and the police", "The trade and the industry ministers"],
)
def test_one_speaker_and_fields_alone_are_one_source(resolve, source):
    assert len(resolve(f"{source} said no.", source)[0]) == 1


@pytest.mark.parametrize(
    ("source", "name", "kind"),
    [
        ("United Nations (UN) officials", "UN officials", "group"),
        ("The European Union (EU)", "European Union", "organisation"),
    ],
)
def test_an_acronym_in_brackets_does_not_end_what_it_stands_in(resolve, source, name, kind):
    [actor] = resolve(f"{source} said no.", source)[0]
    assert (actor.name, actor.kind) == (name, kind)


def test_what_follows_a_name_and_a_comma_still_describes_one_person(resolve):
    source = "Olen Tark, the mayor and the head of the union,"
    assert _names(resolve(f"{source} said no.", source)) == ["Olen Tark"]


def test_the_deputy_of_a_described_minister_shares_the_state(resolve):
    source = "The French minister and her deputy"
    found = resolve(f"{source} said no.", source)[0]
    assert [actor.represents.name for actor in found] == ["France", "France"]


@pytest.mark.parametrize(
    ("source", "names", "principals"),
    [
        (
            "The leaders of Kenya, Uganda and Rwanda",
            ["Kenyan leader", "Ugandan leader", "Rwandan leader"],
            ["Kenya", "Uganda", "Rwanda"],
        ),
        (
            "The presidents of France and Poland",
            ["French president", "Polish president"],
            ["France", "Poland"],
        ),
    ],
)
def test_a_plural_office_is_held_once_in_each_place(resolve, source, names, principals):
    found = resolve(f"{source} said no.", source)
    assert _names(found) == names
    assert [actor.represents.name for actor in found[0]] == principals


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("Johnson & Johnson", "Johnson & Johnson"),
        ("Vale & Lund", "Vale & Lund"),
        ("The Bread and Roses Party", "Bread and Roses Party"),
        ("The Ministry of Trade and Industry", "Ministry of Trade and Industry"),
        ("The Ministry of Trade & Industry", "Ministry of Trade & Industry"),
        ("Bosnia and Herzegovina", "Bosnia and Herzegovina"),
    ],
)
def test_a_name_that_holds_a_link_is_one_body(resolve, source, name):
    assert _names(resolve(f"{source} said no.", source)) == [name]


def test_an_ampersand_joins_two_people_whom_the_article_names(resolve):
    text = "Ane Vik met Per Lund. Vik & Lund said no."
    assert _names(resolve(text, "Vik & Lund")) == ["Ane Vik", "Per Lund"]


def test_a_stroke_inside_a_name_does_not_split_it(resolve):
    text = "The R-7 Paint/Repaint Support Group said no."
    assert len(resolve(text, "The R-7 Paint/Repaint Support Group")[0]) == 1


def test_a_title_of_several_is_no_part_of_the_first_name(resolve):
    text = "Senators Ana Cole and Bo Ruud spoke. Senator Cole said no."
    assert _names(resolve(text, "Senator Cole")) == ["Ana Cole"]
