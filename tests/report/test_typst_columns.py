"""Columns of a printed table: wide enough for what may not break, and never wider than the page."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from postloan.report.typst_columns import (
    GUTTER_MM,
    LANDSCAPE_MM,
    PADDING_MM,
    PORTRAIT_MM,
    Column,
    breakable,
    em,
    lay_out,
    number_column,
    text_column,
)

MM = 25.4 / 72
HEADS = st.tuples(st.text("逾期率Balance ", max_size=12), st.sampled_from(["", "（万元）"]))
NUMBERS = st.lists(st.integers(-(10**14), 10**14).map(lambda value: f"{value:,}"), max_size=4)
TEXTS = st.lists(st.text("中国abc def-123", max_size=80), max_size=4)
COLUMNS = st.builds(number_column, HEADS, NUMBERS) | st.builds(
    text_column, HEADS, TEXTS, is_first=st.booleans()
)


@given(st.lists(COLUMNS, min_size=1, max_size=30), st.booleans())
def test_columns_fit_the_page_and_their_contents(columns: list[Column], upright: bool) -> None:
    layout = lay_out(columns, upright=upright)
    page = LANDSCAPE_MM if layout.is_landscape else PORTRAIT_MM
    assert not (upright and layout.is_landscape)
    if layout.size > 2:
        assert sum(layout.widths) <= page
        for column, width in zip(columns, layout.widths, strict=True):
            assert width >= column.least_mm(layout.size) - 0.01


def test_a_figure_needs_its_whole_width_and_text_its_longest_word() -> None:
    assert number_column(("", ""), ["1,234.56"]).least == em("1,234.56")
    column = text_column(("", ""), ["中国人民共和国中央人民政府 Beijing"], is_first=False)
    assert column.least < em("中国人民共和国中央人民政府")
    assert column.least >= em("Beijing")
    assert column.least_mm(8.5) == PADDING_MM + GUTTER_MM + column.least * 8.5 * MM


def test_a_unit_is_not_broken_from_its_brackets() -> None:
    assert number_column(("余额", "（百万美元）"), ["1"]).least >= em("（百万美元）")


def test_stands_upright_up_to_twelve_columns_if_it_fits() -> None:
    narrow = [number_column(("a", ""), ["1"])]
    assert not lay_out(narrow * 12).is_landscape
    assert lay_out(narrow * 13).is_landscape
    assert lay_out([number_column(("a", ""), ["1,234,567,890.12"])] * 12).is_landscape


@given(st.text(max_size=60))
def test_break_marks_are_all_that_is_added(text: str) -> None:
    assert breakable(text).replace("\u200b", "") == text.replace("\u200b", "")


def test_only_words_too_long_for_a_column_are_broken() -> None:
    assert breakable("L2025063000012345") == "L2025063000012345"
    assert "\u200b" in breakable("X" * 60)
