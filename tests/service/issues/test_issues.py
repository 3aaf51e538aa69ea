"""Wordings of targets grouped into issues: by themselves, along a list, and how well."""

import csv
import json
import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from tests.service.report.synthetic import ISSUES, corpus
from typer.testing import CliRunner

from onrecord.errors import CorpusError
from onrecord_service import cli
from onrecord_service.issues import grouping
from onrecord_service.issues.embedding import PhraseVectors
from onrecord_service.issues.grouping import (
    SIMILARITY,
    count_targets,
    group_targets,
    match_issues,
    read_issues,
)

ROOT = Path(__file__).parents[3]
TROOPS = ("the deployment of NATO troops", "deploying NATO troops", "The deployment of NATO troops")
FISH = ("a smaller fishing quota", "smaller quotas for fishing")


@pytest.fixture(scope="module")
def vectors():
    return PhraseVectors.load()


def test_wordings_of_one_issue_are_nearer_than_others(vectors):
    near = vectors.embed([*TROOPS, *FISH])
    similarity = near @ near.T
    assert similarity[0, 1] > SIMILARITY > similarity[0, 3]
    assert similarity[3, 4] > SIMILARITY
    assert similarity[0, 2] == pytest.approx(1)
    assert np.linalg.norm(near, axis=1) == pytest.approx(1)


@pytest.mark.parametrize(
    ("phrase", "bare"),
    [
        ("sanctions on Norvania", "sanctions on"),
        ("the “Sund” plan", "the plan"),
        ("Norvania and the Calder Union", "Norvania and the Calder Union"),
        ("Norvania", "Norvania"),
        ("", ""),
    ],
)
def test_names_are_left_out_unless_nothing_else_is_there(phrase, bare):
    assert grouping.without_names(phrase) == bare


def test_two_issues_of_one_country_are_two_issues(vectors):
    counts = Counter({"Norvania's nuclear program": 2, "Norvania's fishing fleet": 1})
    assert len({match.issue for match in group_targets(counts, vectors)}) == 2


def test_phrase_without_a_known_word_is_no_error(vectors):
    assert vectors.embed([""]).shape == (1, 256)
    assert not vectors.embed([""]).any()


def test_groups_are_called_by_their_commonest_wording(vectors):
    counts = Counter({TROOPS[0]: 2, TROOPS[1]: 5, TROOPS[2]: 1, FISH[0]: 1, FISH[1]: 1})
    matches = group_targets(counts, vectors)
    issues = {match.target: match.issue for match in matches}
    assert {issues[wording] for wording in TROOPS} == {TROOPS[1]}
    assert {issues[wording] for wording in FISH} == {FISH[0]}
    assert sum(match.statements for match in matches) == 10
    assert matches[0].issue == TROOPS[1]


@pytest.mark.parametrize("clustered", [1, 4000])
def test_targets_of_more_than_twelve_words_stay_alone(vectors, monkeypatch, clustered):
    monkeypatch.setattr(grouping, "CLUSTERED", clustered)
    long = [
        f"{TROOPS[0]} to the eastern border of the alliance before the end of {year}"
        for year in ("summer", "winter")
    ]
    counts = Counter({TROOPS[0]: 9, **dict.fromkeys(long, 5), TROOPS[1]: 1})
    issues = {match.target: match.issue for match in group_targets(counts, vectors)}
    assert issues == {
        **{wording: wording for wording in long},
        **dict.fromkeys(TROOPS[:2], TROOPS[0]),
    }
    alone = group_targets(Counter(long), vectors)
    assert {match.target: match.issue for match in alone} == {wording: wording for wording in long}


@pytest.mark.parametrize(
    "odd", ["Whether to deploy NATO troops", "[the] deployment of NATO troops"]
)
def test_issue_is_not_called_by_a_question_or_a_bracket(vectors, odd):
    counts = Counter({odd: 5, "to deploy NATO troops": 1, TROOPS[0]: 1})
    issues = {match.issue for match in group_targets(counts, vectors)}
    assert odd not in issues


def test_rare_wordings_join_the_nearest_group_or_stay_alone(vectors, monkeypatch):
    monkeypatch.setattr(grouping, "CLUSTERED", 2)
    counts = Counter({TROOPS[0]: 9, FISH[0]: 8, TROOPS[1]: 1, "phones in schools": 1})
    issues = {match.target: match.issue for match in group_targets(counts, vectors)}
    assert issues[TROOPS[1]] == TROOPS[0]
    assert issues["phones in schools"] == "phones in schools"


