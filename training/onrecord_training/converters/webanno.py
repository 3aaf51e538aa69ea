"""WebAnno TSV 3.3 (3.2 too): what its columns and rows say; `webanno_cas.py` makes a CAS of it.

The format is defined in an appendix of INCEpTION's user guide: a column per feature, a row per
token or part of one, offsets in UTF-16 code units. It does not hold the text between two sentences:
a gap of one character is taken for a space, a longer one for line breaks. Chain layers
(coreference) are passed over: no part of a statement lies in them.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from onrecord.errors import CorpusError
from onrecord_training.converters.offsets import utf16_points

_FORMAT = re.compile(r"#FORMAT=WebAnno TSV 3\.[23]\s*")
_PLACE = re.compile(r"([0-9]+-[0-9]+(?:\.[0-9]+)?)\t([0-9]+)-([0-9]+)\t", re.ASCII)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "b": "\b"}
_FIRST = 3  # columns before those of the layers: place, offsets, words
_GAP = 10_000  # between two sentences; more is a broken offset
_RESERVED = ("self", "type")  # cassis adds an underscore to these


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a layer; `kind` is value, role, target, relation or passed (over)."""

    layer: str
    kind: str
    feature: str = ""
    base: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A token or part of one: line in the file, id (`1-2`, `1-2.1`), offsets, and its cells."""

    number: int
    id: str
    begin: int
    end: int
    words: str
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Sentence:
    number: int
    lines: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Table:
    """What a file holds: its layers' columns, the text, and the rows in code points."""

    columns: Sequence[Column]
    text: str
    rows: Sequence[Row]


def parse(source: str) -> Table:
    """Return the columns, text and rows of a file.

    Raises:
        CorpusError: Names the line, what stands there and what should.
    """
    lines = [line.removesuffix("\r") for line in source.split("\n")]
    columns = _columns(lines)
    text, rows = _placed(_sentences(lines, len(columns)))
    return Table(columns, text, rows)


def unescape(words: str) -> str:
    """Return words or a value as they were before the tool wrote them."""
    return _ESCAPED.sub(lambda match: _ESCAPES.get(match[1], match[1]), words)


def is_project_layer(name: str) -> bool:
    """Say whether a type is a project's own layer rather than a sentence, token or tag."""
    return not name.startswith(("uima.", "de.tudarmstadt.", "org.dkpro."))


def is_name(name: str) -> bool:
    """Say whether a text can name a layer or feature; cassis makes Python classes of both."""
    return all(part.isidentifier() for part in name.split("."))


def _columns(lines: Sequence[str]) -> list[Column]:
    if not _FORMAT.fullmatch(lines[0]):
        message = (
            f"line 1 is {lines[0][:60]!r}; expected '#FORMAT=WebAnno TSV 3.3' (or 3.2); "
            "export the document again as WebAnno TSV 3.3 or as UIMA CAS"
        )
        raise CorpusError(message)
    out: list[Column] = []
    for line in lines[1:]:
        kind, _, rest = line.partition("=")
        if kind not in ("#T_SP", "#T_CH", "#T_RL"):
            break
        layer, *names = rest.split("|")
        _check_name(layer)
        out += _layer(kind, layer, names or [""])
    return out


def _layer(kind: str, layer: str, names: Sequence[str]) -> Iterator[Column]:
    """Yield the columns of one layer; a slot feature has two, a layer without features one."""
    base = names[-1].removeprefix("BT_")
    passed = kind == "#T_CH" or (kind == "#T_RL" and not is_project_layer(base))
    slot = ""
    for name in names:
        if passed:
            yield Column(layer, "passed")
        elif slot:
            _check_name(name)
            yield Column(layer, "target", slot, name)
            slot = ""
        elif kind == "#T_SP" and name.startswith("ROLE_"):
            # ROLE_webanno.custom.Statement:source_webanno.custom.Part
            slot = name.partition(":")[2].partition(".")[0].rpartition("_")[0]
            _check_name(slot)
            yield Column(layer, "role", slot)
        elif kind == "#T_RL" and name.startswith("BT_"):
            _check_name(base)
            yield Column(layer, "relation", base=base)
        else:
            _check_name(name or "none")
            yield Column(layer, "value", f"{name}_" if name in _RESERVED else name)


