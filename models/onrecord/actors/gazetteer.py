"""The gazetteer: states, organisations and office-holders, read from the data files beside it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal

from onrecord.actors.text import fold, tokenize
from onrecord.types import Entity

Role = Literal["name", "adjective", "people", "capital", "seat"]
SHORT_ACRONYM = 5
_HEADS = frozenset({"president", "prime minister", "chancellor", "leader", "king", "queen", "head"})
_EVERYWHERE = frozenset(
    {"United States", "United Kingdom", "Russia", "China", "France", "Germany", "Israel", "Iran"}
    | {"Palestinian Authority", "United Nations", "NATO", "European Union", "Pakistan", "Iraq"}
    | {"Japan", "Australia", "Canada", "Taiwan", "South Korea", "North Korea", "Venezuela"}
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A known state, organisation or medium.

    Args:
        name: Canonical English name.
        kind: `state`, `organisation` or `media`.
        id: Wikidata id, or None where it is not known for sure.
        represents: Name of the entry that it speaks for; its own name when it speaks for itself.
        nouns: What it may be called by ("agency", "alliance").
        adjective: Adjective used to describe its people ("Russian"), or "".
        country: The state that it belongs to, or "".
    """

    name: str
    kind: str
    id: str | None
    represents: str
    nouns: frozenset[str]
    adjective: str = ""
    country: str = ""

    @property
    def home(self) -> str:
        """The state that a mention of it speaks of: itself, or its country."""
        return self.name if self.kind == "state" else self.country

    @property
    def entity(self) -> Entity:
        """The entry as a value of the public contract."""
        kind = "organisation" if self.kind == "region" else self.kind
        return Entity(self.name, kind, self.id)


@dataclass(frozen=True, slots=True)
class Alias:
    """One way of naming an entry, and what kind of name it is."""

    entry: Entry
    role: Role
    surface: str


@dataclass(frozen=True, slots=True)
class Holder:
    """A well-known office-holder and the years in office.

    Args:
        name: Full canonical name.
        office: "president", "prime minister", "foreign minister", ... or "" where only the
            affiliation is known.
        represents: State, organisation or party.
        since: When the office began, in years ("2009-07" is 2009.5); 0 where not known.
        until: When it ended; 9999 where not known.
        id: Wikidata id or None.
        aliases: Other names.
        origin: `own` (written from general knowledge) or `corpus` (learned from annotations).
    """

    name: str
    office: str
    represents: str
    since: float
    until: float
    id: str | None
    aliases: tuple[str, ...] = ()
    origin: str = "own"

    def serves(self, time: float | None) -> bool:
        """Return whether the holder was in office at a time (True when it is unknown)."""
        return time is None or self.since <= time < self.until


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """All entries, reachable by folded name, noun and office."""

    entries: dict[str, Entry]
    aliases: dict[str, list[Alias]]
    longest: int
    heads: dict[str, int]
    holders: dict[str, list[Holder]]
    offices: dict[tuple[str, str], list[Holder]]
    words: dict[str, frozenset[str]]
    genders: dict[str, str]

    def entity(self, name: str) -> Entity:
        """Return the entity of a name: the entry when it is known, else an organisation."""
        found = self.find(name)
        return found.entity if found else Entity(name, "organisation", None)

    def bearers(
        self,
        surname: str,
        time: float | None,
        homes: Mapping[str, int],
        names: Callable[[str], bool],
    ) -> list[Holder]:
        """Return who a bare surname may mean at a time, in an article about some states.

        Heads of state and government come before others, and those whose state or body the
        article names before the rest; of the rest only the great powers' and alliances' count.
        """
        scored: list[tuple[float, Holder]] = []
        for item in self.holders.get(surname, ()):
            if not item.serves(time):
                continue
            home = self._home(item)
            near = home in homes or names(item.represents)
            if near or (item.office and item.represents in _EVERYWHERE):
                rank = 2.0 if item.office in _HEADS else 1.0 if item.office else 0.0
                often = min(homes.get(home, 0), 9) / 20
                scored.append((rank + (1.5 + often if near else 0.0), item))
        best = max((score for score, _ in scored), default=0.0)
        return [item for score, item in scored if score == best]

    def _home(self, holder: Holder) -> str:
        entry = self.entries.get(holder.represents)
        return (entry.home if entry else "") or holder.represents

    def find(self, name: str) -> Entry | None:
        """Return the entry that has this canonical name or alias, or None."""
        entry = self.entries.get(name)
        if entry:
            return entry
        key = " ".join(token.key for token in tokenize(name))
        for alias in self.aliases.get(key, ()):
            if alias.role == "name":
                return alias.entry
        return None

    def holder(self, office: str, represents: str, time: float | None) -> Holder | None:
        """Return who held an office at a time, or None when that is not one known person."""
        if time is None:
            return None
        found = [item for item in self.offices.get((office, represents), ()) if item.serves(time)]
        return found[0] if len({item.name for item in found}) == 1 else None


def _rows(name: str) -> Iterator[dict[str, str]]:
    resource = files("onrecord.actors") / "data" / name
    yield from csv.DictReader(resource.read_text(encoding="utf-8").splitlines())


def state_rows() -> list[dict[str, str]]:
    """Return the rows of the file of states, as they stand."""
    return list(_rows("states.csv"))


