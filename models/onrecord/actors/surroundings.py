"""The bodies that a passage names beside the listed ones: "the nurses' union", "Etoile du Chott".

They are only suggestions for whom somebody speaks for; `principal.py` chooses among them.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

from onrecord.actors.acronyms import is_short
from onrecord.actors.roles import ROLE_OF
from onrecord.actors.text import fold
from onrecord.types import Entity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from onrecord.actors.document import Document
    from onrecord.actors.gazetteer import Entry
    from onrecord.actors.principal import Described
    from onrecord.actors.reading import Reading

MOST_BODIES = 9  # before the actor; a third as many after it
LINKS = frozenset("of for at from in with by to the 's , (".split())  # noqa: SIM905
LONGEST = 5  # words of a body that is written in small letters
_FUNCTION = frozenset(
    "the a an this that these those his her its their our my your of for to in on at by from with "  # noqa: SIM905
    "and or but as than while when where who which whose if because after before since until about "
    "over under between among against into within across is are was were be been has have had do "
    "does did will would can could may might must should not no said says told asked called "
    "calls urged wants want another other each every any some all both two three one another "
    "rival same own new former big whole very also then now yesterday today's it he she they we "
    "i you him them us there here what how why so such".split()
)
_MORE = frozenset(
    "club team school hospital museum clinic diocese parish synod orchestra opera theatre brigade "  # noqa: SIM905
    "garrison caravan camp gang alliance village town district tribe mission forum cooperative "
    "co-operative fleet port mill mine factory plant shop store hotel airline railway operator "
    "opposition residents drivers workers nurses farmers growers skippers fishermen".split()
)
_APOSTROPHES = frozenset({"'", "’"})


@dataclass(frozen=True, slots=True)
class Body:
    """A body that the passage names or describes.

    Args:
        entity: What it is called.
        first: Its first token.
        last: One past its last token.
        head: Folded last word, or that before "of".
        how: "lower", "tail" ("chamber of mines"), "run", "opening" (one capitalised word at the
            start of a sentence) or "doubtful" (perhaps a person).
    """

    entity: Entity
    first: int
    last: int
    head: str
    how: str


class Surroundings:
    """Find the unlisted bodies of an article, in one pass.

    Args:
        document: The article's names.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.bodies = sorted([*self._small(), *self._runs()], key=attrgetter("first"))
        self._small_words = {token.key for token in document.tokens if token.text.islower()}
        self._firsts = [body.first for body in self.bodies]
        self.counts: dict[str, int] = {}
        for body in self.bodies:
            key = fold(body.entity.name)
            self.counts[key] = self.counts.get(key, 0) + 1

    def within(self, first: int, last: int) -> list[Body]:
        """Return the bodies that start inside a range."""
        return self.bodies[bisect_left(self._firsts, first) : bisect_left(self._firsts, last)]

    def near(self, last: int, most: int) -> Iterator[Body]:
        """Yield the bodies before a token, nearest first, then a third as many after it."""
        position = bisect_left(self._firsts, last)
        yield from self.bodies[max(0, position - most) : position][::-1]
        yield from self.bodies[position : position + most // 3]

    def common(self, first: int, last: int) -> str:
        """Tell whether a run of capitals ends in a noun ("Union chair"), by lists and the text."""
        words, key = self.document.words, self.document.tokens[last - 1].key
        if key in words["organisation"] | words["nominal_organisation"] | _MORE or key in ROLE_OF:
            return f"noun{min(2, last - first)}"
        if key in words["portfolio"]:
            return "field"
        return "small" if key in self._small_words else "name"

    def national(self, body: Body, home: Entry | None) -> Entity | None:
        """Return "Kenyan nurses' union" for "nurses' union" where Kenya is spoken of."""
        if home is None or not home.adjective or body.how not in {"lower", "tail"}:
            return None
        if any(token.capital for token in self.document.tokens[body.first : body.last]):
            return None
        return Entity(f"{home.adjective} {body.entity.name}", "organisation")

    def _small(self) -> Iterator[Body]:
        tokens, words = self.document.tokens, self.document.words
        nouns = words["nominal_organisation"] | words["organisation"] | words["state_body"] | _MORE
        for index, token in enumerate(tokens):
            if token.key not in nouns or not token.text.islower():
                continue
            after = tokens[index + 1] if index + 1 < len(tokens) else token
            if after is not token and (after.key in nouns or after.text in _APOSTROPHES):
                continue  # "union branch", "nurses' union": the last noun is the body
            start = self._start(index)
            name = self.document.surface(start, index + 1)
            yield Body(Entity(name, "organisation"), start, index + 1, token.key, "lower")
            end = self._tail(index + 1)
            if end:
                name = self.document.surface(start, end)
                yield Body(Entity(name, "organisation"), start, end, token.key, "tail")

    def _start(self, index: int) -> int:
        """Return where the words before a noun that belong to it begin."""
        tokens = self.document.tokens
        opens = self.document.sentences[self.document.sentence(index)]
        start = index
        while start > 0 and index - start < LONGEST:
            token = tokens[start - 1]
            if token.text in _APOSTROPHES and start > 1 and tokens[start - 2].key.endswith("s"):
                start -= 1
                continue
            plain = token.text[0].isalpha() and token.key not in _FUNCTION
            if not plain or token.start <= opens or token.key.endswith("ly"):
                break
            start -= 1
        while start < index and tokens[start].text in _APOSTROPHES:
            start += 1
        return start

    def _tail(self, index: int) -> int:
        """Return where "of Ikaria", "of mines" after a noun ends, or 0."""
        tokens = self.document.tokens
        if index + 1 >= len(tokens) or tokens[index].key not in {"of", "for"}:
            return 0
        start = index + 1
        if tokens[start].key == "the" and start + 1 < len(tokens):
            start += 1
        if tokens[start].capital and tokens[start].key not in self.document.words["stop_caps"]:
            return self.document.run_end(start)
        if tokens[start].text.isalpha() and tokens[start].key not in _FUNCTION:
            return start + 1
        return 0

    def _runs(self) -> Iterator[Body]:
        """Yield the runs of capitals that nothing shows to be a person or a listed name."""
        document = self.document
        tokens, words = document.tokens, document.words
        common = words["title"] | words["stop_caps"] | words["soft_caps"]
        index = 0
        while index < len(tokens):
            token = tokens[index]
            headline = document.lexicon.headline[index]  # its capitals show no name
            known = index in document.covered or token.key in common | _DAYS
            if not token.capital or headline or known:
                index += 1
                continue
            end = self._bridged(document.run_end(index))
            stop = next((i for i in range(index + 1, end) if i in document.covered), end)
            opens = document.sentences[document.sentence(index)] >= token.start
            inside = [
                item
                for item in document.before(stop, limit=4)
                if item.last > index and item.referent.kind == "person"
            ]
            people = [item.referent for item in inside]
            known = any(item.gender or item.roles or item.titles for item in people)
            lone = stop - index == 1 and document.people_named(token.key)
            field = all(item.key in words["portfolio"] for item in tokens[index:stop])
            if known or field or any(item.sure for item in lone or ()):
                index = end
                continue
            whole = people and inside[0].last >= stop
            name = people[0].name if whole else document.surface(index, stop)
            if is_short(token) and stop - index == 1:
                name = self._whole(index, name)
            if name.isupper() and len(name) > LONGEST:
                name = name.title()  # the town of a dateline
            alone = opens and stop - index == 1
            how = "doubtful" if people else "opening" if alone else "run"
            yield Body(Entity(name, "organisation"), index, stop, tokens[stop - 1].key, how)
            index = end

    def _whole(self, index: int, name: str) -> str:
        """Return the name of the body that an acronym stands for, or the acronym itself."""
        found = self.document.within(index, index + 1)
        bodies = [item.referent for item in found if item.referent.kind == "organisation"]
        return bodies[0].name if bodies else name

    def _bridged(self, end: int) -> int:
        """Return where a run ends that goes on after "Carriers'" or "Veterans for"."""
        tokens = self.document.tokens
        while end + 1 < len(tokens):
            link = tokens[end].text in _APOSTROPHES and tokens[end - 1].key.endswith("s")
            link = link or tokens[end].key in {"for", "of"}
            if not link or not tokens[end + 1].capital or end + 1 in self.document.covered:
                return end
            if tokens[end + 1].key in self.document.words["stop_caps"]:
                return end
            end = self.document.run_end(end + 1)
        return end


def link_before(reading: Reading, index: int, first: int) -> str:
    """Return the linking word before a name in a description."""
    tokens = reading.document.tokens
    position = index - 1
    if position >= first and tokens[position].key in {"the", "a", "an"}:
        position -= 1
    if position < first:
        return "start"
    token = tokens[position]
    if token.key in LINKS:
        return token.key
    return "title" if token.key in reading.words["title"] else "word"


def around(
    reading: Reading, who: Described, others: Sequence[tuple[int, int]]
) -> Iterator[tuple[Entity, str, list[str]]]:
    """Yield the unlisted bodies around an actor: what, where from, and the marks of each.

    Args:
        reading: The article.
        who: The actor.
        others: Token ranges of the actor's titles and other descriptions.
    """
    document = reading.document
    here = document.sentence(who.first)
    keys = _described_by(reading, who, others)
    home = reading.affiliations.context_state(who.first)
    opener = document.tokens[who.first].key if who.first < len(document.tokens) else ""
    opener = opener if opener in _OPENERS else "none"
    own = fold(who.referent.name) if who.referent else fold(who.name)
    ranks: dict[str, int] = {}
    described = [body for span in others for body in reading.surroundings.within(*span)]
    near = reading.surroundings.near(who.last, MOST_BODIES)
    for body in dict.fromkeys([*described, *near]):
        name, how = fold(body.entity.name), body.how
        if name == own:
            continue
        distance = min(3, abs(here - document.sentence(body.first)))
        where = "before" if body.first < who.first else "after"
        if body in described or who.first <= body.first < who.last:
            where, distance = "in", 0
        if how == "opening" and where == "in":
            continue  # a description names it: it is no mere start of a sentence
        rank = ranks[how] = ranks.get(how, -1) + 1
        link = link_before(reading, body.first, max(0, body.first - 3))
        shared = "shared" if body.head in keys else "apart"
        marks = [
            f"{how}|{where}{distance}",
            f"{how}|{where}{distance}|{shared}",
            f"{how}|{shared}|rank{min(rank, 3)}",
            f"{how}|{where}|{link}",
            f"{how}|{opener}|rank{min(rank, 3)}",
            f"{how}|count{min(4, reading.surroundings.counts[name])}",
            f"{how}|{ROLE_OF.get(body.head, 'none')}|{shared}",
            f"{how}|words{min(4, body.last - body.first)}",
        ]
        yield body.entity, f"around:{how}", marks
        national = reading.surroundings.national(body, home)
        if national is not None:
            yield national, f"around:national-{how}", [f"n-{mark}" for mark in marks[:6]]


_OPENERS = frozenset({"its", "their", "his", "her", "the", "a"})


def _described_by(reading: Reading, who: Described, others: Sequence[tuple[int, int]]) -> set[str]:
    """Return the folded words that describe an actor, here and beside its name elsewhere."""
    tokens = reading.document.tokens
    keys = {token.key for token in tokens[who.first : who.last]}
    if who.referent is not None:
        keys |= who.referent.nouns | who.referent.roles
    for first, last in others:
        keys |= {token.key for token in tokens[first:last]}
    return keys


_DAYS = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may "  # noqa: SIM905
    "june july august september october november december".split()
)
