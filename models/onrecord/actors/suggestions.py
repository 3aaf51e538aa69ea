"""What a source that only describes may be called: the options that its article suggests.

"The police" may be the "police", the "Kenyan police", the "Mombasa police", or whoever spoke last.
`naming.py` chooses among the options by their features.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from onrecord.actors.affiliation import entity_of
from onrecord.actors.antecedent import candidates
from onrecord.actors.cues import of_candidate, of_phrase, place_in_sentence
from onrecord.actors.describe import SHORT_NAMES, describe
from onrecord.actors.offices_held import PAIRS, pair
from onrecord.actors.phrase import Phrase, parse
from onrecord.types import Actor, Entity

if TYPE_CHECKING:
    from onrecord.actors.antecedent import Candidate
    from onrecord.actors.reading import Reading

MOST_STATES = 5
MOST_BODIES = 6
MOST_ANTECEDENTS = 10
LONGEST_FULL = 9  # tokens of a phrase that may be taken as it stands
AHEAD = 45  # tokens after a phrase in which its person may be named
WINDOW = 60  # tokens before a phrase in which a town may name its officials
_CLASSES = (
    "nominal_state",
    "document",
    "state_body",
    "nominal_organisation",
    "group_official",
    "group_private",
    "official",
    "title",
)
_NUMBERS = frozenset("one two three four five six seven eight nine ten dozens".split())  # noqa: SIM905


@dataclass(slots=True)
class Suggestion:
    """One way of naming a source.

    Args:
        name: The name.
        actors: The actors, none for a description that is made only when it is chosen.
        candidate: What it points back to, if it does.
        place: The state, town or body that a made description is told apart by.
        tags: Where the suggestion comes from.
        features: What the choice is made by.
    """

    name: str
    actors: tuple[Actor, ...] = ()
    candidate: Candidate | None = None
    place: Entity | None = None
    tags: list[str] = field(default_factory=list)
    features: list[str] = field(default_factory=list)


class Suggestions:
    """Collect suggestions, one per name; the first of a name says what it stands for."""

    def __init__(self) -> None:
        self.found: dict[str, Suggestion] = {}

    def add(self, suggestion: Suggestion, *tags: str) -> None:
        """Add a suggestion, or the tags to the earlier one of the same name."""
        kept = self.found.setdefault(suggestion.name.casefold(), suggestion)
        kept.tags += tags


def suggest(
    reading: Reading, phrase: Phrase, rule: tuple[Actor, ...], how: str
) -> list[Suggestion]:
    """Return what a source may be called, with the features of each.

    Args:
        reading: The article, with the rule's own source not yet remembered.
        phrase: The source.
        rule: What the rules make of it.
        how: Which rule that was.
    """
    out = Suggestions()
    name = " and ".join(actor.name for actor in rule)
    out.add(Suggestion(name, rule), "rule", f"rule-{how}", f"rule-{rule[0].resolved_by}")
    bare = describe(reading.document, phrase, None)
    out.add(Suggestion(bare), "bare")
    _whole(reading, phrase, out)
    _of_document(reading, phrase, out)
    if not reading.affiliations.state_in(phrase.first, phrase.last):
        _by_states(reading, phrase, bare, out)
        _by_towns(reading, phrase, bare, out)
    _by_bodies(reading, phrase, bare, out)
    _from_antecedents(reading, phrase, out)
    _named_later(reading, phrase, out)
    shape = shape_of(reading, phrase)
    for option in out.found.values():
        option.features = _features(option, phrase, shape)
    return list(out.found.values())


def shape_of(reading: Reading, phrase: Phrase) -> tuple[str, ...]:
    """Return what kind of phrase this is, as the names that features are crossed with."""
    words = reading.words
    kind = next((name for name in _CLASSES if phrase.head in words[name]), "other")
    tokens = reading.document.tokens[phrase.first : phrase.core]
    size = len(tokens) - bool(phrase.determiner)
    determiner = phrase.determiner or "none"
    if determiner in _NUMBERS:
        determiner = "number"
    tail = reading.document.tokens[phrase.core].key if phrase.core < phrase.last else "end"
    named = "named" if reading.document.within(phrase.first, phrase.last) else "plain"
    return (
        kind,
        f"{kind}/{determiner}",
        f"{kind}/{min(size, 3)}",
        f"{determiner}/{min(size, 3)}",
        f"={phrase.head}",
        f"={phrase.head}/{determiner}/{min(size, 2)}",
        f"tail-{tail if tail in {'of', 'for', 'in', 'from', 'who', 'end'} else 'other'}",
        f"{named}/{kind}",
        of_phrase(reading, phrase),
    )


def _features(option: Suggestion, phrase: Phrase, shape: tuple[str, ...]) -> list[str]:
    tags = list(dict.fromkeys(option.tags))
    out = [f"n{min(len(tags), 6)}"]
    for tag in tags:
        out.append(tag)
        out += [f"{tag}|{name}" for name in shape]
    if "rule" in tags:
        out += [f"rule+{tag}" for tag in tags if not tag.startswith("rule")]
    if option.candidate is not None:
        fits = "same" if phrase.head in option.candidate.nouns else "new"
        plural = phrase.head.endswith("s") == option.candidate.plural
        out += [f"{tag}|{fits}" for tag in tags] + [f"number-{plural}|{shape[0]}|{fits}"]
    return out


def _whole(reading: Reading, phrase: Phrase, out: Suggestions) -> None:
    """Suggest the phrase as it stands, and its head group alone."""
    document, tokens = reading.document, reading.document.tokens
    first = phrase.first
    while first < phrase.core - 1 and tokens[first].key in reading.words["drop"]:
        first += 1
    for last, tag in ((phrase.last, "whole"), (phrase.core, "core")):
        if 0 < last - first <= LONGEST_FULL:
            name = document.surface(first, last)
            opens = document.sentences[document.sentence(first)] == tokens[first].start
            listed = any(item.first == first for item in document.within(first, first + 1))
            if opens and not listed and tokens[first].text[1:].islower():
                name = name[0].lower() + name[1:]
            out.add(Suggestion(name), tag)
            out.add(Suggestion(_spelled(reading, first, last, name)), f"full-{tag}")


def _spelled(reading: Reading, first: int, last: int, name: str) -> str:
    """Return a phrase with "US" for "U.S." and with the full names of its people."""
    document = reading.document
    parts: list[str] = []
    position = first
    for mention in document.within(first, last):
        referent = mention.referent
        full = SHORT_NAMES.get(referent.name, "")
        if referent.kind == "person":
            full = referent.name
        if not full or mention.last > last or mention.role in {"seat", "people", "capital"}:
            continue
        start = mention.first
        if referent.kind == "person":
            while start > position and document.tokens[start - 1].key in reading.words["title"]:
                start -= 1
        parts += [document.surface(position, start), full]
        position = mention.last
    if not parts:
        return name
    parts.append(document.surface(position, last))
    whole = " ".join(part for part in parts if part).replace(" 's", "'s").replace(" ’s", "'s")
    return name[0] + whole[1:] if whole[:1].lower() == name[:1].lower() else whole


def _of_document(reading: Reading, phrase: Phrase, out: Suggestions) -> None:
    """Suggest the body in "a military statement" and "a report by the police union"."""
    if phrase.head not in reading.words["document"]:
        return
    document, tokens = reading.document, reading.document.tokens
    if phrase.core - phrase.first > 1 + bool(phrase.determiner):
        inner = parse(document, phrase.first, phrase.core - 1)
        if inner.first < inner.last and not inner.pronoun:
            _issued(reading, inner, "inside", out)
    for index in range(phrase.core, min(phrase.last - 1, phrase.core + 6)):
        if tokens[index].key in {"by", "from", "of"}:
            inner = parse(document, index + 1, phrase.last)
            if inner.first < inner.last and not inner.pronoun:
                _issued(reading, inner, tokens[index].key, out)
            return


def _issued(reading: Reading, inner: Phrase, how: str, out: Suggestions) -> None:
    for mention in reading.document.within(inner.first, inner.last)[:1]:
        if mention.role == "adjective":
            continue
        if mention.referent.kind == "person":
            actor = reading.person_actor(mention)
        else:
            actor = reading.named_actor(mention)
        out.add(Suggestion(actor.name, (actor,)), "issuer", f"issuer-{how}-{actor.kind}")
    name = describe(reading.document, inner, None)
    out.add(Suggestion(name), "issuer", f"issuer-{how}", f"issuer-{how}={inner.head}")
    state = reading.affiliations.state_in(inner.first, inner.last)
    context = reading.affiliations.context_state(inner.first)
    if context and context.adjective and state is None:
        named = Suggestion(f"{context.adjective} {name}", place=context.entity)
        out.add(named, "issuer-adjective", f"issuer-adjective-{how}={inner.head}")


def _by_states(reading: Reading, phrase: Phrase, bare: str, out: Suggestions) -> None:
    """Suggest "Kenyan police", and "Kenya" for "the government"."""
    government = phrase.head in reading.words["nominal_state"]
    for name, tags in _states(reading, phrase).items():
        entry = reading.gazetteer.entries.get(name)
        if entry is None:
            continue
        marks = [f"adjective-{tag}" for tag in tags]
        prefix = entry.adjective or entry.name
        short = SHORT_NAMES.get(entry.name, "")
        out.add(Suggestion(f"{prefix} {bare}", place=entry.entity), "adjective", *marks)
        if short and short != prefix:
            out.add(Suggestion(f"{short} {bare}", place=entry.entity), "short", *marks)
        if government:
            actor = Actor(entry.name, "state", entry.id, "title", entry.entity, 0.8)
            marks = [f"state-{tag}" for tag in tags]
            out.add(Suggestion(entry.name, (actor,)), "state", *marks)


def _states(reading: Reading, phrase: Phrase) -> dict[str, list[str]]:
    """Return the states that the article speaks of around a phrase, and how it does."""
    document = reading.document
    tags: dict[str, list[str]] = {}

    def note(name: str, tag: str) -> None:
        if name and (name in tags or len(tags) < MOST_STATES):
            tags.setdefault(name, []).append(tag)

    context = reading.affiliations.context_state(phrase.first)
    if context:
        note(context.name, "context")
    here = document.sentence(phrase.first)
    states = reading.affiliations.states
    position = bisect_left(states, (phrase.first,))
    for order, (_, sentence, home, _) in enumerate(states[max(0, position - 3) : position][::-1]):
        note(home, f"before{order}")
        note(home, f"before-d{min(4, here - sentence)}")
    for _, sentence, home, _ in states[position : position + 2]:
        note(home, f"after-d{min(3, sentence - here)}")
    for first, _, home, _ in states[:3]:
        note(home, "title" if document.tokens[first].start < document.shift else "first")
    for back, past in enumerate(reversed(reading.pasts[-4:])):
        for actor in past.actors:
            if actor.represents:
                note(actor.represents.name, f"past{min(back, 1)}")
    counts = document.home_counts
    whole = sum(counts.values())
    if counts:
        note(max(counts, key=lambda name: counts[name]), "top")
    for name in tags:
        tags[name].append(f"share{int(5 * counts.get(name, 0) / max(1, whole))}")
    return tags


def _by_towns(reading: Reading, phrase: Phrase, bare: str, out: Suggestions) -> None:
    """Suggest "Mombasa police" after "in Mombasa"."""
    document, tokens = reading.document, reading.document.tokens
    found: list[str] = []
    for index in range(min(phrase.last + 15, len(tokens)) - 2, max(0, phrase.first - WINDOW), -1):
        if tokens[index].key not in {"in", "near"} or not tokens[index + 1].capital:
            continue
        if tokens[index + 1].key in reading.words["stop_caps"]:
            continue
        name = document.surface(index + 1, document.run_end(index + 1))
        entry = reading.gazetteer.find(name)
        if name in found or (entry is not None and entry.kind == "state"):
            continue
        where = "after" if index >= phrase.first else "before"
        found.append(name)
        place = Entity(name, "organisation")
        out.add(Suggestion(f"{name} {bare}", place=place), "town", f"town-{where}{len(found)}")
        if len(found) == 2:  # noqa: PLR2004
            return


def _by_bodies(reading: Reading, phrase: Phrase, bare: str, out: Suggestions) -> None:
    """Suggest "Orlen managers" where Orlen is spoken of, and "Ms Vey's lawyer"."""
    document = reading.document
    if document.within(phrase.first, phrase.last):
        return
    here = document.sentence(phrase.first)
    seen: set[int] = set()
    for mention in document.before(phrase.first, limit=30):
        referent = mention.referent
        if referent.kind == "state" or id(referent) in seen:
            continue
        seen.add(id(referent))
        entity = entity_of(referent)
        name = SHORT_NAMES.get(entity.name, entity.name)
        tags = [
            f"body-{referent.kind}",
            f"body-{referent.kind}-{min(len(seen), 3)}",
            f"body-{referent.kind}-d{min(3, here - document.sentence(mention.first))}",
            f"body-often{min(4, len(referent.mentions))}",
        ]
        if referent.kind == "person":
            if phrase.determiner in {"his", "her"}:
                out.add(Suggestion(f"{name}'s {bare}", place=entity), *tags)
            continue
        out.add(Suggestion(f"{name} {bare}", place=entity), *tags)
        if len(seen) >= MOST_BODIES:
            return


def _from_antecedents(reading: Reading, phrase: Phrase, out: Suggestions) -> None:
    """Suggest everyone whom the phrase may point back to."""
    if phrase.determiner and not phrase.definite:
        return
    for rank, candidate in enumerate(_nearest(reading, phrase)):
        actors = reading.candidate_actors(candidate)
        if actors:
            name = " and ".join(actor.name for actor in actors)
            marks = of_candidate(reading, candidate, phrase, rank)
            out.add(Suggestion(name, actors, candidate), "back", *(f"back-{m}" for m in marks))
    if phrase.head in PAIRS or phrase.determiner == "both":
        for bodies in (False, True):
            size = len(reading.pasts)
            actors = pair(reading, phrase, bodies=bodies)
            del reading.pasts[size:]
            if actors:
                name = " and ".join(actor.name for actor in actors)
                out.add(Suggestion(name, actors), "pair", f"pair-{bodies}")


def _named_later(reading: Reading, phrase: Phrase, out: Suggestions) -> None:
    """Suggest the person named soon after "a judge" or "Egypt's ambassador"."""
    document = reading.document
    if phrase.head not in reading.words["title"] | reading.words["official"]:
        return
    here = document.sentence(phrase.first)
    end = min(phrase.last + AHEAD, len(document.tokens))
    seen: set[int] = set()
    for mention in document.within(phrase.last, end):
        referent = mention.referent
        if referent.kind != "person" or not referent.sure or id(referent) in seen:
            continue
        seen.add(id(referent))
        new = document.mentions_of(referent)[0] is mention
        marks = [
            f"ahead{len(seen)}",
            f"ahead-new-{new}",
            f"ahead-new-{new}-d{min(3, document.sentence(mention.first) - here)}",
            f"ahead-office-{phrase.head in referent.roles}",
            f"ahead-{place_in_sentence(reading, mention.first, mention.last)}",
        ]
        actor = reading.person_actor(mention)
        out.add(Suggestion(actor.name, (actor,)), "ahead", *marks)
        if len(seen) == 2:  # noqa: PLR2004
            return


def _nearest(reading: Reading, phrase: Phrase) -> Iterator[Candidate]:
    """Yield the nearest candidates; of the unquoted ones, those whose noun it is come first."""
    found = candidates(reading.document, reading.pasts, phrase.first)
    same = [item for item in found if phrase.head in item.nouns]
    rest = [item for item in found if phrase.head not in item.nouns]
    yield from (same + rest)[:MOST_ANTECEDENTS]
