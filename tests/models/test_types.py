from __future__ import annotations

import pytest

from onrecord.types import Actor, Entity, Span, Statement

TEXT = "Iceland, Ilse Varga said, would send two ships if the ceasefire holds. " + "Again. " * 40


def statement(stance: str, *, target: str | None, conditional: bool = False) -> Statement:
    def span(words: str) -> Span:
        start = TEXT.index(words)
        return Span(start, start + len(words), words)

    iceland = Entity("Iceland", "state")
    return Statement(
        id="a:0",
        cue=span("said"),
        source=span("Ilse Varga"),
        content=(span(TEXT[26:]),) if target is None else (span("would send two ships"),),
        target=span(target) if target else None,
        stance=stance,
        conditional=conditional,
        quotation="indirect",
        confidence=0.5,
        actors=(Actor("Ilse Varga", "person", None, "named", iceland, 0.9),),
    )


@pytest.mark.parametrize(
    ("stance", "conditional", "headline"),
    [
        ("opposes", False, "Iceland (Ilse Varga) opposes two ships"),
        ("rules_out", False, "Iceland (Ilse Varga) rules out two ships"),
        ("commits", True, "Iceland (Ilse Varga) commits to two ships, on a condition"),
        ("warns", False, "Iceland (Ilse Varga) warns of two ships"),
        ("states", False, "Iceland (Ilse Varga) states: would send two ships"),
    ],
)
def test_a_headline_reads_as_a_line_and_keeps_the_condition(
    stance: str, conditional: bool, headline: str
) -> None:
    assert statement(stance, target="two ships", conditional=conditional).headline == headline


def test_a_headline_without_a_target_gives_the_first_words_of_the_content() -> None:
    headline = statement("commits", target=None).headline
    assert headline.startswith("Iceland (Ilse Varga) commits: would send two ships if")
    assert headline.endswith(" ...")
    assert len(headline) < 160
