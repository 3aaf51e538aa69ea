"""The two values that a reading of an article is made of: what is named, and where."""

from __future__ import annotations

from dataclasses import dataclass, field

from onrecord.actors.gazetteer import Entry
from onrecord.types import Entity


@dataclass(slots=True)
class Referent:
    """One thing that the article names.

    Args:
        name: Fullest name seen.
        kind: `person`, `organisation`, `media`, `state` or `group`.
        entry: The gazetteer's entry, if it has one.
        gender: "m", "f" or "" where the text does not show it.
        roles: Folded title words that stood beside a person's name.
        offices: Offices among them, under one name each (`offices.office`).
        nouns: Common nouns it may be called by ("ministry", "agency").
        titles: Token ranges (start, end) of descriptions beside the name, in text order.
        mentions: Tokens at which its mentions start, in text order.
        represents: Whom a person speaks for once worked out, as a tuple of one.
        sure: For a person, whether something beside the capitals says that it is one.
        base: For "NATO Council", the known entry that the name starts with.
        ages: Ages that stand beside a person's name.
        principal: The rules' proposal at the last choice of a principal, and what was chosen.
    """

    name: str
    kind: str
    entry: Entry | None = None
    gender: str = ""
    roles: set[str] = field(default_factory=set)
    offices: set[str] = field(default_factory=set)
    nouns: set[str] = field(default_factory=set)
    titles: list[tuple[int, int]] = field(default_factory=list)
    mentions: list[int] = field(default_factory=list)
    represents: tuple[Entity | None] | None = None
    sure: bool = True
    base: Entry | None = None
    ages: set[int] = field(default_factory=set)
    principal: tuple[Entity | None, Entity | None] | None = None


@dataclass(frozen=True, slots=True)
class Mention:
    """A named mention: token range [first, last), and what it names."""

    first: int
    last: int
    referent: Referent
    role: str = "name"
