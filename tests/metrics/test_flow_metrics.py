"""Worked cases of figures over a period: rolls, cures, migration, NPL formation, recoveries, provisions."""

from __future__ import annotations

from datetime import date

import pytest

from hand_made import month, rows
from postloan.engine.flows import flow, periods
from postloan.metrics.catalogue import measured
from postloan.metrics.facts import Facts

GRID = [date(2023, 12, 31), date(2024, 1, 31), date(2024, 2, 29)]
DEC, JAN, FEB = GRID
OLD = {"cohort": date(2023, 1, 1)}


def facts(*months: dict[str, object]) -> Facts:
    position = rows("position", [{**OLD, **row} for row in months])
    return Facts.of({"position": position, "flow": flow(position, periods(GRID))})


def fraction(book: Facts, slug: str, on: date = FEB) -> tuple[int, int]:
    (row,) = measured(book, [slug], [on]).to_dict("records")
    return int(row["numerator"]), int(row["denominator"])


ROLLING = facts(
    month("A", JAN, 0, 100), month("A", FEB, 10, 95),
    month("B", JAN, 0, 300), month("B", FEB, 0, 290),
    month("C", JAN, 0, 600), month("C", FEB, 0, 0, status="settled"),
    month("D", JAN, 40, 50), month("D", FEB, 9, 40),
    month("E", JAN, 40, 70), month("E", FEB, 0, 60, is_cured=True),
    month("F", JAN, 40, 80), month("F", FEB, 69, 80),
    month("G", JAN, 40, 90), month("G", FEB, None, 90),
)  # fmt: skip


@pytest.mark.parametrize(
    ("slug", "numerator", "denominator"),
    [
        ("roll_rate_m0_m1", 100, 1000),  # the loan that left stays in the denominator
        ("entry_rate", 100, 1000),
        ("roll_rate_m2_m3", 80, 200),
        ("roll_back_rate", 50, 200),  # a cure is no roll-back
        ("cure_rate", 1, 3),
        ("cure_rate_balance", 70, 200),
    ],
)
def test_rolls_and_cures(slug: str, numerator: int, denominator: int) -> None:
    assert fraction(ROLLING, slug) == (numerator, denominator)


def test_a_loan_whose_end_is_unknown_is_counted_as_such() -> None:
    (row,) = measured(ROLLING, ["cure_rate"], [FEB]).to_dict("records")
    assert row["unknown"] == 1


def test_a_cure_that_holds() -> None:
    book = facts(
        month("A", DEC, 9, 1), month("A", JAN, 0, 1, is_cured=True), month("A", FEB, 0, 1),
        month("B", DEC, 9, 1), month("B", JAN, 0, 1, is_cured=True), month("B", FEB, 20, 1),
        month("C", DEC, 9, 1), month("C", JAN, 0, 1, is_cured=True), month("C", FEB, 0, 0, status="settled"),
    )  # fmt: skip
    assert fraction(book, "durable_cure_rate") == (2, 3)


CLASSED = facts(
    # Normal to substandard, after paying 100.
    month("A", DEC, 0, 1000, risk_class="normal"),
    month("A", JAN, 95, 950, risk_class="substandard", repaid_minor=50, received_minor=50),
    month("A", FEB, 120, 900, risk_class="substandard", repaid_minor=50, received_minor=50),
    # Special mention to loss.
    month("B", DEC, 80, 400, risk_class="special_mention"), month("B", JAN, 100, 400, risk_class="substandard"),
    month("B", FEB, 400, 400, risk_class="loss"),
    # Normal, repaid in full.
    month("C", DEC, 0, 500, risk_class="normal"),
    month("C", JAN, 0, 0, status="settled", repaid_minor=500, received_minor=500),
    # Normal and stays.
    month("D", DEC, 0, 600, risk_class="normal"), month("D", JAN, 0, 600, risk_class="normal"),
    month("D", FEB, 0, 600, risk_class="normal"),
    # Non-performing and written off.
    month("E", DEC, 200, 250, risk_class="substandard"),
    month("E", JAN, None, 0, status="written_off", principal_written_off_minor=250),
)  # fmt: skip


@pytest.mark.parametrize(
    ("slug", "numerator", "denominator"),
    [
        # Closing 900 + 400 of what was performing / (1000 + 500 + 600 + 400 less 100 and 500 repaid).
        ("migration_rate_normal_loans", 1300, 1900),
        ("migration_rate_normal", 900, 1500),
        ("migration_rate_special_mention", 400, 400),
        ("migration_rate_substandard", 0, 0),  # all of it was written off
        ("migration_rate_substandard_monthly", 400, 1300),
        ("npl_formation", 1300 - 250 + 250, 2750),
        ("npl_formation_monthly", 1300 - 1350, 1950),
        ("recovery_rate_npl", 50, 250 + 950 + 400),
    ],
)
def test_migration_and_formation(slug: str, numerator: int, denominator: int) -> None:
    assert fraction(CLASSED, slug) == (numerator, denominator)


def test_write_offs_of_the_month_and_of_the_year() -> None:
    found = measured(CLASSED, ["written_off", "written_off_year"], [FEB])["numerator"]
    assert found.tolist() == [0, 250]


def test_recoveries_of_arrears() -> None:
    book = facts(
        month("A", JAN, 10, 100, overdue_minor=20),
        month("A", FEB, 0, 80, overdue_collected_minor=20, fell_overdue_minor=0, received_minor=45),
        month("B", JAN, 40, 100, overdue_minor=30),
        month("B", FEB, 69, 90, overdue_minor=35, overdue_collected_minor=10, fell_overdue_minor=15, received_minor=10),
        month("C", JAN, 0, 100), month("C", FEB, 5, 100, overdue_minor=5, fell_overdue_minor=5),
    )  # fmt: skip
    assert fraction(book, "recovery_rate_period") == (30, 70)
    assert fraction(book, "recovery_rate_opening") == (55, 50)
    assert fraction(book, "recovery_rate_30plus") == (10, 30)


def test_provisions_given_for_some_loans_only() -> None:
    loans = [
        month("A", FEB, 0, 1000, risk_class="normal", provision_minor=10, standard_provision_minor=10),
        month("B", FEB, 100, 200, risk_class="substandard", provision_minor=90, standard_provision_minor=50),
        month("C", FEB, 0, 500, risk_class="normal", standard_provision_minor=5),
    ]
    book = Facts.of({"position": rows("position", loans)})
    assert fraction(book, "provision_coverage") == (100, 200)
    assert fraction(book, "provision_ratio") == (100, 1200)
    found = measured(book, ["provision_balance", "provision_standard"], [FEB])
    assert found[["numerator", "unknown"]].values.tolist() == [[100, 1], [65, 0]]


def test_without_a_provision_table_coverage_is_unknown_and_the_estimate_stands() -> None:
    loan = month("A", FEB, 100, 200, risk_class="substandard", standard_provision_minor=50)
    book = Facts.of({"position": rows("position", [loan])})
    found = measured(book, ["provision_balance", "provision_coverage", "provision_standard"], [FEB])
    assert found["value"].isna().tolist() == [True, True, False]
    assert found["unknown"].tolist() == [1, 1, 0]


def test_over_90_to_npl_shows_late_classification() -> None:
    loans = [
        month("A", FEB, 91, 300, risk_class="special_mention"),
        month("B", FEB, 100, 100, risk_class="substandard"),
    ]
    book = Facts.of({"position": rows("position", loans)})
    assert fraction(book, "over_90_to_npl") == (400, 100)
    assert fraction(book, "npl_ratio") == (100, 400)
    assert fraction(book, "special_mention_ratio") == (300, 400)
