"""Each export is read back with another library than the one that wrote it."""

import csv
import errno
import io
import json
import random
from pathlib import Path

import pytest
from typer.testing import CliRunner

from onrecord import exports
from onrecord.errors import CorpusError
from onrecord.exports.common import ExportError
from onrecord_service import cli
from tests.service.corpus.samples import TEXT, sample

UNITS = ["codepoint", "utf16", "utf8"]


@pytest.fixture
def labelled(tmp_path):
    path = tmp_path / "labelled.jsonl"
    path.write_text(json.dumps(sample()) + "\n", "utf-8")
    return path


def run(path, to, output, *options):
    arguments = ["export", str(path), "--to", to, "-o", str(output), *options]
    result = CliRunner().invoke(cli.build_app(), arguments)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("unit", UNITS)
def test_dna_positions_slice_the_text_as_java_counts(unit):
    lines = list(exports.to_dna([sample(unit)]))
    rows = list(csv.DictReader(io.StringIO("".join(lines)), delimiter=";"))
    assert [row["agreement"] for row in rows] == ["0", "0"]
    java = TEXT.encode("utf-16-le")
    for row in rows:
        start, stop = 2 * int(row["start_position"]), 2 * int(row["stop_position"])
        stretch = java[start:stop].decode("utf-16-le")
        assert " ".join(stretch.split()).replace(";", ",").replace('"', "'") == row["text"]
    first, second = rows
    assert (first["person"], first["organization"]) == ("Kari Lie", "Norway")
    assert first["time"] == "2025-03-04 05:06:07"
    assert first["document_title"] == "A 'title', two"
    assert (second["person"], second["organization"]) == ("", "Chad")
    assert second["concept"] == "<b>the, plan</b>"


def test_dna_writes_neutral_statements_on_request_as_integers():
    rows = list(csv.DictReader(exports.to_dna([sample()], neutral=True), delimiter=";"))
    assert [row["agreement"] for row in rows] == ["-1", "0", "-1"]


def test_pandas_reads_dna_with_every_column(labelled, tmp_path):
    pandas = pytest.importorskip("pandas")
    run(labelled, "dna", tmp_path / "o.csv")
    frame = pandas.read_csv(tmp_path / "o.csv", sep=";")
    assert tuple(frame.columns) == exports.DNA_COLUMNS
    assert frame["time"].str.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d").all()


def test_networkx_reads_graphml_with_signed_weights(labelled, tmp_path):
    networkx = pytest.importorskip("networkx")
    run(labelled, "graphml", tmp_path / "o.graphml")
    graph = networkx.read_graphml(tmp_path / "o.graphml")
    edge = graph.edges["actor:Chad", "issue:<b>the; plan</b>"]
    assert (edge["weight"], edge["sign"], edge["count"]) == (-1, -1, 1)
    assert graph.edges["actor:Norway", "issue:Oslo"]["weight"] == 0
    assert graph.nodes["actor:Chad"] == {
        "label": "Chad",
        "type": "actor",
        "kind": "state",
        "statements": 1,
    }
    assert all(attributes["type"] in {"actor", "issue"} for _, attributes in graph.nodes.items())


def test_node_and_edge_tables_agree_with_graphml(labelled, tmp_path):
    networkx = pytest.importorskip("networkx")
    run(labelled, "network", tmp_path / "o", "--by", "actor")
    run(labelled, "graphml", tmp_path / "o.graphml", "--by", "actor")
    graph = networkx.read_graphml(tmp_path / "o.graphml")
    with (tmp_path / "o" / "edges.csv").open(encoding="utf-8", newline="") as stream:
        edges = {
            (row["Source"], row["Target"]): int(row["weight"]) for row in csv.DictReader(stream)
        }
    assert edges == {(a, b): data["weight"] for a, b, data in graph.edges(data=True)}
    with (tmp_path / "o" / "nodes.csv").open(encoding="utf-8", newline="") as stream:
        assert {row["Id"] for row in csv.DictReader(stream)} == set(graph.nodes)
    assert ("actor:Kari Lie", "issue:“new quotas”") in edges


