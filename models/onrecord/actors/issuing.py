"""Whether a body may stand behind a document that is only called "the report"."""

from __future__ import annotations

from onrecord.actors.antecedent import Candidate
from onrecord.actors.document import Document
from onrecord.actors.mentions import Mention
from onrecord.actors.phrase import Phrase

_ISSUED_WITHIN = 4  # sentences
_BESIDE = 3  # tokens: "Oxfam's annual report"
_ISSUING = frozenset(
    "published publishes released releases issued issues wrote writes conducted commissioned "  # noqa: SIM905
    "filed drafted sent signed presented produced made unveiled posted launched passed adopted "
    "carried signs in".split()
)


def issued(document: Document, candidate: Candidate, phrase: Phrase) -> bool:
    """Whether a body may have issued the document that a bare "the report" means.

    A source that has spoken may; a medium, which reports what others publish, and a body that is
    only named must be said to have issued it ("Oxfam published a report", "the Oxfam report").
    """
    if phrase.determiner in {"its", "their", "his", "her"}:
        return True
    if candidate.past is not None and candidate.kind != "media":
        return True
    if candidate.referent is None:
        return False
    mentions = [
        item
        for item in document.mentions_of(candidate.referent)[-60:]
        if item.first < phrase.first
        and document.sentence(phrase.first) - document.sentence(item.first) <= _ISSUED_WITHIN
    ]
    return any(_issues(document, item, phrase) for item in mentions)


def _issues(document: Document, mention: Mention, phrase: Phrase) -> bool:
    """Whether the sentence of a mention says that it issued such a document."""
    sentence = document.sentence(mention.first)
    noun = phrase.head
    before = [token.key for token in document.tokens[max(0, mention.first - 4) : mention.first]]
    if noun in before and {"by", "from"} & set(before[before.index(noun) :]):
        return True
    verb = False
    for index in range(mention.last, min(mention.last + 25, phrase.first)):
        if document.sentence(index) != sentence:
            return False
        key = document.tokens[index].key
        verb = verb or key in _ISSUING
        if key == noun:
            return verb or index - mention.last <= _BESIDE
    return False
