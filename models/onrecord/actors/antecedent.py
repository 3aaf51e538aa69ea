"""Choose what a pronoun or a definite noun points back to."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files

from onrecord.actors.document import Document
from onrecord.actors.mentions import Referent
from onrecord.types import Actor


@dataclass(slots=True)
class Past:
    """A source that was resolved earlier in the article.

    Args:
        index: Its first token.
        sentence: Its sentence.
        actors: What it was resolved to.
        referent: The referent behind it, when it is one.
        gender: "m", "f" or "".
        plural: Whether it is a group or several actors.
        nouns: Folded nouns that it may be called by.
    """

    index: int
    sentence: int
    actors: tuple[Actor, ...]
    referent: Referent | None = None
    gender: str = ""
    plural: bool = False
    nouns: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Candidate:
    """Something that a later word may point back to."""

    index: int
    sentence: int
    kind: str
    gender: str
    plural: bool
    nouns: set[str]
    referent: Referent | None
    past: Past | None
    subject: bool
    count: int = 1


def candidates(document: Document, pasts: list[Past], index: int) -> list[Candidate]:
    """Return what was named or quoted before a token, nearest first, one entry per referent."""
    out: list[Candidate] = []
    seen: dict[int, Candidate] = {}
    here = document.sentence(index)
    for past in reversed(pasts[-30:]):
        if past.index >= index:
            continue
        key = id(past.referent) if past.referent else hash(past.actors)
        if key in seen:
            seen[key].count += 1
            continue
        kind = past.referent.kind if past.referent else (past.actors[0].kind if past.actors else "")
        seen[key] = Candidate(
            past.index,
            past.sentence,
            kind,
            past.gender or (past.referent.gender if past.referent else ""),
            past.plural,
            past.nouns,
            past.referent,
            past,
            subject=True,
        )
        out.append(seen[key])
    for mention in document.before(index):
        if here - document.sentence(mention.first) > 15:  # noqa: PLR2004
            break
        if mention.role == "adjective":
            continue
        key = id(mention.referent)
        found = seen.get(key)
        if found:
            found.count += 1
            if mention.first > found.index:
                found.index = mention.first
                found.sentence = document.sentence(mention.first)
            continue
        seen[key] = Candidate(
            mention.first,
            document.sentence(mention.first),
            mention.referent.kind,
            mention.referent.gender,
            mention.role == "people",
            mention.referent.nouns,
            mention.referent,
            None,
            subject=_subject(document, mention.first),
        )
        out.append(seen[key])
    return out


def _subject(document: Document, index: int) -> bool:
    """Whether a mention stands near the start of its sentence."""
    start = document.sentences[document.sentence(index)]
    return document.tokens[index].start - start < 45  # noqa: PLR2004


FEATURES = (
    "near",
    "same_sentence",
    "previous_sentence",
    "quoted",
    "quoted_just_before",
    "nearest_quoted",
    "nearest",
    "starts_sentence",
    "mentions",
    "gender_fits",
    "plural",
    "doubtful",
    "person",
    "organisation",
    "state",
    "described",
    "distance",
    "titled",
)
LONG_WAY = 120.0  # tokens


def features(
    candidate: Candidate, sentence: int, index: int, wanted: str, rank: int
) -> list[float]:
    """Return the features of a candidate, in the order of `FEATURES`.

    Args:
        candidate: The candidate.
        sentence: Sentence of the phrase to resolve.
        index: Token of the phrase.
        wanted: "m", "f", "it", "they" or "issuer".
        rank: Place among the candidates that fit, nearest quoted first.
    """
    distance = max(0, sentence - candidate.sentence)
    quoted = candidate.past is not None
    since_quote = sentence - candidate.past.sentence if candidate.past else 99
    referent = candidate.referent
    return [
        1.0 / (1.0 + distance),
        float(distance == 0),
        float(distance == 1),
        float(quoted),
        float(since_quote <= 1),
        float(quoted and rank == 0),
        float(rank == 0),
        float(candidate.subject),
        min(candidate.count, 5) / 5.0,
        float(bool(candidate.gender) and candidate.gender == wanted),
        float(candidate.plural),
        float(referent is not None and referent.kind == "person" and not referent.sure),
        float(candidate.kind == "person"),
        float(candidate.kind in {"organisation", "media"}),
        float(candidate.kind == "state"),
        float(referent is None),
        min(index - candidate.index, LONG_WAY) / LONG_WAY,
        float(referent is not None and bool(referent.roles)),
    ]


def fits(candidate: Candidate, wanted: str) -> bool:
    """Return whether number, gender and kind let a candidate be what is wanted."""
    person = candidate.kind == "person"
    if wanted in {"m", "f"}:
        known = not candidate.gender or candidate.gender == wanted
        return not candidate.plural and known and (person or candidate.kind == "unknown")
    if wanted == "it":
        return not person and not candidate.plural
    if wanted == "issuer":
        return candidate.kind not in {"group", "unknown", "document"} and not candidate.plural
    return not person or candidate.plural


@lru_cache(maxsize=1)
def _weights() -> dict[str, tuple[float, ...]]:
    text = (files("onrecord.actors") / "data" / "antecedent.json").read_text(encoding="utf-8")
    data = json.loads(text)
    return {name: tuple(values) for name, values in data["weights"].items()}


def choose(
    options: list[Candidate], sentence: int, index: int, wanted: str
) -> tuple[Candidate, float] | None:
    """Return the likeliest antecedent and its probability, or None when nothing fits.

    The probability is the learned model's, normalised over the candidates (a conditional logit).
    """
    fitting = [candidate for candidate in options if fits(candidate, wanted)]
    if not fitting:
        return None
    weights = _weights()["person" if wanted in {"m", "f"} else wanted]
    values = [
        sum(
            weight * value
            for weight, value in zip(
                weights, features(candidate, sentence, index, wanted, rank), strict=True
            )
        )
        for rank, candidate in enumerate(fitting)
    ]
    top = max(values)
    total = sum(math.exp(value - top) for value in values)
    return fitting[values.index(top)], 1.0 / total
