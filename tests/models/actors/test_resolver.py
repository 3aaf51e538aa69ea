"""One rule a test: names, titles, metonyms, pronouns, groups, joint sources."""

from __future__ import annotations

import pytest

from onrecord.actors import ActorResolver
from onrecord.actors.document import Document
from onrecord.actors.gazetteer import load_gazetteer
from onrecord.actors.resolver import joint_actor
from onrecord.types import Article, Span, Statement


def _names(found):
    return [[actor.name for actor in actors] for actors in found]


def _principals(found):
    return [
        [actor.represents.name if actor.represents else None for actor in actors]
        for actors in found
    ]


def test_title_and_demonym_give_the_state(resolve):
    found = resolve(
        "Norwegian Foreign Minister Ane Vik said no.", "Norwegian Foreign Minister Ane Vik"
    )
    actor = found[0][0]
    assert (actor.name, actor.kind, actor.resolved_by) == ("Ane Vik", "person", "named")
    assert actor.represents is not None
    assert (actor.represents.name, actor.represents.id) == ("Norway", "Q20")


def test_surname_takes_the_full_name_that_the_article_gives(resolve):
    text = "Kenyan President Otieno Barasa spoke. Barasa said more. Mr. Barasa's office agreed."
    found = resolve(text, "Kenyan President Otieno Barasa", "Barasa", "Mr. Barasa")
    assert _names(found) == [["Otieno Barasa"]] * 3
    assert _principals(found) == [["Kenya"]] * 3


def test_full_name_after_the_surname_still_counts(resolve):
    found = resolve(
        "President Barasa refused. Otieno Barasa has ruled since May.", "President Barasa"
    )
    assert _names(found) == [["Otieno Barasa"]]


@pytest.mark.parametrize(
    ("source", "state"),
    [
        ("Moscow", "Russia"),
        ("The Kremlin", "Russia"),
        ("Downing Street", "United Kingdom"),
        ("The Élysée", "France"),
        ("Washington", "United States"),
        ("Beijing", "China"),
        ("Santiago", "Chile"),
        ("La Moneda", "Chile"),
        ("São Tomé", "São Tomé and Príncipe"),
        ("Westminster", "United Kingdom"),
        ("Capitol Hill", "US Congress"),
        ("The Binnenhof", "Netherlands"),
        ("Itamaraty", "Brazil"),
    ],
)
def test_seats_of_government_stand_for_their_state(resolve, source, state):
    actor = resolve(f"{source} rejected the plan.", source)[0][0]
    assert (actor.name, actor.resolved_by) == (state, "metonym")


def test_brussels_is_the_union_unless_the_text_speaks_of_belgium(resolve):
    union = resolve("Brussels rejected the tariff. EU officials agreed.", "Brussels")
    state = resolve("Belgian drivers struck. Brussels refused to pay them.", "Brussels")
    assert _names(union) == [["European Union"]]
    assert _names(state) == [["Belgium"]]


@pytest.mark.parametrize(
    ("capital", "state"),
    [
        ("San José", "Costa Rica"),
        ("Kingston", "Jamaica"),
        ("Georgetown", "Guyana"),
        ("Victoria", "Seychelles"),
    ],
)
def test_a_shared_name_is_a_capital_where_the_article_speaks_of_the_state(resolve, capital, state):
    near = resolve(f"{state} has two harbours. {capital} rejected the plan.", capital)
    alone = resolve(f"{capital} rejected the plan.", capital)
    assert _names(near) == [[state]]
    assert _names(alone) != [[state]]


def test_capitol_hill_speaks_for_the_state(resolve):
    assert _principals(resolve("Capitol Hill said no.", "Capitol Hill")) == [["United States"]]


def test_a_city_in_a_person_s_name_is_no_metonym(resolve):
    assert _names(resolve("Jordan Smith said so.", "Jordan Smith")) == [["Jordan Smith"]]


def test_acronym_in_brackets_means_the_name_before_it(resolve):
    text = "The Alpine Milk Federation (AMF) met in Chur. The AMF wants higher prices."
    found = resolve(text, "The AMF")
    assert _names(found) == [["Alpine Milk Federation"]]


@pytest.mark.parametrize(
    "opening",
    [
        "The Coastal Fishing Alliance, or CFA, met in Chur.",
        'The Coastal Fishing Alliance (the "CFA") met in Chur.',
        "The Coastal Fishing Alliance, also known as CFA, met in Chur.",
        "The CFA (Coastal Fishing Alliance) met in Chur.",
        "The CFA, the Coastal Fishing Alliance, met in Chur.",
        "The Coastal Fishing Alliance met in Chur.",
    ],
)
def test_an_acronym_means_the_body_that_it_shortens(resolve, opening):
    found = resolve(f"{opening} She was told. Later the CFA left.", "She", "the CFA")
    assert _names(found)[1] == ["Coastal Fishing Alliance"]


