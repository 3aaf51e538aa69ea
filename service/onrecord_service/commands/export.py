"""`onrecord export`: labelled articles in the formats of other tools."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from onrecord import exports
from onrecord.errors import CorpusError
from onrecord.exports.brat import CONFIGURATION
from onrecord.exports.common import ActorLevel
from onrecord.exports.network import EDGE_COLUMNS, NODE_COLUMNS
from onrecord_service.corpus.flat import FLAT_COLUMNS, flat_rows
from onrecord_service.corpus.issue_file import with_issues
from onrecord_service.corpus.labelled import read_labelled
from onrecord_service.corpus.output import check_output, whole_file
from onrecord_service.corpus.parquet import write_rows

Articles = Iterable[Mapping[str, Any]]

FORMATS = {
    "annotation": "W3C Web Annotation JSON-LD: OUT.jsonld",
    "brat": "brat standoff: a folder of .txt and .ann",
    "csv": "flat table: OUT.csv",
    "dna": "Discourse Network Analyzer event list: OUT.csv",
    "graphml": "actor x issue network: OUT.graphml",
    "labelstudio": "Label Studio tasks with predictions: OUT.json, and OUT.xml beside it",
    "network": "actor x issue network: a folder with nodes.csv and edges.csv",
    "parquet": "flat table: OUT.parquet",
    "schema": "schema.org Quotation, one JSON-LD object a line: OUT.jsonl",
}

FOLDERS = ("brat", "network")
"""Formats that are a folder of files."""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(name="export")(export)


def export(
    inputs: Annotated[
        list[str], typer.Argument(metavar="IN...", help="Output of onrecord label (.jsonl ...).")
    ],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="File or folder to write.")],
    to: Annotated[str, typer.Option(help="Format: " + ", ".join(FORMATS) + ".")],
    neutral: Annotated[
        bool, typer.Option("--neutral", help="dna: also neutral statements, agreement -1, 0, 1.")
    ] = False,
    by: Annotated[
        str, typer.Option(help="networks: count by 'represents' (state, party) or by 'actor'.")
    ] = "represents",
    issues: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Targets to issues, from onrecord issues."),
    ] = None,
) -> None:
    """Export labelled articles to another tool."""
    if to not in FORMATS:
        legal = "\n".join(f"  {name}: {what}" for name, what in FORMATS.items())
        raise CorpusError(f"format {to!r} is unknown; use --to with one of\n{legal}")
    if to in FOLDERS:
        if output.exists() and not output.is_dir():
            raise CorpusError(f"output {str(output)!r} is a file; --to {to} writes a folder")
    elif to != "parquet":  # a large table is a folder of parts
        check_output(output)
    articles: Articles = read_labelled(inputs)
    if issues is not None:
        articles = with_issues(articles, issues)
    WRITERS[to](articles, output, Options(level(by), neutral))
    Console(stderr=True).print(f"{output} written ({FORMATS[to].partition(':')[0]})")


def level(name: str) -> ActorLevel:
    """Check the name of an actor level."""
    if name == "actor":
        return "actor"
    if name == "represents":
        return "represents"
    raise CorpusError(f"--by {name!r} is unknown; use represents or actor")


class Options:
    """Options of single formats.

    Args:
        by: Whose positions a network counts.
        neutral: Whether DNA gets neutral statements.
    """

    def __init__(self, by: ActorLevel, neutral: bool) -> None:
        self.by = by
        self.neutral = neutral


def _dna(articles: Articles, output: Path, options: Options) -> None:
    _lines(output, exports.to_dna(articles, neutral=options.neutral))


def _graphml(articles: Articles, output: Path, options: Options) -> None:
    _lines(output, exports.to_graphml(exports.build_network(articles, level=options.by)))


def _network(articles: Articles, output: Path, options: Options) -> None:
    network = exports.build_network(articles, level=options.by)
    output.mkdir(parents=True, exist_ok=True)
    _table(output / "nodes.csv", NODE_COLUMNS, network.nodes())
    _table(output / "edges.csv", EDGE_COLUMNS, network.links())


def _csv(articles: Articles, output: Path, _: Options) -> None:
    _table(output, FLAT_COLUMNS, (row for article in articles for row in flat_rows(article)))


def _parquet(articles: Articles, output: Path, _: Options) -> None:
    write_rows((row for article in articles for row in flat_rows(article)), output)


def _annotation(articles: Articles, output: Path, _: Options) -> None:
    items = exports.to_web_annotations(articles)
    head = {
        "@context": "http://www.w3.org/ns/anno.jsonld",
        "id": "urn:onrecord:page",
        "type": "AnnotationPage",
    }
    start = json.dumps(head, ensure_ascii=False)[:-1] + ', "items": [\n'
    _lines(output, _joined(items, start, "\n]}\n"))


def _schema(articles: Articles, output: Path, _: Options) -> None:
    quotations = exports.to_quotations(articles)
    _lines(output, (json.dumps(item, ensure_ascii=False) + "\n" for item in quotations))


def _label_studio(articles: Articles, output: Path, _: Options) -> None:
    _lines(output, _joined(exports.to_label_studio(articles), "[\n", "\n]\n"))
    _lines(output.with_suffix(".xml"), [exports.LABELLING_CONFIG])


def _brat(articles: Articles, output: Path, _: Options) -> None:
    output.mkdir(parents=True, exist_ok=True)
    (output / "annotation.conf").write_text(CONFIGURATION, "utf-8")
    for files in exports.to_brat(articles):
        (output / f"{files.name}.txt").write_bytes(files.text.encode())
        (output / f"{files.name}.ann").write_bytes(files.annotations.encode())


WRITERS: Mapping[str, Callable[[Articles, Path, Options], None]] = {
    "annotation": _annotation,
    "brat": _brat,
    "csv": _csv,
    "dna": _dna,
    "graphml": _graphml,
    "labelstudio": _label_studio,
    "network": _network,
    "parquet": _parquet,
    "schema": _schema,
}


def _joined(items: Iterable[Mapping[str, Any]], start: str, end: str) -> Iterator[str]:
    yield start
    for number, item in enumerate(items):
        yield (",\n" if number else "") + json.dumps(item, ensure_ascii=False)
    yield end


def _lines(output: Path, lines: Iterable[str]) -> None:
    """Write lines to a file that appears only when it is whole."""
    with whole_file(output) as stream:
        stream.writelines(lines)


def _table(output: Path, columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> None:
    with whole_file(output) as stream:
        writer = csv.DictWriter(stream, list(columns), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
