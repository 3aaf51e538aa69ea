"""Read request bodies: limits first, then encoding, then JSON, then the schema."""

from __future__ import annotations

import json
import math
import re
from codecs import BOM_UTF8
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from starlette.requests import ClientDisconnect, Request

from onrecord.nesting import is_deeper
from onrecord_service.problems import Problem, from_validation

Model = TypeVar("Model", bound=BaseModel)

_MOST_FIELDS = 100
"""No object of ours has as many fields; checking thousands would hold up the event loop."""
_MOST_DEPTH = 100
"""Lists and objects inside one another. Far less than what pickle, JSON and Python can take."""
_ADVICE = 'send an object such as {"text": "..."} or a list of such'
_SWALLOW_BYTES = 64 * 2**20
"""An oversized body is read to its end up to here, so that the client gets to see the answer."""


async def read_body(request: Request, limit: int) -> bytes:
    """Return the body, refusing an oversized one before anything of it is parsed.

    Args:
        request: The request.
        limit: Most bytes allowed.

    Raises:
        Problem: `body-too-large`, with the size where it is known and the limit, or
            `unsupported-media-type` for a compressed body.
    """
    try:
        check_encoding(request)
        check_declared_size(request, limit)
    except Problem:
        if request.headers.get("expect", "").lower() != "100-continue":  # else it waits for us
            await _swallow(request)
        raise
    parts: list[bytes] = []
    got = 0
    async for part in request.stream():
        got += len(part)
        if got > limit:
            await _swallow(request)
            raise too_large(f"more than {limit:,} bytes", limit)
        parts.append(part)
    return b"".join(parts)


def check_encoding(request: Request) -> None:
    """Refuse a compressed body, which would be told to be no JSON.

    Raises:
        Problem: `unsupported-media-type`.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        raise Problem(
            "unsupported-media-type",
            f"the Content-Encoding {encoding[:80]!r} cannot be read; send the body uncompressed",
        )


def check_declared_size(request: Request, limit: int) -> None:
    """Refuse a body that says itself that it is over the limit.

    Raises:
        Problem: `body-too-large`.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise too_large(f"{int(declared):,} bytes", limit)


def decode(body: bytes) -> str:
    """Return the body as text.

    Raises:
        Problem: `invalid-encoding`, with the place of the first bad byte.
    """
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise Problem(
            "invalid-encoding",
            f"byte {error.start} of the body (0x{body[error.start]:02x}) is not valid UTF-8 "
            f"({error.reason}); encode the body as UTF-8",
        ) from error


def parse_json(body: bytes, advice: str = _ADVICE) -> Any:
    """Return the JSON value of the body. Lone surrogates survive, for the schema to refuse.

    Args:
        body: With or without a byte order mark.
        advice: What to send instead, said of what is not JSON.

    Raises:
        Problem: `invalid-encoding` or `invalid-json`, with the place, also for lists and objects
            too deep inside one another and for numbers that no JSON reader can hold.
    """
    body = body.removeprefix(BOM_UTF8)
    text = decode(body)
    if not text.strip():
        raise Problem("invalid-json", 'the body is empty; send JSON such as {"text": "..."}')
    value = _parse(body, text, advice)
    if _HUGE.search(body) and _has_infinity(value):
        raise Problem(
            "invalid-json",
            "a number is beyond 1.8e308, the largest that JSON readers hold; send it as a string",
        )
    # No deeper than it has brackets; an article has few, so that the walk is the exception.
    if body.count(b"[") + body.count(b"{") > _MOST_DEPTH and is_deeper(value, _MOST_DEPTH + 1):
        raise _too_deep()
    return value


def _parse(body: bytes, text: str, advice: str) -> Any:
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        if "recursion" in str(error):
            raise _too_deep() from error
        if _HALF.search(body):  # the fast parser refuses half characters; the slow one finds them
            try:
                return json.loads(text, parse_constant=_no_constant)
            except RecursionError:
                raise _too_deep() from error
            except ValueError:
                pass
        raise Problem("invalid-json", f"{error}; {advice}") from error


