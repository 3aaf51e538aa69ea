"""Logs as one JSON object a line. Article text, quotes and keys are never in them.

Messages of exceptions are left out on purpose, since they may repeat what a client sent: the type
and the places in the code are kept.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import sys
import traceback
from typing import Any, Literal

LogFormat = Literal["json", "text"]
_FIELDS = "fields"


def configure(form: LogFormat, level: str) -> None:
    """Send all logs to standard error in the given form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    logging.getLogger("alembic").setLevel("WARNING")


def event(logger: logging.Logger, level: int, message: str, fields: dict[str, Any]) -> None:
    """Log a message with fields."""
    logger.log(level, message, extra={_FIELDS: fields})


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(
                "T", "milliseconds"
            ),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, _FIELDS, {}),
        }
        if record.exc_info:
            line["error"] = _where(record)
        return json.dumps(line, ensure_ascii=False, default=str)


class TextFormatter(logging.Formatter):
    """A line for people."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        time = dt.datetime.fromtimestamp(record.created, dt.UTC).strftime("%H:%M:%S")
        fields = getattr(record, _FIELDS, {})
        tail = "".join(f" {name}={value}" for name, value in fields.items() if value is not None)
        line = f"{time} {record.levelname.lower():7} {record.getMessage()}{tail}"
        if record.exc_info:
            error = _where(record)
            line += f" {error['type']} at " + " < ".join(reversed(error["at"]))
        return line


def _where(record: logging.LogRecord) -> dict[str, Any]:
    """Return an exception's type and places, without its message."""
    kind, _, trace = record.exc_info or (None, None, None)
    frames = traceback.extract_tb(trace)
    return {
        "type": kind.__name__ if kind else "unknown",
        "at": [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames],
    }
