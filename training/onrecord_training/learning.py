"""A learning curve: how much each further batch of annotated records is worth, chosen either way.

The loop of annotation is simulated on a corpus that is annotated already: train on the first
records, choose more (at random, or as `select` would with the checkpoint so far), train afresh, and
so on. Both ways start from the same records. Small sets get more epochs (by the square root of the
ratio of sizes), so that the curve shows data rather than too few steps.
"""

from __future__ import annotations

import dataclasses
import json
import random
from collections.abc import Sequence
from pathlib import Path

from onrecord.errors import CorpusError
from onrecord_training.config import SHIPPED, RunConfig
from onrecord_training.corpus import Record, suggest, write_corpus
from onrecord_training.data import corpus_path, load_corpora

WAYS = ("random", "select")
Curve = list[tuple[int, float]]


def learning_curves(
    config: RunConfig,
    base: Path,
    sizes: Sequence[int],
    *,
    ways: Sequence[str] = ("random",),
    show: bool = True,
) -> dict[str, Curve]:
    """Train at each size, each way, and return (records, tuple F1 on the first dev corpus).

    Runs lie under the configuration's output folder as `NAME-WAY-SIZE` and are taken up again where
    they were interrupted.

    Args:
        config: The run; its first training corpus is the pool.
        base: Folder that corpus paths are relative to.
        sizes: Numbers of records, rising; those above the pool's size mean all of it.
        ways: Of `WAYS`.
        show: Whether to show progress.

    Raises:
        CorpusError: If a way is unknown, or the sizes do not rise.
    """
    for way in ways:
        if way not in WAYS:
            message = f"way {way!r} is not known{suggest(way, WAYS)}"
            raise CorpusError(message)
    _, pool = load_corpora(config.train[:1], base, config.model.stances)[0]
    steps = sorted({min(size, len(pool)) for size in sizes})
    if not steps or steps[0] < 1:
        message = f"sizes {list(sizes)} for a pool of {len(pool)} records; give numbers from 1"
        raise CorpusError(message)
    shuffled = list(pool)
    random.Random(config.fit.seed).shuffle(shuffled)  # noqa: S311 - not for secrets
    return {way: _curve(config, base, shuffled, steps, way=way, show=show) for way in ways}


def _curve(
    config: RunConfig,
    base: Path,
    pool: Sequence[Record],
    steps: Sequence[int],
    *,
    way: str,
    show: bool,
) -> Curve:
    chosen, rest = list(pool[: steps[0]]), list(pool[steps[0] :])
    curve: Curve = []
    for size, following in zip(steps, [*steps[1:], None], strict=True):
        run = _run_config(config, base, chosen, f"{config.name}-{way}-{size}", largest=len(pool))
        curve.append((size, _train(run, show=show)))
        if following is None:
            break
        chosen += _next(run, rest, following - size, known=chosen, way=way)
        names = {record.id for record in chosen}
        rest = [record for record in rest if record.id not in names]
    return curve


def _run_config(
    config: RunConfig, base: Path, records: Sequence[Record], name: str, *, largest: int
) -> RunConfig:
    """Return the run of one size, its records written beside it."""
    path = Path(config.output) / f"{name}.jsonl"
    write_corpus(path, records)
    epochs = round(config.fit.epochs * (largest / len(records)) ** 0.5)

    def absolute(name: str) -> str:
        return str(corpus_path(name, base).resolve()) if name else ""

    dev = tuple(
        dataclasses.replace(item, path=absolute(item.path), texts=absolute(item.texts))
        for item in config.dev
    )
    init = config.init
    if init not in ("", SHIPPED):
        init = str((base / init).resolve())
    return dataclasses.replace(
        config,
        name=name,
        init=init,
        train=(dataclasses.replace(config.train[0], path=str(path.resolve()), texts=""),),
        dev=dev,
        fit=dataclasses.replace(config.fit, epochs=epochs),
    )


def _train(run: RunConfig, *, show: bool) -> float:
    """Train a run (or read what it has reached) and return its best tuple F1 on dev."""
    from onrecord_training.loop import METRICS_FILE, deciding_score, fit

    fit(run, Path(), show=show)
    lines = (run.folder / METRICS_FILE).read_text(encoding="utf-8").splitlines()
    return max(deciding_score(json.loads(line)) for line in lines)


def _next(
    run: RunConfig, rest: Sequence[Record], count: int, *, known: Sequence[Record], way: str
) -> list[Record]:
    """Return the next records of the pool, with their gold statements."""
    if way == "random":
        return list(rest[:count])
    from onrecord_training.evaluate import load_extractor, predict
    from onrecord_training.export import export_run
    from onrecord_training.select import select

    folder = run.folder / "checkpoint"
    export_run(run.folder, folder)
    given = predict(load_extractor(folder), rest)
    labelled = [dataclasses.replace(record, statements=given[record.id]) for record in rest]
    gold = {record.id: record for record in rest}
    return [gold[choice.record.id] for choice in select(labelled, count, known=known)]
