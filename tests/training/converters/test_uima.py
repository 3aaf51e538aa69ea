import io
import re
import zipfile

import cassis
import pytest

from onrecord_training.converters import import_corpus
from onrecord_training.converters.mapping import LabelMap
from onrecord_training.converters.uima import LINK, SPAN, STATEMENT, type_system
from onrecord_training.corpus import GoldStatement

from .conftest import COMMITS, OPPOSES, PAIRS, SPANS, TEXT, project, two_annotators_agree, zipped

STANCES = {"c1": "opposes", "c2": "commits"}


def slots():
    """Build the CAS that INCEpTION exports for our layers: one statement per cue, with slots."""
    system = cassis.load_typesystem(type_system())
    cas = cassis.Cas(system)
    cas.sofa_string = TEXT
    span, link, statement = map(system.get_type, (SPAN, LINK, STATEMENT))
    for number in "12":
        links = {}
        for key, role in (("s", "source"), ("k", "content"), ("t", "target")):
            start, end, _ = SPANS[key + number]
            part = span(begin=start, end=end)
            cas.add(part)
            links[role] = link(role=role, target=part)
        start, end, _ = SPANS["c" + number]
        array = system.get_type("uima.cas.FSArray")
        arrays = {role: array(elements=[item]) for role, item in links.items()}
        cas.add(statement(begin=start, end=end, stance=STANCES["c" + number], **arrays))
    return cas


def relations():
    """Build a CAS with a labelled span layer and a relation layer."""
    system = cassis.TypeSystem()
    span = system.create_type("webanno.custom.Part", "uima.tcas.Annotation")
    system.create_feature(span, "label", "uima.cas.String")
    relation = system.create_type("webanno.custom.Rel", "uima.tcas.Annotation")
    system.create_feature(relation, "Governor", span)
    system.create_feature(relation, "Dependent", span)
    system.create_feature(relation, "label", "uima.cas.String")
    cas = cassis.Cas(system)
    cas.sofa_string = TEXT
    parts = {}
    for key, (start, end, label) in SPANS.items():
        parts[key] = span(begin=start, end=end, label=STANCES.get(key, label))
        cas.add(parts[key])
    for child, head in PAIRS:
        end = parts[head]
        link = relation(begin=end.begin, end=end.end, Governor=end, Dependent=parts[child])
        cas.add(link)
    return cas


@pytest.mark.parametrize("build", [slots, relations])
def test_xmi_is_read_with_utf16_offsets_turned_into_code_points(tmp_path, build):
    cas = build()
    cas.to_xmi(tmp_path / "a.xmi")
    cas.typesystem.to_xml(tmp_path / "TypeSystem.xml")
    assert 'begin="3"' in (tmp_path / "a.xmi").read_text(encoding="utf-8")
    done = import_corpus(tmp_path, "uima")
    assert not done.report.rejected
    assert done.records[0].id == "a"
    assert done.records[0].statements == (OPPOSES, COMMITS)


@pytest.mark.parametrize("build", [slots, relations])
def test_json_cas_is_read(tmp_path, build):
    build().to_json(tmp_path / "a.json")
    assert import_corpus(tmp_path / "a.json", "uima").records[0].statements == (OPPOSES, COMMITS)


def test_a_zip_export_is_read(tmp_path):
    cas = slots()
    with zipfile.ZipFile(tmp_path / "news-1.zip", "w") as archive:
        archive.writestr("curation.xmi", cas.to_xmi())
        archive.writestr("TypeSystem.xml", cas.typesystem.to_xml())
    (record,) = import_corpus(tmp_path / "news-1.zip", "uima").records
    assert record.id == "news-1"
    assert record.statements == (OPPOSES, COMMITS)


def test_a_broken_cas_does_not_lose_the_others(tmp_path):
    cas = slots()
    cas.to_xmi(tmp_path / "b.xmi")
    cas.typesystem.to_xml(tmp_path / "TypeSystem.xml")
    (tmp_path / "a.xmi").write_text("<xmi:XMI")
    report = import_corpus(tmp_path, "uima").report
    assert report.imported == 1
    assert "cannot be read as a UIMA CAS" in report.rejected[0].reason


def test_xmi_without_its_type_system_is_refused(tmp_path):
    slots().to_xmi(tmp_path / "a.xmi")
    report = import_corpus(tmp_path, "uima").report
    assert "no TypeSystem.xml beside it" in report.rejected[0].reason


@pytest.mark.parametrize("packed", [False, True])
def test_a_folder_per_document_holds_one_file_per_annotator(tmp_path, packed):
    root = tmp_path / "annotation"
    project(root, ".json", slots().to_json(), "d1.txt", "d2.txt")
    if packed:
        root = zipped(tmp_path, ".json", tmp_path / "export.zip")
    two_annotators_agree(import_corpus(root, "uima"))


