"""IPTC ninjs (1 to 3) news items as articles."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from onrecord.errors import CorpusError

from .extras import need

BODY_KEYS = ("bodies", "body_text", "body_html", "body_xhtml")
DATE_KEYS = ("versioncreated", "versionCreated", "firstcreated", "firstCreated", "contentcreated")

BLOCK = re.compile(
    "address|article|aside|blockquote|body|caption|dd|div|dl|dt|figcaption|figure|footer|form"
    "|h[1-6]|header|hr|li|main|nav|ol|p|pre|section|table|td|th|tr|ul"
)
HIDDEN = frozenset({"script", "style"})


def is_ninjs(value: Mapping[str, Any]) -> bool:
    """Return whether a JSON object looks like a ninjs item with a body."""
    return "uri" in value and any(key in value for key in BODY_KEYS)


def from_ninjs(item: Mapping[str, Any]) -> dict[str, Any]:
    """Turn a ninjs item into a record with `text`, `id`, `title` and `date`.

    Args:
        item: The item; `people` and `organisations` (in version 1 `person`, `organisation`) are
            passed through, since the actor resolver reads them.

    Returns:
        The record; bodies and headlines leave it, all other fields stay.

    Raises:
        CorpusError: If no body has text.
    """
    gone = {*BODY_KEYS, "headlines", "headline", "uri"}
    record = {key: value for key, value in item.items() if key not in gone}
    for old, new in (("person", "people"), ("organisation", "organisations")):
        if old in record and new not in record:
            record[new] = record.pop(old)
    record["uri"] = item["uri"]
    record["id"] = item["uri"]
    record["text"] = _body(item)
    record["title"] = _headline(item)
    record["date"] = next((item[key] for key in DATE_KEYS if item.get(key)), None)
    return record


def _body(item: Mapping[str, Any]) -> str:
    bodies = item.get("bodies")
    found = [body for body in bodies if isinstance(body, dict)] if isinstance(bodies, list) else []
    found += [
        {"value": item.get("body_text"), "contenttype": "text/plain"},
        {"value": item.get("body_html") or item.get("body_xhtml"), "contenttype": "text/html"},
    ]
    texts = [body for body in found if isinstance(body.get("value"), str) and body["value"].strip()]
    for body in texts:
        if "html" not in str(body.get("contenttype", "text/plain")).lower():
            return str(body["value"])
    for body in texts:
        return _strip_tags(str(body["value"]))
    raise CorpusError("the ninjs item has no body with text (bodies[].value, body_text, body_html)")


def _strip_tags(html: str) -> str:
    """Return the text of an article's HTML, an empty line between its blocks."""
    root = need("lxml.html").fromstring(f"<div>{html}</div>")
    blocks = [""]
    for event, element in need("lxml.etree").iterwalk(root, ("start", "end", "comment", "pi")):
        if BLOCK.fullmatch(str(element.tag)):
            blocks.append("")
        if event == "start":
            blocks[-1] += "\n" if element.tag == "br" else ""
            blocks[-1] += (element.text or "") if element.tag not in HIDDEN else ""
        else:
            blocks[-1] += element.tail or ""
    return "\n\n".join(text.strip() for text in blocks if text.strip())


def _headline(item: Mapping[str, Any]) -> str | None:
    headlines = item.get("headlines")
    if isinstance(headlines, list):
        values = [line.get("value") for line in headlines if isinstance(line, dict)]
        for value in values:
            if isinstance(value, str):
                return value
    headline = item.get("headline")
    return headline if isinstance(headline, str) else None
