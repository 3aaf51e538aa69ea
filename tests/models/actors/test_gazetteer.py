"""The data files: columns, ids, coverage, and no alias of two entities without a rule."""

from __future__ import annotations

import csv
import json
import re
from importlib.resources import files

import pytest

from onrecord.actors.antecedent import FEATURES
from onrecord.actors.gazetteer import load_gazetteer

DATA = files("onrecord.actors") / "data"
KINDS = {"state", "organisation", "media", "region"}


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open("r", encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("states.csv", "name id code adjectives people capitals seats aliases"),
        (
            "organisations.csv",
            "name id kind represents country nouns adjectives people seats aliases",
        ),
        ("people.csv", "name aliases office represents since until id origin"),
        ("given_names.csv", "name gender"),
    ],
)
def test_files_have_their_columns_and_no_ragged_row(name, columns):
    rows = _rows(name)
    assert rows
    for row in rows:
        assert list(row) == columns.split()
        assert row["name"].strip() == row["name"] != ""
        assert None not in row.values()


def test_wikidata_ids_are_well_formed_and_unique():
    ids = [
        row["id"]
        for name in ("states.csv", "organisations.csv")
        for row in _rows(name)
        if row["id"]
    ]
    assert all(re.fullmatch(r"Q[1-9]\d*", value) for value in ids)
    assert len(ids) == len(set(ids))


def test_every_state_has_an_id_and_every_member_a_capital_or_a_city_of_its_name():
    rows = _rows("states.csv")
    assert all(row["id"] for row in rows)
    codes = {row["code"] for row in rows if row["code"]}
    assert len(codes) >= 200
    named_like_the_state = {
        "DJ",
        "GT",
        "KW",
        "LU",
        "MC",
        "PA",
        "SG",
        "SM",
        "VA",
        "HK",
        "MO",
        "PR",
        "GI",
        "BM",
    }
    for row in rows:
        if row["code"] and row["code"] not in named_like_the_state:
            assert row["capitals"], row["name"]


def test_there_are_at_least_150_organisations():
    kinds = [row["kind"] for row in _rows("organisations.csv")]
    assert set(kinds) <= KINDS
    assert kinds.count("organisation") >= 150


def test_an_alias_of_two_entries_has_a_rule_that_tells_them_apart():
    """Entries that share a name differ in their country, or are a seat and a capital."""
    for key, aliases in load_gazetteer().aliases.items():
        entries = {alias.entry.name: alias.entry for alias in aliases}
        if len(entries) < 2:
            continue
        homes = {entry.home for entry in entries.values()}
        roles = {alias.role for alias in aliases}
        assert len(homes) == len(entries) or {"seat", "capital"} <= roles, (key, list(entries))


def test_what_an_organisation_represents_is_known_or_itself():
    gazetteer = load_gazetteer()
    for row in _rows("organisations.csv"):
        assert row["represents"] == row["name"] or row["represents"] in gazetteer.entries, row
        assert not row["country"] or row["country"] in gazetteer.entries, row


def test_terms_of_office_run_forward():
    for holders in load_gazetteer().holders.values():
        for holder in holders:
            assert holder.since < holder.until, holder


def test_a_given_name_has_one_gender():
    rows = _rows("given_names.csv")
    assert {row["gender"] for row in rows} == {"m", "f"}
    assert len({row["name"] for row in rows}) == len(rows)


def test_antecedent_weights_match_the_features():
    data = json.loads((DATA / "antecedent.json").read_text(encoding="utf-8"))
    assert tuple(data["features"]) == FEATURES
    assert set(data["weights"]) == {"person", "it", "they", "issuer"}
    assert all(len(values) == len(FEATURES) for values in data["weights"].values())


def test_word_lists_are_folded_and_without_repeats():
    words = json.loads((DATA / "words.json").read_text(encoding="utf-8"))
    for name, values in words.items():
        assert len(values) == len(set(values)), name
        assert all(value == value.lower() for value in values), name
