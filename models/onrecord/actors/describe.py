"""The shortest plain name of a group or an unnamed speaker.

"several senior U.S. officials" is "US officials", "a spokesman for the MDC" is "MDC spokesman".
"""

from __future__ import annotations

import re

from onrecord.actors.document import Document
from onrecord.actors.gazetteer import Entry
from onrecord.actors.phrase import Phrase, core_end
from onrecord.actors.text import unglue

SHORT_NAMES = {
    "United States": "US",
    "United Nations": "UN",
    "United Kingdom": "UK",
    "European Union": "EU",
}
_LINKS = frozenset({"in", "of", "from", "for", "with", "at", "inside"})
_COUNTERS = frozenset(
    "group number majority couple handful dozens hundreds thousands tens millions percent series "  # noqa: SIM905
    "half pair some many most all several none lot".split()
)
_KEEP_TAIL = frozenset(
    "supporters opponents critics members sources backers followers residents leader leaders head "  # noqa: SIM905
    "chief relatives victims families opponent supporter victim member friends allies source "
    "family candidates mother father son daughter families elders owner owners organizers "
    "parents users".split()
)
_PAPERS = frozenset({"daily", "times", "post", "news", "herald", "today", "star", "tribune"})
_RANKS = frozenset({"top", "senior", "high-ranking", "unnamed", "unidentified", "leading"})
_PLACES = frozenset({"city", "province", "town", "district", "region", "village", "county"})
_QUOTES = frozenset("\"'“”‘’")
LONGEST_TAIL = 6  # tokens of a "supporters of ..." tail that are kept


def describe(document: Document, phrase: Phrase, context: Entry | None) -> str:
    """Return the plain description of an unnamed source.

    Args:
        document: The article's names.
        phrase: The source.
        context: State to name officials by when the phrase names none, or None.
    """
    first, core = _skip_counters(document, phrase)
    words = _words(document, first, core)
    head = words[-1].lower() if words else ""
    named = bool(document.within(phrase.first, phrase.last))
    if core < phrase.last and document.tokens[core].key in _LINKS:
        words = _with_tail(document, words, core, phrase.last)
    elif head in _KEEP_TAIL and core < phrase.last and phrase.last - core <= LONGEST_TAIL:
        words = [*words, document.surface(core, phrase.last)]
    elif (
        context
        and context.adjective
        and not named
        and (_takes_adjective(document, words) or _national_body(phrase, words))
    ):
        words = [context.adjective, *words]
    name = unglue(" ".join(words).replace(" - ", "-"))
    return undotted(name or document.surface(phrase.first, phrase.last))


def undotted(name: str) -> str:
    """Return a name with "US" for "U.S.", as the corpora write it."""
    return _DOTTED.sub(lambda found: found[0].replace(".", ""), name)


_DOTTED = re.compile(r"\b(?:U\.S|U\.N|U\.K|E\.U)\b\.?(?!\w)")


def _national_body(phrase: Phrase, words: list[str]) -> bool:
    """Whether a body is told apart by its country ("the teachers' union", "the central bank")."""
    return phrase.definite and len(words) > 1 and words[-1].lower() in _NATIONAL


_NATIONAL = frozenset(
    "union federation association league guild chamber ministry bureau bank authority "  # noqa: SIM905
    "commission council board institute service".split()
)


def _takes_adjective(document: Document, words: list[str]) -> bool:
    """Whether a bare description is told apart by its country ("police", "the parliament")."""
    if words[-1].lower() not in document.words["context_adjective"]:
        return False
    return len(words) == 1 or words[-2].lower() in {
        "military",
        "security",
        "government",
        "election",
        "intelligence",
        "opposition",
        "prime",
        "foreign",
        "defense",
        "defence",
        "finance",
        "interior",
        "supreme",
        "high",
        "police",
        "army",
    }


def _with_tail(document: Document, words: list[str], core: int, last: int) -> list[str]:
    """Return the words with the name after "of", "in" or "for" put where it belongs."""
    link = document.tokens[core].key
    head = words[-1].lower() if words else ""
    tail = _tail(document, core, last)
    lower = {word.lower() for word in words}
    if tail is None:
        if head in _KEEP_TAIL and last - core <= LONGEST_TAIL:
            return [*words, document.surface(core, last)]
        return words
    entry, name = tail
    if entry is not None and entry.kind == "state":
        prefix = entry.adjective or name
        has_state = any(word.lower() in lower for word in _ADJECTIVES(document))
        return words if has_state else [prefix, *words]
    if head in _KEEP_TAIL and link == "of":
        return [*words, link, name]
    return words if name.lower() in lower else [name, *words]