@pytest.mark.parametrize(
    "later",
    [
        "The Norvanian Fisheries Agency (NFA) met in Chur.",
        "The Norvanian Fisheries Agency, or NFA, met in Chur.",
        "The Norvanian Fisheries Agency met in Chur.",
    ],
)
def test_an_acronym_before_it_is_spelled_out_means_the_same_body(resolve, later):
    found = resolve(f"The NFA refused. NFA head Ane Vik agreed. {later}", "The NFA", "Ane Vik")
    assert _names(found)[0] == ["Norvanian Fisheries Agency"]
    assert _principals(found) == [["Norvanian Fisheries Agency"]] * 2


def test_an_acronym_of_two_later_bodies_stays_as_it_is(resolve):
    text = "The NFA refused. The Norvanian Fisheries Agency met the National Farming Alliance."
    assert _names(resolve(text, "The NFA")) == [["NFA"]]


def test_initials_leave_out_small_words(resolve):
    text = "The Institute for Rural Policy met in Chur. IRP refused."
    assert _names(resolve(text, "IRP")) == [["Institute for Rural Policy"]]


def test_a_short_form_that_the_text_introduces_needs_no_initials(resolve):
    text = "The National Oil Company, known as NOKO, grew. She saw it. NOKO agreed."
    assert _names(resolve(text, "She", "NOKO")) == [["She"], ["National Oil Company"]]
    listed = "The National Oil Company, NOKO, and the union met. She saw it. NOKO agreed."
    assert _names(resolve(listed, "She", "NOKO")) == [["She"], ["NOKO"]]


def test_initials_that_two_bodies_share_tell_neither(resolve):
    text = "The Coastal Fishing Alliance and the Central Farm Association met. CFA left."
    assert _names(resolve(text, "CFA")) == [["CFA"]]


def test_pronouns_follow_gender(resolve):
    text = "Mr. Carlo Benedetti praised Ms. Ada Lund. She thanked him. He bowed."
    found = resolve(text, "Mr. Carlo Benedetti", "She", "He")
    assert _names(found) == [["Carlo Benedetti"], ["Ada Lund"], ["Carlo Benedetti"]]
    assert found[1][0].resolved_by == "coreference"


def test_one_surname_of_two_people_is_told_apart_by_form_of_address(resolve):
    text = "Elena Marchetti and Paolo Marchetti spoke. Ms Marchetti agreed. Mr Marchetti did not."
    found = resolve(text, "Ms Marchetti", "Mr Marchetti")
    assert _names(found) == [["Elena Marchetti"], ["Paolo Marchetti"]]


def test_definite_noun_points_to_the_body_of_that_kind(resolve):
    text = "NATO met on Monday. The alliance promised more troops."
    actor = resolve(text, "The alliance")[0][0]
    assert (actor.name, actor.id, actor.resolved_by) == ("NATO", "Q7184", "coreference")


def test_the_minister_is_the_minister_of_the_article(resolve):
    text = "Chilean Finance Minister Rosa Pinto spoke. Pinto smiled. The minister said no."
    assert _names(resolve(text, "The minister")) == [["Rosa Pinto"]]


@pytest.mark.parametrize(
    ("title", "noun"),
    [
        ("US Secretary of State", "secretary of state"),
        ("Chilean Minister of Finance", "finance minister"),
        ("Chilean Finance Minister", "minister of finance"),
        ("Kenyan Minister for Health", "health minister"),
    ],
)
def test_a_title_with_of_gives_its_office(resolve, title, noun):
    text = f"{title} Jane Dole met Norwegian Defense Minister Ane Vik. The {noun} said no."
    assert _names(resolve(text, f"The {noun}")) == [["Jane Dole"]]


def test_age_points_to_the_person_last_spoken_of(resolve):
    text = "Mr. Piers Denholm offered cameras. The 58-year-old began as a conductor."
    assert _names(resolve(text, "The 58-year-old")) == [["Piers Denholm"]]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Marek Oldfeld, 63,", "Dana Brandt, 40,"),
        ("Marek Oldfeld (63)", "Dana Brandt, aged 40,"),
        ("63-year-old Marek Oldfeld", "the 40-year-old politician Dana Brandt"),
        ("Marek Oldfeld, a 63-year-old banker,", "Senator Dana Brandt, 40,"),
    ],
)
def test_a_stated_age_decides(resolve, first, second):
    text = (
        f"{first} resigned after {second} accused him. Ms Brandt spoke. "
        "The 63-year-old denied it. The 40-year-old politician laughed."
    )
    found = resolve(text, "Ms Brandt", "The 63-year-old", "The 40-year-old politician")
    assert _names(found) == [["Dana Brandt"], ["Marek Oldfeld"], ["Dana Brandt"]]


