"""Say which spans belong together: by the number in their labels, or by the tool's relations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from onrecord.errors import CorpusError
from onrecord_training.converters.draft import Draft, Mention
from onrecord_training.converters.mapping import LabelMap, Meaning


def anchors(
    draft: Draft,
    cues: Sequence[Mention],
    meanings: Mapping[str, Sequence[Meaning]],
    labels: LabelMap,
) -> dict[str, str]:
    """Return one part of the cue for each of its parts: by its number, or `cue_continues`."""
    first: dict[str, str] = {}
    out = {cue.id: cue.id for cue in cues}
    same = [
        (cue.id, first.setdefault(meaning.number, cue.id))
        for cue in cues
        for meaning in meanings[cue.id]
        if meaning.role == "cue" and meaning.number
    ]
    same += [
        (link.head, link.child)
        for link in draft.links
        if link.head in out and link.child in out and labels.relation(link.label) == "cue"
    ]
    for one, other in same:
        old, new = out[one], out[other]
        out = {name: new if anchor == old else anchor for name, anchor in out.items()}
    return out


def linked_cues(
    draft: Draft, cues: set[str], labels: LabelMap
) -> dict[str, list[tuple[str, str | None]]]:
    """Return (cue id, role that the relation says or None) by span, through chains of spans.

    A continuation (content related to content) belongs to the cue of the span that it continues.
    """
    near: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
    for link in draft.links:
        role = labels.relation(link.label)
        near[link.head].append((link.child, role))
        near[link.child].append((link.head, role))
    out: dict[str, list[tuple[str, str | None]]] = {}
    for start in list(near):
        direct = [(end, role) for end, role in near[start] if end in cues]
        seen, queue = {start}, [] if direct or start in cues else [start]
        while queue and not direct:
            step = queue.pop(0)
            for end, _ in near[step]:
                if end not in seen and end not in cues:
                    seen.add(end)
                    queue.append(end)
                    direct += [(cue, None) for cue, _ in near[end] if cue in cues]
        out[start] = direct
    return out


def found_roles(
    part: Mention,
    own: Mapping[str, str | None],
    numbers: Mapping[str, str],
    links: Sequence[tuple[str, str | None]],
) -> set[tuple[str, str]]:
    """Return (cue id, role) of every statement that a span belongs to, by number or relation.

    A relation's role is one more meaning of the span where its labels do not say it already.

    Raises:
        CorpusError: If a label's number is that of no cue, and no relation helps.
    """
    out = {(numbers[number], role) for role, number in own.items() if number and number in numbers}
    fits = any(role is None or role in own for _, role in links)
    for cue, role in links:
        if role == "cue" or not own:
            continue
        if role is not None:
            out.add((cue, role))
        if role is None or not fits:
            out |= {(cue, name) for name in own}
    if not out and any(own.values()):
        number = next(number for number in own.values() if number)
        message = (
            f"{'/'.join(part.labels)!r} has the number {number}, but no cue has it; "
            f"number its cue: Cue#{number}"
        )
        raise CorpusError(message)
    return out