ANNO = "http://www.w3.org/ns/anno.jsonld"
OA = "http://www.w3.org/ns/oa#"
AS = "https://www.w3.org/ns/activitystreams#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
CONTEXTS = {
    # The terms of the W3C context that we use, as published at that address.
    ANNO: {
        "oa": OA,
        "as": AS,
        "schema": "http://schema.org/",
        "rdf": RDF,
        "id": {"@type": "@id", "@id": "@id"},
        "type": {"@type": "@id", "@id": "@type"},
        "Annotation": "oa:Annotation",
        "AnnotationPage": "as:OrderedCollectionPage",
        "TextualBody": "oa:TextualBody",
        "SpecificResource": "oa:SpecificResource",
        "TextPositionSelector": "oa:TextPositionSelector",
        "TextQuoteSelector": "oa:TextQuoteSelector",
        "Software": "as:Application",
        "body": {"@type": "@id", "@id": "oa:hasBody"},
        "target": {"@type": "@id", "@id": "oa:hasTarget"},
        "source": {"@type": "@id", "@id": "oa:hasSource"},
        "selector": {"@type": "@id", "@id": "oa:hasSelector"},
        "motivation": {"@type": "@vocab", "@id": "oa:motivatedBy"},
        "purpose": {"@type": "@vocab", "@id": "oa:hasPurpose"},
        "classifying": "oa:classifying",
        "describing": "oa:describing",
        "highlighting": "oa:highlighting",
        "identifying": "oa:identifying",
        "tagging": "oa:tagging",
        "generator": {"@type": "@id", "@id": "as:generator"},
        "name": "http://xmlns.com/foaf/0.1/name",
        "value": "rdf:value",
        "start": "oa:start",
        "end": "oa:end",
        "exact": "oa:exact",
        "prefix": "oa:prefix",
        "suffix": "oa:suffix",
        "items": {"@type": "@id", "@id": "as:items", "@container": "@list"},
    },
    "https://schema.org": {"@vocab": "http://schema.org/", "sameAs": {"@type": "@id"}},
}


def graph_of(document):
    jsonld = pytest.importorskip("pyld").jsonld
    rdflib = pytest.importorskip("rdflib")

    def load(url, _options):
        return {"contextUrl": None, "documentUrl": url, "document": {"@context": CONTEXTS[url]}}

    quads = jsonld.to_rdf(document, {"documentLoader": load, "format": "application/n-quads"})
    graph = rdflib.Graph()
    graph.parse(data=quads, format="nt")
    return graph


def test_web_annotations_are_rdf_whose_selectors_find_the_text(labelled, tmp_path):
    run(labelled, "annotation", tmp_path / "o.jsonld")
    document = json.loads((tmp_path / "o.jsonld").read_text("utf-8"))
    graph = graph_of(document)
    found = graph.query(
        f"""PREFIX oa: <{OA}> SELECT ?start ?end ?exact ?prefix ?suffix ?source WHERE {{
        ?a a oa:Annotation ; oa:hasTarget ?t . ?t oa:hasSource ?source ;
        oa:hasSelector ?p, ?q . ?p oa:start ?start ; oa:end ?end .
        ?q oa:exact ?exact ; oa:prefix ?prefix ; oa:suffix ?suffix }}"""
    )
    rows = list(found)
    assert len(rows) == 4
    for row in rows:
        start, end = int(row.start), int(row.end)
        assert TEXT[start:end] == str(row.exact)
        assert TEXT[:start].endswith(str(row.prefix))
        assert TEXT[end:].startswith(str(row.suffix))
        assert str(row.source) == "https://example.org/a"


def test_web_annotation_names_stance_and_wikidata_entity():
    items = list(exports.to_web_annotations([sample("utf16")]))
    bodies = items[0]["body"]
    assert {"type": "TextualBody", "purpose": "tagging", "value": "rules_out"} in bodies
    assert {
        "type": "SpecificResource",
        "purpose": "identifying",
        "source": "http://www.wikidata.org/entity/Q20",
    } in bodies
    for body in bodies:
        if "onrecord:role" in body:
            assert TEXT[body["onrecord:start"] : body["onrecord:end"]] == body["value"]
    assert len({item["id"] for item in items}) == 4


