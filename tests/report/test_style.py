"""Values in print: units, exact rounding, signs, and what counts as bad."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postloan.report.section import Cell, Field, Figure, Format
from postloan.report.style import MINUS, Style

ZH = Style("zh", "CNY", 4)
EN = Style("en", "USD", 0)


@pytest.mark.parametrize(
    ("lang", "currency", "largest", "unit"),
    [
        ("zh", "CNY", 99_999_999, "元"),
        ("zh", "CNY", 100_000_000, "万元"),
        ("zh", "CNY", 10**13 - 1, "万元"),
        ("zh", "CNY", 10**13, "亿元"),
        ("zh", "CNY", -(10**13), "亿元"),
        ("zh", "USD", 10**9, "千美元"),
        ("zh", "JPY", 10**6, "日元"),
        ("en", "CNY", 10**9, "CNY thousand"),
        ("en", "USD", 10**9 - 1, "USD"),
        ("en", "USD", 10**12, "USD million"),
        ("en", "JPY", 10**7, "JPY thousand"),
        ("en", "KWD", 0, "KWD"),
    ],
)
def test_money_unit_follows_the_largest_amount(lang: str, currency: str, largest: int, unit: str) -> None:
    assert Style.for_amounts(lang, currency, largest).money_unit() == unit


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (123_456_789_50, Format.MONEY, "12,345.68"),
        (-5_000, Format.MONEY, f"{MINUS}0.01"),
        (-4_999, Format.MONEY, "0.00"),
        (0.00125, Format.PERCENT, "0.13%"),
        (0.00135, Format.PERCENT, "0.14%"),
        (1.0, Format.PERCENT, "100.00%"),
        (-0.5, Format.PERCENT, f"{MINUS}50.00%"),
        (0.0018, Format.BASIS_POINTS, "▲ 18 bp"),
        (-0.0003, Format.BASIS_POINTS, "▼ 3 bp"),
        (0.00004, Format.BASIS_POINTS, "0 bp"),
        (0.00005, Format.BASIS_POINTS, "▲ 1 bp"),
        (1_234_567, Format.COUNT, "1,234,567"),
        (90, Format.DAYS, "90"),
        (0.125, Format.NUMBER, "0.13"),
        (True, Format.VERDICT, "✓"),
        (False, Format.VERDICT, "×"),
        (None, Format.VERDICT, "—"),
        (None, Format.MONEY, "—"),
        (float("nan"), Format.PERCENT, "—"),
        (float("inf"), Format.PERCENT, "—"),
        (Figure(None), Format.COUNT, "—"),
        (Figure(0), Format.COUNT, "0"),
        ("<b>", Format.TEXT, "<b>"),
        ("007", Format.ID, "007"),
        (date(2025, 6, 30), Format.DATE, "2025-06-30"),
        (date(2025, 6, 30), Format.MONTH, "25年6月"),
        ((0.1, None), Format.TREND, ""),
    ],
)
def test_values_in_print(value: Cell | float, form: Format, text: str) -> None:
    assert ZH.text(value, form) == text


def test_months_in_english() -> None:
    assert EN.text(date(2025, 6, 30), Format.MONTH) == "2025-06"


def test_plain_money_keeps_the_currency_s_decimals() -> None:
    assert EN.text(123456, Format.MONEY) == "1,234.56"
    assert Style("en", "JPY", 0).text(123456, Format.MONEY) == "123,456"
    assert Style("en", "KWD", 0).text(123456, Format.MONEY) == "123.456"


def test_heads_carry_units_that_cells_do_not() -> None:
    assert ZH.head(Field("b", "余额", Format.MONEY)) == "余额（万元）"
    assert EN.head(Field("b", "Balance", Format.MONEY)) == "Balance (USD)"
    assert EN.head(Field("r", "Rate", Format.PERCENT)) == "Rate"


@given(st.integers(-(10**18), 10**18))
def test_money_rounds_half_away_from_zero_exactly(minor: int) -> None:
    shown = Decimal(ZH.text(minor, Format.MONEY).replace(",", "").replace(MINUS, "-"))
    exact = Fraction(minor, 10**6)
    assert abs(Fraction(shown) - exact) <= Fraction(1, 200)
    assert Fraction(shown) - exact != Fraction(-1 if minor > 0 else 1, 200)


@pytest.mark.parametrize(
    ("value", "higher_is_worse", "tone"),
    [
        (0.002, True, "bad"),
        (-0.002, True, "good"),
        (0.002, False, "good"),
        (-0.002, False, "bad"),
        (0.002, None, ""),
        (0.00004, True, ""),
        (None, True, ""),
    ],
)
def test_a_change_is_bad_by_the_direction_of_its_metric(
    value: float | None, higher_is_worse: bool | None, tone: str
) -> None:
    column = Field("month", "", Format.BASIS_POINTS)
    assert ZH.tone(Figure(value, higher_is_worse=higher_is_worse), column) == tone


def test_verdicts_have_a_tone() -> None:
    column = Field("met", "", Format.VERDICT)
    assert [ZH.tone(cell, column) for cell in (True, False, None)] == ["good", "bad", ""]
