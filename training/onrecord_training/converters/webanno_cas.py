"""Make a CAS of a WebAnno TSV file, so that `uima.py` reads it like any other export."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from onrecord.errors import CorpusError
from onrecord_training.converters.webanno import Column, Row, parse, unescape
from onrecord_training.corpus import decode

if TYPE_CHECKING:
    from cassis import Cas, TypeSystem  # type: ignore[import-untyped] # ships no types

_REFERENCE = re.compile(r"([0-9]+-[0-9]+(?:\.[0-9]+)?)(?:\[([0-9]+)(?:_([0-9]+))?\])?")
_NUMBERED = re.compile(r"(.*?)(?:\[([0-9]+)\])?", re.DOTALL)
_ANNOTATION, _ARRAY, _LINK = "uima.tcas.Annotation", "uima.cas.FSArray", "onrecord.Link"


def load_cas(data: bytes, name: str) -> Cas:
    """Return the CAS of a WebAnno TSV file, its offsets in code points.

    Raises:
        CorpusError: Names the file, the line, what stands there and what should.
    """
    try:
        table = parse(decode(data, name))
        return _Builder(table.text, table.columns).build(table.rows)
    except CorpusError as error:
        message = str(error) if str(error).startswith(name) else f"{name}: {error}"
        raise CorpusError(message) from error


class _Builder:
    """Makes the annotations of all rows first, then what points from one to another."""

    def __init__(self, text: str, columns: Sequence[Column]) -> None:
        import cassis

        self.columns = columns
        self.types = _type_system(columns)
        self.cas = cassis.Cas(self.types)
        self.cas.sofa_string = text
        self.made: list[Any] = []
        self.stacks: dict[str, dict[str, list[Any]]] = {}  # by row, by layer
        self.numbered: dict[tuple[str, str], Any] = {}  # by layer ("": any) and number
        self.pointers: list[tuple[Row, Column, Any, str]] = []

    def build(self, rows: Sequence[Row]) -> Cas:
        for row in rows:
            if row.id in self.stacks:
                message = f"line {row.number}: row {row.id} occurs twice; one document per file"
                raise CorpusError(message)
            self.stacks[row.id] = defaultdict(list)
            for column, cell in zip(self.columns, row.cells, strict=True):
                if cell != "_" and column.kind != "passed":
                    for place, value in enumerate(_split(cell, "|")):
                        self._take(row, column, place, value)
        filled = set()
        for row, column, annotation, value in self.pointers:
            if column.kind == "relation":
                self._relate(row, column, annotation, value)
            elif (id(annotation), column.feature) not in filled:  # not again for its next token
                self._fill(row, column, annotation, value)
                filled.add((id(annotation), column.feature))
        self.cas.add_all(self.made)
        return self.cas

    def _take(self, row: Row, column: Column, place: int, value: str) -> None:
        if column.kind in ("target", "relation"):
            self.pointers.append((row, column, self._annotation(row, column, place, None), value))
            return
        words, number = _NUMBERED.fullmatch(value).groups()  # type: ignore[union-attr] # matches all
        annotation = self._annotation(row, column, place, number)
        if column.kind == "value" and column.feature and words != "*":
            annotation.set(column.feature, unescape(words))

    def _annotation(self, row: Row, column: Column, place: int, number: str | None) -> Any:
        """Return the annotation at a place of the row's stack, new or continued from above."""
        stack = self.stacks[row.id][column.layer]
        if place < len(stack):
            return stack[place]
        found = self.numbered.get((column.layer, number)) if number else None
        if found is None:
            found = self.types.get_type(column.layer)(begin=row.begin, end=row.end)
            self.made.append(found)
        found.end = max(found.end, row.end)
        stack.append(found)
        if number:
            self.numbered[column.layer, number] = found
            self.numbered.setdefault(("", number), found)
        return found

    def _relate(self, row: Row, column: Column, annotation: Any, value: str) -> None:
        """Set both ends of a relation: it points from the named row to its own."""
        unit, source, target = _reference(row, value)
        annotation.Governor = self._end(row, column, unit, source)
        annotation.Dependent = self._end(row, column, row.id, target)

    def _fill(self, row: Row, column: Column, annotation: Any, value: str) -> None:
        if value not in ("*", "_"):
            ends = [
                self._end(row, column, *_reference(row, item)[:2]) for item in _split(value, ";")
            ]
            links = [self.types.get_type(_LINK)(target=end) for end in ends]
            annotation.set(column.feature, self.types.get_type(_ARRAY)(elements=links))

    def _end(self, row: Row, column: Column, unit: str, number: str | None) -> Any:
        if number and number != "0":
            found = self.numbered.get((column.base, number)) or self.numbered.get(("", number))
        else:
            found = next(iter(self.stacks.get(unit, {}).get(column.base, ())), None)
        if found is None:
            suffix = f"[{number}]" if number else ""
            message = (
                f"line {row.number}: {column.layer} points to {unit}{suffix}, "
                f"where no {column.base} stands; export the document again"
            )
            raise CorpusError(message)
        return found


def _type_system(columns: Sequence[Column]) -> TypeSystem:
    import cassis

    system = cassis.TypeSystem()
    link = system.create_type(_LINK, "uima.cas.TOP")
    system.create_feature(link, "target", _ANNOTATION)
    for column in columns:
        for name in (column.layer, column.base):
            if name and column.kind != "passed" and not system.contains_type(name):
                system.create_type(name, _ANNOTATION)
        if column.kind == "value" and column.feature:
            system.create_feature(column.layer, column.feature, "uima.cas.String")
        elif column.kind == "target":
            system.create_feature(column.layer, column.feature, _ARRAY, elementType=link)
        elif column.kind == "relation":
            system.create_feature(column.layer, "Governor", column.base)
            system.create_feature(column.layer, "Dependent", column.base)
    return system


def _reference(row: Row, value: str) -> tuple[str, str | None, str | None]:
    match = _REFERENCE.fullmatch(value)
    if not match:
        message = f"line {row.number}: {value!r} is no reference; expected 1-2 or 1-2[3]"
        raise CorpusError(message)
    return match[1], match[2], match[3]


def _split(cell: str, mark: str) -> list[str]:
    """Split at every mark that no backslash stands before."""
    parts = [""]
    for piece in re.findall(r"\\?.", cell, re.DOTALL):
        if piece == mark:
            parts.append("")
        else:
            parts[-1] += piece
    return parts
