"""Fit and measure the actor resolver on gold spans.

    python -m onrecord_training.actors evaluate CORPUS.jsonl [--joint and|semicolon] [--errors N]
    python -m onrecord_training.actors fit TRAIN.jsonl... --out FOLDER
    python -m onrecord_training.actors confidence DEV.jsonl... --out FOLDER

`fit` writes `antecedent.json` (weights of the antecedent scorer) and `confidence.json` (accuracy of
each kind of resolution); `confidence` writes the latter alone, from corpora that nothing was
fitted on. Both hold numbers only, no text of the corpora.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from onrecord.actors import ActorResolver, joint_actor
from onrecord.actors.antecedent import FEATURES, Candidate, candidates, features, fits
from onrecord.actors.confidence import bucket, principal_bucket
from onrecord.actors.phrase import PRONOUNS, Phrase
from onrecord.actors.pointing import Pointed, meant_by
from onrecord.actors.reading import Reading
from onrecord.actors.registry import ActorRegistry
from onrecord.actors.resolver import resolve_reading
from onrecord.actors.wordings import Suggestion
from onrecord.errors import CorpusError
from onrecord.types import Actor, Article, Span, Statement

WANTED = {"he": "m", "she": "f", "it": "it", "they": "they", "some": "they"}
DEFINITE = {"the", "this", "that", "these", "those", "his", "her", "its", "their", "our", "my"}
PENALTY = 1.0  # of the squared weights; the groups are few
PRIOR = 4.0  # pseudo-counts that draw a rare bucket to its method's mean
SPACE = "; "


def records(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the records of a house JSONL file.

    Raises:
        CorpusError: If the file cannot be read or a line is no JSON; the line is named.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        message = f"{path}: cannot read the corpus ({error.strerror}); give a house JSONL file"
        raise CorpusError(message) from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield json.loads(line)
        except ValueError as error:
            message = f"{path}, line {number}: no JSON ({error}); one record per line"
            raise CorpusError(message) from error


def article_of(record: dict[str, Any]) -> Article:
    """Return a record's article."""
    return Article(record["text"], record["id"], record.get("title"), record.get("date"))


def gold_statements(record: dict[str, Any]) -> list[Statement]:
    """Return a record's gold statements, without actors."""
    text = record["text"]

    def span(offsets: list[int]) -> Span:
        return Span(offsets[0], offsets[1], text[offsets[0] : offsets[1]])

    return [
        Statement(
            id=f"{record['id']}:{number}",
            cue=span(item["cue"]),
            source=span(item["source"]) if item["source"] else None,
            content=tuple(span(part) for part in item["content"]),
            target=span(item["target"]) if item["target"] else None,
            stance=item["stance"],
            conditional=item["conditional"],
            quotation="indirect",
            confidence=1.0,
        )
        for number, item in enumerate(record["statements"])
    ]


def names(actors: Sequence[Actor]) -> dict[str, str]:
    """Return how the actors of a source are written under either joint convention."""
    whole = joint_actor(actors)
    return {
        "and": whole.name if whole else "",
        "semicolon": SPACE.join(actor.name for actor in actors),
    }


def principals(actors: Sequence[Actor]) -> dict[str, str]:
    """Return whom they represent, under either joint convention."""
    whole = joint_actor(actors)
    listed = list(dict.fromkeys(actor.represents.name for actor in actors if actor.represents))
    return {
        "and": whole.represents.name if whole and whole.represents else "",
        "semicolon": SPACE.join(listed),
    }


def source_class(source: str | None, actor: str) -> str:
    """Return the kind of a source: none, pronoun, joint, definite, named or other."""
    if source is None:
        return "none"
    words = source.split()
    if source.lower() in PRONOUNS:
        return "pronoun"
    if ";" in actor or " and " in actor:
        return "joint"
    later = any(word[:1].isupper() for word in words[1:])
    if words[0].lower() in DEFINITE and not later:
        return "definite"
    return "named" if later or (source[:1].isupper() and len(words) == 1) else "other"


@dataclass(frozen=True, slots=True)
class Judged:
    """A gold statement and what the resolver made of it."""

    record: str
    source: str | None
    actor: str
    represents: str
    found: tuple[Actor, ...]


