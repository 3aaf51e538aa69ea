"""What INCEpTION and WebAnno export: UIMA CAS as XMI or JSON through `dkpro-cassis`, WebAnno TSV.

Two layouts are understood. Slots: an annotation (the cue) with link features named after the roles,
each link holding a `target`. Relations: span layers with a label feature, and a relation layer with
`Governor` and `Dependent`. cassis turns the CAS's UTF-16 offsets into code points.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from onrecord.errors import CorpusError
from onrecord.types import STANCES
from onrecord_training.converters.draft import ROLES, Draft, Fault, Group, Item, Link, Mention, Skip
from onrecord_training.converters.reading import files
from onrecord_training.converters.webanno import is_name, is_project_layer
from onrecord_training.converters.webanno_cas import load_cas

if TYPE_CHECKING:
    from cassis import Cas  # type: ignore[import-untyped] # ships no types

STATEMENT, SPAN, LINK = "webanno.custom.Statement", "webanno.custom.Mention", "webanno.custom.Part"
_LABELS = ("label", "value", "role")
_TYPE_SYSTEM = "typesystem.xml"
_PROJECT, _INITIAL = "exportedproject", "INITIAL_CAS"  # of INCEpTION's project exports


@dataclass(frozen=True, slots=True)
class _Member:
    """One CAS: in which folder it lies ("" at the top), what it is called, and how it is loaded."""

    group: tuple[str, ...]
    folder: str
    stem: str
    load: Callable[[], Cas]


def read(path: Path) -> Iterator[Item]:
    """Yield one draft per document of a file, a folder, or a `.zip` export (curated ones are best).

    INCEpTION exports a folder per document with a file per annotator (`d1.txt/alice.json`): such a
    folder names the document and the file its annotator. Any other folder holds documents.
    """
    groups: dict[tuple[str, ...], list[_Member]] = defaultdict(list)
    for member in _members(path):
        groups[member.group].append(member)
    stems = Counter(members[0].stem for members in groups.values() if members[0].folder)
    number = 0
    for members in groups.values():
        folder = members[0].folder
        found: list[Item] = []
        for member in members:
            number += 1
            found.append(_item(member, number))
        texts = {item.text for item in found if isinstance(item, Draft)}
        several = len(members) > 1 or bool(Path(folder).suffix) or stems[members[0].stem] > 1
        by_annotator = bool(folder) and several and len(texts) <= 1
        for item in found:
            if by_annotator and isinstance(item, Draft):
                yield replace(item, id=folder, annotator=item.id)
            else:
                yield replace(item, id=folder) if by_annotator and isinstance(item, Fault) else item


def _item(member: _Member, number: int) -> Item:
    if member.stem == _INITIAL:
        return Skip(number, "the text before any annotation (INITIAL_CAS)")
    try:
        return _draft(member.load(), number, member.stem)
    except CorpusError as error:
        return Fault(number, str(error), member.stem)
    except Exception as error:  # noqa: BLE001 - whatever cassis raises is this document's fault
        place = "/".join((*member.group, member.stem))
        message = f"{place}: cannot be read as a UIMA CAS ({type(error).__name__}: {error})"
        return Fault(number, message, member.stem)


def _members(path: Path) -> Iterator[_Member]:
    """Yield every CAS of a file or folder, those inside zips too."""
    for file in files(path, ".xmi", ".json", ".tsv", ".zip"):
        folders = file.relative_to(path).parts[:-1] if path.is_dir() else ()
        here = _Member(folders, folders[-1] if folders else "", file.stem, partial(_load, file))
        if file.suffix.lower() != ".zip":
            yield here
            continue
        try:
            yield from list(_unpacked(file.read_bytes(), file.name, here))
        except (CorpusError, OSError, zipfile.BadZipFile) as error:
            yield replace(here, load=partial(_refuse, f"{file}: {error}"))


def _refuse(message: str) -> Cas:
    raise CorpusError(message)


def _load(file: Path) -> Cas:
    data = file.read_bytes()
    if file.suffix.lower() == ".tsv":
        return load_cas(data, file.name)
    if file.suffix.lower() == ".json":
        return _from_json(data)
    return _from_xmi(data, _types_beside(file))


def _from_json(data: bytes) -> Cas:
    import cassis

    types = json.loads(data).get("%TYPES", {})
    _check_names(name for name, features in types.items() for name in (name, *features))
    return cassis.load_cas_from_json(io.BytesIO(data))


def _from_xmi(data: bytes, types: bytes) -> Cas:
    import cassis

    system = cassis.load_typesystem(io.BytesIO(types))
    for declared in system.get_types():
        _check_names((declared.name, *(feature.name for feature in declared.features)))
    return cassis.load_cas_from_xmi(io.BytesIO(data), system)


def _check_names(names: Iterable[str]) -> None:
    """Refuse names that are none before anything is made of them."""
    for name in names:
        if not is_name(name.strip().removeprefix("%").removesuffix("[]")):
            message = f"{name!r} stands where the name of a layer or feature belongs"
            raise CorpusError(message)


def _types_beside(file: Path) -> bytes:
    for item in file.parent.iterdir():
        if item.name.lower() == _TYPE_SYSTEM:
            return item.read_bytes()
    message = f"{file}: no TypeSystem.xml beside it; keep the two together"
    raise CorpusError(message)


def _unpacked(data: bytes, name: str, here: _Member) -> Iterator[_Member]:
    """Yield every CAS of a zip; the only one at its top has the zip's own place and name."""
    archive = zipfile.ZipFile(io.BytesIO(data))
    names = archive.namelist()
    types = [item for item in names if item.lower().endswith(_TYPE_SYSTEM)]
    documents = [item for item in names if _is_document(item, types)]
    if not documents:
        message = f"{name}: no .xmi with its TypeSystem.xml, no .json and no .tsv inside"
        raise CorpusError(message)
    for item in documents:
        place = PurePosixPath(item)
        folders = place.parts[:-1]
        member = replace(here, load=partial(_load_packed, archive, item, types))
        if len(documents) > 1 or folders:
            group = (*here.group, name, *folders)
            member = replace(
                member, group=group, folder=folders[-1] if folders else "", stem=place.stem
            )
        if place.suffix.lower() != ".zip":
            yield member
            continue
        try:
            yield from list(_unpacked(archive.read(item), item, member))
        except (CorpusError, zipfile.BadZipFile) as error:
            yield replace(member, load=partial(_refuse, f"{item}: {error}"))


