"""Training on ten records: it learns, survives a kill, and ships what it learned."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from onrecord import Extractor
from onrecord.manifest import Manifest
from onrecord_training import loop
from onrecord_training.build import build_network, build_reader, load_weights
from onrecord_training.config import (
    ConfigError,
    Corpus,
    FitConfig,
    ModelConfig,
    RunConfig,
    read_config,
)
from onrecord_training.corpus import read_corpus
from onrecord_training.data import IGNORE, SampleMaker, collate, make_batches
from onrecord_training.export import export_checkpoint, export_run
from onrecord_training.hardware import ResourceError
from onrecord_training.losses import batch_losses
from tests.conftest import Tiny


def record(number: int, who: str, verb: str, what: str, stance: str) -> dict[str, object]:
    text = f"{who} {verb} {what} on Tuesday."
    a, b = len(who) + 1, len(who) + 1 + len(verb)
    content = [b + 1, b + 1 + len(what)]
    return {
        "id": f"r{number}",
        "text": text,
        "statements": [
            {
                "source": [0, len(who)],
                "cue": [a, b],
                "content": [content],
                "target": content,
                "stance": stance,
                "conditional": False,
                "actor": who,
                "represents": None,
            }
        ],
    }


RECORDS = [
    record(i, who, verb, what, stance)
    for i, (who, verb, what, stance) in enumerate(
        (who, verb, what, stance)
        for who in ("The ministry", "The union", "The council", "The mayor", "The report")
        for verb, what, stance in (
            ("rejected", "the plan for a new base", "opposes"),
            ("ruled out", "talks with the council", "rules_out"),
        )
    )
]


FIT = FitConfig(
    epochs=40,
    batch_pieces=128,
    encoder_rate=3e-3,
    head_rate=1e-2,
    average=0.0,
    join=0.0,
    jitter=0.0,
    threads=1,
)


@pytest.fixture
def config(tiny: Tiny, tmp_path: Path) -> RunConfig:
    path = tmp_path / "records.jsonl"
    path.write_text("\n".join(json.dumps(item) for item in RECORDS), encoding="utf-8")
    return RunConfig(
        name="tiny",
        train=(Corpus("records.jsonl"),),
        dev=(Corpus("records.jsonl"),),
        output=str(tmp_path / "runs"),
        model=ModelConfig(encoder=str(tiny.encoder), left=12, right=20, role_width=32, dropout=0.0),
        fit=FIT,
    )


def metrics(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def test_it_learns_ten_records_and_ships_what_it_learned(config: RunConfig, tmp_path: Path) -> None:
    folder = loop.fit(config, tmp_path, show=False)
    rows = metrics(folder)
    assert sum(rows[-1]["losses"].values()) < 0.3 * sum(rows[0]["losses"].values())  # type: ignore[attr-defined]
    assert rows[-1]["dev"][0]["tuple"] >= 0.9  # type: ignore[index]
    assert (folder / "learning_curve.png").stat().st_size > 5000

    network = build_network(config.model, pretrained=False)
    load_weights(network, folder / loop.BEST_FILE)
    reader = build_reader(config.model)
    manifest = Manifest("tiny", "1", config.model.stances, config.model.left)
    export_checkpoint(network, reader, manifest, tmp_path / "checkpoint")
    (statement,) = (
        Extractor.load(tmp_path / "checkpoint")
        .extract_one("The mayor ruled out talks with the council on Tuesday.")
        .statements
    )
    assert statement.source is not None
    assert statement.source.text == "The mayor"
    assert statement.cue.text.startswith("ruled")
    assert statement.stance == "rules_out"


def test_a_corpus_without_stances_chooses_its_epoch_by_what_it_has(
    config: RunConfig, tmp_path: Path
) -> None:
    corpus = Corpus("records.jsonl", auxiliary=True)
    config = replace(
        config, train=(corpus,), dev=(corpus,), fit=replace(config.fit, epochs=25, average=0.9)
    )
    folder = loop.fit(config, tmp_path, show=False)
    rows = metrics(folder)
    assert not {"target", "stance", "stance_macro", "tuple"} & set(rows[-1]["dev"][0])  # type: ignore[index]
    assert loop.deciding_score(rows[-1]) > loop.deciding_score(rows[0])
    best = max(rows, key=loop.deciding_score)
    assert export_run(folder, tmp_path / "checkpoint").training["epoch"] == best["epoch"]
    network = build_network(config.model, pretrained=False)
    load_weights(network, folder / loop.BEST_FILE)
    reader = build_reader(config.model)
    records = list(read_corpus(tmp_path / "records.jsonl"))
    again = loop.dev_scores(network, reader, config, records, auxiliary=True)
    assert again == {key: best["dev"][0][key] for key in again}  # type: ignore[index]


def test_a_killed_run_goes_on_to_the_same_weights(
    config: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(config, fit=replace(config.fit, epochs=2, batch_pieces=48, average=0.9))
    whole = loop.fit(replace(config, name="whole"), tmp_path, show=False)
    monkeypatch.setattr(loop, "SAVE_EVERY_SECONDS", 0.0)
    real_step, steps = loop._Trainer._step, []

    def dying_step(self: loop._Trainer, *args: object) -> float:
        steps.append(1)
        if len(steps) == 4:
            raise KeyboardInterrupt
        return real_step(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(loop._Trainer, "_step", dying_step)
    with pytest.raises(KeyboardInterrupt):
        loop.fit(replace(config, name="killed"), tmp_path, show=False)
    monkeypatch.setattr(loop._Trainer, "_step", real_step)
    killed = loop.fit(replace(config, name="killed"), tmp_path, show=False)
    a, b = load_file(whole / loop.LAST_FILE), load_file(killed / loop.LAST_FILE)
    for name, value in a.items():
        torch.testing.assert_close(b[name], value, msg=name)
    assert len(metrics(killed)) == 2


def test_gradients_reach_all_trained_parameters(config: RunConfig, tmp_path: Path) -> None:
    reader = build_reader(config.model)
    model = replace(config.model, rerun_layers=1, rerun_left=6, rerun_right=10)
    network = build_network(model)
    maker = SampleMaker(reader, config.model.stances, 100)
    records = list(read_corpus(tmp_path / "records.jsonl"))
    samples = [s for r in records for s in maker.make(r, config.train[0])]
    batch = collate(samples, reader, network.config)
    losses = batch_losses(network, batch, config.fit, torch.ones(10))
    torch.stack(list(losses.values())).sum().backward()
    missing = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    # the key bias moves all scores of a query alike, so its gradient is nothing but rounding
    assert [n for n in missing if not n.endswith("key.bias") and "position" not in n] == []


def test_frozen_layers_stay_as_they_are_and_the_rest_learns(
    config: RunConfig, tmp_path: Path
) -> None:
    config = replace(config, fit=replace(config.fit, epochs=1, freeze_layers=1))
    before = dict(build_network(config.model).encoder.named_parameters())
    after = load_file(loop.fit(config, tmp_path, show=False) / loop.LAST_FILE)
    for name, value in before.items():
        frozen = name.startswith(("embeddings.", "encoder.layer.0."))
        if frozen or name.endswith("attention.output.dense.weight"):
            assert torch.equal(after[f"encoder.{name}"], value.detach()) is frozen, name


def test_gold_spans_become_the_pieces_that_decode_to_them(
    config: RunConfig, tmp_path: Path
) -> None:
    reader = build_reader(config.model)
    network = build_network(config.model)
    maker = SampleMaker(reader, config.model.stances, 100)
    item = next(iter(read_corpus(tmp_path / "records.jsonl")))
    (sample,) = maker.make(item, config.train[0])
    batch = collate([sample], reader, network.config)
    pieces = reader.read(item.text)
    left, (_, first, end) = config.model.left, batch.cues[0].tolist()
    assert pieces.span(item.text, first - 1, end - 1).text == "rejected"
    slots = config.model.left + config.model.right
    start, last = (at - left + first - 1 for at in divmod(int(batch.source[0]), slots))
    assert pieces.span(item.text, start, last + 1).text == "The ministry"
    tags = batch.content[0]
    inside = (torch.where(tags > 0)[0] - left + first - 1).tolist()
    assert pieces.span(item.text, inside[0], inside[-1] + 1).text == "the plan for a new base"
    assert int((tags == IGNORE).sum()) == config.model.left + config.model.right - len(sample)


def test_long_records_are_split_between_statements(config: RunConfig, tmp_path: Path) -> None:
    reader = build_reader(config.model)
    item = next(iter(read_corpus(tmp_path / "records.jsonl")))
    long = replace(
        item,
        text=" ".join([item.text] * 30),
        statements=tuple(
            replace(
                s,
                cue=(s.cue[0] + k, s.cue[1] + k),  # type: ignore[index]
                source=(s.source[0] + k, s.source[1] + k),  # type: ignore[index]
                target=(s.target[0] + k, s.target[1] + k),  # type: ignore[index]
                content=tuple((a + k, b + k) for a, b in s.content),
            )
            for n in range(30)
            for k in [n * (len(item.text) + 1)]
            for s in item.statements
        ),
    )
    samples = SampleMaker(reader, config.model.stances, 50).make(long, config.train[0])
    assert max(len(sample) for sample in samples) <= 50
    assert sum(len(sample) for sample in samples) == len(reader.read(long.text))
    assert sum(len(sample.statements) for sample in samples) == 30


def test_unsure_words_count_neither_for_nor_against_a_cue(
    config: RunConfig, tmp_path: Path
) -> None:
    reader = build_reader(config.model)
    network = build_network(config.model)
    item = next(iter(read_corpus(tmp_path / "records.jsonl")))
    at = item.text.index("Tuesday")
    unsure = replace(item, extra={"unsure": [[at, at + 7]]})
    maker = SampleMaker(reader, config.model.stances, 50)
    (sample,) = maker.make(unsure, config.train[0])
    joined = maker.join(sample, sample)
    (tags,) = collate([joined], reader, network.config).cue
    pieces = reader.read(item.text).cover(at, at + 7)
    expected = [n + first + 1 for n in (0, len(sample)) for first in range(*pieces)]
    text = tags[1 : 1 + len(joined)]
    assert (torch.where(text == IGNORE)[0] + 1).tolist() == expected
    assert int((tags == 1).sum()) == 2


def test_paragraphs_are_read_alone_and_what_lies_in_another_is_unknown(
    config: RunConfig, tmp_path: Path
) -> None:
    reader = build_reader(config.model)
    network = build_network(config.model)
    item = next(iter(read_corpus(tmp_path / "records.jsonl")))
    (said,) = item.statements
    assert said.cue
    assert said.target
    pair = f"{item.text}\n\nThe union rejected it."
    at = len(item.text) + 2
    points = replace(
        said,
        source=(at, at + 9),
        cue=(at + 10, at + 18),
        content=(said.target, (at + 19, at + 21)),
    )
    both = replace(item, text=pair, statements=(said, points))
    maker = SampleMaker(reader, config.model.stances, 100)
    (whole,) = maker.make(both, config.train[0])
    first, second = maker.make(both, config.train[0], alone=True)
    assert whole.ids.tolist() == [*first.ids, *second.ids]
    assert [len(part.statements) for part in (whole, first, second)] == [2, 1, 1]
    assert first == replace(first, statements=whole.statements[:1])
    (read,) = second.statements
    moved = second.ids[slice(*read.content[0])].tolist()
    assert len(read.content) == 1
    assert moved == whole.ids[slice(*whole.statements[1].content[1])].tolist()
    batch = collate([first, second], reader, network.config)
    assert [int(value) >= 0 for value in batch.source] == [True, True]
    assert [int(value) == IGNORE for value in batch.target] == [False, True]
    joined = collate([maker.join(first, second)], reader, network.config)
    assert int(joined.target[1]) == IGNORE


def test_a_share_of_the_text_is_hidden_and_nothing_else(config: RunConfig, tmp_path: Path) -> None:
    reader = build_reader(config.model)
    network = build_network(config.model)
    maker = SampleMaker(reader, config.model.stances, 100)
    records = list(read_corpus(tmp_path / "records.jsonl"))
    samples = [s for r in records for s in maker.make(r, config.train[0])]
    plain = collate(samples, reader, network.config)
    some = collate(samples, reader, network.config, hide=0.3, rng=random.Random(1))
    changed = some.pieces != plain.pieces
    assert torch.all(some.pieces[changed] == reader.mask)
    assert not torch.any(changed & (plain.text_mask == 0))
    assert 0.1 < float(changed.sum() / plain.text_mask.sum()) < 0.5
    every = collate(samples, reader, network.config, hide=1.0, rng=random.Random(1))
    assert torch.equal(every.pieces == reader.mask, plain.text_mask == 1)
    assert torch.equal(every.cue, plain.cue)


def test_batches_hold_every_sample_within_the_budget(config: RunConfig, tmp_path: Path) -> None:
    reader = build_reader(config.model)
    maker = SampleMaker(reader, config.model.stances, 100)
    records = list(read_corpus(tmp_path / "records.jsonl"))
    samples = [s for r in records for s in maker.make(r, config.train[0])]
    batches = make_batches(samples, 60, random.Random(1))
    assert sorted(id(s) for batch in batches for s in batch) == sorted(id(s) for s in samples)
    assert all(max(map(len, b)) * len(b) <= 60 or len(b) == 1 for b in batches)


def test_a_run_does_not_go_on_with_other_records(config: RunConfig, tmp_path: Path) -> None:
    short = replace(config, fit=replace(config.fit, epochs=1))
    loop.fit(short, tmp_path, show=False)
    loop.fit(short, tmp_path, show=False)
    with (tmp_path / "records.jsonl").open("a") as stream:
        stream.write("\n" + json.dumps({**RECORDS[0], "id": "one more"}) + "\n")
    with pytest.raises(loop.FitError, match="corpora of other content"):
        loop.fit(short, tmp_path, show=False)


def test_a_folder_of_another_run_is_not_overwritten(config: RunConfig, tmp_path: Path) -> None:
    short = replace(config, fit=replace(config.fit, epochs=1))
    loop.fit(short, tmp_path, show=False)
    with pytest.raises(loop.FitError, match="another configuration"):
        loop.fit(replace(short, fit=replace(short.fit, seed=5)), tmp_path, show=False)


def test_a_loss_that_is_no_number_stops_and_names_the_batch(
    config: RunConfig, tmp_path: Path
) -> None:
    bad = replace(config, fit=replace(config.fit, cue_loss=float("nan")))
    with pytest.raises(loop.FitError, match="batch 0 of epoch 1 is not a number") as caught:
        loop.fit(bad, tmp_path, show=False)
    assert "Choose another `name`, with lower encoder_rate" in str(caught.value)
    assert "good state" not in str(caught.value)  # there is none yet


def test_a_loss_that_breaks_later_names_the_last_good_state(
    config: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    norms = iter([1.0, float("nan")])
    monkeypatch.setattr(loop, "SAVE_EVERY_SECONDS", -1.0)
    monkeypatch.setattr(
        torch.nn.utils, "clip_grad_norm_", lambda *_: torch.tensor(next(norms, float("nan")))
    )
    with pytest.raises(loop.FitError, match=r"batch 1 .*good state is kept in .*state\.pt"):
        loop.fit(config, tmp_path, show=False)


def test_an_encoder_that_cannot_be_loaded_is_named(
    config: RunConfig, tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    bare = tmp_path / "bare"
    bare.mkdir()
    for name in ("config.json", "model.safetensors"):
        (bare / name).write_bytes((tiny.encoder / name).read_bytes())
    for encoder in ("nobody/nothing", str(bare)):
        wrong = replace(config, model=replace(config.model, encoder=encoder))
        with pytest.raises(ConfigError, match=f"encoder (= )?'{encoder}' .*tokenizer.json"):
            loop.fit(wrong, tmp_path, show=False)
    with pytest.raises(ConfigError, match="encoder = 'nobody/nothing' cannot be loaded"):
        build_network(replace(config.model, encoder="nobody/nothing"))


@pytest.mark.parametrize(
    ("init", "says"),
    [
        ("records.jsonl", "is no .safetensors file, or was cut short .*; give one of a run"),
        ("shiped", "init = 'shiped' is not known; did you mean 'shipped'"),
        ("none.safetensors", "no weights at .*none.safetensors"),
    ],
)
def test_weights_that_cannot_be_started_from_are_named(
    config: RunConfig, tmp_path: Path, init: str, says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        loop.fit(replace(config, init=init), tmp_path, show=False)


TWO = """
import json, os, sys
from pathlib import Path
from safetensors.torch import save_file
from onrecord_training import loop
from onrecord_training.config import config_from_dict

