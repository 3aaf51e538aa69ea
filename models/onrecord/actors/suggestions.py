"""What a source that only describes may be called: the options that its article suggests.

"The police" may be the "police", the "Kenyan police", the "Mombasa police", or whoever spoke last.
`naming.py` chooses among the options by their features.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from onrecord.actors.agreement import agrees
from onrecord.actors.antecedent import candidates
from onrecord.actors.cues import of_candidate, of_phrase, place_in_sentence
from onrecord.actors.describe import describe
from onrecord.actors.issuing import issued
from onrecord.actors.offices_held import PAIRS, pair, pair_of_title
from onrecord.actors.phrase import Phrase
from onrecord.actors.wordings import (
    Suggestion,
    Suggestions,
    as_it_stands,
    by_bodies,
    by_states,
    by_towns,
    name_before_noun,
    of_document,
)
from onrecord.types import Actor

if TYPE_CHECKING:
    from onrecord.actors.antecedent import Candidate
    from onrecord.actors.reading import Reading

MOST_ANTECEDENTS = 10
AHEAD = 45  # tokens after a phrase in which its person may be named
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
    as_it_stands(reading, phrase, out)
    of_document(reading, phrase, out)
    name_before_noun(reading, phrase, out)
    if not reading.affiliations.state_in(phrase.first, phrase.last):
        by_states(reading, phrase, bare, out)
        by_towns(reading, phrase, bare, out)
    by_bodies(reading, phrase, bare, out)
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


def _from_antecedents(reading: Reading, phrase: Phrase, out: Suggestions) -> None:
    """Suggest everyone whom the phrase may point back to."""
    if phrase.determiner and not phrase.definite:
        return
    for rank, candidate in enumerate(_nearest(reading, phrase)):
        if not agrees(reading.document, candidate, phrase):
            continue
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
        actors = pair_of_title(reading)
        if actors:
            name = " and ".join(actor.name for actor in actors)
            out.add(Suggestion(name, actors), "pair", "pair-title")


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
    if phrase.head in reading.words["document"]:
        found = [item for item in found if issued(reading.document, item, phrase)]
    same = [item for item in found if phrase.head in item.nouns]
    rest = [item for item in found if phrase.head not in item.nouns]
    yield from (same + rest)[:MOST_ANTECEDENTS]
