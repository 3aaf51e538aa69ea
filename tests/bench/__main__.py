"""Measure and print: `make bench`, or `python -m tests.bench PART ... --help`.

The full measures: `python -m tests.bench corpus --articles 5000 --parts 5`,
`python -m tests.bench memory --lines 1000000`, `python -m tests.bench scaling --articles 400`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from rich.console import Console

from tests.bench import corpus, pipeline, scaling

PARTS = ("pipeline", "corpus", "memory", "scaling")


def main() -> None:
    """Run what was asked for and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all")
    parser.add_argument("--rounds", type=int, default=5, help="pipeline: rounds of 8 articles")
    parser.add_argument("--articles", type=int, default=80, help="corpus, scaling: articles")
    parser.add_argument("--parts", type=int, default=2, help="corpus: turns they are split into")
    parser.add_argument("--lines", type=int, default=50_000, help="memory: short lines")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="pipeline: write it for `card --figures`"
    )
    options = parser.parse_args()
    for part in options.part or PARTS:
        if part not in PARTS:
            parser.error(f"part {part!r} is unknown; use {', '.join(PARTS)}")
    console = Console()
    chosen = options.part or PARTS
    if "pipeline" in chosen:
        rows = pipeline.measure(options.rounds, 8)
        console.print(pipeline.table(rows))
        if options.json:
            options.json.write_text(json.dumps({"speed": rows}, indent=1) + "\n", encoding="utf-8")
    if "corpus" in chosen:
        console.print(corpus.end_to_end(options.articles, options.parts))
    if "memory" in chosen:
        console.print(corpus.parent_memory(options.lines))
    if "scaling" in chosen:
        console.print(scaling.scaling(options.articles))


if __name__ == "__main__":
    main()
