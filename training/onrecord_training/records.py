"""Records and statements of a corpus, and the checks that every one of them must pass.

Every offset is a code point, end exclusive, and must slice the record's own text. Two shapes
of span are accepted: `[start, end]` (house) and lists of such (PolNeAR, whose parts may be
discontinuous).
"""

from __future__ import annotations

import difflib
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from onrecord.errors import CorpusError
from onrecord.types import STANCES

Offsets = tuple[int, int]

_FIELDS = ("cue", "source", "content", "target", "stance", "conditional", "actor", "represents")
_LABEL_CUTOFF = 0.5
_FIELD_CUTOFF = 0.8


@dataclass(frozen=True, slots=True)
class GoldStatement:
    """One annotated (or predicted) statement; all spans are `(start, end)` in code points.

    Args:
        cue: The words that carry the act; None only where a corpus leaves it out.
        source: The mention of who said it, or None.
        content: What is said, in text order.
        target: What the stance is about, or None.
        stance: A label of the label set, or None where the corpus does not annotate stance.
        conditional: Whether the position depends on an explicit condition.
        actor: Resolved name of the actor, or None.
        represents: On whose behalf the actor speaks, or None.
        cue_parts: All parts of a discontinuous cue; empty when `cue` says it all.
        source_parts: All parts of a discontinuous source; empty when `source` says it all.
        extra: Any other fields of the statement (`confidence`, `annotator`, ...).
    """

    cue: Offsets | None
    source: Offsets | None = None
    content: tuple[Offsets, ...] = ()
    target: Offsets | None = None
    stance: str | None = None
    conditional: bool = False
    actor: str | None = None
    represents: str | None = None
    cue_parts: tuple[Offsets, ...] = ()
    source_parts: tuple[Offsets, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def spans(self, role: str) -> tuple[Offsets, ...]:
        """Return every part of a role (`cue`, `source`, `content` or `target`), maybe none."""
        if role == "content":
            return self.content
        whole = {"cue": self.cue, "source": self.source, "target": self.target}[role]
        parts = {"cue": self.cue_parts, "source": self.source_parts}.get(role, ())
        return parts or ((whole,) if whole else ())

    def to_dict(self) -> dict[str, Any]:
        """Return the house JSONL form; a discontinuous cue or source keeps only its longest part.

        The lost parts are kept under `cue_parts` and `source_parts`, which `read_corpus` reads.
        """
        out: dict[str, Any] = {
            "cue": list(self.cue) if self.cue else None,
            "source": list(self.source) if self.source else None,
            "target": list(self.target) if self.target else None,
            "content": [list(part) for part in self.content],
            "stance": self.stance,
            "conditional": self.conditional,
            "actor": self.actor,
            "represents": self.represents,
        }
        if self.cue_parts:
            out["cue_parts"] = [list(part) for part in self.cue_parts]
        if self.source_parts:
            out["source_parts"] = [list(part) for part in self.source_parts]
        return {**self.extra, **out}


@dataclass(frozen=True, slots=True)
class Record:
    """One annotated passage.

    Args:
        id: Unique within its file.
        text: The passage, never changed.
        statements: In the order of the file.
        extra: Any other fields (title, date, licence, article, ...).
    """

    id: str
    text: str
    statements: tuple[GoldStatement, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def article(self) -> str:
        """The article that the passage comes from: passages of one article are not independent."""
        named = self.extra.get("article")
        if named in (None, ""):
            named = self.id.partition("#")[0] or self.id
        return str(named)  # as ids are: 7 and "7" are one article

    @property
    def unsure(self) -> tuple[Offsets, ...]:
        """Spans where the annotator may have missed a cue: the loss of the cue tags skips them."""
        return tuple((start, end) for start, end in self.extra.get("unsure", ()))

    def slice(self, span: Offsets) -> str:
        """Return the text of a span."""
        return self.text[span[0] : span[1]]

    def to_dict(self) -> dict[str, Any]:
        """Return the house JSONL form."""
        statements = [statement.to_dict() for statement in self.statements]
        head = {"id": self.id, "text": self.text}
        return {**head, **self.extra, **head, "statements": statements}


def parse_record(raw: Mapping[str, Any], *, stances: Sequence[str] = STANCES) -> Record:
    """Check one decoded record and return it.

    Args:
        raw: The JSON object.
        stances: Legal stance labels; an empty sequence allows any.

    Raises:
        CorpusError: Says which field is wrong and what is legal (no file or line here).
    """
    for name in ("id", "text", "statements"):
        if name not in raw:
            message = f"field {name!r} is missing; a record needs id, text and statements"
            if name == "text" and "sha256" in raw:
                message = "offsets without their text; name its file (`texts` of the corpus)"
            raise CorpusError(message)
    text = raw["text"]
    check_text(text)
    if not isinstance(raw["statements"], list):
        message = f"statements is a {type(raw['statements']).__name__}; expected a list"
        raise CorpusError(message)
    statements = []
    for number, item in enumerate(raw["statements"]):
        try:
            statements.append(parse_statement(item, text, stances=stances))
        except CorpusError as error:
            message = f"statement {number}: {error}"
            raise CorpusError(message) from error
    if type(raw["id"]) not in (str, int) or raw["id"] == "":
        message = f"id is {raw['id']!r}; expected a name or a number of its own for each record"
        raise CorpusError(message)
    extra = {key: raw[key] for key in raw if key not in ("id", "text", "statements", "unsure")}
    unsure = _parts(raw, "unsure", text)
    if unsure:
        extra["unsure"] = [list(span) for span in unsure]
    return Record(str(raw["id"]), text, tuple(statements), extra)


def parse_statement(raw: Any, text: str, *, stances: Sequence[str] = STANCES) -> GoldStatement:
    """Check one decoded statement against its text; see `parse_record`."""
    if not isinstance(raw, Mapping):
        message = f"a statement is an object, got {type(raw).__name__}"
        raise CorpusError(message)
    cue, source = _parts(raw, "cue", text), _parts(raw, "source", text)
    cue = _parts(raw, "cue_parts", text) or cue
    source = _parts(raw, "source_parts", text) or source
    content, target = _parts(raw, "content", text), _parts(raw, "target", text)
    if not cue and not content:
        message = "neither cue nor content is given; a statement needs its cue"
        raise CorpusError(message)
    stance = raw.get("stance")
    if stance is not None:
        check_label(stance, stances)
    known = {*_FIELDS, "cue_parts", "source_parts"}
    for name in raw.keys() - known:
        near = difflib.get_close_matches(str(name), _FIELDS, 1, _FIELD_CUTOFF)
        if near and near[0] not in raw:
            message = f"field {name!r} is unknown; did you mean {near[0]!r}?"
            raise CorpusError(message)
    conditional = raw.get("conditional") or False
    if not isinstance(conditional, bool):
        message = f"conditional is {conditional!r}; expected true or false"
        raise CorpusError(message)
    _check_confidence(raw)
    actor = raw.get("actor")
    represents = raw.get("represents")
    if represents is None and isinstance(actor, Mapping):
        represents = actor.get("represents")
    return GoldStatement(
        cue=_longest(cue),
        source=_longest(source),
        content=content,
        target=_longest(target),
        stance=stance,
        conditional=conditional,
        actor=_name(actor, "actor"),
        represents=_name(represents, "represents"),
        cue_parts=cue if len(cue) > 1 else (),
        source_parts=source if len(source) > 1 else (),
        extra={key: raw[key] for key in raw if key not in known},
    )


def _check_confidence(raw: Mapping[str, Any]) -> None:
    """Refuse a `confidence` that is no probability, and `scores` that are no numbers."""
    confidence, scores = raw.get("confidence", 1.0), raw.get("scores", {})
    if type(confidence) not in (int, float) or not 0 <= confidence <= 1:
        message = f"confidence is {confidence!r}; expected a number from 0 to 1, or leave it out"
        raise CorpusError(message)
    if not isinstance(scores, Mapping) or any(
        type(value) not in (int, float) or not math.isfinite(value) for value in scores.values()
    ):
        message = f"scores is {scores!r}; expected an object of numbers by stance, or leave it out"
        raise CorpusError(message)


def check_text(text: Any) -> None:
    """Refuse a text that is not a string, is blank, or holds lone surrogates."""
    if not isinstance(text, str):
        message = f"text is a {type(text).__name__}; expected a string"
        raise CorpusError(message)
    if not text.strip():
        message = "text is empty or only white space; remove the record"
        raise CorpusError(message)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        message = (
            f"text holds a lone surrogate at character {error.start}; "
            "half an emoji was cut off: export again or repair the text"
        )
        raise CorpusError(message) from error


def check_label(label: Any, stances: Sequence[str]) -> None:
    """Refuse a stance outside the label set and suggest the nearest; an empty set allows any."""
    if not isinstance(label, str):
        message = f"stance is {label!r}; expected a label as a string"
        raise CorpusError(message)
    if stances and label not in stances:
        message = f"stance {label!r} is not a label{suggest(label, stances)}"
        raise CorpusError(message)


def suggest(given: str, legal: Sequence[str]) -> str:
    """Return "; did you mean 'x'? legal: ..." for an error message."""
    plain = given.strip().casefold().replace("-", "_").replace(" ", "_")
    near = difflib.get_close_matches(plain, legal, 1, _LABEL_CUTOFF)
    hint = f"; did you mean {near[0]!r}?" if near else ";"
    return f"{hint} legal: {', '.join(legal)}"


def _parts(raw: Mapping[str, Any], role: str, text: str) -> tuple[Offsets, ...]:
    """Return the checked parts of a role in text order; `[s, e]`, objects and lists of both."""
    value = raw.get(role)
    if value is None or value == []:
        return ()
    many = isinstance(value, list | tuple) and not isinstance(value[0], int)
    parts = sorted(check_span(item, role, text) for item in (value if many else [value]))
    for left, right in itertools.pairwise(parts):
        if right[0] < left[1]:
            message = f"{role} spans {list(left)} and {list(right)} overlap; merge or cut them"
            raise CorpusError(message)
    return tuple(parts)


def check_span(value: Any, role: str, text: str) -> Offsets:
    """Return `(start, end)` if it slices the text, else raise `CorpusError`."""
    pair = [value.get("start"), value.get("end")] if isinstance(value, Mapping) else value
    if not isinstance(pair, list | tuple) or [type(offset) for offset in pair] != [int, int]:
        message = f"{role} is {value!r}; expected [start, end] as whole numbers"
        raise CorpusError(message)
    start, end = int(pair[0]), int(pair[1])
    if not 0 <= start < end <= len(text):
        message = (
            f"{role} [{start}, {end}] does not slice the text of {len(text)} characters; "
            "legal is 0 <= start < end <= length, in code points, end exclusive"
        )
        raise CorpusError(message)
    given = value.get("text") if isinstance(value, Mapping) else None
    if given is not None and given != text[start:end]:
        message = (
            f"{role} [{start}, {end}] reads {text[start:end]!r} but its text says {given!r}; "
            "are the offsets in another unit? `onrecord-train import` repairs them"
        )
        raise CorpusError(message)
    return start, end


def _longest(parts: tuple[Offsets, ...]) -> Offsets | None:
    return max(parts, key=lambda part: part[1] - part[0], default=None)


def _name(value: Any, role: str) -> str | None:
    name = value.get("name") if isinstance(value, Mapping) else value
    if name is not None and not isinstance(name, str):
        message = f"{role} is {value!r}; expected a name or null"
        raise CorpusError(message)
    return name or None