def test_a_zip_for_each_annotator_is_opened_in_a_folder_and_in_a_zip(tmp_path):
    cas = slots()
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("alice.xmi", cas.to_xmi())
        archive.writestr("TypeSystem.xml", cas.typesystem.to_xml())
    folder = tmp_path / "annotation" / "d1.txt"
    folder.mkdir(parents=True)
    (folder / "alice.zip").write_bytes(inner.getvalue())
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("annotation/d1.txt/alice.zip", inner.getvalue())
        archive.writestr("exportedproject.json", "{}")
        archive.writestr("source/d1.txt", TEXT)
    for path in (tmp_path / "annotation", tmp_path / "all.zip"):
        done = import_corpus(path, "uima")
        assert not done.report.rejected
        assert [record.id for record in done.records] == ["d1.txt"]
        assert done.report.annotators == {"alice": 1}


def test_a_broken_member_does_not_lose_the_others_of_its_zip(tmp_path):
    project(tmp_path / "in", ".json", slots().to_json(), "d1.txt")
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("annotation/d0.txt/alice.json", "{")
        for who in ("alice", "bob"):
            archive.write(
                tmp_path / "in" / "d1.txt" / f"{who}.json", f"annotation/d1.txt/{who}.json"
            )
    report = import_corpus(tmp_path / "all.zip", "uima").report
    assert report.annotators == {"alice": 1, "bob": 1}
    assert report.rejected[0].id == "d0.txt"


def test_files_of_different_texts_in_one_folder_are_documents(tmp_path):
    folder = tmp_path / "root" / "curated"
    folder.mkdir(parents=True)
    slots().to_json(folder / "d1.json")
    other = relations()
    other.sofa_string = TEXT + " Later."
    other.to_json(folder / "d2.json")
    done = import_corpus(tmp_path / "root", "uima")
    assert [record.id for record in done.records] == ["d1", "d2"]
    assert not done.report.annotators


def one_statement(source, **values):
    """Build a CAS whose cue has a source feature of any shape, and features of any name."""
    system = cassis.TypeSystem()
    span = system.create_type(SPAN, "uima.tcas.Annotation")
    link = system.create_type(LINK, "uima.cas.TOP")
    system.create_feature(link, "target", span)
    statement = system.create_type(STATEMENT, "uima.tcas.Annotation")
    is_link = source in ("empty", "link")
    kind = "uima.cas.FSArray" if is_link else "uima.cas.String" if source == "text" else span
    system.create_feature(statement, "source", kind, elementType=link if is_link else None)
    for name, value in values.items():
        kind = "Boolean" if isinstance(value, bool) else "String"
        system.create_feature(statement, name, f"uima.cas.{kind}")
    cas = cassis.Cas(system)
    cas.sofa_string = TEXT
    end = None if source == "empty" else span(begin=2, end=8)
    if end:
        cas.add(end)
    if is_link:
        end = system.get_type("uima.cas.FSArray")(elements=[link(target=end)])
    cas.add(statement(begin=9, end=16, source="Oskvar" if source == "text" else end, **values))
    return cas


@pytest.mark.parametrize(
    ("source", "span"), [("link", (2, 8)), ("direct", (2, 8)), ("empty", None), ("null", None)]
)
def test_a_source_may_be_linked_directly_or_left_empty(tmp_path, source, span):
    cas = one_statement(source)
    if source == "null":
        cas.select(STATEMENT)[0].source = None
    cas.to_json(tmp_path / "a.json")
    done = import_corpus(tmp_path / "a.json", "uima")
    assert done.records[0].statements == (GoldStatement((9, 16), span),)


def test_a_document_that_is_shaped_otherwise_does_not_lose_the_others(tmp_path):
    slots().to_json(tmp_path / "b.json")
    cas = slots()
    cas.to_json(tmp_path / "a.json")
    broken = (tmp_path / "a.json").read_text(encoding="utf-8")
    broken = re.sub(r'"@target"\s*:\s*\d+', '"@target": 1', broken)
    (tmp_path / "a.json").write_text(broken, encoding="utf-8")
    report = import_corpus(tmp_path, "uima").report
    assert report.imported == 1
    assert report.rejected[0].id == "a"


@pytest.mark.parametrize("name", ["Haltung", "Stance", "stance"])
def test_a_feature_of_the_cue_becomes_an_attribute_under_its_own_name(tmp_path, name):
    values = {name: "opposes", "checked": True, "note": "see page 2"}
    one_statement("link", **values).to_json(tmp_path / "a.json")
    labels = LabelMap(attributes={"Haltung": "stance"})
    (record,) = import_corpus(tmp_path / "a.json", "uima", labels=labels).records
    assert record.statements[0].stance == "opposes"
    assert record.statements[0].extra == {"checked": True, "note": "see page 2"}


@pytest.mark.parametrize("name", ["webanno.custom.Statement", "stance"])
def test_a_layer_or_feature_whose_name_is_code_is_refused_before_it_is_run(tmp_path, name):
    hostile = "stance=print('run')"
    slots().to_json(tmp_path / "a.json")
    for path, text in (
        (tmp_path / "d1.json", (tmp_path / "a.json").read_text()),
        (tmp_path / "TypeSystem.xml", type_system()),
    ):
        path.write_text(
            text.replace(f'"{name}"', f'"{hostile}"').replace(f">{name}<", f">{hostile}<")
        )
    slots().to_xmi(tmp_path / "d2.xmi")
    report = import_corpus(tmp_path, "uima").report
    assert report.imported == 1
    assert [f"{hostile!r} stands where" in fault.reason for fault in report.rejected] == [
        True,
        True,
    ]
