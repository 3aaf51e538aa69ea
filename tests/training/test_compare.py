import dataclasses
import json

import pytest
from rich.console import Console
from typer.testing import CliRunner

from onrecord.errors import CorpusError
from onrecord_training import cli
from onrecord_training.compare import (
    Change,
    Rules,
    SliceChange,
    compare,
    judge,
    print_comparison,
    read_rules,
)
from onrecord_training.corpus import GoldStatement, Record, write_corpus

TEXT = "Oskvar rejects the canal. He said no."
RIGHT = GoldStatement((7, 14), (0, 6), ((15, 24),), (15, 24), "opposes")
SECOND = GoldStatement((29, 33), (26, 28), ((34, 36),), None, "states")
WRONG = dataclasses.replace(RIGHT, stance="warns")


def corpus(articles=30):
    return [Record(f"r{number}", TEXT, (RIGHT, SECOND)) for number in range(articles)]


def every(statements, articles=30):
    return {f"r{number}": statements for number in range(articles)}


def test_a_better_checkpoint_is_promoted_and_its_gains_are_listed():
    result = compare(corpus(), every([WRONG, SECOND]), every([RIGHT, SECOND]))
    assert result.promote
    (whole,) = (change for change in result.changes if change.name == "tuple")
    assert (whole.old, whole.new) == (0.5, 1.0)
    assert whole.low == pytest.approx(0.5)
    assert len(result.flips) == 30
    assert {flip.kind for flip in result.flips} == {"gained"}
    assert result.flips[0].old.stance == "warns"
    json.dumps(result.to_dict())


def test_the_same_predictions_change_nothing_and_have_no_spread():
    result = compare(corpus(), every([RIGHT]), every([RIGHT]))
    assert result.promote
    assert not result.flips
    assert all(change.low == change.high == change.delta == 0 for change in result.changes)


def test_a_kind_that_falls_too_far_stops_the_promotion_though_the_whole_gains():
    old, new = every([WRONG, SECOND]), every([RIGHT, SECOND])
    for number in range(10):
        new[f"r{number}"] = [RIGHT]
    result = compare(corpus(), old, new, Rules(max_part_drop=1.0))
    assert not result.promote
    assert any(reason.startswith("source: pronoun (30 statements)") for reason in result.reasons)
    assert any(reason.startswith("stance: states") for reason in result.reasons)
    assert {flip.kind for flip in result.flips} == {"gained", "lost"}


def test_resamples_in_which_one_of_the_two_matches_nothing_are_left_out():
    # The old checkpoint finds one article of eight, with the right stance, as the new one does.
    old, new = {"r0": [RIGHT]}, every([RIGHT], 8)
    changes = {item.name: item for item in compare(corpus(8), old, new, rounds=500).changes}
    stance = changes["stance"]
    assert (stance.delta, stance.low, stance.high) == (0.0, 0.0, 0.0)
    assert 250 < stance.n < 400
    assert changes["detection"].n == 500
    nothing = compare(corpus(8), {}, new, rounds=20).changes
    assert {item.name: item.n for item in nothing}["stance"] == 0


def test_a_missed_statement_is_a_flip_with_nothing_found():
    result = compare(corpus(1), every([RIGHT], 1), every([], 1))
    assert result.flips[0].kind == "lost"
    assert result.flips[0].new is None


EXTRA = GoldStatement((33, 36), None, ((26, 28),), None, "demands")


def test_statements_made_up_by_one_checkpoint_only_are_flips_too():
    old, new = every([RIGHT, SECOND], 1), every([RIGHT, SECOND, EXTRA], 1)
    (flip,) = compare(corpus(1), old, new).flips
    assert (flip.kind, flip.gold, flip.old, flip.new) == ("spurious_new", None, None, EXTRA)
    (flip,) = compare(corpus(1), new, old).flips
    assert (flip.kind, flip.gold, flip.old, flip.new) == ("spurious_gone", None, EXTRA, None)
    other = dataclasses.replace(EXTRA, stance="warns")
    assert not compare(corpus(1), new, every([RIGHT, SECOND, other], 1)).flips  # both make it up


