"""The training loop: seeded, resumable, with the best epoch on dev kept.

A straight loop reads best here: the loss is a sum over six parts and the evaluation goes through
the public extractor. See docs/adr/0006.
"""

from __future__ import annotations

import json
import math
import os
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from safetensors.torch import save_file
from torch import Tensor

from onrecord.errors import OnrecordError
from onrecord.extractor import Extractor
from onrecord.features import PieceReader
from onrecord.manifest import Manifest
from onrecord.network import Network
from onrecord_training.build import (
    TorchBackend,
    build_network,
    build_reader,
    window_settings,
)
from onrecord_training.config import Corpus, RunConfig, config_from_dict
from onrecord_training.corpus import Record
from onrecord_training.data import (
    Batch,
    SampleMaker,
    all_samples,
    collate,
    corpus_name,
    describe_corpora,
    epoch_samples,
    load_corpora,
    make_batches,
)
from onrecord_training.evaluate import predict
from onrecord_training.hardware import (
    choose_device,
    group_backend,
    precision_of,
    told_when_used_up,
)
from onrecord_training.losses import batch_losses, stance_weights
from onrecord_training.metrics import report, tally
from onrecord_training.rates import parameter_groups, schedule
from onrecord_training.teacher import SoftLabels, SoftSample, Teacher
from onrecord_training.tracking import NoTracker, figures_of, open_tracker
from onrecord_training.weights import start_weights

STATE_FILE, BEST_FILE, LAST_FILE = "state.pt", "best.safetensors", "last.safetensors"
METRICS_FILE, CONFIG_FILE, CORPORA_FILE = "metrics.jsonl", "config.json", "corpora.json"
SOFT_FOLDER = "soft"
SAVE_EVERY_SECONDS = 120.0


class FitError(OnrecordError):
    """Training cannot go on."""


@dataclass(slots=True)
class Progression:
    """Where a run stands: epochs done, steps done in the present one and in all, best score."""

    epoch: int = 0
    step: int = 0
    total: int = 0
    best: float = -1.0


def fit(config: RunConfig, base: Path, *, show: bool = True) -> Path:
    """Train a network, or go on with a run that was stopped.

    Args:
        config: The run.
        base: Folder that corpus paths are relative to.
        show: Whether to show a progress bar.

    Returns:
        The run's folder: `best.safetensors`, `metrics.jsonl`, `config.json`.

    Raises:
        FitError: If the folder holds another run, there is nothing to learn from, or a loss is
            not a number.
        ResourceError: If memory or disk is used up; the same call goes on from the last state.
    """
    with told_when_used_up(config.folder):
        return _fit(config, base, show=show)


def _fit(config: RunConfig, base: Path, *, show: bool) -> Path:
    folder = config.folder
    device = choose_device()
    workers = _Workers(device)
    if workers.rank == 0:
        folder.mkdir(parents=True, exist_ok=True)
        _claim(folder, config)
    torch.set_num_threads(config.fit.threads)
    torch.manual_seed(config.fit.seed)
    reader = build_reader(config.model)
    network = build_network(config.model)
    resumed = (folder / STATE_FILE).is_file()
    fresh = [] if resumed else start_weights(network, config.init, base)
    if fresh and show and workers.rank == 0:
        Console(stderr=True).print(f"new labels start untrained: {', '.join(fresh)}", markup=False)
    corpora = load_corpora(config.train, base, config.model.stances)
    if not any(record.statements for _, records in corpora for record in records):
        raise FitError("the training corpora hold no statement; give a corpus that is annotated")
    dev = load_corpora(config.dev, base, config.model.stances)
    if workers.rank == 0:
        seen = {"train": describe_corpora(corpora, base), "dev": describe_corpora(dev, base)}
        _claim_corpora(folder, seen, resumed=resumed)
    trainer = _Trainer(config, network.to(device), reader, corpora, workers)
    if config.fit.teacher:
        trainer.be_taught(Teacher(base / config.fit.teacher, reader, config.model), show=show)
    trainer.resume()
    tracker = NoTracker() if workers.rank else open_tracker(config)
    while trainer.at.epoch < config.fit.epochs:
        trainer.run_epoch(show=show and workers.rank == 0)
        if workers.rank:
            continue
        averaged = trainer.averaged()
        row = {
            "epoch": trainer.at.epoch,
            "step": trainer.at.total,
            "losses": trainer.mean_losses(),
            "seconds": round(trainer.seconds, 1),
            "dev": [
                {"corpus": corpus_name(item)}
                | dev_scores(averaged, reader, config, records, auxiliary=item.auxiliary)
                for item, records in dev
            ],
        }
        trainer.keep(averaged, deciding_score(row))
        with (folder / METRICS_FILE).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(row) + "\n")
        tracker.log(trainer.at.total, figures_of(row))
        trainer.save()
    if workers.rank == 0:
        from onrecord_training.curves import plot_run

        plot_run(folder)
    tracker.close()
    workers.close()
    return folder


