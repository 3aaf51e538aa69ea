"""Every format that a corpus can come in, and what is wrong with broken ones."""

import csv
import gzip
import io
import json
import math
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onrecord.errors import CorpusError
from onrecord_service.corpus.options import ReadOptions
from onrecord_service.corpus.readers import READERS, check_inputs, read_corpus, total_bytes
from onrecord_service.corpus.records import FieldMap, Record, Rejected
from onrecord_service.corpus.sources import Meter

ROWS = [
    {"id": "1", "text": 'He said "no".\nAnd left, again', "title": "Ü", "outlet": "Post"},
    {"id": "2", "text": "Chad says hello.", "title": None, "outlet": "News"},
]
BODY = "The minister said that the bridge would open in May, whatever the council decides. " * 4
PAGE = f"""<html><head><title>Bridge to open</title><meta name="date" content="2025-03-04"></head>
<body><nav><a href="/">Home</a><a href="/x">Sport</a></nav><article><h1>Bridge to open</h1>
<p>{BODY}</p><p>{BODY[:90]} Unclear.</p></article><footer>Cookies</footer></body></html>"""


def read(*paths, **options):
    return list(read_corpus([str(path) for path in paths], ReadOptions(**options), Meter()))


def good(items):
    return [item.article for item in items if isinstance(item, Record)]


def bad(items):
    return [item for item in items if isinstance(item, Rejected)]


def jsonl(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def test_compressed_json_lines_are_read_with_many_members(tmp_path):
    zstandard = pytest.importorskip("zstandard")
    first, second = jsonl(ROWS[:1]), jsonl(ROWS[1:])
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(first) + gzip.compress(second) + b"\0" * 99)
    pack = zstandard.ZstdCompressor().compress
    (tmp_path / "b.jsonl.zst").write_bytes(pack(first) + pack(second))
    items = read(tmp_path)
    assert [article.id for article in good(items)] == ["1", "2", "1", "2"]
    assert not bad(items)