def judge(path: Path) -> list[Judged]:
    """Resolve the gold statements of a corpus."""
    resolver = ActorResolver()
    out: list[Judged] = []
    for record in records(path):
        found = resolver.resolve(article_of(record), gold_statements(record))
        for item, actors in zip(record["statements"], found, strict=True):
            source = record["text"][slice(*item["source"])] if item["source"] else None
            out.append(
                Judged(record["id"], source, item["actor"] or "", item["represents"] or "", actors)
            )
    return out


def tally(judged: Sequence[Judged], joint: str) -> dict[str, tuple[int, int]]:
    """Return (right, all) of each kind of source, by the rule of the project's scorer."""
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for item in judged:
        if item.actor:
            keys = ["actor", source_class(item.source, item.actor)]
            if not item.actor.split()[-1][:1].islower():
                keys.append("actor, no descriptions")
            if keys[1] in {"pronoun", "definite"}:
                keys.append("pronoun + definite")
            good = names(item.found)[joint].casefold() == item.actor.casefold()
            total.update(keys)
            right.update(key for key in keys if good)
        if item.represents:
            good = principals(item.found)[joint].casefold() == item.represents.casefold()
            total["represents"] += 1
            right["represents"] += good
    return {key: (right[key], total[key]) for key in total}


def calibration_error(judged: Sequence[Judged], joint: str) -> float:
    """Return the expected calibration error of the first actor's confidence, in ten bins."""
    return _error(
        (
            min(actor.confidence for actor in item.found),
            names(item.found)[joint].casefold() == item.actor.casefold(),
        )
        for item in judged
        if item.actor and item.found
    )


def principal_error(judged: Sequence[Judged]) -> float:
    """Return the expected calibration error of the confidence of `represents`, in ten bins."""
    sure = (
        (item, [actor.represents.confidence for actor in item.found if actor.represents])
        for item in judged
        if item.actor
    )
    return _error((min(values), _right_principal(item)) for item, values in sure if values)


def _error(judgements: Iterable[tuple[float, bool]]) -> float:
    """Return the expected calibration error of (confidence, right) pairs, in ten bins."""
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for confidence, good in judgements:
        bins[min(9, int(confidence * 10))].append((confidence, good))
    total = sum(len(values) for values in bins.values())
    return sum(
        abs(sum(c for c, _ in values) - sum(g for _, g in values)) for values in bins.values()
    ) / max(1, total)


Group = tuple[np.ndarray, np.ndarray, np.ndarray]  # features (n, f), right (n,), rule scores (n,)


def rule_score(candidate: Candidate, sentence: int, index: int, wanted: str) -> float:
    """Return the score of the hand-set rules that the learned scorer replaced."""
    distance = max(0, sentence - candidate.sentence)
    value = 3.0 / (1.0 + distance)
    if candidate.referent and candidate.kind == "person" and not candidate.referent.sure:
        value -= 0.0 if candidate.past else 1.5
    if candidate.past:
        value += 1.2 if sentence - candidate.past.sentence <= 1 else 0.6
    value += 0.6 * candidate.subject + 0.5 * (wanted == candidate.gender)
    value += 2.0 * (wanted == "they" and candidate.plural)
    value += 0.4 * (wanted == "it" and candidate.kind != "state")
    return value + 0.1 * min(candidate.count, 4) - (index - candidate.index) * 0.002


def groups(path: Path) -> dict[str, list[Group]]:
    """Return, for each kind of anaphor, the candidates of every one in a corpus."""
    out: dict[str, list[Group]] = defaultdict(list)
    resolver = ActorResolver()
    for record in records(path):
        gold = {
            tuple(item["source"]): item["actor"]
            for item in record["statements"]
            if item["source"] and item["actor"]
        }

        def observe(
            reading: Reading,
            phrase: Phrase,
            source: Span,
            gold: dict[tuple[int, ...], str] = gold,
        ) -> None:
            right = gold.get((source.start, source.end))
            wanted = WANTED.get(phrase.pronoun) or _issued(reading, phrase)
            if right and wanted:
                group = _group(reading, phrase, wanted, right)
                if group:
                    out["person" if wanted in {"m", "f"} else wanted].append(group)

        reading = Reading(article_of(record), resolver.gazetteer, ActorRegistry())
        resolve_reading(reading, gold_statements(record), observe)
    return out


def _issued(reading: Reading, phrase: Phrase) -> str:
    """Return "issuer" for "the report" and its like, else ""."""
    bare = phrase.core == phrase.last and not reading.document.within(phrase.first, phrase.last)
    document = phrase.head in reading.words["document"]
    return "issuer" if document and phrase.definite and bare else ""


