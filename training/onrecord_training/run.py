"""The whole path in one command: check, fit, export, calibrate, evaluate, compare, card.

Each step leaves its file in the run's folder, so that a run can be read afterwards and a card made
from it again. The last thing it says is how the service is told to load the new checkpoint.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from onrecord.errors import CheckpointError, CorpusError
from onrecord.manifest import read_manifest
from onrecord_training import calibrate as calibration
from onrecord_training import check as checking
from onrecord_training import evaluate as scoring
from onrecord_training import tune as tuning
from onrecord_training.card import CardFiles, read_template, render
from onrecord_training.compare import Comparison, compare, print_comparison, read_rules
from onrecord_training.config import read_config
from onrecord_training.corpus import Record
from onrecord_training.data import corpus_name, load_corpora
from onrecord_training.fragments import score_fragments
from onrecord_training.hardware import told_when_used_up

CHECKPOINT = "checkpoint"
FLIPS_SHOWN = 20


class Steps:
    """The steps of one run, in order.

    Args:
        path: The run's TOML file.
        version: Version of the new checkpoint.
        against: Checkpoint to compare with; None is the shipped one, where there is one.
        console: Where to report.
    """

    def __init__(self, path: Path, *, version: str, against: Path | None, console: Console) -> None:
        self._path, self._version, self._against, self._out = path, version, against, console
        self._config = read_config(path)
        self._rules = read_rules(path)
        self._labels = self._config.model.stances
        self._dev = load_corpora(self._config.dev, path.parent, self._labels)
        self._test = load_corpora(self._config.test, path.parent, self._labels)
        self._stance_free = _stance_free(self._all_dev())
        if not self._stance_free:
            for _, part in (*self._dev, *self._test):
                scoring.require_stances(part)  # before hours of training, not after
        self._folder = self._config.folder

    def run(self, *, check: bool = True) -> Comparison | None:
        """Take all steps; None where there is no old checkpoint to compare with.

        Raises:
            CorpusError: If `check` finds something serious.
            ResourceError: If memory or disk is used up; the same command goes on from there.
        """
        with told_when_used_up(self._folder):
            return self._steps(check=check)

    def _steps(self, *, check: bool) -> Comparison | None:
        from onrecord_training.export import export_run
        from onrecord_training.loop import fit

        if check:
            self._check()
        fit(self._config, self._path.parent)
        target = self._folder / CHECKPOINT
        export_run(self._folder, target, name=self._config.name, version=self._version)
        self._say(f"exported to {target}")
        if self._stance_free:
            self._fragments(target, self._all_dev())
            return None
        self._tune(target)
        told = self._calibrate(target)
        found = self._evaluate(target)
        result = self._compare(target)
        self._card(target, found, told)
        self._say(f"ONRECORD_CHECKPOINT={target.resolve()} onrecord serve")
        return result

    def _all_dev(self) -> list[Record]:
        return [record for _, part in self._dev for record in part]

    def _check(self) -> None:
        trained = load_corpora(self._config.train, self._path.parent, self._labels)
        splits: dict[str, Sequence[Record]] = {
            "train": [record for item, part in trained if not item.auxiliary for record in part]
        }
        if not splits["train"]:
            return  # a corpus of spans alone has no stances to look over
        for kind, corpora in (("dev", self._dev), ("test", self._test)):
            for item, part in corpora:
                name = corpus_name(item)
                splits[f"{kind} {name}" if name in splits else name] = part
        report = checking.check(splits)
        self._write("check.json", report.to_dict())
        if report.serious:
            checking.print_check(report, self._out)
            message = "the corpora have the faults above; mend them, or run with --unchecked"
            raise CorpusError(message)
        self._say(f"checked: {len(report.findings)} findings in {self._folder / 'check.json'}")

    def _tune(self, target: Path) -> None:
        result = tuning.tune(target, self._all_dev())
        tuning.install(target, result.decoding)
        self._write("tuning.json", result.to_dict())
        self._say(
            f"tuned: cue bias {result.decoding.cue_bias}, stances {result.to_dict()['stance']}"
        )

    def _calibrate(self, target: Path) -> dict[str, Any] | None:
        gold = list(self._dev[0][1])
        try:
            result = calibration.calibrate(gold, calibration.predict_raw(target, gold))
        except CorpusError as error:
            self._say(f"not calibrated: {error}")
            return None
        calibration.install(target, result.curve)
        self._write("calibration.json", result.to_dict())
        self._say(f"calibrated ({result.kind}): error {result.ece_raw:.3f} -> {result.ece:.3f}")
        return result.to_dict()

    def _evaluate(self, target: Path) -> dict[str, Any]:
        extractor = scoring.load_extractor(target)
        out = {}
        for item, records in (*self._dev, *self._test):
            result = scoring.evaluate(records, scoring.predict(extractor, records))
            self._out.rule(corpus_name(item))
            scoring.print_evaluation(result, self._out)
            # Through JSON, so that the card sees what a later `card` command would read.
            out[corpus_name(item)] = json.loads(json.dumps(result.to_dict()))
        self._write("evaluation.json", out)
        return out

    def _compare(self, target: Path) -> Comparison | None:
        try:
            old = scoring.load_extractor(self._against)
        except CheckpointError as error:
            if self._against is not None:
                raise
            self._say(f"nothing to compare with: {error}")
            return None
        gold = list((self._test or self._dev)[0][1])
        if not self._test:
            self._say(
                "compared on dev, which also chose epoch, offsets and confidence of the new "
                "checkpoint: name a corpus as `test` for a fair verdict"
            )
        new = scoring.load_extractor(target)
        before, after = scoring.predict(old, gold), scoring.predict(new, gold)
        result = compare(gold, before, after, self._rules)
        self._write("comparison.json", result.to_dict())
        print_comparison(result, self._out, shown=FLIPS_SHOWN)
        return result

    def _card(self, target: Path, found: dict[str, Any], told: dict[str, Any] | None) -> None:
        files = CardFiles(read_manifest(target), found, calibration=told)
        text = render(
            read_template("run"), files, picture_folder=target / "pictures", link="pictures"
        )
        # The hub shows README.md of a model's folder as its card.
        (target / "README.md").write_text(text, encoding="utf-8")

    def _fragments(self, target: Path, records: Sequence[Record]) -> None:
        given = scoring.predict(scoring.load_extractor(target), records)
        scores = score_fragments(records, given)
        scoring.print_fragments(scores, self._out)
        self._write("fragments.json", scoring.fragment_dict(scores))

    def _write(self, name: str, value: object) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
        (self._folder / name).write_text(text, encoding="utf-8")

    def _say(self, line: str) -> None:
        self._out.print(line, markup=False, highlight=False, soft_wrap=True)


def _stance_free(records: Sequence[Record]) -> bool:
    return all(statement.stance is None for r in records for statement in r.statements)
