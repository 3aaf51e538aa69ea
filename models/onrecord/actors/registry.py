"""A user's own table of actors, which wins over everything else."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from onrecord.actors.text import tokenize
from onrecord.errors import RegistryError
from onrecord.types import Entity

_WIKIDATA = re.compile(r"Q[1-9]\d*")
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

    def __len__(self) -> int:
        return len(self._table)

    def __contains__(self, alias: object) -> bool:
        return isinstance(alias, str) and alias_key(alias) in self._table

    def find(self, alias: str) -> Registered | None:
        """Return the actor of an alias, or None; case, accents and full stops do not count."""
        return self._table.get(alias_key(alias))

    def over(self, other: ActorRegistry) -> ActorRegistry:
        """Return a registry with the aliases of both; where both know one, this one wins."""
        return ActorRegistry({**other._table, **self._table})

    @classmethod
    def from_csv(cls, path: str | Path) -> ActorRegistry:
        """Read a UTF-8 CSV file with the columns alias, name, kind, id, represents.

        Args:
            path: The file; only `alias` and `name` must be filled.

        Raises:
            RegistryError: If the file cannot be read, a column is missing or unknown, an alias
                stands twice for different actors, or a row is bad. The line is named.
        """
        source = Path(path)
        try:
            with source.open("r", encoding="utf-8-sig", newline="") as stream:
                reader = csv.DictReader(stream, strict=True)
                _check_columns(reader.fieldnames, str(source))
                rows = [(reader.line_num, row) for row in reader]
        except OSError as error:
            message = (
                f"{source}: cannot read the actor registry ({error.strerror or error}); "
                "give the path of a CSV file"
            )
            raise RegistryError(message) from error
        except (UnicodeDecodeError, csv.Error) as error:
            message = f"{source}: not a UTF-8 CSV file ({error}); save it as CSV in UTF-8"
            raise RegistryError(message) from error
        return cls(_table(rows, str(source)))

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


def alias_key(alias: str) -> str:
    """Return the key under which spellings of an alias meet."""
    return " ".join(token.key for token in tokenize(alias) if token.key)


def _check_columns(names: Iterable[str] | None, source: str) -> None:
    given = [(name or "").strip() for name in names or ()]
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
            f"the columns are {', '.join(COLUMNS)}, the first two required"
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
    if cells["id"] and not _WIKIDATA.fullmatch(cells["id"]):
        message = (
            f"{where}: id {cells['id']!r} is no Wikidata id; write it as Q212, or leave it empty"
        )
        raise RegistryError(message)
    key = alias_key(cells["alias"])
    if not any(character.isalnum() for character in key):
        message = (
            f"{where}: alias {cells['alias']!r} has no letter or digit; write it as in the text"
        )
        raise RegistryError(message)
    represents = Entity(cells["represents"], "unknown") if cells["represents"] else None
    return key, Registered(Entity(cells["name"], kind, cells["id"] or None), represents)
