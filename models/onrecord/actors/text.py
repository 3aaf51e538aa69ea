"""Words, sentences and the folding of names, in one linear pass over a text."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

_ABBREVIATIONS = (
    "Mr|Mrs|Ms|Dr|Gen|Lt|Col|Sen|Rep|Gov|St|Jr|Sr|Maj|Capt|Sgt|Prof|Rev|Hon|Adm|Cmdr|Brig|No"
)
_LOWER = r"[^\W\d_A-ZÀ-ÖØ-Þ]"
_BREAK = rf"(?:(?<={_LOWER})-[ \t]*\r?\n[ \t]*(?={_LOWER})|\xad(?:[ \t]*\r?\n[ \t]*)?)"
_BROKEN = re.compile(_BREAK)
# Letters that no accent tells from the plain one, as those write them who lack the key.
_LETTERS = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "ı": "i"}
    | {"æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "þ": "th", "Þ": "Th", "ħ": "h", "Ħ": "H"}
)
_TOKEN = re.compile(
    rf"(?:{_ABBREVIATIONS})\."
    r"|(?:[^\W\d_]\.){2,}"
    r"|[A-Z]\.(?=\s[A-Z])"
    r"|[’'][sS]\b"
    rf"|[\w\u0300-\u036f]+(?:(?:[’'](?![sS]\b)|[&-]|\.(?=\w)|{_BREAK})[\w\u0300-\u036f]+)*"
    r"|[^\s\xad]"
)
_SENTENCE_END = re.compile(r"[.!?][\"'”’)\]]*\s+(?=[\"'“‘(\[]*[^\W\d_a-z])|\n\s*\n")
_SHORT = re.compile(rf"(?:\b(?:{_ABBREVIATIONS})|\b[A-Z])\.$")
# Passage files and OCR glue the Arabic article to the name before it ("Basharal-Assad").
_GLUED = re.compile(r"(?<=[a-z])(?=al-[A-Z])")


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a mark of punctuation, with code-point offsets and its folded form."""

    start: int
    end: int
    text: str
    key: str

    @property
    def capital(self) -> bool:
        """Whether the word starts like a name (upper case, or "al-Assad")."""
        text = self.text
        return text[0].isupper() or (text[:3] in {"al-", "el-"} and text[3:4].isupper())


@lru_cache(maxsize=20_000)
def fold(text: str) -> str:
    """Return the key under which spellings of one name meet.

    Case, diacritics, full stops, hyphen variants and curly apostrophes do not count.
    """
    if text.isascii():
        return text.lower().replace(".", "")
    text = text.replace("’", "'").replace("‘", "'").replace("‑", "-").replace("–", "-")
    decomposed = unicodedata.normalize("NFKD", mend(text).translate(_LETTERS))
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return plain.casefold().replace(".", "")


def tokenize(text: str) -> list[Token]:
    """Return the tokens of a text, in order; white space is left out."""
    return [
        Token(match.start(), match.end(), word, fold(word))
        for match in _TOKEN.finditer(text)
        for word in [mend(match.group())]
    ]


def mend(text: str) -> str:
    """Return a text without the hyphens of words that are broken ("Euro-", new line, "pean")."""
    return _BROKEN.sub("", text) if "\n" in text or "\xad" in text else text


def sentence_starts(text: str) -> list[int]:
    """Return the offsets at which sentences begin, the first of them 0."""
    starts = [0]
    for match in _SENTENCE_END.finditer(text):
        if _SHORT.search(text[max(0, match.start() - 5) : match.start() + 1]):
            continue
        starts.append(match.end())
    return starts


def sentence_of(starts: list[int], offset: int) -> int:
    """Return the number of the sentence that holds an offset."""
    return bisect_right(starts, offset) - 1


def unglue(name: str) -> str:
    """Return a name with a glued Arabic article set apart again."""
    return _GLUED.sub(" ", name)
