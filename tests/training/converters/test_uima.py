import zipfile

import cassis
import pytest

from onrecord.errors import CorpusError
from onrecord_training.converters import import_corpus
from onrecord_training.converters.uima import LINK, SPAN, STATEMENT, type_system

from .conftest import COMMITS, OPPOSES, PAIRS, SPANS, TEXT

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


def test_webanno_tsv_is_refused_with_the_way_out(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("#FORMAT=WebAnno TSV 3.3\n")
    with pytest.raises(CorpusError, match="UIMA CAS XMI"):
        import_corpus(path, "uima")


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
