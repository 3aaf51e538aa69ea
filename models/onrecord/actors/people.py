"""Personal names: where they start, whom they mean, and the titles beside them."""

from __future__ import annotations

from onrecord.actors.lexicon import Lexicon
from onrecord.actors.mentions import Referent
from onrecord.actors.offices import office
from onrecord.actors.text import Token, tokenize, unglue

SURNAMES = frozenset(
    "king judge major bishop pope dean marshal chair justice prince count lord chief head lama "  # noqa: SIM905
    "queen president constable sheriff baron priest monk abbot sultan shah imam cardinal driver "
    "baker butcher farmer singer coach warden ranger deacon provost rector shadow host guide "
    "mullah emir".split()
)
_OCCUPATION = ("ist", "ologist", "rapher", "woman", "keeper", "worker", "wright", "ician")
_COMMON = ("er", "or", "ian", "ant", "ent", "ive", "man", "eur", "ics")  # ends of common nouns
_OPENERS = ("ly", "ing", "wards", "ed")  # ends of a word before a name at a sentence's start
_STOPS = frozenset({",", ".", ";", ":", "(", ")", '"', "“", "”", "!", "?"})
SPEECH = frozenset("said says told asked called accused warned added".split())  # noqa: SIM905
VERBS = SPEECH | frozenset(
    "is was are were has have had met and but that by with to from in on for as".split()  # noqa: SIM905
)
FORMS_OF_ADDRESS = frozenset({"mr", "ms", "mrs", "miss", "dr", "sir", "lord", "lady"})


