"""What one article names: people, organisations and states, with every mention of each."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

from onrecord.actors.gazetteer import SHORT_ACRONYM, Alias, Entry, Gazetteer
from onrecord.actors.offices import office
from onrecord.actors.text import Token, sentence_of, sentence_starts, tokenize, unglue
from onrecord.types import Article, Entity

SURNAMES = frozenset(
    "king judge major bishop pope dean marshal chair justice prince count lord chief head lama "
    "queen president constable sheriff baron priest monk abbot".split()
)
_YEAR = re.compile(r"\b((?:19|20)\d\d)(?:-(0[1-9]|1[0-2])\b)?")
_BASED = ("-based", "-led", "-backed", "-run", "-owned", "-controlled", "-born")
_OCCUPATION = ("ist", "ologist", "rapher", "woman", "keeper", "worker", "wright", "ician")
LONGEST_NAME = 8  # tokens; a longer run of capitals is a headline, not a name


@dataclass(slots=True)
class Referent:
    """One thing that the article names.

    Args:
        name: Fullest name seen.
        kind: `person`, `organisation`, `media`, `state` or `group`.
        entry: The gazetteer's entry, if it has one.
        gender: "m", "f" or "" where the text does not show it.
        roles: Folded title words that stood beside a person's name.
        offices: Offices among them, under one name each (`offices.office`).
        nouns: Common nouns it may be called by ("ministry", "agency").
        titles: Token ranges (start, end) of descriptions beside the name, in text order.
        mentions: Tokens at which its mentions start, in text order.
        represents: Whom a person speaks for once worked out, as a tuple of one.
        sure: For a person, whether something beside the capitals says that it is one.
        base: For "NATO Council", the known entry that the name starts with.
    """

    name: str
    kind: str
    entry: Entry | None = None
    gender: str = ""
    roles: set[str] = field(default_factory=set)
    offices: set[str] = field(default_factory=set)
    nouns: set[str] = field(default_factory=set)
    titles: list[tuple[int, int]] = field(default_factory=list)
    mentions: list[int] = field(default_factory=list)
    represents: tuple[Entity | None] | None = None
    sure: bool = True
    base: Entry | None = None


@dataclass(frozen=True, slots=True)
class Mention:
    """A named mention: token range [first, last), and what it names."""

    first: int
    last: int
    referent: Referent
    role: str = "name"


class Document:
    """The names of an article, found in one pass.

    Args:
        article: The article; its title is read before its text.
        gazetteer: Known names and word lists.
    """

    def __init__(self, article: Article, gazetteer: Gazetteer) -> None:
        title = article.title or ""
        self.shift = len(title) + 2 if title else 0
        self.text = f"{title}\n\n{article.text}" if title else article.text
        self.gazetteer = gazetteer
        year = _YEAR.search(article.date or "")
        self.year = int(year[1]) + (int(year[2] or 7) - 1) / 12 if year else None
        self.words = gazetteer.words
        self.tokens = tokenize(self.text)
        self._offsets = [token.start for token in self.tokens]
        self.sentences = sentence_starts(self.text)
        self.mentions: list[Mention] = []
        self.referents: list[Referent] = []
        self._mentions_of: dict[int, list[Mention]] = {}
        self.acronyms: dict[str, Referent] = {}
        self._people: dict[str, list[Referent]] = {}
        self._named: dict[str, Referent] = {}
        self.hits: dict[int, tuple[int, list[Alias]]] = self._gazetteer_hits()
        self.home_counts = self._home_counts()
        self.covered = {
            index: first for first, (last, _) in self.hits.items() for index in range(first, last)
        }
        self._scan()
        self._firsts = [mention.first for mention in self.mentions]

    # -- lookup ------------------------------------------------------------------------------

    def tokens_of(self, start: int, end: int) -> tuple[int, int]:
        """Return the token range of a span of the article's text (not of the title)."""
        start, end = start + self.shift, end + self.shift
        first = bisect_right(self._offsets, start) - 1
        if first < 0 or self.tokens[first].end <= start:
            first += 1
        return first, max(first, bisect_left(self._offsets, end))

    def sentence(self, index: int) -> int:
        """Return the number of the sentence that holds a token."""
        return sentence_of(self.sentences, self.tokens[index].start)

    def surface(self, first: int, last: int) -> str:
        """Return the text of a token range, white space collapsed."""
        if last <= first:
            return ""
        return " ".join(self.text[self.tokens[first].start : self.tokens[last - 1].end].split())

    def within(self, first: int, last: int) -> list[Mention]:
        """Return the mentions that start inside a token range."""
        return self.mentions[bisect_left(self._firsts, first) : bisect_left(self._firsts, last)]

    def before(self, index: int, limit: int = 80) -> list[Mention]:
        """Return up to `limit` mentions before a token, nearest first."""
        position = bisect_left(self._firsts, index)
        return self.mentions[max(0, position - limit) : position][::-1]

    def mentions_of(self, referent: Referent) -> list[Mention]:
        """Return the mentions of a referent, in text order."""
        return self._mentions_of.get(id(referent), [])

    def inside(self, position: int) -> bool:
        """Whether a token lies inside a named mention, past its first token."""
        return any(item.first < position < item.last for item in self.before(position + 1, limit=3))

    def people_named(self, key: str) -> list[Referent]:
        """Return the people of the article that have a name part, in order of first mention."""
        return self._people.get(key, [])

    # -- scanning ----------------------------------------------------------------------------

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
                if found and not self._weak(index, last, key):
                    # "the Pentagon": the article is not part of the mention
                    hits[index + (tokens[index].key == "the")] = (last, found)
                    index = last
                    break
            else:
                index += 1
        return hits

    def _weak(self, index: int, last: int, key: str) -> bool:
        """Whether a name that is also a common word is only part of a longer name here."""
        if key not in self.words["weak"] or last >= len(self.tokens):
            return False
        after = self.tokens[last]
        return (
            after.capital
            and self._adjacent(last - 1)
            and after.key not in self.words["title"]
            and after.key not in self.gazetteer.genders
            and after.key not in {"party", "mp", "mps"}
        )

    def _home_counts(self) -> dict[str, int]:
        """Count the states of the article by its unambiguous names."""
        counts: dict[str, int] = {}
        for _, aliases in self.hits.values():
            homes = {alias.entry.home for alias in aliases}
            if any("party" in alias.entry.nouns for alias in aliases):
                continue
            if len(homes) == 1 and aliases[0].entry.home:
                home = aliases[0].entry.home
                counts[home] = counts.get(home, 0) + 1
        return counts

    def choose(self, aliases: list[Alias]) -> Alias:
        """Choose among entries that share a name: the one whose state the article speaks of."""
        if len(aliases) == 1:
            return aliases[0]
        seats = [alias for alias in aliases if alias.role == "seat"]
        if seats and any(alias.role == "capital" for alias in aliases):
            return seats[0]
        return max(aliases, key=lambda alias: self.home_counts.get(alias.entry.home, 0))

    def _scan(self) -> None:
        """Note all names; a title in Capitals Throughout is read last, in the light of the text."""
        body = next(
            (index for index, token in enumerate(self.tokens) if token.start >= self.shift),
            len(self.tokens),
        )
        words = [token for token in self.tokens[:body] if token.text[0].isalpha()]
        capitals = sum(token.text[0].isupper() for token in words)
        headline = capitals * 10 > len(words) * 6
        if not headline:
            self._scan_range(0, body)
        self._scan_range(body, len(self.tokens))
        if headline:
            self._scan_headline(body)
        self.mentions.sort(key=lambda mention: mention.first)
        for mentions in self._mentions_of.values():
            mentions.sort(key=lambda mention: mention.first)

    def _scan_range(self, index: int, end: int) -> None:
        tokens = self.tokens
        while index < end:
            hit = self.hits.get(index)
            if hit and not self._starts_person(index, hit):
                index = self._note_hit(index, *hit)
            elif (
                tokens[index].capital
                and tokens[index].key not in self.words["stop_caps"]
                and (
                    tokens[index].key not in self.words["soft_caps"]
                    or self.run_end(index) > index + 1
                )
            ):
                index = self._note_run(index)
            else:
                index += 1

    def _scan_headline(self, end: int) -> None:
        """Note, in a headline whose words are all capitalised, only names known elsewhere."""
        index = 0
        while index < end:
            hit = self.hits.get(index)
            if hit:
                index = self._note_hit(index, *hit)
                continue
            known = self._people.get(self.tokens[index].key)
            if known and self.tokens[index].capital:
                last = index + 1
                while last < end and known[-1] in self._people.get(self.tokens[last].key, ()):
                    last += 1
                self._mention(index, last, known[-1])
                index = last
            else:
                index = self._headline_person(index, end)

    def _headline_person(self, index: int, end: int) -> int:
        """Note "President Joe Biden" in a headline: a title, a known given name, a surname."""
        tokens = self.tokens
        last = index + 2
        if (
            index
            and tokens[index - 1].key in self.words["title"]
            and self._famous(tokens[index].key)
        ):
            self._note_person(index, index, index + 1)
            return index + 1
        if (
            0 < index
            and last <= end
            and tokens[index].key in self.gazetteer.genders
            and tokens[index - 1].key in self.words["title"]
            and tokens[index + 1].capital
        ):
            while last < end and (tokens[last - 1].text.endswith(".") or tokens[last].key == "jr."):
                last += 1
            self._note_person(index, index, last)
            return last
        return index + 1

    def _starts_person(self, index: int, hit: tuple[int, list[Alias]]) -> bool:
        """Whether a place name is a given name here ("Jordan Smith", "Chad Hurley")."""
        last, aliases = hit
        if last - index > 1 or last >= len(self.tokens) or aliases[0].role == "adjective":
            return False
        after = self.tokens[last]
        return (
            self.tokens[index].key in self.gazetteer.genders
            and after.capital
            and after.key not in self.words["title"]
            and after.key not in self.words["organisation"]
            and self._adjacent(index)
        )

    def _adjacent(self, index: int) -> bool:
        """Whether only one blank stands between a token and the next."""
        left, right = self.tokens[index], self.tokens[index + 1]
        gap = self.text[left.end : right.start]
        return not gap.strip() and gap.count("\n") <= 1 and len(gap) <= 2

    def _note_hit(self, index: int, last: int, aliases: list[Alias]) -> int:
        org_end = self._organisation_end(index, last)
        if org_end > last:
            self._note_organisation(index, org_end)
            return org_end
        alias = self.choose(aliases)
        if alias.role == "seat" and len(aliases) > 1:
            alias = self._seat_or_capital(index, aliases)
        if self._elsewhere(alias):
            return self._note_run(index) if self.tokens[index].capital else last
        referent = self._named.get(alias.entry.name)
        if referent is None:
            referent = Referent(
                alias.entry.name,
                alias.entry.kind,
                entry=alias.entry,
                nouns=set(alias.entry.nouns),
            )
            self._named[alias.entry.name] = referent
            self.referents.append(referent)
        self._mention(index, last, referent, alias.role)
        if last < len(self.tokens) - 2 and self.tokens[last].text == "(":
            self._note_acronym(last, referent)
        return last

    def _seat_or_capital(self, index: int, aliases: list[Alias]) -> Alias:
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

    def _elsewhere(self, alias: Alias) -> bool:
        """Whether a party's short name belongs to another country than the article's."""
        entry = alias.entry
        return (
            "party" in entry.nouns
            and bool(entry.country)
            and alias.surface != entry.name
            and bool(self.home_counts)
            and entry.country not in self.home_counts
        )

    def _mention(self, first: int, last: int, referent: Referent, role: str = "name") -> None:
        self.mentions.append(Mention(first, last, referent, role))
        referent.mentions.append(first)
        self._mentions_of.setdefault(id(referent), []).append(self.mentions[-1])

    def _note_acronym(self, bracket: int, referent: Referent) -> None:
        inner, close = self.tokens[bracket + 1], self.tokens[bracket + 2]
        if close.text == ")" and len(inner.text) > 1 and inner.text.isupper():
            self.acronyms.setdefault(inner.key, referent)

    def run_end(self, index: int) -> int:
        """Return where the run of capitalised words that starts at a token ends."""
        tokens, last = self.tokens, index + 1
        while last < len(tokens) and last - index < LONGEST_NAME + 6 and self._adjacent(last - 1):
            token = tokens[last]
            if token.capital and token.key not in self.words["stop_caps"]:
                last += 1
            elif (
                token.key in self.words["particles"]
                and last + 1 < len(tokens)
                and tokens[last + 1].capital
                and self._adjacent(last)
            ):
                last += 2
            elif token.key in {"jr", "sr", "ii", "iii"}:
                last += 1
            else:
                break
        return last

    def _note_run(self, index: int) -> int:
        end = self.run_end(index)
        if self.tokens[index].key.endswith(_BASED) and end > index + 1:
            return index + 1
        # A known name later in the run ends it, unless it is part of a person's name.
        for inside in range(index + 1, end):
            hit = self.hits.get(inside)
            alias = self.choose(hit[1]) if hit else None
            if (
                hit
                and alias
                and (
                    (alias.role in {"name", "seat"} and hit[0] - inside > 1)
                    or (alias.entry.kind in {"organisation", "media"} and hit[0] == end)
                )
            ):
                end = inside
                break
        org_end = self._organisation_end(index, end)
        if org_end:
            self._note_organisation(index, org_end)
            return org_end
        first = self.name_start(index, end)
        if first < end and end - first <= LONGEST_NAME:
            self._note_person(index, first, end)
        return end

    def name_start(self, index: int, end: int) -> int:
        """Return where the personal name starts in a run, past titles; `end` if there is none."""
        title, portfolio = self.words["title"], self.words["portfolio"]
        first = index
        for position in range(index, end - 1):
            if self.tokens[position].key in title:
                first = position + 1
        after_of = index > 0 and self.tokens[index - 1].key in {"of", "for", "and"}
        if first > index or after_of:
            while first < end and self.tokens[first].key in portfolio:
                first += 1
        while first < end and first in self.hits and self.hits[first][1][0].role == "adjective":
            first += 1
        if (
            first == index
            and end - index >= 3
            and self.tokens[index].key not in self.gazetteer.genders
        ):
            # "Virologist Onika Ferreira": at a sentence's start a common noun looks like a name
            starts = self.tokens[index].start == self.sentences[self.sentence(index)]
            if starts and (
                self.tokens[index + 1].key in self.gazetteer.genders
                or self.tokens[index].key.endswith(_OCCUPATION)
            ):
                first += 1
        rest = self.tokens[first:end]
        final = rest[-1].key if rest else ""
        if end - first > 1 and (final in title - SURNAMES or final.removesuffix("s") in title):
            return end
        if all(
            token.key in title or token.key in portfolio or token.key in {"prime", "vice"}
            for token in rest
        ) and not (len(rest) == 1 and first > index and rest[0].key in {"king", "judge", "major"}):
            return end
        return first

    def _organisation_end(self, index: int, end: int) -> int:
        """Return where an organisation's name that starts at a token ends, or 0."""
        nouns = self.words["organisation"]
        tokens = self.tokens
        if tokens[index].key in self.words["title"]:
            return 0
        end = max(end, self.run_end(index))
        last = 0
        for position in range(index, end):
            if tokens[position].key in nouns and tokens[position].capital:
                last = position + 1
        if not last:
            return 0
        if last < end and end - last >= 2 and tokens[last - 1].key not in {"house"}:
            return 0 if tokens[last].key in self.words["title"] else last
        if last < end:
            last = end if end - last == 1 and tokens[last].key not in self.words["title"] else last
        # "Ministry of Foreign Affairs and Trade", "University of Qom", "Movement for Change"
        while (
            last + 1 < len(tokens)
            and tokens[last].key in {"of", "for", "on", "against", "and"}
            and tokens[last].key != ("and" if tokens[last - 1].key in nouns else "")
        ):
            start = last + 1
            if tokens[start].key == "the" and start + 1 < len(tokens):
                start += 1
            if not tokens[start].capital or tokens[start].key in self.words["stop_caps"]:
                break
            last = self.run_end(start)
        if last - index == 1 and index not in self.acronyms:
            return 0
        return last

    def _note_organisation(self, index: int, end: int) -> None:
        name = self.surface(index, end)
        key = " ".join(token.key for token in self.tokens[index:end])
        referent = self._named.get(key)
        if referent is None:
            hit = self.hits.get(index)
            nouns = {
                token.key
                for token in self.tokens[index:end]
                if token.key in self.words["organisation"]
            }
            base = self.choose(hit[1]).entry if hit and hit[0] < end else None
            referent = Referent(name, "organisation", nouns=nouns, base=base)
            self._named[key] = referent
            self.referents.append(referent)
        referent.titles.append((index, end))
        self._mention(index, end, referent)
        if end < len(self.tokens) - 2 and self.tokens[end].text == "(":
            self._note_acronym(end, referent)

    def _note_person(self, index: int, first: int, end: int) -> None:
        tokens = self.tokens[first:end]
        if len(tokens) == 1 and tokens[0].text.isupper() and len(tokens[0].text) > 1:
            self._note_short(first, end)
            return
        noun = self._apposed_noun(first, end)
        if (
            first == index
            and noun
            and len(tokens) > 1
            and tokens[0].key not in self.gazetteer.genders
        ):
            self._note_named_by_noun(first, end, noun)
            return
        before = self.tokens[index - 1].key if index and self._adjacent(index - 1) else ""
        if first == index and before in self.words["nominal_organisation"]:
            self._note_named_by_noun(first, end, before)
            return
        if len(tokens) > 1 and tokens[-1].key in self.words["not_person"]:
            return
        titled = first > index or (index > 0 and self.tokens[index - 1].key in self.words["title"])
        referent = self._person(tokens, titled=titled, gender=self._form_of_address(index, first))
        if referent is None:
            return
        referent.sure = referent.sure or titled
        self._note_description_before(index, referent)
        start = self._title_start(index)
        for position in range(start, first if first > index else index):
            key = self.tokens[position].key
            if key in self.words["title"]:
                referent.roles.add(key)
                referent.offices.add(office(self.tokens, position, first))
        if (
            end + 2 < len(self.tokens)
            and self.tokens[end].text == ","
            and self.tokens[end + 1].key not in {"who", "whose", "which", "and", "said"}
        ):
            for position in range(end + 1, min(end + 8, len(self.tokens))):
                if self.tokens[position].text in {",", "."}:
                    break
                key = self.tokens[position].key
                if key in self.words["title"] and key not in _FORMS_OF_ADDRESS:
                    referent.offices.add(office(self.tokens, position, position + 4))
                    referent.roles.add(self.tokens[position].key)
        if not referent.gender:
            if referent.roles & self.words["male"]:
                referent.gender = "m"
            elif referent.roles & self.words["female"]:
                referent.gender = "f"
        self._mention(first, end, referent)

    def _apposed_noun(self, first: int, end: int) -> str:
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

    def _note_description_before(self, index: int, referent: Referent) -> None:
        """Note "Norway's energy minister," before a name, and "her Peruvian counterpart,"."""
        tokens, title = self.tokens, self.words["title"]
        if index < 2 or tokens[index - 1].text != ",":
            return
        links = {"of", "for", "at", "in", "to"}
        head = index - 2
        while head > 0 and index - head < 9 and tokens[head].key not in title:
            if tokens[head].text in _STOPS:
                return
            head -= 1
        if tokens[head].key not in title or (
            head < index - 2 and tokens[head + 1].key not in links
        ):
            return
        start = head
        while start > 0 and head - start < 6 and tokens[start - 1].text not in _STOPS:
            if tokens[start - 1].key in _VERBS or self.sentence(start - 1) != self.sentence(index):
                break
            start -= 1
        referent.sure = True
        referent.roles.add(tokens[head].key)
        referent.offices.add(office(tokens, head, index - 1))
        referent.titles.append((start, index - 1))

    def _title_start(self, index: int) -> int:
        """Return where the lower-case title before a run starts ("deputy interior minister")."""
        start = index
        while start > 0 and index - start < 8 and self._adjacent(start - 1):
            key = self.tokens[start - 1].key
            known = key in self.words["title"] or key in self.words["portfolio"] - {"and"}
            linked = key in {"of", "for", "and", "'s"} and start < index
            if key == "and" and self.tokens[start].key in self.words["title"]:
                break
            if not known and not linked:
                break
            start -= 1
        return start

    def _note_named_by_noun(self, first: int, end: int, noun: str) -> None:
        """Note "the newspaper Kompas", "rebel group JEM": the noun says what the name is."""
        key = " ".join(token.key for token in self.tokens[first:end])
        kind = "media" if noun in _MEDIA else "organisation"
        referent = self._named.get(key)
        if referent is None:
            referent = Referent(self.surface(first, end), kind, nouns={noun})
            self._named[key] = referent
            self.referents.append(referent)
        self._mention(first, end, referent)

    def _note_short(self, first: int, end: int) -> None:
        token = self.tokens[first]
        known = self._people.get(token.key)
        referent = known[-1] if known else self.acronyms.get(token.key)
        if referent is None:
            referent = self._named.setdefault(token.key, Referent(token.text, "organisation"))
            if not referent.mentions:
                self.referents.append(referent)
        self._mention(first, end, referent)

    def _form_of_address(self, index: int, first: int) -> str:
        """Return the gender that "Mr", "Ms" or the like before a name shows, or ""."""
        for token in self.tokens[index:first]:
            if token.key in _FORMS_OF_ADDRESS and token.key in self.words["male"]:
                return "m"
            if token.key in _FORMS_OF_ADDRESS and token.key in self.words["female"]:
                return "f"
        return ""

    def _person(self, tokens: list[Token], *, titled: bool, gender: str = "") -> Referent | None:
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
            known_name = self._named.get(keys[0])
            if known_name:
                return known_name
            if not titled and not self._famous(keys[0]):
                return None
        else:
            for candidate in self._people.get(keys[-1], ()):
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
        self.referents.append(referent)
        return referent

    def _famous(self, key: str) -> bool:
        """Whether a bare surname is an office-holder's in the year of the article."""
        found = self.gazetteer.bearers(key, self.year, self.home_counts)
        return len({item.name for item in found}) == 1

    def _index_person(self, referent: Referent, keys: list[str]) -> None:
        for key in keys:
            if len(key) > 1 and key not in self.words["particles"]:
                bucket = self._people.setdefault(key, [])
                if referent not in bucket:
                    bucket.append(referent)


_MEDIA = frozenset({"newspaper", "paper", "magazine", "broadcaster", "network", "station", "daily"})


_STOPS = frozenset({",", ".", ";", ":", "(", ")", '"', "“", "”", "!", "?"})
_VERBS = frozenset(
    "said says told is was are were has have had asked called accused warned met and but that by "
    "with to from in on for as".split()
)
_FORMS_OF_ADDRESS = frozenset({"mr", "ms", "mrs", "miss", "dr", "sir", "lord", "lady"})


def fold_parts(name: str) -> list[str]:
    """Return the folded parts of a name."""
    return [token.key for token in tokenize(name)]


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
