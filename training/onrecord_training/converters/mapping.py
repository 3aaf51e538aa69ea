"""From a project's own labels to ours: a small TOML file.

    [labels]                     # span labels: a role, "ignore", or a cue with its stance
    Speaker = "source"
    "Cue (against)" = "cue=opposes"
    Date = "ignore"

    [relations]                  # relation labels that say the role of the span that is not the cue
    said_by = "source"

    [stances]                    # values of a stance attribute or column
    against = "opposes"

    [attributes]                 # names of attributes: stance, conditional, actor or represents
    Haltung = "stance"

Without a file our own words are understood in any case: Source, CUE, source_of, "Rules out". A span
label that is a stance is a cue with that stance. `Source#2` puts a span into statement 2 of a text,
for tools without relations.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from onrecord.errors import CorpusError
from onrecord.types import STANCES
from onrecord_training.converters.draft import ROLES
from onrecord_training.corpus import suggest

IGNORE = "ignore"
ATTRIBUTES = ("stance", "conditional", "actor", "represents")
_SECTIONS = ("labels", "relations", "stances", "attributes")
_NUMBERED = re.compile(r"^(?P<label>.+?)\s*#\s*(?P<number>\w+)$")
_TRUE, _FALSE = ("true", "yes", "1", "conditional"), ("false", "no", "0", "", "unconditional")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a span label means: a role (None: ignore), maybe a stance, maybe a statement number."""

    role: str | None
    stance: str | None = None
    number: str | None = None


@dataclass(frozen=True, slots=True)
class LabelMap:
    """The mapping of one project; see the module for its file.

    Args:
        labels: Role, `role=stance` or `ignore` by span label.
        relations: Role by relation label.
        stances: Our stance by the project's.
        attributes: Our attribute by the project's.
        legal: The legal stances.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    relations: Mapping[str, str] = field(default_factory=dict)
    stances: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    legal: Sequence[str] = STANCES

    def label(self, given: str) -> Meaning:
        """Return what a span label means.

        Raises:
            CorpusError: If it is neither mapped nor one of our own words.
        """
        if given in self.labels:
            return self._meaning(self.labels[given], None)
        numbered = _NUMBERED.match(given)
        if numbered:
            found = self.label(numbered["label"])
            return Meaning(found.role, found.stance, numbered["number"])
        word = _word(given)
        own = self._own(given)
        if word in ROLES or own:
            return self._meaning(own or word, None)
        known = (*ROLES, *self.legal)
        message = (
            f"span label {given!r} is not known{suggest(given, known)}; map it in the --map file: "
            f'[labels] "{given}" = "source" (or "ignore")'
        )
        raise CorpusError(message)

    def relation(self, given: str) -> str | None:
        """Return the role that a relation label gives to its span, or None where it gives none."""
        if given in self.relations:
            return self.relations[given]
        words = _word(given).split("_")
        return next((role for role in (*ROLES[1:], "cue") if role in words), None)

    def stance(self, given: Any) -> str | None:
        """Return our stance for a project's value; None and "" mean that none was given.

        Raises:
            CorpusError: If the value is neither mapped nor one of the legal stances.
        """
        if given is None or given == "":
            return None
        text = str(given)
        if text in self.stances:
            return self.stances[text]
        own = self._own(text)
        if own:
            return own
        message = f"stance {text!r} is not a label{suggest(text, self.legal)}"
        raise CorpusError(message)

    def _own(self, given: str) -> str | None:
        """Return the legal stance that is written so, or nearly so ("Rules out")."""
        if given in self.legal:
            return given
        word = _word(given)
        return next((stance for stance in self.legal if _word(stance) == word), None)

    def attribute(self, given: str) -> str | None:
        """Return our attribute for a project's name, or None where it is not one of ours."""
        name = self.attributes.get(given, _word(given))
        return name if name in ATTRIBUTES else None

    def _meaning(self, value: str, number: str | None) -> Meaning:
        role, _, stance = value.partition("=")
        if role == IGNORE:
            return Meaning(None)
        if role in self.legal:
            return Meaning("cue", role, number)
        return Meaning(role, stance or None, number)


def truth(given: Any) -> bool:
    """Return a yes/no value that a tool wrote as a word or a number.

    Raises:
        CorpusError: If it is neither.
    """
    if given is None or isinstance(given, bool):
        return bool(given)
    word = str(given).strip().casefold()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    message = f"conditional is {given!r}; expected yes or no"
    raise CorpusError(message)


def read_map(path: str | Path | None, *, legal: Sequence[str] = STANCES) -> LabelMap:
    """Read a mapping file; None gives our own words alone.

    Raises:
        CorpusError: If it is not TOML, or names an unknown section, role, stance or attribute.
    """
    if path is None:
        return LabelMap(legal=legal)
    try:
        raw = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        message = f"{path}: cannot be read as TOML ({error})"
        raise CorpusError(message) from error
    for section in raw:
        _legal(section, _SECTIONS, f"{path}: section")
    tables = {section: _strings(path, section, raw.get(section, {})) for section in _SECTIONS}
    for value in tables["labels"].values():
        role, _, stance = value.partition("=")
        _legal(role, (*ROLES, IGNORE, *legal), f"{path}: [labels]")
        if stance:
            _legal(stance, legal, f"{path}: [labels]")
    for value in tables["relations"].values():
        _legal(value, ROLES, f"{path}: [relations]")
    for value in tables["stances"].values():
        _legal(value, legal, f"{path}: [stances]")
    for value in tables["attributes"].values():
        _legal(value, ATTRIBUTES, f"{path}: [attributes]")
    return LabelMap(**tables, legal=legal)


def _strings(path: str | Path, section: str, table: Any) -> dict[str, str]:
    ok = isinstance(table, dict) and all(isinstance(value, str) for value in table.values())
    if not ok:
        message = f'{path}: [{section}] must hold lines such as Speaker = "source"'
        raise CorpusError(message)
    return dict(table)


def _legal(value: str, legal: Sequence[str], where: str) -> None:
    if value not in legal:
        message = f"{where} {value!r} is not known{suggest(value, legal)}"
        raise CorpusError(message)


def _word(label: str) -> str:
    return label.strip().casefold().replace("-", "_").replace(" ", "_")