def deciding_score(row: Mapping[str, Any]) -> float:
    """Return what the best epoch is chosen by, of a row of `metrics.jsonl`.

    It is the tuple F1 on the first dev corpus; where that has no stance and no target, detection F1
    times the shares of sources and contents that are right.
    """
    first = row["dev"][0]
    if "tuple" in first:
        return float(first["tuple"])
    return float(first["detection"] * first["source"] * first["content"])


def dev_scores(
    network: Network,
    reader: PieceReader,
    config: RunConfig,
    records: Sequence[Record],
    *,
    auxiliary: bool = False,
) -> dict[str, float]:
    """Return the headline figures of a network on gold records, through the public extractor.

    Of an auxiliary corpus those of target, stance and tuple are left out.
    """
    manifest = Manifest(
        config.name,
        "0",
        config.model.stances,
        config.model.left,
        windows=window_settings(network, reader),
    )
    extractor = Extractor(TorchBackend(network), reader, manifest)
    predicted = predict(extractor, records, progress=False)
    figures = report(tally(records, predicted))
    spans = {
        "detection": figures["detection"]["f1"],
        "precision": figures["detection"]["p"],
        "recall": figures["detection"]["r"],
        "source": figures["given_match"].get("source_ov", 0.0),
        "content": figures["given_match"].get("content_ov", 0.0),
    }
    if auxiliary:
        return spans
    return spans | {
        "target": figures["given_match"].get("target_ov", 0.0),
        "stance": figures["given_match"].get("stance", 0.0),
        "stance_macro": figures["stance_macro_f1_given_match"],
        "tuple": figures["tuple"]["f1"],
    }


