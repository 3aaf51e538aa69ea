"""The shipped checkpoint, through the public extractor.

`make golden-accept` takes its present output as golden; read the difference before you commit it.
"""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from onrecord import Extractor
from onrecord.extractor import SHIPPED_CHECKPOINT
from onrecord_service import examples
from onrecord_service.app import create_app
from onrecord_service.settings import Settings
from tests.golden.invariance import stability
from tests.golden.pairs import Answer, answers

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
EXPECTED = HERE / "expected.jsonl"
AGREEMENT_FLOOR = 0.97  # processors round differently; a label may tip over
MINIMAL_PAIRS_FLOOR = 45  # of 64; see MODEL_CARD.md for those that come out wrong
MINIMAL_PAIRS_SURPLUS_CEILING = 5  # 4 measured; a processor that rounds differently may tip one
INVARIANCE_FLOOR = 0.97  # .996 is the lowest measured but for the one below (MODEL_CARD.md)
BELOW_THE_FLOOR = {"a sentence before, in its paragraph": 0.85}  # .90 measured


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor.load(SHIPPED_CHECKPOINT)


def texts() -> dict[str, str]:
    examples = sorted((ROOT / "examples/articles").glob("*.txt"))
    found = {path.stem: path.read_text(encoding="utf-8") for path in examples}
    lines = (ROOT / "training/corpora/house/test.jsonl").read_text(encoding="utf-8").splitlines()
    return found | {row["id"]: row["text"] for row in map(json.loads, lines[:24])}


def outcome(extractor: Extractor, text: str) -> list[list[str | None]]:
    return [
        [
            item.cue.text,
            item.source.text if item.source else None,
            item.target.text if item.target else None,
            item.stance,
            item.actor.name if item.actor else None,
        ]
        for item in extractor.extract_one(text).statements
    ]


def test_the_shipped_checkpoint_is_small_enough() -> None:
    size = sum(path.stat().st_size for path in SHIPPED_CHECKPOINT.iterdir())
    assert size <= 30_000_000


def test_the_golden_texts_come_out_as_accepted(extractor: Extractor) -> None:
    found = {name: outcome(extractor, text) for name, text in texts().items()}
    if os.environ.get("ONRECORD_GOLDEN_ACCEPT"):
        lines = [
            json.dumps({"id": name, "statements": rows}, ensure_ascii=False)
            for name, rows in found.items()
        ]
        EXPECTED.write_text("\n".join(lines) + "\n", encoding="utf-8")
    rows = map(json.loads, EXPECTED.read_text(encoding="utf-8").splitlines())
    expected = {row["id"]: row["statements"] for row in rows}
    assert list(found) == list(expected)
    total = sum(len(rows) for rows in expected.values())
    missing = {
        name: [row for row in rows if row not in found[name]] for name, rows in expected.items()
    }
    assert total > 150
    lost = sum(len(rows) for rows in missing.values())
    assert lost <= (1 - AGREEMENT_FLOOR) * total, {k: v for k, v in missing.items() if v}


@pytest.fixture(scope="module")
def pairs(extractor: Extractor) -> list[Answer]:
    return list(answers(extractor))


def test_most_minimal_pairs_come_out_right(pairs: list[Answer]) -> None:
    assert len(pairs) >= 60
    wrong = [pair for pair in pairs if not pair.right]
    assert len(pairs) - len(wrong) >= MINIMAL_PAIRS_FLOOR, wrong


def test_few_minimal_pairs_come_out_with_more_than_their_statement(pairs: list[Answer]) -> None:
    more = [pair for pair in pairs if pair.surplus]
    assert len(more) <= MINIMAL_PAIRS_SURPLUS_CEILING, more


def test_a_second_statement_is_surplus_at_the_cue_and_elsewhere() -> None:
    def answer(at_cue: tuple[str, ...], elsewhere: tuple[tuple[str, str], ...] = ()) -> Answer:
        return Answer("Oskvar denied it.", "denied", "denies", at_cue, elsewhere)

    assert not answer(("denies",)).surplus
    assert answer(("denies", "states")).surplus
    both = answer(("denies",), (("it", "states"),))
    assert (both.right, both.surplus) == (True, True)
    assert (answer(()).right, answer(()).surplus) == (False, False)


def test_what_changes_nothing_changes_nothing(extractor: Extractor) -> None:
    lines = (ROOT / "training/corpora/house/test.jsonl").read_text(encoding="utf-8").splitlines()
    rates = stability(extractor, [json.loads(line)["text"] for line in lines[:30]])
    for change, rate in rates.items():
        assert rate >= BELOW_THE_FLOOR.get(change, INVARIANCE_FLOOR), (change, rates)


def test_the_example_of_openapi_is_what_the_shipped_checkpoint_answers(
    extractor: Extractor, tmp_path: Path
) -> None:
    app = create_app(Settings(data_dir=tmp_path), extractor=extractor)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        answer = client.post("/v1/extract", json={**examples.ARTICLE, "scores": True}).json()
    expected = copy.deepcopy(examples.LABELLED_ARTICLE)
    for mine, theirs in zip(answer["statements"], expected["statements"], strict=True):
        assert mine.pop("confidence") == pytest.approx(theirs.pop("confidence"), abs=0.02)
        assert mine.pop("scores") == pytest.approx(theirs.pop("scores"), abs=0.02)
    assert answer == expected
