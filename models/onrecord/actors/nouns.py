"""Sources that only describe: "the ministry", "officials in Kyiv", "the report"."""

from __future__ import annotations

from dataclasses import replace

from onrecord.actors.ages import asked_age, compound_age
from onrecord.actors.agreement import agrees, of_age
from onrecord.actors.antecedent import Candidate, candidates, choose
from onrecord.actors.describe import describe
from onrecord.actors.document import LONGEST_HEADLINE_NAME
from onrecord.actors.gazetteer import Entry
from onrecord.actors.issuing import issued
from onrecord.actors.offices_held import by_office, by_pair
from onrecord.actors.phrase import Phrase, parse
from onrecord.actors.principal import Described
from onrecord.actors.reading import NO_NAME, Reading, moved, unresolved
from onrecord.actors.registered import registered_body
from onrecord.actors.text import Token, fold
from onrecord.types import Actor, Entity


def nominal(reading: Reading, phrase: Phrase) -> tuple[Actor, ...]:
    """Resolve a source that only describes; never fails."""
    head = phrase.head
    state = reading.affiliations.state_in(phrase.first, phrase.last)
    context = reading.affiliations.context_state(phrase.first)
    named = _administration(reading, phrase, state, context)
    if named:
        return named
    for attempt in (_bare_name, by_office, by_pair, _aged, _one_of, _point_back):
        found = attempt(reading, phrase)
        if found:
            return found
    if head in reading.words["nominal_state"]:
        chosen = state or context
        if chosen:
            actor = Actor(chosen.name, "state", chosen.id, "title", chosen.entity, 0.8)
            return reading.remember(phrase, actor, nouns={head})
    if head in reading.words["document"]:
        issuer = _issuer(reading, phrase)
        if issuer:
            return issuer
    owned = _owned(reading, phrase) or _tail_body(reading, phrase)
    if owned:
        return owned
    return _unnamed(reading, phrase, state, context)


def _unnamed(
    reading: Reading, phrase: Phrase, state: Entry | None, context: Entry | None
) -> tuple[Actor, ...]:
    """Describe a source of whom the text gives no name."""
    head = phrase.head
    plural = head.endswith("s") and head != "press"
    kind = "group" if plural else "document" if head in reading.words["document"] else "unknown"
    name = describe(reading.document, phrase, context)
    entry = reading.gazetteer.find(name)
    if entry and entry.kind != "state" and not plural:
        represents = reading.gazetteer.entity(entry.represents)
        actor = Actor(entry.name, entry.kind, entry.id, "title", represents, 0.8)
        return reading.remember(phrase, actor, nouns={head})
    rule = _represents(reading, phrase, state, context) or _itself(reading, phrase, name)
    who = Described(name, kind, phrase.first, phrase.last, None, rule)
    actor = replace(
        unresolved(name, NO_NAME), kind=kind, represents=reading.principal(who), confidence=0.5
    )
    return reading.remember(phrase, actor, plural=plural, nouns={head})


def _administration(
    reading: Reading, phrase: Phrase, state: Entry | None, context: Entry | None
) -> tuple[Actor, ...]:
    """Name "my Administration", "the Biden-Harris Administration" by its head."""
    if phrase.head != "administration":
        return ()
    document = reading.document
    home = state or context
    mentions = document.within(phrase.first, phrase.last)
    people = [item for item in mentions if item.referent.kind == "person"]
    words = document.tokens[phrase.first : phrase.core - 1]
    surname = people[0].referent.name.split()[-1] if people else ""
    for token in words:
        if token.capital and "-" in token.text and not surname:
            surname = token.text.split("-")[0]
    if not surname and len(words) <= 1 and phrase.definite and home:
        holder = reading.gazetteer.holder("president", home.name, reading.year)
        surname = holder.name.split()[-1] if holder else ""
    if not surname:
        return ()
    known = reading.gazetteer.bearers(
        fold(surname), reading.year, document.home_counts, document.lexicon.names
    )
    principal = reading.gazetteer.entity(known[0].represents) if known else None
    if principal is None or principal.kind != "state":
        principal = home.entity if home else None
    actor = Actor(f"{surname} administration", "group", None, "title", principal, 0.7)
    return reading.remember(phrase, actor, nouns={"administration"})