@pytest.mark.parametrize("kind", ["gz", "zst"])
def test_truncated_compressed_file_gives_its_good_lines_and_says_where_it_ends(tmp_path, kind):
    zstandard = pytest.importorskip("zstandard")
    rows = [{"text": f"Number {number * 7919 % 1000003}"} for number in range(50_000)]
    pack = gzip.compress if kind == "gz" else zstandard.ZstdCompressor().compress
    data = pack(jsonl(rows))
    path = tmp_path / f"a.jsonl.{kind}"
    path.write_bytes(data[: len(data) // 2])
    items = read(path)
    (rejected,) = bad(items)
    articles = good(items)
    assert len(articles) > 100
    assert [article.text for article in articles] == [r["text"] for r in rows[: len(articles)]]
    assert "truncated" in rejected.reason
    assert rejected.line == len(articles) + 1


def test_damaged_compressed_file_is_rejected_with_the_reason(tmp_path):
    (tmp_path / "a.jsonl.gz").write_bytes(b"not gzip at all")
    (rejected,) = bad(read(tmp_path / "a.jsonl.gz"))
    assert "gz data is damaged" in rejected.reason


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_keeps_quotes_line_feeds_and_other_columns(tmp_path, delimiter):
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, list(ROWS[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(ROWS)
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbf" + buffer.getvalue().encode())
    items = read(tmp_path / "a.csv")
    assert [article.text for article in good(items)] == [row["text"] for row in ROWS]
    assert good(items)[0].extra["outlet"] == "Post"
    assert [item.line for item in items] == [2, 4]


def test_csv_with_a_broken_quote_loses_that_row_only(tmp_path):
    (tmp_path / "a.csv").write_text(
        'id,text\n1,good one\n2,"broken quote\n3,"good, two"\n4,good three\n5,a,b\n6,"not closed\n'
    )
    items = read(tmp_path / "a.csv")
    assert [article.id for article in good(items)] == ["1", "3", "4"]
    assert [item.line for item in bad(items)] == [3, 6, 7]
    assert "2 values" not in bad(items)[1].reason
    assert "3 values where the header names 2" in bad(items)[1].reason
    assert "never closed" in bad(items)[2].reason


def test_csv_line_in_another_encoding_is_rejected_and_the_next_one_read(tmp_path):
    (tmp_path / "a.csv").write_bytes("id,text\n1,caf\xe9\n2,fine\n".encode("latin-1"))
    items = read(tmp_path / "a.csv")
    assert [article.id for article in good(items)] == ["2"]
    assert "0xe9 at position 5 is not valid utf-8" in bad(items)[0].reason
    assert good(read(tmp_path / "a.csv", encoding="latin-1"))[0].text == "caf\xe9"


@pytest.mark.parametrize("ending", ["\r", "\n"])
def test_csv_with_lone_carriage_returns_gives_every_row(tmp_path, ending):
    (tmp_path / "a.csv").write_bytes(
        f'id,text{ending}a,The one\rb,The two{ending}c,"T\rthree"\r\nd,Four\re,"5\n"\r'.encode()
    )
    items = read(tmp_path / "a.csv")
    texts = {article.id: article.text for article in good(items)}
    assert texts == {"a": "The one", "b": "The two", "c": "T\rthree", "d": "Four", "e": "5\n"}
    assert [item.line for item in items] == [2, 3, 4, 6, 7]


def test_csv_header_that_cannot_be_read_does_not_hide_the_next_file(tmp_path, monkeypatch):
    monkeypatch.setattr(csv, "reader", lambda *_, **__: broken())
    (tmp_path / "a.csv").write_text("id,text\n1,x\n")
    (tmp_path / "b.txt").write_text("Good.")
    items = read(tmp_path)
    assert [article.text for article in good(items)] == ["Good."]
    assert "a.csv" in bad(items)[0].source
    assert "the first line is not a CSV row: odd" in bad(items)[0].reason


def broken():
    raise csv.Error("odd")
    yield


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1))
def test_any_csv_that_python_writes_is_read_back(tmp_path_factory, texts):
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(["text", "n"])
    writer.writerows([text, number] for number, text in enumerate(texts))
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_bytes(buffer.getvalue().encode())
    assert [article.text for article in good(read(path))] == texts


def test_parquet_is_read_with_types_kept(tmp_path):
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    import datetime as dt

    rows = [{**row, "date": dt.date(2025, 1, 2), "tags": ["a"]} for row in ROWS]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    articles = good(read(tmp_path / "a.parquet"))
    assert [article.text for article in articles] == [row["text"] for row in ROWS]
    assert articles[0].date == "2025-01-02"
    assert articles[0].extra["tags"] == ["a"]


@pytest.mark.parametrize("name", ["a.parquet", "a.csv", "a.xlsx"])
def test_table_without_the_named_column_lists_the_columns_it_has(tmp_path, name):
    path = tmp_path / name
    if name == "a.parquet":
        pa = pytest.importorskip("pyarrow")
        pytest.importorskip("pyarrow.parquet").write_table(pa.table({"body": ["x"]}), path)
    elif name == "a.xlsx":
        book = pytest.importorskip("openpyxl").Workbook()
        book.active.append(["body"])
        book.save(path)
    else:
        path.write_text("body\nx\n")
    (rejected,) = bad(read(path))
    assert "no column 'text' for the text; the file has 'body'" in rejected.reason
    if name != "a.xlsx":
        assert good(read(path, fields=FieldMap(text="body")))[0].text == "x"


@pytest.mark.parametrize("garbage", [b'\xff{"\x00garbage', b'\xff\xfe{"\x00an odd end'])
@pytest.mark.parametrize("suffix", sorted(READERS))
def test_garbage_in_any_format_is_a_rejection_not_a_crash(tmp_path, suffix, garbage):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(garbage)
    items = read(path)
    assert not good(items)
    assert all(item.reason for item in bad(items))


def test_spreadsheet_is_read_by_its_first_row(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["id", "text"])
    book.active.append([1, "Chad says hello."])
    book.active.append([None, None])
    other = book.create_sheet("Other")
    other.append(["text"])
    other.append(["Second sheet."])
    book.save(tmp_path / "a.xlsx")
    assert [article.id for article in good(read(tmp_path / "a.xlsx"))] == ["1"]
    assert good(read(tmp_path / "a.xlsx", sheet="Other"))[0].text == "Second sheet."
    (rejected,) = bad(read(tmp_path / "a.xlsx", sheet="Nope"))
    assert "'Sheet', 'Other'" in rejected.reason


def test_spreadsheet_column_without_a_name_moves_no_other(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in ([None, "id", "text", None], [0, "a", "Chad says hello.", "x"], [1, None, None]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    (article,) = good(read(tmp_path / "a.xlsx"))
    assert (article.id, article.text) == ("a", "Chad says hello.")
    assert set(article.extra) == {"text"}
    (rejected,) = bad(read(tmp_path / "a.xlsx", fields=FieldMap(text="body")))
    assert "the file has 'id', 'text'; name" in rejected.reason


def test_web_page_gives_its_main_text_and_an_empty_one_is_rejected(tmp_path):
    pytest.importorskip("trafilatura")
    (tmp_path / "a.html").write_text(PAGE)
    (tmp_path / "b.html").write_text("<html><body><nav>Home</nav></body></html>")
    items = read(tmp_path)
    (article,) = good(items)
    assert article.title == "Bridge to open"
    assert article.date == "2025-03-04"
    assert "would open in May" in article.text
    assert "Cookies" not in article.text
    assert "no article text found" in bad(items)[0].reason


def test_ninjs_items_give_text_headline_date_and_people(tmp_path):
    pytest.importorskip("lxml")
    third = {
        "uri": "tag:x,2025:1",
        "headlines": [{"role": "main", "value": "Head"}],
        "bodies": [
            {"contenttype": "text/html", "value": "<p>Html</p>"},
            {"contenttype": "text/plain", "value": "Plain body."},
        ],
        "versioncreated": "2025-03-04T10:00:00Z",
        "people": [{"name": "A", "uri": "http://www.wikidata.org/entity/Q1"}],
    }
    first = {"uri": "u2", "headline": "H2", "body_html": "<p>One &amp;</p><p>Two</p>", "person": []}
    (tmp_path / "a.json").write_text(json.dumps([third, first, {"uri": "u3", "bodies": []}]))
    items = read(tmp_path / "a.json")
    one, two = good(items)
    assert (one.id, one.title, one.text) == ("tag:x,2025:1", "Head", "Plain body.")
    assert one.date == "2025-03-04T10:00:00Z"
    assert one.extra["people"][0]["name"] == "A"
    assert (two.title, two.text, two.extra["people"]) == ("H2", "One &\n\nTwo", [])
    assert "no body with text" in bad(items)[0].reason


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<h2>Head</h2><div>The minister rejected it.</div>", "Head\n\nThe minister rejected it."),
        ("<ul><li><p>x</p></li><li>y <b>z</b></li></ul>", "x\n\ny z"),
        ("Before <p>one <!-- no -->two</p> after", "Before\n\none two\n\nafter"),
        ("<blockquote>a<p>b</p>c</blockquote><script>no()</script>d", "a\n\nb\n\nc\n\nd"),
        ("one<br/>two &amp; <i>th</i>ree", "one\ntwo & three"),
        ("<p>words\n on two lines</p>", "words\n on two lines"),
    ],
)
def test_every_word_of_a_ninjs_body_is_kept_once(tmp_path, html, text):
    pytest.importorskip("lxml")
    (tmp_path / "a.json").write_text(json.dumps({"uri": "u", "body_html": html}))
    (article,) = good(read(tmp_path / "a.json"))
    assert article.text == text


def test_zip_of_files_is_read_in_order_of_name(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("news/b.txt", "Second.")
        archive.writestr("news/a.jsonl.gz", gzip.compress(jsonl(ROWS)))
        archive.writestr("__MACOSX/a.txt", "no")
        archive.writestr("news/.hidden.txt", "no")
        archive.writestr("news/c.zip", "no")
    items = read(tmp_path / "a.zip")
    assert [article.id for article in good(items)] == ["1", "2", "news/b"]
    assert "archive inside an archive" in bad(items)[0].reason


def test_json_lines_that_are_not_articles_say_what_they_are(tmp_path):
    lines = [
        b"[1]",
        b'{"text": 3}',
        b'{"text": NaN}',
        b'{"text": "a", "title": {}}',
        b"[" * 100_000,
        b'{"text": "a", "extra": [-1e999]}',
    ]
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(lines))
    reasons = [item.reason for item in bad(read(tmp_path / "a.jsonl"))]
    assert "holds a list" in reasons[0]
    assert "is of type number" in reasons[1]
    assert "NaN is not JSON" in reasons[2]
    assert "'title' is of type object" in reasons[3]
    assert "nested too deeply" in reasons[4]
    assert "-1e999 is beyond 1.8e308" in reasons[5]


def test_missing_numbers_of_a_data_frame_become_null():
    row = {"text": "Hi", "page": math.nan, "words": math.inf, "title": math.nan}
    article = FieldMap().article(row, fallback_id="a", keep_text=False)
    assert article.extra == {"page": None, "words": None}
    assert article.title is None


def test_named_format_wins_over_the_file_name(tmp_path):
    (tmp_path / "a.log").write_bytes(jsonl(ROWS))
    assert len(good(read(tmp_path / "a.log", format=".jsonl"))) == 2


def test_meter_reaches_the_total(tmp_path):
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(jsonl(ROWS * 50)))
    (tmp_path / "b.txt").write_text("Hello")
    meter = Meter()
    list(read_corpus([str(tmp_path)], ReadOptions(), meter))
    assert meter.done == total_bytes([str(tmp_path)]) > 0


def test_no_input_and_two_standard_inputs_are_refused():
    with pytest.raises(CorpusError, match="no input given"):
        check_inputs([])
    with pytest.raises(CorpusError, match="once"):
        check_inputs(["-", "-"])


def test_missing_package_is_named_with_the_command_that_installs_it(monkeypatch, tmp_path):
    import sys

    monkeypatch.setitem(sys.modules, "trafilatura", None)
    (tmp_path / "a.html").write_text(PAGE)
    (rejected,) = bad(read(tmp_path / "a.html"))
    assert "pip install 'onrecord[corpora]'" in rejected.reason
