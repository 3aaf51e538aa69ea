"""The user's own table wins, and a bad one names its line."""

from __future__ import annotations

import csv

import pytest

from onrecord.actors import ActorRegistry
from onrecord.errors import RegistryError

ROWS = [
    {
        "alias": "the Fund",
        "name": "Orchard Fund",
        "kind": "organisation",
        "id": "",
        "represents": "Orchard Fund",
    },
    {
        "alias": "Kiev",
        "name": "Ukraine (staff style)",
        "kind": "state",
        "id": "Q212",
        "represents": "Ukraine",
    },
]


def test_registry_wins_over_the_gazetteer(resolve):
    registry = ActorRegistry.from_rows(ROWS)
    actor = resolve("Kiev refused.", "Kiev", registry=registry)[0][0]
    assert (actor.name, actor.resolved_by) == ("Ukraine (staff style)", "alias")
    assert actor.represents is not None
    assert actor.represents.name == "Ukraine"


def test_registry_reaches_longer_sources_and_pronouns(resolve):
    registry = ActorRegistry.from_rows(
        [{"alias": "Ane Vik", "name": "Vik, Ane", "kind": "person", "represents": "Green List"}]
    )
    text = "The veteran lawmaker Ane Vik said no. She left."
    found = resolve(text, "The veteran lawmaker Ane Vik", "She", registry=registry)
    assert [actors[0].name for actors in found] == ["Vik, Ane", "Vik, Ane"]


def test_the_article_s_own_registry_wins_over_the_resolver_s(resolve):
    house = ActorRegistry.from_rows(
        [{"alias": "Kiev", "name": "A"}, {"alias": "Lund", "name": "B"}]
    )
    own = ActorRegistry.from_rows([{"alias": "Kiev", "name": "C"}])
    both = own.over(house)
    assert [both.find(alias).entity.name for alias in ("Kiev", "Lund")] == ["C", "B"]
    found = resolve("Kiev refused. Lund agreed.", "Kiev", "Lund", registry=house, own=own)
    assert [actors[0].name for actors in found] == ["C", "B"]


def test_registry_ignores_case_accents_and_full_stops():
    registry = ActorRegistry.from_rows([{"alias": "Şahin A.Ş.", "name": "Şahin"}])
    assert "SAHIN AS" in registry
    assert "sahin" not in registry
    assert len(registry) == 1


def test_csv_is_read_with_its_byte_order_mark(tmp_path):
    path = tmp_path / "actors.csv"
    path.write_text(
        "alias,name,kind,id,represents\nthe Fund,Orchard Fund,organisation,,\n",
        encoding="utf-8-sig",
    )
    found = ActorRegistry.from_csv(path).find("The Fund")
    assert found is not None
    assert found.entity.name == "Orchard Fund"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_blanks_around_headers_and_other_separators_do_not_count(tmp_path, separator):
    rows = [["alias", " name", "id "], ["Fund", "Fund, Orchard and Sons; Trust", "Q4242"]]
    lines = [separator.join(rows[0]), separator.join(f'"{cell}"' for cell in rows[1])]
    path = tmp_path / "actors.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    found = ActorRegistry.from_csv(path).find("Fund")
    assert (found.entity.name, found.entity.id) == ("Fund, Orchard and Sons; Trust", "Q4242")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Q4242", "Q4242"),
        ("https://www.wikidata.org/wiki/Q4242", "Q4242"),
        ("http://www.wikidata.org/entity/Q4242", "Q4242"),
        ("", None),
    ],
)
def test_an_id_may_be_its_wikidata_address(given, kept):
    registry = ActorRegistry.from_rows([{"alias": "Fund", "name": "Orchard Fund", "id": given}])
    assert registry.find("fund").entity.id == kept


def test_a_leading_article_is_no_part_of_an_alias():
    registry = ActorRegistry.from_rows([ROWS[0], {"alias": "A. Vik", "name": "Ane Vik"}])
    assert all(alias in registry for alias in ("Fund", "the Fund", "The Fund", "A. Vik"))
    assert "Vik" not in registry