kept = []

class Trainer(loop._Trainer):
    def __init__(self, *given):
        super().__init__(*given)
        kept.append(self)

loop._Trainer = Trainer
base = Path(sys.argv[1])
config = config_from_dict(json.loads((base / "two.json").read_bytes()), "two.json")
loop.fit(config, base, show=False)
save_file(kept[0]._network.state_dict(), base / f"rank{os.environ['RANK']}.safetensors")
"""


@pytest.mark.slow
def test_two_processes_end_with_the_same_weights(config: RunConfig, tmp_path: Path) -> None:
    two = replace(config, fit=replace(config.fit, epochs=2, batch_pieces=64))
    (tmp_path / "two.json").write_text(json.dumps(two.to_dict()), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": "2"}
    environment = {**os.environ, **place, "PYTHONPATH": os.pathsep.join(sys.path)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", TWO, str(tmp_path)], env={**environment, "RANK": str(rank)}
        )
        for rank in range(2)
    ]
    try:
        assert [process.wait(timeout=600) for process in processes] == [0, 0]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    first, second = (load_file(tmp_path / f"rank{rank}.safetensors") for rank in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert [row["epoch"] for row in metrics(two.folder)] == [1, 2]  # rank 0 alone writes
    alone = replace(two, name="alone", fit=replace(two.fit, epochs=1))
    other = load_file(loop.fit(alone, tmp_path, show=False) / "last.safetensors")
    assert any(not torch.equal(first[name], other[name]) for name in first)  # they have learned


def test_a_gradient_that_is_no_number_stops_before_it_spoils_the_weights(
    config: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", lambda *_: torch.tensor(float("inf")))
    with pytest.raises(loop.FitError, match="the gradient of batch 0 of epoch 1 is not a number"):
        loop.fit(config, tmp_path, show=False)


def test_an_empty_corpus_is_refused(config: RunConfig, tmp_path: Path) -> None:
    (tmp_path / "records.jsonl").write_text('{"id": "a", "text": "b", "statements": []}\n')
    with pytest.raises(loop.FitError, match="hold no statement"):
        loop.fit(config, tmp_path, show=False)


def test_a_missing_corpus_is_named(config: RunConfig, tmp_path: Path) -> None:
    (tmp_path / "records.jsonl").unlink()
    with pytest.raises(ConfigError, match=r"records\.jsonl"):
        loop.fit(config, tmp_path, show=False)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError(28, "No space left on device"), "disk .* is full .*; make room"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "memory is used up"),
        (RuntimeError("shapes do not match"), "shapes do not match"),
    ],
)
def test_a_run_that_fills_disk_or_memory_says_so_and_goes_on(
    config: RunConfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    says: str,
) -> None:
    config = replace(config, fit=replace(config.fit, epochs=2))
    real_keep, kept = loop._Trainer.keep, []

    def failing_keep(self: loop._Trainer, *args: object) -> None:
        kept.append(1)
        if len(kept) == 2:
            raise error
        real_keep(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(loop._Trainer, "keep", failing_keep)
    with pytest.raises(type(error) if "match" in says else ResourceError, match=says):
        loop.fit(config, tmp_path, show=False)
    folder = loop.fit(config, tmp_path, show=False)
    assert [row["epoch"] for row in metrics(folder)] == [1, 2]


def test_the_config_of_a_larger_encoder_trains_with_a_tiny_one(
    config: RunConfig, tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONRECORD_CORPORA", str(tmp_path))
    large = read_config(Path("training/configs/large.toml"))
    small = replace(large.model, encoder=str(tiny.encoder))
    fit = replace(large.fit, epochs=1, threads=1)
    run = replace(large, train=config.train, dev=config.dev, output=config.output)
    folder = loop.fit(replace(run, model=small, fit=fit), tmp_path, show=False)
    assert (folder / loop.BEST_FILE).is_file()