def _check_name(name: str) -> None:
    """Refuse what cannot be a name, or is a word of Python's."""
    if not is_name(name) or any(map(keyword.iskeyword, name.split("."))):
        message = f"the header has {name!r} where the name of a layer or feature belongs"
        raise CorpusError(message)


def _sentences(lines: Sequence[str], width: int) -> list[_Sentence]:
    out: list[_Sentence] = []
    current: _Sentence | None = None
    for number, line in enumerate(lines, start=1):
        if line.startswith("#Text="):
            if current is None or current.rows:
                current = _Sentence(number)
                out.append(current)
            current.lines.append(unescape(line.removeprefix("#Text=")))
        elif not line.strip():
            current = None
        elif not line.startswith("#"):
            if current is None:
                message = f"line {number}: a row outside of any sentence; expected #Text= before it"
                raise CorpusError(message)
            current.rows.append(_row(line, number, width))
    return out


def _row(line: str, number: int, width: int) -> Row:
    fields = line.split("\t")
    if len(fields) < _FIRST + width or any(fields[_FIRST + width :]):
        message = (
            f"line {number} has {len(fields)} columns; the header asks for {_FIRST + width}; "
            "was the file cut short, or changed by hand?"
        )
        raise CorpusError(message)
    place = _PLACE.match(line)
    if not place:
        message = f"line {number} starts with {line[:30]!r}; expected 1-1, a tab, 0-4, a tab"
        raise CorpusError(message)
    begin, end = int(place[2]), int(place[3])
    return Row(number, place[1], begin, end, fields[2], fields[_FIRST : _FIRST + width])


def _placed(sentences: Sequence[_Sentence]) -> tuple[str, list[Row]]:
    """Return the text, and all rows with offsets in code points.

    Offsets are UTF-16 code units; a file of another tool may count code points instead.

    Raises:
        CorpusError: If a row's words do not stand at its offsets, counted either way.
    """
    try:
        return _laid_out(sentences, wide=True)
    except CorpusError as error:
        try:
            return _laid_out(sentences, wide=False)
        except CorpusError:
            raise error from None


def _laid_out(sentences: Sequence[_Sentence], *, wide: bool) -> tuple[str, list[Row]]:
    text, at = "", 0
    for sentence in sentences:
        words = "\n".join(sentence.lines)
        if not sentence.rows and words.strip():
            message = f"line {sentence.number}: a sentence without rows; was the file cut short?"
            raise CorpusError(message)
        if sentence.rows:
            gap = sentence.rows[0].begin - at
            if not 0 <= gap <= _GAP:
                message = (
                    f"line {sentence.rows[0].number}: the sentence starts at {at + gap}, "
                    f"but the text before it ends at {at}; correct the offsets or export again"
                )
                raise CorpusError(message)
            text += (" " if gap == 1 else "\n" * gap) + words
            at += gap + (len(words.encode("utf-16-le")) // 2 if wide else len(words))
    points = utf16_points(text) if wide else None
    rows = [_checked(row, text, points) for sentence in sentences for row in sentence.rows]
    if rows and text[max(row.end for row in rows) :].strip():
        message = f"line {rows[-1].number}: the rows end in mid-sentence; was the file cut short?"
        raise CorpusError(message)
    return text, rows


def _checked(row: Row, text: str, points: dict[int, int] | None) -> Row:
    begin, end = row.begin, row.end
    if points is not None:
        begin, end = points.get(begin, -1), points.get(end, -1)
    found = text[begin:end] if 0 <= begin <= end <= len(text) else None
    if found is None or found not in (row.words, unescape(row.words)):
        message = (
            f"line {row.number}: {row.words!r} does not stand at {row.begin}-{row.end} "
            f"(there: {found!r}); offsets count UTF-16 code units"
        )
        raise CorpusError(message)
    return replace(row, begin=begin, end=end)