def _has_infinity(value: Any) -> bool:
    """Whether a number was too large for a float."""
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, (list, dict)):
            todo += item.values() if isinstance(item, dict) else item
        elif isinstance(item, float) and math.isinf(item):
            return True
    return False


def _too_deep() -> Problem:
    return Problem(
        "invalid-json",
        f"the JSON has lists and objects more than {_MOST_DEPTH} deep inside one another, the "
        "limit; flatten it, or send the inner part as a string",
        members={"limit_depth": _MOST_DEPTH},
    )


def validate(model: type[Model], value: Any) -> Model:
    """Check a value against a schema.

    Raises:
        Problem: `invalid-request` or `invalid-text`, with every fault and its place.
    """
    if isinstance(value, dict) and len(value) > _MOST_FIELDS:
        raise Problem(
            "invalid-request",
            f"the object has {len(value):,} fields; known are {', '.join(model.model_fields)}. Put "
            "metadata of your own under `extra`",
        )
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise from_validation(error, fields=tuple(model.model_fields)) from error


def media_type(request: Request) -> str:
    """Return the content type without parameters, in lower case; JSON when none is given.

    Raises:
        Problem: `unsupported-media-type` for a charset other than UTF-8.
    """
    header = request.headers.get("content-type", "application/json")
    kind, _, parameters = header.partition(";")
    charset = re.search(r"charset\s*=\s*\"?([^\s;\"]+)", parameters, re.IGNORECASE)
    if charset and charset[1].lower() not in {"utf-8", "utf8", "us-ascii"}:
        raise Problem(
            "unsupported-media-type",
            f"the charset {charset[1][:40]!r} cannot be read; encode the body as UTF-8",
        )
    return kind.strip().lower()


def required_media_type(request: Request, *kinds: str) -> str:
    """Return the content type of a request that changes something; it must be one of these.

    None of them is one that a form or script of another web site can send unasked.

    Raises:
        Problem: `unsupported-media-type`.
    """
    kind = media_type(request) if "content-type" in request.headers else "(none)"
    if kind not in kinds:
        raise Problem(
            "unsupported-media-type",
            f"the content type {kind[:80]!r} cannot be read; send {' or '.join(kinds)}",
        )
    return kind


def json_body(*models: type[BaseModel], text: bool = False, lists: bool = False) -> dict[str, Any]:
    """Return the `requestBody` of OpenAPI for a body that the route reads by itself."""
    one_of: list[Mapping[str, Any]] = [
        {"$ref": f"#/components/schemas/{model.__name__}"} for model in models
    ]
    if lists:
        one_of.append({"type": "array", "items": {"$ref": "#/components/schemas/ArticleIn"}})
    schema = {"anyOf": one_of} if len(one_of) > 1 else one_of[0]
    examples = {
        model.__name__: {"value": example}
        for model in models
        for example in (model.model_config.get("json_schema_extra") or {}).get("examples", [])  # type: ignore[union-attr]  # ours are all mappings
    }
    content: dict[str, Any] = {"application/json": {"schema": schema, "examples": examples}}
    if text:
        content["text/plain"] = {"schema": {"type": "string"}}
    return {"requestBody": {"required": True, "content": content}}


_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_HUGE = re.compile(rb"[eE]\+?\d{3}|\d{200}")
"""No number without any of these is beyond the range of a float."""


def _no_constant(name: str) -> object:
    message = f"{name} is not JSON"
    raise ValueError(message)


def too_large(given: str, limit: int) -> Problem:
    """Return the problem of a body over the limit."""
    return Problem(
        "body-too-large",
        f"the body has {given}, the limit is {limit:,}; nothing was read. Split the article, "
        "or submit a corpus as a job",
        members={"limit_bytes": limit},
    )


async def _swallow(request: Request) -> None:
    """Read the rest and drop it, so that closing does not reset the client's connection."""
    got = 0
    try:
        async for part in request.stream():
            got += len(part)
            if got > _SWALLOW_BYTES:
                return
    except (ClientDisconnect, RuntimeError):  # RuntimeError: the stream was consumed above
        return