def test_nothing_and_one_target_are_grouped_too(vectors):
    assert group_targets(Counter(), vectors) == []
    (match,) = group_targets(Counter({"peace": 3}), vectors)
    assert (match.issue, match.statements) == ("peace", 3)


def test_users_list_takes_what_is_near_and_leaves_the_rest(vectors, tmp_path):
    (tmp_path / "i.yaml").write_text(
        "Fishing quotas: [a smaller fishing quota, mackerel]\nNATO troops:\nNight trams: trams\n"
    )
    issues = read_issues(tmp_path / "i.yaml")
    counts = Counter({TROOPS[0]: 2, FISH[1]: 1, "Mackerel": 1, "the price of bread": 1})
    found = {m.target: m.issue for m in match_issues(counts, issues, vectors)}
    assert found == {
        TROOPS[0]: "NATO troops",
        FISH[1]: "Fishing quotas",
        "Mackerel": "Fishing quotas",
        "the price of bread": "",
    }
    (tmp_path / "j.yaml").write_text("- NATO troops\n- Night trams\n")
    assert read_issues(tmp_path / "j.yaml") == {"NATO troops": [], "Night trams": []}


@pytest.mark.parametrize(
    "text", ["", "just words", "a: {b: c}", "1: [x]", "a: [1]", "a: [", "- 3", "- [x]"]
)
def test_list_of_another_shape_is_refused_with_the_right_one(tmp_path, text):
    (tmp_path / "i.yaml").write_text(text)
    with pytest.raises(CorpusError, match=r"issues .*i\.yaml"):
        read_issues(tmp_path / "i.yaml")


def test_table_of_vectors_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "v.npz").write_bytes(b"nothing")
    with pytest.raises(CorpusError, match="phrase-vectors"):
        PhraseVectors.load(tmp_path / "v.npz")


def test_command_writes_a_table_that_report_and_export_read(tmp_path):
    source = tmp_path / "in.jsonl"
    source.write_text("".join(json.dumps(article) + "\n" for article in corpus(30)))
    table = tmp_path / "t.csv"
    result = CliRunner().invoke(cli.build_app(), ["issues", str(source), "-o", str(table)])
    assert result.exit_code == 0, result.output
    with table.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["target"] for row in rows} == set(ISSUES)
    assert len({row["issue"] for row in rows}) == len(ISSUES)
    assert sum(int(row["statements"]) for row in rows) == count_targets(corpus(30)).total()


def test_command_does_not_write_over_a_table_that_was_mended(tmp_path):
    source = tmp_path / "in.jsonl"
    source.write_text("".join(json.dumps(article) + "\n" for article in corpus(3)))
    table = tmp_path / "t.csv"
    table.write_text("target,issue\npeace,Mended\n")
    arguments = ["issues", str(source), "-o", str(table)]
    refused = CliRunner().invoke(cli.build_app(), arguments)
    assert isinstance(refused.exception, CorpusError)
    assert "replace it with --overwrite, or choose another -o" in str(refused.exception)
    assert "Mended" in table.read_text()
    assert CliRunner().invoke(cli.build_app(), [*arguments, "--overwrite"]).exit_code == 0
    assert "Mended" not in table.read_text()


def shared_dev():
    folder = Path(os.environ.get("ONRECORD_SHARED", ROOT.parent / "shared"))
    path = folder / "data" / "open-news" / "dev.jsonl"
    if not path.exists():
        pytest.skip("the open-news corpus is not here")
    records = (json.loads(line) for line in path.read_text("utf-8").splitlines() if line)
    return {record["id"]: record["text"] for record in records}


def test_quality_on_annotated_pairs_is_what_the_record_says(vectors):
    texts = shared_dev()
    path = ROOT / "training" / "corpora" / "issues" / "open-news-dev-pairs.jsonl"
    pairs = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert len(pairs) >= 300

    def wording(end):
        first, last = end["span"]
        return " ".join(texts[end["record"]][first:last].split())

    first, second = (
        grouping._views([wording(pair[end]) for pair in pairs], vectors) for end in "ab"
    )
    near = np.diagonal(grouping._similarity(first, second))
    same = np.array([pair["same"] for pair in pairs])

    def f1(similarity):
        found = near >= similarity
        return 2 * (found & same).sum() / (found.sum() + same.sum())

    assert max(map(f1, np.linspace(0.4, 0.8, 41))) >= 0.64
    assert f1(SIMILARITY) >= 0.55
