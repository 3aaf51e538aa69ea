"""The value types of the public contract: articles in, statements out.

Everything here is plain, immutable data. Offsets are Unicode code points, `[start, end)`; the wire
form (`to_dict`) can re-express them in UTF-16 code units or UTF-8 bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import shorten
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    from onrecord.actors.registry import ActorRegistry

Stance = Literal[
    "supports",
    "opposes",
    "demands",
    "commits",
    "rules_out",
    "considers",
    "warns",
    "accuses",
    "denies",
    "states",
]
STANCES: tuple[Stance, ...] = get_args(Stance)

Polarity = Literal["favor", "against", "neutral"]
POLARITY: Mapping[str, Polarity] = {
    "supports": "favor",
    "commits": "favor",
    "demands": "favor",
    "opposes": "against",
    "rules_out": "against",
    "warns": "against",
    "accuses": "against",
    "denies": "against",
    "considers": "neutral",
    "states": "neutral",
}

Quotation = Literal["direct", "indirect", "mixed"]
OffsetUnit = Literal["codepoint", "utf16", "utf8"]
OFFSET_UNITS: tuple[OffsetUnit, ...] = get_args(OffsetUnit)
ResolvedBy = Literal["named", "title", "metonym", "alias", "coreference", "unresolved"]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of an article, `text[start:end]`, in code points."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Entity:
    """A state, organisation, party, person or group that the gazetteer or the text names.

    Args:
        name: Canonical English name ("United Kingdom").
        kind: `state`, `organisation`, `person`, `group`, `document`, `media` or `unknown`.
        id: Wikidata id ("Q145"), or None where it is not known.
        confidence: For whom an actor represents, the probability in [0, 1] that this is right.
    """

    name: str
    kind: str = "unknown"
    id: str | None = None
    confidence: float = field(default=0.0, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the wire form of whom an actor represents."""
        entity = {"name": self.name, "kind": self.kind, "id": self.id}
        return {**entity, "confidence": round(self.confidence, 4)}