def _ADJECTIVES(document: Document) -> set[str]:  # noqa: N802 - a constant of the gazetteer
    return {entry.adjective for entry in document.gazetteer.entries.values() if entry.adjective}


def _skip_counters(document: Document, phrase: Phrase) -> tuple[int, int]:
    """Step over "thousands of", "a group of", "some of the" to what is counted."""
    first, core = phrase.first, phrase.core
    tokens = document.tokens
    while (
        core + 1 < phrase.last
        and tokens[core].key in {"of", "among"}
        and (tokens[core - 1].key in _COUNTERS or not tokens[core - 1].key.isalpha())
    ):
        first = core + 1
        core = core_end(document, first, phrase.last)
    return first, core


def _words(document: Document, first: int, core: int) -> list[str]:
    """Return the words of a head group, determiners and measure words left out."""
    out: list[str] = []
    position = first
    while position < core:
        token = document.tokens[position]
        hit = document.hits.get(position)
        if hit and hit[0] <= core:
            entry = document.choose(hit[1]).entry
            following = document.tokens[hit[0]].key if hit[0] < core else ""
            paper = document.tokens[core - 1]
            if following and paper.capital and paper.key in _PAPERS and hit[1][0].role == "name":
                out.append(document.surface(position, hit[0]))  # "China Daily"
            elif entry.adjective and following and hit[1][0].role != "people":
                out.append(entry.adjective)
            else:
                surface = document.surface(position, hit[0])
                out.append(SHORT_NAMES.get(entry.name, surface))
            position = hit[0] + (following == "'s")
            continue
        ahead = position + 1 < core
        left_out = _left_out(document, position, opening=not out) if ahead else 0
        if left_out:
            position += left_out
            continue
        if token.key == "'s" and out:
            out[-1] += "'s"
        elif token.text in _QUOTES:
            if out and out[-1].endswith("s") and ahead and token.start == _end(document, position):
                out[-1] += "'"
        else:
            out.append(_lower_start(document, position))
        position += 1
    return out


def _left_out(document: Document, position: int, *, opening: bool) -> int:
    """Return how many tokens of a head group are left out from one on: measures, ranks, "(UN)"."""
    token = document.tokens[position]
    if token.text == "(":
        return 3  # an acronym's; no other brackets stand in a head group
    measure = token.key in document.words["drop"] or not token.key[:1].isalpha()
    return int((opening and measure) or (token.key in _RANKS and token.text.islower()))


def _end(document: Document, position: int) -> int:
    return document.tokens[position - 1].end


def _lower_start(document: Document, position: int) -> str:
    """Return a token as written, but lower-case where only the sentence start raised it."""
    token = document.tokens[position]
    start = document.sentences[document.sentence(position)]
    if token.start == start and token.text[1:].islower():
        named = any(item.first == position for item in document.within(position, position + 1))
        if not named and token.key not in {"mr", "ms", "mrs", "dr"}:
            return token.text.lower()
    return token.text


def _tail(document: Document, core: int, last: int) -> tuple[Entry | None, str] | None:
    """Return the name after "of", "in" or "for" as (entry, name to use), or None."""
    tokens = document.tokens
    start = core + 1
    while start < last and tokens[start].key in {"the", "a", "an"}:
        start += 1
    for position in range(start, min(start + 5, last - 2)):
        if tokens[position].key in _PLACES and tokens[position + 1].key == "of":
            start = position + 2  # "the northern Iraqi city of Mosul"
            break
    if start >= last:
        return None
    for mention in document.within(start, last)[:1]:
        if mention.first == start:
            entry = mention.referent.entry
            surface = document.surface(mention.first, mention.last)
            if mention.referent.kind == "person":
                surface = mention.referent.name
            name = SHORT_NAMES.get(entry.name, surface) if entry else surface
            if mention.role == "adjective":
                rest = document.surface(mention.last, last)
                return None, f"{name} {rest}".strip()
            return entry, name.replace("U.S.", "US").replace("U.N.", "UN")
    if tokens[start].capital:
        return None, document.surface(start, min(document.run_end(start), last))
    return None