def test_quotations_are_schema_org_and_hold_quoted_words_only(labelled, tmp_path):
    run(labelled, "schema", tmp_path / "o.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "o.jsonl").read_text("utf-8").splitlines()]
    assert [row["text"] for row in rows] == ["“new quotas”", "“We will\nwait,” [...] “for Oslo.”"]
    graph = graph_of(rows)
    answer = graph.query(
        """PREFIX s: <http://schema.org/> SELECT ?who ?state ?page WHERE {
        ?q a s:Quotation ; s:creator ?c ; s:isPartOf ?p . ?c a s:Person ; s:name ?who ;
        s:affiliation/s:sameAs ?state . ?p a s:NewsArticle ; s:url ?page } LIMIT 1"""
    )
    (row,) = answer
    assert [str(value) for value in row] == [
        "Kari Lie",
        "http://www.wikidata.org/entity/Q20",
        "https://example.org/a",
    ]


def read_brat(folder, name):
    """Read standoff by the rules of brat's own manual."""
    text = (folder / f"{name}.txt").read_bytes().decode()
    spans, events, attributes = {}, {}, []
    for line in (folder / f"{name}.ann").read_bytes().decode().split("\n"):
        if line.startswith("T"):
            key, place, words = line.split("\t")
            label, _, offsets = place.partition(" ")
            pieces = [tuple(map(int, piece.split())) for piece in offsets.split(";")]
            assert " ".join(text[start:end] for start, end in pieces) == words
            assert "\n" not in words
            spans[key] = (label, pieces)
        elif line.startswith("E"):
            key, roles = line.split("\t")
            events[key] = [role.split(":") for role in roles.split()]
        elif line.startswith("A"):
            attributes.append(line.split("\t")[1].split())
    return spans, events, attributes


@pytest.mark.parametrize("unit", UNITS)
def test_brat_files_keep_split_quotes_and_line_breaks(tmp_path, unit):
    path = tmp_path / "labelled.jsonl"
    path.write_text(json.dumps(sample(unit)) + "\n", "utf-8")
    run(path, "brat", tmp_path / "o")
    spans, events, attributes = read_brat(tmp_path / "o", "a_1")
    assert len(events) == 4
    roles = dict(map(tuple, events["E2"]))
    label, pieces = spans[roles["Content"]]
    assert label == "Content"
    assert [TEXT[start:end] for start, end in pieces] == ["“We will", "wait,”", "“for Oslo.”"]
    assert ["Stance", "E1", "rules_out"] in attributes
    assert ["Conditional", "E2"] in attributes
    assert "[events]" in (tmp_path / "o" / "annotation.conf").read_text()


def test_brat_names_never_clash():
    articles = [{**sample(), "id": name} for name in ("a/1", "a_1", "A:1", "...")]
    assert [files.name for files in exports.to_brat(articles)] == [
        "a_1",
        "a_1_2",
        "A_1_3",
        "article",
    ]


TASK_SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["data", "predictions"],
        "properties": {
            "data": {"type": "object", "required": ["text"]},
            "predictions": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["model_version", "score", "result"],
                    "properties": {
                        "score": {"type": "number", "minimum": 0, "maximum": 1},
                        "result": {
                            "type": "array",
                            "items": {
                                "oneOf": [
                                    {
                                        "required": ["id", "from_name", "to_name", "value"],
                                        "properties": {
                                            "type": {"enum": ["labels", "choices"]},
                                            "value": {"required": ["start", "end"]},
                                        },
                                    },
                                    {
                                        "required": ["from_id", "to_id", "labels", "direction"],
                                        "properties": {"type": {"const": "relation"}},
                                    },
                                ]
                            },
                        },
                    },
                },
            },
        },
    },
}


def test_label_studio_tasks_fit_their_schema_and_their_own_interface(labelled, tmp_path):
    jsonschema = pytest.importorskip("jsonschema")
    from xml.etree import ElementTree as ET

    run(labelled, "labelstudio", tmp_path / "o.json")
    tasks = json.loads((tmp_path / "o.json").read_text("utf-8"))
    jsonschema.validate(tasks, TASK_SCHEMA)
    interface = ET.parse(tmp_path / "o.xml").getroot()
    names = {tag.get("name") for tag in interface.iter() if tag.get("name")}
    values = {tag.get("value") for tag in interface.iter() if tag.get("value")}
    (task,) = tasks
    result = task["predictions"][0]["result"]
    regions = {row["id"] for row in result if row["type"] == "labels"}
    for row in result:
        if row["type"] == "relation":
            assert {row["from_id"], row["to_id"]} <= regions
            assert set(row["labels"]) <= values
        else:
            assert {row["from_name"], row["to_name"]} <= names
            value = row["value"]
            assert set(value.get("labels", value.get("choices"))) <= values
            if row["type"] == "labels":
                assert task["data"]["text"][value["start"] : value["end"]] == value["text"]