@dataclass(frozen=True, slots=True)
class Actor:
    """The resolved entity behind a statement's source.

    Args:
        name: Canonical name, or the plain description of an unnamed speaker.
        kind: As in `Entity`.
        id: Wikidata id, or None.
        resolved_by: How the name was found; `unresolved` when only a description is known.
        represents: The state, organisation or party that the actor speaks for, or None.
        confidence: Probability in [0, 1] that the resolution is right.
        why: For `unresolved`, the reason; otherwise None.
    """

    name: str
    kind: str = "unknown"
    id: str | None = None
    resolved_by: ResolvedBy = "unresolved"
    represents: Entity | None = None
    confidence: float = 0.0
    why: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the wire form; `why` appears only when the actor is unresolved."""
        out: dict[str, Any] = {
            "name": self.name,
            "kind": self.kind,
            "id": self.id,
            "resolved_by": self.resolved_by,
            "confidence": round(self.confidence, 4),
            "represents": self.represents.to_dict() if self.represents else None,
        }
        if self.resolved_by == "unresolved":
            out["why"] = self.why
        return out


_VERBS = {"commits": "commits to", "warns": "warns of"}  # in a headline, before the target
_HEADLINE_CONTENT = 120  # characters of what is said, where a headline has no target


@dataclass(frozen=True, slots=True)
class Statement:
    """One attributed act of saying, wanting or deciding.

    Args:
        id: `"{article id}:{number}"`, numbered in text order from 0.
        cue: The words that carry the act.
        source: The mention of who said it, or None when the text names nobody.
        content: What is said, one span or several, in text order; may be empty.
        target: What the stance is about, or None.
        stance: One of `STANCES`.
        conditional: Whether the position depends on an explicit condition.
        quotation: Whether the content is quoted, paraphrased or both.
        confidence: Calibrated probability in [0, 1] that source, target and stance are all right.
        scores: Probability of each stance, given the cue.
        actors: The resolved actors; several for a joint source, none when there is no source.
        own_polarity: Direction of a stance that is not one of `STANCES`, from the checkpoint.
    """

    id: str
    cue: Span
    source: Span | None
    content: tuple[Span, ...]
    target: Span | None
    stance: str
    conditional: bool
    quotation: Quotation
    confidence: float
    scores: Mapping[str, float] = field(default_factory=dict)
    actors: tuple[Actor, ...] = ()
    own_polarity: Polarity | None = None

    @property
    def polarity(self) -> Polarity:
        """The direction of the stance; neutral for a label of which nothing is known."""
        return self.own_polarity or POLARITY.get(self.stance, "neutral")

    @property
    def actor(self) -> Actor | None:
        """The first actor, or None."""
        return self.actors[0] if self.actors else None

    @property
    def headline(self) -> str:
        """One readable line: "Russia (Sergey Lavrov) opposes the deployment of NATO forces".

        What is stated, or has no target, follows a colon; a condition is never left out.
        """
        who = self.source.text if self.source else "(nobody named)"
        actor = self.actor
        if actor:
            who = actor.name
            if actor.represents and actor.represents.name != actor.name:
                who = f"{actor.represents.name} ({actor.name})"
        verb, what = self.stance.replace("_", " "), ""
        if self.content and (self.target is None or self.stance == "states"):
            what = ": " + shorten(self.content[0].text, _HEADLINE_CONTENT, placeholder=" ...")
        elif self.target:
            verb, what = _VERBS.get(self.stance, verb), f" {self.target.text}"
        condition = ", on a condition" if self.conditional else ""
        return " ".join(f"{who} {verb}{what}{condition}".split())


@dataclass(frozen=True, slots=True)
class Article:
    """An input document.

    Args:
        text: The text to read; never changed.
        id: Caller's identifier; statements are numbered under it.
        title: Passed through, and read by the actor resolver.
        date: Passed through.
        extra: Any other fields, passed through unchanged (ninjs `people` and `organisations` in
            it are a prior for actor resolution).
        registry: The caller's own actors for this article, which win over those of the extractor.
    """

    text: str
    id: str = "article"
    title: str | None = None
    date: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    registry: ActorRegistry | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Processing:
    """What was read: nothing is truncated silently.

    Args:
        characters: Length of the text in code points.
        windows: Number of forward passes of the encoder.
        truncated: Always False; kept in the contract so that a reader need not wonder.
    """

    characters: int
    windows: int
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """The checkpoint that made an output: name, version, and the SHA-256 of its manifest."""

    name: str
    version: str
    sha256: str

    def to_dict(self) -> dict[str, Any]:
        """Return the wire form."""
        return {"name": self.name, "version": self.version, "sha256": self.sha256}


@dataclass(frozen=True, slots=True)
class LabelledArticle:
    """An article with its statements, in text order of their cues."""

    article: Article
    statements: tuple[Statement, ...]
    processing: Processing
    model: ModelInfo

    def to_dict(
        self, *, offset_unit: OffsetUnit = "codepoint", scores: bool = True
    ) -> dict[str, Any]:
        """Return the wire form of DESIGN.md, "The contract".

        Args:
            offset_unit: Unit of every `start` and `end`.
            scores: Whether to include the per-stance scores.

        Returns:
            A JSON-serialisable mapping. Extra fields of the article come before ours and never
            overwrite them; the article's text itself is not repeated.
        """
        at = offset_mapper(self.article.text, offset_unit)

        def span(value: Span | None) -> dict[str, Any] | None:
            if value is None:
                return None
            return {"start": at(value.start), "end": at(value.end), "text": value.text}

        statements = []
        for item in self.statements:
            row: dict[str, Any] = {
                "id": item.id,
                "source": span(item.source),
                "cue": span(item.cue),
                "content": [span(part) for part in item.content],
                "target": span(item.target),
                "stance": item.stance,
                "polarity": item.polarity,
                "conditional": item.conditional,
                "quotation": item.quotation,
                "confidence": round(item.confidence, 4),
            }
            if scores:
                row["scores"] = {name: round(value, 4) for name, value in item.scores.items()}
            row["actor"] = item.actor.to_dict() if item.actor else None
            stands_for = item.actor.represents if item.actor else None
            row["represents"] = stands_for.to_dict() if stands_for else None
            row["actors"] = [actor.to_dict() for actor in item.actors]
            row["headline"] = item.headline
            statements.append(row)
        return {
            **self.article.extra,
            "id": self.article.id,
            "title": self.article.title,
            "date": self.article.date,
            "statements": statements,
            "processing": {
                "characters": self.processing.characters,
                "windows": self.processing.windows,
                "truncated": self.processing.truncated,
                "offset_unit": offset_unit,
            },
            "model": self.model.to_dict(),
        }


class offset_mapper:  # noqa: N801 - used as a function that remembers its text
    """Map code-point offsets of one text to another unit, in O(1) each.

    Args:
        text: The text that the offsets point into.
        unit: Target unit. Lone surrogates count as one UTF-16 unit and three UTF-8 bytes.

    Raises:
        ValueError: If the unit is not one of `OFFSET_UNITS`.
    """

    def __init__(self, text: str, unit: OffsetUnit) -> None:
        if unit not in OFFSET_UNITS:
            message = f"offset unit {unit!r} is unknown; use one of {', '.join(OFFSET_UNITS)}"
            raise ValueError(message)
        self._table: list[int] | None = None
        if unit == "codepoint" or text.isascii():
            return
        limits = (0xFFFF,) if unit == "utf16" else (0x7F, 0x7FF, 0xFFFF)
        position = 0
        table = [0]
        for character in text:
            code = ord(character)
            position += 1 + sum(code > limit for limit in limits)
            table.append(position)
        self._table = table

    def __call__(self, offset: int) -> int:
        """Return the offset in the target unit."""
        return offset if self._table is None else self._table[offset]
