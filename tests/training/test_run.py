"""As a new user would: import a Label Studio file, run, compare, load the new checkpoint."""

import json
import time
from dataclasses import replace

import httpx
import pytest
from rich.console import Console
from typer.testing import CliRunner

from onrecord import Extractor
from onrecord.errors import CorpusError
from onrecord.manifest import read_manifest
from onrecord_service.cli import build_app
from onrecord_training import cli, run
from onrecord_training.compare import Comparison
from onrecord_training.config import ConfigError, read_config
from onrecord_training.converters import labelstudio
from onrecord_training.corpus import GoldStatement, Record, write_corpus
from onrecord_training.hardware import ResourceError
from tests.load.server import Service

WHO = ("The ministry", "The union", "The council", "The mayor", "The report")
SAYING = (("rejected", "opposes"), ("ruled out", "rules_out"))
TRAINED = ("the plan for a new base", "talks with the council", "a deal", "ferries to the port")
HELD = ("engineers at the harbor", "a mistake of the past")


def record(who, verb, what, stance, day):
    text = f"{who} {verb} {what} on {day}."
    cue = len(who) + 1, len(who) + 1 + len(verb)
    content = cue[1] + 1, cue[1] + 1 + len(what)
    statement = GoldStatement(cue, (0, len(who)), (content,), content, stance, actor=who)
    return Record(f"{who} {verb} {what}", text, (statement,))


def records(whats, day):
    return [record(who, verb, what, s, day) for who in WHO for verb, s in SAYING for what in whats]


def configuration(tiny, tmp_path, dev="dev.jsonl", epochs=8):
    path = tmp_path / "my.toml"
    path.write_text(
        f"""
name = "mine"
output = "{tmp_path / "runs"}"
train = [{{ path = "train.jsonl" }}]
dev = [{{ path = "{dev}" }}]
[model]
encoder = "{tiny.encoder}"
left = 12
right = 20
role_width = 32
dropout = 0.0
[fit]
epochs = {epochs}
batch_pieces = 192
encoder_rate = 3e-3
head_rate = 1e-2
average = 0.0
join = 0.0
jitter = 0.0
threads = 1
[promote]
min_gain = 0.0
max_part_drop = 1.0  # an untrained checkpoint finds three or four statements, its parts are luck
min_slice = 1000
""",
        encoding="utf-8",
    )
    return path


def invoke(*arguments):
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


@pytest.fixture
def studio(tmp_path):
    """Write 40 invented records as a Label Studio export, with UTF-16 offsets after an emoji."""
    path = tmp_path / "export.json"
    labelstudio.write(records(TRAINED, "Tuesday"), path)
    path.write_text(path.read_text(encoding="utf-8").replace('"predictions"', '"annotations"'))
    return path


@pytest.fixture
def service(tiny, tmp_path):
    """A running service that answers with the old checkpoint."""
    made = Service(
        {"data_dir": tmp_path / "data", "workers": 1, "checkpoint": tiny.fp32}, fake_seconds=None
    )
    made.start()
    yield made
    made.stop()


def ask(service, text):
    return httpx.post(f"{service.url}/v1/extract", json={"text": text}, timeout=60).json()


def wait_for_model(service, sha256):
    for _ in range(3000):
        found = httpx.get(f"{service.url}/v1/models", timeout=60).json()
        if found["active"]["sha256"] == sha256:
            return
        time.sleep(0.02)
    raise TimeoutError(found)