def test_flips_are_written_with_their_words_and_printed_with_their_place(capsys):
    rows = [RIGHT, SECOND, EXTRA]
    result = compare(corpus(1), every([WRONG, SECOND], 1), every(rows, 1))
    gained, made = result.to_dict()["flips"]
    assert gained["context"] == made["context"] == TEXT
    assert gained["gold"]["words"] == {
        "source": ["Oskvar"],
        "cue": ["rejects"],
        "content": ["the canal"],
        "target": ["the canal"],
    }
    assert (gained["old"]["stance"], made["old"], made["gold"]) == ("warns", None, None)
    print_comparison(result, Console(), shown=2)
    said = capsys.readouterr().out
    assert "statements 1 gained, 0 lost, 0 no longer made up, 1 newly made up" in said
    assert "newly made up r0: Oskvar rejects the canal." in said
    assert "gold nothing found" in said


def change(name, old, new, low=0.0, high=0.0):
    return Change(name, old, new, low, high, 2000)


def unchanged(**others):
    names = ("detection", "source", "target", "content", "stance", "tuple")
    return [others.get(name, change(name, 0.5, 0.5)) for name in names]


@pytest.mark.parametrize(
    ("rules", "changes", "slices", "reason"),
    [
        (Rules(min_gain=0.01), unchanged(), [], "tuple F1 changes by +0.000"),
        (
            Rules(significant=True),
            unchanged(tuple=change("tuple", 0.5, 0.6, -0.01, 0.2)),
            [],
            "may be as low as -0.010",
        ),
        (Rules(), unchanged(target=change("target", 0.5, 0.48)), [], "target falls by 0.020"),
        (Rules(), unchanged(), [SliceChange("source: none", 20, 0.5, 0.4)], "falls by 0.100"),
    ],
)
def test_each_rule_says_what_was_broken(rules, changes, slices, reason):
    (found,) = judge(changes, slices, rules)
    assert reason in found


def test_small_kinds_are_not_judged():
    assert not judge(unchanged(), [SliceChange("source: none", 19, 0.5, 0.0)], Rules())


def test_rules_are_read_from_the_run_s_configuration(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text('name = "x"\n[promote]\nmin_gain = 0\nsignificant = true\nmin_slice = 5\n')
    assert read_rules(path) == Rules(min_gain=0, significant=True, min_slice=5)
    assert read_rules(None) == Rules()


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("[promote]\nmin_gian = 1", "did you mean 'min_gain'"),
        ("[promote]\nmin_gain = 'x'", "expected float"),
        ("[promote]\nmin_slice = true", "expected int"),
        ("[promote]\nmax_part_drop = nan", "is nan; expected float, not nan or inf"),
        ("promote = 3", r"promote is 3; expected a table \[promote\]"),
        ("[promote", "cannot be read as TOML"),
    ],
)
def test_wrong_rules_are_refused(tmp_path, toml, message):
    path = tmp_path / "run.toml"
    path.write_text(toml)
    with pytest.raises(CorpusError, match=message):
        read_rules(path)


def test_gold_without_statements_is_refused():
    with pytest.raises(CorpusError, match="no statement"):
        compare([Record("a", TEXT)], {}, {})


@pytest.mark.parametrize(("swap", "status"), [(False, 0), (True, 1)])
def test_the_exit_status_says_whether_to_promote(tmp_path, swap, status):
    write_corpus(tmp_path / "gold.jsonl", corpus())
    worse = [dataclasses.replace(record, statements=(WRONG, SECOND)) for record in corpus()]
    write_corpus(tmp_path / "worse.jsonl", worse)
    pair = [str(tmp_path / "worse.jsonl"), str(tmp_path / "gold.jsonl")]
    if swap:
        pair.reverse()
    arguments = ["compare", str(tmp_path / "gold.jsonl"), *pair, "--shown", "1"]
    result = CliRunner().invoke(cli.app, [*arguments, "--json", str(tmp_path / "c.json")])
    assert result.exit_code == status, result.output
    assert "Oskvar | warns | the canal" in result.output
    assert "and 29 more" in result.output
    assert json.loads((tmp_path / "c.json").read_text())["promote"] is (status == 0)


def test_gold_without_stances_is_refused():
    bare = dataclasses.replace(RIGHT, stance=None)
    with pytest.raises(CorpusError, match="1 of 1 gold statements have no stance"):
        compare([Record("a", TEXT, (bare,))], {"a": [RIGHT]}, {"a": [RIGHT]})
