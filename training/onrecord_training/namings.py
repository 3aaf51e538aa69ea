"""Fit how a described source is named and whom a pronoun means (`naming.py`, `pointing.py`).

    python -m onrecord_training.namings TRAIN.jsonl... --out FOLDER

It writes `naming.json` and `pointing.json`: one weight per named feature, no text of the corpora
but single nouns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from onrecord.actors import ActorResolver
from onrecord.actors.phrase import Phrase
from onrecord.actors.pointing import Pointed, meant_by
from onrecord.actors.reading import Reading
from onrecord.actors.registry import ActorRegistry
from onrecord.actors.resolver import resolve_reading
from onrecord.actors.text import fold
from onrecord.actors.wordings import Suggestion
from onrecord.types import Span
from onrecord_training.actors import article_of, gold_statements, records
from onrecord_training.principals import Choice, parse_arguments, refit

# Penalty of the squared weights (descriptions are free, and labels differ in taste), and how many
# choices must have a feature.
SETTINGS = {"naming": (12.0, 6), "pointing": (4.0, 5)}


def plain(name: str) -> str:
    """Return a gold name as the options write it: parties joined by "and", case aside."""
    *parts, last = name.split("; ")
    return (f"{', '.join(parts)} and {last}" if parts else last).casefold()


@dataclass(slots=True)
class _Article:
    """One article's gold actors, and the source that is being resolved."""

    gold: dict[tuple[int, int], str]
    current: str = ""

    def observe(self, _: Reading, _phrase: Phrase, source: Span) -> None:
        self.current = self.gold.get((source.start, source.end), "")


def choices(path: Path) -> dict[str, list[Choice]]:
    """Return the choices of a corpus that have a right option among them.

    Args:
        path: A house JSONL file.

    Returns:
        "naming": those of described sources, "pointing": those of pronouns.
    """
    resolver = ActorResolver()
    out: dict[str, list[Choice]] = {kind: [] for kind in SETTINGS}
    for record in records(path):
        article = _Article(
            {
                (item["source"][0], item["source"][1]): item["actor"]
                for item in record["statements"]
                if item["source"] and item["actor"]
            }
        )
        reading = Reading(article_of(record), resolver.gazetteer, ActorRegistry())

        def named(options: list[Suggestion], article: _Article = article) -> None:
            right = [item.name.casefold() == plain(article.current) for item in options]
            _note(out["naming"], [item.features for item in options], right, article.current)

        def meant(
            options: list[Pointed], article: _Article = article, reading: Reading = reading
        ) -> None:
            gold = article.current
            right = [bool(gold) and same(_names(reading, item), gold) for item in options]
            _note(out["pointing"], [item.features for item in options], right, article.current)

        reading.watch_names = named
        reading.watch_pointing = meant
        resolve_reading(reading, gold_statements(record), article.observe)
    return out


def _note(out: list[Choice], features: list[list[str]], right: list[bool], gold: str) -> None:
    if gold and any(right):
        out.append(Choice(features, right, 1.0, 0))


def _names(reading: Reading, item: Pointed) -> str:
    return " and ".join(actor.name for actor in meant_by(reading, item))


def same(name: str, gold: str) -> bool:
    """Return whether two names are one, accents and a person's first names aside."""
    name, gold = fold(name), fold(plain(gold))
    single = " and " not in name and " and " not in gold
    return bool(name) and (name == gold or (single and name.split()[-1] == gold.split()[-1]))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    options = parse_arguments(__doc__, arguments)
    console = Console()
    gathered = [choices(path) for path in options.corpora]
    for kind, (penalty, rare) in SETTINGS.items():
        found = [item for part in gathered for item in part[kind]]
        path = options.out / f"{kind}.json"
        refit(found, path, console, without="first option", penalty=penalty, rare=rare)


if __name__ == "__main__":
    main()
