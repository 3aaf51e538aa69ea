"""Fitting the choice of principals, on a corpus of a few lines."""

from __future__ import annotations

import json

import pytest

from onrecord_training import principals


@pytest.fixture
def corpus(tmp_path):
    lines = []
    for number, (name, body) in enumerate(
        [
            ("Ada Lund", "Orchard Fund"),
            ("Carlo Benetti", "Nordlys Bank"),
            ("Ida Roth", "Vega Union"),
        ]
        * 3
    ):
        source = f"{name}, director of the {body}"
        text = f"{source} said no."
        statement = {
            "source": [0, len(source)],
            "cue": [len(source) + 1, len(source) + 5],
            "content": [],
            "target": None,
            "stance": "states",
            "conditional": False,
            "actor": name,
            "represents": body,
        }
        lines.append(json.dumps({"id": f"p{number}", "text": text, "statements": [statement]}))
    path = tmp_path / "train.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_choices_hold_the_gold_principal_among_their_options(corpus):
    found = principals.choices(corpus)
    assert len(found) == 9
    assert all(sum(choice.right) == 1 for choice in found)


def test_the_fit_learns_to_choose_the_gold_principal(corpus):
    found = principals.choices(corpus)
    weights = principals.fit(found)
    assert principals.accuracy(found, weights) == 1.0
    assert principals.accuracy(found, {"nobody": 1.0}) == 0.0


def test_the_command_writes_weights_only(corpus, tmp_path, capsys):
    principals.main([str(corpus), "--out", str(tmp_path)])
    data = json.loads((tmp_path / "principal.json").read_text(encoding="utf-8"))
    assert set(data) == {"weights"}
    assert "held-out fifth" in capsys.readouterr().out