def test_an_age_that_contradicts_excludes(resolve):
    text = "Ilse Brandt, 40, accused him. Ms Brandt said so. The 63-year-old denied it."
    found = resolve(f"Marek Oldfeld resigned. {text}", "Ms Brandt", "The 63-year-old")
    assert _names(found) == [["Ilse Brandt"], ["Marek Oldfeld"]]
    alone = resolve(text, "Ms Brandt", "The 63-year-old")[1][0]
    assert (alone.name, alone.resolved_by) == ("63-year-old", "unresolved")


def test_an_amount_after_a_name_is_no_age(resolve):
    text = "Ilse Brandt, 40 votes ahead, waited. Ms Brandt said so. The 63-year-old smiled."
    assert _names(resolve(text, "Ms Brandt", "The 63-year-old"))[1] == ["Ilse Brandt"]


@pytest.mark.parametrize(
    ("before", "pronoun", "name"),
    [
        ("Marta Vell of Oxfam,", "who", "Marta Vell"),
        ("Ana Cole, a senator from Ohio", "who", "Ana Cole"),
        ("Police held Peter Lomas, chairman of Orchard Fund,", "who", "Peter Lomas"),
        ("Ilse Varga, 63, met Peter Lomas (Labour),", "who", "Peter Lomas"),
        ("The letters of Peter Lomas,", "who", "Peter Lomas"),
        ("Ilse Varga met nurses,", "who", "nurses"),
        ("Ilse Varga met a group of nurses,", "who", "nurses"),
        ("The minister met doctors at the port,", "who", "doctors"),
        ("Oxfam,", "who", "Oxfam"),
        ("Ilse Varga of Oxfam,", "which", "Oxfam"),
        ("Ilse Varga heard Rolf Kern's lawyer,", "who", "Rolf Kern's lawyer"),
        ("Ilse Varga heard the nurses' union in Leeds,", "which", "Leeds nurses' union"),
        ("The finance ministry,", "which", "finance ministry"),
        ("Ilse Varga spoke to the finance ministry,", "which", "finance ministry"),
        ("Ilse Varga left. Prices fell,", "which", "which"),
    ],
)
def test_relative_pronouns_belong_to_the_head_of_the_phrase_before(resolve, before, pronoun, name):
    assert _names(resolve(f"{before} {pronoun} said no.", pronoun)) == [[name]]


def test_a_relative_pronoun_means_what_its_phrase_means_as_a_source(resolve):
    text = "Farmers in Norway, who said no."
    plain, joined = resolve(text, "Farmers in Norway"), resolve(text, "who")
    assert plain == joined == resolve(text, "Farmers in Norway", "who")[1:]
    assert (plain[0][0].kind, plain[0][0].resolved_by) == ("group", "unresolved")


@pytest.mark.parametrize("name", ["Peter Lomas", "Ilse Varga", "Varga"])
@pytest.mark.parametrize("noun", ["company", "union", "committee", "government"])
def test_a_body_noun_never_means_a_person(resolve, name, noun):
    text = f"{name} rejected the offer. The {noun} said no. {name} left."
    found = resolve(text, name, f"The {noun}", name)
    assert _names(found)[::2] == [[name]] * 2
    assert [found[0][0].kind, found[2][0].kind] == ["person"] * 2
    assert found[1][0].name.split()[-1] == noun


def test_first_person_inside_a_quotation_is_the_quoted_actor(resolve):
    text = 'Ane Vik was tired. "I will not sign," Vik said.'
    found = resolve(text, "I", "Vik", contents={1: '"I will not sign,"'})
    assert _names(found) == [["Ane Vik"], ["Ane Vik"]]


def test_first_person_outside_quotations_is_unresolved_and_says_why(resolve):
    actor = resolve("We will not sign.", "We")[0][0]
    assert actor.resolved_by == "unresolved"
    assert actor.why


def test_joint_source_is_split_and_joined_again(resolve):
    found = resolve("The United States and Japan agreed.", "The United States and Japan")
    assert _names(found) == [["United States", "Japan"]]
    whole = joint_actor(found[0])
    assert whole is not None
    assert whole.name == "United States and Japan"
    assert whole.represents is not None
    assert whole.represents.name == "United States and Japan"
    assert joint_actor(found[0][:1]) is found[0][0]
    assert joint_actor(()) is None


def test_a_person_of_two_offices_is_not_a_joint_source(resolve):
    source = "Boris Vale, member for Leeds and editor of the Echo"
    assert _names(resolve(f"{source}, laughed.", source)) == [["Boris Vale"]]