def test_equal_rows_twice_are_no_conflict():
    assert len(ActorRegistry.from_rows([ROWS[0], dict(ROWS[0])])) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("alias,id\na,Q1\n", "line 1: bad columns .*missing 'name'"),
        ("alias,name,colour\na,b,red\n", "line 1: bad columns .*unknown 'colour'"),
        ("alias,name,name\na,b,c\n", "line 1: bad columns .*repeated 'name'"),
        ("", "line 1: bad columns"),
        ("alias,name\na,b\nA.,c\n", "line 3: alias 'A.' already means 'b' \\(line 2\\)"),
        ("alias,name\n,b\n", "line 2: alias is empty"),
        ("alias,name\na,\n", "line 2: name is empty"),
        ("alias,name,kind\na,b,planet\n", "line 2: kind 'planet' is unknown"),
        ("alias,name\n---,b\n", "line 2: alias '---' has no letter"),
        ("alias,name\na,b,c\n", "line 2: more cells than columns"),
        ("alias,name,id\na,b,17\n", "line 2: id '17' is no Wikidata id; write it as Q212 or http"),
        ("alias;name;colour\na;b;red\n", "line 1: bad columns .*unknown 'colour'"),
        ("alias,name\nthe Fund,A\nFund,B\n", "line 3: alias 'Fund' already means 'A'"),
        ('alias,name\na,b\n"c,d\ne,f\n', "line 3: a quote is opened and never closed"),
        ('alias,name\n"a" b,c\n', "line 2: bad CSV"),
    ],
)
def test_bad_csv_names_its_line(tmp_path, text, message):
    path = tmp_path / "actors.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RegistryError, match=message):
        ActorRegistry.from_csv(path)


def test_an_oversized_cell_names_its_line(tmp_path):
    path = tmp_path / "actors.csv"
    path.write_text(f"alias,name\na,b\nc,{'d' * 40}\n", encoding="utf-8")
    limit = csv.field_size_limit(30)
    try:
        with pytest.raises(RegistryError, match="line 3: a cell has more than 30 characters"):
            ActorRegistry.from_csv(path)
    finally:
        csv.field_size_limit(limit)


def test_missing_file_and_wrong_encoding_are_registry_errors(tmp_path):
    with pytest.raises(RegistryError, match="cannot read"):
        ActorRegistry.from_csv(tmp_path / "absent.csv")
    path = tmp_path / "latin.csv"
    path.write_bytes("alias,name\nÅland,Åland\n".encode("latin-1"))
    with pytest.raises(RegistryError, match="line 2: not UTF-8"):
        ActorRegistry.from_csv(path)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"alias": "a"}, "row 1: name is empty"),
        ({"alias": "a", "name": 3}, "row 1: name is int"),
        ({"alias": "a", "name": "b", "x": "c"}, "row 1: unknown key x"),
        ("a,b", "row 1: got str"),
    ],
)
def test_bad_rows_name_their_number(row, message):
    with pytest.raises(RegistryError, match=message):
        ActorRegistry.from_rows([row])


def test_metadata_gives_the_id_and_loses_to_the_registry(resolve):
    people = [
        {"name": "Ane Vik", "uri": "http://www.wikidata.org/entity/Q999001"},
        "junk",
        {"uri": 3},
    ]
    text = "Ane Vik said no. Vik left."
    found = resolve(text, "Ane Vik", "Vik", extra={"people": people, "organisations": None})
    assert [actors[0].id for actors in found] == ["Q999001", "Q999001"]
    registry = ActorRegistry.from_rows([{"alias": "Ane Vik", "name": "Vik, Ane", "id": "Q999002"}])
    won = resolve(text, "Ane Vik", registry=registry, extra={"people": people})
    assert (won[0][0].id, won[0][0].resolved_by) == ("Q999002", "alias")


FUND = {"alias": "the Fund", "name": "Orchard Fund", "kind": "organisation", "represents": "Norway"}
VIK = {"alias": "Vik", "name": "Vik, Ane", "kind": "person", "represents": "Green List"}


@pytest.mark.parametrize(
    "source",
    [
        "Fund",
        "The Fund",
        "The Fund, based in Oslo,",
        "The Fund, an investor,",
        "A regional lender, the Fund,",
    ],
)
def test_an_alias_may_head_a_longer_source(resolve, source):
    registry = ActorRegistry.from_rows([FUND])
    text = f"{source} said prices would fall. It gave no date."
    found = resolve(text, source, "It", registry=registry)
    assert [actors[0].name for actors in found] == ["Orchard Fund", "Orchard Fund"]


def test_an_alias_may_be_a_party_of_a_joint_source(resolve):
    registry = ActorRegistry.from_rows([FUND])
    found = resolve("The Fund and France signed.", "The Fund and France", registry=registry)
    assert [actor.name for actor in found[0]] == ["Orchard Fund", "France"]


@pytest.mark.parametrize(
    "source",
    [
        "The Fund's director",
        "A spokesman for the Fund",
        "Fund officials",
        "Mira Sand, director of the Fund,",
    ],
)
def test_who_speaks_for_an_alias_represents_its_actor(resolve, source):
    registry = ActorRegistry.from_rows([FUND])
    actor = resolve(f"{source} said no.", source, registry=registry)[0][0]
    assert actor.represents is not None
    assert (actor.represents.name, actor.represents.kind) == ("Orchard Fund", "organisation")


