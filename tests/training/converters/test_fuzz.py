"""Whatever stands in a file, the importer reports it: it never falls over."""

import copy
import json
import random

import pytest

from onrecord_training.converters import import_corpus
from onrecord_training.corpus import Record

from .conftest import COMMITS, OPPOSES, TEXT, put
from .test_formats import argilla_record, doccano_relations, prodigy_task, studio

SAMPLES = {
    "labelstudio": studio(),
    "doccano": doccano_relations(),
    "prodigy": prodigy_task(),
    "argilla": argilla_record(),
    "house": Record("a", TEXT, (OPPOSES, COMMITS)).to_dict(),
    "citron": {
        "text": TEXT,
        "quotes": [{"cue": {"start": 9, "end": 16, "text": "rejects"}, "sources": []}],
    },
}
ODD = (None, True, 3, -1, 10**9, 1.5, "", "x", [], [3], ["x"], {}, {"a": 1}, [[]], "\ud83d", [None])


def places(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items if isinstance(value, dict | list) else ():
        yield from places(item, (*path, key)) if isinstance(item, dict | list) else [(*path, key)]


def replaced(value, path, new):
    value = copy.deepcopy(value)
    if not path:
        return new
    at = value
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = new
    return value


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_broken_value_anywhere_is_reported_beside_the_good_records(name, tmp_path):
    rng = random.Random(name)
    sample = SAMPLES[name]
    spots = list(places(sample))
    rows = [replaced(sample, rng.choice(spots), rng.choice(ODD)) for _ in range(250)]
    good = {**sample, "id": "good", "_input_hash": "good"}
    path = put(tmp_path, "".join(json.dumps(row) + "\n" for row in (*rows, good)), "all.jsonl")
    done = import_corpus(path, name)
    assert "good" in {record.id for record in done.records}
    report = done.report
    assert report.read >= 251
    assert report.rejected
    json.dumps(report.to_dict())
    json.dumps([record.to_dict() for record in done.records])
