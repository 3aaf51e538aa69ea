"""From a request to labelled articles: admission, deadline, and clients that go away."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from starlette.requests import Request

from onrecord.errors import ArticleError
from onrecord.types import Article, LabelledArticle
from onrecord_service.problems import Problem, from_article_error
from onrecord_service.scheduler import DeadlineError, NotReadyError, OverloadedError
from onrecord_service.services import Services

Reading = asyncio.Future[LabelledArticle]
Made = TypeVar("Made")


_QUICK_CHARACTERS = 4000
"""Text up to here is answered on the event loop: about three milliseconds."""


class ClientGoneError(Exception):
    """The client closed the connection; nobody waits for an answer."""


def check_text(article: Article, limit: int) -> Problem | None:
    """Return the problem of a text that the model would refuse, without asking the model."""
    text = article.text
    name = f"the text of article {article.id[:80]!r}"
    if not text.strip():
        given = "holds only white space" if text else "is empty"
        return Problem("empty-text", f"{name} {given}; send the words to read")
    if len(text) > limit:
        return Problem(
            "text-too-long",
            f"{name} has {len(text):,} characters, the limit is {limit:,}; nothing was read and "
            "nothing was cut. Split it at a chapter or section, or submit it as a job",
            members={"characters": len(text), "limit_characters": limit},
        )
    half = half_character(text)
    if half is not None:
        return Problem(
            "invalid-text",
            f"{name} has a lone surrogate, which is half a character, at offset {half}; send "
            "whole characters",
        )
    nul = text.find("\0")
    if nul >= 0:
        return Problem(
            "invalid-text",
            f"{name} has a NUL character at offset {nul}; remove it or fix the decoding",
        )
    return None


def half_character(text: str) -> int | None:
    """Return the offset of the first lone surrogate, or None."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return error.start
    return None


def submit(
    services: Services, articles: Sequence[Article], *, threshold: float | None
) -> list[Reading]:
    """Queue the articles of one request.

    Raises:
        Problem: `not-ready` or `overloaded`.
    """
    try:
        return services.scheduler.submit(
            articles, threshold=threshold, timeout_s=services.settings.request_timeout_s
        )
    except OverloadedError as error:
        seconds = math.ceil(error.retry_after_s)
        raise Problem(
            "overloaded",
            f"{error.waiting} articles are waiting, which is all that is allowed; try again in "
            f"{seconds} s, or submit a corpus as a job",
            headers={"Retry-After": str(seconds)},
            members={"retry_after_s": seconds},
        ) from error
    except NotReadyError as error:
        raise _not_ready(error) from error


async def wait_all(request: Request, services: Services, readings: Sequence[Reading]) -> None:
    """Wait until all are done; forget them when the client goes or the deadline passes.

    Raises:
        ClientGoneError: The client closed the connection.
        Problem: `deadline-exceeded`.
    """
    if not readings:
        return
    started = time.perf_counter()
    gone: asyncio.Future[Any] = asyncio.ensure_future(_client_gone(request))
    work: asyncio.Future[Any] = asyncio.gather(*readings, return_exceptions=True)
    limit = services.settings.request_timeout_s
    try:
        await asyncio.wait({gone, work}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            request.state.timings["model"] = time.perf_counter() - started
            return
        if gone.done():
            raise ClientGoneError
        raise late(services)
    finally:
        for reading in readings:
            reading.cancel()
        for task in (gone, work):
            if not task.done():
                task.cancel()
        await asyncio.gather(gone, work, return_exceptions=True)


def outcome(reading: Reading, services: Services) -> LabelledArticle:
    """Return the result of a reading that is done.

    Raises:
        Problem: What went wrong with this article.
    """
    error = reading.exception()
    if error is None:
        return reading.result()
    if isinstance(error, ArticleError):
        ready = services.scheduler.ready
        raise from_article_error(error, limit=ready.max_characters if ready else None)
    if isinstance(error, DeadlineError):
        raise late(services)
    if isinstance(error, NotReadyError):
        raise _not_ready(error)
    raise error


def late(services: Services) -> Problem:
    """Return the problem of a missed deadline."""
    limit = services.settings.request_timeout_s
    return Problem(
        "deadline-exceeded",
        f"not done within {limit:g} s, the limit of ONRECORD_REQUEST_TIMEOUT_S; send fewer or "
        "shorter articles, or submit them as a job",
        members={"timeout_s": limit},
    )


async def aside(characters: int, work: Callable[[], Made]) -> Made:
    """Return what the work makes, which takes time by the length of a text.

    Offsets and statements of a long article take tenths of a second to write, in which the event
    loop must answer others; of a short one less than the way to a thread is worth.
    """
    return await asyncio.to_thread(work) if characters > _QUICK_CHARACTERS else work()


def _not_ready(error: NotReadyError) -> Problem:
    return Problem("not-ready", f"{error}; try again in 2 s", headers={"Retry-After": "2"})


async def _client_gone(request: Request) -> None:
    """Return when the client has closed the connection. The body must have been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