def _group(reading: Reading, phrase: Phrase, wanted: str, right: str) -> Group | None:
    options = [
        item
        for item in candidates(reading.document, reading.pasts, phrase.first)
        if fits(item, wanted)
    ]
    if not options:
        return None
    sentence = reading.document.sentence(phrase.first)
    rows = [
        features(item, sentence, phrase.first, wanted, rank) for rank, item in enumerate(options)
    ]
    good = [
        right.casefold()
        in {name.casefold() for name in names(reading.candidate_actors(item)).values()}
        for item in options
    ]
    rules = [rule_score(item, sentence, phrase.first, wanted) for item in options]
    return np.array(rows), np.array(good), np.array(rules)


def fit_weights(found: Sequence[Group]) -> list[float]:
    """Return the weights of a conditional logit over the candidates of each anaphor.

    Args:
        found: Candidates with at least one right among them; others teach nothing.

    Returns:
        One weight per feature, shape (len(FEATURES),).
    """
    from scipy.optimize import minimize  # type: ignore[import-untyped]  # scipy has no stubs

    teaching = [(rows, good) for rows, good, _ in found if good.any() and len(good) > 1]

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        value = 0.5 * PENALTY * float(weights @ weights)
        gradient = PENALTY * weights.copy()
        for rows, good in teaching:
            logits = rows @ weights
            share = np.exp(logits - logits.max())
            share /= share.sum()
            mass = share[good].sum()
            value -= float(np.log(mass + 1e-12))
            gradient -= rows.T @ (np.where(good, share / mass, 0.0) - share)
        return value, gradient

    best = minimize(loss, np.zeros(len(FEATURES)), jac=True, method="L-BFGS-B").x
    return [round(float(value), 4) for value in best]


def fit_confidence(judged: Sequence[Judged]) -> dict[str, float]:
    """Return the accuracy of each kind of resolution, drawn to its method's mean when rare."""
    method: dict[str, list[bool]] = defaultdict(list)
    kind: dict[str, list[bool]] = defaultdict(list)
    for item in judged:
        if not item.found or not item.actor:
            continue
        good = any(name.casefold() == item.actor.casefold() for name in names(item.found).values())
        for actor in item.found:
            method[actor.resolved_by].append(good)
            kind[bucket(actor)].append(good)
    means = {name: sum(values) / len(values) for name, values in method.items()}
    table = {
        name: (sum(values) + PRIOR * means[name.split("|")[0]]) / (len(values) + PRIOR)
        for name, values in kind.items()
    }
    return {name: round(value, 4) for name, value in sorted({**means, **table}.items())}


def fit_principals(judged: Sequence[Judged]) -> dict[str, float]:
    """Return the accuracy of each kind of choice of a principal, drawn to the mean when rare.

    Somebody named where gold names nobody counts as wrong.
    """
    kind: dict[str, list[bool]] = defaultdict(list)
    for item in judged:
        for actor in item.found if item.actor else ():
            if actor.represents:
                kind[principal_bucket(actor)].append(_right_principal(item))
    every = [good for values in kind.values() for good in values]
    mean = sum(every) / max(1, len(every))
    table = {
        name: (sum(values) + PRIOR * mean) / (len(values) + PRIOR) for name, values in kind.items()
    }
    table["represents"] = mean
    return {name: round(value, 4) for name, value in sorted(table.items())}


def _right_principal(item: Judged) -> bool:
    """Whether whom a source represents is right under either joint convention."""
    found = principals(item.found).values()
    return any(name.casefold() == item.represents.casefold() for name in found)


