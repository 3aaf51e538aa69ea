"""The page in a real browser; skipped where there is none."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from onrecord_service.app import create_app
from onrecord_service.settings import Settings
from tests.service.page_fake import PageExtractor

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    app = create_app(Settings(data_dir=tmp_path_factory.mktemp("page")), extractor=PageExtractor())
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    server.should_exit = True
    thread.join(10)
    listener.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield made
        made.close()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1300, "height": 900})
    made = context.new_page()
    troubles: list[str] = []
    elsewhere: list[str] = []
    made.on("pageerror", lambda error: troubles.append(str(error)))
    made.on("request", lambda request: elsewhere.append(request.url))
    made.goto(address)
    yield made
    assert troubles == []
    assert [url for url in elsewhere if not url.startswith((address, "blob:", "data:"))] == []
    context.close()


def label_example(page: Any) -> None:
    page.click("#example")
    page.click("#label")
    page.wait_for_selector("#result:not([hidden])")


def test_the_article_is_shown_unchanged_with_its_statements_marked(page: Any) -> None:
    page.fill("#text", "🙂 Norvania has consistently rejected any base.\n\n  <b>Ilse</b> said no.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#result:not([hidden])")
    marked = page.eval_on_selector_all("#reader mark", "all => all.map(one => one.textContent)")
    assert marked[:2] == ["Norvania", "has consistently "]
    shown = page.evaluate(
        "() => { const copy = document.querySelector('#reader').cloneNode(true);"
        " copy.querySelectorAll('.tag').forEach(tag => tag.remove()); return copy.textContent; }"
    )
    assert shown == "🙂 Norvania has consistently rejected any base.\n\n  <b>Ilse</b> said no."


def test_every_statement_is_in_the_text_and_in_the_table(page: Any) -> None:
    label_example(page)
    assert page.locator("#reader .tag").count() == 8
    assert page.locator("#rows tr").count() == 8
    first = page.locator("#rows tr").first.inner_text()
    assert "Norvania" in first
    assert "opposes" in first
    assert "94 %" in first


def test_the_keyboard_goes_through_the_statements(page: Any) -> None:
    label_example(page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.locator(".tag.on").get_attribute("aria-label").startswith("Norvania (Ilse Varga)")
    assert page.evaluate("document.activeElement.classList.contains('tag')")
    page.keyboard.press("k")
    assert page.locator("#rows tr.active").count() == 1
    page.keyboard.press("Escape")
    assert page.locator(".tag.on").count() == 0


def test_a_row_of_the_table_marks_its_statement_in_the_text(page: Any) -> None:
    label_example(page)
    page.locator("#rows tr").nth(3).click()
    marked = page.eval_on_selector_all("#reader mark.on", "all => all.map(one => one.textContent)")
    assert "".join(marked).startswith("The Calder Unioncalled on")


def test_errors_are_told_in_words(page: Any) -> None:
    page.fill("#text", "   ")
    page.click("#label")
    assert "no text" in page.locator("#alert").inner_text().lower()


def test_nothing_is_cut_off_at_phone_width(browser: Any, address: str) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme="dark")
    page = context.new_page()
    page.goto(address)
    label_example(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()
