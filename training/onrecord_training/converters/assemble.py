"""Join mapped, repaired spans into statements: one cue, one statement."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from onrecord.errors import CorpusError
from onrecord_training.converters.draft import ROLES, Draft, Group, Mention
from onrecord_training.converters.mapping import LabelMap, Meaning, truth
from onrecord_training.converters.offsets import AS_GIVEN, repair
from onrecord_training.converters.relate import anchors, found_roles, linked_cues
from onrecord_training.corpus import GoldStatement, Offsets, Record, check_text

ONLY_CUE = "linked to the only cue of the text"
UNUSED = "spans outside any statement left out"
BARE = "cues without any other span"
CUT_TARGET = "targets in several parts cut to the longest"
SECOND_LABEL = "further labels of cues left out"


@dataclass
class Assembly:
    """A finished record, and what had to be done to it.

    Args:
        record: The record, checked.
        repairs: Number of spans by kind of repair; spans that were right are not counted.
        notes: Number of things that the report should mention, by kind.
    """

    record: Record
    repairs: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)


def assemble(draft: Draft, labels: LabelMap, *, record_id: str) -> Assembly:
    """Return the record of a draft.

    Args:
        draft: What the reader found.
        labels: What its labels mean.
        record_id: Id of the record.

    Raises:
        CorpusError: Says what is wrong with the document; nothing of it is kept then, because a
            text with half its statements would teach that the others are none.
    """
    check_text(draft.text)
    notes = Counter(draft.notes)
    meanings: dict[str, list[Meaning]] = {}
    if draft.groups is None:
        meanings = {mention.id: _meanings(mention, labels) for mention in draft.mentions}
        used = [mention for mention in draft.mentions if meanings[mention.id]]
        groups = _groups(draft, used, meanings, labels, notes)
    else:
        groups = tuple(_mapped(group, labels) for group in draft.groups)
        named = {name for group in groups for names in group.roles.values() for name in names}
        used = [mention for mention in draft.mentions if mention.id in named]
        notes[UNUSED] += len(draft.mentions) - len(used)
    repairs: Counter[str] = Counter()
    spans: dict[str, Offsets] = {}
    for mention, (span, how) in zip(used, repair(draft.text, used), strict=True):
        spans[mention.id] = span
        repairs.update(kind for kind in how if kind != AS_GIVEN)
    statements = [_statement(group, spans, labels, notes) for group in groups]
    statements.sort(key=lambda item: item.spans("cue") or item.content)
    extra = dict(draft.extra)
    if draft.annotator:
        extra["annotator"] = draft.annotator
    return Assembly(Record(record_id, draft.text, tuple(statements), extra), repairs, +notes)


def _meanings(mention: Mention, labels: LabelMap) -> list[Meaning]:
    """Return what the labels of a mention mean, without the ignored ones."""
    found = [labels.label(label) for label in mention.labels]
    return [meaning for meaning in found if meaning.role]


def _mapped(group: Group, labels: LabelMap) -> Group:
    """Return a group of the format with our role names; a role may be named several times."""
    roles: dict[str, tuple[str, ...]] = {}
    attributes = dict(group.attributes)
    for name, ids in group.roles.items():
        meaning = labels.label(name)
        if meaning.role:
            roles[meaning.role] = (*roles.get(meaning.role, ()), *ids)
        if meaning.stance:
            attributes.setdefault("stance", meaning.stance)
    return Group(roles, attributes)


def _groups(
    draft: Draft,
    mentions: Sequence[Mention],
    meanings: Mapping[str, Sequence[Meaning]],
    labels: LabelMap,
    notes: Counter[str],
) -> tuple[Group, ...]:
    """Form groups by statement number, by relation, or around the only cue of the text."""
    cues = [m for m in mentions if any(meaning.role == "cue" for meaning in meanings[m.id])]
    parts = [m for m in mentions if m not in cues or len(meanings[m.id]) > 1]
    roles: dict[str, dict[str, list[str]]] = {cue.id: defaultdict(list) for cue in cues}
    anchor_of = anchors(draft, cues, meanings, labels)
    for cue in cues:
        roles[anchor_of[cue.id]]["cue"].append(cue.id)
    linked = linked_cues(draft, {cue.id for cue in cues}, labels)
    numbers = {
        meaning.number: anchor_of[cue.id]
        for cue in cues
        for meaning in meanings[cue.id]
        if meaning.number
    }
    loose = []
    for part in parts:
        own = {meaning.role: meaning.number for meaning in meanings[part.id] if meaning.role}
        own.pop("cue", None)
        found = found_roles(part, own, numbers, linked.get(part.id, ()))
        for anchor, role in found:
            roles[anchor_of[anchor]][role].append(part.id)
        if not found and part not in cues:
            loose.append(part)
        notes[SECOND_LABEL] += bool(own and not found and part in cues)
    if loose:
        _place_loose(loose, cues, roles, meanings, notes)
    notes[BARE] += sum(set(roles[cue.id]) == {"cue"} for cue in cues)
    by_id = {mention.id: mention for mention in mentions}
    out = []
    for by_role in roles.values():
        if by_role:
            said = [_attributes(by_id[cue], meanings[cue]) for cue in by_role["cue"]]
            ids = {role: tuple(names) for role, names in by_role.items()}
            out.append(Group(ids, _merged(said, labels)))
    return tuple(out)


def _place_loose(
    loose: Sequence[Mention],
    cues: Sequence[Mention],
    roles: Mapping[str, dict[str, list[str]]],
    meanings: Mapping[str, Sequence[Meaning]],
    notes: Counter[str],
) -> None:
    """Give spans without a relation to the only cue, or refuse to guess among several."""
    if len(cues) == 1:
        for part in loose:
            for meaning in meanings[part.id]:
                if meaning.role and meaning.role != "cue":
                    roles[cues[0].id][meaning.role].append(part.id)
        notes[ONLY_CUE] += len(loose)
        return
    if not cues:
        message = (
            f"{len(loose)} spans and no cue; label the words that carry the act as cue, "
            "or reject the text in the tool"
        )
        raise CorpusError(message)
    names = ", ".join(f"{'/'.join(m.labels)} [{m.start}, {m.end}]" for m in loose[:3])
    message = (
        f"{len(loose)} spans have no relation to any of the {len(cues)} cues ({names}); "
        "relate them (doccano: mark the text as complete before the export), "
        "or number the labels: Cue#1, Source#1"
    )
    raise CorpusError(message)


def _attributes(cue: Mention, meanings: Sequence[Meaning]) -> dict[str, Any]:
    stance = next((meaning.stance for meaning in meanings if meaning.stance), None)
    return {**({"stance": stance} if stance else {}), **cue.attributes}


def _merged(parts: Sequence[Mapping[str, Any]], labels: LabelMap) -> dict[str, Any]:
    """Return what is said of the parts of one cue.

    Raises:
        CorpusError: If two parts have different values for one of our attributes.
    """
    out: dict[str, Any] = {}
    for part in parts:
        for name, value in part.items():
            if not out.get(name):
                out[name] = value
            elif value and value != out[name] and labels.attribute(name):
                message = f"parts of one cue have {name} {out[name]!r} and {value!r}; keep one"
                raise CorpusError(message)
    return out


def _statement(
    group: Group, spans: Mapping[str, Offsets], labels: LabelMap, notes: Counter[str]
) -> GoldStatement:
    """Return the checked statement of a group."""
    parts = {
        role: _join(role, [spans[name] for name in group.roles.get(role, ())]) for role in ROLES
    }
    given: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for name, value in group.attributes.items():
        known = labels.attribute(name)
        if known:
            given[known] = value
        else:
            extra[name] = value
    if not parts["cue"] and not parts["content"]:
        message = "a statement has neither cue nor content; label its cue"
        raise CorpusError(message)
    notes[CUT_TARGET] += len(parts["target"]) > 1
    return GoldStatement(
        cue=_longest(parts["cue"]),
        source=_longest(parts["source"]),
        content=parts["content"],
        target=_longest(parts["target"]),
        stance=labels.stance(given.get("stance")),
        conditional=truth(given.get("conditional")),
        actor=_name(given, "actor"),
        represents=_name(given, "represents"),
        cue_parts=parts["cue"] if len(parts["cue"]) > 1 else (),
        source_parts=parts["source"] if len(parts["source"]) > 1 else (),
        extra=extra,
    )


def _join(role: str, spans: Sequence[Offsets]) -> tuple[Offsets, ...]:
    """Return the distinct spans of a role in text order.

    Raises:
        CorpusError: If two of them overlap: which words are meant cannot be told.
    """
    out = sorted(set(spans))
    for left, right in itertools.pairwise(out):
        if right[0] < left[1]:
            message = (
                f"{role} spans {list(left)} and {list(right)} of one statement overlap; "
                "merge or cut them in the tool"
            )
            raise CorpusError(message)
    return tuple(out)


def _longest(parts: tuple[Offsets, ...]) -> Offsets | None:
    return max(parts, key=lambda part: part[1] - part[0], default=None)


def _name(given: Mapping[str, Any], attribute: str) -> str | None:
    value = given.get(attribute)
    if value is not None and not isinstance(value, str):
        message = f"{attribute} is {value!r}; expected a name"
        raise CorpusError(message)
    return value or None
