"""`onrecord issues`: different wordings of one target, grouped."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from onrecord.errors import CorpusError
from onrecord_service.corpus.issue_file import write_issue_file
from onrecord_service.corpus.labelled import read_labelled
from onrecord_service.corpus.output import check_output
from onrecord_service.issues.embedding import PhraseVectors
from onrecord_service.issues.grouping import (
    SIMILARITY,
    count_targets,
    group_targets,
    match_issues,
    read_issues,
)


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(name="issues")(issues)


def issues(
    inputs: Annotated[
        list[str], typer.Argument(metavar="IN...", help="Output of onrecord label (.jsonl ...).")
    ],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="The table, TARGETS.csv.")],
    listed: Annotated[
        Path | None,
        typer.Option("--issues", metavar="FILE", help="Your own issues, as YAML."),
    ] = None,
    similarity: Annotated[
        float, typer.Option(min=-1, max=1, help="Least similarity of two wordings of one issue.")
    ] = SIMILARITY,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the table.")] = False,
) -> None:
    """Group targets into issues: a table to mend by hand and to give to report, load and export."""
    if output.is_file() and not overwrite:
        raise CorpusError(
            f"table {output} exists and may have been mended by hand; replace it with --overwrite,"
            " or choose another -o"
        )
    check_output(output)
    counts = count_targets(read_labelled(inputs))
    vectors = PhraseVectors.load()
    if listed is None:
        matches = group_targets(counts, vectors, similarity=similarity)
    else:
        matches = match_issues(counts, read_issues(listed), vectors, similarity=similarity)
    write_issue_file(output, [asdict(match) for match in matches])
    groups = len({match.issue for match in matches if match.issue})
    left = sum(not match.issue for match in matches)
    without = f", {left} targets near none" if left else ""
    Console(stderr=True).print(
        f"{output}: {len(matches)} targets in {groups} issues{without}", highlight=False
    )
