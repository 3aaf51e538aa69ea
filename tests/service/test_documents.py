"""What is written about the service is true of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from fastapi import FastAPI

from onrecord_service.app import create_app
from onrecord_service.problems import TITLES
from onrecord_service.settings import Settings

ROOT = Path(__file__).parents[2]
VARIABLE = re.compile(r"--([a-z-]+): (#[0-9a-f]{6})")
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


def luminance(color: str) -> float:
    """Relative luminance of `#rrggbb`, after WCAG 2."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_no_text_of_the_page_is_faded_by_opacity() -> None:
    """It would not have the contrast that is measured below."""
    folder = ROOT / "service" / "onrecord_service" / "page"
    css = "".join(path.read_text("utf-8") for path in sorted(folder.glob("*.css")))
    faded = {selector.strip() for selector in re.findall(r"([^{}]+)\{[^}]*\bopacity:", css)}
    assert faded == {"button:disabled", ".chip input"}  # exempt; and a box under its own label


def test_every_text_color_of_the_page_has_enough_contrast() -> None:
    css = (ROOT / "service" / "onrecord_service" / "page" / "base.css").read_text("utf-8")
    light, dark = (dict(VARIABLE.findall(part)) for part in css.split("@media", 2)[:2])
    pairs = [
        ("ink", "paper"),
        ("ink", "card"),
        ("soft", "paper"),
        ("soft", "card"),
        ("soft", "shade"),
        ("accent-ink", "accent"),
        ("accent", "paper"),
        ("bad", "bad-bg"),
        *((name, f"{name}-bg") for name in ("favor", "against", "neutral")),
        *((name, "card") for name in ("favor", "against", "neutral")),
        *(("ink", f"{name}-{depth}") for name in ("favor", "against") for depth in ("bg", "deep")),
    ]
    for theme, colors in (("light", light), ("dark", dark)):
        for front, back in pairs:
            one, other = sorted((luminance(colors[front]), luminance(colors[back])))
            ratio = (other + 0.05) / (one + 0.05)
            assert ratio >= 4.5, f"{theme}: {front} on {back} has {ratio:.2f}"
