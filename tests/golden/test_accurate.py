"""The accurate checkpoint (docs/adr/0012), through the public extractor."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from onrecord import Extractor
from onrecord.extractor import SHIPPED_CHECKPOINT
from onrecord_training.corpus import read_corpus
from onrecord_training.evaluate import predict
from onrecord_training.metrics import report, tally

ROOT = Path(__file__).parents[2]
ACCURATE = ROOT / "models/accurate"
PASSAGES = 30
TUPLE_FLOOR = 0.58  # of the first passages of house/test; .658 measured


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor.load(ACCURATE)


def test_it_reads_invented_passages_as_well_as_measured(extractor: Extractor) -> None:
    gold = list(read_corpus(ROOT / "training/corpora/house/test.jsonl"))[:PASSAGES]
    figures = report(tally(gold, predict(extractor, gold, progress=False)))
    assert figures["detection"]["f1"] > 0.88
    assert figures["tuple"]["f1"] > TUPLE_FLOOR


def test_it_can_teach_the_default_one(extractor: Extractor) -> None:
    """Labels, view and pieces are alike (ADR 0011)."""
    default = Extractor.load(SHIPPED_CHECKPOINT).manifest
    mine = extractor.manifest
    assert (mine.stances, mine.left) == (default.stances, default.left)
    assert mine.network["right"] == default.network["right"]
    mine_known, known = (
        json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
        for folder in (ACCURATE, SHIPPED_CHECKPOINT)
    )
    assert {piece for piece in known if not piece.startswith("[")} <= set(mine_known)


def test_its_manifest_says_how_it_was_made_and_not_where(extractor: Extractor) -> None:
    made = extractor.manifest.training["config"]
    assert made["model"]["encoder"] == "all-mpnet-base-v2"
    assert made["model"]["layers"] == 8
    assert "/" not in made["init"]
