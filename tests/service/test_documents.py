"""What is written about the service is true of it."""

from __future__ import annotations

import json
from pathlib import Path

from fastapi import FastAPI

from onrecord_service.app import create_app
from onrecord_service.problems import TITLES
from onrecord_service.settings import Settings

ROOT = Path(__file__).parents[2]
SNAPSHOT = Path(__file__).parent / "openapi.json"


def documents() -> str:
    found = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return "\n".join(path.read_text("utf-8") for path in found if path.exists())


def test_every_setting_is_documented() -> None:
    text = documents()
    for name in Settings.model_fields:
        assert f"ONRECORD_{name.upper()}" in text, name


def test_every_path_is_documented(tmp_path: Path) -> None:
    text = documents()
    for path in create_app(Settings(data_dir=tmp_path)).openapi()["paths"]:
        assert path in text or "/" + path.rsplit("/", 1)[-1] in text or "/articles/{n}" in text, (
            path
        )


def test_every_problem_is_in_the_table_of_the_module() -> None:
    module = (ROOT / "service" / "onrecord_service" / "problems.py").read_text("utf-8")
    table = module.split('"""')[1]
    for slug, (status, _) in TITLES.items():
        lines = [line.split() for line in table.splitlines()]
        assert [slug, str(status)] in [line[:2] for line in lines], slug


def test_openapi_is_the_committed_one(tmp_path: Path) -> None:
    """After a wanted change, delete the file and run this: it writes the new one, and fails."""
    app: FastAPI = create_app(Settings(data_dir=tmp_path))
    document = json.loads(json.dumps(app.openapi()))
    document["info"]["version"] = "any"
    if not SNAPSHOT.exists():
        SNAPSHOT.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")
        message = f"{SNAPSHOT.name} was written: look at the difference and commit it"
        raise AssertionError(message)
    assert document == json.loads(SNAPSHOT.read_text())
