"""The page: what it holds, that it harms nobody, and what a browser makes of it."""

import csv
import html
import json
import re
import shutil
import subprocess
from xml.etree import ElementTree as ET

import pytest
from tests.service.corpus.samples import TEXT, sample
from tests.service.report.synthetic import ISSUES, corpus
from typer.testing import CliRunner

from onrecord.errors import CorpusError
from onrecord_service import cli
from onrecord_service.report import build as build_module
from onrecord_service.report.build import Size, build_report, context, render
from onrecord_service.report.positions import Selection, day_of


@pytest.fixture(scope="module")
def articles():
    return corpus()


def build(articles, **size):
    return build_report(
        lambda: articles, selection=Selection(), size=Size(**size), title="Fish & chips"
    )


def data_of(page):
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    return json.loads(found[1])


def test_every_cell_leads_to_its_statements_with_link_and_date(articles):
    report = build(articles, statements=5)
    for cell in report.cells:
        rows = [
            r for r in report.statements if (r["actor"], r["issue"]) == (cell.actor, cell.issue)
        ]
        assert len(rows) == min(cell.count, 5)
        for row in rows:
            assert row["url"].startswith("https://news.example/")
            assert row["date"]
            words = {role: text for role, text in row["context"] if role}
            assert words["source"] == cell.actor
            assert words["target"] == cell.issue


def test_context_is_verbatim_in_every_offset_unit():
    for unit in ("codepoint", "utf16", "utf8"):
        article = sample(unit)
        for statement in article["statements"]:
            pieces = context(article, statement)
            assert "".join(text for _, text in pieces) in TEXT
        pieces = context(article, article["statements"][0])
        assert ["cue", "ruled out"] in pieces


def test_context_without_the_text_shows_the_spans():
    article = sample()
    del article["text"]
    assert ["content", "ruled out"] in context(article, article["statements"][0])


def test_page_needs_no_network_and_article_text_is_never_markup(articles):
    hostile = {
        **articles[0],
        "text": articles[0]["text"],
        "title": "</script><img src=x onerror=1>",
    }
    hostile["url"] = "javascript:alert(1)"
    report = build([hostile, *articles[1:]])
    page = render(report)
    assert "<img" not in page
    assert not re.search(r"""(src|href)=["']https?:""", page)
    assert "default-src 'none'" in page
    data = data_of(page)
    assert any(row["title"] == hostile["title"] for row in data["statements"])
    assert all(row["url"] is None or row["url"].startswith("http") for row in data["statements"])


def test_report_of_nothing_is_a_page_too():
    page = render(build([]))
    assert data_of(page)["cells"] == []


def test_command_writes_page_and_tables(tmp_path, articles):
    source = tmp_path / "in.jsonl"
    source.write_text("".join(json.dumps(article) + "\n" for article in articles))
    (tmp_path / "t.csv").write_text(f"target,issue\n{ISSUES[0]},Fish\n{ISSUES[1]},Gas\n")
    command = ["report", str(source), "-o", str(tmp_path / "r.html"), "--tables"]
    options = [str(tmp_path / "t"), "--issues", str(tmp_path / "t.csv"), "--from", "2025-01"]
    result = CliRunner().invoke(cli.build_app(), [*command, *options])
    assert result.exit_code == 0, result.output
    with (tmp_path / "t" / "matrix.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert {"Fish", "Gas"} <= {row["issue"] for row in rows}
    data = data_of((tmp_path / "r.html").read_text("utf-8"))
    assert len(data["cells"]) == len(rows)
    assert min(row["date"] for row in data["statements"]) >= "2025-01-01"
    for name in ("timeline", "contested", "agreement", "statements"):
        assert (tmp_path / "t" / f"{name}.csv").stat().st_size > 50


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2025", "2025-01-01", "2025-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2024-12", "2024-12-01", "2024-12-31"),
        ("2025-03-04", "2025-03-04", "2025-03-04"),
    ],
)
def test_days_may_be_given_as_years_and_months(text, first, last):
    assert day_of(text, last=False).isoformat() == first
    assert day_of(text, last=True).isoformat() == last


@pytest.mark.parametrize("text", ["soon", "2025-13", "2025-02-30", "1-2-3-4"])
def test_what_is_no_date_is_refused(text):
    with pytest.raises(CorpusError, match="is no date"):
        day_of(text, last=False)


