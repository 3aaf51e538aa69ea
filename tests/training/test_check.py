import dataclasses
import json

import pytest
from typer.testing import CliRunner

from onrecord_training import cli
from onrecord_training.check import check, disagreements, read_splits
from onrecord_training.corpus import GoldStatement, Record, write_corpus
from onrecord_training.duplicates import near_duplicates, shared_articles
from onrecord_training.lint import lint

LONG = (
    "The harbor council of Oskvar met on Monday and spoke for hours about the new canal, "
    "its price and the villages that would have to move before the first ship arrives."
)
TEXT = "Oskvar rejects the canal. It wants no canal at all, and a promise of help."


def span(words, text=TEXT):
    start = text.index(words)
    return start, start + len(words)


GOOD = GoldStatement(
    span("rejects"), span("Oskvar"), (span("the canal"),), span("the canal"), "opposes"
)


def rules(statement, text=TEXT):
    return {finding.rule for finding in lint(Record("a", text, (statement,)))}


def change(**changes):
    return dataclasses.replace(GOOD, **changes)


def test_a_clean_statement_has_no_finding():
    assert rules(GOOD) == set()


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        (change(target=None), "no-target"),
        (change(target=span("no canal")), "negated-target"),
        (change(cue=span("promise of"), content=()), "nominal-cue"),
        (change(represents="UK"), "short-name"),
        (change(actor="A and B", represents="A; B"), "joint-actor"),
        (change(source=None, actor="Oskvar"), "actor-without-source"),
        (change(cue=(7, 18)), "crossing"),
        (change(source=(0, 230)), "long-source"),
        (change(cue=(0, 70), source=None), "long-cue"),
    ],
)
def test_each_slip_is_found_by_its_rule(statement, rule):
    assert rule in rules(statement, TEXT + "x" * 200)


@pytest.mark.parametrize(
    ("text", "parts", "rule"),
    [
        ("Allegedly the canal leaks.", ("Allegedly", None, "the canal leaks", "states"), "no-cue"),
        ("Oskvar, said no.", ("said", "Oskvar,", "no", "states"), "source-comma"),
        ("The port, which said no.", ("said", "which", "no", "states"), "relative-source"),
        (
            "Oskvar did not rule out a canal.",
            ("did not rule out", "Oskvar", "a canal", "rules_out"),
            "double-negation",
        ),
        (
            "Oskvar said that it is late.",
            ("said", "Oskvar", "that it is late", "states"),
            "content-that",
        ),
        ("Oskvar said “no canal” today.", ("said", "Oskvar", "“no canal", "opposes"), "cut-quote"),
        (
            "Oskvar agrees only if it is paid.",
            ("agrees", "Oskvar", "only if it is paid", "commits"),
            "condition",
        ),
    ],
)
def test_each_rule_of_the_wording_is_checked(text, parts, rule):
    cue, source, content, stance = parts
    statement = GoldStatement(
        span(cue, text),
        span(source, text) if source else None,
        (span(content, text),),
        span(content, text),
        stance,
    )
    assert rule in rules(statement, text)


def test_an_organization_that_looks_like_a_pronoun_is_no_slip():
    text = "WHO said no."
    assert rules(GoldStatement((4, 8), (0, 3), ((9, 11),), (9, 11), "opposes"), text) == set()


def test_two_statements_on_one_cue_and_a_text_left_out_are_found():
    doubled = Record("a", TEXT, (GOOD, change(stance="warns")))
    assert "same-cue" in {finding.rule for finding in lint(doubled)}
    quiet = Record("b", "He said no. " * 60)
    assert {finding.rule for finding in lint(quiet)} == {"unannotated"}


def test_a_target_far_from_its_statement_is_found():
    text = "The canal. " + "x" * 700 + " Oskvar rejects it."
    statement = GoldStatement(
        span("rejects", text), None, (span("it.", text),), span("The canal", text), "opposes"
    )
    assert "far-target" in rules(statement, text)


def test_near_duplicates_between_splits_are_found_and_measured():
    changed = LONG.replace("Monday", "Tuesday").upper()
    splits = {
        "train": [Record("a", LONG), Record("b", TEXT), Record("c", LONG)],
        "dev": [Record("a", changed), Record("d", "Something else entirely was said in Ilva.")],
    }
    found = near_duplicates(splits)
    assert {(pair.left, pair.right) for pair in found} == {
        ("train/a", "dev/a"),
        ("train/c", "dev/a"),
    }
    assert 0.6 < found[0].similarity < 1.0


def test_passages_of_one_article_in_two_splits_are_named():
    splits = {"train": [Record("x#0", LONG)], "dev": [Record("x#1", TEXT), Record("y#0", TEXT)]}
    (found,) = shared_articles(splits)
    assert (found.left, found.right) == ("train/x#0", "dev/x#1")


