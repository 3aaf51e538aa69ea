"""The fitting and measuring of the actor resolver, on a corpus of three lines."""

from __future__ import annotations

import json

import numpy as np
import pytest

from onrecord.errors import CorpusError
from onrecord_training import actors


@pytest.fixture
def corpus(tmp_path):
    text = "Mr. Carlo Benetti met Ms. Ada Lund. She said no. He said yes. NATO agreed."
    rows = [("She", "Ada Lund", None), ("He", "Carlo Benetti", None), ("NATO", "NATO", "NATO")]
    statements = []
    for source, actor, principal in rows:
        start = text.index(source + " ")
        end = start + len(source)
        statements.append(
            {
                "source": [start, end],
                "cue": [end + 1, end + 5],
                "content": [],
                "target": None,
                "stance": "states",
                "conditional": False,
                "actor": actor,
                "represents": principal,
            }
        )
    path = tmp_path / "small.jsonl"
    record = {"id": "a", "text": text, "statements": statements}
    path.write_text(json.dumps(record) + "\n\n", encoding="utf-8")
    return path


def test_tally_counts_by_kind_of_source(corpus):
    counts = actors.tally(actors.judge(corpus), "and")
    assert counts["actor"] == (3, 3)
    assert counts["pronoun"] == (2, 2)
    assert counts["named"] == (1, 1)
    assert counts["represents"] == (1, 1)


def test_reach_counts_what_is_right_and_what_was_among_the_options(corpus):
    assert actors.reach(corpus) == (3, 3, 3)
    text = "Mr. Carlo Benetti met Mr. Otto Lund. He said yes."
    record = json.loads(corpus.read_text().splitlines()[0])
    he = {**record["statements"][1], "source": [37, 39], "cue": [40, 44]}
    golds = ("Carlo Benetti", "Otto Lund", "Carlo Benetti; Otto Lund")  # no first actor is both
    rows = [{"id": name, "text": text, "statements": [{**he, "actor": name}]} for name in golds]
    corpus.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert actors.reach(corpus) == (1, 2, 3)


def test_groups_hold_the_candidates_of_each_pronoun(corpus):
    groups = actors.groups(corpus)["person"]
    assert len(groups) == 2
    for rows, good, rules in groups:
        assert rows.shape == (len(good), len(actors.FEATURES))
        assert len(rules) == len(good)
        assert good.sum() == 1


def test_fitted_weights_choose_what_they_were_shown():
    rows = np.zeros((2, len(actors.FEATURES)))
    rows[0, 0] = 1.0
    weights = actors.fit_weights([(rows, np.array([True, False]), np.zeros(2))] * 20)
    assert weights[0] > 0.5


def test_fit_writes_both_files_and_evaluate_prints_a_table(corpus, tmp_path, capsys):
    actors.main(["fit", str(corpus), "--out", str(tmp_path)])
    assert set(json.loads((tmp_path / "antecedent.json").read_text())["weights"]) == {"person"}
    assert json.loads((tmp_path / "confidence.json").read_text())["accuracy"]
    actors.main(["evaluate", str(corpus), "--joint", "semicolon", "--errors", "1"])
    assert "pronoun + definite" in capsys.readouterr().out


def test_a_bad_line_is_named(tmp_path):
    path = tmp_path / "bad.jsonl"
    path.write_text('{"id": "a"\n', encoding="utf-8")
    with pytest.raises(CorpusError, match="line 1: no JSON"):
        list(actors.records(path))
    with pytest.raises(CorpusError, match="cannot read"):
        list(actors.records(tmp_path / "absent.jsonl"))


def test_states_agree_with_iso_and_cldr():
    pytest.importorskip("pycountry")
    pytest.importorskip("babel")
    from onrecord_training.gazetteer import differences, repeated_aliases

    assert differences() == []
    assert repeated_aliases() == []


def test_a_line_separator_inside_a_text_ends_no_record(tmp_path):
    row = {"id": "a", "text": "He\u2028said\x85so."}
    path = tmp_path / "corpus.jsonl"
    path.write_text(json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8")
    assert list(actors.records(path)) == [row]
