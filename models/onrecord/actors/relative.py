"""What "who" and "which" belong to: the head of the noun phrase that stands before them.

"Farmers in Norway, who" are the farmers; "Ana Cole, a senator from Ohio who" is Ana Cole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from onrecord.actors.agreement import body_noun
from onrecord.actors.phrase import DEFINITE, INDEFINITE

if TYPE_CHECKING:
    from onrecord.actors.document import Document
    from onrecord.actors.mentions import Mention

_COMPLEMENTS = frozenset({"of", "in", "at", "from"})  # what follows tells the head apart
_LOOSE = frozenset("for to with by near on against among about outside inside".split())  # noqa: SIM905
_AGENTS = ("ers", "ors", "ists", "ents", "ants", "eers", "ees", "men", "people", "ians")
_NO_MODIFIERS = frozenset(
    "and or but that than as said says told is was are were has have had met saw asked called "  # noqa: SIM905
    "accused warned against by with to on for of in at from".split()
)
MOST_MODIFIERS = 3
MOST_HEADS = 5


@dataclass(frozen=True, slots=True)
class Head:
    """A noun phrase before a relative pronoun, without its complements.

    Args:
        first: Its first token.
        last: One past its head word.
        mention: The name, if it is one.
    """

    first: int
    last: int
    mention: Mention | None


def antecedent(document: Document, index: int, *, person: bool) -> tuple[Head, int] | None:
    """Return the head that a relative pronoun belongs to and where its phrase ends, or None.

    Args:
        document: The article's names.
        index: The pronoun.
        person: Whether it is "who", which wants people, rather than "which".
    """
    end = _phrase_end(document, index)
    found: Head | None = None
    link = ""
    for head, before in _heads(document, end):
        outer = found is None or link in _COMPLEMENTS
        if outer and _suits(document, head, person=person, inner=found):
            found = head
        elif found is not None:
            break
        link = before
    if found is None and person:  # "Oxfam, who": a body only where the phrase has no person
        nearest = next((head for head, _ in _heads(document, end)), None)
        if nearest and (nearest.mention or _suits(document, nearest, person=False, inner=None)):
            found = nearest
    return (_apposed(document, found), end) if found else None


def _phrase_end(document: Document, index: int) -> int:
    """Return where the words before a pronoun end: past commas, an age and brackets."""
    tokens = document.tokens
    end = index
    while end > 0:
        token = tokens[end - 1]
        if token.text == ")":
            opens = next(
                (at for at in range(end - 2, max(-1, end - 9), -1) if tokens[at].text == "("),
                end - 1,
            )
            end = opens
        elif (not token.text[0].isalpha() and token.key != "'s") or token.key == "aged":
            end -= 1
        else:
            break
    return end


def _heads(document: Document, end: int) -> Iterator[tuple[Head, str]]:
    """Yield the heads that end at a token, innermost first, with the preposition before each."""
    tokens = document.tokens
    for _ in range(MOST_HEADS):
        if end < 1 or not tokens[end - 1].text[0].isalpha():
            return
        head = _head(document, end)
        before = tokens[head.first - 1].key if head.first > 0 else ""
        yield head, before
        if before not in _COMPLEMENTS | _LOOSE or head.first < 2:  # noqa: PLR2004
            return
        if document.sentence(head.first - 2) != document.sentence(end - 1):
            return
        end = head.first - 1


def _head(document: Document, end: int) -> Head:
    """Return the noun phrase without complements that ends before a token."""
    tokens = document.tokens
    mention = next((item for item in document.before(end, limit=2) if item.last == end), None)
    if mention is not None and mention.role != "adjective":
        return Head(mention.first, end, mention)
    first = end - 1
    for position in range(end - 2, max(-1, end - 3 - MOST_MODIFIERS), -1):
        token = tokens[position]
        if document.sentence(position) != document.sentence(end - 1):
            return Head(position + 1, end, None)
        if token.key in DEFINITE | INDEFINITE:
            return Head(position, end, None)
        if token.key in {"'s", "'", "’"}:
            return Head(_owner(document, position), end, None)
        if not _modifies(document, position):
            break
        named = document.within(position, position + 1)
        if named:
            first = position if position == first - 1 else first
        elif position == 0:
            return Head(0, end, None)
    return Head(first, end, None)


def _owner(document: Document, mark: int) -> int:
    """Return where the owner before a possessive mark starts ("Ann Wu's", "the nurses'")."""
    tokens = document.tokens
    owner = next((item for item in document.before(mark, limit=2) if item.last == mark), None)
    first = owner.first if owner else max(0, mark - 1)
    return first - (first > 0 and tokens[first - 1].key in DEFINITE | INDEFINITE)


def _modifies(document: Document, position: int) -> bool:
    """Whether a word may stand between a determiner and its noun: no verb, no other noun."""
    token, words = document.tokens[position], document.words
    if not token.text[0].isalpha() or token.key in _NO_MODIFIERS:
        return False
    people = words["title"] | words["group_private"] | words["group_official"]
    if token.text.islower():
        return token.key not in people and not token.key.endswith(("ed", "s"))
    return not any(
        item.referent.kind == "person" for item in document.within(position, position + 1)
    )


def _suits(document: Document, head: Head, *, person: bool, inner: Head | None) -> bool:
    """Whether a head is what a pronoun wants: people for "who", a body for "which".

    Args:
        document: The article's names.
        head: The head.
        person: Whether people are wanted.
        inner: What suits in its complement; only a noun that surely means people outdoes that.
    """
    if head.mention is not None:
        human = head.mention.referent.kind == "person"
        return (human or head.mention.role == "people") if person else not human
    words, noun = document.words, document.tokens[head.last - 1].key
    if not person:
        return body_noun(document, noun) or noun in words["document"]
    known = words["title"] | words["private"] | words["official"]
    if noun in known | words["group_private"] | words["group_official"]:
        return not body_noun(document, noun) or noun == "police"
    if inner is not None:  # "the letters of Ann Wu, who", but "bakers from two towns, who"
        return inner.mention is None and noun.endswith(_AGENTS)
    return noun.endswith("s") and not noun.endswith("ss")


def _apposed(document: Document, head: Head) -> Head:
    """Return the person in "Ana Cole, a senator" for the senator, else the head itself."""
    comma = head.first - 1
    plural = document.tokens[head.last - 1].key.endswith("s")
    if head.mention is not None or plural or comma < 1 or document.tokens[comma].text != ",":
        return head
    for mention in document.before(comma, limit=1):
        if mention.last == comma and mention.referent.kind == "person":
            return Head(mention.first, mention.last, mention)
    return head
