"""Check the gazetteer's states against libraries that maintain such facts.

    python -m onrecord_training.gazetteer

Names and codes come from ISO 3166 (pycountry) and CLDR (Babel); the shipped file holds the result, so
that the runtime needs neither. Demonyms, capitals, seats of government, Wikidata ids and everything
about organisations and office-holders are this project's own.
"""  # noqa: E501

from __future__ import annotations

from rich.console import Console

from onrecord.actors.gazetteer import load_gazetteer, split_cell, state_rows

# ISO codes of dependencies and uninhabited places, which no news text treats as a state.
DEPENDENT = frozenset(
    "AI AQ AS AW AX BL BQ BV CC CW CX FK GF GG GP GS GU HM IM IO JE KY MF MP MQ MS NC NF PF PM PN "  # noqa: SIM905
    "RE SH SJ SX TC TF TK UM VG VI WF YT".split()
)


def differences() -> list[str]:
    """Return where the gazetteer disagrees with ISO 3166 and CLDR, one line each."""
    import pycountry
    from babel import Locale

    territories = Locale("en").territories
    ours = {row["code"]: row for row in state_rows() if row["code"]}
    gazetteer = load_gazetteer()
    out: list[str] = []
    for country in pycountry.countries:
        code = country.alpha_2
        if code in DEPENDENT:
            continue
        if code not in ours:
            out.append(f"{code}: {country.name} is missing")
            continue
        cldr = str(territories[code]).replace("&", "and").replace("St. ", "Saint ")
        known = gazetteer.find(cldr) or gazetteer.find(country.name)
        if known is None or known.name != ours[code]["name"]:
            out.append(
                f"{code}: neither {cldr!r} nor {country.name!r} names {ours[code]['name']!r}"
            )
    legal = {country.alpha_2 for country in pycountry.countries} | {"XK"}
    out += [f"{code}: no ISO 3166 code" for code in sorted(set(ours) - legal)]
    return out


def repeated_aliases() -> list[str]:
    """Return aliases that one row of the states gives twice."""
    out: list[str] = []
    for row in state_rows():
        names = [row["name"], *split_cell(row["aliases"])]
        out += [f"{row['name']}: {name}" for name in names if names.count(name) > 1]
    return out


def main() -> None:
    """Print the differences; exit with 1 if there are any."""
    found = differences() + repeated_aliases()
    console = Console()
    for line in found:
        console.print(line)
    console.print(f"{len(found)} differences from ISO 3166 and CLDR")
    raise SystemExit(1 if found else 0)


if __name__ == "__main__":
    main()
