"""Whether the name of a capital means the city or the government that sits in it."""

from __future__ import annotations

from collections.abc import Iterator

from onrecord.actors.lexicon import Lexicon

# A place name after these says where something is.
PLACING = frozenset("in at near from outside of around across through to toward towards".split())  # noqa: SIM905
_CITY = frozenset(
    "mayor mayoral municipality municipal borough boroughs district districts residents "  # noqa: SIM905
    "region suburb suburbs".split()
)
# Words that speak of some city even where its name is not beside them.
_OWN = frozenset({"mayor", "municipality", "municipal"})
_PAIRS = frozenset({("city", "council"), ("city", "hall"), ("police", "department")})
_NEAR = 1  # sentences
_REACH = 6  # tokens between "Mayor Lena Cole" and "of Washington"


class Cities:
    """The words of an article that speak of a city, and the place each belongs to.

    Args:
        lexicon: The tokens and known names of the text.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.tokens = lexicon.tokens
        self._places: dict[int, set[str]] | None = None

    def meant(self, first: int, last: int) -> bool:
        """Whether a capital's name means the city, by the words of this sentence and the next.

        A sentence that names another state is about governments ("Moscow accused Kyiv").
        """
        key = " ".join(token.key for token in self.tokens[first:last])
        sentence = self.lexicon.sentence(first)
        placed = first > 0 and self.tokens[first - 1].key in PLACING - {"of"}
        if placed or self._foreign(first):
            return False
        places = self._city_words()
        fitting = {key} if self._names_other(first, last) else {key, ""}
        return any(
            place in fitting
            for near in range(sentence - _NEAR, sentence + _NEAR + 1)
            for place in places.get(near, ())
        )

    def _names_other(self, first: int, last: int) -> bool:
        """Whether the sentence has another name, which a lone "city hall" may belong to."""
        return any(
            self.tokens[index].capital and self._names(index) for index in self._beside(first, last)
        )

    def _foreign(self, first: int) -> bool:
        """Whether the sentence names a state besides the one whose capital a token is."""
        homes = {alias.entry.home for alias in self.lexicon.hits[first][1]}
        hits = (self.lexicon.hits.get(index) for index in self._beside(first, first + 1))
        others = (hit[1][0].entry.home for hit in hits if hit)
        return any(home and home not in homes for home in others)

    def _beside(self, first: int, last: int) -> Iterator[int]:
        """Yield the other tokens of the sentence that holds a token range."""
        sentence = self.lexicon.sentence(first)
        for start, step in ((first - 1, -1), (last, 1)):
            index = start
            while 0 <= index < len(self.tokens) and self.lexicon.sentence(index) == sentence:
                yield index
                index += step

    def _city_words(self) -> dict[int, set[str]]:
        """Return, for each sentence, the places of its city words, "" for one without a name."""
        if self._places is None:
            self._places = {}
            for index, token in enumerate(self.tokens):
                pair = index + 1 < len(self.tokens) and (token.key, self.tokens[index + 1].key)
                if token.key not in _CITY and pair not in _PAIRS:
                    continue
                place = self._place(index, index + 1 + (pair in _PAIRS))
                if place or token.key in _OWN or (pair in _PAIRS and token.key == "city"):
                    number = self.lexicon.sentence(index)
                    self._places.setdefault(number, set()).add(place)
        return self._places

    def _place(self, first: int, last: int) -> str:
        """Return the name beside a city word ("the mayor of Paris"), or ""."""
        tokens = self.tokens
        before = first - 1 - (first > 1 and tokens[first - 1].key == "'s")
        if before >= 0 and tokens[before].capital and self._names(before):
            return self._name(before)
        for index in range(last, min(last + _REACH, len(tokens) - 1)):
            if not tokens[index].text.isalnum():
                break
            if tokens[index].key in {"of", "in"} and tokens[index + 1].capital:
                return self._name(index + 1)
        return ""

    def _names(self, index: int) -> bool:
        return self.tokens[index].key not in self.lexicon.words["stop_caps"]

    def _name(self, index: int) -> str:
        """Return the folded name that a token is of: a known one whole, else the token alone."""
        first = self.lexicon.covered.get(index, index)
        last = self.lexicon.hits[first][0] if first in self.lexicon.hits else index + 1
        return " ".join(token.key for token in self.tokens[first:last])
