"""Whom a pronoun means: a learned choice among all that were named or quoted before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from onrecord.actors.antecedent import candidates, fits
from onrecord.actors.cues import of_candidate, of_phrase
from onrecord.actors.offices_held import pair, pair_of_title
from onrecord.actors.ranking import shares, weights
from onrecord.types import Actor

if TYPE_CHECKING:
    from onrecord.actors.antecedent import Candidate
    from onrecord.actors.phrase import Phrase
    from onrecord.actors.reading import Reading

WANTED = {"he": "m", "she": "f", "it": "it", "they": "they", "some": "they"}
MOST = 14  # candidates that are weighed


@dataclass(slots=True)
class Pointed:
    """Somebody whom a pronoun may mean.

    Args:
        candidate: What was named or quoted before, None for a pair.
        actors: The pair, empty for a candidate.
        features: What the choice is made by.
    """

    candidate: Candidate | None
    actors: tuple[Actor, ...]
    features: list[str]


def pointed(reading: Reading, phrase: Phrase) -> list[Pointed]:
    """Return whom a third-person pronoun may mean, with the features of each."""
    wanted = WANTED[phrase.pronoun]
    found = candidates(reading.document, reading.pasts, phrase.first)
    fitting = [item for item in found if fits(item, wanted)][:MOST]
    group = "person" if wanted in {"m", "f"} else wanted
    place = of_phrase(reading, phrase)
    quoted = any(item.past for item in fitting)
    near = min((_distance(reading, item, phrase) for item in fitting), default=9)
    out: list[Pointed] = []
    for rank, item in enumerate(fitting):
        marks = of_candidate(reading, item, phrase, rank)
        if item.gender == wanted:
            marks.append("gender-fits")
        if item.plural:
            marks.append("plural")
        marks.append("nearest" if _distance(reading, item, phrase) == near else "farther")
        if not quoted:
            marks.append("none-quoted")
        out.append(Pointed(item, (), _crossed(marks, group, place)))
    if wanted == "they":
        out += _pairs(reading, phrase, place)
    return out


def _distance(reading: Reading, candidate: Candidate, phrase: Phrase) -> int:
    return reading.document.sentence(phrase.first) - candidate.sentence


def _crossed(marks: list[str], group: str, place: str) -> list[str]:
    kind = next((mark for mark in marks if mark.startswith("kind-")), "")
    part = next((mark for mark in marks if mark.startswith("part-")), "part-none")
    quoted = "quoted" if "quoted" in marks else "unquoted"
    out: list[str] = []
    for mark in marks:
        name = f"{group}:{mark}"
        out += [name, f"{name}|{place}", f"{name}|{quoted}", f"{name}|{part}"]
        if group in {"it", "they"}:
            out.append(f"{name}|{kind}")
    return out


def _pairs(reading: Reading, phrase: Phrase, place: str) -> list[Pointed]:
    out: list[Pointed] = []
    for bodies in (False, True):
        size = len(reading.pasts)
        actors = pair(reading, phrase, bodies=bodies)
        del reading.pasts[size:]
        if not actors:
            continue
        marks = ["pair", f"pair-{bodies}", f"kind-{actors[0].kind}"]
        here = reading.document.sentence(phrase.first)
        joint = [here - past.sentence for past in reading.pasts[-8:] if len(past.actors) > 1]
        marks.append(f"pair-d{min(5, joint[-1])}" if joint else "pair-none")
        last = reading.pasts[-1] if reading.pasts else None
        marks.append("latest-pair" if last and len(last.actors) > 1 else "latest-single")
        if met(reading, phrase):
            marks.append("met")
        out.append(Pointed(None, actors, _crossed(marks, "they", place)))
    return out + _of_title(reading, place)


def _of_title(reading: Reading, place: str) -> list[Pointed]:
    """Return the two people of a title ("Readout of Ann Wu's Call with King Omar")."""
    actors = pair_of_title(reading)
    if not actors:
        return []
    none = "pair-title-only" if not reading.pasts else "pair-title-also"
    return [Pointed(None, actors, _crossed(["pair-title", none], "they", place))]


def met(reading: Reading, phrase: Phrase) -> bool:
    """Whether two people were just put together ("spoke with", "met", "and")."""
    document = reading.document
    first = next((mention.first for mention in document.before(phrase.first)[::-1]), phrase.first)
    return any(
        token.key in _MEETING
        for token in document.tokens[max(first - 5, phrase.first - 150) : phrase.first]
    )


_MEETING = frozenset(
    "met meets meeting spoke call talks hosted welcomed summit signed together bilateral".split()  # noqa: SIM905
)


def meant_by(reading: Reading, option: Pointed) -> tuple[Actor, ...]:
    """Return the actors that an option stands for."""
    if option.actors or option.candidate is None:
        return option.actors
    return reading.candidate_actors(option.candidate)


def point(reading: Reading, phrase: Phrase) -> tuple[Pointed, float] | None:
    """Return whom a third-person pronoun means, with its probability, or None."""
    options = pointed(reading, phrase)
    if reading.watch_pointing:
        reading.watch_pointing(options)
    if not options:
        return None
    found = shares(weights("pointing.json"), [item.features for item in options])
    top = max(range(len(options)), key=found.__getitem__)
    return options[top], found[top]