def test_flat_tables_are_exported_too(labelled, tmp_path):
    pq = pytest.importorskip("pyarrow.parquet")
    run(labelled, "csv", tmp_path / "o.csv")
    run(labelled, "parquet", tmp_path / "o.parquet")
    with (tmp_path / "o.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    table = pq.read_table(tmp_path / "o.parquet").to_pylist()
    assert [row["headline"] for row in rows] == [row["headline"] for row in table]
    assert rows[1]["content"] == "“We will\nwait,” [...] “for Oslo.”"


def test_grouped_targets_become_the_concepts(labelled, tmp_path):
    (tmp_path / "t.csv").write_text("target,issue\n“new quotas”,Fishing quotas\nOslo,\n", "utf-8")
    run(labelled, "dna", tmp_path / "o.csv", "--issues", str(tmp_path / "t.csv"))
    rows = list(csv.DictReader((tmp_path / "o.csv").read_text("utf-8").splitlines(), delimiter=";"))
    assert rows[0]["concept"] == "Fishing quotas"


def test_text_left_out_is_named_as_the_reason():
    article = sample()
    del article["text"]
    with pytest.raises(ExportError, match=r"'a/1' carries no text.*without --no-text"):
        list(exports.to_brat([article]))
    network = exports.build_network([article])
    assert network.edges


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--to", "docx"], "dna: Discourse Network Analyzer"),
        (["--to", "graphml", "--by", "x"], "represents"),
    ],
)
def test_unknown_format_or_level_lists_the_legal_ones(labelled, tmp_path, arguments, message):
    result = CliRunner().invoke(
        cli.build_app(), ["export", str(labelled), "-o", str(tmp_path / "o"), *arguments]
    )
    assert isinstance(result.exception, CorpusError)
    assert message in str(result.exception)


@pytest.mark.parametrize("line", ["{}", '{"id": 1, "text": "x"}', "nonsense"])
def test_input_that_is_not_labelled_is_named_with_its_line(tmp_path, line):
    path = tmp_path / "in.jsonl"
    path.write_text(json.dumps(sample()) + "\n" + line + "\n")
    with pytest.raises(CorpusError, match=r"in\.jsonl, line 2"):
        run(path, "dna", tmp_path / "o.csv")
    assert not Path(tmp_path / "o.csv").exists()


def test_network_does_not_depend_on_the_order_of_articles():
    articles = [{**sample(), "id": str(number)} for number in range(4)]
    random.Random(3).shuffle(articles)
    lines = list(exports.to_graphml(exports.build_network(articles)))
    assert lines == list(exports.to_graphml(exports.build_network(articles[::-1])))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["report", "-o", "nowhere/r.html"], "no folder 'nowhere'"),
        (["report", "-o", "folder"], "'folder' is a folder"),
        (["report", "-o", "r.html", "--tables", "file"], "file: File exists; a file stands"),
        (["export", "--to", "csv", "-o", "nowhere/r.csv"], "no folder 'nowhere'"),
        (["export", "--to", "parquet", "-o", "nowhere/r.parquet"], "its folder must be there"),
        (["export", "--to", "parquet", "-o", "folder"], "other files than parts of a table"),
        (["export", "--to", "brat", "-o", "file"], "'file' is a file; --to brat writes a folder"),
        (["issues", "-o", "nowhere/i.csv"], "no folder 'nowhere'"),
        (["issues", "-o", "folder"], "'folder' is a folder"),
    ],
)
def test_output_that_cannot_be_written_is_one_line_with_exit_code_2(
    arguments, message, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.jsonl").write_text(json.dumps(sample()) + "\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "precious.txt").write_text("precious")
    (tmp_path / "file").write_text("precious")
    monkeypatch.setattr("sys.argv", ["onrecord", arguments[0], "in.jsonl", *arguments[1:]])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert message in capsys.readouterr().err
    assert (tmp_path / "file").read_text() == "precious"
    assert (tmp_path / "folder" / "precious.txt").read_text() == "precious"


def test_full_disk_leaves_the_report_that_was_there(tmp_path, monkeypatch, capsys):
    def fail(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "in.jsonl").write_text(json.dumps(sample()) + "\n")
    page = tmp_path / "r.html"
    page.write_text("before")
    monkeypatch.setattr("onrecord_service.commands.report.render", fail)
    monkeypatch.setattr("sys.argv", ["onrecord", "report", f"{tmp_path}/in.jsonl", "-o", f"{page}"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert "No space left on device; make room" in capsys.readouterr().err
    assert page.read_text() == "before"
    assert {path.name for path in tmp_path.iterdir()} == {"in.jsonl", "r.html"}
