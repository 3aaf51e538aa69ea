"""What the benchmarks read: articles of about 600 words, and a million short lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
WORDS = 600
SHORT_LINES = 200
"""Different lines of the short corpus that the model reads; the rest are their copies."""


def articles(count: int) -> list[str]:
    """Return articles of about 600 words, made of the invented example articles and house texts."""
    texts = [
        path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("examples/articles/*.txt"))
    ]
    lines = (ROOT / "training/corpora/house/test.jsonl").read_text(encoding="utf-8").splitlines()
    texts += [json.loads(line)["text"] for line in lines]
    out, current, words = [], [], 0
    for text in texts:
        current.append(text)
        words += len(text.split())
        if words >= WORDS:
            out.append("\n\n".join(current))
            current, words = [], 0
    return (out * (count // len(out) + 1))[:count]


def write_articles(path: Path, texts: list[str]) -> Path:
    """Write texts as JSON lines with an id, a date and an address."""
    with path.open("w", encoding="utf-8") as stream:
        for number, text in enumerate(texts):
            head = {"id": f"b{number}", "date": f"2025-{number % 12 + 1:02d}-01"}
            stream.write(json.dumps({**head, "url": f"https://example.org/{number}", "text": text}))
            stream.write("\n")
    return path


def short_lines(count: int) -> Iterator[str]:
    """Yield short JSON lines, each tenth of which is like no other and refused by the worker (NUL).

    Of the others `SHORT_LINES` are different, so that the cache knows all but the first.
    """
    for number in range(count):
        if number % 10 == 9:
            text = f"Norvania rejects plan {number}.\0"
        else:
            text = f"Norvania rejects plan {number % SHORT_LINES} of Calder's ministers."
        yield json.dumps({"id": f"s{number}", "text": text}) + "\n"
