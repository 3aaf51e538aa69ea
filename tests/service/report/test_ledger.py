"""The ledger: loaded, asked, loaded again."""

import csv
import io
import json
from contextlib import closing

import pytest
from tests.service.corpus.samples import sample
from tests.service.report.synthetic import ISSUES, corpus
from typer.testing import CliRunner

from onrecord.errors import CorpusError
from onrecord_service import cli
from onrecord_service.ledger import ANSWER, Ledger, Question, ask_ledger

pytest.importorskip("duckdb")


def no_progress(_):
    pass


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    path = tmp_path_factory.mktemp("ledger") / "l.duckdb"
    with closing(Ledger(path, create=True)) as base:
        assert base.load([*corpus(), sample()], advanced=no_progress) > 300
    return path


def test_question_by_actor_issue_and_time_is_answered_with_the_words(ledger):
    import datetime as dt

    question = Question(actor="iceland", issue="FISHING quota", since=dt.date(2025, 4, 1))
    answer = ask_ledger(ledger, question)
    assert answer.count == answer.against == len(answer.statements) > 5
    assert answer.mean == -1.0
    days = [row["day"] for row in answer.statements]
    assert days == sorted(days)
    assert days[0] >= "2025-04-01"
    assert all(
        "Iceland opposes a smaller fishing quota" in r["verbatim"] for r in answer.statements
    )
    assert tuple(answer.statements[0]) == ANSWER


def test_person_is_found_by_name_and_by_the_state_spoken_for(ledger):
    by_person = ask_ledger(ledger, Question(actor="Kari Lie", stance="rules_out"))
    by_state = ask_ledger(ledger, Question(actor="Norway", stance="rules_out"))
    assert by_person.count == by_state.count == 1


def test_statements_that_only_report_count_but_have_no_part_in_the_mean(ledger):
    answer = ask_ledger(ledger, Question(actor="Kari Lie"))
    assert (answer.count, answer.favor, answer.against, answer.mean) == (2, 0, 1, -1.0)


def test_pages_of_an_answer_join_to_the_whole(ledger):
    whole = ask_ledger(ledger, Question(actor="Chad", limit=1000)).statements
    pages = [
        row
        for offset in range(0, len(whole), 7)
        for row in ask_ledger(ledger, Question(actor="Chad", limit=7, offset=offset)).statements
    ]
    assert pages == whole


@pytest.mark.parametrize("text", ["'; DROP TABLE statements; --", '" OR 1=1', "%", "_"])
def test_words_of_a_question_are_never_code(ledger, text):
    assert ask_ledger(ledger, Question(actor=text, issue=text)).count == 0
    assert ask_ledger(ledger, Question()).count > 300


def test_article_loaded_again_is_replaced_not_doubled(tmp_path):
    path = tmp_path / "l.duckdb"
    first, second = sample(), sample()
    second["statements"] = second["statements"][:1]
    second["statements"][0]["issue"] = "Quotas"
    with closing(Ledger(path, create=True)) as base:
        base.load([first], advanced=no_progress)
        base.load([first, second], advanced=no_progress)
        base.load([second], advanced=no_progress)
        assert base.names("issue") == [("Quotas", 1)]
    assert ask_ledger(path, Question(issue="quotas")).count == 1


def test_missing_or_foreign_ledger_says_how_to_make_one(tmp_path):
    with pytest.raises(CorpusError, match="make it with onrecord load"):
        Ledger(tmp_path / "none.duckdb")
    (tmp_path / "x").write_text("hello")
    with pytest.raises(CorpusError, match="cannot be opened"):
        Ledger(tmp_path / "x")
    import duckdb

    duckdb.connect(str(tmp_path / "y")).close()
    with pytest.raises(CorpusError, match="cannot be opened"):
        Ledger(tmp_path / "y")


def run(*arguments):
    result = CliRunner().invoke(cli.build_app(), list(map(str, arguments)))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_load_and_query_on_the_command_line(tmp_path):
    source = tmp_path / "in.jsonl"
    source.write_text("".join(json.dumps(article) + "\n" for article in corpus(40)))
    (tmp_path / "t.csv").write_text(f"target,issue\n{ISSUES[0]},Fish\n")
    ledger = tmp_path / "l.duckdb"
    run("load", source, "--ledger", ledger, "--issues", tmp_path / "t.csv")
    asked = ("query", "--ledger", ledger, "--actor", "Iceland", "--issue", "fish")
    table = run(*asked)
    assert "mean polarity" in table.stdout
    rows = list(csv.DictReader(io.StringIO(run(*asked, "--format", "csv").stdout)))
    answer = json.loads(run(*asked, "--format", "json").stdout)
    assert len(rows) == answer["count"] > 3
    assert {row["issue"] for row in rows} == {"Fish"}
    nothing = run("query", "--ledger", ledger, "--actor", "Atlantis")
    assert "Iceland" in nothing.stderr
    with pytest.raises(CorpusError, match="use supports, opposes"):
        run("query", "--ledger", ledger, "--stance", "likes")