def _is_document(name: str, types: Sequence[str]) -> bool:
    place = PurePosixPath(name.lower())
    if place.suffix == ".json":
        return not place.name.startswith(_PROJECT)
    return place.suffix in (".tsv", ".zip") or (place.suffix == ".xmi" and bool(types))


def _load_packed(archive: zipfile.ZipFile, name: str, types: Sequence[str]) -> Cas:
    data = archive.read(name)
    if name.lower().endswith(".tsv"):
        return load_cas(data, PurePosixPath(name).name)
    if name.lower().endswith(".json"):
        return _from_json(data)
    folder = PurePosixPath(name).parent
    beside = [item for item in types if PurePosixPath(item).parent == folder]
    return _from_xmi(data, archive.read((beside or list(types))[0]))


def _draft(cas: Cas, number: int, name: str) -> Draft:
    text = cas.sofa_string or ""
    groups: list[Group] = []
    mentions: dict[str, Mention] = {}
    links: list[Link] = []
    for annotation in cas.select_all_annotations():
        features = {feature.name for feature in annotation.type.all_features}
        if {"Governor", "Dependent"} <= features:
            head, child = annotation.get("Governor"), annotation.get("Dependent")
            if head is not None and child is not None and _is_custom(head) and _is_custom(child):
                links.append(Link(_id(head), _id(child), _label(annotation, features) or ""))
        elif _is_custom(annotation) and {"begin", "end"} <= features:
            mentions[_id(annotation)] = _mention(annotation, features)
            roles = _slots(annotation, features, mentions)
            if roles:
                values = _attributes(annotation, features)
                groups.append(Group({"cue": (_id(annotation),), **roles}, values))
    bare = not groups
    used = tuple(m for m in mentions.values() if m.labels) if bare else tuple(mentions.values())
    return Draft(number, name, text, used, tuple(links), None if bare else tuple(groups))


