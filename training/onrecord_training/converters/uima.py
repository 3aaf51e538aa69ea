"""UIMA CAS as INCEpTION and WebAnno export it: XMI or JSON, read through `dkpro-cassis`.

Two layouts are understood. Slots: an annotation (the cue) with link features named after the roles,
each link holding a `target`. Relations: span layers with a label feature, and a relation layer with
`Governor` and `Dependent`. cassis turns the CAS's UTF-16 offsets into code points.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onrecord.errors import CorpusError
from onrecord.types import STANCES
from onrecord_training.converters.draft import ROLES, Draft, Fault, Group, Item, Link, Mention
from onrecord_training.converters.reading import files

if TYPE_CHECKING:
    from cassis import Cas  # type: ignore[import-untyped] # ships no types

STATEMENT, SPAN, LINK = "webanno.custom.Statement", "webanno.custom.Mention", "webanno.custom.Part"
_ATTRIBUTES = ("stance", "conditional", "actor", "represents")
_LABELS = ("label", "value", "role")
_TYPE_SYSTEM = "typesystem.xml"


def read(path: Path) -> Iterator[Item]:
    """Yield one draft per CAS of a file, a folder, or a `.zip` export (curated ones are best)."""
    if path.suffix.lower() == ".tsv":
        raise CorpusError(_tsv(path))
    for number, file in enumerate(files(path, ".xmi", ".json", ".zip"), start=1):
        try:
            for name, cas in _load(file):
                yield _draft(cas, number, name)
        except CorpusError as error:
            yield Fault(number, str(error), file.stem)


def _tsv(path: Path) -> str:
    return (
        f"{path}: WebAnno TSV is not read, because no maintained library reads it; "
        "export the same project as `UIMA CAS XMI` or `UIMA CAS JSON`"
    )


def _load(file: Path) -> Iterator[tuple[str, Cas]]:
    """Yield the name and the CAS of every document in a file."""
    import cassis

    try:
        if file.suffix.lower() == ".json":
            yield file.stem, cassis.load_cas_from_json(io.BytesIO(file.read_bytes()))
        elif file.suffix.lower() == ".zip":
            yield from _load_zip(file)
        else:
            system = cassis.load_typesystem(io.BytesIO(_types_beside(file)))
            yield file.stem, cassis.load_cas_from_xmi(io.BytesIO(file.read_bytes()), system)
    except CorpusError:
        raise
    except Exception as error:
        # cassis raises what lxml, json and its own code raise; every one means a broken file.
        message = f"{file}: cannot be read as a UIMA CAS ({type(error).__name__}: {error})"
        raise CorpusError(message) from error


def _types_beside(file: Path) -> bytes:
    for item in file.parent.iterdir():
        if item.name.lower() == _TYPE_SYSTEM:
            return item.read_bytes()
    message = f"{file}: no TypeSystem.xml beside it; keep the two together"
    raise CorpusError(message)


def _load_zip(file: Path) -> Iterator[tuple[str, Cas]]:
    import cassis

    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        if any(name.lower().endswith(".tsv") for name in names):
            raise CorpusError(_tsv(file))
        types = [name for name in names if name.lower().endswith(_TYPE_SYSTEM)]
        found = False
        for name in names:
            if name.lower().endswith(".xmi") and types:
                found = True
                system = cassis.load_typesystem(io.BytesIO(archive.read(types[0])))
                cas = cassis.load_cas_from_xmi(io.BytesIO(archive.read(name)), system)
                yield file.stem if len(names) <= len(types) + 1 else Path(name).stem, cas
            elif name.lower().endswith(".json"):
                found = True
                yield Path(name).stem, cassis.load_cas_from_json(io.BytesIO(archive.read(name)))
    if not found:
        message = f"{file}: no .xmi with its TypeSystem.xml and no .json inside"
        raise CorpusError(message)


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
                values = {key: annotation.get(key) for key in _ATTRIBUTES if key in features}
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
        value = annotation.get(name) if name else None
        if value is None or isinstance(value, str):
            continue
        ends = [link.get("target") for link in getattr(value, "elements", value) or ()]
        for end in ends:
            mentions.setdefault(_id(end), Mention(_id(end), end.begin, end.end, (role,)))
        roles[role] = tuple(_id(end) for end in ends)
    return roles


def _mention(annotation: Any, features: set[str]) -> Mention:
    label = _label(annotation, features)
    values = {key: annotation.get(key) for key in _ATTRIBUTES if key in features}
    given = {key: value for key, value in values.items() if value is not None}
    labels = (label,) if label else ()
    return Mention(_id(annotation), annotation.begin, annotation.end, labels, None, given)


def _label(annotation: Any, features: set[str]) -> str | None:
    name = next((feature for feature in _LABELS if feature in features), None)
    return annotation.get(name) if name else None


def _is_custom(annotation: Any) -> bool:
    """Say whether a type is a project's own layer rather than a sentence, token or tag."""
    name = annotation.type.name
    return not name.startswith(("uima.", "de.tudarmstadt.", "org.dkpro."))


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
