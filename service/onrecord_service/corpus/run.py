"""Run a labelling job over a corpus: read, label, write, survive, and say what happened."""

from __future__ import annotations

import contextlib
import errno
import json
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from onrecord.errors import CorpusError

from .cache import LabelCache, Seen
from .engine import Engine, Item, Result
from .flat import FLAT_COLUMNS, SCHEMA_VERSION
from .job import Job, layout_of
from .labelling import LabelOptions, serialize
from .output import LogFile, RunState, sole_writer
from .parquet import write_parquet
from .readers import read_corpus, standard_output_file
from .records import Labelled, Record, Rejected
from .sources import Meter

CHECKPOINT_SECONDS = 5.0
"""Time between checkpoints, the most work that a kill can cost."""


@dataclass(slots=True)
class Observer:
    """Told of what happens; the command line draws it.

    Args:
        rejected: Called with each rejection.
        advanced: Called after each record.
    """

    rejected: Callable[[Rejected], None] = field(default=lambda _: None)
    advanced: Callable[[RunState], None] = field(default=lambda _: None)


def exit_code(state: RunState) -> int:
    """Return 0 for all labelled, 1 for some rejected, 2 for nothing labelled."""
    if not state.labelled:
        return 2
    return 1 if state.rejected else 0


def run_job(
    job: Job, make_engine: Callable[[], Engine], meter: Meter, observer: Observer
) -> RunState:
    """Run a job to its end, or to a checkpoint that `--resume` goes on from.

    Args:
        job: What to do.
        make_engine: Starts the engine once it is sure that there is work.
        meter: Moved as bytes are read.
        observer: Told of what happens.

    Returns:
        The final state; a finished run that is resumed returns as it was.

    Raises:
        CorpusError: If the run cannot start, or stopped for want of disk space.
        KeyboardInterrupt: After Ctrl-C, with a checkpoint written.
    """
    with sole_writer(job.output):
        state = _start_state(job)
        if state.status == "finished":
            return state
        engine = make_engine()
        try:
            _check_model(state, engine.model(), job)
            with _writing(job):
                _label(job, state, engine, meter, observer)
                if job.labelling.layout == "parquet":
                    write_parquet(job.log_file, job.output, keep=job.labelling.keep)
                    job.log_file.unlink()
                state.status = "finished"
                state.save(job.run_file)
        finally:
            engine.close()
    return state


def stream_job(
    job: Job, engine: Engine, meter: Meter, observer: Observer, write: Callable[[bytes], object]
) -> RunState:
    """Label to a stream that cannot be resumed, such as standard output."""
    state = RunState(settings={}, model=engine.model())
    skip = standard_output_file(job.inputs)
    for result in engine.run(read_corpus(job.inputs, job.reading, meter, skip)):
        if isinstance(result, Rejected):
            state.rejected += 1
            observer.rejected(result)
        else:
            state.labelled += 1
            state.statements += result.statements
            write(result.data)
        observer.advanced(state)
    return state


def _start_state(job: Job) -> RunState:
    """Find out what the output's folder says, and whether we may write there."""
    settings = job.settings()
    state = RunState.load(job.run_file) if job.resume or not job.overwrite else None
    if state is None:
        if job.output.exists() and not job.overwrite:
            raise CorpusError(
                f"output {job.output} exists; replace it with --overwrite, or choose another -o"
            )
        return RunState(settings=settings)
    if not job.resume:
        if _is_empty(state, job):
            return RunState(settings=settings)
        if state.status == "finished":
            hint = "replace it with --overwrite, or choose another -o"
        else:
            hint = f"go on from record {state.position} with --resume, or begin with --overwrite"
        raise CorpusError(f"output {job.output} holds a {state.status} run; {hint}")
    different = [key for key in settings if settings[key] != state.settings.get(key)]
    if different:
        raise CorpusError(
            f"cannot resume {job.output}: {', '.join(different)} differ from the run that began it"
            f" (see {job.run_file}); give the same inputs and options, or use --overwrite"
        )
    return state


def _is_empty(state: RunState, job: Job) -> bool:
    """Tell a run that labelled nothing, and whose output nobody else has written since."""
    if state.status != "finished" or state.labelled:
        return False
    if job.labelling.layout == "parquet" or not job.output.exists():
        return True
    return job.output.stat().st_size == state.output_bytes


def _check_model(state: RunState, model: dict[str, Any], job: Job) -> None:
    if state.model and state.model != model:
        raise CorpusError(
            f"cannot resume {job.output}: it was begun with model {state.model}, this is {model};"
            " use the same checkpoint, or --overwrite"
        )
    state.model = model