def test_a_surname_alone_keeps_the_alias_of_an_earlier_description(resolve):
    registry = ActorRegistry.from_rows([FUND])
    text = "Mira Sand, director of the Fund, came on Monday. Later Sand said no."
    actor = resolve(text[text.index("Later") :], "Sand", registry=registry)[0][0]
    assert actor.represents is None or actor.represents.name != "Orchard Fund"
    actor = resolve(text.replace("Later Sand", "Ms Sand"), "Ms Sand", registry=registry)[0][0]
    assert actor.represents is not None
    assert actor.represents.name == "Orchard Fund"


@pytest.mark.parametrize("source", ["The Fund's critics", "The Baltic Fund", "A fund"])
def test_critics_longer_names_and_common_nouns_are_not_the_alias(resolve, source):
    registry = ActorRegistry.from_rows([FUND])
    actor = resolve(f"{source} said no.", source, registry=registry)[0][0]
    assert actor.name != "Orchard Fund"
    assert actor.represents is None or actor.represents.name != "Orchard Fund"


@pytest.mark.parametrize(
    "source",
    ["Vik", "Vik's", "Mr Vik", "Minister Ane Vik", "Norway's energy minister, Vik,"],
)
def test_a_surname_as_alias_is_found_behind_titles_and_first_names(resolve, source):
    registry = ActorRegistry.from_rows([VIK])
    actor = resolve(f"{source} said no.", source, registry=registry)[0][0]
    assert (actor.name, actor.resolved_by) == ("Vik, Ane", "alias")


def test_a_surname_as_alias_is_not_another_bearer(resolve):
    registry = ActorRegistry.from_rows([VIK])
    actor = resolve("Minister Bo Vik said no.", "Minister Bo Vik", registry=registry)[0][0]
    assert actor.name == "Bo Vik"
    actor = resolve("Bo Vik came. Mr Vik said no.", "Mr Vik", registry=registry)[0][0]
    assert actor.name == "Bo Vik"


@pytest.mark.parametrize("source", ["officials in Moscow", "Moscow officials"])
def test_an_alias_wins_over_what_the_gazetteer_has_for_the_place(resolve, source):
    registry = ActorRegistry.from_rows([{"alias": "Moscow", "name": "Desk East", "kind": "state"}])
    actor = resolve(f"On Monday {source} said no.", source, registry=registry)[0][0]
    assert actor.represents is not None
    assert actor.represents.name == "Desk East"


def test_an_alias_of_a_state_reaches_its_government(resolve):
    registry = ActorRegistry.from_rows([{"alias": "Norway", "name": "Desk North", "kind": "state"}])
    found = resolve(
        "The Norwegian government refused. Norwegian officials left.",
        "The Norwegian government",
        "Norwegian officials",
        registry=registry,
    )
    assert (found[0][0].name, found[1][0].represents.name) == ("Desk North", "Desk North")


def test_whom_a_row_represents_is_looked_up(resolve):
    rows = [FUND, {"alias": "Unit", "name": "Fund Unit", "represents": "Orchard Fund"}]
    registry = ActorRegistry.from_rows(rows)
    found = resolve("The Fund agreed. The Unit agreed.", "The Fund", "The Unit", registry=registry)
    assert (found[0][0].represents.kind, found[0][0].represents.id) == ("state", "Q20")
    assert found[1][0].represents.kind == "organisation"


def tagged(*names):
    """Return ninjs entries whose ids count up from Q4242."""
    address = "http://www.wikidata.org/entity/Q"
    return [{"name": name, "uri": f"{address}{4242 + n}"} for n, name in enumerate(names)]


def test_a_surname_finds_the_only_person_of_the_metadata(resolve):
    text = "Vik said no."
    assert resolve(text, "Vik", extra={"people": tagged("Ane Vik")})[0][0].id == "Q4242"
    both = resolve(text, "Vik", extra={"people": tagged("Ane Vik", "Bo Vik")})
    assert both[0][0].id is None
    text = "Bo Vik came on Monday. Mr Vik said no."
    assert resolve(text, "Mr Vik", extra={"people": tagged("Ane Vik")})[0][0].name == "Bo Vik"


def test_metadata_gives_a_body_one_id_as_actor_and_as_principal(resolve):
    found = resolve(
        "The Grain Board said no. A spokesman for the Grain Board left.",
        "The Grain Board",
        "A spokesman for the Grain Board",
        extra={"organisations": tagged("Grain Board")},
    )
    assert found[0][0].id == "Q4242"
    assert [actors[0].represents.id for actors in found] == ["Q4242", "Q4242"]
