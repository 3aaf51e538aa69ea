"""Corpora whose text is not ours to hand on: offsets and labels here, the texts in another file.

A row has `article`, `start` and `end` (code points of the passage in the article's text), `sha256`
of the passage, and `statements` (and `unsure`) with offsets into the passage, and no `text`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from onrecord.errors import CorpusError
from onrecord_training.lines import numbered_lines, parse_json
from onrecord_training.records import Record

_ARTICLES = "give the articles, a JSONL file with `id` and `text` in every row"
_KEPT = ("title", "date", "origin", "licence", "url")


class Texts:
    """The texts that a standoff corpus points into.

    Args:
        path: JSONL file with `id` and `text` in every row.

    Raises:
        CorpusError: If the file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.rows: dict[str, dict[str, Any]] = {}
        for number, line in numbered_lines(path):
            try:
                row = parse_json(line)
            except CorpusError as error:
                raise CorpusError(f"{path}:{number}: {error}; {_ARTICLES}") from error
            if row.get("id") is None:
                raise CorpusError(f"{path}:{number}: an article without `id`; {_ARTICLES}")
            self.rows[str(row["id"])] = row

    def join(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return a standoff row with its text and what else its article says.

        Raises:
            CorpusError: If the article is not there or its text is another one.
        """
        if "text" in row:
            raise CorpusError("the record has a text of its own; leave `texts` out for this corpus")
        article = self.rows.get(str(row.get("article")))
        if article is None:
            raise CorpusError(
                f"article {row.get('article')!r} is not in {self._path}; is it the right file?"
            )
        try:
            text = str(article["text"])[int(row["start"]) : int(row["end"])]
        except (KeyError, ValueError, TypeError) as error:
            raise CorpusError(
                f"a row of offsets needs article, start, end and sha256, and its article a text "
                f"({error!r})"
            ) from error
        if _digest(text) != row.get("sha256"):
            raise CorpusError(
                f"the text of article {row['article']!r} in {self._path} is not the one that was "
                "annotated (another sha256); use the same release of the texts"
            )
        rest = {key: value for key, value in row.items() if key not in ("start", "end", "sha256")}
        return {**{key: article[key] for key in _KEPT if key in article}, **rest, "text": text}


def detach(records: Iterable[Record], texts: Path) -> list[dict[str, Any]]:
    """Return standoff rows for records whose passages stand in the articles of `texts`.

    Fields of a record other than `article`, `statements` and `unsure` are left out.

    Raises:
        CorpusError: If a passage does not stand in its article exactly once.
    """
    articles = Texts(texts).rows
    out = []
    for record in records:
        text = str(articles.get(record.article, {}).get("text", ""))
        start = text.find(record.text)
        if start < 0 or text.find(record.text, start + 1) >= 0:
            raise CorpusError(
                f"record {record.id!r}: its text does not stand exactly once in article "
                f"{record.article!r} of {texts}; give the file that it was cut from"
            )
        row: dict[str, Any] = {
            "id": record.id,
            "article": record.article,
            "start": start,
            "end": start + len(record.text),
            "sha256": _digest(record.text),
        }
        row["statements"] = [item.to_dict() for item in record.statements]
        if record.unsure:
            row["unsure"] = [list(span) for span in record.unsure]
        out.append(row)
    return out


def is_detached(path: Path) -> bool:
    """Return whether a corpus' first row is one of offsets; whoever reads it says what is wrong."""
    try:
        _, first = next(numbered_lines(path), (0, "{}"))
        row = parse_json(first)
    except CorpusError:
        return False
    return "article" in row and "text" not in row


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
