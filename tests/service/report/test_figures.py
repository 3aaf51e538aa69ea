"""Figures against numbers worked out by hand and against a corpus whose positions are known."""

import datetime as dt

import pytest
from tests.service.report.synthetic import ACTORS, ISSUES, TURN, corpus

from onrecord_service.report import figures
from onrecord_service.report.positions import (
    Position,
    Selection,
    fold_issue,
    merge_wordings,
    parse_date,
    positions_of,
)


def position(actor="A", issue="i", sign=1, day=1, article=0):
    return Position(
        actor, issue, sign, dt.date(2025, 1, 1) + dt.timedelta(days=day), article, 0, 0.9
    )


@pytest.fixture(scope="module")
def known():
    return list(positions_of(corpus(), Selection()))


def test_cell_counts_and_mean_are_those_of_the_statements():
    signs = [1, 1, -1, 0]
    said = [position(sign=sign, article=number) for number, sign in enumerate(signs)]
    (cell,) = figures.matrix(said, ["A"], ["i"])
    assert (cell.count, cell.favor, cell.against, cell.mean) == (4, 2, 1, 0.25)
    assert -1 <= cell.low < 0.25 < cell.high <= 1


def test_interval_draws_articles_not_statements():
    one_article = [position(sign=1, article=0)] * 30 + [position(sign=-1, article=1)] * 30
    many = [position(sign=(-1) ** number, article=number) for number in range(60)]
    wide = figures.bootstrap_interval(one_article, seed=1)
    narrow = figures.bootstrap_interval(many, seed=1)
    assert wide == (-1.0, 1.0)
    assert narrow[1] - narrow[0] == pytest.approx(2 * 1.96 / 60**0.5, abs=0.1)


def test_one_article_says_nothing_about_the_spread():
    assert figures.bootstrap_interval([position()] * 9, seed=1) == (-1.0, 1.0)


def test_matrix_finds_the_known_sides(known):
    cells = figures.matrix(known, list(ACTORS), list(ISSUES))
    for cell in cells:
        side = ACTORS[cell.actor][ISSUES.index(cell.issue)]
        if (cell.actor, cell.issue) == ("Iceland", ISSUES[0]):
            assert -1 < cell.mean < 1
        else:
            assert cell.mean == side
    assert len(cells) == sum(bool(side) for sides in ACTORS.values() for side in sides)


def test_change_of_position_is_found_on_its_day_and_nowhere_else(known):
    lines = figures.time_lines(known, list(ACTORS), list(ISSUES), period="month")
    changed = {(line.actor, line.issue): line.changes for line in lines if line.changes}
    assert list(changed) == [("Iceland", ISSUES[0])]
    (day,) = changed["Iceland", ISSUES[0]]
    assert TURN <= day <= TURN + dt.timedelta(days=31)


def test_noise_has_no_change_points():
    signs = [1, -1] * 20
    said = [position(sign=sign, day=day) for day, sign in enumerate(signs)]
    assert figures.change_points(said) == []


def test_change_inside_one_day_is_no_change():
    said = [position(sign=1 if number < 10 else -1, day=3) for number in range(20)]
    assert figures.change_points(said) == []


def test_contested_issues_have_actors_on_both_sides_in_order_of_division():
    said = [
        position("A", "split", 1),
        position("B", "split", -1),
        position("C", "split", 1),
        position("D", "split", -1),
        position("A", "one against", -1),
        position("B", "one against", 1),
        position("C", "one against", 1),
        position("A", "agreed", 1),
        position("B", "agreed", 1),
    ]
    first, second = figures.contested(said, limit=9)
    assert (first.issue, first.favor, first.against, first.score) == (
        "split",
        ("A", "C"),
        ("B", "D"),
        1.0,
    )
    assert (second.issue, second.score) == ("one against", 0.6667)


def test_agreement_is_by_shared_issues_where_both_take_a_side():
    said = [
        position("A", "x", 1),
        position("B", "x", 1),
        position("A", "y", 1),
        position("B", "y", -1),
        position("A", "z", 1),
        position("B", "z", 1),
        position("A", "w", 0),
        position("B", "w", 1),
        position("C", "v", 1),
    ]
    (pair,) = figures.agreements(said, ["A", "B", "C"])
    assert (pair.first, pair.second, pair.shared, pair.score) == ("A", "B", 3, 0.3333)