def reach(path: Path) -> tuple[int, int, int]:
    """Return how often the first actor has gold's name, how often it could have, and of how many.

    It could have it where the name is right, or is among what the learned choices chose from
    (ADR 0057): no better choice can go beyond. The first actor alone is what the project's scorer
    compares, so joint gold ("A; B") is out of reach.
    """
    resolver = ActorResolver()
    right = offered = total = 0
    for record in records(path):
        options: dict[tuple[int, int], set[str]] = defaultdict(set)
        at = [(0, 0)]

        def observe(_: Reading, _phrase: Phrase, source: Span, at: list[Any] = at) -> None:
            at[0] = (source.start, source.end)

        def named(found: Sequence[Suggestion], options: Any = options, at: list[Any] = at) -> None:
            options[at[0]] |= {item.name.casefold() for item in found}

        reading = Reading(article_of(record), resolver.gazetteer, ActorRegistry())

        def meant(
            found: Sequence[Pointed],
            options: Any = options,
            at: list[Any] = at,
            reading: Reading = reading,
        ) -> None:
            for item in found:
                who = meant_by(reading, item)[:1]
                options[at[0]] |= {actor.name.casefold() for actor in who}

        reading.watch_names, reading.watch_pointing = named, meant
        resolved = resolve_reading(reading, gold_statements(record), observe)
        for item, actors in zip(record["statements"], resolved, strict=True):
            if not item["actor"]:
                continue
            gold, source = item["actor"].casefold(), tuple(item["source"] or ())
            good = bool(actors) and actors[0].name.casefold() == gold
            total, right = total + 1, right + good
            offered += good or gold in options.get(source, ())
    return right, offered, total


def _print_tally(console: Console, path: Path, judged: Sequence[Judged], joint: str) -> None:
    table = Table(title=f"{path.name} (joint names: {joint})")
    for column in ("sources", "accuracy", "n"):
        table.add_column(column, justify="left" if column == "sources" else "right")
    for key, (right, total) in tally(judged, joint).items():
        table.add_row(key, f"{right / total:.3f}", str(total))
    console.print(table)
    console.print(f"calibration error of confidence: {calibration_error(judged, joint):.3f}")
    console.print(f"calibration error of represents: {principal_error(judged):.3f}")
    right, offered, total = reach(path)
    console.print(
        f"first actor, as the scorer compares: {right / max(1, total):.3f} right, "
        f"{offered / max(1, total):.3f} right or among the options"
    )


def _fit(paths: Sequence[Path], folder: Path, console: Console) -> None:
    merged: dict[str, list[Group]] = defaultdict(list)
    for path in paths:
        for name, found in groups(path).items():
            merged[name] += found
    weights = {name: fit_weights(found) for name, found in sorted(merged.items())}
    for name, found in sorted(merged.items()):
        learned = np.array(weights[name])
        hits = sum(bool(good[int(np.argmax(rows @ learned))]) for rows, good, _ in found)
        rules = sum(bool(good[int(np.argmax(scores))]) for _, good, scores in found)
        console.print(
            f"{name}: learned {hits / len(found):.3f}, rules {rules / len(found):.3f}, "
            f"n {len(found)}"
        )
    data = {"features": list(FEATURES), "weights": weights}
    (folder / "antecedent.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    _fit_confidence(paths, folder)


def _fit_confidence(paths: Sequence[Path], folder: Path) -> None:
    empty = folder / "confidence.json"
    empty.write_text('{"accuracy": {}}\n', encoding="utf-8")
    judged = [item for path in paths for item in judge(path)]
    accuracy = {"accuracy": {**fit_confidence(judged), **fit_principals(judged)}}
    empty.write_text(json.dumps(accuracy, indent=1) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    commands = parser.add_subparsers(dest="command", required=True)
    measure = commands.add_parser("evaluate", help="accuracy on gold spans")
    measure.add_argument("corpus", type=Path)
    measure.add_argument("--joint", choices=("and", "semicolon"), default="and")
    measure.add_argument("--errors", type=int, default=0, help="print this many errors")
    learn = commands.add_parser("fit", help="fit the antecedent scorer and the confidences")
    learn.add_argument("corpora", type=Path, nargs="+")
    learn.add_argument("--out", type=Path, required=True)
    sure = commands.add_parser("confidence", help="fit the confidences alone, on held-out corpora")
    sure.add_argument("corpora", type=Path, nargs="+")
    sure.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    console = Console()
    if options.command == "confidence":
        _fit_confidence(options.corpora, options.out)
        return
    if options.command == "fit":
        _fit(options.corpora, options.out, console)
        return
    judged = judge(options.corpus)
    _print_tally(console, options.corpus, judged, options.joint)
    wrong = [
        item
        for item in judged
        if item.actor and names(item.found)[options.joint].casefold() != item.actor.casefold()
    ]
    for item in wrong[: options.errors]:
        console.print(f"{item.record}: {item.source} | {item.actor} | {names(item.found)['and']}")


if __name__ == "__main__":
    main()
