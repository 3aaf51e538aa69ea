"""The page: what it holds, that it harms nobody, and what a browser makes of it."""

import csv
import json
import re
import shutil
import subprocess

import pytest
from tests.service.corpus.samples import TEXT, sample
from tests.service.report.synthetic import ISSUES, corpus
from typer.testing import CliRunner

from onrecord.errors import CorpusError
from onrecord_service import cli
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


@pytest.mark.parametrize("fragment", ["", "#Iceland/a%20smaller%20fishing%20quota"])
def test_browser_draws_every_figure(tmp_path, articles, fragment):
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        pytest.skip("no chromium here")
    path = tmp_path / "r.html"
    report = build(articles)
    path.write_text(render(report), "utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=2000"]
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    done = subprocess.run(
        [browser, *flags, profile, "--dump-dom", f"file://{path}{fragment}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    dom = done.stdout
    matrix = re.search(r'id="matrix">(.*?)</div>', dom, re.DOTALL)[1]
    assert matrix.count("<circle") == len(report.cells)
    assert dom.count("<polyline") == min(12, len(report.lines))
    network = re.search(r'id="network">(.*?)</div>', dom, re.DOTALL)[1]
    assert network.count("<circle") == len(report.actors)
    assert "Fish &amp; chips" in dom
    assert ('aside id="panel" aria-live="polite" class="open"' in dom) == bool(fragment)
    if fragment:
        assert dom.count('<mark class="target"') == 31
