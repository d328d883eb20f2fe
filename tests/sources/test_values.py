"""Text to values: exactly, by the declared format, on both sides of every limit."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest
from conversion import bad_rows, converted
from hypothesis import given
from hypothesis import strategies as st

from postloan.model.tables import DELIVERED
from postloan.sources.dates import ambiguous, unreadable_format
from postloan.sources.judging.convert import Converted
from postloan.sources.judging.numbers import exact_sum
from postloan.sources.judging.suspicion import Unsound

LOAN, PAYMENT = DELIVERED["loan"], DELIVERED["payment"]
AMOUNT = PAYMENT.column("amount_minor")


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


def why(result: Converted) -> list[str]:
    """Return the reasons of the first row."""
    return [reason.en for reason, mask in result.bad.items() if mask[0]]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1,234.56", "thousands mark not declared"),
        ("1.234.567,89", "thousands mark not declared"),
        ("1234,5", "decimal mark not declared"),
        ("(99.10)", "negative number in brackets"),
        ("（99.10）", "negative number in brackets"),
        ("1.5万", "unit behind the number"),
        ("￥1.5万元", "unit behind the number"),
        ("￥5", "currency sign"),
        ("5元", "currency sign"),
        ("USD 5", "currency sign"),
        ("5%", "percent sign"),
        ("-", "placeholder not declared as blank"),
        ("——", "placeholder not declared as blank"),
        ("N/A", "placeholder not declared as blank"),
        ("null", "placeholder not declared as blank"),
        ("无", "placeholder not declared as blank"),
        ("1e3", "scientific notation"),
        ("NaN", "not a finite number"),
        ("-inf", "not a finite number"),
        ("x12", "not a number as declared"),
        ("10²", "not a number as declared"),
    ],
)
def test_a_number_that_cannot_be_read_says_why(text: str, reason: str) -> None:
    assert why(converted("payment", "amount_minor", [text], money="major")) == [reason]


@pytest.mark.parametrize("text", ["１２３", "123\u3000", "\u00a0123", "12\u200b3", "１23"])
def test_full_width_and_invisible_characters_in_numbers_are_read_and_counted(text: str) -> None:
    result = converted("payment", "amount_minor", [text, "5", text, ""], money="major")
    assert result.values.to_pylist() == [12300, 500, 12300, None]
    # Blanks around a number are blanks, whatever their width.
    assert result.rewritten == (0 if text.strip() == "123" else 2)


def test_full_width_dates_are_read_and_counted() -> None:
    result = converted("payment", "paid_on", ["２０２６-01-05", "2026-01-05"], dates=["%Y-%m-%d"])
    assert result.values.to_pylist() == [date(2026, 1, 5)] * 2
    assert result.rewritten == 1


def test_an_identifier_in_full_width_is_not_read() -> None:
    assert why(converted("loan", "loan_id", ["０００１２３"])) == ["full-width or invisible character"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("46326", "day number of a spreadsheet, not a date"),
        ("46326.5", "day number of a spreadsheet, not a date"),
        ("1900-01-01", "placeholder 1900-01-01 not declared as blank"),
        ("2099-12-31", "placeholder 2099-12-31 not declared as blank"),
        ("9999-12-31", "placeholder 9999-12-31 not declared as blank"),
        ("1949-12-31", "year outside 1950 to 2099"),
        ("2100-01-01", "year outside 1950 to 2099"),
        ("0000-01-01", "year outside 1950 to 2099"),
        ("2026-02-30", "not a date like %Y-%m-%d"),
    ],
)
def test_a_date_that_cannot_be_believed_says_why(text: str, reason: str) -> None:
    result = converted("loan", "matures_on", [text], dates=["%Y-%m-%d"])
    assert why(result) == [reason]
    assert result.values.to_pylist() == [None]


@pytest.mark.parametrize("text", ["1950-01-01", "2099-12-30", "1970-01-02"])
def test_a_date_inside_the_limits_is_read(text: str) -> None:
    assert converted("loan", "matures_on", [text], dates=["%Y-%m-%d"]).values.to_pylist() == [
        date.fromisoformat(text)
    ]


def test_an_open_end_is_blank_where_it_is_declared() -> None:
    written = converted("loan", "matures_on", ["9999-12-31"], dates=["%Y-%m-%d"], blank=["9999-12-31"])
    typed = converted("loan", "matures_on", [date(9999, 12, 31)], blank=["9999-12-31"])
    for result in (written, typed):
        assert result.values.to_pylist() == [None]
        assert bad_rows(result) == [False]


def test_a_typed_open_end_is_a_fault_where_it_is_not_declared() -> None:
    assert why(converted("loan", "matures_on", [date(9999, 12, 31)])) == [
        "placeholder 9999-12-31 not declared as blank"
    ]


def test_a_rate_that_is_no_number_in_floating_point_is_bad() -> None:
    assert why(converted("loan", "annual_rate", [float("nan")], fraction="fraction")) == [
        "not a finite number"
    ]


@pytest.mark.parametrize(("text", "days"), [("999", 999), ("9998", 9998), ("9999", None), ("99999", None)])
def test_days_of_nothing_but_nines_stand_for_unknown(text: str, days: int | None) -> None:
    result = converted("loan_tape", "dpd", [text])
    assert result.values.to_pylist() == [days]
    assert why(result) == ([] if days else [f"placeholder {text} not declared as blank"])


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
    with pytest.raises(Unsound, match="not exact"):
        converted("payment", "amount_minor", [1.5], money="major")


@given(st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1))))
def test_sums_do_not_overflow(values: list[int | None]) -> None:
    assert exact_sum(pa.array(values, pa.int64())) == sum(v for v in values if v is not None)
