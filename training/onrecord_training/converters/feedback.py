"""The service's feedback export (`onrecord feedback OUT.jsonl`): house JSONL with extra fields.

A passage that was corrected twice counts once, as it was corrected last; `article_id` becomes the
record's `article`, so that passages of one article are kept together.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

from onrecord_training.converters import house
from onrecord_training.converters.draft import Draft, Item, Skip

REPLACED = "replaced by a later correction of the same passage"


def read(path: Path) -> Iterator[Item]:
    """Yield the corrections of a file or of a folder of `.jsonl` files, oldest first."""
    items = list(house.read(path))
    last = {
        (item.text, str(item.annotator)): number
        for number, item in enumerate(items)
        if isinstance(item, Draft) and isinstance(item.text, str)
    }
    for number, item in enumerate(items):
        if not isinstance(item, Draft) or not isinstance(item.text, str):
            yield item
        elif last[item.text, str(item.annotator)] != number:
            yield Skip(item.line, REPLACED)
        else:
            article = item.extra.get("article_id")
            extra = {**item.extra, **({"article": article} if article else {})}
            yield dataclasses.replace(item, extra=extra)
