"""The checkpoints of a service: which one answers, which answered before, which one shadows.

They stand in the data folder, under `models/`: a copy of each activated checkpoint in a folder
named after its hash, and `pointer.json`, which says which of them to use. Commands write the
pointer, running services read it (see `switch`). The copy is why a checkpoint that is exported
again, moved or deleted elsewhere never changes what answers, and why a roll-back always works.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from onrecord.backend import ENCODER_FILE, READER_FILE, TOKENIZER_FILE
from onrecord.errors import CheckpointError
from onrecord.manifest import MANIFEST_NAME, Manifest, read_manifest

POINTER_NAME = "pointer.json"
POINTER_VERSION = 1
HISTORY = 20
"""Switches that are remembered."""
KEPT = 5
"""Copies that are kept beside those in use, the last ones used."""
_NEEDED = (ENCODER_FILE, READER_FILE, TOKENIZER_FILE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One checkpoint of the registry.

    Args:
        name: Name in its manifest.
        version: Version in its manifest.
        sha256: Hash of its manifest; its copy is in the folder of that name.
        origin: The folder it was copied from.
        stances: Its labels.
        at: When it was put into use, as ISO 8601 in UTC.
    """

    name: str
    version: str
    sha256: str
    origin: str
    stances: tuple[str, ...]
    at: str


@dataclass(frozen=True, slots=True)
class Pointer:
    """What `pointer.json` says. None as a checkpoint means the one that the service starts with.

    Args:
        active: What answers.
        previous: What answered before; `rollback` returns to it.
        can_roll_back: Whether there is a previous one (which may be None, the one of the start).
        shadow: What reads along, or None.
        shadow_off: Whether `ONRECORD_SHADOW` is overruled: nothing reads along.
        share: Share of requests that the shadow reads, or None for the setting's.
        history: What was active, newest last.
    """

    active: Entry | None = None
    previous: Entry | None = None
    can_roll_back: bool = False
    shadow: Entry | None = None
    shadow_off: bool = False
    share: float | None = None
    history: tuple[Entry | None, ...] = field(default=())


