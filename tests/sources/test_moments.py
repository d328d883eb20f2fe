"""Moments: the lender's own clock, to the second, both sides of every bound of a day."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from postloan.model.contract import Kind
from postloan.model.tables import DELIVERED
from postloan.sources.dates import to_moments, without_time
from postloan.sources.judging.convert import Reading, convert
from postloan.sources.judging.suspicion import Unsound
from postloan.sources.mapping import Formats

FORMAT = "%Y-%m-%d %H:%M:%S"
ACTED_AT = DELIVERED["action"].column("acted_at")


def _read(values: pa.Array, *formats: str) -> pa.Array:
    return convert(values, ACTED_AT, Reading(Formats(dates=formats), None, 2)).values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-02 07:59:59", datetime(2026, 3, 2, 7, 59, 59)),
        ("2026-03-02 08:00:00", datetime(2026, 3, 2, 8)),
        ("2026-03-02 9:05:00", datetime(2026, 3, 2, 9, 5)),
        ("2026-03-02 23:59:59", datetime(2026, 3, 2, 23, 59, 59)),
        ("2026-03-02 00:00:00", datetime(2026, 3, 2)),
        ("2026-03-02 24:00:00", None),
        ("2026-03-02 23:60:00", None),
        ("2026-03-02 23:59:60", None),
        ("2026-02-29 10:00:00", None),
        ("2026-03-02", None),
    ],
)
def test_a_text_is_a_moment_or_none(text: str, expected: datetime | None) -> None:
    values, bad = to_moments(pa.array([text, None]), (FORMAT,))
    assert values.to_pylist() == [expected, None]
    assert bad.tolist() == [expected is None, False]


def test_seconds_may_be_left_out() -> None:
    assert _read(pa.array(["20260302 1405"]), "%Y%m%d %H%M").to_pylist() == [datetime(2026, 3, 2, 14, 5)]


def test_a_date_column_drops_the_time_of_the_same_text() -> None:
    column = DELIVERED["visit"].column("visited_on")
    found = convert(pa.array(["2026-03-02 23:59:59"]), column, Reading(Formats(dates=(FORMAT,)), None, 2))
    assert found.values.to_pylist() == [date(2026, 3, 2)]


def test_typed_stamps_are_taken_to_the_second() -> None:
    stamps = pa.array([datetime(2026, 3, 2, 21, 59, 59, 999_000), None], pa.timestamp("us"))
    assert _read(stamps).to_pylist() == [datetime(2026, 3, 2, 21, 59, 59), None]


@pytest.mark.parametrize(
    "stamps",
    [
        pa.array([datetime(2026, 3, 2, 21, tzinfo=UTC)], pa.timestamp("s", "UTC")),
        pa.array([date(2026, 3, 2)], pa.date32()),
    ],
)
def test_stamps_of_another_clock_and_plain_dates_are_no_moments(stamps: pa.Array) -> None:
    with pytest.raises(Unsound):
        _read(stamps)


def test_a_stand_in_is_bad_in_moments_too() -> None:
    found = convert(
        pa.array(["1900-01-01 00:00:00", "2026-03-02 10:00:00"]),
        ACTED_AT,
        Reading(Formats(dates=(FORMAT,)), None, 2),
    )
    assert found.values.to_pylist() == [None, datetime(2026, 3, 2, 10)]
    assert any(mask[0] and not mask[1] for mask in found.bad.values())


def test_a_format_of_moments_needs_a_time_and_no_zone() -> None:
    assert without_time(FORMAT) is None
    assert "%H" in str(without_time("%Y-%m-%d"))
    assert "zone" in str(without_time("%Y-%m-%d %H:%M:%S%z"))


def test_moments_are_declared_where_hours_count() -> None:
    moments = {(t.name, c.name) for t in DELIVERED.values() for c in t.columns if c.kind is Kind.MOMENT}
    assert ("action", "acted_at") in moments
    assert all(name.endswith("_at") for _, name in moments)
