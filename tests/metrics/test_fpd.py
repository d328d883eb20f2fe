"""First-payment default: matured instalments only, loans without a schedule are unknown (F-22)."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

import hand_made
from postloan.metrics.facts import Facts
from postloan.metrics.fpd import fpd

AS_OF = date(2025, 6, 30)


def loan(
    loan_id: str, principal: int, on: date = date(2025, 4, 5), branch: str = "North"
) -> dict[str, object]:
    return {"loan_id": loan_id, "disbursed_on": on, "principal_minor": principal, "branch": branch}


def due(loan_id: str, no: int, on: date, worst: int, **more: object) -> dict[str, object]:
    return {
        "loan_id": loan_id, "schedule_no": 1, "instalment_no": no, "due_on": on, "due_minor": 10, "paid_minor": 0,
        "worst_dpd": worst, **more,
    }  # fmt: skip


def figure(
    loans: list[dict[str, object]], dues: list[dict[str, object]], nth: int, x: int, basis: str
) -> pd.Series:
    tables = {
        "loan": hand_made.rows("loan", loans),
        "instalment_outcome": hand_made.rows("instalment_outcome", dues),
    }
    frame = fpd(Facts.of(tables), AS_OF, ["all"])
    chosen = (
        (frame["nth"] == nth) & (frame["x_days"] == x) & (frame["basis"] == basis) & frame["cohort"].isna()
    )
    return frame[chosen].iloc[0]


FIRST = date(2025, 5, 5)
LOANS = [
    loan("a", 100),
    loan("b", 200),
    loan("c", 400),
    loan("bare", 800),
    loan("later", 9, date(2025, 7, 1)),
]
DUES = [
    due("a", 1, FIRST, 0), due("b", 1, FIRST, 7), due("c", 1, FIRST, 8),
    due("a", 2, date(2025, 6, 5), 25), due("b", 2, date(2025, 6, 5), 0), due("c", 2, date(2025, 6, 5), 25),
]  # fmt: skip


def test_worked_example_by_hand() -> None:
    seven = figure(LOANS, DUES, 1, 7, "count")
    assert seven[["numerator", "denominator", "n", "unknown"]].to_list() == [1, 3, 3, 1]
    assert seven["low"] < 1 / 3 < seven["high"]
    assert figure(LOANS, DUES, 1, 0, "count")["numerator"] == 2
    amount = figure(LOANS, DUES, 1, 7, "amount")
    assert amount[["numerator", "denominator"]].to_list() == [400, 700]


def test_the_second_instalment_is_not_matured_until_its_days_have_passed() -> None:
    assert figure(LOANS, DUES, 2, 7, "count")[["numerator", "denominator"]].to_list() == [2, 3]
    assert figure(LOANS, DUES, 2, 30, "count")["denominator"] == 0  # due 5 June: 30 days end on 5 July
    assert pd.isna(figure(LOANS, DUES, 2, 30, "count")["value"])


def test_both_sides_of_the_day_of_maturity() -> None:
    on_the_day = [due("a", 1, AS_OF - timedelta(days=7), 7)]
    day_after = [due("a", 1, AS_OF - timedelta(days=6), 6)]
    assert figure(LOANS[:1], on_the_day, 1, 7, "count")["denominator"] == 1
    assert figure(LOANS[:1], day_after, 1, 7, "count")["denominator"] == 0


def test_an_instalment_replaced_before_it_fell_due_is_passed_over() -> None:
    dues = [
        due("a", 1, FIRST, 0, superseded_on=date(2025, 5, 1)),
        due("a", 1, date(2025, 5, 20), 31, schedule_no=2),
    ]
    assert figure(LOANS[:1], dues, 1, 30, "count")[["numerator", "denominator"]].to_list() == [1, 1]


def test_a_loan_settled_before_its_first_instalment_counts_as_paid() -> None:
    dues = [due("a", 1, FIRST, 0, superseded_on=date(2025, 5, 1))]
    assert figure(LOANS[:1], dues, 1, 30, "count")[["numerator", "denominator"]].to_list() == [0, 1]


def test_cohorts_and_branches_add_up() -> None:
    loans = [loan("a", 100), loan("b", 200, date(2025, 3, 1), "South"), loan("c", 400, date(2025, 3, 9))]
    tables = {
        "loan": hand_made.rows("loan", loans),
        "instalment_outcome": hand_made.rows("instalment_outcome", DUES),
    }
    frame = fpd(Facts.of(tables), AS_OF, ["all", "North", "South"])
    keys = ["nth", "x_days", "basis"]
    sums = ["numerator", "denominator", "n", "unknown"]
    in_all = frame[frame["cohort"].isna() & (frame["scope"] == "all")].set_index(keys)[sums].sort_index()
    by_cohort = frame[frame["cohort"].notna() & (frame["scope"] == "all")].groupby(keys)[sums].sum()
    by_branch = frame[frame["cohort"].isna() & (frame["scope"] != "all")].groupby(keys)[sums].sum()
    pd.testing.assert_frame_equal(by_cohort, in_all, check_dtype=False)
    pd.testing.assert_frame_equal(by_branch, in_all, check_dtype=False)
