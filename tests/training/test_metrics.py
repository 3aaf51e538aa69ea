import importlib.util
import json
import os
import random
from pathlib import Path

import numpy as np
import pytest

from onrecord.types import STANCES
from onrecord_training.corpus import GoldStatement, Record, read_corpus
from onrecord_training.fragments import fragments, score_fragments, tokenize
from onrecord_training.matching import jaccard, match
from onrecord_training.metrics import figures, intervals, report, tally
from onrecord_training.reliability import (
    bins,
    expected_calibration_error,
    outcomes,
    precision_at,
    selective_curve,
)

TEXT = "x" * 100


def shared():
    here = Path(__file__).resolve().parents[2]
    place = Path(os.environ.get("ONRECORD_SHARED", here.parent / "shared"))
    if not (place / "tools" / "score.py").is_file():
        pytest.skip(f"the published scorer is not at {place}")
    return place


def published():
    spec = importlib.util.spec_from_file_location("score", shared() / "tools" / "score.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def gold_of(*statements, name="a", article=None):
    extra = {"article": article} if article else {}
    return Record(name, TEXT, statements, extra)


OPPOSES = GoldStatement((0, 5), (10, 20), ((30, 40),), (30, 40), "opposes", actor="Oskvar")
STATES = GoldStatement((50, 55), None, ((60, 70),), None, "states")


def test_jaccard_counts_characters():
    assert jaccard([(0, 10)], [(5, 15)]) == 5 / 15
    assert jaccard([(0, 4), (6, 10)], [(2, 8)]) == 4 / 10
    assert jaccard([], []) == 1.0
    assert jaccard([(0, 3)], []) == 0.0


def test_a_perfect_prediction_scores_one_everywhere():
    gold = [gold_of(OPPOSES, STATES)]
    found = report(tally(gold, {"a": [STATES, OPPOSES]}))
    assert found["detection"] == {"p": 1.0, "r": 1.0, "f1": 1.0}
    assert found["tuple"]["f1"] == 1.0
    assert set(found["given_match"].values()) == {1.0}
    assert found["stance_macro_f1_given_match"] == 1.0


def test_a_hand_computed_table():
    # Two gold statements. The first is found with the wrong stance and a target that overlaps
    # by 4 of 10 characters; the second is missed; one statement is invented.
    given = [
        GoldStatement((0, 5), (12, 20), ((30, 40),), (30, 34), "warns", actor="oskvar"),
        GoldStatement((80, 85), None, ((90, 95),), None, "states"),
    ]
    found = report(tally([gold_of(OPPOSES, STATES)], {"a": given}))
    assert found["n_gold"] == 2
    assert found["n_pred"] == 2
    assert found["detection"] == {"p": 0.5, "r": 0.5, "f1": 0.5}
    assert found["given_match"] == {
        "cue_exact": 1.0,
        "source_exact": 0.0,
        "source_ov": 1.0,
        "target_exact": 0.0,
        "target_ov": 0.0,
        "content_exact": 1.0,
        "content_ov": 1.0,
        "stance": 0.0,
        "conditional": 1.0,
    }
    assert found["tuple"] == {"p": 0.0, "r": 0.0, "f1": 0.0}
    assert found["actor_accuracy"] == 1.0
    assert found["represents_accuracy"] is None
    assert found["per_stance"]["opposes"] == {"p": 0.0, "r": 0.0, "f1": 0.0, "n": 1}


def test_macro_f1_leaves_out_labels_that_gold_lacks():
    given = [GoldStatement((0, 5), stance="opposes"), GoldStatement((50, 55), stance="warns")]
    gold = [gold_of(GoldStatement((0, 5), stance="opposes"), STATES)]
    # opposes: F1 1; states: F1 0; warns does not occur in gold.
    assert report(tally(gold, {"a": given}))["stance_macro_f1_given_match"] == 0.5


def test_a_missing_record_counts_as_nothing_predicted():
    found = report(tally([gold_of(OPPOSES)], {}))
    assert found["detection"] == {"p": 0.0, "r": 0.0, "f1": 0.0}
    assert found["given_match"] == {}


def test_matching_is_one_to_one_and_takes_the_best_overlap_first():
    near = GoldStatement((1, 5), None, ((30, 40),), None, "opposes")
    pairs = match([OPPOSES], [near, OPPOSES])
    assert [(pair.gold_index, pair.predicted_index) for pair in pairs] == [(0, 1)]


def random_statement(rng):
    def span():
        start = rng.randrange(90)
        return start, start + rng.randint(1, 10)

    starts = sorted(rng.sample(range(0, 90, 10), rng.randint(0, 2)))
    content = [(start, start + rng.randint(1, 10)) for start in starts]
    return GoldStatement(
        cue=span(),
        source=rng.choice([None, span()]),
        content=tuple(content),
        target=rng.choice([None, span()]),
        stance=rng.choice(STANCES[:4]),
        conditional=rng.random() < 0.3,
        actor=rng.choice([None, "Oskvar", "oskvar", "Ilva"]),
        represents=rng.choice([None, "Oskvar", "OSKVAR"]),
    )


@pytest.mark.parametrize("seed", range(5))
def test_figures_equal_the_published_scorer_on_random_statements(seed):
    scorer = published()
    rng = random.Random(seed)
    gold, predicted = [], {}
    for number in range(20):
        wanted = [random_statement(rng) for _ in range(rng.randint(0, 6))]
        given = [s if rng.random() < 0.4 else random_statement(rng) for s in wanted]
        gold.append(gold_of(*wanted, name=f"r{number}"))
        predicted[f"r{number}"] = given
    rows = [{"id": k, "statements": [s.to_dict() for s in v]} for k, v in predicted.items()]
    theirs = scorer.score([record.to_dict() for record in gold], rows)
    ours = report(tally(gold, predicted))
    assert_same(ours, theirs)


def test_figures_equal_the_published_scorer_on_the_house_corpus():
    scorer = published()
    path = shared() / "data" / "house" / "dev.jsonl"
    gold = list(read_corpus(path))
    rng = random.Random(0)
    predicted = {}
    for record in gold:
        kept = [s for s in record.statements if rng.random() < 0.8]
        predicted[record.id] = kept
    rows = [{"id": k, "statements": [s.to_dict() for s in v]} for k, v in predicted.items()]
    wanted = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert_same(report(tally(gold, predicted)), scorer.score(wanted, rows))


def assert_same(ours, theirs):
    assert ours.keys() == theirs.keys()
    for name, value in theirs.items():
        if isinstance(value, float):
            assert ours[name] == pytest.approx(value, abs=2e-4), name
        else:
            assert ours[name] == value, name


def test_intervals_hold_the_value_and_shrink_with_more_articles():
    def corpus(articles):
        gold, predicted = [], {}
        for number in range(articles):
            gold.append(gold_of(OPPOSES, name=f"r{number}"))
            predicted[f"r{number}"] = [OPPOSES] if number % 2 else []
        return tally(gold, predicted)

    few, many = intervals(corpus(10), seed=1)["tuple"], intervals(corpus(200), seed=1)["tuple"]
    assert few.value == pytest.approx(2 / 3)
    assert few.low < few.value < few.high
    assert many.high - many.low < few.high - few.low
    assert intervals(corpus(10), seed=1)["tuple"] == few


def test_passages_of_one_article_are_drawn_together():
    gold = [gold_of(OPPOSES, name=f"a#{number}", article="a") for number in range(50)]
    spread = intervals(tally(gold, {r.id: [OPPOSES] for r in gold[:25]}))["tuple_r"]
    assert (spread.low, spread.value, spread.high) == (0.5, 0.5, 0.5)


def test_resamples_without_a_match_are_left_out_of_what_is_given_a_match():
    # One of eight articles is matched; a third of the resamples do not draw it.
    gold = [gold_of(OPPOSES, name=f"r{number}") for number in range(8)]
    found = intervals(tally(gold, {"r0": [OPPOSES]}), rounds=500)
    for name in ("source", "target", "content", "stance", "stance_macro", "tuple_p"):
        assert (found[name].low, found[name].value, found[name].high) == (1.0, 1.0, 1.0), name
        assert 250 < found[name].n < 400, name
    assert (found["tuple"].low, found["tuple"].n) == (0.0, 500)


def test_a_figure_that_no_resample_has_is_an_interval_of_none():
    found = intervals(tally([gold_of(STATES)], {}), rounds=20)
    assert (found["stance"].value, found["stance"].low, found["stance"].high) == (0.0, 0.0, 0.0)
    assert (found["stance"].n, found["actor"].n, found["tuple"].n) == (0, 0, 20)


def test_figures_work_on_one_total_and_on_many_resamples():
    table = tally([gold_of(OPPOSES)], {"a": [OPPOSES]})
    one = figures(table.total, len(table.labels))
    many = figures(np.stack([table.total] * 3), len(table.labels))
    assert one["tuple"].shape == ()
    assert many["tuple"].shape == (3,)


def test_tokens_of_adjacent_spans_form_one_fragment():
    text = 'The ministry "will not" comment, it said.'
    tokens = tokenize(text)
    statements = [GoldStatement((0, 3), content=((4, 12), (13, 23)))]
    assert fragments(statements, "content", tokens) == [(1, 5)]


def test_fragment_scores_follow_a_hand_computed_table():
    record = Record("a", "Ilva Brandt said no . He left", (GoldStatement((12, 16), (0, 11)),))
    # Cue right; source begins right and ends too early.
    given = {"a": [GoldStatement((12, 16), (0, 4)), GoldStatement((25, 29))]}
    found = score_fragments([record], given)
    assert found["exact"]["cue"].precision == 0.5
    assert found["exact"]["cue"].recall == 1.0
    assert found["exact"]["cue"].f1 == pytest.approx(2 / 3)
    assert found["exact"]["source"].f1 == 0.0
    assert found["begin"]["source"].f1 == 1.0
    assert found["exact"]["content"].f1 == 0.0


def test_calibration_error_follows_a_hand_computed_table():
    confidence = np.array([0.1] * 10 + [0.9] * 10)
    right = np.array([0.0] * 10 + [1.0] * 9 + [0.0])
    # The halves are off by .1 and by .0.
    assert expected_calibration_error(confidence, right, n_bins=2) == pytest.approx(0.05)
    assert [part.size for part in bins(confidence, right)] == [2] * 10
    assert expected_calibration_error(np.array([]), np.array([])) == 0.0


def test_selective_accuracy_keeps_the_surest_first():
    confidence, right = np.array([0.2, 0.9, 0.6, 0.4]), np.array([0.0, 1.0, 1.0, 0.0])
    coverage, precision = selective_curve(confidence, right)
    assert coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert precision[:2].tolist() == [1.0, 1.0]
    assert precision_at(confidence, right, 0.5) == 1.0
    assert precision_at(confidence, right, 1.0) == 0.5
    assert precision_at(np.array([]), np.array([]), 0.5) == 0.0


def test_outcomes_mark_matched_statements_with_a_right_tuple():
    sure = GoldStatement(**{**fields(OPPOSES), "extra": {"confidence": 0.9}})
    wrong = GoldStatement((50, 55), None, (), None, "warns", extra={"confidence": 0.2})
    predicted = {"a": [wrong, sure]}
    gold = [gold_of(OPPOSES, STATES)]
    confidence, right = outcomes(gold, predicted, tally(gold, predicted))
    assert confidence.tolist() == [0.2, 0.9]
    assert right.tolist() == [0.0, 1.0]


def fields(statement):
    return {name: getattr(statement, name) for name in statement.__dataclass_fields__}