def _owned(reading: Reading, phrase: Phrase) -> tuple[Actor, ...]:
    """Describe "his lawyer", "her supporters" by the name of the person they belong to."""
    if phrase.determiner not in {"his", "her"} or phrase.core != phrase.last:
        return ()
    wanted = "m" if phrase.determiner == "his" else "f"
    sentence = reading.document.sentence(phrase.first)
    options = candidates(reading.document, reading.pasts, phrase.first)
    best = choose(options, sentence, phrase.first, wanted)
    if best is None or best[0].kind != "person":
        return ()
    owner = reading.candidate_actors(best[0])[0]
    words = reading.document.surface(phrase.first + 1, phrase.core)
    private = phrase.head in reading.words["private"] | reading.words["group_private"]
    actor = replace(
        unresolved(f"{owner.name}'s {words}", NO_NAME),
        represents=None if private else owner.represents,
        confidence=0.4,
    )
    return reading.remember(phrase, actor, nouns={phrase.head})


def of_stated_age(reading: Reading, phrase: Phrase) -> tuple[Actor, ...]:
    """Resolve "the 63-year-old" to the person of whom the text says that age, or to nobody."""
    return _aged(reading, phrase, stated=True)


def _aged(reading: Reading, phrase: Phrase, *, stated: bool = False) -> tuple[Actor, ...]:
    """Resolve "the 63-year-old" to the person last spoken of who may have that age."""
    document = reading.document
    age = asked_age(document.tokens, phrase.first, phrase.core)
    if age is None or not phrase.definite:
        return ()
    if not stated and compound_age(document.tokens[phrase.core - 1]) is None:
        return ()
    sentence = document.sentence(phrase.first)
    options = [
        item
        for item in candidates(document, reading.pasts, phrase.first)
        if (of_age(item, age) if stated else agrees(document, item, phrase))
    ]
    found = [choose(options, sentence, phrase.first, wanted) for wanted in ("m", "f")]
    best = max((item for item in found if item), key=lambda item: item[0].index, default=None)
    return reading.take(phrase, best[0], best[1]) if best else ()


def _one_of(reading: Reading, phrase: Phrase) -> tuple[Actor, ...]:
    """Describe "one of the diplomats" as one of a group named before ("EU diplomat")."""
    tokens = reading.document.tokens
    if tokens[phrase.first].key != "one" or phrase.first + 3 > phrase.last:
        return ()
    if tokens[phrase.first + 1].key != "of" or not tokens[phrase.last - 1].key.endswith("s"):
        return ()
    group = nominal(reading, parse(reading.document, phrase.first + 2, phrase.last))
    reading.pasts.pop()
    if len(group) != 1 or group[0].kind != "group" or not group[0].name.endswith("s"):
        return ()
    actor = replace(group[0], name=group[0].name[:-1], kind="unknown")
    return reading.remember(phrase, actor, nouns={tokens[phrase.last - 1].key[:-1]})


def _tail_body(reading: Reading, phrase: Phrase) -> tuple[Actor, ...]:
    """Describe "a spokesperson for the organization" by what the organization is."""
    tokens = reading.document.tokens
    words = reading.words
    start = phrase.core + 1
    if start + 1 >= phrase.last or tokens[phrase.core].key not in {"for", "of", "at", "from"}:
        return ()
    inner = parse(reading.document, start, phrase.last)
    if inner.determiner not in {"the", "its"} or reading.document.within(start, phrase.last):
        return ()
    if inner.head not in words["nominal_organisation"] | words["state_body"]:
        return ()
    if phrase.head not in words["title"] | words["group_official"]:
        return ()
    body = nominal(reading, inner)
    reading.pasts.pop()
    own = parse(reading.document, phrase.first, phrase.core)
    name = f"{body[0].name} {describe(reading.document, own, None)}"
    actor = replace(
        unresolved(name, NO_NAME),
        kind="group" if phrase.head.endswith("s") else "unknown",
        represents=registered_body(reading, phrase.first, phrase.last, None) or body[0].represents,
        confidence=0.5,
    )
    return reading.remember(phrase, actor, nouns={phrase.head})