class _Workers:
    """The processes of one run: one, or as many as `torchrun --nproc-per-node N` started.

    Each takes its own batches; gradients are averaged before every step, so all hold the same
    weights. Only rank 0 evaluates and writes.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.count = int(os.environ.get("WORLD_SIZE", "1"))
        self.rank = int(os.environ.get("RANK", "0"))
        if self.count > 1:
            dist.init_process_group(group_backend(device))

    def average_gradients(self, parameters: Sequence[Tensor]) -> None:
        """Replace each gradient by the mean over all processes."""
        if self.count == 1:
            return
        for parameter in parameters:
            if parameter.requires_grad and parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        grads = [parameter.grad for parameter in parameters if parameter.grad is not None]
        flat = torch.cat([grad.reshape(-1) for grad in grads])
        dist.all_reduce(flat)
        flat /= self.count
        start = 0
        for grad in grads:
            grad.copy_(flat[start : start + grad.numel()].view_as(grad))
            start += grad.numel()

    def wait(self) -> None:
        """Go on when all have come here."""
        if self.count > 1:
            dist.barrier()

    def close(self) -> None:
        """Leave the group."""
        if self.count > 1:
            dist.barrier()
            dist.destroy_process_group()


class _Trainer:
    """The state of one run and what is done with it."""

    def __init__(
        self,
        config: RunConfig,
        network: Network,
        reader: PieceReader,
        corpora: list[tuple[Corpus, Sequence[Record]]],
        workers: _Workers,
    ) -> None:
        self._config, self._folder, self._workers = config, config.folder, workers
        self._network, self._reader, self._corpora = network, reader, corpora
        self.at = Progression()
        self.seconds = 0.0
        self._max_pieces = window_settings(network, reader).size
        self._maker = SampleMaker(reader, config.model.stances, self._max_pieces)
        self._soft: Sequence[SoftSample] = ()
        self._optimizer = torch.optim.AdamW(parameter_groups(network, config.fit), fused=True)
        steps = len(self._epoch_batches(0)) // workers.count
        self._total_steps = max(1, steps * config.fit.epochs)
        self._parameters = list(network.parameters())
        self._weights = stance_weights(corpora, config).to(workers.device)
        self._average = {name: value.clone() for name, value in self._state().items()}
        self._sums: dict[str, list[float]] = {}
        self._saved_at = time.monotonic()

    def be_taught(self, teacher: Teacher, *, show: bool) -> None:
        """Have every sample labelled by a teacher, or go on where that was stopped."""
        rng = random.Random(0)  # noqa: S311 - unused: all samples are alone, or none
        samples = [
            (sample.ids, [item.cue for item in sample.statements])
            for sample in all_samples(self._corpora, self._maker, self._config.fit, rng)
        ]
        soft = SoftLabels(self._folder / SOFT_FOLDER, teacher)
        columns = (TextColumn("teacher"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        count, rank = self._workers.count, self._workers.rank
        with Progress(*columns, disable=not show or rank > 0, refresh_per_second=0.5) as progress:
            task = progress.add_task("", total=len(samples))
            for done in soft.make(samples, rank=rank, count=count):
                progress.update(task, advance=done * count)
        self._workers.wait()
        self._soft = soft.read([(len(ids), len(cues)) for ids, cues in samples])

    def _state(self) -> dict[str, Tensor]:
        return {name: value.detach() for name, value in self._network.named_parameters()}

    def _epoch_batches(self, epoch: int) -> list[list[Any]]:
        """Return an epoch's batches; the same each time they are asked for."""
        fit_config = self._config.fit
        rng = random.Random(f"{fit_config.seed}:{epoch}")  # noqa: S311 - not for secrets
        samples = epoch_samples(
            self._corpora, self._maker, fit_config, self._max_pieces, rng, soft=self._soft
        )
        return make_batches(samples, fit_config.batch_pieces, rng)

    def run_epoch(self, *, show: bool) -> None:
        """Take the remaining steps of the present epoch."""
        began = time.monotonic()
        count, rank = self._workers.count, self._workers.rank
        batches = self._epoch_batches(self.at.epoch)
        if len(batches) < count:
            raise FitError(
                f"{len(batches)} batches for {count} processes; start fewer, or lower batch_pieces"
            )
        batches = batches[: len(batches) // count * count][rank::count]  # as many for each
        if self.at.step == 0:
            self._sums, self.seconds = {}, 0.0
        seen = 0
        columns = (
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("loss {task.fields[loss]:.3f} · {task.fields[speed]:.0f} pieces/s"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, disable=not show, refresh_per_second=0.5) as progress:
            task = progress.add_task(
                "",
                total=len(batches),
                completed=self.at.step,
                epoch=self.at.epoch + 1,
                loss=math.nan,
                speed=0.0,
            )
            for number in range(self.at.step, len(batches)):
                rng = random.Random(f"{self._config.fit.seed}:{self.at.total}")  # noqa: S311
                torch.manual_seed(
                    (self._config.fit.seed * 1_000_003 + self.at.total) * count + rank
                )
                batch = collate(
                    batches[number],
                    self._reader,
                    self._network.config,
                    jitter=self._config.fit.jitter,
                    hide=self._config.fit.hide,
                    rng=rng,
                )
                loss = self._step(batch, number)
                seen += int(batch.mask.sum())
                self.at.step, self.at.total = number + 1, self.at.total + 1
                progress.update(task, advance=1, loss=loss, speed=seen / (time.monotonic() - began))
                if rank == 0 and time.monotonic() - self._saved_at > SAVE_EVERY_SECONDS:
                    self.save()
        self.seconds += time.monotonic() - began
        self.at.epoch, self.at.step = self.at.epoch + 1, 0

    def _step(self, batch: Batch, number: int) -> float:
        """Take one optimiser step and return its loss."""
        self._network.train()
        rate = schedule(self.at.total, self._total_steps, self._config.fit.warmup)
        for group in self._optimizer.param_groups:
            group["lr"] = group["peak"] * rate
        device = self._workers.device
        batch = batch.to(device)
        with precision_of(self._config.fit.precision, device):
            losses = batch_losses(self._network, batch, self._config.fit, self._weights)
        total = torch.stack(list(losses.values())).sum()
        if not torch.isfinite(total):
            raise FitError(self._broken("loss", number))  # the other processes lose their partner
        self._optimizer.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]  # torch
        self._workers.average_gradients(self._parameters)
        norm = torch.nn.utils.clip_grad_norm_(self._network.parameters(), 1.0)
        if not torch.isfinite(norm):
            raise FitError(self._broken("gradient", number))
        self._optimizer.step()
        decay = min(self._config.fit.average, (1 + self.at.total) / (10 + self.at.total))
        trained = {n: p.detach() for n, p in self._network.named_parameters() if p.requires_grad}
        torch._foreach_lerp_(
            [self._average[name] for name in trained], list(trained.values()), 1 - decay
        )
        for name, value in losses.items():
            self._sums.setdefault(name, []).append(float(value.detach()))
        return float(total.detach())

    def _broken(self, what: str, number: int) -> str:
        state = self._folder / STATE_FILE
        kept = f" (its last good state is kept in {state})" if state.is_file() else ""
        return (
            f"the {what} of batch {number} of epoch {self.at.epoch + 1} is not a number; this run "
            f"cannot go on{kept}. Choose another `name`, with lower encoder_rate and head_rate"
        )

    def mean_losses(self) -> dict[str, float]:
        """Return the mean of each loss over the epoch."""
        return {name: round(float(np.mean(values)), 4) for name, values in self._sums.items()}

    def averaged(self) -> Network:
        """Return a network with the moving average of the weights."""
        copy = build_network(self._config.model, pretrained=False)
        copy.load_state_dict(self._average, strict=False)
        return copy.eval()

    def keep(self, network: Network, score: float) -> None:
        """Write the last weights, and the best ones where they are."""
        weights = {name: value.contiguous() for name, value in network.state_dict().items()}
        best = score > self.at.best
        self.at.best = max(score, self.at.best)
        for name in (LAST_FILE, BEST_FILE) if best else (LAST_FILE,):
            save_file(weights, self._folder / (name + ".part"))
            (self._folder / (name + ".part")).replace(self._folder / name)

    def save(self) -> None:
        """Write everything that going on needs; a kill in the middle leaves the old file."""
        state = {
            "network": self._network.state_dict(),
            "average": self._average,
            "optimizer": self._optimizer.state_dict(),
            "at": [self.at.epoch, self.at.step, self.at.total, self.at.best],
            "sums": self._sums,
            "seconds": self.seconds,
        }
        partial = self._folder / (STATE_FILE + ".part")
        torch.save(state, partial)
        partial.replace(self._folder / STATE_FILE)
        self._saved_at = time.monotonic()

    def resume(self) -> None:
        """Go on from the saved state, if there is one."""
        path = self._folder / STATE_FILE
        if not path.is_file():
            return
        state = torch.load(path, weights_only=True, map_location=self._workers.device)
        try:
            self._network.load_state_dict(state["network"])
        except RuntimeError as error:
            raise FitError(
                f"{path} is of another release's network; choose another `name`, or remove the "
                "folder to start again"
            ) from error
        self._average = state["average"]
        self._optimizer.load_state_dict(state["optimizer"])
        self.at = Progression(*state["at"])
        self._sums, self.seconds = state["sums"], state["seconds"]


def _claim_corpora(folder: Path, seen: dict[str, Any], *, resumed: bool) -> None:
    """Write what the run reads, or check that a run that goes on reads the same."""
    path = folder / CORPORA_FILE
    if resumed and path.is_file() and json.loads(path.read_bytes()) != seen:
        raise FitError(
            f"{folder} holds a run on corpora of other content; choose another `name`, or remove "
            "the folder to start again"
        )
    path.write_text(json.dumps(seen, indent=1) + "\n", encoding="utf-8")


def _claim(folder: Path, config: RunConfig) -> None:
    """Write the run's configuration, or check that the folder holds the same run.

    A run that stopped before it kept anything (a misspelled encoder) leaves the folder free.
    """
    path = folder / CONFIG_FILE
    mine = config.to_dict()
    content = json.dumps(mine, indent=1, ensure_ascii=False) + "\n"
    theirs = mine
    kept = any((folder / name).is_file() for name in (STATE_FILE, BEST_FILE))
    if (
        kept and path.is_file()
    ):  # through the configuration, so that keys of later releases have defaults
        theirs = config_from_dict(json.loads(path.read_bytes()), str(path)).to_dict()
    for name in ("threads", "track", "precision"):  # these alone may change on the way
        theirs["fit"][name] = mine["fit"][name]
    if theirs != mine:
        raise FitError(
            f"{folder} holds a run with another configuration; choose another `name`, or remove "
            "the folder to start again"
        )
    path.write_text(content, encoding="utf-8")
