"""How deep a JSON value is, counted without recursion: it may be deeper than Python can go."""

from __future__ import annotations

from typing import Any


def is_deeper(value: Any, levels: int) -> bool:
    """Return whether lists and objects stand in more than `levels` of one another.

    Args:
        value: A decoded JSON value.
        levels: `[]` is one level, `[{}]` two.
    """
    level = [value] if isinstance(value, list | dict) else []
    for _ in range(levels):
        level = [
            part
            for item in level
            for part in (item.values() if isinstance(item, dict) else item)
            if isinstance(part, list | dict)
        ]
        if not level:
            return False
    return bool(level)
