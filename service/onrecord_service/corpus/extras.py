"""Packages of the extra `[corpora]`: imported when they are needed, missed with a kind word."""

from __future__ import annotations

import importlib
from typing import Any

from onrecord.errors import CorpusError

USED_FOR = {
    "duckdb": "the ledger (onrecord query)",
    "lxml.html": "bodies in HTML",
    "openpyxl": ".xlsx files",
    "pyarrow": ".parquet files",
    "pyarrow.lib": ".parquet files",
    "pyarrow.parquet": ".parquet files",
    "ray": "--engine ray",
    "sklearn.cluster": "grouping targets into issues",
    "trafilatura": "web pages (.html)",
    "yaml": "lists of issues (.yaml)",
    "zstandard": ".zst files",
}
"""Module to what it is needed for."""


def need(module: str) -> Any:
    """Import a module of an extra.

    Args:
        module: Its name.

    Returns:
        The module.

    Raises:
        CorpusError: If it is not installed, with the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        extra = "ray" if module == "ray" else "corpora"
        raise CorpusError(
            f"{USED_FOR.get(module, module)} need the package {module.partition('.')[0]!r};"
            f" install it with: pip install 'onrecord[{extra}]'"
        ) from error
