"""The version of the code; the checkpoint has its own."""

from __future__ import annotations

from importlib import metadata


def _installed() -> str:
    """Return the installed distribution's version, or a marker for a bare source tree."""
    try:
        return metadata.version("onrecord")
    except metadata.PackageNotFoundError:
        return "0+source"


VERSION = _installed()
