"""Measure the shipped checkpoint for its card.

    python -m tests.golden --json FILE house/test=training/corpora/house/test.jsonl ...

The minimal pairs, and how many statements stay the same in the first passages of each corpus when a
text is changed in ways that mean nothing. `onrecord-train card model --figures FILE` reads it.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from onrecord import Extractor
from onrecord_training.corpus import read_corpus
from tests.golden.invariance import stability
from tests.golden.pairs import Answer, answers

PASSAGES = 60


def main() -> None:
    """Measure what was asked for and write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("corpus", nargs="*", metavar="NAME=CORPUS", help="for the changes")
    parser.add_argument("--json", type=Path, required=True, metavar="FILE", help="file to write")
    options = parser.parse_args()
    extractor = Extractor.load()
    invariance = {}
    for item in options.corpus:
        name, _, path = item.partition("=")
        texts = [record.text for record in read_corpus(path)][:PASSAGES]
        rates = stability(extractor, texts)
        invariance[name] = {change: round(rate, 4) for change, rate in rates.items()}
    found = {"minimal_pairs": told(list(answers(extractor))), "invariance": invariance}
    options.json.write_text(
        json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def told(pairs: list[Answer]) -> dict[str, Any]:
    """Return the counts, and the answers that are wrong or more than what is asked about."""
    return {
        "total": len(pairs),
        "right": sum(pair.right for pair in pairs),
        "surplus": sum(pair.surplus for pair in pairs),
        "listed": [asdict(pair) for pair in pairs if pair.surplus or not pair.right],
    }


if __name__ == "__main__":
    main()
