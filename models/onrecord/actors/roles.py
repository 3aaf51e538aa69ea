"""Classes of roles, by the words that show them, for the choice of a principal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onrecord.actors.gazetteer import Gazetteer

ROLES = (
    ("spokesman", "spokesman spokeswoman spokesperson spokesmen spokespeople spokeswomen spokeman"),
    ("former", "former ex-president ex-minister late retired ex"),
    ("opposition", "opposition shadow dissident"),
    ("candidate", "candidate nominee hopeful frontrunner contender"),
    ("envoy", "ambassador envoy diplomat consul negotiator delegate ambassadors diplomats"),
    ("premier", "premier"),
    ("minister", "minister ministers chancellor pm taoiseach secretary undersecretary treasurer"),
    ("legislator", "senator sen representative rep congressman congresswoman mp mps lawmaker"),
    ("legislator", "lawmakers senators legislator legislators deputy deputies councillor mep td"),
    ("governor", "governor gov mayor councilman alderman"),
    ("judge", "judge justice magistrate judges court tribunal"),
    ("prosecutor", "prosecutor prosecutors attorney attorney-general"),
    ("police", "police detective superintendent constable sheriff inspector sergeant policeman"),
    ("military", "general gen colonel col lieutenant lt major maj captain capt admiral adm army"),
    ("military", "commander cmdr brigadier marshal navy troops soldiers military forces brig"),
    ("lawyer", "lawyer lawyers solicitor counsel barrister"),
    ("expert", "professor prof analyst analysts expert experts economist scientist researcher"),
    ("expert", "researchers scientists historian lecturer dr doctor epidemiologist economists"),
    ("activist", "activist activists campaigner campaigners protesters demonstrators critics"),
    ("worker", "journalist reporter correspondent editor columnist author writer blogger host"),
    ("sport", "player coach striker captain manager driver skipper"),
    (
        "kin",
        "father mother wife husband son daughter brother sister widow victim survivor resident",
    ),
    ("kin", "residents witness witnesses relatives families supporters students people workers"),
    ("cleric", "pope cardinal archbishop bishop rev reverend rabbi imam ayatollah cleric priest"),
    ("king", "king queen prince princess emperor sultan emir sheikh pope"),
    ("ceo", "ceo executive boss founder co-founder owner chairman chairwoman vice-president"),
    ("head", "chief head director chair leader leaders president coordinator commissioner boss"),
    ("official", "official officials officer officers authorities aide adviser advisor sources"),
    ("official", "government administration member members representative representatives"),
    ("company", "company firm corporation airline bank group retailer maker manufacturer inc ltd"),
    ("media", "newspaper paper magazine broadcaster network station daily agency website channel"),
    ("media", "times post herald news radio television press"),
    ("union", "union federation association league alliance society club party movement front"),
    ("union", "coalition bloc campaign foundation institute university college hospital church"),
    ("ministry", "ministry department parliament senate congress assembly cabinet embassy house"),
    ("agency", "bureau authority board commission council committee office service administration"),
)
ROLE_OF = {word: role for role, words in reversed(ROLES) for word in words.split()}


def own_marks(name: str, surface: str, gazetteer: Gazetteer) -> list[str]:
    """Return what shows a name to be a body's own, for the option that it speaks for itself.

    Args:
        name: The folded name.
        surface: The folded phrase that it stands in, from the word before.
        gazetteer: Known given names and nouns.
    """
    parts = name.split()
    if not parts:
        return []
    nouns = gazetteer.words["organisation"] | gazetteer.words["nominal_organisation"]
    last = parts[-1]
    marks = [
        f"own-the-{f'the {name}' in surface}",
        f"own-noun-{'noun' if last in nouns else ROLE_OF.get(last, 'none')}",
        f"own-words-{min(4, len(parts))}",
        f"own-given-{parts[0] in gazetteer.genders}",
    ]
    if "'" in name:
        marks.append("own-apostrophe")
    if any(part in _INNER for part in parts[1:-1]):
        marks.append("own-inner")
    return [*marks, "+".join(marks[:2]), "+".join((marks[0], marks[2], marks[3]))]


_INNER = frozenset("of for and the in on de la du des del against".split())  # noqa: SIM905
