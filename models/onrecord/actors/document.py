"""What one article names: people, organisations and states, with every mention of each."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import replace
from functools import cached_property
from itertools import groupby

from onrecord.actors.acronyms import initials, introduced, is_short, spelled_out_after
from onrecord.actors.ages import stated_age
from onrecord.actors.cities import PLACING, Cities
from onrecord.actors.gazetteer import Alias, Entry, Gazetteer
from onrecord.actors.lexicon import LONGEST_NAME, Lexicon
from onrecord.actors.mentions import Mention, Referent
from onrecord.actors.offices import office
from onrecord.actors.people import FORMS_OF_ADDRESS, SPEECH, VERBS, People
from onrecord.actors.text import Token, mend
from onrecord.types import Article

_YEAR = re.compile(r"\b((?:19|20)\d\d)(?:-(0[1-9]|1[0-2])\b)?")
_BASED = ("-based", "-led", "-backed", "-run", "-owned", "-controlled", "-born")
_INFLECTED = ("s", "ed")  # ends of the verb after a name in a headline
LONGEST_HEADLINE_NAME = 3
_NO_NAMES = frozenset({"parliament", "congress", "senate", "house", "military", "police", "army"})
_MEDIA = frozenset({"newspaper", "paper", "magazine", "broadcaster", "network", "station", "daily"})


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
        self.words = gazetteer.words
        date = _YEAR.search(article.date or "")
        self.year = int(date[1]) + (int(date[2] or 7) - 1) / 12 if date else None
        self.lexicon = Lexicon(self.text, gazetteer)
        self.tokens = self.lexicon.tokens
        self.sentences = self.lexicon.sentences
        self.hits = self.lexicon.hits
        self.covered = self.lexicon.covered
        self.home_counts = self.lexicon.home_counts
        self.people = People(self.lexicon, self.year)
        self.cities = Cities(self.lexicon)
        self.mentions: list[Mention] = []
        self.acronyms: dict[str, Referent] = {}
        self._initials: dict[str, list[Referent]] = {}  # one body each, or two that share them
        self._offsets = [token.start for token in self.tokens]
        self._mentions_of: dict[int, list[Mention]] = {}
        self._quotes = _quoted(self.tokens, self.text)
        self._titled: dict[int, int] = {}
        self._scan()
        self._firsts = [mention.first for mention in self.mentions]

    def tokens_of(self, start: int, end: int) -> tuple[int, int]:
        """Return the token range of a span of the article's text (not of the title)."""
        start, end = start + self.shift, end + self.shift
        first = bisect_right(self._offsets, start) - 1
        if first < 0 or self.tokens[first].end <= start:
            first += 1
        return first, max(first, bisect_left(self._offsets, end))

    def sentence(self, index: int) -> int:
        """Return the number of the sentence that holds a token."""
        return self.lexicon.sentence(index)

    def quoted(self, index: int) -> bool:
        """Whether a token stands between quotation marks."""
        return self._quotes[index] if index < len(self._quotes) else False

    def choose(self, aliases: list[Alias]) -> Alias:
        """Choose among entries that share a name, by the states of the article."""
        return self.lexicon.choose(aliases)

    def run_end(self, index: int) -> int:
        """Return where the run of capitalised words that starts at a token ends."""
        return self.lexicon.run_end(index)

    def surface(self, first: int, last: int) -> str:
        """Return the text of a token range, white space collapsed."""
        if last <= first:
            return ""
        return " ".join(
            mend(self.text[self.tokens[first].start : self.tokens[last - 1].end]).split()
        )

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

    def acronym(self, index: int) -> bool:
        """Whether capitals show a word to be a name ("WHO", "US") that is else a pronoun."""
        token = self.tokens[index]
        if not is_short(token):
            return False
        if token.text == "US":
            return True  # even in capitals throughout: "us" speaks nowhere
        known = index in self.hits or token.key in self.acronyms
        return known and not self.lexicon.shouted(index)

    def people_named(self, key: str) -> list[Referent]:
        """Return the people of the article that have a name part, in order of first mention."""
        return self.people.by_part(key)

    def _scan(self) -> None:
        """Note all names; a title in Capitals Throughout is read last, in the light of the text."""
        body = next(
            (index for index, token in enumerate(self.tokens) if token.start >= self.shift),
            len(self.tokens),
        )
        words = [token for token in self.tokens[:body] if token.text[0].isalpha()]
        upper = sum(token.text[0].isupper() for token in words)
        headline = upper * 10 > len(words) * 6
        if not headline:
            self._scan_range(0, body)
        lines = self._lines(body)
        for first, last, capitals in lines:
            if capitals:
                self._scan_titles(first, last)
        for first, last, capitals in lines:
            if not capitals:
                self._scan_range(first, last)
        for first, last, capitals in lines:
            if capitals:
                self._scan_headline(last, first)
        if headline:
            self._scan_headline(body)
        self._spell_out()
        self.mentions.sort(key=lambda mention: mention.first)
        for mentions in self._mentions_of.values():
            mentions.sort(key=lambda mention: mention.first)

    def _spell_out(self) -> None:
        """Give acronyms that stand before the name they stand for that name's referent.

        "The NFA said ... The Norvanian Fisheries Agency (NFA) ..." speaks of one body.
        """
        moved: dict[int, Referent] = {}
        for key, short in self.people.named.items():
            if short.entry or short.kind != "organisation" or not short.name.isupper():
                continue
            full = self.acronyms.get(key) or self._by_initials(key)
            if full and full is not short and full.kind in {"organisation", "media"}:
                moved[id(short)] = full
                full.nouns |= short.nouns
        if not moved:
            return
        for number, mention in enumerate(self.mentions):
            body = moved.get(id(mention.referent))
            if body:
                self.mentions[number] = replace(mention, referent=body)
                body.mentions.append(mention.first)
                self._mentions_of[id(body)].append(self.mentions[number])
        for body in moved.values():
            body.mentions.sort()

    def _scan_range(self, index: int, end: int) -> None:
        tokens = self.tokens
        while index < end:
            hit = self.hits.get(index)
            joined = self._joined_end(index)
            if joined:
                self._note_organisation(index, joined)
                index = joined
            elif hit and not self._starts_person(index, hit):
                index = self._note_hit(index, *hit)
            elif (
                tokens[index].capital
                and (tokens[index].key not in self.words["stop_caps"] or self.acronym(index))
                and (
                    tokens[index].key not in self.words["soft_caps"]
                    or self.run_end(index) > index + 1
                )
            ):
                index = self._note_run(index)
            else:
                index += 1

    def _lines(self, start: int) -> list[tuple[int, int, bool]]:
        """Return the stretches of the text: first, one past the last, whether in capitals."""
        groups = groupby(range(start, len(self.tokens)), self.lexicon.headline.__getitem__)
        stretches = [(list(indices), capitals) for capitals, indices in groups]
        return [(indices[0], indices[-1] + 1, capitals) for indices, capitals in stretches]

    def _scan_titles(self, first: int, last: int) -> None:
        """Note "PREMIER ANE VIK" and "ANE VIK SAID" in capitals before the rest of the text.

        The rest may give the surname only.
        """
        index, title = first, self.words["title"]
        while index < last:
            end = index
            titled = index > first and self.tokens[index - 1].key in title
            if titled and self.tokens[index].key not in title:
                end = self._capitals_end(index, last)
            if end == index:
                end = self._speaker_end(index, last)
            if end > index:
                self._note_person(index, index, end)
                found = [item for item in self.mentions[-1:] if item.first == index]
                for mention in found:
                    if mention.referent.name.isupper():
                        mention.referent.name = mention.referent.name.title()
                    self._titled[index] = end
            index = max(end, index + 1)

    def _capitals_end(self, index: int, last: int) -> int:
        """Return where a name after a title in capitals ends; `index` if there is none.

        It ends before a verb or a function word. Where neither follows, it counts only if the
        text has its last word elsewhere.
        """
        end = self._words_end(index, last)
        if end == index:
            return index
        end = min(end, index + 2)
        closed = end < last and self._ends_name(end, last)
        again = self._counts[self.tokens[end - 1].key] > 1
        return end if again or (closed and end - index > 1) else index

    def _speaker_end(self, index: int, last: int) -> int:
        """Return where the name of an untitled speaker ends ("ANE VIK SAID"), or `index`.

        Besides what follows, a given name shows the person, or the surname alone in that place.
        """
        end = self._words_end(index, last)
        if end - index < 2 or not self._speaks(end):  # noqa: PLR2004
            return index
        opens = (
            index == 0
            or self.tokens[index].start in self._opens
            or self._ends_name(index - 1, last)
        )
        given = self.tokens[index].key in self.gazetteer.genders
        key = self.tokens[end - 1].key
        surname = opens and key in self._speakers and not key.endswith("s")  # no plural
        return end if given or surname else index

    def _words_end(self, index: int, last: int) -> int:
        """Return where the words in capitals that may be one name end."""
        end = index
        while end < min(index + LONGEST_HEADLINE_NAME, last) and not self._ends_name(end, last):
            end += 1
        return end

    # What follows serves texts in capitals alone, so it is gathered when one asks for it.

    @cached_property
    def _counts(self) -> Counter[str]:
        return Counter(token.key for token in self.tokens)

    @cached_property
    def _small(self) -> set[str]:
        return {token.key for token in self.tokens if token.text.islower()}

    @cached_property
    def _opens(self) -> set[int]:
        return set(self.sentences)

    @cached_property
    def _speakers(self) -> set[str]:
        """Who is said to speak at a sentence's start ("RUUD SAID")."""
        return {
            token.key
            for index, token in enumerate(self.tokens)
            if token.start in self._opens and self._speaks(index + 1)
        }

    def _speaks(self, index: int) -> bool:
        """Whether a name may end before a token as a speaker's does: a verb of speech, a comma."""
        token = self.tokens[index] if index < len(self.tokens) else None
        return token is not None and (token.key in SPEECH or token.text == ",")

    def _ends_name(self, index: int, last: int) -> bool:
        """Whether a word in capitals is no part of a name: a mark, a listed word, a verb."""
        token = self.tokens[index]
        if not token.text[0].isalpha() or token.key in self.words["stop_caps"] | VERBS:
            return True
        if index in self.covered or token.key in self._small:
            return True
        follows = index + 1 < last and (
            self.tokens[index + 1].key.endswith(_INFLECTED) or self.tokens[index + 1].key in VERBS
        )
        return (
            token.key.endswith(_INFLECTED)
            and token.key not in self.gazetteer.genders
            and not follows  # "HANS JONES SAYS NO"
        )

    def _joined_end(self, index: int) -> int:
        """Return where the name of one body ends that two names make up, or 0.

        "Vale & Lund" is one firm unless both names are known by themselves ("Oxfam & UNICEF");
        "the Bread and Roses Party" is one if "Bread" is no name that is known.
        """
        tokens = self.tokens
        if not tokens[index].capital or tokens[index].key in self.words["stop_caps"]:
            return 0
        middle = self.run_end(index)
        if middle + 1 >= len(tokens) or not tokens[middle + 1].capital:
            return 0
        last = self.run_end(middle + 1)
        keys = {token.key for token in tokens[index:last]}
        if keys & self.words["title"]:
            return 0
        if tokens[middle].text == "&":
            sides = {tokens[middle - 1].key, tokens[last - 1].key}
            known = self._known(index, middle) and self._known(middle + 1, last)
            return 0 if known and len(sides) > 1 else last
        nouns = self.words["organisation"] | self.words["portfolio"]
        whole = (
            tokens[middle].text == "and"
            and middle == index + 1
            and index > 0
            and tokens[index - 1].key == "the"
            and tokens[index].key not in nouns | self.gazetteer.genders.keys()
            and last - middle > 2  # noqa: PLR2004
            and tokens[last - 1].key in self.words["organisation"]
        )
        listed = {index, middle + 1} & self.covered.keys()
        return last if whole and not listed and not self._known(index, middle) else 0

    def _known(self, first: int, last: int) -> bool:
        """Whether a name stands for itself: a listed one, or one of a person of the article."""
        if self.hits.get(first, (0, []))[0] == last:
            return True
        given = last - first > 1 and self.tokens[first].key in self.gazetteer.genders
        people = self.people.by_part(self.tokens[last - 1].key)
        return given or any(" " in person.name for person in people)

    def _scan_headline(self, end: int, index: int = 0) -> None:
        """Note, in a headline whose words are all capitalised, only names known elsewhere."""
        while index < end:
            if index in self._titled:
                index = self._titled[index]
                continue
            hit = self.hits.get(index)
            if hit:
                index = self._note_hit(index, *hit)
                continue
            known = self.people.by_part(self.tokens[index].key)
            if known and self.tokens[index].capital:
                last = index + 1
                while last < end and known[-1] in self.people.by_part(self.tokens[last].key):
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
            and self.people.famous(tokens[index].key)
        ):
            self._note_person(index, index, index + 1)
            return index + 1
        if (
            index > 0
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
            and self.lexicon.adjacent(index)
        )

    def _note_hit(self, index: int, last: int, aliases: list[Alias]) -> int:
        org_end = self._organisation_end(index, last)
        if org_end > last:
            self._note_organisation(index, org_end)
            return org_end
        person = self._namesake(index, last)
        if person:
            self._mention(index, last, person)
            return last
        alias = self.choose(aliases)
        if any(item.role == "capital" for item in aliases) and self.cities.meant(index, last):
            self._mention(index, last, self._city(index, last, alias))
            return last
        if alias.role == "seat" and len(aliases) > 1:
            alias = self.lexicon.seat_or_capital(index, aliases)
        if self.lexicon.elsewhere(alias):
            return self._note_run(index) if self.tokens[index].capital else last
        referent = self.people.named.get(alias.entry.name)
        if referent is None:
            referent = Referent(
                alias.entry.name,
                alias.entry.kind,
                entry=alias.entry,
                nouns=set(alias.entry.nouns),
            )
            self.people.named[alias.entry.name] = referent
        self._mention(index, last, referent, alias.role)
        if referent.kind != "person":
            self._note_acronym(last, referent)
        return last

    def _namesake(self, index: int, last: int) -> Referent | None:
        """Return the person of the article whose surname a place name is here, or None."""
        before = self.tokens[index - 1].key if index else ""
        if last - index > 1 or before in PLACING or not self.tokens[index].capital:
            return None
        return self.people.surnamed(self.tokens[index].key)

    def _city(self, index: int, last: int, alias: Alias) -> Referent:
        """Return the referent of a capital that is meant as a city, not as its state."""
        name = self.surface(index, last)
        entry = Entry(name, "region", None, name, frozenset({"city"}), country=alias.entry.home)
        return self.people.named.setdefault(f"city {name}", Referent(name, "region", entry=entry))

    def _mention(self, first: int, last: int, referent: Referent, role: str = "name") -> None:
        self.mentions.append(Mention(first, last, referent, role))
        referent.mentions.append(first)
        if referent.kind == "person":
            age = stated_age(self.tokens, self.people.title_start(first), first, last)
            if age is not None:
                referent.ages.add(age)
        self._mentions_of.setdefault(id(referent), []).append(self.mentions[-1])
        if referent.kind in {"organisation", "media"} and last - first > 1:
            for key in initials(self.tokens[first:last]):
                known = self._initials.setdefault(key, [])
                if len(known) < 2 and all(item is not referent for item in known):  # noqa: PLR2004
                    known.append(referent)

    def _note_acronym(self, end: int, referent: Referent) -> None:
        short = introduced(self.tokens, end)
        if short:
            self.acronyms.setdefault(short.key, referent)

    def _by_initials(self, key: str) -> Referent | None:
        """Return the one body named before whose initials are a word's letters, or None."""
        found = self._initials.get(key, [])
        return found[0] if len(found) == 1 else None

    def _note_run(self, index: int) -> int:
        known = self.people.by_part(self.tokens[index].key)
        if known and self.tokens[index].text.isupper():  # "SAROV LEFT": capitals throughout
            self._mention(index, index + 1, known[-1])
            return index + 1
        end = self.run_end(index)
        if self.tokens[index].key.endswith(_BASED) and end > index + 1:
            return index + 1
        if self.people.only_describes(index, end):
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
                    or (
                        alias.entry.kind in {"organisation", "media"}
                        and hit[0] == end
                        and self.tokens[inside - 1].key not in self.gazetteer.genders
                    )
                )
            ):
                end = inside
                break
        org_end = self._organisation_end(index, end)
        if org_end:
            self._note_organisation(index, org_end)
            return org_end
        first = self.people.name_start(index, end)
        if first < end and end - first <= LONGEST_NAME:
            self._note_person(index, first, end)
        return end

    def _organisation_end(self, index: int, end: int) -> int:  # noqa: C901
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
        if last < end and end - last >= 2 and tokens[last - 1].key != "house":  # noqa: PLR2004
            return 0 if tokens[last].key in self.words["title"] else last
        if last < end:
            last = end if end - last == 1 and tokens[last].key not in self.words["title"] else last
        # "Ministry of Foreign Affairs and Trade", "University of Qom", "Movement for Change"
        while (
            last + 1 < len(tokens)
            and tokens[last].key in {"of", "for", "on", "against", "and", "&"}
            and tokens[last].key != ("and" if tokens[last - 1].key in nouns else "")
        ):
            start = last + 1
            if tokens[start].key == "the" and start + 1 < len(tokens):
                start += 1
            if not tokens[start].capital or tokens[start].key in self.words["stop_caps"]:
                break
            last = self._before_title(start, self.run_end(start))
            named = self.people.after_place(start, last) if self.people.titled_of(index) else start
            last = named if named > start else last
        if last - index == 1:
            return 0
        return last

    def _before_title(self, start: int, end: int) -> int:
        """Return where a run ends before a title and a name ("Representatives Speaker Ann Wu")."""
        for position in range(start + 1, end - 1):
            if (
                self.tokens[position].key in self.words["title"]
                and self.tokens[position + 1].key in self.gazetteer.genders
            ):
                return position
        return end

    def _note_organisation(self, index: int, end: int) -> None:
        name = self.surface(index, end)
        key = " ".join(token.key for token in self.tokens[index:end])
        referent = self.people.named.get(key)
        if referent is None:
            hit = self.hits.get(index)
            nouns = {
                token.key
                for token in self.tokens[index:end]
                if token.key in self.words["organisation"]
            }
            base = self.choose(hit[1]).entry if hit and hit[0] < end else None
            referent = Referent(name, "organisation", nouns=nouns, base=base)
            short = spelled_out_after(self.tokens, index, end)
            known = self.people.named.get(short.key) if short else None
            if known and known.kind == "organisation" and known.entry is None:
                known.name, known.base = name, base
                known.nouns |= nouns
                referent = known
            self.people.named[key] = referent
        referent.titles.append((index, end))
        self._mention(index, end, referent)
        self._note_acronym(end, referent)

    def _note_person(self, index: int, first: int, end: int) -> None:  # noqa: C901, PLR0912
        tokens = self.tokens[first:end]
        if len(tokens) == 1 and is_short(tokens[0]) and not self.lexicon.headline[first]:
            self._note_short(first, end)
            return
        noun = self.people.apposed_noun(first, end)
        if (
            first == index
            and noun
            and len(tokens) > 1
            and tokens[0].key not in self.gazetteer.genders
        ):
            self._note_named_by_noun(first, end, noun)
            return
        before = self.tokens[index - 1].key if index and self.lexicon.adjacent(index - 1) else ""
        given = len(tokens) > 1 and tokens[0].key in self.gazetteer.genders
        if (
            first == index
            and index - 1 not in self.covered
            and before in self.words["nominal_organisation"] - _NO_NAMES
            and not (given and tokens[-1].key not in self.words["organisation"])
        ):
            self._note_named_by_noun(first, end, before)
            return
        known = tokens[0].key in self.gazetteer.genders and first > index
        if len(tokens) > 1 and tokens[-1].key in self.words["not_person"] and not known:
            return
        titled = first > index or (index > 0 and self.tokens[index - 1].key in self.words["title"])
        referent = self.people.resolve(
            tokens, titled=titled, gender=self.people.form_of_address(index, first)
        )
        if referent is None:
            return
        if given and referent.name.isupper():  # "ANE VIK: ..." before her words
            referent.name = referent.name.title()
        referent.sure = referent.sure or titled
        self.people.note_description_before(index, referent)
        # "Minister of Finance Rosa Pinto": the field is part of the run, the title stands before it
        start = min(self.people.title_start(index), self.people.title_start(first))
        for position in range(start, max(index, first)):
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
                if key in self.words["title"] and key not in FORMS_OF_ADDRESS:
                    referent.offices.add(office(self.tokens, position, position + 4))
                    referent.roles.add(self.tokens[position].key)
        if not referent.gender:
            if referent.roles & self.words["male"]:
                referent.gender = "m"
            elif referent.roles & self.words["female"]:
                referent.gender = "f"
        self._mention(first, end, referent)

    def _note_named_by_noun(self, first: int, end: int, noun: str) -> None:
        """Note "the newspaper Kompas", "rebel group JEM": the noun says what the name is."""
        key = " ".join(token.key for token in self.tokens[first:end])
        kind = "media" if noun in _MEDIA else "organisation"
        referent = self.people.named.get(key)
        if referent is None:
            referent = Referent(self.surface(first, end), kind, nouns={noun})
            self.people.named[key] = referent
        self._mention(first, end, referent)

    def _note_short(self, first: int, end: int) -> None:
        token = self.tokens[first]
        known = self.people.by_part(token.key)
        referent = known[-1] if known else self.acronyms.get(token.key)
        referent = referent or self._by_initials(token.key)
        if referent is None:
            referent = self.people.named.setdefault(token.key, Referent(token.text, "organisation"))
        self._mention(first, end, referent)


def _quoted(tokens: list[Token], text: str) -> list[bool]:
    """Return for each token whether it stands between quotation marks of its paragraph."""
    out: list[bool] = []
    inside, end = False, 0
    for token in tokens:
        if "\n" in text[end : token.start]:
            inside = False
        end = token.end
        if token.text in {"“", "”", '"'}:
            inside = token.text == "“" or (token.text == '"' and not inside)
        out.append(inside)
    return out
