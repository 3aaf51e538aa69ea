"""Copies of an article: seen before in this run, or labelled before in any run. Both on disk."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from pathlib import Path
from typing import Any

from onrecord.errors import CorpusError
from onrecord.types import Article

from .records import Labelled

RESULT_FIELDS = ("people", "organisations", "organizations")
"""Passed-through fields that the actor resolver reads, so that the labels depend on them."""


def text_hash(article: Article) -> bytes:
    """Return the hash of an article's text alone: two outlets' copies of a wire story agree."""
    return hashlib.blake2b(article.text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Seen:
    """Texts that this run has met, in a temporary SQLite file: memory stays flat.

    Args:
        path: The file; made anew.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.unlink(missing_ok=True)
        self._base = sqlite3.connect(path, isolation_level=None)
        self._base.execute("PRAGMA journal_mode=OFF")
        self._base.execute("PRAGMA synchronous=OFF")
        self._base.execute("CREATE TABLE seen (hash BLOB PRIMARY KEY, place BLOB) WITHOUT ROWID")
        self._base.execute("BEGIN")

    def first_place(self, article: Article, place: str) -> str | None:
        """Return where the same text stood before, or None and remember it."""
        key = text_hash(article)
        row = self._base.execute("SELECT place FROM seen WHERE hash = ?", (key,)).fetchone()
        if row is None:
            data = place.encode("utf-8", "surrogatepass")  # an id may hold half a character
            self._base.execute("INSERT INTO seen VALUES (?, ?)", (key, data))
            return None
        return bytes(row[0]).decode("utf-8", "surrogatepass")

    def close(self) -> None:
        """Close and delete the file."""
        self._base.close()
        self._path.unlink(missing_ok=True)


class LabelCache:
    """Labels by content hash, kept between runs in one SQLite file.

    Args:
        path: The file.
        settings: Everything besides the article that the labels depend on: checkpoint hash,
            threshold, actors, offset unit.

    Raises:
        CorpusError: If the file is not a cache.
    """

    def __init__(self, path: Path, settings: dict[str, Any]) -> None:
        self._salt = json.dumps(settings, sort_keys=True).encode()
        try:
            self._base = sqlite3.connect(path, isolation_level=None, timeout=30)
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.execute("PRAGMA synchronous=NORMAL")
            self._base.execute(
                "CREATE TABLE IF NOT EXISTS labels (hash BLOB PRIMARY KEY, value BLOB)"
                " WITHOUT ROWID"
            )
        except sqlite3.Error as error:
            raise CorpusError(
                f"cache {str(path)!r} cannot be opened ({error}); name another file"
            ) from error

    def key(self, article: Article) -> bytes:
        """Return the hash of everything that the article's labels depend on."""
        fields = (article.extra.get(name) for name in RESULT_FIELDS)
        parts = [article.text, article.title, article.date, *fields]
        content = json.dumps(parts, sort_keys=True, default=str).encode()
        return hashlib.blake2b(content, key=hashlib.blake2b(self._salt).digest()).digest()[:16]

    def get(self, article: Article) -> dict[str, Any] | None:
        """Return the wire form of an article labelled before, under its own id, or None."""
        query = "SELECT value FROM labels WHERE hash = ?"
        row = self._base.execute(query, (self.key(article),)).fetchone()
        if row is None:
            return None
        labels = json.loads(zlib.decompress(row[0]))
        for statement in labels["statements"]:
            number = statement["id"].rpartition(":")[2]  # some may be left out by the threshold
            statement["id"] = f"{article.id}:{number}"
        head = {"id": article.id, "title": article.title, "date": article.date}
        return {**article.extra, **head, **labels}

    def put(self, result: Labelled) -> None:
        """Remember a result that carries its labels; others came out of the cache."""
        if result.key is not None and result.labels is not None:
            query = "INSERT OR REPLACE INTO labels VALUES (?, ?)"
            self._base.execute(query, (result.key, result.labels))

    def close(self) -> None:
        """Close the file."""
        self._base.close()


def pack_labels(labelled: dict[str, Any]) -> bytes:
    """Pack the part of the wire form that is not the article itself."""
    labels = {name: labelled[name] for name in ("statements", "processing", "model")}
    return zlib.compress(json.dumps(labels).encode())
