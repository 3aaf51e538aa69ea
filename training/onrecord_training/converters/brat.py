"""brat standoff: `.txt` with `.ann`, as PolNeAR is distributed; the same out as pre-annotations.

Text-bound lines (T, also discontinuous), events (E), relations (R), attributes (A, M) and notes (#)
are read. The text may lie beside its `.ann` or in a sibling folder (PolNeAR: `text/` beside
`attributions/`). An event without a Cue argument has its trigger as the cue.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from onrecord.errors import CorpusError
from onrecord.types import STANCES
from onrecord_training.converters.draft import ROLES, Draft, Fault, Group, Item, Link, Mention
from onrecord_training.converters.reading import files, read_text
from onrecord_training.corpus import GoldStatement, Record

_PARTS = re.compile(r"^\d+ \d+(?:;\d+ \d+)*$")
_FIELDS = 3
_BREAK = re.compile(r"[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")  # what may end a line or a field
_IDS = "ids.json"
_TRIGGER = "attribution"


def read(path: Path) -> Iterator[Item]:
    """Yield one draft per `.ann` file of a folder, or the one that is named."""
    root = path if path.is_dir() else path.parent
    anns = files(path, ".ann")
    texts: dict[str, list[Path]] = {}
    for text in sorted(root.rglob("*.txt")) or sorted(root.parent.glob("text*/*.txt")):
        texts.setdefault(text.stem, []).append(text)
    for number, ann in enumerate(anns, start=1):
        stem = ann.stem if ann.suffix == ".ann" else ann.name
        try:
            text_file = _text_of(ann, texts.get(stem, []))
            draft = _draft(read_text(text_file), read_text(ann), number, stem)
            yield replace(draft, id=_id_of(ann.with_name(_IDS), stem))
        except CorpusError as error:
            yield Fault(number, str(error), stem)


def _text_of(ann: Path, candidates: list[Path]) -> Path:
    beside = ann.with_suffix(".txt")
    if beside.exists():
        return beside
    if len(candidates) == 1:
        return candidates[0]
    message = f"{ann.name}: {len(candidates)} texts named {beside.name} found; expected one"
    raise CorpusError(message)


def _id_of(ids: Path, stem: str) -> str:
    """Return the id of a file that `write` had to name otherwise, or the file's own name."""
    try:
        return str(json.loads(read_text(ids)).get(stem, stem)) if ids.exists() else stem
    except (ValueError, AttributeError) as error:
        message = f"{ids}: not a JSON object of ids by file name ({error}); correct or remove it"
        raise CorpusError(message) from error


def _draft(text: str, ann: str, number: int, name: str) -> Draft:
    mentions: dict[str, list[Mention]] = {}
    events: dict[str, list[tuple[str, str]]] = {}
    links: list[Link] = []
    attributes: dict[str, dict[str, Any]] = {}
    for line_number, read_line in enumerate(ann.split("\n"), start=1):
        line = read_line.rstrip("\r")
        if not line.strip():
            continue
        try:
            key, body, *rest = line.split("\t")
            if key.startswith("T"):
                mentions[key] = _mentions(key, body, rest[0] if rest else None)
            elif key.startswith("E"):
                pairs = [tuple(pair.split(":", 1)) for pair in body.split()]
                events[key] = [(role, end) for role, end in pairs]
            elif key.startswith("R"):
                label, first, second = body.split()
                links.append(Link(first.split(":", 1)[1], second.split(":", 1)[1], label))
            elif key.startswith(("A", "M")):
                attribute, end, *value = body.split()
                attributes.setdefault(end, {})[attribute] = value[0] if value else True
            elif key.startswith("#"):
                _note(body, rest, attributes)
        except (ValueError, IndexError) as error:
            message = f"{name}.ann:{line_number}: {line!r} is not brat standoff ({error})"
            raise CorpusError(message) from error
    groups = tuple(
        _group(event, mentions, attributes.get(key, {})) for key, event in events.items()
    )
    used = {name for group in groups for names in group.roles.values() for name in names}
    triggers = {event[0][1] for event in events.values()}
    flat = tuple(
        Mention(m.id, m.start, m.end, m.labels, m.text, attributes.get(key, {}))
        for key, parts in mentions.items()
        for m in parts
        if key not in triggers or m.id in used
    )
    whole = tuple(link for part in links for link in _whole(part, mentions))
    return Draft(number, name, text, flat, whole, groups if events else None)


def _mentions(key: str, body: str, words: str | None) -> list[Mention]:
    """Return the parts of a text-bound line; the words of a discontinuous one are split again."""
    label, _, places = body.partition(" ")
    if not _PARTS.match(places):
        message = f"offsets {places!r}"
        raise ValueError(message)
    spans = [tuple(map(int, part.split())) for part in places.split(";")]
    sizes = [end - start for start, end in spans]
    known = words is not None and len(words) == sum(sizes) + len(sizes) - 1
    out = []
    at = 0
    for number, ((start, end), size) in enumerate(zip(spans, sizes, strict=True)):
        part = words[at : at + size] if words is not None and known else None
        if len(spans) == 1:
            part = words
        at += size + 1
        name = key if not number else f"{key}.{number}"
        out.append(Mention(name, start, end, (label,), part))
    return out


