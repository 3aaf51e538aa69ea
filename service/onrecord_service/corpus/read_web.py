"""Reader of web pages."""

from __future__ import annotations

from collections.abc import Iterator

from onrecord.types import Article

from .extras import need
from .options import ReadOptions
from .read_plain import TEXT_LIMIT
from .records import Record, Rejected
from .sources import Source

MIN_WORDS = 20
"""Of a page with fewer words of main text only menus were found."""


def read_html(source: Source, options: ReadOptions) -> Iterator[Record | Rejected]:
    """Read a web page: its main text, headline, date and address, without menus and comments."""
    trafilatura = need("trafilatura")
    with source.open() as stream:
        data = stream.read(TEXT_LIMIT + 1)
    if len(data) > TEXT_LIMIT:
        yield Rejected(source.name, 0, f"over {TEXT_LIMIT} bytes; that is no article")
        return
    page = trafilatura.bare_extraction(data, with_metadata=True, include_comments=False)
    if page is None or len((page.text or "").split()) < MIN_WORDS:
        reason = "no article text found in this page; if it has one, save its text as .txt"
        yield Rejected(source.name, 0, reason)
        return
    extra = {"url": page.url, "sitename": page.sitename}
    extra = {name: value for name, value in extra.items() if value}
    if options.keep_text:
        extra["text"] = page.text
    article = Article(text=page.text, id=source.stem, title=page.title, date=page.date, extra=extra)
    yield Record(source.name, 0, article)