def _slots(
    annotation: Any, features: set[str], mentions: dict[str, Mention]
) -> dict[str, tuple[str, ...]]:
    """Return mention ids by role from the link features of an annotation, and add the mentions."""
    roles: dict[str, tuple[str, ...]] = {}
    for role in ROLES[1:]:
        name = next((feature for feature in features if feature.casefold() == role), None)
        if name is None or not _holds_spans(annotation, name):
            continue
        ends = list(_ends(annotation.get(name)))
        for end in ends:
            mentions.setdefault(_id(end), Mention(_id(end), end.begin, end.end, (role,)))
        roles[role] = tuple(_id(end) for end in ends)
    return roles


def _holds_spans(annotation: Any, name: str) -> bool:
    kind = annotation.type.get_feature(name).rangeType.name
    return not kind.startswith("uima.cas.") or kind.endswith(("Array", "TOP"))


def _ends(value: Any) -> Iterator[Any]:
    """Yield the spans of a feature: of its links, of an array of spans, or the one span it is."""
    items = getattr(value, "elements", value)
    for item in items if isinstance(items, list | tuple) else [items]:
        if item is not None:
            features = {feature.name for feature in item.type.all_features}
            end = item.get("target") if "target" in features else item
            if end is not None:
                yield end


def _mention(annotation: Any, features: set[str]) -> Mention:
    label = _label(annotation, features)
    given = _attributes(annotation, features - set(_LABELS))
    labels = (label,) if label else ()
    return Mention(_id(annotation), annotation.begin, annotation.end, labels, None, given)


def _attributes(annotation: Any, features: set[str]) -> dict[str, Any]:
    """Return the strings and yes/no values of an annotation under the names of its features."""
    names = sorted(name for name in features if name.casefold() not in ROLES)
    values = {name: annotation.get(name) for name in names}
    return {name: value for name, value in values.items() if isinstance(value, str | bool)}


def _label(annotation: Any, features: set[str]) -> str | None:
    name = next((feature for feature in _LABELS if feature in features), None)
    return annotation.get(name) if name else None


def _is_custom(annotation: Any) -> bool:
    return is_project_layer(annotation.type.name)


def _id(annotation: Any) -> str:
    return str(annotation.xmiID)


def type_system(stances: Iterable[str] = STANCES) -> str:
    """Return the layers of our schema as a UIMA type system, to be imported into INCEpTION."""
    import cassis

    system = cassis.TypeSystem()
    system.create_type(SPAN, "uima.tcas.Annotation", description="A source, content or target.")
    link = system.create_type(LINK, "uima.cas.TOP", description="One slot of a statement.")
    system.create_feature(link, "role", "uima.cas.String")
    system.create_feature(link, "target", SPAN)
    legal = ", ".join(stances)
    statement = system.create_type(STATEMENT, "uima.tcas.Annotation", description="A cue.")
    for role in ROLES[1:]:
        system.create_feature(statement, role, "uima.cas.FSArray", elementType=LINK)
    system.create_feature(statement, "stance", "uima.cas.String", description=f"One of: {legal}")
    system.create_feature(statement, "conditional", "uima.cas.Boolean")
    system.create_feature(statement, "actor", "uima.cas.String")
    system.create_feature(statement, "represents", "uima.cas.String")
    xml: str = system.to_xml()
    return xml