class People:
    """The people of an article, by the parts of their names.

    Args:
        lexicon: The tokens and known names of the text.
        year: Date of the article in years, or None.
    """

    def __init__(self, lexicon: Lexicon, year: float | None) -> None:
        self.lexicon = lexicon
        self.tokens = lexicon.tokens
        self.words = lexicon.words
        self.gazetteer = lexicon.gazetteer
        self.hits = lexicon.hits
        self.year = year
        self.named: dict[str, Referent] = {}
        self._people: dict[str, list[Referent]] = {}
        self._surnames: dict[str, list[Referent]] = {}
        self._place: dict[int, int] = {}  # of each person, in order of first mention
        self._indexed: set[tuple[str, int]] = set()
        self._lone: tuple[set[str], set[str]] | None = None

    def by_part(self, key: str) -> list[Referent]:
        """Return the people who have a folded name part, in order of first mention."""
        return self._people.get(key, [])

    def surnamed(self, key: str) -> Referent | None:
        """Return the person last introduced by a full name that ends in this surname, or None.

        The second half of a double surname counts: "Washington" may be Ana Marlow-Washington.
        """
        found = [
            item
            for item in self._surnames.get(key, ())
            if (last := fold_parts(item.name)[-1]).split("-")[-1] == key
            and (item.sure or item.roles or "-" in last)
        ]
        return found[-1] if found else None

    def famous(self, key: str) -> bool:
        """Whether a bare surname is an office-holder's in the year of the article."""
        found = self.gazetteer.bearers(key, self.year, self.lexicon.home_counts, self.lexicon.names)
        return len({item.name for item in found}) == 1

    def _index_person(self, referent: Referent, keys: list[str]) -> None:
        self._place.setdefault(id(referent), len(self._place))
        if len(keys) > 1:
            known = self._surnames.setdefault(keys[-1].split("-")[-1], [])
            if not any(item is referent for item in known):
                known.append(referent)
        for key in keys:
            if self._counts(key) and (key, id(referent)) not in self._indexed:
                self._indexed.add((key, id(referent)))
                self._people.setdefault(key, []).append(referent)

    def _counts(self, key: str) -> bool:
        """Whether a name part says who is meant: no initial and no particle."""
        return len(key) > 1 and key not in self.words["particles"]

    def _alike(self, keys: list[str]) -> list[Referent]:
        """Return the people of this last part whose names may hold or be held by these parts.

        Where all parts count, those share another part or have no other; so a text with
        thousands of people of one surname stays linear.
        """
        last = self._people.get(keys[-1], [])
        if len(last) < 8 or not all(map(self._counts, keys)):  # noqa: PLR2004
            return last
        near = {id(item): item for key in keys[:-1] for item in self._people.get(key, ())}
        found = [item for item in near.values() if (keys[-1], id(item)) in self._indexed]
        found += [item for item in last[:1] if len(fold_parts(item.name)) == 1]
        return sorted(found, key=lambda item: self._place[id(item)])

    def resolve(self, tokens: list[Token], *, titled: bool, gender: str = "") -> Referent | None:
        """Return the person whom a name means, a new one if need be."""
        keys = [token.key for token in tokens]
        name = unglue(" ".join(token.text for token in tokens))
        if len(keys) == 1:
            known = self._people.get(keys[0])
            if known:
                fitting = [item for item in known if not gender or item.gender in {"", gender}]
                chosen = max(
                    fitting or known,
                    key=lambda item: (gender != "" and item.gender == gender, item.mentions[-1:]),
                )
                chosen.sure = True
                return chosen
            known_name = self.named.get(keys[0])
            if known_name:
                return known_name
            if not titled and not self.famous(keys[0]):
                return None
        else:
            for candidate in self._alike(keys):
                parts = set(fold_parts(candidate.name))
                if set(keys) <= parts:
                    return candidate
                if parts <= set(keys):
                    candidate.name = name
                    self._index_person(candidate, keys)
                    return candidate
        referent = Referent(name, "person", gender=self.gazetteer.genders.get(keys[0], ""))
        referent.sure = bool(referent.gender) or any(
            key in self.words["particles"] or len(key) == 1 or key.startswith("al-") for key in keys
        )
        if len(keys) == 1:
            referent.gender = ""
        self._index_person(referent, keys)
        return referent

    def form_of_address(self, index: int, first: int) -> str:
        """Return the gender that "Mr", "Ms" or the like before a name shows, or ""."""
        for token in self.tokens[index:first]:
            if token.key in FORMS_OF_ADDRESS and token.key in self.words["male"]:
                return "m"
            if token.key in FORMS_OF_ADDRESS and token.key in self.words["female"]:
                return "f"
        return ""

    def title_start(self, index: int) -> int:
        """Return where the lower-case title before a run starts ("deputy interior minister")."""
        start = index
        while start > 0 and index - start < 8 and self.lexicon.adjacent(start - 1):  # noqa: PLR2004
            key = self.tokens[start - 1].key
            known = key in self.words["title"] or key in self.words["portfolio"] - {"and"}
            linked = key in {"of", "for", "and", "'s"} and start < index
            if key == "and" and self.tokens[start].key in self.words["title"]:
                break
            if not known and not linked:
                break
            start -= 1
        return start

    def note_description_before(self, index: int, referent: Referent) -> None:
        """Note "Norway's energy minister," before a name, and "her Peruvian counterpart,"."""
        tokens, title = self.tokens, self.words["title"]
        if index < 2 or tokens[index - 1].text != ",":  # noqa: PLR2004
            return
        links = {"of", "for", "at", "in", "to"}
        head = index - 2
        while head > 0 and index - head < 9 and tokens[head].key not in title:  # noqa: PLR2004
            if tokens[head].text in _STOPS:
                return
            head -= 1
        if tokens[head].key not in title or (
            head < index - 2 and tokens[head + 1].key not in links
        ):
            return
        start = head
        while start > 0 and head - start < 6 and tokens[start - 1].text not in _STOPS:  # noqa: PLR2004
            if tokens[start - 1].key in VERBS or self.lexicon.sentence(
                start - 1
            ) != self.lexicon.sentence(index):
                break
            start -= 1
        referent.sure = True
        referent.roles.add(tokens[head].key)
        referent.offices.add(office(tokens, head, index - 1))
        referent.titles.append((start, index - 1))

    def apposed_noun(self, first: int, end: int) -> str:
        """Return the noun that says that a name is an organisation's, or "".

        "Lumora Mining, a company that ..." and "the builder, Obras del Chaco" are such.
        """
        tokens, nouns = self.tokens, self.words["nominal_organisation"]
        if first > 1 and tokens[first - 1].text == "," and tokens[first - 2].key in nouns:
            return tokens[first - 2].key
        if (
            end + 2 < len(tokens)
            and tokens[end].text == ","
            and tokens[end + 1].key
            in {
                "a",
                "an",
                "the",
            }
        ):
            for position in range(end + 2, min(end + 7, len(tokens))):
                key = tokens[position].key
                if key in self.words["title"] or tokens[position].text in {",", "."}:
                    return ""
                if key in nouns:
                    return key
        return ""

    def name_start(self, index: int, end: int) -> int:  # noqa: C901
        """Return where the personal name starts in a run, past titles; `end` if there is none."""
        title, portfolio = self.words["title"], self.words["portfolio"]
        first = index
        for position in range(index, end - 1):
            if self.tokens[position].key in title or self._plural_title(position):
                first = position + 1
        after_of = index > 0 and self.tokens[index - 1].key in {"of", "for", "and"}
        if first > index or after_of:
            while first < end and self.tokens[first].key in portfolio:
                first += 1
        while (
            first < end
            and first in self.hits
            and self.hits[first][1][0].role in {"adjective", "people"}
            and self.hits[first][0] < end
        ):
            first = self.hits[first][0]
        first = self._past_fields(first, end)
        if first == index and self.titled_of(index):
            first = self.after_place(index, end)
        if (
            first == index
            and end - index >= 3  # noqa: PLR2004
            and self.tokens[index].key not in self.gazetteer.genders
        ):
            # "Virologist Onika Ferreira": at a sentence's start a common noun looks like a name
            starts = (
                self.tokens[index].start == self.lexicon.sentences[self.lexicon.sentence(index)]
            )
            key = self.tokens[index].key
            known = self.tokens[index + 1].key in self.gazetteer.genders
            if starts and (key.endswith(_OCCUPATION) or (known and key.endswith(_COMMON))):
                first += 1
        if first == index and end - index == 2 and self._opener(index):  # noqa: PLR2004
            first += 1
        rest = self.tokens[first:end]
        final = rest[-1].key if rest else ""
        if end - first > 1 and (final in title - SURNAMES or final.removesuffix("s") in title):
            return end
        if all(
            token.key in title or token.key in portfolio or token.key in {"prime", "vice"}
            for token in rest
        ) and not (
            len(rest) == 1
            and (self.by_part(final) or (first > index and final in {"king", "judge", "major"}))
        ):
            return end
        return first

    def after_place(self, start: int, end: int) -> int:
        """Return where a name starts after its title's place ("Mayor of Lowford Ann Wu").

        A known given name shows it, a surname that the text also gives alone, or a place that
        it also gives without the two words after it; `start` if nothing does.
        """
        for position in range(start + 1, end - 1):
            given = self.tokens[position].key in self.gazetteer.genders
            before = self.tokens[position - 1].key
            if given and before not in self.gazetteer.genders and before not in _SAINTS:
                return position
        pair = self.tokens[end - 2 : end]
        nouns = self.words["organisation"] | self.words["nominal_organisation"]
        nouns |= self.words["portfolio"] | self.words["title"]
        if end - start < 3 or any(token.key in nouns for token in pair):  # noqa: PLR2004
            return start
        alone, closed = self._apart()
        shown = pair[-1].key in alone or self.tokens[end - 3].key in closed
        return end - 2 if shown else start

    def titled_of(self, start: int) -> bool:
        """Whether a title and "of" stand before a run of capitals ("Governor of the ...")."""
        before = start - 1 - (start > 0 and self.tokens[start - 1].key == "the")
        return (
            before > 0
            and self.tokens[before].key == "of"
            and self.tokens[before - 1].key in self.words["title"]
        )

    def _apart(self) -> tuple[set[str], set[str]]:
        """Return the capitalised words that the text gives alone, and those that end a name."""
        if self._lone is None:
            ends = len(self.tokens) - 1
            closed = {
                index: token.key
                for index, token in enumerate(self.tokens)
                if token.capital and not (index < ends and self._name_word(index + 1))
            }
            alone = {
                key for index, key in closed.items() if not index or not self._name_word(index - 1)
            }
            self._lone = (alone, set(closed.values()))
        return self._lone

    def _name_word(self, index: int) -> bool:
        """Whether a word may be part of the same name as its neighbour: a capital, no title."""
        token = self.tokens[index]
        return (token.capital and token.key not in self.words["title"]) or token.key in _JOINTS

    def only_describes(self, index: int, end: int) -> bool:
        """Whether a run is an opener and demonyms ("Exiled Belarusian leader"), no name."""
        key = self.tokens[index].key
        after = self.tokens[end] if end < len(self.tokens) else None
        if after is None or not self.lexicon.adjacent(end - 1) or not after.text.islower():
            return False
        if after.key in VERBS or after.key.endswith("ed"):
            return False
        known = key in self.gazetteer.genders or key in self.gazetteer.holders or self.by_part(key)
        if known or (key in self.words["title"] and key not in _ONCE):
            return False
        position = index + 1
        while position < end and self._demonym(position):
            position = self.hits[position][0]
        return index + 1 < position == end

    def _demonym(self, position: int) -> bool:
        """Whether a word describes by a state or people ("Belarusian", "US")."""
        found = self.hits.get(position)
        return found is not None and any(item.role in {"adjective", "people"} for item in found[1])

    def _plural_title(self, position: int) -> bool:
        """Whether a word is the title of several people ("Senators Ana Cole and Bo Ruud")."""
        key = self.tokens[position].key
        return (
            key.removesuffix("s") in self.words["title"]
            and key.endswith("s")
            and key not in self.gazetteer.genders
            and self.tokens[position + 1].key in self.gazetteer.genders
        )

    def _past_fields(self, first: int, end: int) -> int:
        """Step over "Economics" or "House" before a given name and a surname."""
        nouns = self.words["portfolio"] | self.words["organisation"]
        position = first
        while (
            position < end - 2
            and self.tokens[position].key in nouns
            and self.tokens[position].key not in self.gazetteer.genders
        ):
            position += 1
        return position if self.tokens[position].key in self.gazetteer.genders else first

    def _opener(self, index: int) -> bool:
        """Whether a word is only capitalised because a sentence starts ("Afterwards Trump")."""
        token = self.tokens[index]
        start = self.lexicon.sentences[self.lexicon.sentence(index)]
        return (
            token.start == start
            and token.key.endswith(_OPENERS)
            and token.key not in self.gazetteer.genders
            and token.key not in self.gazetteer.holders
            and self.tokens[index + 1].key not in self.words["title"]
            and (bool(self.by_part(self.tokens[index + 1].key)) or token.key in _ADVERBS)
        )


_SAINTS = frozenset("st saint san santa santo sao".split())  # noqa: SIM905 - "Mayor of San Jose"
_JOINTS = frozenset({"of", "in", "the"})  # "the mayor of Lowford": no surname
_ONCE = frozenset({"former", "outgoing", "deposed", "acting"})
_ADVERBS = frozenset(
    "originally afterwards previously recently finally similarly additionally initially "  # noqa: SIM905
    "eventually subsequently quoting citing responding reportedly apparently currently "
    "addressing thanking meeting joining defending praising accusing".split()
)


def fold_parts(name: str) -> list[str]:
    """Return the folded parts of a name."""
    return [token.key for token in tokenize(name)]
