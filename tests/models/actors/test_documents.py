"""Documents: of whom they are, and when nobody is known to have issued them."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("before", "source", "name"),
    [
        ("Reuters photographed it.", "The poll", "poll"),
        ("The Guardian reported it.", "The Lancet study", "Lancet study"),
        ("Reuters reported on a walk.", "The letter", "letter"),
    ],
)
def test_a_document_is_not_of_a_medium_that_stands_near(resolve, before, source, name):
    actor = resolve(f"{before} {source} found that half agreed.", source)[0][0]
    assert (actor.name, actor.kind, actor.resolved_by) == (name, "document", "unresolved")


@pytest.mark.parametrize(
    ("before", "source", "name"),
    [
        ("Reuters commissioned a poll.", "The poll", "Reuters"),
        ("Oxfam published a report on Monday.", "The report", "Oxfam"),
        ("A report by Oxfam came out.", "The report", "Oxfam"),
    ],
)
def test_a_document_is_of_the_body_that_is_said_to_have_issued_it(resolve, before, source, name):
    assert resolve(f"{before} {source} found that half agreed.", source)[0][0].name == name


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("A report by the UN and Oxfam", ["United Nations", "Oxfam"]),
        ("A joint statement from France and Germany", ["France", "Germany"]),
        ("A Facebook post by the army", ["army"]),
        ("A BBC letter by Oxfam", ["Oxfam"]),
    ],
)
def test_a_document_by_somebody_is_theirs(resolve, source, names):
    found = resolve(f"{source} said so.", source)[0]
    assert [actor.name for actor in found] == names
    assert found[0].represents is None or found[0].represents.name == names[0]
