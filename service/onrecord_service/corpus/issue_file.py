"""The table from targets to issues: made by `onrecord issues`, mended by hand, used by the rest."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from onrecord.errors import CorpusError

from .output import whole_file

COLUMNS = ("target", "issue", "similarity", "statements")
"""Columns of the table; only the first two are read."""


def normalize_target(text: str) -> str:
    """Return a target as the table spells it: white space made single, case kept."""
    return " ".join(text.split())


def read_issue_file(path: Path) -> dict[str, str]:
    """Read the table from targets to issues.

    Args:
        path: CSV with the columns `target` and `issue`.

    Returns:
        Target to issue; rows with an empty issue are left out, so that their targets keep their
        own words.

    Raises:
        CorpusError: If the file or a column is missing.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            missing = [name for name in COLUMNS[:2] if name not in (reader.fieldnames or [])]
            if missing:
                raise CorpusError(
                    f"{path}: no column {missing[0]!r}; it has {reader.fieldnames}; make the table"
                    " with onrecord issues IN.jsonl -o targets.csv"
                )
            rows = [(row["target"], row["issue"]) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CorpusError(f"issue table {path} cannot be read: {error}") from error
    return {normalize_target(target): issue.strip() for target, issue in rows if issue.strip()}


def write_issue_file(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write the table.

    Args:
        path: The CSV file.
        rows: With the keys of `COLUMNS`.
    """
    with whole_file(path) as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def with_issues(
    articles: Iterable[Mapping[str, Any]], issues: Mapping[str, str] | Path
) -> Iterator[dict[str, Any]]:
    """Give each statement the issue that its target belongs to.

    Args:
        articles: Labelled articles.
        issues: Target to issue, or the file that says so.

    Yields:
        The articles; statements whose target is in the table carry `issue`.
    """
    table = read_issue_file(issues) if isinstance(issues, Path) else issues
    for article in articles:
        statements = []
        for statement in article["statements"]:
            target = statement.get("target")
            issue = table.get(normalize_target(target["text"])) if target else None
            statements.append({**statement, "issue": issue} if issue else statement)
        yield {**article, "statements": statements}
