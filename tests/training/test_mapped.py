from __future__ import annotations

import json
from pathlib import Path

import pytest

from onrecord.errors import CorpusError
from onrecord_training.corpus import read_corpus
from onrecord_training.mapped import MappedRecords

ROW = {
    "id": "a",
    "text": "“No,” the mayor said 🙂.",
    "desk": "city",
    "statements": [
        {
            "cue": [16, 20],
            "source": [6, 15],
            "content": [[0, 5]],
            "target": None,
            "stance": "states",
            "conditional": False,
            "actor": None,
            "represents": None,
        }
    ],
}


def write(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


def test_mapped_records_are_those_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "c.jsonl", [ROW | {"id": str(i)} for i in range(5)])
    mapped = MappedRecords(path)
    assert list(mapped) == list(read_corpus(path))
    assert len(mapped) == 5
    assert [item.id for item in mapped[1:3]] == ["1", "2"]
    assert mapped[-1].id == "4"
    assert mapped[0].extra["desk"] == "city"
    with pytest.raises(IndexError):
        mapped[5]


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = write(tmp_path / "c.jsonl", [ROW])
    assert len(MappedRecords(path)) == 1
    write(path, [ROW, ROW | {"id": "b"}])
    assert len(MappedRecords(path)) == 2


def test_a_bad_record_is_named_with_file_and_line(tmp_path: Path) -> None:
    bad = ROW | {"statements": [{"cue": [3, 900], "stance": "states"}]}
    path = write(tmp_path / "c.jsonl", [ROW, bad])
    with pytest.raises(CorpusError, match=r"c\.jsonl:2"):
        MappedRecords(path)


@pytest.mark.parametrize(
    ("line", "says"), [("[" * 100_000, "nested"), ('{"id": ' + "7" * 5000 + "}", "too long")]
)
def test_json_that_python_cannot_read_is_named_and_the_disk_is_not_blamed(
    tmp_path: Path, line: str, says: str
) -> None:
    path = write(tmp_path / "c.jsonl", [ROW])
    path.write_text(path.read_text(encoding="utf-8") + "\n" + line, encoding="utf-8")
    with pytest.raises(CorpusError, match=rf"c\.jsonl:2: .*{says}") as caught:
        MappedRecords(path)
    assert "disk" not in str(caught.value)
