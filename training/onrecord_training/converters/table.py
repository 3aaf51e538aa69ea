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
LONGEST = 131_072  # characters of a value; csv's own limit is the process's, and others change it
_MORE = "give more of the words, or cut the text shorter"
_NEEDED = ("text", "cue")
_ATTRIBUTES = ("stance", "conditional", "actor", "represents")
Row = dict[str, str]


def read(path: Path) -> Iterator[Item]:
    """Yield the records of a `.csv` (comma, semicolon or tab) or of a folder of them."""
    for file in files(path, ".csv", ".tsv"):
        stem = file.relative_to(path).with_suffix("").as_posix() if path.is_dir() else file.stem
        for line, rows, fault in _records(file):
            name = rows[0].get("id") or f"{stem}-{line}"
            if fault:
                yield Fault(*fault, name)
                continue
            try:
                yield _draft(line, name, rows)
            except CorpusError as error:
                yield Fault(line, str(error), name)


def _records(file: Path) -> list[tuple[int, list[Row], tuple[int, str] | None]]:
    """Return the rows of each record, the line of its first row, and the fault of a short row."""
    text = read_text(file)
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    records: dict[str, tuple[int, list[Row]]] = {}
    faults: dict[str, tuple[int, str]] = {}
    before = 0
    try:
        columns = [name.strip() for name in reader.fieldnames or ()]
        reader.fieldnames = columns
        _check_columns(file, columns)
        before = reader.line_num
        for row in reader:
            start, before = before + 1, reader.line_num
            plain = {key: value for key, value in row.items() if key and isinstance(value, str)}
            if max(map(len, plain.values()), default=0) > LONGEST:
                message = (
                    f"{file}:{start}: a value of over {LONGEST:,} characters; "
                    "is a quote of this row not closed?"
                )
                raise CorpusError(message)
            key = plain.get("id") or plain.get("text", "")
            records.setdefault(key, (before, []))[1].append(plain)
            short = next((needed for needed in _NEEDED if needed not in plain), None)
            if short:
                message = f"the row has no {short}; is a separator missing, or a quote not closed?"
                faults.setdefault(key, (before, message))
    except csv.Error as error:
        message = f"{file}:{before + 1}: no table ({error}); is a quote of this row not closed?"
        raise CorpusError(message) from error
    if not records:
        message = f"{file}: the table has no row; expected one row per statement"
        raise CorpusError(message)
    return [(line, rows, faults.get(key)) for key, (line, rows) in records.items()]


def _check_columns(file: Path, columns: Sequence[str]) -> None:
    for needed in _NEEDED:
        if needed not in columns:
            message = f"{file}: column {needed!r} is missing{suggest(needed, columns)}"
            raise CorpusError(message)


def _draft(line: int, name: str, rows: Sequence[Row]) -> Draft:
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

    Of all places of the content and of the cue the two that are nearest to each other are taken,
    the cue inside the content only where it stands nowhere else; then the source next to the cue,
    and the target inside the content where it occurs there, else next to the cue.

    Raises:
        CorpusError: If a string does not occur, or fits two places equally well.
    """
    given = {role: [part.strip() for part in row.get(role, "").split(PART)] for role in ROLES}
    parts = {role: [part for part in found if part] for role, found in given.items()}
    content, cue = _content_and_cue(text, parts["content"], parts["cue"])
    for part in parts["cue"][1:]:
        cue.append(_nearest(_free(_places(text, part, "cue"), content), cue, "cue", part))
    inside = any(_overlap(place, span) for place in cue for span in content)
    source: list[Offsets] = []
    for part in parts["source"]:
        places = _places(text, part, "source")
        # A cue inside the content ("The plan, she said, is dead") may have its source there.
        free = _free(places, cue if inside else [*content, *cue])
        source.append(_nearest(free, cue or content, "source", part))
    target = []
    for part in parts["target"]:
        places = _places(text, part, "target")
        within = [p for p in places if any(s <= p[0] and p[1] <= e for s, e in content)]
        anchors = cue or content
        target.append(within[0] if within else _nearest(places, anchors, "target", part))
    return {"content": content, "cue": cue, "source": source, "target": target}


def _content_and_cue(
    text: str, content: Sequence[str], cue: Sequence[str]
) -> tuple[list[Offsets], list[Offsets]]:
    """Return the places of the content's parts and of the first part of the cue."""
    chains = _chains(text, content)
    if not cue:
        if len(chains) > 1:
            message = f"content {content[0]!r} occurs {len(chains)} times; give the cue as well"
            raise CorpusError(message)
        return chains[0], []
    places = _places(text, cue[0], "cue")
    if not content:
        return [], [_nearest(places, [], "cue", cue[0])]
    pairs = [(chain, place) for chain in chains for place in places]
    free = [pair for pair in pairs if not any(_overlap(pair[1], span) for span in pair[0])]
    ranked = sorted(
        ((_gap(place, chain), chain[-1][1] - chain[0][0]), chain, place)
        for chain, place in free or pairs
    )
    if len(ranked) > 1 and ranked[0][0] == ranked[1][0]:
        both = " and ".join(
            f"content {chain[0]} with cue {place}" for _, chain, place in ranked[:2]
        )
        message = f"content {content[0]!r} and cue {cue[0]!r} are equally near at {both}; {_MORE}"
        raise CorpusError(message)
    return ranked[0][1], [ranked[0][2]]


def _chains(text: str, content: Sequence[str]) -> list[list[Offsets]]:
    """Return the places of the content, one list for each place of its first part."""
    places = [_places(text, part, "content") for part in content]
    chains = []
    for first in places[0] if places else ():
        chain = [first]
        for part in places[1:]:
            chain.append(next((p for p in part if p[0] >= chain[-1][1]), part[0]))
        chains.append(chain)
    in_order = [chain for chain in chains if chain == sorted(chain)]
    return in_order or chains or [[]]


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


def _nearest(
    places: Sequence[Offsets], anchors: Sequence[Offsets], role: str, part: str
) -> Offsets:
    if len(places) == 1:
        return places[0]
    if not anchors:
        message = f"{role} {part!r} occurs {len(places)} times; give the content as well"
        raise CorpusError(message)
    first, second = sorted(places, key=lambda place: _gap(place, anchors))[:2]
    if _gap(first, anchors) == _gap(second, anchors):
        message = f"{role} {part!r} occurs at {first} and {second}, equally near; {_MORE}"
        raise CorpusError(message)
    return first


def _gap(place: Offsets, anchors: Sequence[Offsets]) -> int:
    """Return the number of characters between a place and the nearest of some others."""
    return min(max(place[0] - end, start - place[1], 0) for start, end in anchors)


def _free(places: Sequence[Offsets], taken: Sequence[Offsets]) -> Sequence[Offsets]:
    """Return the places that overlap none of the taken ones, or all where every one does."""
    return [p for p in places if not any(_overlap(p, span) for span in taken)] or places


def _overlap(one: Offsets, other: Offsets) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _inside_a_word(text: str, place: Offsets) -> bool:
    start, end = place
    before = start > 0 and text[start - 1].isalnum() and text[start].isalnum()
    after = end < len(text) and text[end - 1].isalnum() and text[end].isalnum()
    return before or after
