"""import, preannotate, labelling-config, check, select: corpora before they are trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onrecord.errors import CorpusError
from onrecord_training.commands.common import (
    Checkpoint,
    CorpusTexts,
    Labels,
    Output,
    check_place,
    legal_stances,
    out,
    predictions,
    share,
    write_json,
)


def import_corpus(
    source: Annotated[Path, typer.Argument(help="File or folder to read.")],
    *,
    format_name: Annotated[
        str,
        typer.Option(
            "--format",
            help="argilla, brat, citron, csv, doccano, feedback, house, labelstudio, prodigy, "
            "uima, webanno",
        ),
    ],
    output: Output,
    map_file: Annotated[
        Path | None, typer.Option("--map", help="Label mapping, TOML (labels, stances, ...).")
    ] = None,
    annotator: Annotated[
        str | None, typer.Option(help="Whose annotation to keep where a text has several.")
    ] = None,
    dev: Annotated[
        Path | None, typer.Option(help="Keep a share of the articles apart in this file.")
    ] = None,
    dev_share: Annotated[
        float, typer.Option(min=0.01, max=0.9, help="That share, of the records.")
    ] = 0.2,
    labels: Labels = None,
    report: Annotated[Path | None, typer.Option(help="Write the full report as JSON.")] = None,
) -> None:
    """Import an annotated corpus; exit 0: all of it, 1: some records rejected, 2: nothing."""
    from onrecord_training import converters
    from onrecord_training.converters.mapping import read_map
    from onrecord_training.converters.pipeline import print_report
    from onrecord_training.corpus import split_by_article, write_corpus

    written = [path.resolve() for path in (output, dev, report) if path]
    if len(set(written)) < len(written):
        message = f"{output}: two of --output, --dev and --report are one file; name another"
        raise typer.BadParameter(message)
    mapping = read_map(map_file, legal=legal_stances(labels))
    done = converters.import_corpus(source, format_name, labels=mapping, annotator=annotator)
    print_report(done.report, out)
    write_json(report, done.report.to_dict())
    if not done.records:
        message = f"{source}: no record could be imported; {output} was not written"
        raise CorpusError(message)
    records, apart = done.records, None
    if dev:
        records, apart = split_by_article(done.records, dev_share)
        write_corpus(dev, apart)
    write_corpus(output, records)
    if apart is not None:
        out.print(f"{len(records)} records in {output}, {len(apart)} in {dev}", highlight=False)
    if done.report.rejected:
        raise typer.Exit(1)


def detach(
    corpus: Annotated[Path, typer.Argument(help="Corpus whose passages stand in those texts.")],
    *,
    texts: Annotated[Path, typer.Option(help="JSONL file with `id` and `text` of each article.")],
    output: Output,
    labels: Labels = None,
) -> None:
    """Keep a corpus as offsets and labels alone, where its text may not be handed on."""
    import json

    from onrecord_training import standoff
    from onrecord_training.corpus import read_corpus

    rows = standoff.detach(read_corpus(corpus, stances=legal_stances(labels)), texts)
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    out.print(f"{len(rows)} records in {output}, without their text", highlight=False)


def preannotate(
    texts: Annotated[Path, typer.Argument(help="House JSONL; texts, or statements already.")],
    *,
    format_name: Annotated[str, typer.Option("--format", help="Tool to write for.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="File (brat: folder) to write.")],
    checkpoint: Checkpoint = None,
    as_is: Annotated[
        bool, typer.Option("--as-is", help="Write the file's own statements; run no model.")
    ] = False,
) -> None:
    """Label texts with a checkpoint and write them for an annotation tool to correct."""
    from onrecord_training import converters
    from onrecord_training.converters.prelabel import label_records
    from onrecord_training.corpus import suggest

    if format_name not in converters.WRITERS:
        message = f"{format_name!r} is not known{suggest(format_name, list(converters.WRITERS))}"
        raise typer.BadParameter(message, param_hint="--format")
    records = label_records(texts, checkpoint, as_is=as_is)
    count = converters.WRITERS[format_name](records, output)
    out.print(f"{count} texts written to {output}", highlight=False)


def labelling_config(
    tool: Annotated[str, typer.Argument(help="labelstudio, inception or brat.")],
    *,
    output: Output,
    labels: Labels = None,
) -> None:
    """Write the configuration of an annotation tool for our schema, or for your own labels."""
    from onrecord_training import converters
    from onrecord_training.corpus import suggest

    if tool not in converters.CONFIGS:
        message = f"{tool!r} is not known{suggest(tool, list(converters.CONFIGS))}"
        raise typer.BadParameter(message, param_hint="TOOL")
    output.parent.mkdir(parents=True, exist_ok=True)
    text = converters.CONFIGS[tool](legal_stances(labels))
    output.write_text(text, encoding="utf-8")
    out.print(f"configuration for {tool} written to {output}", highlight=False)


def check(
    splits: Annotated[
        list[Path], typer.Argument(help="House JSONL files; the one to train on comes first.")
    ],
    *,
    threshold: Annotated[
        float,
        typer.Option(callback=share, help="Share of wording in common that counts as a leak."),
    ] = 0.5,
    predicted: Annotated[
        Path | None,
        typer.Option(help="A model's statements (file, or checkpoint folder) for the last split."),
    ] = None,
    texts: CorpusTexts = None,
    labels: Labels = None,
    report: Annotated[Path | None, typer.Option(help="Write all findings as JSON.")] = None,
) -> None:
    """Look for leaks, imbalance and slips; exit 1: do not train on this as it is.

    A leak is a text that two splits share, nearly at least, or an article with records in both.
    Slips against the guidelines are listed only, whatever their level: correct what is wrong.
    """
    from onrecord_training import check as checking

    if predicted:
        check_place(predicted)
    records, rejects = checking.read_splits(
        splits, stances=legal_stances(labels, predicted), texts=texts
    )
    given = None
    if predicted:
        last = list(records)[-1]
        given = {last: predictions(predicted, records[last])}
    result = checking.check(records, rejects, threshold=threshold, predicted=given)
    checking.print_check(result, out)
    write_json(report, result.to_dict())
    if result.serious:
        raise typer.Exit(1)


def select(
    texts: Annotated[Path, typer.Argument(help="Unlabelled texts, JSONL with a field `text`.")],
    *,
    count: Annotated[int, typer.Option("--count", "-n", help="How many to choose.")] = 100,
    output: Output,
    known: Annotated[
        list[Path] | None, typer.Option(help="Corpora that are annotated already.")
    ] = None,
    checkpoint: Checkpoint = None,
    as_is: Annotated[
        bool, typer.Option("--as-is", help="Use the statements in the file; run no model.")
    ] = False,
) -> None:
    """Choose the texts most worth annotating next, with predicted statements to correct."""
    from onrecord_training import select as selection
    from onrecord_training.converters.prelabel import label_records
    from onrecord_training.corpus import read_texts, write_corpus

    annotated = [record for path in known or () for record in read_texts(path)]
    candidates = list(label_records(texts, checkpoint, as_is=as_is))
    chosen = selection.select(candidates, count, known=annotated)
    write_corpus(output, (choice.record for choice in chosen))
    mean = sum(choice.uncertainty for choice in chosen) / len(chosen)
    every = sum(map(selection.uncertainty, candidates)) / len(candidates)
    out.print(
        f"{len(chosen)} of {len(candidates)} texts in {output}: {mean:.2f} statements per 100 "
        f"words expected to be wrong, {every:.2f} over all",
        highlight=False,
    )