def test_a_label_studio_file_becomes_a_better_checkpoint_that_a_running_service_answers_with(
    tiny, tmp_path, studio, service, monkeypatch
):
    train = tmp_path / "train.jsonl"
    imported = invoke("import", studio, "--format", "labelstudio", "-o", train)
    assert imported.exit_code == 0, imported.output
    assert "40 imported" in imported.output
    write_corpus(tmp_path / "dev.jsonl", records(HELD, "Friday"))
    config = configuration(tiny, tmp_path)
    done = invoke("run", config, "--against", tiny.fp32)
    assert done.exit_code == 0, done.output
    assert "promote: no rule is broken" in done.output
    assert "old and new on the same gold" in done.output
    assert "\ngained The " in done.output
    assert "name a corpus as `test` for a fair verdict" in " ".join(done.output.split())
    folder = tmp_path / "runs" / "mine"
    card = (folder / "checkpoint" / "README.md").read_text(encoding="utf-8")
    assert "minimal pairs" not in card  # nothing of the shipped checkpoint's own card
    assert "license" not in card.split("---")[1]
    for name in ("check.json", "evaluation.json", "comparison.json", "checkpoint/README.md"):
        assert (folder / name).is_file(), name
    new = folder / "checkpoint"
    assert str(tmp_path) not in (new / "manifest.json").read_text(encoding="utf-8")
    assert str(tiny.encoder.parent) not in (new / "manifest.json").read_text(encoding="utf-8")
    again = invoke("compare", tmp_path / "dev.jsonl", new, tiny.fp32)
    assert again.exit_code == 1
    assert "not promoted: tuple F1 changes by -" in again.output

    flips = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))["flips"]
    assert flips[0]["context"].startswith("The ")
    gained = {flip["record"] for flip in flips if flip["kind"] == "gained"}
    (one, *_) = (r for r in records(HELD, "Friday") if r.id in gained)
    text, stances = one.text, [statement.stance for statement in one.statements]
    before = ask(service, text)
    monkeypatch.setenv("ONRECORD_DATA_DIR", str(tmp_path / "data"))
    assert CliRunner().invoke(build_app(), ["models", "activate", str(new)]).exit_code == 0
    wait_for_model(service, read_manifest(new).sha256)
    after = ask(service, text)
    assert after["model"]["name"] == "mine"
    assert [statement["stance"] for statement in after["statements"]] == stances
    assert after["statements"] != before["statements"]
    assert CliRunner().invoke(build_app(), ["models", "rollback"]).exit_code == 0
    wait_for_model(service, before["model"]["sha256"])
    assert ask(service, text) == before


OWN = {"opposes": "Ablehnung", "rules_out": "Schluss damit"}


def own_labels(given):
    return [
        replace(r, statements=tuple(replace(s, stance=OWN[s.stance]) for s in r.statements))
        for r in given
    ]


def test_a_group_can_retrain_with_its_own_labels(tiny, tmp_path):
    export = tmp_path / "export.json"
    labelstudio.write(own_labels(records(TRAINED, "Tuesday")), export)
    export.write_text(export.read_text(encoding="utf-8").replace('"predictions"', '"annotations"'))
    config = configuration(tiny, tmp_path, epochs=5)
    config.write_text(
        config.read_text().replace(
            "dropout = 0.0",
            'dropout = 0.0\nstances = ["Schluss damit", "Ablehnung", "Zustimmung"]\n'
            'polarity = { Ablehnung = "against", Zustimmung = "favor" }',
        )
    )
    train, dev = tmp_path / "train.jsonl", tmp_path / "dev.jsonl"
    refused = invoke("import", export, "--format", "labelstudio", "-o", train)
    assert isinstance(refused.exception, CorpusError)
    labels = ("--labels", config)
    done = invoke("import", export, "--format", "labelstudio", "-o", train, *labels)
    assert done.exit_code == 0, done.output
    assert "Schluss damit" in done.output
    write_corpus(dev, own_labels(records(HELD, "Friday")))
    assert invoke("check", train, dev).exit_code == 1
    assert invoke("check", train, dev, *labels).exit_code == 0
    assert invoke("labelling-config", "labelstudio", "-o", tmp_path / "c.xml", *labels).output
    assert "Zustimmung" in (tmp_path / "c.xml").read_text()
    invoke("run", config, "--against", tiny.fp32)
    new = tmp_path / "runs" / "mine" / "checkpoint"
    assert read_manifest(new).stances == ("Schluss damit", "Ablehnung", "Zustimmung")
    statements = [
        s
        for r in records(HELD, "Friday")
        for s in Extractor.load(new).extract_one(r.text).statements
    ]
    assert {s.polarity for s in statements if s.stance == "Ablehnung"} <= {"against"}
    assert {s.polarity for s in statements if s.stance == "Schluss damit"} <= {"neutral"}
    scored = invoke("evaluate", dev, "--checkpoint", new, "--rounds", 20)
    assert scored.exit_code == 0, scored.output
    judged = invoke("compare", dev, tiny.fp32, new, "--rounds", 20)
    assert judged.exception is None or isinstance(judged.exception, SystemExit), judged.exception
    assert "stance: Ablehnung" in judged.output


def test_a_leak_stops_a_run_before_it_trains(tiny, tmp_path):
    write_corpus(tmp_path / "train.jsonl", records(TRAINED, "Tuesday"))
    config = configuration(tiny, tmp_path, dev="train.jsonl")
    result = invoke("run", config)
    assert isinstance(result.exception, CorpusError)
    assert "--unchecked" in str(result.exception)
    assert json.loads((tmp_path / "runs" / "mine" / "check.json").read_text())["leaks"]
    assert not (tmp_path / "runs" / "mine" / "best.safetensors").exists()


