"""CSV: one row per statement, its parts as strings, aligned to the text on import.

Columns text, cue, source, content, target, stance, and as far as they are there id, conditional,
actor, represents; other columns are kept. Rows with the same id (or, without ids, the same text)
are one record. A content in several parts separates them with ` | `.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from onrecord.errors import CorpusError
from onrecord_training.converters.draft import ROLES, Draft, Fault, Group, Item, Mention
from onrecord_training.converters.reading import files, read_text
from onrecord_training.corpus import Offsets, suggest

PART = " | "
_NEEDED = ("text", "cue")
_ATTRIBUTES = ("stance", "conditional", "actor", "represents")
Row = dict[str, str]


def read(path: Path) -> Iterator[Item]:
    """Yield the records of a `.csv` (comma, semicolon or tab) or of a folder of them."""
    for file in files(path, ".csv", ".tsv"):
        for line, rows in _records(file):
            name = rows[0].get("id") or None
            try:
                yield _draft(line, name, rows)
            except CorpusError as error:
                yield Fault(line, str(error), name)


def _records(file: Path) -> list[tuple[int, list[Row]]]:
    """Return the rows of each record, with the line of its first row."""
    text = read_text(file)
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns = [name.strip() for name in reader.fieldnames or ()]
    reader.fieldnames = columns
    for needed in _NEEDED:
        if needed not in columns:
            message = f"{file}: column {needed!r} is missing{suggest(needed, columns)}"
            raise CorpusError(message)
    records: dict[str, tuple[int, list[Row]]] = {}
    for row in reader:
        plain = {key: value for key, value in row.items() if key and isinstance(value, str)}
        key = plain.get("id") or plain.get("text", "")
        records.setdefault(key, (reader.line_num, []))[1].append(plain)
    if not records:
        message = f"{file}: the table has no row; expected one row per statement"
        raise CorpusError(message)
    return list(records.values())


def _draft(line: int, name: str | None, rows: Sequence[Row]) -> Draft:
    text = rows[0]["text"]
    mentions: list[Mention] = []
    groups = []
    for number, row in enumerate(rows):
        if row["text"] != text:
            message = f"rows with id {name!r} have different texts; give each text its own id"
            raise CorpusError(message)
        if not any(row.get(role) for role in ROLES):
            continue  # a text without statements is a row with empty parts
        roles: dict[str, tuple[str, ...]] = {}
        for role, spans in align(text, row).items():
            found = [
                Mention(f"{number}.{role}.{part}", start, end, (role,))
                for part, (start, end) in enumerate(spans)
            ]
            mentions += found
            roles[role] = tuple(mention.id for mention in found)
        attributes: dict[str, Any] = {key: row[key] for key in _ATTRIBUTES if row.get(key)}
        groups.append(Group(roles, attributes))
    used = {"id", "text", *ROLES, *_ATTRIBUTES}
    extra = {key: value for key, value in rows[0].items() if key not in used and value}
    return Draft(line, name, text, tuple(mentions), groups=tuple(groups), extra=extra)


def align(text: str, row: Row) -> dict[str, list[Offsets]]:
    """Return the offsets of a row's strings.

    The content is placed first, as the longest and rarest; the cue next to it, the source next to
    the cue, and the target inside the content where it occurs there, else next to the cue.

    Raises:
        CorpusError: If a string does not occur, or the cue or content is ambiguous.
    """
    given = {role: [part.strip() for part in row.get(role, "").split(PART)] for role in ROLES}
    parts = {role: [part for part in found if part] for role, found in given.items()}
    out: dict[str, list[Offsets]] = {}
    content: list[Offsets] = []
    for part in parts["content"]:
        places = _places(text, part, "content")
        later = [place for place in places if not content or place[0] >= content[-1][1]]
        if len(places) > 1 and not content and not parts["cue"]:
            message = f"content {part!r} occurs {len(places)} times; give the cue as well"
            raise CorpusError(message)
        content.append((later or places)[0])
    anchor = content[0] if content else None
    for role in ("cue", "source"):
        out[role] = []
        for part in parts[role]:
            place = _nearest(_places(text, part, role), anchor, role, part)
            out[role].append(place)
            anchor = place
    out["content"] = content
    out["target"] = []
    for part in parts["target"]:
        places = _places(text, part, "target")
        inside = [p for p in places if any(s <= p[0] and p[1] <= e for s, e in content)]
        out["target"].append(inside[0] if inside else _nearest(places, anchor, "target", part))
    return out


def _places(text: str, part: str, role: str) -> list[Offsets]:
    places = []
    at = text.find(part)
    while at >= 0:
        places.append((at, at + len(part)))
        at = text.find(part, at + 1)
    whole = [p for p in places if not _inside_a_word(text, p)]
    if not places:
        message = f"{role} {part!r} does not occur in the text; copy it letter by letter"
        raise CorpusError(message)
    return whole or places


def _nearest(places: list[Offsets], anchor: Offsets | None, role: str, part: str) -> Offsets:
    if len(places) > 1 and anchor is None:
        message = f"{role} {part!r} occurs {len(places)} times; give the content as well"
        raise CorpusError(message)
    if anchor is None:
        return places[0]
    return min(places, key=lambda place: max(place[0] - anchor[1], anchor[0] - place[1], 0))


def _inside_a_word(text: str, place: Offsets) -> bool:
    start, end = place
    before = start > 0 and text[start - 1].isalnum() and text[start].isalnum()
    after = end < len(text) and text[end - 1].isalnum() and text[end].isalnum()
    return before or after
