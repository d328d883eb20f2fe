from __future__ import annotations

from datetime import date

import pytest

from hand_made import month, rows
from postloan.engine.cures import cures, recoveries

JAN, JUL, AUG = date(2024, 1, 31), date(2024, 7, 31), date(2024, 8, 31)
GRID = [date(2024, 1, 31), date(2024, 2, 29), date(2024, 6, 30), JUL, AUG]


@pytest.mark.parametrize(("again_on", "is_redefault"), [(JUL, True), (AUG, False)])
def test_overdue_again_counts_for_six_months(again_on: date, is_redefault: bool) -> None:
    position = rows("position", [month("A", JAN, 0, 9, is_cured=True), month("A", again_on, 1, 9)])
    (row,) = cures(position, GRID).to_pylist()
    assert (row["month_end"], row["is_redefault"], row["balance_minor"]) == (JUL, is_redefault, 9)


def test_until_six_months_have_passed_it_is_unknown() -> None:
    position = rows("position", [month("A", JAN, 0, 9, is_cured=True), month("A", date(2024, 2, 29), 8, 9)])
    (row,) = cures(position, GRID[:3]).to_pylist()
    assert row["is_redefault"] is None


def test_recoveries_by_month_and_year_to_date() -> None:
    feb, jun = GRID[1], GRID[2]
    gone = [month("A", on, None, 0, status="written_off", branch="东城") for on in (JAN, feb, jun)]
    position = rows(
        "position", [gone[0], {**gone[1], "recovered_minor": 5}, {**gone[2], "recovered_minor": 7}]
    )
    found = recoveries(position, GRID).to_pylist()
    amounts = [(row["month_end"].month, row["recovered_minor"], row["recovered_year_minor"]) for row in found]
    assert amounts == [(2, 5, 5), (6, 7, 12), (7, 0, 12), (8, 0, 12)]
    assert {row["branch"] for row in found} == {"东城"}
