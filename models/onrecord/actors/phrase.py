"""The parts of a source phrase: determiner, head noun, names, what follows "of" or a comma."""

from __future__ import annotations

from dataclasses import dataclass

from onrecord.actors.document import Document
from onrecord.actors.mentions import Mention

_BREAKS = frozenset(
    "of for to by in from with at on who which that inside near around against representing "  # noqa: SIM905
    "claiming issued released signed published acting linked close familiar working living "
    "speaking quoted including calling led within among across between before outside about "
    "opposed alleging".split()
)
_OPENERS = frozenset({"(", ",", "—", "–", ";"})
PRONOUNS = {
    "he": "he",
    "him": "he",
    "his": "he",
    "himself": "he",
    "she": "she",
    "her": "she",
    "hers": "she",
    "herself": "she",
    "it": "it",
    "its": "it",
    "itself": "it",
    "they": "they",
    "them": "they",
    "their": "they",
    "themselves": "they",
    "i": "i",
    "me": "i",
    "my": "i",
    "we": "we",
    "us": "we",
    "our": "we",
    "who": "who",
    "which": "who",
    "that": "who",
    "both": "they",
    "some": "some",
}
INDEFINITE = frozenset("a an one two three four five several some many another".split())  # noqa: SIM905
DEFINITE = frozenset("the this that these those his her its their our my both".split())  # noqa: SIM905


@dataclass(frozen=True, slots=True)
class Phrase:
    """A source phrase taken apart; all numbers are token positions in the document.

    Args:
        first: First token.
        last: One past the last token.
        core: One past the last token of the head group, before "of", "who" or a comma.
        determiner: Folded first word if it is an article, possessive or number, else "".
        head: Folded head noun of the core ("spokesman"), "" for an empty phrase.
        pronoun: Class of pronoun if the phrase is one, else "".
    """

    first: int
    last: int
    core: int
    determiner: str
    head: str
    pronoun: str

    @property
    def definite(self) -> bool:
        """Whether the phrase points back ("the minister", "his office")."""
        return self.determiner in DEFINITE


def parse(document: Document, first: int, last: int) -> Phrase:
    """Take a source phrase apart."""
    tokens = document.tokens
    while last > first and not tokens[last - 1].text[0].isalnum() and tokens[last - 1].text != ")":
        last -= 1
    while first < last and not tokens[first].text[0].isalnum():
        first += 1
    if last - first > 1 and tokens[last - 1].key in {"himself", "herself", "itself", "themselves"}:
        last -= 1
    keys = [token.key for token in tokens[first:last]]
    if (
        len(keys) == 1
        and keys[0] in PRONOUNS
        and tokens[first].text.lower() in PRONOUNS
        and not document.acronym(first)
    ):
        return Phrase(first, last, last, "", keys[0], PRONOUNS[keys[0]])
    determiner = keys[0] if keys and keys[0] in INDEFINITE | DEFINITE else ""
    core = core_end(document, first, last)
    head = head_noun(document, first, core)
    return Phrase(first, last, core, determiner, head, "")


def core_end(document: Document, first: int, last: int) -> int:
    """Return where the head group ends."""
    tokens = document.tokens
    for position in range(first + 1, last):
        token = tokens[position]
        if token.text in _OPENERS or (token.key in _BREAKS and token.text.islower()):
            # Inside an organisation's name ("Ministry of Defence") nothing ends.
            if document.inside(position) or _acting(document, position, last):
                continue
            if _abbreviated(document, position, last):
                continue
            return position
        if position > first + 1 and _participle(document, position, last):
            return position
    return last


def _abbreviated(document: Document, position: int, last: int) -> bool:
    """Whether brackets hold a name's acronym before a noun ("United Nations (UN) officials")."""
    tokens = document.tokens
    if position + 3 >= last or tokens[position].text != "(" or tokens[position + 2].text != ")":
        return False
    noun = tokens[position + 3]
    return tokens[position + 1].text.isupper() and noun.text.islower() and noun.text.isalpha()


def _acting(document: Document, position: int, last: int) -> bool:
    """Whether "acting" or "led" stands before a title ("the acting president Simon Vale")."""
    after = document.tokens[position + 1].key if position + 1 < last else ""
    return document.tokens[position].key == "acting" and after in document.words["title"]


def _participle(document: Document, position: int, last: int) -> bool:
    """Whether "meeting" or "obtained" starts a reduced clause after a noun."""
    token, before = document.tokens[position], document.tokens[position - 1]
    if _acting(document, position, last):
        return False
    if not token.text.islower() or position + 1 >= last:
        return False
    if token.key.endswith("ing"):
        return before.key.endswith("s") and before.key != "'s"
    return token.key.endswith("ed") and document.tokens[position + 1].key in {
        "by",
        "in",
        "on",
        "from",
        "for",
        "with",
        "at",
        "to",
    }


def head_noun(document: Document, first: int, core: int) -> str:
    """Return the folded last word of a head group, a possessive mark left out."""
    tokens = document.tokens
    position = core - 1
    while position > first and (
        tokens[position].key == "'s" or not tokens[position].text[0].isalnum()
    ):
        position -= 1
    return tokens[position].key if position >= first else ""


def segments(document: Document, phrase: Phrase) -> list[tuple[int, int]]:
    """Split a phrase at commas, dashes and brackets into token ranges."""
    out: list[tuple[int, int]] = []
    start = phrase.first
    for position in range(phrase.first, phrase.last):
        if document.tokens[position].text in {",", "(", ")", "—", "–", ";"}:
            if document.inside(position):
                continue
            if position > start:
                out.append((start, position))
            start = position + 1
    if phrase.last > start:
        out.append((start, phrase.last))
    return out


def person_in(document: Document, first: int, last: int) -> Mention | None:
    """Return the person who heads a segment ("Russian Foreign Minister Sergey Lavrov"), or None."""
    people = [item for item in document.within(first, last) if item.referent.kind == "person"]
    if not people:
        return None
    core = core_end(document, first, last)
    for mention in people:
        if mention.last <= core:
            after = document.tokens[mention.last] if mention.last < core else None
            if after is not None and (after.key == "'s" or after.text[0].isalnum()):
                continue  # "Biden administration", "Sharon's office"
            return mention
    final = people[-1]
    if final.last >= last and _title_reaches(document, first, core, final):
        return final
    return None


def _title_reaches(document: Document, first: int, core: int, mention: Mention) -> bool:
    """Whether "Minister of Education" or "Secretary of State" leads up to a name."""
    words = document.words
    if head_noun(document, first, core) not in words["title"]:
        return False
    before = mention.first - 1
    if before > core and mention.last - mention.first > 1:
        token = document.tokens[before]
        start = document.covered.get(before)
        place = start is not None and document.hits[start][1][0].role in {"name", "capital"}
        if place or (token.text.islower() and token.key in words["organisation"]):
            return True  # "Special Representative for Iran Brian Hale"
        body = token.capital and token.key not in words["title"] and not place and start is None
        if body and mention.referent.sure:
            return True  # "Chairman of the London Forum Adrian Cole"
    between = document.tokens[core : mention.first]
    fields = words["portfolio"] | _HOUSES
    return any(token.key in fields - {"and"} for token in between) and all(
        token.key in {"of", "for", "the", "and"} or token.key in fields for token in between
    )


_HOUSES = frozenset({"parliament", "congress", "senate", "assembly", "council"})