def test_both_leaders_are_the_two_who_met(resolve):
    text = (
        "French President Luc Morel met Polish Prime Minister Ewa Lis. "
        "Both leaders promised to meet again."
    )
    assert _names(resolve(text, "Both leaders")) == [["Luc Morel", "Ewa Lis"]]


@pytest.mark.parametrize(
    ("source", "name", "principal"),
    [
        ("Two EU diplomats", "EU diplomats", "European Union"),
        ("several senior U.S. officials", "US officials", "United States"),
        ("officials in Kyiv", "Ukrainian officials", "Ukraine"),
        ("a spokesman for NATO", "NATO spokesman", "NATO"),
        ("critics", "critics", None),
    ],
)
def test_unnamed_speakers_keep_a_plain_description(resolve, source, name, principal):
    actor = resolve(f"It was, {source} said, too late.", source)[0][0]
    assert actor.name == name
    assert actor.resolved_by == "unresolved"
    assert actor.why
    assert (actor.represents.name if actor.represents else None) == principal


def test_a_document_stands_for_its_issuer(resolve):
    text = "A report by Amnesty International blames the guards. The report names nine."
    assert _names(resolve(text, "A report by Amnesty International", "The report")) == [
        ["Amnesty International"],
        ["Amnesty International"],
    ]


def test_statement_without_source_has_no_actor():
    statement = Statement(
        id="t:0",
        cue=Span(4, 17, "was condemned"),
        source=None,
        content=(),
        target=None,
        stance="opposes",
        conditional=False,
        quotation="indirect",
        confidence=1.0,
    )
    assert ActorResolver().resolve(Article("The was condemned."), [statement]) == [()]


def test_order_of_statements_does_not_matter(resolve):
    text = "Ane Vik spoke. She left. NATO agreed. The alliance paid."
    resolver = ActorResolver()
    statements = []
    for number, source in enumerate(("Ane Vik", "She", "NATO", "The alliance")):
        start = text.index(source)
        statements.append(
            Statement(
                id=f"t:{number}",
                cue=Span(start, start, ""),
                source=Span(start, start + len(source), source),
                content=(),
                target=None,
                stance="states",
                conditional=False,
                quotation="indirect",
                confidence=1.0,
            )
        )
    forward = resolver.resolve(Article(text), statements)
    backward = resolver.resolve(Article(text), statements[::-1])
    assert forward == backward[::-1]


def test_every_actor_has_a_probability(resolve):
    text = "Moscow said no. Critics agreed. Ane Vik did not. She left."
    for actors in resolve(text, "Moscow", "Critics", "Ane Vik", "She"):
        for actor in actors:
            assert 0.0 < actor.confidence <= 1.0


def test_capitals_of_a_known_body_are_no_pronoun(resolve):
    text = "France sent masks. WHO warned of a new wave."
    assert _names(resolve(text, "WHO")) == [["World Health Organization"]]


def test_capitals_of_the_article_s_own_acronym_are_no_pronoun(resolve):
    text = "The Institute of Tides (IT) met the Bank of Chur. IT warned of a wave."
    actor = resolve(text, "IT", "IT")[1][0]
    assert actor.name == "Institute of Tides"


def test_pronouns_in_a_sentence_of_capitals_stay_pronouns(resolve):
    text = "MINISTER ANE VIK, WHO WARNED OF A WAVE, LEFT."
    assert resolve(text, "WHO")[0][0].resolved_by == "coreference"


@pytest.mark.parametrize(
    ("source", "state"),
    [
        ("Exiled Belarusian leader Ana Lukin", "Belarus"),
        ("Top German official Hans Bode", "Germany"),
    ],
)
def test_an_opener_and_a_demonym_are_no_person(resolve, source, state):
    found = resolve(f"{source} said no.", source)
    assert _principals(found) == [[state]]


@pytest.mark.parametrize(
    "source", ["Former German chancellor", "Exiled Belarusian leader", "Retired US general"]
)
def test_a_description_before_a_name_names_nobody_else(resolve, source):
    text = f"{source} Hans Bode spoke. He said no. The meeting ended."
    article = Document(Article(text), load_gazetteer())
    people = {item.referent.name for item in article.mentions if item.referent.kind == "person"}
    assert people == {"Hans Bode"}


def test_a_surname_that_is_also_a_demonym_stays_a_name(resolve):
    assert _names(resolve("Onika French said no.", "Onika French")) == [["Onika French"]]


def test_who_speaks_for_oneself_is_no_organisation(resolve):
    for actors in resolve("Işıl Yıldız spoke. Yıldız left.", "Işıl Yıldız", "Yıldız"):
        principal = actors[0].represents
        assert principal is None or principal.kind == "person"