def _bare_name(reading: Reading, phrase: Phrase) -> tuple[Actor, ...]:
    """Resolve a name that the article gives only once, a bare surname or an unknown body."""
    document = reading.document
    tokens = document.tokens[phrase.first : phrase.core]
    if phrase.core < phrase.last and document.tokens[phrase.core].text not in {",", "("}:
        return ()
    if not tokens or not all(
        token.capital or token.key in reading.words["particles"] for token in tokens
    ):
        return ()
    if any(token.key in reading.words["stop_caps"] for token in tokens) or (
        len(tokens) == 1 and (tokens[0].key in _COMMON or tokens[0].key in _all_nouns(reading))
    ):
        return ()
    if tokens[-1].key in _all_nouns(reading) or _plural_noun(reading, tokens):
        return ()
    name = document.surface(phrase.first, phrase.core)
    person = len(tokens) == 1 and not tokens[0].text.isupper()
    if len(tokens) > 1 and document.lexicon.headline[phrase.first]:
        name = name.title() if name.isupper() else name
        person = len(tokens) <= LONGEST_HEADLINE_NAME and tokens[0].key in reading.gazetteer.genders
    kind = "person" if person else "unknown"
    rule = None if kind == "person" else Entity(name, "organisation")
    who = Described(name, kind, phrase.first, phrase.last, None, rule)
    actor = Actor(name, kind, None, "named", reading.principal(who), 0.4)
    return reading.remember(phrase, actor)


def _plural_noun(reading: Reading, tokens: list[Token]) -> bool:
    """Whether a lone capitalised word at a sentence's start is a plural ("Dockers")."""
    key = tokens[0].key
    return (
        len(tokens) == 1
        and key.endswith(_PLURALS)
        and key not in reading.gazetteer.holders
        and not reading.document.people_named(key)
    )


_PLURALS = (
    "ers",
    "ors",
    "ists",
    "ents",
    "ants",
    "eers",
    "ees",
    "men",
    "people",
    "als",
    "ians",
    "ics",
    "ons",
    "ates",
    "ords",
    "aries",
)
_COMMON = frozenset("others some many one none everyone nobody people six five four".split())  # noqa: SIM905


def _all_nouns(reading: Reading) -> frozenset[str]:
    words = reading.words
    return (
        words["group_private"]
        | words["group_official"]
        | words["title"]
        | words["organisation"]
        | words["document"]
        | words["drop"]
        | words["nominal_organisation"]
        | words["nominal_state"]
    )


def _point_back(reading: Reading, phrase: Phrase) -> tuple[Actor, ...]:  # noqa: PLR0911
    """Resolve a definite noun to something named or quoted before it."""
    if phrase.determiner and not phrase.definite:
        return ()
    if reading.document.within(phrase.first, phrase.last):
        return ()
    head = phrase.head
    if head in reading.words["nominal_state"]:
        return ()
    for candidate in candidates(reading.document, reading.pasts, phrase.first):
        if head in candidate.nouns and (phrase.definite or candidate.past):
            return reading.take(phrase, candidate, 0.7)
    if not phrase.definite or phrase.core != phrase.last or phrase.last - phrase.first > 3:  # noqa: PLR2004
        return ()
    words = reading.words
    if head in words["nominal_organisation"] and head not in words["state_body"]:
        best = _nearest_body(reading, phrase, media=head in _MEDIA)
        if best:
            return reading.take(phrase, best, 0.5)
    return ()


_MEDIA = frozenset("newspaper paper magazine broadcaster network station daily weekly".split())  # noqa: SIM905


def _nearest_body(reading: Reading, phrase: Phrase, *, media: bool) -> Candidate | None:
    """Return the organisation last named or quoted before "the group", "the newspaper"."""
    kind = "media" if media else "organisation"
    options = [
        item
        for item in candidates(reading.document, reading.pasts, phrase.first)
        if item.kind == kind
        and not (item.referent and item.referent.nouns & reading.words["state_body"])
    ]
    best = choose(options, reading.document.sentence(phrase.first), phrase.first, "it")
    return best[0] if best else None