def split_cell(cell: str) -> list[str]:
    """Return the values of a cell that holds several, separated by semicolons."""
    return [part.strip() for part in cell.split(";") if part.strip()]


class _Builder:
    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.aliases: dict[str, list[Alias]] = {}

    def add(self, surface: str, entry: Entry, role: Role) -> None:
        key = " ".join(token.key for token in tokenize(surface))
        bucket = self.aliases.setdefault(key, [])
        if not any(item.entry is entry and item.role == role for item in bucket):
            bucket.append(Alias(entry, role, surface))

    def states(self) -> None:
        for row in _rows("states.csv"):
            adjectives = split_cell(row["adjectives"])
            entry = Entry(
                name=row["name"],
                kind="state",
                id=row["id"] or None,
                represents=row["name"],
                nouns=frozenset({"government", "country", "nation", "state", "regime"}),
                adjective=_description_adjective(row["name"], adjectives),
            )
            self.entries[entry.name] = entry
            for surface in [entry.name, *split_cell(row["aliases"])]:
                self.add(surface, entry, "name")
            for surface in split_cell(row["capitals"]):
                self.add(surface, entry, "capital")
            for surface in split_cell(row["seats"]):
                self.add(surface, entry, "seat")
            for surface in adjectives:
                self.add(surface, entry, "adjective")
            for surface in split_cell(row["people"]) or _plurals(adjectives):
                self.add(surface, entry, "people")

    def organisations(self) -> None:
        for row in _rows("organisations.csv"):
            entry = Entry(
                name=row["name"],
                kind=row["kind"],
                id=row["id"] or None,
                represents=row["represents"],
                nouns=frozenset(split_cell(row["nouns"])),
                adjective=next(iter(split_cell(row["adjectives"])), ""),
                country=row["country"],
            )
            self.entries[entry.name] = entry
            for surface in [entry.name, *split_cell(row["aliases"])]:
                self.add(surface, entry, "name")
            for surface in split_cell(row["seats"]):
                self.add(surface, entry, "seat")
            for surface in split_cell(row["adjectives"]):
                self.add(surface, entry, "adjective")
            for surface in split_cell(row["people"]):
                self.add(surface, entry, "people")


def _heads(aliases: dict[str, list[Alias]]) -> dict[str, int]:
    """Return, for each first word of an alias, the length in tokens of the longest such alias."""
    heads: dict[str, int] = {}
    for key in aliases:
        words = key.split(" ")
        heads[words[0]] = max(heads.get(words[0], 0), len(words))
    return heads


def _description_adjective(name: str, adjectives: list[str]) -> str:
    fixed = {"United States": "US", "United Kingdom": "British"}
    return fixed.get(name) or (adjectives[0] if adjectives else "")


def _plurals(adjectives: list[str]) -> list[str]:
    return [
        word + "s"
        for word in adjectives
        if word.endswith(("an", "i", "ian", "ot", "ek", "ean")) and word != "American"
    ] + (["Americans"] if "American" in adjectives else [])


def _time(cell: str, whole: int) -> float:
    """Return "2009-07" as 2009.5, a bare year as its start (0) or end (1), an empty cell as 0."""
    if not cell:
        return 0
    year, _, month = cell.partition("-")
    return int(year) + ((int(month) - 1) / 12 if month else whole)


def _people() -> Iterator[Holder]:
    for row in _rows("people.csv"):
        yield Holder(
            name=row["name"],
            office=row["office"],
            represents=row["represents"],
            since=_time(row["since"], 0),
            until=_time(row["until"], 1) or 9999,
            id=row["id"] or None,
            aliases=tuple(split_cell(row["aliases"])),
            origin=row["origin"],
        )


def _holder_keys(name: str) -> set[str]:
    """Return the folded forms by which a person is looked up: full, first and last, last."""
    parts = [part for part in fold(name).split() if part not in {"jr", "sr", "ii", "iii"}]
    keys = {fold(name), " ".join(parts), f"{parts[0]} {parts[-1]}"}
    last = parts[-1].removeprefix("al-")
    keys.add(f"{parts[0]} {last}")
    if "-" in parts[-1] and len(parts) == 2:  # noqa: PLR2004
        keys.add(parts[0])  # "Yoon Suk-yeol" is "Yoon"
    return keys | ({parts[-1], last} if len(last) > 1 else set())


@lru_cache(maxsize=1)
def load_gazetteer() -> Gazetteer:
    """Read the data files once per process.

    Returns:
        The gazetteer; it is shared and must not be changed.
    """
    builder = _Builder()
    builder.states()
    builder.organisations()
    holders: dict[str, list[Holder]] = {}
    offices: dict[tuple[str, str], list[Holder]] = {}
    for holder in _people():
        for key in _holder_keys(holder.name) | {fold(alias) for alias in holder.aliases}:
            holders.setdefault(key, []).append(holder)
        if holder.office:
            offices.setdefault((holder.office, holder.represents), []).append(holder)
    data = files("onrecord.actors") / "data"
    words = json.loads((data / "words.json").read_text(encoding="utf-8"))
    genders = {row["name"]: row["gender"] for row in _rows("given_names.csv")}
    return Gazetteer(
        entries=builder.entries,
        aliases=builder.aliases,
        longest=max(key.count(" ") + 1 for key in builder.aliases),
        heads=_heads(builder.aliases),
        holders=holders,
        offices=offices,
        words={name: frozenset(values) for name, values in words.items()},
        genders=genders,
    )