def test_actors_who_agree_stand_nearer_than_those_who_do_not(known):
    pairs = figures.agreements(known, list(ACTORS))
    places = figures.layout(list(ACTORS), pairs)

    def distance(one, two):
        return sum((a - b) ** 2 for a, b in zip(places[one], places[two], strict=True)) ** 0.5

    assert distance("Norway", "Denmark") < distance("Norway", "Niger") / 2
    assert places == figures.layout(list(ACTORS), pairs)
    assert figures.layout([], []) == {}


def test_top_prefers_issues_that_many_of_the_shown_actors_speak_on(known):
    actors, issues = figures.top(known, actors=3, issues=2)
    assert actors[0] == "Iceland"
    assert len(actors) == 3
    assert issues[0] == ISSUES[0]


def test_top_leaves_out_actors_that_are_silent_on_the_issues_shown():
    said = [position(actor="A", issue="i")] * 3 + [position(actor="B", issue="j")] * 2
    said += [position(actor="C", issue="i")]
    assert figures.top(said, actors=2, issues=1) == (["A", "C"], ["i"])


@pytest.mark.parametrize(
    ("days", "period"),
    [(5, "day"), (100, "week"), (700, "month"), (3000, "quarter"), (9000, "year")],
)
def test_period_follows_the_span_of_time(days, period):
    assert figures.choose_period([position(day=0), position(day=days)]) == period


@pytest.mark.parametrize(
    ("period", "start"),
    [
        ("day", "2025-08-14"),
        ("week", "2025-08-11"),
        ("month", "2025-08-01"),
        ("quarter", "2025-07-01"),
        ("year", "2025-01-01"),
    ],
)
def test_period_starts(period, start):
    assert figures.period_start(dt.date(2025, 8, 14), period).isoformat() == start


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2025-03-04", "2025-03-04"),
        ("2025-03-04T05:06:07Z", "2025-03-04"),
        ("20250304", "2025-03-04"),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_dates_are_read_or_none(text, day):
    found = parse_date(text)
    assert (found and found.isoformat()) == day


def test_selection_leaves_out_reports_pronouns_weak_and_undated_statements():
    article = corpus(1)[0]
    statement = article["statements"][0]
    weak = {**statement, "confidence": 0.1}
    report = {**statement, "stance": "states", "polarity": "neutral"}
    he = {**statement, "actor": {"name": "He", "kind": "unknown", "represents": None}}
    article["statements"] = [statement, weak, report, he]
    assert len(list(positions_of([article], Selection(confidence=0.5)))) == 1
    assert len(list(positions_of([article], Selection(confidence=0.5, reports=True)))) == 2
    undated = {**article, "date": None}
    since = Selection(since=dt.date(2020, 1, 1))
    assert list(positions_of([undated], since)) == []
    assert len(list(positions_of([article], since))) == 2
    assert list(positions_of([article], Selection(until=dt.date(2020, 1, 1)))) == []


@pytest.mark.parametrize(
    ("actor", "issue", "counted"),
    [
        ("Norway", "the plan", True),
        ("US", "US", True),
        ("G7", "5G", True),
        ("his", "the plan", False),
        ("17", "the plan", False),
        ("Norway", "it", False),
        ("Norway", "His resignation", False),
        ("Norway", "history lessons", True),
    ],
)
def test_only_what_means_the_same_in_two_articles_is_counted(actor, issue, counted):
    article = corpus(1)[0]
    statement = article["statements"][0]
    statement["actor"] = {"name": actor, "kind": "unknown", "represents": None}
    statement["target"] = {**statement["target"], "text": issue}
    article["statements"] = [statement]
    assert bool(list(positions_of([article], Selection()))) == counted


def test_wordings_that_differ_in_case_or_article_only_are_one_issue():
    assert fold_issue("The “Plan”.") == "“plan"
    said = [position(issue=issue) for issue in ("the plan", "Plan", "the plan", "a plan B")]
    assert [p.issue for p in merge_wordings(said)] == [
        "the plan",
        "the plan",
        "the plan",
        "a plan B",
    ]