class CheckpointStore:
    """The registry in a folder.

    Args:
        folder: Made when something is written.
        probe: Loads a checkpoint and reads a sentence with it; raises `CheckpointError`.
    """

    def __init__(self, folder: Path, *, probe: Callable[[Path], None] | None = None) -> None:
        self.folder = folder
        self._probe = probe

    @property
    def pointer_path(self) -> Path:
        """The file that says which checkpoint to use."""
        return self.folder / POINTER_NAME

    def stamp(self) -> tuple[int, int, int]:
        """Return what changes whenever the pointer is written; zeros when there is none."""
        try:
            found = self.pointer_path.stat()
        except OSError:
            return 0, 0, 0
        return found.st_mtime_ns, found.st_ino, found.st_size

    def path(self, entry: Entry | None) -> Path | None:
        """Return the folder of a checkpoint's copy; None for that of the service's start."""
        return None if entry is None else self.folder / entry.sha256

    def read(self) -> Pointer:
        """Return the pointer; an empty one when nothing was ever activated.

        Raises:
            CheckpointError: The file is not a pointer of this version.
        """
        path = self.pointer_path
        try:
            content = json.loads(path.read_bytes())
        except FileNotFoundError:
            return Pointer()
        except (OSError, ValueError) as error:
            raise CheckpointError(f"{path} cannot be read ({error}); {_MEND}") from error
        try:
            version = content.pop("format_version")
            if version != POINTER_VERSION:
                raise CheckpointError(
                    f"{path} has format version {version!r}; this onrecord reads version "
                    f"{POINTER_VERSION}: {_MEND}"
                )
            known = {item.name for item in fields(Pointer)} & content.keys()
            values = {key: content[key] for key in known}
            for name in ("active", "previous", "shadow"):
                values[name] = _entry(values.get(name))
            values["history"] = tuple(_entry(item) for item in values.get("history", ()))
            return Pointer(**values)
        except (AttributeError, KeyError, TypeError) as error:
            raise CheckpointError(f"{path} is not a pointer ({error!r}); {_MEND}") from error

    def activate(self, folder: Path) -> Pointer:
        """Take a checkpoint over and point at it; running services then switch.

        Args:
            folder: A folder that `onrecord-train export` wrote.

        Raises:
            CheckpointError: The folder is no sound checkpoint; nothing was changed.
        """
        pointer = self.read()
        entry = self._take(folder)
        if pointer.active is not None and pointer.active.sha256 == entry.sha256:
            return pointer
        shadow = pointer.shadow
        return self._write(
            replace(
                pointer,
                active=entry,
                previous=pointer.active,
                can_roll_back=True,
                shadow=None if shadow and shadow.sha256 == entry.sha256 else shadow,
                history=(*pointer.history, pointer.active)[-HISTORY:],
            )
        )

    def rollback(self) -> Pointer:
        """Point at what answered before; a second time, at what answers now.

        Raises:
            CheckpointError: There is nothing to return to; nothing was changed.
        """
        pointer = self.read()
        if not pointer.can_roll_back:
            raise CheckpointError(
                "no checkpoint was active before this one; `onrecord models list` shows what is "
                "known, `onrecord models activate FOLDER` chooses one"
            )
        target = self.path(pointer.previous)
        if target is not None:
            self._check(target)
        return self._write(
            replace(
                pointer,
                active=pointer.previous,
                previous=pointer.active,
                history=(*pointer.history, pointer.active)[-HISTORY:],
            )
        )

    def shadow(self, folder: Path | None, *, share: float | None = None) -> Pointer:
        """Let a checkpoint read along, or none.

        Args:
            folder: A checkpoint; None stops it, also the one of `ONRECORD_SHADOW`.
            share: Share of requests in (0, 1]; None for the setting's.

        Raises:
            CheckpointError: The folder is no sound checkpoint; nothing was changed.
        """
        pointer = self.read()
        entry = None if folder is None else self._take(folder)
        return self._write(replace(pointer, shadow=entry, shadow_off=entry is None, share=share))

    def _take(self, folder: Path) -> Entry:
        """Check a checkpoint and copy it in; return its entry."""
        manifest = self._check(folder)
        entry = Entry(
            manifest.name,
            manifest.version,
            manifest.sha256,
            str(folder.resolve()),
            tuple(manifest.stances),
            dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        )
        target = self.folder / entry.sha256
        try:
            if target.is_dir():
                self._check(target)
                return entry
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self.folder, prefix=".copy-") as work:
                copy = Path(work) / "checkpoint"
                copy.mkdir()
                for name in (MANIFEST_NAME, *manifest.files):
                    shutil.copyfile(folder / name, copy / name)
                read_manifest(copy)  # a full disk cuts files short
                copy.replace(target)
        except OSError as error:
            raise CheckpointError(
                f"{folder} cannot be copied to {target} ({error}); nothing was changed: make room, "
                "or let ONRECORD_DATA_DIR name a folder that can be written"
            ) from error
        return entry

    def _check(self, folder: Path) -> Manifest:
        """Return the manifest of a sound checkpoint."""
        manifest = read_manifest(folder)
        missing = [name for name in _NEEDED if name not in manifest.files]
        odd = [name for name in manifest.files if Path(name).name != name]
        if missing or odd:
            raise CheckpointError(
                f"the manifest of {folder} lists {', '.join(manifest.files) or 'no files'}; it "
                f"must list {', '.join(_NEEDED)}, by plain names: export the checkpoint again"
            )
        if self._probe is not None:
            self._probe(folder)
        return manifest

    def _write(self, pointer: Pointer) -> Pointer:
        """Replace the pointer file in one step, then forget copies of long ago."""
        content = {"format_version": POINTER_VERSION, **asdict(pointer)}
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                "w", dir=self.folder, prefix=".pointer-", delete=False, encoding="utf-8"
            ) as stream:
                json.dump(content, stream, indent=1, ensure_ascii=False)
                stream.flush()
                os.fsync(stream.fileno())
            Path(stream.name).chmod(0o644)
            Path(stream.name).replace(self.pointer_path)
        except OSError as error:
            raise CheckpointError(
                f"{self.pointer_path} cannot be written ({error}); nothing was changed: make room, "
                "or let ONRECORD_DATA_DIR name a folder that can be written"
            ) from error
        used = [pointer.active, pointer.previous, pointer.shadow, *pointer.history[-KEPT:]]
        keep = {entry.sha256 for entry in used if entry is not None}
        for path in self.folder.iterdir():
            if path.is_dir() and not path.name.startswith(".") and path.name not in keep:
                shutil.rmtree(path, ignore_errors=True)
        return pointer


_MEND = (
    "delete it to return to the checkpoint of the service's start, then activate again; a running "
    "service keeps what it has"
)


def _entry(value: Any) -> Entry | None:
    """Return an entry of the pointer file.

    Raises:
        TypeError: It is none.
    """
    if value is None:
        return None
    entry = Entry(**{**value, "stances": tuple(value["stances"])})
    if not entry.sha256.isalnum():
        raise TypeError(f"{entry.sha256!r} is not a hash")
    return entry
