import json
import zipfile

import pytest

from onrecord_training.converters import import_corpus
from onrecord_training.corpus import GoldStatement

# Every format's sample says the same two statements about this invented text; the emoji stands
# before all spans, so that UTF-16 offsets differ from code points.
TEXT = "🎉 Oskvar rejects the canal plan. Minister Ilva Brandt said she would sign it."
OPPOSES = GoldStatement((9, 16), (2, 8), ((17, 31),), (17, 31), "opposes")
COMMITS = GoldStatement((54, 58), (33, 53), ((59, 77),), (69, 77), "commits")
SPANS = {
    "s1": (2, 8, "Source"),
    "c1": (9, 16, "Cue"),
    "k1": (17, 31, "Content"),
    "t1": (17, 31, "Target"),
    "s2": (33, 53, "Source"),
    "c2": (54, 58, "Cue"),
    "k2": (59, 77, "Content"),
    "t2": (69, 77, "Target"),
}
PAIRS = [("s1", "c1"), ("k1", "c1"), ("t1", "c1"), ("s2", "c2"), ("k2", "c2"), ("t2", "c2")]


def put(tmp_path, value, name="export.jsonl"):
    path = tmp_path / name
    if isinstance(value, str):
        path.write_text(value, encoding="utf-8")
    elif name.endswith(".jsonl"):
        path.write_text("".join(json.dumps(row) + "\n" for row in value), encoding="utf-8")
    else:
        path.write_text(json.dumps(value), encoding="utf-8")
    return path


def project(folder, ending, content, *documents):
    """Write INCEpTION's layout: a folder per document, a file per annotator."""
    for document in documents:
        for who in ("alice", "bob"):
            path = folder / document / f"{who}{ending}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")


def zipped(folder, ending, archive_path):
    """Pack the files of a folder that have an ending, as a project's export is."""
    with zipfile.ZipFile(archive_path, "w") as archive:
        archive.writestr("exportedproject.json", "{}")
        for path in sorted(folder.rglob(f"*{ending}")):
            archive.write(path, path.relative_to(folder))
    return archive_path


def two_annotators_agree(done):
    """Check what the import of `project(...)` of two documents gives."""
    assert not done.report.rejected
    assert [record.id for record in done.records] == ["d1.txt", "d2.txt"]
    assert done.report.annotators == {"alice": 2, "bob": 2}
    assert done.report.agreement.alpha["cue"] == 1.0


@pytest.fixture
def load(tmp_path):
    """Write a sample and import it."""

    def run(format_name, value, name="export.jsonl", **options):
        return import_corpus(put(tmp_path, value, name), format_name, **options)

    return run
