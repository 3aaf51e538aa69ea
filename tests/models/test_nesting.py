import pytest

from onrecord.nesting import is_deeper


@pytest.mark.parametrize(
    ("value", "depth"),
    [("a", 0), ([], 1), ({"a": 1}, 1), ([1, {}], 2), ({"a": [], "b": {"c": [[]]}}, 4)],
)
def test_levels_are_counted_where_they_are_deepest(value, depth):
    assert not is_deeper(value, depth)
    assert all(is_deeper(value, levels) for levels in range(depth))


def test_more_levels_than_python_can_recurse_are_counted():
    value: list = []
    for _ in range(100_000):
        value = [value]
    assert is_deeper(value, 100)
    while value:  # undone one by one, or freeing it would recurse
        value = value.pop()
