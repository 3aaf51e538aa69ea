"""Odd articles: other scripts, capitals throughout, broken lines, no name at all, 200 pages."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onrecord.actors import ActorResolver
from onrecord.actors.document import Document
from onrecord.actors.gazetteer import load_gazetteer
from onrecord.actors.reading import Reading
from onrecord.actors.registry import ActorRegistry
from onrecord.actors.resolver import resolve_reading
from onrecord.actors.text import tokenize
from onrecord.types import Article, Span, Statement


def test_article_without_any_name_still_describes_its_sources(resolve):
    actor = resolve("the rain, some said, would stop.", "some")[0][0]
    assert actor.name
    assert actor.resolved_by == "unresolved"


def test_capitals_throughout_are_read(resolve):
    text = "RUSSIA WARNS AGAINST TROOPS\n\nRussian President Ivo Sarov said no. SAROV LEFT."
    found = resolve(text, "RUSSIA", "Russian President Ivo Sarov", "SAROV")
    assert [actors[0].name for actors in found] == ["Russia", "Ivo Sarov", "Ivo Sarov"]


@pytest.mark.parametrize(
    ("headline", "name"),
    [
        ("PREMIER ANE VIK REJECTS DEAL", "Ane Vik"),
        ("FOREIGN MINISTER ANE VIK UNDER FIRE", "Ane Vik"),
        ("PREMIER VIK REJECTS DEAL", "Vik"),
    ],
)
@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_a_headline_inside_the_text_names_the_titled_person_alone(resolve, headline, name, gap):
    found = resolve(f"{headline}{gap}Vik said no. She left.", "Vik", "She")
    assert [actors[0].name for actors in found] == [name] * 2


def test_a_crosshead_changes_no_name(resolve):
    text = "Premier Ane Vik spoke.\n\nVIK UNDER FIRE\n\nVik left. Premier Vik wept."
    found = resolve(text, "Premier Ane Vik", "VIK", "Vik", "Premier Vik")
    assert [actors[0].name for actors in found] == ["Ane Vik"] * 4


def test_a_title_in_capitals_is_nobody_s_principal(resolve):
    actor = resolve("Ane Vik said no.", "Ane Vik", title="VIK REJECTS DEAL")[0][0]
    assert actor.represents is None or actor.represents.name == "Ane Vik"


def test_titles_in_capitals_are_titles(resolve):
    text = "THE DEAL FAILED. MINISTER ILSE VARGA SAID NO. VARGA LEFT. SHE WEPT."
    found = resolve(text, "MINISTER ILSE VARGA", "VARGA", "SHE")
    assert [(actors[0].name, actors[0].kind) for actors in found] == [("Ilse Varga", "person")] * 3


@pytest.mark.parametrize("headline", ["PREMIER REJECTS DEAL", "MINISTER UNDER FIRE AGAIN"])
def test_a_title_alone_in_a_headline_names_nobody(headline):
    document = Document(Article(f"{headline}\n\nThe deal failed."), load_gazetteer())
    assert [item for item in document.mentions if item.referent.kind == "person"] == []


def test_diacritics_and_their_absence_meet(resolve):
    text = "Serbian Minister Živko Đorđević spoke. Dordevic left. Mr. Đorđević agreed."
    found = resolve(text, "Dordevic", "Mr. Đorđević")
    assert [actors[0].name for actors in found] == ["Živko Đorđević"] * 2


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Işıl Yıldız", "Isil Yildiz"),
        ("Søren Kjær", "Soren Kjaer"),
        ("Ivo Đaković", "Dakovic"),
        ("Guðrún Þórsdóttir", "Gudrun Thorsdottir"),
        ("Łucja Wałecka", "Lucja Walecka"),
    ],
)
def test_letters_of_other_alphabets_meet_their_plain_ones(resolve, name, plain):
    found = resolve(f"Minister {name} spoke. {plain} left.", f"Minister {name}", plain)
    assert [actors[0].name for actors in found] == [name] * 2


def test_decomposed_accents_do_not_break_a_name(resolve):
    name = "Ana Inácio"
    found = resolve(f"President {name} said no.", f"President {name}")
    assert found[0][0].name == name


@pytest.mark.parametrize("name", ["Владимир Сорокин", "李登輝", "محمد", "Γιώργος Παππάς"])
def test_other_scripts_keep_the_name_as_written(resolve, name):
    assert resolve(f"{name} said no.", name)[0][0].name == name


def test_broken_lines_inside_a_name_are_mended(resolve):
    found = resolve("The Norwegian minister Ane\nVik said no.", "The Norwegian minister Ane\nVik")
    assert found[0][0].name == "Ane Vik"


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("Foreign Min-\nister Ane Vik", "Ane Vik"),
        ("The Euro-\npean Union", "European Union"),
        ("The Euro-\r\n  pean Union", "European Union"),
        ("The Euro\xadpean Union", "European Union"),
        ("The Euro\xad\npean Union", "European Union"),
        ("Minister Ane Vik-\nstrand", "Ane Vikstrand"),
    ],
)
def test_words_broken_at_the_end_of_a_line_are_mended(resolve, source, name):
    text = f"{source} said no."
    assert resolve(text, source)[0][0].name == name


def test_mended_words_keep_the_offsets_of_the_text():
    text = "The Euro-\npean Un\xadion left \xad ."
    tokens = tokenize(text)
    assert [token.text for token in tokens] == ["The", "European", "Union", "left", "."]
    assert text[tokens[1].start : tokens[2].end] == "Euro-\npean Un\xadion"


def test_glued_arabic_article_is_set_apart(resolve):
    found = resolve("Minister Omaral-Tayeb said no.", "Minister Omaral-Tayeb")
    assert found[0][0].name == "Omar al-Tayeb"


def test_spans_outside_the_text_do_not_raise():
    statement = Statement(
        id="t:0",
        cue=Span(0, 0, ""),
        source=Span(50, 60, "..."),
        content=(),
        target=None,
        stance="states",
        conditional=False,
        quotation="indirect",
        confidence=1.0,
    )
    assert len(ActorResolver().resolve(Article("Short."), [statement])) == 1


WORDS = tuple(
    "the The Norwegian minister Ane Vik Dr . 's , - ( ) ‘ ” of said who union two Oslo U.N. 1,200 "  # noqa: SIM905
    "officials".split()
)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=120), st.integers(0, 120), st.integers(1, 40))
def test_any_text_and_any_source_give_an_actor_or_a_reason(text, start, length):
    for actor in _resolve_span(text, start, start + length):
        assert actor.resolved_by != "unresolved" or actor.why


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=7).map(" ".join))
def test_any_run_of_words_and_marks_gives_an_actor_or_a_reason(text):
    for actor in _resolve_span(text, 0, len(text)):
        assert actor.resolved_by != "unresolved" or actor.why


@pytest.mark.parametrize("source", ["two . officials", "The . ministry", "the ’ . union"])
def test_a_source_with_a_full_stop_after_its_first_word_is_read(source):
    (actor,) = _resolve_span(f"{source} said no.", 0, len(source))
    assert actor.name.endswith(source.split()[-1])


def _resolve_span(text, start, end):
    start, end = min(start, len(text)), min(end, len(text))
    statement = Statement(
        id="t:0",
        cue=Span(0, 0, ""),
        source=Span(start, end, text[start:end]),
        content=(),
        target=None,
        stance="states",
        conditional=False,
        quotation="indirect",
        confidence=1.0,
    )
    return ActorResolver().resolve(Article(text), [statement])[0]


def _long_article(paragraphs: int) -> tuple[Article, list[Statement]]:
    text = ""
    statements = []
    for number in range(paragraphs):
        for source in (f"Minister Ane Vik{chr(97 + number % 20)}o", "She", "The ministry", "Oslo"):
            start = len(text)
            text += source
            statements.append(
                Statement(
                    id=f"t:{len(statements)}",
                    cue=Span(len(text), len(text), ""),
                    source=Span(start, len(text), source),
                    content=(),
                    target=None,
                    stance="states",
                    conditional=False,
                    quotation="indirect",
                    confidence=1.0,
                )
            )
            text += " said that the Norwegian road to Bergen would be closed in winter. "
        text += "\n\n"
    return Article(text), statements


def test_hundreds_of_people_of_one_surname_take_linear_time():
    times = []
    for count in (200, 1600):
        given = (
            f"Ilse{chr(97 + i % 26)}{chr(97 + i // 26 % 26)}{chr(97 + i // 676)}"
            for i in range(count)
        )
        article = Article(" ".join(f"{name} Jones spoke." for name in given))
        start = time.process_time()
        ActorResolver().resolve(article, [])
        times.append(time.process_time() - start)
    assert times[1] < 20 * times[0]


def test_two_hundred_pages_take_linear_time():
    resolver = ActorResolver()
    times = []
    for paragraphs in (80, 800):  # about 16 and 160 pages of print
        article, statements = _long_article(paragraphs)
        start = time.process_time()
        assert len(resolver.resolve(article, statements)) == len(statements)
        times.append(time.process_time() - start)
    assert times[1] < 25 * times[0]


class _Counted(tuple):
    """A tuple that notes each walk over it."""

    __slots__ = ()
    walks = 0

    def __iter__(self):
        _Counted.walks += 1
        return super().__iter__()


def test_first_persons_walk_over_each_content_once():
    words, statements = "", []
    for number in range(200):
        start = len(words)
        words += f"“I will sign paper {number},” Minister Ane Vik said.\n\n"
        quote = Span(start, words.index("”", start) + 1, words[start : words.index("”", start) + 1])
        for at, source in ((start + 1, "I"), (words.index("Minister", start), "Minister Ane Vik")):
            statements.append(
                Statement(
                    id=f"t:{len(statements)}",
                    cue=Span(at, at, ""),
                    source=Span(at, at + len(source), source),
                    content=_Counted(() if source == "I" else (quote,)),
                    target=None,
                    stance="states",
                    conditional=False,
                    quotation="direct",
                    confidence=1.0,
                )
            )
    reading = Reading(Article(words), load_gazetteer(), ActorRegistry())
    _Counted.walks = 0
    found = resolve_reading(reading, statements)
    assert {actors[0].name for actors in found} == {"Ane Vik"}
    assert _Counted.walks <= 2 * len(statements)