def _issuer(reading: Reading, phrase: Phrase) -> tuple[Actor, ...]:
    """Return the actor behind a document, or nothing."""
    mentions = reading.document.within(phrase.first, phrase.last)
    people = [item for item in mentions if item.referent.kind == "person"]
    for mention in people[:1] or mentions[:1]:
        if mention.role == "adjective" and phrase.last - mention.last > 1:
            return ()
        if mention.referent.kind == "person":
            actor = reading.person_actor(mention, phrase)
        else:
            actor = replace(reading.named_actor(mention), resolved_by="title")
        return reading.remember(phrase, actor, referent=mention.referent, nouns={phrase.head})
    if not phrase.definite or phrase.head in _ANONYMOUS or _own_name(reading, phrase):
        return ()
    sentence = reading.document.sentence(phrase.first)
    options = [
        item
        for item in candidates(reading.document, reading.pasts, phrase.first)
        if issued(reading.document, item, phrase)
    ]
    best = choose(options, sentence, phrase.first, "issuer")
    if best is None:
        return ()
    actors = moved(reading.candidate_actors(best[0]), best[1])
    return reading.remember(phrase, *actors, referent=best[0].referent, nouns={phrase.head})


def _own_name(reading: Reading, phrase: Phrase) -> bool:
    """Whether an unlisted name says whose a document is ("the Lancet study")."""
    tokens = reading.document.tokens[phrase.first + 1 : phrase.core - 1]
    return any(token.capital for token in tokens)


_ANONYMOUS = frozenset(
    "law act constitution treaty agreement charter article bill accord pact".split()  # noqa: SIM905
)


def _itself(reading: Reading, phrase: Phrase, name: str) -> Entity | None:
    """Return an unnamed body as what it speaks for ("the hauliers' federation")."""
    words = reading.words
    if phrase.head not in words["nominal_organisation"] or phrase.head in words["state_body"]:
        return None
    state = reading.affiliations.state_in(phrase.first, phrase.last)
    keys = {token.key for token in reading.document.tokens[phrase.first : phrase.last]}
    if state and (keys & words["title"] or phrase.head in {"office", "council", "commission"}):
        return state.entity
    return Entity(name, "organisation")


def _represents(
    reading: Reading, phrase: Phrase, state: Entry | None, context: Entry | None
) -> Entity | None:
    """Return whom an unnamed speaker or group speaks for."""
    words = reading.words
    official = phrase.head in words["group_official"] or phrase.head in words["official"]
    keys = {token.key for token in reading.document.tokens[phrase.first : phrase.last]}
    if phrase.head in words["group_private"] and not official:
        return None
    if "opposition" in keys:
        home = state or context
        return Entity(f"{home.adjective} opposition", "group") if home else None
    found = [
        item.referent
        for item in reading.document.within(phrase.first, phrase.last)
        if item.referent.kind in {"organisation", "media", "region"}
    ]
    if found:
        return reading.affiliations.of_organisation(found[0])
    unlisted = _unlisted_body(reading, phrase)
    if unlisted:
        return unlisted
    if official or keys & words["group_official"] or phrase.head in words["state_body"]:
        chosen = state or context
        return chosen.entity if chosen else None
    return None


def _unlisted_body(reading: Reading, phrase: Phrase) -> Entity | None:
    """Return the body in "a Chevron spokesperson", "officials at Orlen", though no list has it."""
    document = reading.document
    if phrase.head not in reading.words["title"] and phrase.head not in {"officials", "sources"}:
        return None
    for position in range(phrase.first + 1, phrase.last):
        token = document.tokens[position]
        if not token.capital or position in document.covered:
            continue
        if token.key in reading.words["title"] or token.key in reading.words["portfolio"]:
            continue
        end = min(document.run_end(position), phrase.last)
        inside = document.within(position, end)
        if any(item.referent.kind == "person" and item.referent.sure for item in inside):
            holder = reading.person_actor(inside[0])
            return holder.represents
        if document.tokens[position - 1].key in {"in", "near", "outside"}:
            return None
        return Entity(document.surface(position, end), "organisation")
    return None
