"""A user's own table of actors, which wins over everything else."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from onrecord.actors.text import tokenize
from onrecord.errors import RegistryError
from onrecord.types import Entity

_WIKIDATA = re.compile(
    r"(?:https?://(?:www\.|m\.)?wikidata\.org/(?:wiki|entity)/)?(Q[1-9]\d*)", re.ASCII
)
_SEPARATORS = (",", ";", "\t")
COLUMNS = ("alias", "name", "kind", "id", "represents")
KINDS = ("state", "organisation", "person", "group", "document", "media", "unknown")


@dataclass(frozen=True, slots=True)
class Registered:
    """A registered actor and whom it represents."""

    entity: Entity
    represents: Entity | None


class ActorRegistry:
    """Aliases that a user has tied to actors.

    Args:
        table: From folded alias to actor; use `from_csv` or `from_rows` to make one.
    """

    def __init__(self, table: Mapping[str, Registered] | None = None) -> None:
        self._table = dict(table or {})
        self._longest = max((key.count(" ") + 1 for key in self._table), default=0)
        self._named = {alias_key(item.entity.name): item.entity for item in self._table.values()}

    def __len__(self) -> int:
        return len(self._table)

    def __contains__(self, alias: object) -> bool:
        return isinstance(alias, str) and alias_key(alias) in self._table

    def find(self, alias: str) -> Registered | None:
        """Return the actor of an alias, or None.

        Case, accents, full stops and a leading "the" do not count.
        """
        return self._table.get(alias_key(alias))

    def named(self, name: str) -> Entity | None:
        """Return the registered entity of this name, which need not be an alias, or None."""
        return self._named.get(alias_key(name))

    def occurrences(self, keys: Sequence[str]) -> Iterator[tuple[int, int, Registered]]:
        """Yield where aliases stand among folded words, the longest at each place, none twice.

        Args:
            keys: Folded words of a text; those that are empty (a full stop) do not count.

        Yields:
            First word, one past the last word, and the actor.
        """
        start = 0
        while start < len(keys):
            end, found = self._longest_at(keys, start)
            if found:
                yield start, end, found
            start = end

    def _longest_at(self, keys: Sequence[str], start: int) -> tuple[int, Registered | None]:
        """Return the end and the actor of the longest alias that starts at a word."""
        best: tuple[int, Registered | None] = (start + 1, None)
        words: list[str] = []
        for end in range(start, len(keys)):
            if not keys[end]:
                continue
            words.append(keys[end])
            if len(words) > self._longest or not keys[start]:
                break
            found = self._table.get(" ".join(words))
            if found:
                best = (end + 1, found)
        return best

    def over(self, other: ActorRegistry) -> ActorRegistry:
        """Return a registry with the aliases of both; where both know one, this one wins."""
        return ActorRegistry({**other._table, **self._table})

    @classmethod
    def from_csv(cls, path: str | Path) -> ActorRegistry:
        """Read a UTF-8 CSV file with the columns alias, name, kind, id, represents.

        Args:
            path: The file; only `alias` and `name` must be filled. Semicolons or tabs may
                separate its cells instead of commas.

        Raises:
            RegistryError: If the file cannot be read, a column is missing or unknown, an alias
                stands twice for different actors, or a row is bad. The line is named.
        """
        source = Path(path)
        try:
            data = source.read_bytes()
        except OSError as error:
            message = (
                f"{source}: cannot read the actor registry ({error.strerror or error}); "
                "give the path of a CSV file"
            )
            raise RegistryError(message) from error
        return cls(_table(_csv_rows(_decoded(data, str(source)), str(source)), str(source)))

    @classmethod
    def from_rows(cls, rows: Iterable[Mapping[str, str | None]]) -> ActorRegistry:
        """Make a registry from mappings with the keys of the CSV columns.

        Raises:
            RegistryError: As `from_csv`; rows are numbered from 1.
        """
        numbered: list[tuple[int, Mapping[str, str | None]]] = []
        for number, row in enumerate(rows, start=1):
            if not isinstance(row, Mapping):
                message = (
                    f"registry row {number}: got {type(row).__name__}, "
                    f"need a mapping with the keys {', '.join(COLUMNS)}"
                )
                raise RegistryError(message)
            unknown = sorted(str(key) for key in row if key not in COLUMNS)
            if unknown:
                message = (
                    f"registry row {number}: unknown key {', '.join(unknown)}; "
                    f"the keys are {', '.join(COLUMNS)}"
                )
                raise RegistryError(message)
            numbered.append((number, row))
        return cls(_table(numbered, "registry", unit="row"))


@lru_cache(maxsize=20_000)
def alias_key(alias: str) -> str:
    """Return the key under which spellings of an alias meet; a leading "the" is no part of it."""
    keys = [token.key for token in tokenize(alias) if token.key]
    if len(keys) > 1 and keys[0] == "the":
        del keys[0]
    return " ".join(keys)


def _decoded(data: bytes, source: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        message = (
            f"{source}, line {line}: not UTF-8 (byte 0x{error.object[error.start]:02x}); "
            "save the file as CSV in UTF-8"
        )
        raise RegistryError(message) from error


def _csv_rows(text: str, source: str) -> Iterator[tuple[int, Mapping[str, str | None]]]:
    """Yield the rows of a table with their lines; the header shows what separates the cells."""
    header = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=header.count)  # the comma where none occurs
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    try:
        names = [(name or "").strip() for name in reader.fieldnames or ()]
        _check_columns(names, source)
        reader.fieldnames = names
        while True:
            line = reader.line_num + 1
            row = next(reader, None)
            if row is None:
                return
            yield reader.line_num, row
    except csv.Error as error:
        message = f"{source}, line {line}: {_csv_fault(error)}"
        raise RegistryError(message) from error


def _csv_fault(error: csv.Error) -> str:
    if "unexpected end of data" in str(error):
        return "a quote is opened and never closed; close it, or double a quote inside a cell"
    if "field limit" in str(error):
        return (
            f"a cell has more than {csv.field_size_limit()} characters; "
            "shorten it, or close a quote left open"
        )
    return f"bad CSV ({error}); quote cells that hold separators, double a quote inside a cell"


def _check_columns(given: Sequence[str], source: str) -> None:
    missing = [name for name in ("alias", "name") if name not in given]
    unknown = [name for name in given if name not in COLUMNS]
    repeated = sorted({name for name in given if given.count(name) > 1})
    if missing or unknown or repeated:
        faults = [
            f"{label} {', '.join(repr(name) for name in names_)}"
            for label, names_ in (
                ("missing", missing),
                ("unknown", unknown),
                ("repeated", repeated),
            )
            if names_
        ]
        message = (
            f"{source}, line 1: bad columns ({'; '.join(faults)}); "
            f"the columns are {', '.join(COLUMNS)}, the first two required, "
            "separated by commas, semicolons or tabs"
        )
        raise RegistryError(message)


def _table(
    rows: Iterable[tuple[int, Mapping[str, str | None]]], source: str, *, unit: str = "line"
) -> dict[str, Registered]:
    table: dict[str, Registered] = {}
    lines: dict[str, int] = {}
    for number, row in rows:
        where = f"{source}, {unit} {number}"
        key, found = _registered(row, where)
        if key in table and table[key] != found:
            message = (
                f"{where}: alias {row.get('alias')!r} already means {table[key].entity.name!r} "
                f"({unit} {lines[key]}); keep one of the two"
            )
            raise RegistryError(message)
        table[key] = found
        lines.setdefault(key, number)
    return table


def _registered(row: Mapping[str, str | None], where: str) -> tuple[str, Registered]:
    if None in row:
        message = f"{where}: more cells than columns; quote cells that hold commas"
        raise RegistryError(message)
    cells: dict[str, str] = {}
    for column in COLUMNS:
        value = row.get(column)
        if value is not None and not isinstance(value, str):
            message = f"{where}: {column} is {type(value).__name__}, need text"
            raise RegistryError(message)
        cells[column] = (value or "").strip()
    for column in ("alias", "name"):
        if not cells[column]:
            message = f"{where}: {column} is empty; every row needs an alias and a name"
            raise RegistryError(message)
    kind = cells["kind"] or "unknown"
    if kind not in KINDS:
        message = f"{where}: kind {kind!r} is unknown; use one of {', '.join(KINDS)}"
        raise RegistryError(message)
    wikidata = _WIKIDATA.fullmatch(cells["id"])
    if cells["id"] and not wikidata:
        message = (
            f"{where}: id {cells['id']!r} is no Wikidata id; write it as Q212 or "
            "https://www.wikidata.org/wiki/Q212, or leave it empty"
        )
        raise RegistryError(message)
    key = alias_key(cells["alias"])
    if not any(character.isalnum() for character in key):
        message = (
            f"{where}: alias {cells['alias']!r} has no letter or digit; write it as in the text"
        )
        raise RegistryError(message)
    represents = Entity(cells["represents"], "unknown") if cells["represents"] else None
    return key, Registered(
        Entity(cells["name"], kind, wikidata[1] if wikidata else None), represents
    )
