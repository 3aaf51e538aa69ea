"""The known names of a text, found in one pass, and which of two namesakes is meant."""

from __future__ import annotations

import re
from itertools import pairwise

from onrecord.actors.gazetteer import SHORT_ACRONYM, Alias, Gazetteer
from onrecord.actors.text import Token, fold, sentence_of, sentence_starts, tokenize

_LINE = re.compile(r"[^\n]+")
_WORD = re.compile(r"[^\W\d_]+")
_EVENTS = frozenset(
    "talks summit agreement accord accords treaty pact protocol conference negotiations "  # noqa: SIM905
    "olympics games marathon".split()
)
LONGEST_NAME = 8  # tokens; a longer run of capitals is a headline, not a name


class Lexicon:
    """Tokens, sentences and gazetteer hits of a text.

    Args:
        text: The text, title first.
        gazetteer: Known names and word lists.

    Attributes:
        hits: From first token to (one past the last token, the entries it may mean).
        headline: For every token whether its line is all in capitals, as a headline is.
        covered: From every token inside a hit to the hit's first token.
        home_counts: How often the text names each state, directly or by what belongs to it.
    """

    def __init__(self, text: str, gazetteer: Gazetteer) -> None:
        self.text = text
        self.gazetteer = gazetteer
        self.words = gazetteer.words
        self.tokens = tokenize(text)
        self.sentences = sentence_starts(text)
        self._shouted: dict[int, bool] = {}
        self.headline = _in_capitals(text, self.tokens, self.sentences)
        self.hits: dict[int, tuple[int, list[Alias]]] = self._gazetteer_hits()
        self.home_counts = self._home_counts()
        self._drop_shared_capitals()
        self._named = {
            alias.entry.name for _, aliases in self.hits.values() for alias in aliases[:1]
        }
        self.covered = {
            index: first for first, (last, _) in self.hits.items() for index in range(first, last)
        }

    def names(self, entity: str) -> bool:
        """Whether the text names an entity, by any alias of it that is known."""
        return entity in self._named or entity in self.text

    def sentence(self, index: int) -> int:
        """Return the number of the sentence that holds a token."""
        return sentence_of(self.sentences, self.tokens[index].start)

    def shouted(self, index: int) -> bool:
        """Whether all other words of a token's sentence are in capitals too."""
        number = self.sentence(index)
        if number not in self._shouted:
            ends = [*self.sentences[number + 1 : number + 2], len(self.text)]
            words = _WORD.findall(self.text, self.sentences[number], ends[0])
            self._shouted[number] = len(words) > 1 and all(word.isupper() for word in words)
        return self._shouted[number]

    def _gazetteer_hits(self) -> dict[int, tuple[int, list[Alias]]]:
        aliases, longest = self.gazetteer.aliases, self.gazetteer.longest
        heads = self.gazetteer.heads
        tokens = self.tokens
        hits: dict[int, tuple[int, list[Alias]]] = {}
        index = 0
        while index < len(tokens):
            reach = heads.get(tokens[index].key, 0) if _could_name(tokens[index]) else 0
            for last in range(min(len(tokens), index + min(longest, reach)), index, -1):
                key = " ".join(token.key for token in tokens[index:last])
                found = [
                    alias
                    for alias in aliases.get(key, ())
                    if _fits_case(alias.surface, tokens, index, last)
                ]
                if found and not self._weak(last, key) and not self._venue(last, found):
                    # "the Pentagon": the article is not part of the mention
                    hits[index + (tokens[index].key == "the")] = (last, found)
                    index = last
                    break
            else:
                index += 1
        return hits

    def _weak(self, last: int, key: str) -> bool:
        """Whether a name that is also a common word is only part of a longer name here."""
        if key not in self.words["weak"] or last >= len(self.tokens):
            return False
        after = self.tokens[last]
        return (
            after.capital
            and self.adjacent(last - 1)
            and after.key not in self.words["title"]
            and after.key not in self.gazetteer.genders
            and after.key not in {"party", "mp", "mps"}
        )

    def _venue(self, last: int, aliases: list[Alias]) -> bool:
        """Whether a capital only says where something was held ("the Paris climate talks")."""
        if all(alias.role != "capital" for alias in aliases):
            return False
        after = [token.key for token in self.tokens[last : last + 2]]
        if not after or not self.adjacent(last - 1):
            return False
        return after[0] in _EVENTS or (after[0] in self.words["portfolio"] and after[-1] in _EVENTS)

    def _home_counts(self) -> dict[str, int]:
        """Count the states of the article by its unambiguous names."""
        counts: dict[str, int] = {}
        for _, aliases in self.hits.values():
            homes = {alias.entry.home for alias in aliases if not self._shared(alias)}
            if any("party" in alias.entry.nouns for alias in aliases):
                continue
            home = next(iter(homes), "")
            if len(homes) == 1 and home:
                counts[home] = counts.get(home, 0) + 1
        return counts

    def _shared(self, alias: Alias) -> bool:
        """Whether a capital's name is at least as often another place's ("Kingston")."""
        return alias.role == "capital" and fold(alias.surface) in self.words["shared_capital"]

    def _drop_shared_capitals(self) -> None:
        """Take a shared name for a capital only where the article speaks of its state."""
        for first, (last, aliases) in list(self.hits.items()):
            kept = [
                alias
                for alias in aliases
                if not self._shared(alias) or alias.entry.home in self.home_counts
            ]
            if kept:
                self.hits[first] = (last, kept)
            else:
                del self.hits[first]

    def choose(self, aliases: list[Alias]) -> Alias:
        """Choose among entries that share a name: the one whose state the article speaks of."""
        if len(aliases) == 1:
            return aliases[0]
        seats = [alias for alias in aliases if alias.role == "seat"]
        if seats and any(alias.role == "capital" for alias in aliases):
            return seats[0]
        return max(aliases, key=lambda alias: self.home_counts.get(alias.entry.home, 0))

    def seat_or_capital(self, index: int, aliases: list[Alias]) -> Alias:
        """Choose between "Brussels" the union and the state by what stands around it."""
        seat = next(alias for alias in aliases if alias.role == "seat")
        capital = next((alias for alias in aliases if alias.role == "capital"), seat)
        near = [
            alias.entry
            for position in range(max(0, index - 30), index + 30)
            for alias in self.hits.get(position, (0, []))[1]
            if position != index
        ]
        union = any(entry.represents == seat.entry.name for entry in near)
        return capital if capital.entry in near and not union else seat

    def elsewhere(self, alias: Alias) -> bool:
        """Whether a party's short name belongs to another country than the article's."""
        entry = alias.entry
        return (
            "party" in entry.nouns
            and bool(entry.country)
            and alias.surface != entry.name
            and bool(self.home_counts)
            and entry.country not in self.home_counts
        )

    def adjacent(self, index: int) -> bool:
        """Whether only one blank stands between a token and the next."""
        left, right = self.tokens[index], self.tokens[index + 1]
        if self.headline[index] != self.headline[index + 1]:
            return False
        gap = self.text[left.end : right.start]
        return not gap.strip() and gap.count("\n") <= 1 and len(gap) <= 2  # noqa: PLR2004

    def run_end(self, index: int) -> int:
        """Return where the run of capitalised words that starts at a token ends."""
        tokens, last = self.tokens, index + 1
        while last < len(tokens) and last - index < LONGEST_NAME + 6 and self.adjacent(last - 1):
            token = tokens[last]
            if token.capital and token.key not in self.words["stop_caps"]:
                last += 1
            elif (
                token.key in self.words["particles"]
                and last + 1 < len(tokens)
                and tokens[last + 1].capital
                and self.adjacent(last)
            ):
                last += 2
            elif token.key in {"jr", "sr", "ii", "iii"}:
                last += 1
            else:
                break
        return last


