"""Offices under one name: "Secretary of State" and "Foreign Secretary" are a foreign minister."""

from __future__ import annotations

from onrecord.actors.text import Token

_RANKED = frozenset(
    {"vice", "deputy", "prime", "crown", "supreme", "shadow", "assistant", "former"}
)
_FIELDS = {
    "foreign": "foreign",
    "external": "foreign",
    "defense": "defense",
    "defence": "defense",
    "finance": "finance",
    "treasury": "finance",
    "interior": "interior",
    "home": "home",
    "justice": "justice",
    "health": "health",
    "education": "education",
    "environment": "environment",
    "trade": "trade",
    "agriculture": "agriculture",
    "information": "information",
    "transport": "transport",
    "energy": "energy",
    "state": "foreign",
}
_SAME = {
    "vice-president": "vice president",
    "pm": "prime minister",
    "premier": "prime minister",
    "taoiseach": "prime minister",
    "treasurer": "finance minister",
    "secretary-general": "head",
    "director-general": "head",
    "chief": "head",
    "chairman": "head",
    "chairwoman": "head",
    "chair": "head",
    "director": "head",
    "spokeswoman": "spokesman",
    "spokesperson": "spokesman",
    "press secretary": "spokesman",
    "adviser": "advisor",
    "national security adviser": "national security advisor",
}


def office(tokens: list[Token], index: int, last: int) -> str:  # noqa: C901, PLR0911
    """Return the name of the office whose head word is a token, or the word itself.

    Args:
        tokens: Tokens of the document.
        index: The head word ("minister").
        last: One past the last token that may belong to it.
    """
    key = tokens[index].key
    before = [token.key for token in tokens[max(0, index - 4) : index]]
    previous = before[-1] if before else ""
    if key in {"minister", "secretary"}:
        if previous == "prime":
            return ("deputy " if before[-2:-1] == ["deputy"] else "") + "prime minister"
        if previous == "press":
            return "spokesman"
        field = _FIELDS.get(previous, "")
        if not field and previous in {"affairs", "relations"} and len(before) > 1:
            field = _FIELDS.get(before[-2], "")
        if not field and index + 2 < last and tokens[index + 1].key in {"of", "for"}:
            field = _FIELDS.get(tokens[index + 2].key, "")
        if field == "home":
            return "home secretary"
        rank = "deputy " if "deputy" in before else ""
        return f"{rank}{field} minister" if field else key
    if key == "general" and previous in {"attorney", "secretary", "director"}:
        return "justice minister" if previous == "attorney" else "head"
    if key in {"adviser", "advisor"} and before[-2:] == ["national", "security"]:
        return "national security advisor"
    if key == "leader" and previous in {"supreme", "opposition", "minority", "majority"}:
        return f"{previous} leader"
    if key in {"president", "chancellor"} and previous in _RANKED:
        return f"{'vice' if previous == 'vice' else previous} {key}"
    return _SAME.get(key, key)
