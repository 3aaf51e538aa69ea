"""Annotated corpora on disk: house JSONL and PolNeAR-shaped JSONL, read strictly or leniently.

One record a line. Nothing is guessed here: converters repair, this module and `records.py` check.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onrecord.errors import CorpusError
from onrecord.types import STANCES
from onrecord_training.lines import decode, load_json, numbered_lines, parse_json
from onrecord_training.records import (
    GoldStatement,
    Offsets,
    Record,
    check_label,
    check_span,
    check_text,
    parse_record,
    parse_statement,
    suggest,
)
from onrecord_training.standoff import Texts

__all__ = [
    "GoldStatement",
    "Offsets",
    "Record",
    "Reject",
    "check_label",
    "check_span",
    "check_text",
    "decode",
    "load_json",
    "parse_json",
    "parse_record",
    "parse_statement",
    "read_corpus",
    "read_predicted",
    "read_texts",
    "scan_corpus",
    "suggest",
    "write_corpus",
]


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that could not be used: where it stands and why."""

    file: str
    line: int
    reason: str
    id: str | None = None


def read_corpus(
    path: str | Path, *, stances: Sequence[str] = STANCES, texts: str | Path | None = None
) -> Iterator[Record]:
    """Read a corpus file and stop at the first record that is wrong.

    Args:
        path: A `.jsonl` file in UTF-8.
        stances: The legal stance labels.
        texts: File of the texts, for a corpus of offsets only (see `standoff.py`).

    Yields:
        Records in file order.

    Raises:
        CorpusError: Names the file, the line and what is wrong, or says that there is no record.
    """
    for item in scan_corpus(path, stances=stances, texts=texts):
        if isinstance(item, Reject):
            where = f"{item.file}:{item.line}" + (f" (record {item.id})" if item.id else "")
            message = f"{where}: {item.reason}"
            raise CorpusError(message)
        yield item


def scan_corpus(
    path: str | Path, *, stances: Sequence[str] = STANCES, texts: str | Path | None = None
) -> Iterator[Record | Reject]:
    """Read a corpus file to its end; a bad record becomes a `Reject` and the good ones are kept.

    Raises:
        CorpusError: If the file cannot be read at all, is not UTF-8, or holds no record.
    """
    file = Path(path)
    articles = Texts(Path(texts)) if texts else None
    seen: dict[str, int] = {}
    lines = 0
    for number, line in numbered_lines(file):
        lines += 1
        raw: Any = None
        try:
            raw = parse_json(line)
            if articles is not None:
                raw = articles.join(raw)
            record = parse_record(raw, stances=stances)
            if record.id in seen:
                message = f"id {record.id!r} was used on line {seen[record.id]}; ids must be unique"
                raise CorpusError(message)  # noqa: TRY301 - one exit for every fault of a line
        except CorpusError as error:
            name = raw.get("id") if isinstance(raw, dict) else None
            yield Reject(str(file), number, str(error), str(name) if name is not None else None)
            continue
        seen[record.id] = number
        yield record
    if not lines:
        message = f"{file}: the file holds no record; expected one JSON object per line"
        raise CorpusError(message)


def read_texts(path: str | Path, *, stances: Sequence[str] = ()) -> Iterator[Record]:
    """Read records whose `statements`, and whose `id`, may be missing; see `read_corpus`."""
    number = 0
    for number, line in numbered_lines(Path(path)):
        try:
            raw = parse_json(line)
            full = {"statements": [], **raw}
            if full.get("id") is None:
                full["id"] = f"{Path(path).stem}-{number}"
            yield parse_record(full, stances=stances)
        except CorpusError as error:
            message = f"{path}:{number}: {error}"
            raise CorpusError(message) from error
    if not number:
        message = f"{path}: the file holds no record; expected one JSON object with `text` per line"
        raise CorpusError(message)


def read_predicted(
    path: str | Path, gold: Iterable[Record]
) -> dict[str, tuple[GoldStatement, ...]]:
    """Read predicted statements for a gold corpus: house JSONL or the output of `onrecord label`.

    Args:
        path: A `.jsonl` file; a record needs `id` and `statements`, its text may be missing.
        gold: The records whose texts the offsets point into.

    Returns:
        Statements by record id; ids that gold does not know are left out.

    Raises:
        CorpusError: On a malformed line, an offset outside the text, an id that comes twice, or
            where a gold record has no predictions (an empty list is one).
    """
    texts = {record.id: record.text for record in gold}
    out: dict[str, tuple[GoldStatement, ...]] = {}
    for number, line in numbered_lines(Path(path)):
        try:
            raw = parse_json(line)
            name = str(raw.get("id"))
            if raw.get("id") is None or name not in texts:
                continue
            unit = (raw.get("processing") or {}).get("offset_unit", "codepoint")
            if unit != "codepoint":
                message = f"offsets are in {unit}; label again with code points (the default)"
                raise CorpusError(message)  # noqa: TRY301 - one exit for every fault of a line
            if name in out:
                message = f"id {name!r} comes a second time; each article is predicted once"
                raise CorpusError(message)  # noqa: TRY301
            out[name] = parse_record({**raw, "text": texts[name]}, stances=()).statements
        except CorpusError as error:
            message = f"{path}:{number}: {error}"
            raise CorpusError(message) from error
    if not out:
        message = f"{path}: no record id in common with gold; are these predictions of that file?"
        raise CorpusError(message)
    missing = [name for name in texts if name not in out]
    if missing:
        message = (
            f"{path}: nothing about {len(missing)} of {len(texts)} gold records, the first of them "
            f"{missing[0]!r}; label all of gold (a text without statements has an empty list)"
        )
        raise CorpusError(message)
    return out


def write_corpus(path: str | Path, records: Iterable[Record]) -> int:
    """Write records as house JSONL, whole or not at all, and return how many were written."""
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(file.name + ".partial")
    count = 0
    try:
        with partial.open("w", encoding="utf-8") as out:
            for record in records:
                out.write(_line(record))
                count += 1
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
    return count


def _line(record: Record) -> str:
    line = json.dumps(record.to_dict(), ensure_ascii=False) + "\n"
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:  # half an emoji in an extra field: JSON can escape it, UTF-8 cannot
        line = json.dumps(record.to_dict()) + "\n"
    return line


def split_by_article(records: Sequence[Record], share: float) -> tuple[list[Record], list[Record]]:
    """Split records so that no article is on both sides.

    Articles are taken in the order of a hash of their names, so the same article falls on the same
    side whenever it is imported again, as far as the shares allow.

    Args:
        records: What to split.
        share: Share of the records for the second side, in (0, 1).

    Returns:
        Both sides, in the order given.

    Raises:
        CorpusError: If there are fewer than two articles.
    """
    sizes = Counter(record.article for record in records)
    if len(sizes) < 2:  # noqa: PLR2004
        message = (
            f"{len(records)} records of {len(sizes)} article cannot be split by article; give "
            "each record its `article` or its own id, or choose a dev file yourself"
        )
        raise CorpusError(message)
    ordered = sorted(sizes, key=lambda name: hashlib.sha256(name.encode()).digest())
    apart: set[str] = set()
    taken = 0
    for name in ordered[:-1]:
        if not apart or taken + sizes[name] <= share * len(records):
            apart.add(name)
            taken += sizes[name]
    sides: tuple[list[Record], list[Record]] = ([], [])
    for record in records:
        sides[record.article in apart].append(record)
    return sides
