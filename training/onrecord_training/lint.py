"""Annotation-guideline lint: rules of the guidelines that a program can check.

Each rule names the statement and says what the guidelines want. `error` contradicts a rule,
`warning` is nearly always a slip, `hint` deserves a look.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from onrecord.types import STANCES
from onrecord_training.corpus import GoldStatement, Offsets, Record
from onrecord_training.slices import quotation

Problem = tuple[str, str, str]  # level, rule, message

_RELATIVE = frozenset({"who", "which", "that", "whom", "whose"})
_NO_CUES = re.compile(r"^(?:reportedly|alleged|allegedly|so-called)$", re.IGNORECASE)
_NOMINAL = re.compile(r"^\w+(?<!ed) of$", re.IGNORECASE)
_NEGATION = re.compile(r"^(?:no|not|never)\s")
_NOT_RULED_OUT = re.compile(
    r"(?:n['’]t|not|never|refus\w+ to|declin\w+ to|no longer)\b.*\b(?:rul\w+ out|exclud\w+)",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"\b(?:unless|only if|only once|only when|provided that|as long as|on condition)\b",
    re.IGNORECASE,
)
_STATES = {
    "US": "United States",
    "U.S.": "United States",
    "USA": "United States",
    "UK": "United Kingdom",
    "U.K.": "United Kingdom",
    "Britain": "United Kingdom",
    "EU": "European Union",
    "UN": "United Nations",
    "U.N.": "United Nations",
}
_LONG_CUE, _LONG_SOURCE, _LONG_TARGET = 60, 220, 260
_FAR = 600
_QUIET_WORDS = 120
_SAYING = re.compile(
    r"\b(?:said|says|told|warned|demanded|accused|denied|rejected|insisted|pledged|urged)\b"
)
_QUIET_VERBS = 3


@dataclass(frozen=True)
class Finding:
    """One thing to look at.

    Args:
        level: `error`, `warning` or `hint`.
        rule: Short name of the rule.
        record: Id of the record.
        statement: Number of the statement, None where the whole record is meant.
        message: What was found and what the guidelines want.
    """

    level: str
    rule: str
    record: str
    statement: int | None
    message: str


def lint(record: Record) -> Iterator[Finding]:
    """Yield every finding of one record."""
    for number, statement in enumerate(record.statements):
        for check in _CHECKS:
            for level, rule, message in check(statement, record):
                yield Finding(level, rule, record.id, number, message)
    for level, rule, place, message in _whole(record):
        yield Finding(level, rule, record.id, place, message)


def _cue(statement: GoldStatement, record: Record) -> Iterator[Problem]:
    for span in statement.spans("cue"):
        words = record.slice(span)
        if _NO_CUES.match(words):
            yield "error", "no-cue", f"{words!r} is no cue; remove the statement"
        if _NOMINAL.match(words):
            yield "warning", "nominal-cue", f"cue {words!r}: the noun alone, without preposition"
        if span[1] - span[0] > _LONG_CUE:
            yield "hint", "long-cue", f"cue {words!r}: the shortest words that carry the act"
        if statement.stance == "rules_out" and _NOT_RULED_OUT.search(words):
            yield "warning", "double-negation", f"{words!r} leaves open: considers, not rules_out"


def _source(statement: GoldStatement, record: Record) -> Iterator[Problem]:
    for span in statement.spans("source"):
        words = record.slice(span)
        if words[-1] in ",;:":
            yield "error", "source-comma", f"source {words!r}: without trailing comma"
        if words.casefold() in _RELATIVE and not words.isupper():  # WHO is an organization
            yield "error", "relative-source", f"source {words!r}: take the noun that it stands for"
        if span[1] - span[0] > _LONG_SOURCE:
            yield "hint", "long-source", f"source of {span[1] - span[0]} characters"


def _content(statement: GoldStatement, record: Record) -> Iterator[Problem]:
    for span in statement.content:
        words = record.slice(span)
        if words.startswith("that ") and statement.cue and statement.cue[1] <= span[0]:
            yield "hint", "content-that", f"content {words[:40]!r}: leave `that` out"
        before, after = record.text[span[0] - 1 : span[0]], record.text[span[1] : span[1] + 1]
        opened, closed = words.count("“"), words.count("”")
        if (opened < closed and before == "“") or (opened > closed and after == "”"):
            yield "warning", "cut-quote", f"content {words[:40]!r}: quote marks belong to it"


def _target(statement: GoldStatement, record: Record) -> Iterator[Problem]:
    target = statement.target
    if target is None:
        # Other projects' labels may do without a target; the guidelines speak of ours.
        if statement.stance in STANCES and statement.stance != "states":
            yield (
                "error",
                "no-target",
                f"{statement.stance} needs a target; only states may lack it",
            )
        return
    words = record.slice(target)
    if _NEGATION.match(words):
        yield "warning", "negated-target", f"target {words[:40]!r}: leave the negation out"
    if target[1] - target[0] > _LONG_TARGET:
        yield "hint", "long-target", f"target of {target[1] - target[0]} characters"
    near = [*statement.content, *statement.spans("cue")]
    if near and min(_gap(target, span) for span in near) > _FAR:
        yield "warning", "far-target", f"target {words[:40]!r} stands far from cue and content"


def _stance(statement: GoldStatement, record: Record) -> Iterator[Problem]:
    spans = [*statement.content, *statement.spans("cue")]
    words = " ".join(record.slice(span) for span in spans)
    plain = quotation(statement, record.text) == "indirect"
    if not statement.conditional and plain and _CONDITION.search(words):
        yield "hint", "condition", "a condition is named; is the position conditional?"


def _names(statement: GoldStatement, _record: Record) -> Iterator[Problem]:
    for role in ("actor", "represents"):
        name = getattr(statement, role)
        if name in _STATES:
            yield "error", "short-name", f"{role} {name!r}: write {_STATES[name]!r}"
    joint = statement.actor or ""
    parties = (statement.represents or "").count(";")
    if " and " in joint and parties and ";" not in joint:
        yield "hint", "joint-actor", f"actor {joint!r}: separate the parties with '; '"
    if statement.source is None and statement.actor:
        yield (
            "hint",
            "actor-without-source",
            f"actor {statement.actor!r}, but no source in the text",
        )


def _crossing(statement: GoldStatement, record: Record) -> Iterator[Problem]:
    roles = {role: statement.spans(role) for role in ("cue", "source", "content", "target")}
    for left, right in (("cue", "source"), ("cue", "content"), ("source", "content")):
        for a in roles[left]:
            for b in roles[right]:
                if _crosses(a, b):
                    pair = f"{record.slice(a)!r} and {record.slice(b)!r}"
                    yield "error", "crossing", f"{left} and {right} cross: {pair}"


_CHECKS: Sequence[Callable[[GoldStatement, Record], Iterator[Problem]]] = (
    _cue,
    _source,
    _content,
    _target,
    _stance,
    _names,
    _crossing,
)


def _whole(record: Record) -> Iterator[tuple[str, str, int | None, str]]:
    """Yield what only the record as a whole shows: doubled cues, and texts left unannotated."""
    seen: dict[Offsets, int] = {}
    for number, statement in enumerate(record.statements):
        if statement.cue is None:
            continue
        if statement.cue in seen:
            first = seen[statement.cue]
            yield (
                "error",
                "same-cue",
                number,
                f"same cue as statement {first}: one cue, one statement",
            )
        seen.setdefault(statement.cue, number)
    if not record.statements and len(record.text.split()) >= _QUIET_WORDS:
        verbs = len(_SAYING.findall(record.text))
        if verbs >= _QUIET_VERBS:
            yield "warning", "unannotated", None, f"no statement, but {verbs} verbs of saying"


def _crosses(left: Offsets, right: Offsets) -> bool:
    first, second = sorted((left, right))
    return first[0] < second[0] < first[1] < second[1]


def _gap(left: Offsets, right: Offsets) -> int:
    return max(left[0] - right[1], right[0] - left[1], 0)
