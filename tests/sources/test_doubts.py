"""A column as a whole: where every value can be read and yet none should be believed."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from conversion import bad_rows, converted

from postloan.sources.judging.suspicion import Unsound, unit_in_doubt


def test_two_decimal_marks_in_one_column_refuse_it() -> None:
    with pytest.raises(Unsound, match="ambiguous decimal mark"):
        converted("payment", "amount_minor", ["1.234,56", "1,234.56"], money="major", thousands_mark=",")


@pytest.mark.parametrize(
    "texts",
    [
        ["1.10101E+17", "5"],
        ["1E+17"],
        ["110101199003070000", "110101199003071000", "110101199003072000"],
        ["6222021001112220000", "6222021001113330000", "6222021001114440000", "77"],
    ],
)
def test_identifiers_that_were_numbers_in_a_spreadsheet_refuse_the_column(texts: list[str]) -> None:
    with pytest.raises(Unsound, match="lost their last digits") as caught:
        converted("customer", "id_number", list(texts))
    assert "format the column as text" in caught.value.mend.en


@pytest.mark.parametrize(
    "texts",
    [
        ["1E10", "2E5", "1.5"],
        ["110101199003070000", "110101199003071000"],
        ["110101199003070000", "110101199003071000", "110101199003072000", "110101199003072213"],
        ["1000000000000000", "2000000000000000", "3000000000000000"],
    ],
)
def test_identifiers_that_only_look_like_numbers_stay(texts: list[str]) -> None:
    assert converted("loan", "loan_id", list(texts)).values.to_pylist() == texts


def test_days_and_months_in_the_other_order_refuse_the_column() -> None:
    with pytest.raises(Unsound, match="all can as %d/%m/%Y") as caught:
        converted("payment", "paid_on", ["03/04/2026", "25/12/2025"], dates=["%m/%d/%Y"])
    assert caught.value.mend.en == "declare `dates: ['%d/%m/%Y']`"


def test_one_bad_day_is_no_other_order() -> None:
    result = converted("payment", "paid_on", ["13/01/2026", "12/25/2025"], dates=["%m/%d/%Y"])
    assert bad_rows(result) == [True, False]


@pytest.mark.parametrize("zoned", ["2026-01-05T10:00:00Z", "2026-01-05T10:00:00+08:00"])
def test_times_with_and_without_a_zone_refuse_the_column(zoned: str) -> None:
    formats = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]
    with pytest.raises(Unsound, match="times with a zone and times without one"):
        converted("payment", "paid_on", [zoned, "2026-01-05T10:00:00"], dates=formats)
    assert bad_rows(converted("payment", "paid_on", [zoned, zoned], dates=formats)) == [False, False]


def test_a_typed_time_with_a_zone_is_refused() -> None:
    with pytest.raises(Unsound, match="deliver dates"):
        converted("payment", "paid_on", [datetime(2026, 1, 5, tzinfo=UTC)])


@pytest.mark.parametrize("values", [["4.35", "3.85", "0"], [4.35, 3.85, 0.0]])
def test_rates_in_percent_declared_as_fractions_refuse_the_column(values: list[object]) -> None:
    with pytest.raises(Unsound, match=r"most rates are above 1, such as 4\.35") as caught:
        converted("loan", "annual_rate", values, fraction="fraction")
    assert "fraction: percent" in caught.value.mend.en


def test_a_phone_among_rates_is_not_quoted() -> None:
    result = converted("loan", "annual_rate", ["13812345678"], fraction="fraction")
    assert result.values.to_pylist() == [13812345678.0]


@pytest.mark.parametrize(
    ("minor", "unit", "doubt"),
    [
        (9_999, "major", "amounts are small"),
        (10_000, "major", None),
        (10**11, "ten_thousand", None),
        (10**11 + 2, "ten_thousand", "amounts are large"),
    ],
)
def test_amounts_in_another_unit_are_doubted(minor: int, unit: str, doubt: str | None) -> None:
    found = unit_in_doubt(pa.array([minor] * 20, pa.int64()), unit, 2)
    assert (found and found.en.partition(":")[0]) == doubt
    assert unit_in_doubt(pa.array([minor] * 19, pa.int64()), unit, 2) is None
