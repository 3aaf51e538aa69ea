"""The shortest plain name of a group or an unnamed speaker: "several senior U.S. officials" ->
"US officials".
"""

from __future__ import annotations

from onrecord.actors.document import Document
from onrecord.actors.gazetteer import Entry
from onrecord.actors.phrase import Phrase
from onrecord.actors.text import unglue

SHORT_NAMES = {"United States": "US", "United Nations": "UN", "United Kingdom": "UK"}
_PLACE_LINKS = frozenset({"in", "of", "from", "for", "with", "at", "inside"})
_COUNTERS = frozenset(
    "group number majority couple handful dozens hundreds thousands tens millions percent series "
    "half pair team spokesmen some many most all several none".split()
)


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
    tail = _tail(document, core, phrase.last)
    if tail:
        entry, name, link = tail
        if entry and entry.adjective and entry.kind == "state":
            prefix = [entry.adjective]
        elif link in {"of", "in", "from", "inside"} and entry is None and name:
            return " ".join([*words, link, name])
        else:
            prefix = [SHORT_NAMES.get(name, name)]
        if prefix[0].lower() not in {word.lower() for word in words}:
            words = prefix + words
    elif context and context.adjective and not _has_name(document, phrase):
        if head in document.words["context_adjective"]:
            words = [context.adjective, *words]
    text = unglue(" ".join(words))
    return text or document.surface(phrase.first, phrase.last)


def _has_name(document: Document, phrase: Phrase) -> bool:
    return bool(document.within(phrase.first, phrase.last))


def _skip_counters(document: Document, phrase: Phrase) -> tuple[int, int]:
    """Step over "thousands of", "a group of", "some of the" to what is counted."""
    from onrecord.actors.phrase import core_end

    first, core = phrase.first, phrase.core
    tokens = document.tokens
    while (
        core + 1 < phrase.last
        and tokens[core].key in {"of", "among"}
        and (tokens[core - 1].key in _COUNTERS or tokens[core - 1].key.isdigit())
    ):
        first = core + 1
        core = core_end(document, first, phrase.last)
    return first, core


def _words(document: Document, first: int, core: int) -> list[str]:
    """Return the words of a head group, determiners and measure words left out."""
    drop = document.words["drop"]
    out: list[str] = []
    position = first
    while position < core:
        token = document.tokens[position]
        if not out and (token.key in drop or token.key.isdigit() or not token.text[0].isalnum()):
            position += 1
            continue
        hit = document.hits.get(position)
        if hit and hit[0] <= core:
            entry = hit[1][0].entry
            if entry.kind == "state" and entry.adjective and hit[0] < core:
                out.append(entry.adjective)
            else:
                out.append(SHORT_NAMES.get(entry.name, document.surface(position, hit[0])))
            position = hit[0]
            continue
        if token.key != "'s" and token.text not in {'"', "'", "“", "”", "‘", "’"}:
            capital_start = position == first and document.tokens[position].key in drop
            out.append(token.text.lower() if capital_start else _lower_start(document, position))
        position += 1
    return out


def _lower_start(document: Document, position: int) -> str:
    """Return a token as written, but lower-case where only the sentence start raised it."""
    token = document.tokens[position]
    start = document.sentences[document.sentence(position)]
    if token.start == start and token.text[1:].islower():
        named = any(item.first == position for item in document.within(position, position + 1))
        return token.text if named else token.text.lower()
    return token.text


def _tail(document: Document, core: int, last: int) -> tuple[Entry | None, str, str] | None:
    """Return the name after "of", "in" or "for" as (entry, name, link word), or None."""
    if core >= last or document.tokens[core].key not in _PLACE_LINKS:
        return None
    mentions = document.within(core, last)
    if not mentions:
        return None
    mention = mentions[0]
    gap = document.tokens[core + 1 : mention.first]
    if any(token.key not in {"the", "a", "an", "'s"} for token in gap):
        return None
    referent = mention.referent
    return referent.entry, referent.name, document.tokens[core].key