def _label(job: Job, state: RunState, engine: Engine, meter: Meter, observer: Observer) -> None:
    """Append results to the log from the state's position on."""
    with contextlib.ExitStack() as stack:
        cache = _open_cache(job, state)
        if cache is not None:
            stack.enter_context(contextlib.closing(cache))
        seen = None
        if job.drop_duplicates:
            seen = stack.enter_context(contextlib.closing(Seen(job.beside(".seen"))))
        files = stack.enter_context(contextlib.closing(_Files(job, state)))
        files.checkpoint("running")
        records = read_corpus(job.inputs, job.reading, meter, job.own_files())
        items = _prepare(records, job, state, cache, seen)
        try:
            for result in engine.run(items):
                files.write(result)
                if isinstance(result, Labelled) and cache is not None:
                    cache.put(result)
                if isinstance(result, Rejected) and result.duplicate_of is None:
                    observer.rejected(result)
                observer.advanced(state)
                files.checkpoint_if_due()
        except KeyboardInterrupt:
            if files.whole:  # otherwise the last checkpoint holds
                files.checkpoint("stopped")
            raise
        files.checkpoint("running")
    if not state.rejected_bytes:
        job.rejected_file.unlink()


class _Files:
    """The log, the side file and the run file, which always agree after a checkpoint.

    Args:
        job: Names the files.
        state: Where to go on; moved as results are written.
    """

    def __init__(self, job: Job, state: RunState) -> None:
        self._job = job
        self._state = state
        self._clock = time.monotonic()
        self.whole = True  # False while a result is half written: an interrupt may come there
        layout, compression = layout_of(job.output.name)
        with contextlib.ExitStack() as stack:
            self._log = LogFile(
                job.log_file, compression=compression, good_bytes=state.output_bytes
            )
            stack.enter_context(contextlib.closing(self._log))
            self._side = LogFile(job.rejected_file, good_bytes=state.rejected_bytes)
            stack.enter_context(contextlib.closing(self._side))
            self._open = stack.pop_all()
        if layout == "csv" and not state.output_bytes:
            columns = [*FLAT_COLUMNS, *job.labelling.keep]
            self._log.write((",".join(columns) + "\n").encode())

    def write(self, result: Result) -> None:
        """Append one result."""
        self.whole = False
        state = self._state
        if isinstance(result, Rejected):
            line = json.dumps(result.to_dict(), ensure_ascii=False)
            self._side.write(line.encode("utf-8", "backslashreplace") + b"\n")
            if result.duplicate_of is None:
                state.rejected += 1
            else:
                state.duplicates += 1
        else:
            self._log.write(result.data)
            state.labelled += 1
            state.statements += result.statements
        state.position += 1
        self.whole = True

    def checkpoint_if_due(self) -> None:
        """Make a checkpoint every `CHECKPOINT_SECONDS`."""
        if time.monotonic() - self._clock > CHECKPOINT_SECONDS:
            self.checkpoint("running")

    def checkpoint(self, status: str) -> None:
        """Write everything through to the disk, then say so in the run file."""
        self.whole = False
        state = self._state
        state.output_bytes, state.rejected_bytes = self._log.checkpoint(), self._side.checkpoint()
        now = time.monotonic()
        state.seconds = round(state.seconds + now - self._clock, 3)
        state.status = status
        self._clock = now
        state.save(self._job.run_file)
        self.whole = True

    def close(self) -> None:
        """Close the files."""
        self._open.close()


def _prepare(
    items: Iterable[Record | Rejected],
    job: Job,
    state: RunState,
    cache: LabelCache | None,
    seen: Seen | None,
) -> Iterator[Item]:
    """Skip what is done, turn copies into rejections and known articles into ready results."""
    done = state.position
    for number, given in enumerate(items):
        item: Item = given
        if isinstance(given, Record) and seen is not None:
            place = f"{given.article.id} ({Rejected(given.source, given.line, '').place})"
            first = seen.first_place(given.article, place)
            if first is not None:
                reason = f"duplicate of {first}"
                item = Rejected(given.source, given.line, reason, given.article.id, first)
        if number < done:
            continue
        if isinstance(item, Record) and cache is not None:
            item = _look_up(item, cache, job.labelling)
        yield item


def _look_up(record: Record, cache: LabelCache, options: LabelOptions) -> Item:
    labelled = cache.get(record.article)
    if labelled is None:
        return Record(record.source, record.line, record.article, cache.key(record.article))
    return Labelled(serialize(labelled, options), len(labelled["statements"]))


def _open_cache(job: Job, state: RunState) -> LabelCache | None:
    if job.cache is None:
        return None
    options = job.labelling
    actors = Path(options.actors).read_text("utf-8") if options.actors else None
    depends = [state.model, actors, options.threshold, options.offset_unit, options.scores]
    return LabelCache(job.cache, {"schema": SCHEMA_VERSION, "depends": depends})


class _writing:  # noqa: N801 - reads as a statement
    """Turn failures of the disk into one message that says how to go on."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, sqlite3.Error):  # the cache, or the texts met before
            full = "full" in str(error)
        elif isinstance(error, OSError):
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        else:
            return
        what = "the disk is full" if full else f"writing failed ({error})"
        mend = "make room" if full else "mend that"
        raise CorpusError(
            f"{what}; everything up to the last checkpoint is safe in {self._job.log_file}:"
            f" {mend} and run the same command with --resume"
        ) from error


def standard_output() -> Callable[[bytes], object]:
    """Return the function that writes to standard output."""
    return sys.stdout.buffer.write
