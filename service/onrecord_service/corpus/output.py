"""Output that survives any kill: an append-only log that can be cut back to a checkpoint.

After each checkpoint the run file says how many bytes of the output are good and how many input
records they came from. A resumed run cuts both files back to that and reads on from there, so
nothing is lost and nothing is there twice.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import gzip
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

from onrecord.errors import CorpusError

from .extras import need
from .flat import SCHEMA_VERSION

BLOCK = 4 * 1024 * 1024
"""Bytes held before they are compressed and written; one frame of a compressed output."""


class LogFile:
    """A file that grows at its end, plain or in independently compressed frames.

    Args:
        path: The file.
        compression: None, `gz` or `zst`.
        good_bytes: Length to cut the file back to; 0 starts anew.

    Raises:
        CorpusError: If the compression needs a package that is not installed, or the file is
            shorter than the checkpoint says.
    """

    def __init__(self, path: Path, *, compression: str | None = None, good_bytes: int = 0) -> None:
        self._compression = compression
        self._pending = bytearray()
        if compression == "zst":
            self._zstd = need("zstandard").ZstdCompressor(level=6)
        self._file = path.open("r+b" if good_bytes else "wb")
        size = self._file.seek(0, os.SEEK_END)
        if size < good_bytes:
            self._file.close()
            raise CorpusError(
                f"{path} has {size} bytes but its run file speaks of {good_bytes}: it was changed"
                " after the run stopped; start again with --overwrite"
            )
        self._file.truncate(good_bytes)
        self._file.seek(good_bytes)

    def write(self, data: bytes) -> None:
        """Append bytes; they are safe only after the next checkpoint."""
        self._pending += data
        if len(self._pending) >= BLOCK:
            self._flush()

    def checkpoint(self) -> int:
        """Write everything through to the disk.

        Returns:
            The length of the file, a point that it can be cut back to.
        """
        self._flush()
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._file.tell()

    def close(self) -> None:
        """Close the file; what was not checkpointed may be lost."""
        self._file.close()

    def _flush(self) -> None:
        if not self._pending:
            return
        data = bytes(self._pending)
        if self._compression == "gz":
            data = gzip.compress(data, compresslevel=6, mtime=0)
        elif self._compression == "zst":
            data = self._zstd.compress(data)
        self._file.write(data)
        self._pending.clear()


@dataclass(slots=True)
class RunState:
    """What the run file `OUT.run.json` says: where the output came from, and how far it is.

    Args:
        settings: Inputs and options; a resumed run must have the same.
        model: Name, version and hash of the checkpoint.
        status: `running`, `stopped` or `finished`.
        position: Input records that the good part of the output covers.
        output_bytes: Good bytes of the output (of its log, for Parquet).
        rejected_bytes: Good bytes of the side file.
        labelled: Articles labelled.
        statements: Statements found.
        rejected: Records rejected.
        duplicates: Records left out as copies of an earlier one.
        seconds: Time spent, all attempts together.
        schema: Version of the output schema.
        started: When the first attempt started.
        updated: When the file was last written.
    """

    settings: dict[str, Any]
    model: dict[str, Any] = field(default_factory=dict)
    status: str = "running"
    position: int = 0
    output_bytes: int = 0
    rejected_bytes: int = 0
    labelled: int = 0
    statements: int = 0
    rejected: int = 0
    duplicates: int = 0
    seconds: float = 0.0
    schema: int = SCHEMA_VERSION
    started: str = ""
    updated: str = ""

    def save(self, path: Path) -> None:
        """Replace the run file atomically: a kill leaves the old one or the new one."""
        self.updated = _now()
        self.started = self.started or self.updated
        beside = path.with_name(path.name + ".tmp")
        with beside.open("w", encoding="utf-8") as stream:
            json.dump(asdict(self), stream, ensure_ascii=False, indent=1)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)

    @classmethod
    def load(cls, path: Path) -> RunState | None:
        """Read a run file.

        Returns:
            The state, or None where there is no run file.

        Raises:
            CorpusError: If it cannot be understood.
        """
        try:
            return cls(**json.loads(path.read_text("utf-8")))
        except FileNotFoundError:
            return None
        except (TypeError, ValueError) as error:
            raise CorpusError(
                f"run file {path} cannot be read ({error}); start again with --overwrite"
            ) from error


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """Open a file for writing that appears only when it is whole; a failure leaves the old one.

    Args:
        path: The file; it is written as `PATH.tmp` and then renamed.

    Raises:
        OSError: If it cannot be written.
    """
    beside = path.with_name(path.name + ".tmp")
    try:
        with beside.open("w", encoding="utf-8", newline="") as stream:
            yield stream
        beside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise


def check_output(path: Path) -> None:
    """Refuse an output file that cannot be one, before the work for it is done.

    Raises:
        CorpusError: If the path is a folder, or is in a folder that is not there.
    """
    if path.is_dir():
        raise CorpusError(f"output {str(path)!r} is a folder; name a file in it")
    if not path.parent.is_dir():
        raise CorpusError(
            f"output {str(path)!r}: there is no folder {str(path.parent)!r}; make it first, or"
            " choose another -o"
        )


@contextlib.contextmanager
def sole_writer(output: Path) -> Iterator[None]:
    """Hold the output's lock, so that two runs never write into one file.

    The system releases the lock when the process ends, however it ends.

    Args:
        output: The output; the lock is `OUT.lock` beside it.

    Raises:
        CorpusError: If another run holds it, or the folder cannot be written.
    """
    try:
        import fcntl
    except ImportError:  # not on Windows
        yield
        return
    path = output.with_name(output.name + ".lock")
    try:
        stream = path.open("w")
    except OSError as error:
        raise CorpusError(f"cannot write beside {output}: {error}; choose another -o") from error
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(stream.fileno()).st_ino != path.stat().st_ino:
                raise FileExistsError  # a run that ended meanwhile took the file that we locked
        except OSError as error:
            raise CorpusError(
                f"another run is writing {output}; wait for it, or choose another -o"
            ) from error
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
