"""What a description rules out: an age that is another's, a body that would be a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onrecord.actors.ages import asked_age

if TYPE_CHECKING:
    from onrecord.actors.antecedent import Candidate
    from onrecord.actors.document import Document
    from onrecord.actors.phrase import Phrase


def agrees(document: Document, candidate: Candidate, phrase: Phrase) -> bool:
    """Return whether nothing in a description contradicts what it may point back to."""
    person = candidate.kind == "person"
    age = asked_age(document.tokens, phrase.first, phrase.core)
    if age is not None and not (person and of_age(candidate, age) is not False):
        return False
    return not (person and body_noun(document, phrase.head))


def of_age(candidate: Candidate, age: int) -> bool | None:
    """Return whether somebody is of an age, None where the text does not say."""
    ages = candidate.referent.ages if candidate.referent else None
    return age in ages if ages else None


def body_noun(document: Document, noun: str) -> bool:
    """Return whether a noun means a body, never one person ("company", "union")."""
    words = document.words
    bodies = words["nominal_organisation"] | words["state_body"] | words["nominal_state"]
    return noun in bodies and noun not in words["title"]
