"""The page in a real browser; skipped where there is none."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from onrecord_service.app import create_app
from onrecord_service.settings import Settings
from onrecord_service.store.database import open_database
from onrecord_service.store.feedback import FeedbackStore
from tests.service.conftest import serving
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
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data_dir=tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def store(settings: Settings) -> FeedbackStore:
    return FeedbackStore(open_database(settings.database))


@pytest.fixture(scope="module")
def address(settings: Settings) -> Iterator[str]:
    with serving(create_app(settings, extractor=PageExtractor())) as url:
        yield f"{url}/"


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


IS_SEEN = """one => { const box = one.getBoundingClientRect();
    const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return box.top >= 0 && box.bottom <= innerHeight && one.contains(at); }"""


@pytest.fixture
def phone(browser: Any, address: str) -> Iterator[Any]:
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(address)
    page.fill("#text", "")
    page.click("#example")
    page.evaluate("document.querySelector('#text').value += '\\n\\nRain fell.'.repeat(200)")
    page.tap("#label")
    page.wait_for_selector("#result:not([hidden])")
    yield page
    context.close()


def test_on_a_phone_a_tapped_mark_and_its_parts_are_seen_together(phone: Any) -> None:
    phone.locator("#reader .tag").nth(6).tap()
    assert "accuses" in phone.locator("#detail h3").inner_text()
    assert phone.locator("#detail h3").evaluate(IS_SEEN)
    assert phone.locator("#reader .tag.on").evaluate(IS_SEEN)
    assert phone.locator("#reader .near").count() == 0
    phone.tap("#close")
    assert phone.locator("#detail").is_hidden()


def test_on_a_phone_a_tapped_row_shows_its_parts_and_the_form_its_button(phone: Any) -> None:
    phone.locator("#rows tr").nth(2).tap()
    assert phone.locator("#detail h3").evaluate(IS_SEEN)
    assert phone.locator("#correct").evaluate(IS_SEEN)
    phone.tap("#correct")
    assert phone.locator("#fix-stance").evaluate(IS_SEEN)
    phone.locator("#detail button[type=submit]").scroll_into_view_if_needed()
    assert phone.locator("#detail button[type=submit]").evaluate(IS_SEEN)


def test_on_a_small_laptop_the_whole_form_is_seen(page: Any) -> None:
    page.set_viewport_size({"width": 1366, "height": 650})
    label_example(page)
    page.locator("#rows tr").nth(2).click()
    assert page.locator("#correct").evaluate(IS_SEEN)
    page.click("#correct")
    assert page.locator("#fix-stance").evaluate(IS_SEEN)
    assert page.locator("#detail button[type=submit]").evaluate(IS_SEEN)


def test_filters_hide_statements_in_the_text_and_in_the_table(page: Any) -> None:
    label_example(page)
    page.select_option("#actor", label="Tomas Reyl (2)")
    assert page.locator("#rows tr").count() == 2
    assert page.locator("#reader .tag").count() == 2
    page.locator("#confidence").fill("75")
    assert page.locator("#rows tr").count() == 1
    assert page.locator("#total").inner_text() == "(1 of 8)"
    page.locator("#confidence").fill("100")
    assert page.locator("#filtered").is_visible()
    page.click("#reset")
    assert page.locator("#rows tr").count() == 8
    page.locator("#stances input[value=opposes]").uncheck()
    assert page.locator("#rows tr").count() == 6


def test_the_matrix_shows_who_stands_where(page: Any) -> None:
    label_example(page)
    page.click("#view-matrix")
    assert page.locator("#matrix tbody tr").count() == 6
    page.locator("#matrix button").first.click()
    assert "Norvania opposes" in page.locator("#detail h3").inner_text()


def test_a_correction_is_stored_and_shown(page: Any, store: FeedbackStore) -> None:
    label_example(page)
    page.locator("#rows tr").nth(4).click()
    page.click("#correct")
    page.select_option("#fix-stance", "opposes")
    page.fill("#fix-actor", "Tomas Reyl of the union")
    page.evaluate(
        "() => { const walk = document.createTreeWalker(document.querySelector('#reader'),"
        " NodeFilter.SHOW_TEXT); let node; while ((node = walk.nextNode()))"
        " if (node.data.includes('without a deal')) break;"
        " const at = node.data.indexOf('without a deal');"
        " getSelection().setBaseAndExtent(node, at, node, at + 14); }"
    )
    page.click("#fix-target-use")
    assert page.locator("#fix-target").input_value() == "without a deal"
    page.click("#detail button[type=submit]")
    page.wait_for_selector("#copied:has-text('stored')")
    record = list(store.records())[-1]
    changed = record["statements"][4]
    assert len(record["statements"]) == 8
    assert changed["stance"] == "opposes"
    assert record["text"][slice(*changed["target"])] == "without a deal"
    assert changed["actor"] == "Tomas Reyl of the union"
    assert "opposes" in page.locator("#rows tr").nth(4).inner_text()


def test_what_is_shown_can_be_copied(page: Any) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    label_example(page)
    page.select_option("#actor", label="Marek Dunn (1)")
    page.click("#copy-csv")
    page.wait_for_selector("#copied:has-text('CSV')")
    lines = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("Marek Dunn,,accuses,against,the minister,")
    page.click("#copy-json")
    page.wait_for_selector("#copied:has-text('JSON')")
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert len(copied["statements"]) == 1


def test_an_article_of_a_job_is_shown(page: Any, address: str) -> None:
    text = "🙂 Norvania backs the plan."
    answer = page.request.post(
        f"{address}v1/jobs",
        data=json.dumps({"text": text}),
        headers={"Content-Type": "application/x-ndjson"},
    )
    job = answer.json()["id"]
    page.request.get(f"{address}v1/jobs/{job}/events")  # ends with the job
    page.click("summary")
    page.fill("#job", job)
    page.click("#show-job")
    page.wait_for_selector("#result:not([hidden])")
    assert page.locator("#reader mark.cue").inner_text() == "backs"


def test_a_dropped_file_is_read(page: Any) -> None:
    page.set_input_files(
        "#file", {"name": "a.txt", "mimeType": "text/plain", "buffer": "Façade".encode()}
    )
    page.wait_for_function("document.querySelector('#text').value === 'Façade'")
    page.set_input_files(
        "#file", {"name": "b.txt", "mimeType": "text/plain", "buffer": b"Fa\xe7ade"}
    )
    page.wait_for_selector("#alert:has-text('not UTF-8')")
    assert page.locator("#text").input_value() == ""


@pytest.mark.parametrize(("job", "number"), [("desk-7", "0"), ("0" * 24, ""), ("0" * 24, "1.5")])
def test_a_wrong_job_is_told_in_words(page: Any, job: str, number: str) -> None:
    page.click("summary")
    page.fill("#job", job)
    page.fill("#number", number)
    page.click("#show-job")
    told = page.locator("#alert").inner_text()
    assert "24 characters" in told
    assert "pattern" not in told


def test_every_control_has_a_name(page: Any) -> None:
    label_example(page)
    page.locator("#rows tr").first.click()
    page.click("#correct")
    nameless = page.evaluate(
        "() => [...document.querySelectorAll('button, input, select, textarea')]"
        ".filter(one => !one.labels?.length && !one.textContent.trim()"
        " && !one.getAttribute('aria-label')).map(one => one.outerHTML)"
    )
    assert nameless == []
