import pytest

from onrecord_training.corpus import GoldStatement, Record
from onrecord_training.metrics import tally
from onrecord_training.slices import quotation, slice_rows, source_type


@pytest.mark.parametrize(
    ("mention", "kind"),
    [
        ("Moscow", "named"),
        ("The United Nations", "named"),
        ("Foreign Minister Ana Vrabec", "named"),
        ("the minister, Ana Vrabec", "named"),
        ("He", "pronoun"),
        ("they", "pronoun"),
        ("officials in Kyiv", "nominal"),
        ("Officials in Kyiv", "nominal"),
        ("The ministry", "nominal"),
        ("a spokesman for Ana Vrabec", "nominal"),
    ],
)
def test_the_kind_of_a_source_is_read_off_its_words(mention, kind):
    assert source_type(GoldStatement((0, 1), (0, len(mention))), mention) == kind


def test_a_statement_without_source_has_kind_none():
    assert source_type(GoldStatement((0, 1)), "x") == "none"


@pytest.mark.parametrize(
    ("text", "content", "kind"),
    [
        ("“We refuse,” she said.", [(0, 12)], "direct"),
        ('"We refuse," she said.', [(0, 12)], "direct"),
        ("She said that they refuse.", [(14, 26)], "indirect"),
        ("She called it “a sham” and left.", [(4, 31)], "mixed"),
        ("“No,” he said. “Never.”", [(0, 5), (15, 23)], "direct"),
        ("He waved.", [], "indirect"),
    ],
)
def test_quotation_is_read_off_the_quote_marks(text, content, kind):
    assert quotation(GoldStatement((0, 1), content=tuple(content)), text) == kind


def test_slices_count_found_and_right_statements():
    text = "Moscow rejects it. He agrees with it."
    gold = GoldStatement((7, 14), (0, 6), ((15, 17),), (15, 17), "opposes")
    other = GoldStatement((22, 28), (19, 21), ((34, 36),), (34, 36), "supports")
    wrong = GoldStatement((22, 28), (19, 21), ((34, 36),), (34, 36), "states")
    record = Record("a", text, (gold, other))
    predicted = {"a": [gold, wrong]}
    rows = {row.name: row for row in slice_rows([record], predicted, tally([record], predicted))}
    assert rows["source: named"].tuple_f1 == 1.0
    assert rows["source: pronoun"].tuple_f1 == 0.0
    assert rows["source: pronoun"].found == 1.0
    assert rows["stance: supports"].stance == 0.0
    assert rows["quotation: indirect"].gold == 2
    assert "source: nominal" not in rows
