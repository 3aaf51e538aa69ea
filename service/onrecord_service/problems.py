"""Every error over HTTP is `application/problem+json` (RFC 9457), and this file holds the table.

slug                     status  when
invalid-json             400     the body is not JSON
invalid-encoding         400     the body is not UTF-8
unauthorized             401     no API key, or an unknown or revoked one
not-found                404     no such path, job or article
no-ledger                404     no ledger is configured, or its file is not there
method-not-allowed       405     the path exists, the method does not
not-acceptable           406     no media type of Accept can be produced
conflict                 409     the state of the resource forbids it
body-too-large           413     the body is over the limit; nothing was parsed
text-too-long            413     one text is over the model's limit; nothing was truncated
unsupported-media-type   415     the Content-Type cannot be read
wrong-host               421     the Host header names another host
empty-text               422     the text is empty or only white space
invalid-text             422     NUL characters or lone surrogates
invalid-request          422     unknown field, missing field, wrong type, value out of range
too-many-articles        422     more articles than one request may hold
rate-limited             429     this key has used up its rate
overloaded               429     the queue is full
internal-error           500     a fault of ours; the request id finds it in the log
ledger-unavailable       503     the ledger cannot be opened: in use, damaged, no DuckDB
not-ready                503     the model is loading, or the service is shutting down
deadline-exceeded        504     not done in the time allowed
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails, to_json
from starlette.responses import Response

from onrecord.errors import ArticleError, EmptyTextError, InvalidTextError, TextTooLongError

MEDIA_TYPE = "application/problem+json"

TITLES: Mapping[str, tuple[int, str]] = {
    "invalid-json": (400, "The body is not JSON"),
    "invalid-encoding": (400, "The body is not UTF-8"),
    "unauthorized": (401, "A valid API key is needed"),
    "not-found": (404, "There is nothing at this address"),
    "no-ledger": (404, "There is no ledger to ask"),
    "method-not-allowed": (405, "This address does not take this method"),
    "not-acceptable": (406, "None of the media types asked for can be produced"),
    "conflict": (409, "The present state forbids this"),
    "wrong-host": (421, "This service does not answer for that host"),
    "body-too-large": (413, "The body is too large"),
    "text-too-long": (413, "The text is too long"),
    "unsupported-media-type": (415, "This content type cannot be read"),
    "empty-text": (422, "The text is empty"),
    "invalid-text": (422, "The text holds characters that no text has"),
    "invalid-request": (422, "The request does not fit the schema"),
    "too-many-articles": (422, "Too many articles in one request"),
    "rate-limited": (429, "This key has used up its rate"),
    "overloaded": (429, "The queue is full"),
    "internal-error": (500, "The service failed"),
    "ledger-unavailable": (503, "The ledger cannot be asked now"),
    "not-ready": (503, "The service is not ready"),
    "deadline-exceeded": (504, "Not done in the time allowed"),
}
_SHOWN = 80  # characters of a bad value that an error repeats
_OBJECTS = frozenset({"model_type", "model_attributes_type", "dict_type"})
_KINDS = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}
_FAULTS = 20  # faults of one request that are spelled out


class Problem(Exception):  # noqa: N818 - the RFC's word
    """An error with its place in the table above.

    Args:
        slug: Row of the table.
        detail: What was given, what is legal, what to do next.
        headers: Extra response headers, such as Retry-After.
        members: Extension members of the problem object.
    """

    def __init__(
        self,
        slug: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.slug = slug
        self.status, self.title = TITLES[slug]
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = dict(members or {})

    def to_dict(self) -> dict[str, Any]:
        """Return the problem object."""
        return {
            "type": f"/problems/{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **self.members,
        }

    def response(self, *, instance: str | None = None) -> Response:
        """Return the HTTP response; `instance` is the request id."""
        body = self.to_dict()
        if instance:
            body["instance"] = f"urn:onrecord:request:{instance}"
        return Response(to_json(body), self.status, self.headers, MEDIA_TYPE)


def from_article_error(error: ArticleError, *, limit: int | None = None) -> Problem:
    """Translate an error of the library into its row of the table."""
    slug = "invalid-request"
    members: dict[str, Any] = {}
    if isinstance(error, EmptyTextError):
        slug = "empty-text"
    elif isinstance(error, TextTooLongError):
        slug = "text-too-long"
        members = {"limit_characters": limit} if limit else {}
    elif isinstance(error, InvalidTextError):
        slug = "invalid-text"
    return Problem(slug, str(error), members=members)


def from_validation(
    error: ValidationError | Sequence[ErrorDetails], *, fields: Sequence[str]
) -> Problem:
    """Translate a pydantic error: one entry per fault, each with its JSON pointer.

    Args:
        error: What pydantic raised.
        fields: Legal field names, for "did you mean".
    """
    faults = []
    details = error.errors(include_url=False) if isinstance(error, ValidationError) else error
    for item in details[:_FAULTS]:
        path = "/" + "/".join(str(part) for part in item["loc"])
        faults.append({"pointer": path, "detail": _explain(item, fields)})
    if all(item["type"] == "string_unicode" for item in details):
        slug = "invalid-text"
    else:
        slug = "invalid-request"
    words = "; ".join(f"{fault['pointer']}: {fault['detail']}" for fault in faults[:5])
    if len(details) > len(faults[:5]):
        words += f"; and {len(details) - len(faults[:5]):,} more faults"
    return Problem(slug, words, members={"errors": faults})


def _explain(item: ErrorDetails, fields: Sequence[str]) -> str:
    """Return one fault in words: what was given, what is legal."""
    kind = item["type"]
    name = str(item["loc"][-1]) if item["loc"] else ""
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(name, fields, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        return f"the field {name!r} is unknown; known are {', '.join(fields)}.{hint}"
    if kind == "missing":
        return f"the field {name!r} is missing"
    if kind == "string_unicode":
        return "the string holds a lone surrogate, which is half a character; send whole ones"
    message = item["msg"].removeprefix("Value error, ")
    if kind in _OBJECTS:
        message = "it must be an object"
        if not item["loc"] and "text" in fields:
            message += ' such as {"text": "..."}'
    return f"{message[0].lower()}{message[1:]}; given {_given(item['input'])}"


def kind_of(value: object) -> str:
    """Return what JSON calls a value of this type."""
    return _KINDS.get(type(value), type(value).__name__)


def _given(value: object) -> str:
    """Return a bad value as JSON writes it, cut short, with its type."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    text = text.encode("utf-8", "backslashreplace").decode()  # half characters
    if len(text) > _SHOWN:
        text = text[:_SHOWN] + "…"
    return text if isinstance(value, bool) or value is None else f"the {kind_of(value)} {text}"
