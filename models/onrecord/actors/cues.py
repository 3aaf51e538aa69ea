"""What the words around a mention show: its part in the sentence, quotation marks, the title."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onrecord.actors.antecedent import Candidate

if TYPE_CHECKING:
    from onrecord.actors.phrase import Phrase
    from onrecord.actors.reading import Reading

_PREPOSITIONS = frozenset(
    "of to with by from for in on at against about over between and or than as after".split()  # noqa: SIM905
)
_CONTINUES = frozenset("added also continued further later then went".split())  # noqa: SIM905
_SAYING = frozenset("said says told asked added stated announced".split())  # noqa: SIM905
FAR = 6  # sentences beyond which distance no longer tells


def place_in_sentence(reading: Reading, first: int, last: int) -> str:
    """Return the likely part of a mention: owner, subject, object after a preposition, or other."""
    tokens = reading.document.tokens
    after = tokens[last].key if last < len(tokens) else ""
    if after == "'s":
        return "owner"
    before = tokens[first - 1].key if first else ""
    if before == "the" and first > 1:
        before = tokens[first - 2].key
    if before in _PREPOSITIONS:
        return "object"
    if before in _SAYING:
        return "subject"
    if after[:1].isalpha() and tokens[last].text.islower() and after not in _PREPOSITIONS:
        return "subject"
    return "other"


def of_candidate(reading: Reading, candidate: Candidate, phrase: Phrase, rank: int) -> list[str]:
    """Return the marks of something that a phrase may point back to.

    Args:
        reading: The article.
        candidate: What it may point back to.
        phrase: The phrase to resolve.
        rank: Place among the candidates that fit, nearest quoted first.
    """
    document = reading.document
    distance = min(FAR, max(0, document.sentence(phrase.first) - candidate.sentence))
    past = candidate.past
    latest = reading.pasts[-1] if reading.pasts else None
    marks = [f"d{distance}", f"rank{min(rank, 5)}", f"kind-{candidate.kind}"]
    marks.append(f"count{min(candidate.count, 4)}")
    marks.append(f"tokens{min(9, (phrase.first - candidate.index) // 12)}")
    if past is not None:
        since = min(FAR, max(0, document.sentence(phrase.first) - past.sentence))
        marks += ["quoted", f"quoted-d{since}"]
        if past is latest:
            marks.append(f"latest-{_next(reading, phrase)}")
            marks.append(f"latest-d{since}")
        if past.plural:
            marks.append("past-plural")
    else:
        marks.append(f"unquoted-d{distance}")
    referent = candidate.referent
    if referent is None:
        marks.append("described")
    else:
        marks += _of_mention(reading, candidate, phrase, distance)
        marks.append("sure" if referent.sure else "doubtful")
        if referent.roles:
            marks.append("titled")
    lines = document.text.count("\n", *_between(reading, candidate.index, phrase.first))
    marks.append(f"lines{min(lines, 4)}")
    return marks


def _of_mention(reading: Reading, candidate: Candidate, phrase: Phrase, distance: int) -> list[str]:
    document = reading.document
    mentions = document.mentions_of(candidate.referent) if candidate.referent else []
    near = [item for item in mentions if item.first < phrase.first][-1:]
    if not near:
        return []
    item = near[0]
    part = place_in_sentence(reading, item.first, item.last)
    opens = "opens" if candidate.subject and candidate.past is None else "inside"
    marks = [f"part-{part}", f"part-{part}-d{distance}", opens, f"{opens}-d{distance}"]
    if document.quoted(item.first) and not document.quoted(phrase.first):
        marks.append("in-quotes")
    if document.tokens[mentions[0].first].start < document.shift:
        marks.append("in-title")
        if mentions[0] is document.mentions[0]:
            marks.append("first-of-title")
    elif mentions[0] is document.mentions[0]:
        marks.append("first-of-text")
    return marks


def _next(reading: Reading, phrase: Phrase) -> str:
    tokens = reading.document.tokens
    after = {token.key for token in tokens[phrase.last : phrase.last + 2]}
    return "continues" if after & _CONTINUES else "plain"


def _between(reading: Reading, first: int, last: int) -> tuple[int, int]:
    tokens = reading.document.tokens
    return tokens[first].start, tokens[min(last, len(tokens) - 1)].start


def of_phrase(reading: Reading, phrase: Phrase) -> str:
    """Return where a phrase stands: at the start of its sentence, inside it, inside quotes."""
    document = reading.document
    start = document.sentences[document.sentence(phrase.first)]
    if document.quoted(phrase.first):
        return "quote"
    return "start" if document.tokens[phrase.first].start - start < 3 else "mid"  # noqa: PLR2004
