"""Text to values: exactly, by the declared format, on both sides of every limit."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from postloan.model.tables import DELIVERED
from postloan.sources.convert import Converted, Reading, convert
from postloan.sources.dates import ambiguous, unreadable_format
from postloan.sources.mapping import Formats
from postloan.sources.numbers import exact_sum

LOAN, PAYMENT = DELIVERED["loan"], DELIVERED["payment"]
AMOUNT = PAYMENT.column("amount_minor")


def converted(
    table: str, column: str, values: list[object], codes: object = None, **formats: object
) -> Converted:
    known = codes if isinstance(codes, dict) else None
    reading = Reading(Formats.model_validate(formats), known, exponent=2)
    return convert(pa.array(values), DELIVERED[table].column(column), reading)


def bad_rows(result: Converted) -> list[bool]:
    masks = list(result.bad.values())
    return [any(mask[i] for mask in masks) for i in range(len(result.values))]


@pytest.mark.parametrize(
    ("text", "unit", "minor"),
    [
        ("0", "major", 0),
        ("1.5", "major", 150),
        ("1.500", "major", 150),
        ("-0.01", "major", -1),
        ("+5", "major", 500),
        ("007", "major", 700),
        ("9999999999999999.99", "major", 999_999_999_999_999_999),
        ("1.005", "major", None),
        ("10000000000000000", "major", None),
        ("1e3", "major", None),
        ("inf", "major", None),
        (".5", "major", None),
        ("5.", "major", None),
        ("150", "minor", 150),
        ("1.5", "minor", None),
        ("1.5", "ten_thousand", 1_500_000),
        ("1.000001", "ten_thousand", 1_000_001),
        ("1.0000001", "ten_thousand", None),
        ("1.5", "hundred_million", 15_000_000_000),
    ],
)
def test_money_is_exact_or_refused(text: str, unit: str, minor: int | None) -> None:
    result = converted("payment", "amount_minor", [text], money=unit)
    assert result.values.to_pylist() == [minor]
    assert bad_rows(result) == [minor is None]


@given(st.integers(-(10**15), 10**15), st.integers(0, 6))
def test_money_agrees_with_decimal(number: int, decimals: int) -> None:
    text = str(Decimal(number).scaleb(-decimals).quantize(Decimal(1).scaleb(-decimals)))
    exact = Decimal(text) * 100
    value = converted("payment", "amount_minor", [text], money="major").values.to_pylist()[0]
    fits = exact == exact.to_integral_value() and abs(exact) < 10**18
    assert value == (int(exact) if fits and "E" not in text else None)


@pytest.mark.parametrize(
    ("text", "marks", "minor"),
    [
        ("1,234,567.89", {"thousands_mark": ","}, 123_456_789),
        ("1234.5", {"thousands_mark": ","}, 123_450),
        ("12,34.5", {"thousands_mark": ","}, None),
        ("1.234,56", {"decimal_mark": ",", "thousands_mark": "."}, 123_456),
        ("1234,56", {"decimal_mark": ","}, 123_456),
        ("1.234", {"decimal_mark": ","}, None),
        ("1 234.5", {"thousands_mark": " "}, 123_450),
    ],
)
def test_only_declared_marks_are_read(text: str, marks: dict[str, str], minor: int | None) -> None:
    assert converted("payment", "amount_minor", [text], money="major", **marks).values.to_pylist() == [minor]


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2024-02-29", "2024-02-29"),
        ("2026-02-29", None),
        ("2026-1-5", "2026-01-05"),
        ("20261031", "2026-10-31"),
        ("2026115", None),
        ("2026年10月31日", "2026-10-31"),
        ("2006-06-03T23:59:59Z", "2006-06-03"),
        ("2026-04-31", None),
        ("2026-13-01", None),
        ("2026-00-01", None),
        ("2026-01-00", None),
        ("46326", None),
        ("0000-01-01", None),
    ],
)
def test_dates_are_calendar_dates_as_written(text: str, iso: str | None) -> None:
    formats = ["%Y-%m-%d", "%Y%m%d", "%Y年%m月%d日", "%Y-%m-%dT%H:%M:%SZ"]
    result = converted("payment", "paid_on", [text], dates=formats)
    assert [value and value.isoformat() for value in result.values.to_pylist()] == [iso]
    assert bad_rows(result) == [iso is None]


def test_date_formats_that_could_swap_day_and_month_are_refused() -> None:
    assert ambiguous(("%d/%m/%Y", "%m/%d/%Y"))
    assert ambiguous(("%d/%m/%Y", "%Y-%m-%d")) is None
    assert unreadable_format("%b %d %Y")
    assert unreadable_format("%Y-%m")


def test_blank_is_null_and_never_zero() -> None:
    result = converted("payment", "amount_minor", ["", " ", "-", None, "0"], money="major", blank=["-"])
    assert result.values.to_pylist() == [None, None, None, None, 0]
    assert bad_rows(result) == [False] * 5


def test_identifiers_stay_text() -> None:
    texts = ["000123", "1E10", "TRUE", "NA", "null", "2-1", "110101199003070000"]
    assert converted("loan", "loan_id", list(texts)).values.to_pylist() == texts


def test_rates_are_fractions() -> None:
    assert converted("loan", "annual_rate", ["4.35"], fraction="percent").values.to_pylist() == [0.0435]
    assert converted("loan", "annual_rate", ["0.0435"], fraction="fraction").values.to_pylist() == [0.0435]
    assert converted("loan", "annual_rate", ["3"], fraction="permille").values.to_pylist() == [0.003]


def test_codes_and_flags_come_from_their_list() -> None:
    codes = converted("payment", "payment_kind", ["冲正", "refund", "?"], {"冲正": "reversal"})
    assert codes.values.to_pylist() == ["reversal", None, None]
    assert bad_rows(codes) == [False, True, True]
    flags = converted("loan", "is_restructured", ["是", "false", "也许", ""])
    assert flags.values.to_pylist() == [True, False, None, None]
    assert bad_rows(flags) == [False, False, True, False]


@pytest.mark.parametrize(("text", "value"), [("36", 36), ("36.0", 36), ("36.5", None), ("2147483648", None)])
def test_counts_are_whole(text: str, value: int | None) -> None:
    assert converted("loan", "term_months", [text]).values.to_pylist() == [value]


def test_floating_point_money_is_refused() -> None:
    with pytest.raises(TypeError, match="not exact"):
        converted("payment", "amount_minor", [1.5], money="major")


@given(st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1))))
def test_sums_do_not_overflow(values: list[int | None]) -> None:
    assert exact_sum(pa.array(values, pa.int64())) == sum(v for v in values if v is not None)