def browse(tmp_path, page, *, fragment="", script="", flags=()):
    """Return the document that Chromium makes of a page, after a script of the test's own."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        pytest.skip("no chromium here")
    path = tmp_path / "r.html"
    path.write_text(page.replace("</body>", f"<script>{script}</script></body>"), "utf-8")
    given = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=2000", *flags]
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    done = subprocess.run(
        [browser, *given, profile, "--dump-dom", f"file://{path}{fragment}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize("fragment", ["", "#Iceland/a%20smaller%20fishing%20quota"])
def test_browser_draws_every_figure(tmp_path, articles, fragment):
    report = build(articles)
    dom = browse(tmp_path, render(report), fragment=fragment)
    matrix = re.search(r'id="matrix">(.*?)</div>', dom, re.DOTALL)[1]
    assert matrix.count("<circle") == len(report.cells)
    assert dom.count("<polyline") == min(12, len(report.lines))
    network = re.search(r'id="network">(.*?)</div>', dom, re.DOTALL)[1]
    assert network.count("<circle") == len(report.actors)
    assert "Fish &amp; chips" in dom
    assert ('aside id="panel" aria-live="polite" class="open"' in dom) == bool(fragment)
    if fragment:
        assert dom.count('<mark class="target"') == 31


SAVE = """
const put = text => document.body.append(el("pre", {}, text));
URL.createObjectURL = blob => { blob.text().then(put); return "#"; };
for (const button of document.querySelectorAll("button.save")) button.click();
"""


def test_figures_are_saved_as_files_that_need_no_style_sheet(tmp_path, articles):
    dom = browse(tmp_path, render(build(articles)), script=SAVE)
    pictures = [html.unescape(found) for found in re.findall(r"<pre>(.*?)</pre>", dom, re.DOTALL)]
    assert len(pictures) == 2 + dom.count("<polyline")
    for picture in pictures:
        root = ET.fromstring(picture)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        for foreign in ("var(", "color-mix", "color(", "class=", "style=", "href"):
            assert foreign not in picture
    circles = re.findall(r"<circle[^>]* fill=\"(#\w{6})\"", pictures[0])
    assert len(set(circles)) > 2


def test_panel_of_an_actor_says_of_how_many_statements_it_shows_some(tmp_path, articles):
    report = build(articles, statements=2)
    count = sum(cell.count for cell in report.cells if cell.actor == "Iceland")
    dom = browse(tmp_path, render(report), fragment="#Iceland")
    rows = [row for row in report.statements if row["actor"] == "Iceland"]
    assert f"{len(rows)} of {count} statements, the surest ones" in dom
    assert len(rows) < count


def test_point_of_a_time_line_opens_its_own_period(tmp_path, articles):
    report = build(articles)
    line = report.lines[0]
    point = line.points[-1]
    fragment = f"#{line.actor}/{line.issue}/{point.start}".replace(" ", "%20")
    dom = browse(tmp_path, render(report), fragment=fragment)
    panel = re.search(r"<aside.*</aside>", dom, re.DOTALL)[0]
    assert panel.count("<article>") == point.count
    assert f"{report.period} from {point.start}" in panel


def test_each_period_keeps_a_statement_when_few_are_shown(articles):
    report = build(articles, statements=20)
    for line in report.lines:
        kept = {
            r["period"]
            for r in report.statements
            if (r["actor"], r["issue"]) == (line.actor, line.issue)
        }
        assert kept == {point.start.isoformat() for point in line.points}


def test_contested_issue_beyond_the_matrix_keeps_its_count(articles):
    report = build(articles, issues=2, statements=1)
    counts = {(actor, issue): count for actor, issue, count in report.beyond}
    assert counts
    assert max(counts.values()) > 1
    assert not set(counts) & {(cell.actor, cell.issue) for cell in report.cells}


def test_long_names_are_there_in_full_on_a_phone(tmp_path):
    name = "The Standing Conference of Independent Harbor Masters and Pilots of the Inner Lagoons"
    articles = corpus()
    for article in articles:
        for statement in article["statements"]:
            if statement["actor"]["name"] == "Norway":
                statement["actor"]["represents"]["name"] = name
            if statement["target"]["text"] == ISSUES[0]:
                statement["issue"] = "a rather small fishing quota for boats of the lagoon"
    dom = browse(tmp_path, render(build(articles)), flags=["--window-size=500,900"])
    assert f"In full: {name}." in dom
    lines = re.findall(r"<tspan[^>]*>([^<]*)</tspan>", dom)
    assert "a rather small fishing quota" in lines
    assert "for boats of the lagoon" in lines


def test_context_that_begins_or_ends_in_a_sentence_is_marked(tmp_path):
    text = "First words are here. Norway backs the plan. Last words"
    assert build_module._cut(text, "words are here. Norway backs the plan.") == (True, False)
    assert build_module._cut(text, "Norway backs the plan. Last") == (False, True)
    assert build_module._cut("Headline\nNorway backs", "Norway backs") == (False, False)


@pytest.mark.parametrize("grouped", [True, False])
def test_page_says_whether_targets_were_grouped(articles, grouped):
    report = build_report(
        lambda: articles, selection=Selection(), size=Size(), title="T", grouped=grouped
    )
    assert data_of(render(report))["facts"]["grouped"] is grouped