def test_spans_without_stances_are_scored_by_fragments(tiny, tmp_path):
    bare = [
        Record(r.id, r.text, (GoldStatement(r.statements[0].cue, r.statements[0].source),))
        for r in records(TRAINED[:1], "Tuesday")
    ]
    write_corpus(tmp_path / "train.jsonl", bare)
    write_corpus(tmp_path / "dev.jsonl", bare)
    config = configuration(tiny, tmp_path, epochs=1)
    config.write_text(config.read_text().replace('.jsonl" }', '.jsonl", auxiliary = true }'))
    result = invoke("run", config)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "runs" / "mine" / "fragments.json").is_file()


def test_a_checkpoint_is_calibrated_in_place(tiny, tmp_path):
    gold = records((*TRAINED, *HELD), "Tuesday")
    texts = Extractor.load(tiny.fp32).extract([r.text for r in gold])
    found = sum(len(item.statements) for item in texts)
    write_corpus(tmp_path / "gold.jsonl", gold)
    result = invoke("calibrate", tmp_path / "gold.jsonl", tiny.fp32, "--dry-run")
    assert result.exit_code == (0 if found >= 50 and result.exception is None else 1)
    assert read_manifest(tiny.fp32).calibration.x == (0.0, 1.0)


def test_a_test_corpus_is_scored_and_judged_on(tiny, tmp_path, monkeypatch):
    write_corpus(tmp_path / "train.jsonl", records(TRAINED, "Tuesday"))
    write_corpus(tmp_path / "dev.jsonl", records(HELD, "Friday"))
    write_corpus(tmp_path / "held.jsonl", records(HELD[:2], "Sunday"))
    path = configuration(tiny, tmp_path)
    text = path.read_text(encoding="utf-8")
    path.write_text('test = [{ path = "held.jsonl" }]\n' + text, encoding="utf-8")
    judged = []
    monkeypatch.setattr(run, "compare", lambda gold, *rest: judged.extend(gold) or done)
    done = Comparison([], [], [], [])
    steps = run.Steps(path, version="1", against=tiny.fp32, console=Console(quiet=True))
    steps._compare(tiny.fp32)
    assert {item.text for item in judged} == {item.text for item in records(HELD[:2], "Sunday")}
    assert set(steps._evaluate(tiny.fp32)) == {"dev", "held"}


def test_a_full_disk_in_a_later_step_says_so(tiny, tmp_path, monkeypatch):
    write_corpus(tmp_path / "dev.jsonl", records(HELD, "Friday"))

    def full(_steps, *, check):
        raise OSError(28, f"No space left on device, check={check}")

    monkeypatch.setattr(run.Steps, "_steps", full)
    path = configuration(tiny, tmp_path)
    steps = run.Steps(path, version="1", against=None, console=Console(quiet=True))
    with pytest.raises(ResourceError, match="make room and give the same command again"):
        steps.run()


def test_gold_without_stances_is_refused_before_anything_is_trained(tiny, tmp_path):
    gold = records(HELD, "Friday")
    bare = replace(gold[0], statements=(replace(gold[0].statements[0], stance=None),))
    write_corpus(tmp_path / "train.jsonl", records(TRAINED, "Tuesday"))
    write_corpus(tmp_path / "dev.jsonl", [bare, *gold[1:]])
    with pytest.raises(CorpusError, match=r"1 of \d+ gold statements have no stance"):
        run.Steps(configuration(tiny, tmp_path), version="1", against=None, console=Console())


def test_the_promotion_rules_may_stand_in_the_run_s_file(tiny, tmp_path):
    assert read_config(configuration(tiny, tmp_path)).name == "mine"
    with pytest.raises(ConfigError, match="cannot be read as TOML"):
        read_config(tmp_path / "nowhere.toml")


def test_a_learning_curve_is_drawn_for_both_ways_of_choosing(tiny, tmp_path):
    write_corpus(tmp_path / "train.jsonl", records(TRAINED, "Tuesday"))
    write_corpus(tmp_path / "dev.jsonl", records(HELD[:1], "Friday"))
    config = configuration(tiny, tmp_path, epochs=1)
    ways = ("--way", "random", "--way", "select")
    sizes = ("--size", 20, "--size", 1000)
    result = invoke("learning", config, *ways, *sizes, "-o", tmp_path / "learning.json")
    assert result.exit_code == 0, result.output
    curves = json.loads((tmp_path / "learning.json").read_text())
    assert {way: [point[0] for point in curve] for way, curve in curves.items()} == {
        "random": [20, 40],
        "select": [20, 40],
    }
    assert curves["random"][0] == curves["select"][0]
    assert (tmp_path / "learning.png").is_file()
    wrong = invoke("learning", config, "--way", "luck", "-o", tmp_path / "x.json")
    assert "'luck' is not known" in str(wrong.exception)