def _in_capitals(text: str, tokens: list[Token], sentences: list[int]) -> list[bool]:
    """Return for each token whether its line, or its sentence, is all in capitals.

    A line of fewer than three words may be a mere name ("ANE VIK" before her words), a sentence
    of fewer than four a list of acronyms.
    """
    lines = [match.span() for match in _LINE.finditer(text)]
    bounds = list(pairwise([*sentences, len(text)]))
    spans = [
        span
        for stretches, least in ((lines, 3), (bounds, 4))
        for span in stretches
        if text[slice(*span)].isupper() and len(_WORD.findall(text, *span)) >= least
    ]
    spans.sort()
    out: list[bool] = []
    number = reach = 0
    for token in tokens:
        while number < len(spans) and spans[number][0] <= token.start:
            reach = max(reach, spans[number][1])
            number += 1
        out.append(token.start < reach)
    return out


def _could_name(token: Token) -> bool:
    return token.capital or "-" in token.text or token.key in {"the", "al"}


def _fits_case(surface: str, tokens: list[Token], first: int, last: int) -> bool:
    """Whether the text writes an alias as a name does: "US" is not "us", "Time" is not "time"."""
    token = tokens[first]
    if last - first == 1 and len(surface) <= SHORT_ACRONYM and surface.isupper():
        return token.text.isupper()
    head = next((character for character in surface if character.isalpha()), "")
    if surface.startswith("the "):
        return tokens[first + 1].capital
    return not head.isupper() or token.capital