def test_a_split_with_one_class_or_without_statements_or_with_a_new_class_is_a_problem():
    def split(*stances):
        return [Record(f"r{n}", TEXT, (change(stance=s),)) for n, s in enumerate(stances)]

    train = split("opposes", "states")
    report = check({"train": train, "dev": split("warns"), "test": [Record("z", TEXT)]})
    assert "dev: every statement is 'warns'; a split needs several stances" in report.problems
    assert "test: no statement; nothing can be learned or measured on it" in report.problems
    assert "dev: 1 statements 'warns', none of it in train" in report.problems
    assert report.serious
    many = split(*["opposes"] * 50, *["states"] * 5)
    assert "train: only 5 statements 'states'" in check({"train": many}).problems[0]


def test_a_confident_model_s_disagreements_are_listed():
    given = [
        change(stance="warns", extra={"scores": {"warns": 0.97}, "confidence": 0.9}),
        GoldStatement(span("wants"), extra={"confidence": 0.95}),
        GoldStatement(span("promise"), extra={"confidence": 0.2}),
    ]
    found = list(disagreements([Record("a", TEXT, (GOOD,))], {"a": given}))
    assert [finding.rule for finding in found] == ["model-stance", "model-statement"]
    assert found[0].message == "annotated opposes, the model says warns (97%)"


def test_the_command_reports_and_stops_on_a_leak(tmp_path):
    train = [Record(f"t{n}", f"{LONG} {n}", (GOOD, change(stance="states"))) for n in range(3)]
    write_corpus(tmp_path / "train.jsonl", train)
    write_corpus(tmp_path / "dev.jsonl", [Record("d", LONG, (GOOD, change(stance="states")))])
    paths = [str(tmp_path / "train.jsonl"), str(tmp_path / "dev.jsonl")]
    report = tmp_path / "report.json"
    options = ["--report", str(report), "--predicted", str(tmp_path / "dev.jsonl")]
    result = CliRunner().invoke(cli.app, ["check", *paths, *options])
    assert result.exit_code == 1, result.output
    assert "same wording: train/t0 and dev/d" in result.output
    assert len(json.loads(report.read_text())["leaks"]) == 3
    alone = CliRunner().invoke(cli.app, ["check", paths[1]])
    assert alone.exit_code == 0, alone.output


def write_rows(path, *rows):
    base = {"text": TEXT, "statements": [GOOD.to_dict(), change(stance="states").to_dict()]}
    path.write_text("".join(json.dumps({**base, **row}) + "\n" for row in rows))
    return str(path)


@pytest.mark.parametrize(
    ("train", "dev"),
    [
        ({"id": 1}, {"id": "1"}),
        ({"id": "x#0"}, {"id": "x#1"}),
        ({"id": "a", "article": 7}, {"id": "b", "article": "7"}),
        ({"id": "a", "article": 0}, {"id": "b", "article": "0"}),
    ],
)
def test_an_article_in_two_files_is_a_leak_though_its_texts_differ(tmp_path, train, dev):
    other = "The harbor council of Ilva met for hours and has nothing to tell anybody about it."
    paths = [
        write_rows(tmp_path / "train.jsonl", train),
        write_rows(tmp_path / "dev.jsonl", {**dev, "text": other}),
    ]
    result = CliRunner().invoke(cli.app, ["check", *paths])
    assert result.exit_code == 1, result.output
    assert f"same article: train/{train['id']} and dev/{dev['id']}\n" in result.output
    assert "give each record its `article`" in result.output


def test_files_that_count_alike_pass_once_their_articles_are_named(tmp_path):
    other = "The harbor council of Ilva met for hours and has nothing to tell anybody about it."
    paths = [
        write_rows(tmp_path / "train.jsonl", {"id": 1, "article": "canal"}),
        write_rows(tmp_path / "dev.jsonl", {"id": 1, "article": "harbor", "text": other}),
    ]
    result = CliRunner().invoke(cli.app, ["check", *paths])
    assert result.exit_code == 0, result.output


def test_an_id_that_begins_with_the_mark_of_passages_names_an_article_of_its_own():
    assert Record("#1", TEXT).article != Record("#2", TEXT).article


def test_files_of_one_name_are_told_apart_by_their_folder_and_bad_records_listed(tmp_path):
    for name in ("one", "two"):
        write_corpus(tmp_path / name / "dev.jsonl", [Record("a", TEXT, (GOOD,))])
    with (tmp_path / "two" / "dev.jsonl").open("a") as file:
        file.write("{\n")
    splits, rejects = read_splits([tmp_path / name / "dev.jsonl" for name in ("one", "two")])
    assert list(splits) == ["one/dev", "two/dev"]
    assert [reject.line for reject in rejects] == [2]
    assert check(splits, rejects).serious


def test_files_whose_folders_have_one_name_too_stay_apart(tmp_path):
    paths = [tmp_path / name / "data" / "train.jsonl" for name in ("one", "two")]
    for path in paths:
        write_corpus(path, [Record("a", TEXT, (GOOD,))])
    splits, _ = read_splits(paths)
    assert len(splits) == 2
    assert check(splits).serious