def _note(body: str, rest: list[str], attributes: dict[str, dict[str, Any]]) -> None:
    """Read `actor=...; represents=...` from an annotator's note."""
    _, end = body.split()
    for item in (rest[0] if rest else "").split("; "):
        name, found, value = item.partition("=")
        if found:
            attributes.setdefault(end, {})[name.strip()] = value.strip()


def _group(
    event: list[tuple[str, str]], mentions: dict[str, list[Mention]], attributes: dict[str, Any]
) -> Group:
    roles: dict[str, tuple[str, ...]] = {}
    for role, end in event[1:]:
        if end not in mentions:
            message = f"the event's {role} {end} is not a text-bound annotation of this file"
            raise CorpusError(message)
        name = role.rstrip("0123456789")
        roles[name] = (*roles.get(name, ()), *(part.id for part in mentions[end]))
    if not any(role.casefold() == "cue" for role in roles):
        label, trigger = event[0]
        if trigger not in mentions:
            message = f"the event's trigger {label}:{trigger} is not in this file"
            raise CorpusError(message)
        roles["cue"] = tuple(part.id for part in mentions[trigger])
    return Group(roles, attributes)


def _whole(link: Link, mentions: dict[str, list[Mention]]) -> Iterator[Link]:
    """Yield a relation for every part of its (maybe discontinuous) ends."""
    for head in mentions.get(link.head, []):
        for child in mentions.get(link.child, []):
            yield Link(head.id, child.id, link.label)


def write(records: Iterable[Record], path: Path) -> int:
    """Write a folder of `.txt` and `.ann` files with the `annotation.conf` that shows them.

    Ids that cannot be file names are kept in `ids.json`, which the import reads.
    """
    path.mkdir(parents=True, exist_ok=True)
    ids: dict[str, str] = {}
    taken: set[str] = set()
    used: set[str] = set()
    for record in records:
        stem = _stem(record.id, taken)
        taken.add(stem.casefold())
        ids[stem] = record.id
        used |= {statement.stance for statement in record.statements if statement.stance}
        (path / f"{stem}.txt").write_bytes(record.text.encode("utf-8"))
        lines: list[str] = []
        for number, statement in enumerate(record.statements, start=1):
            _event(record, statement, number, lines)
        ann = "".join(line + "\n" for line in lines)
        (path / f"{stem}.ann").write_bytes(ann.encode("utf-8"))
    stances = STANCES if used <= set(STANCES) else sorted(used)
    (path / "annotation.conf").write_text(annotation_conf(stances), encoding="utf-8")
    other = {stem: name for stem, name in ids.items() if stem != name}
    (path / _IDS).unlink(missing_ok=True)
    if other:
        (path / _IDS).write_text(json.dumps(other, ensure_ascii=False, indent=1), encoding="utf-8")
    return len(ids)


def _stem(name: str, taken: Collection[str]) -> str:
    """Return a file name for an id that no other has, even where case does not count."""
    plain = re.sub(r"[^\w.-]", "_", name)
    tries = itertools.chain([plain], (f"{plain}-{number}" for number in itertools.count(2)))
    return next(stem for stem in tries if stem.casefold() not in taken)


def annotation_conf(stances: Iterable[str] = STANCES) -> str:
    """Return brat's configuration for our schema."""
    entities = "\n".join(role.capitalize() for role in ROLES)
    return (
        f"[entities]\n{entities}\n[relations]\n[events]\n"
        "Attribution Cue:Cue, Source*:Source, Content*:Content, Target?:Target\n"
        f"[attributes]\nStance Arg:Attribution, Value:{'|'.join(stances)}\n"
        "Conditional Arg:Attribution\n"
    )


def _event(record: Record, statement: GoldStatement, number: int, lines: list[str]) -> None:
    """Append the lines of one statement."""
    ends = []
    trigger = statement.spans("cue") or statement.content[:1]
    for role in (_TRIGGER, *ROLES):
        spans = trigger if role == _TRIGGER else statement.spans(role)
        if not spans:
            continue
        key = f"T{sum(line.startswith('T') for line in lines) + 1}"
        places = ";".join(f"{start} {end}" for start, end in spans)
        words = " ".join(record.slice(span) for span in spans)
        lines.append(f"{key}\t{role.capitalize()} {places}\t{_BREAK.sub(' ', words)}")
        ends.append(f"{role.capitalize()}:{key}")
    lines.append(f"E{number}\t{' '.join(ends)}")
    notes = {"actor": statement.actor, "represents": statement.represents}
    told = "; ".join(f"{name}={value}" for name, value in notes.items() if value)
    if statement.stance:
        lines.append(f"A{2 * number - 1}\tStance E{number} {statement.stance}")
    if statement.conditional:
        lines.append(f"A{2 * number}\tConditional E{number}")
    if told:
        lines.append(f"#{number}\tAnnotatorNotes E{number}\t{_BREAK.sub(' ', told)}")
