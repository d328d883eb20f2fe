"""Vintages: whole cohorts in the denominator, unreached cells blank, ever never falls (F-20, F-21)."""

from __future__ import annotations

from datetime import date

import pandas as pd

import hand_made
from postloan.metrics.facts import Facts
from postloan.metrics.vintage import vintage

JAN, FEB, MAR = date(2025, 1, 31), date(2025, 2, 28), date(2025, 3, 31)


def loan(loan_id: str, on: date, principal: int, branch: str | None = "North") -> dict[str, object]:
    return {"loan_id": loan_id, "disbursed_on": on, "principal_minor": principal, "branch": branch}


def on(loan_id: str, mob: int, end: date, dpd: int | None, balance: int, **more: object) -> dict[str, object]:
    row = hand_made.month(loan_id, end, dpd, balance, mob=mob, cohort=date(2025, 1, 1), branch="North")
    return {**row, **more}


def over_30(end: date, balance: int) -> dict[str, object]:
    return {"first_over_30_on": end, "balance_first_over_30_minor": balance}


LOANS = [
    loan("late", date(2025, 1, 2), 1000),
    loan("gone", date(2025, 1, 9), 2000),
    loan("good", date(2025, 1, 31), 3000),
    loan("blind", date(2025, 1, 15), 4000, None),
    loan("young", date(2025, 2, 10), 500),
    loan("not yet", date(2025, 4, 1), 900),
]
ROWS = [
    on("late", 0, JAN, 0, 1000), on("late", 1, FEB, 31, 900, **over_30(FEB, 900)),
    on("late", 2, MAR, 0, 700, **over_30(FEB, 900)),
    on("gone", 0, JAN, 0, 2000), on("gone", 1, FEB, 30, 1900),
    on("gone", 2, MAR, 0, 0, status="settled"),
    on("good", 0, JAN, 0, 3000), on("good", 1, FEB, 0, 2900), on("good", 2, MAR, 58, 2800, **over_30(MAR, 2800)),
    on("blind", 0, JAN, None, 4000, branch=None), on("blind", 1, FEB, None, 4000, branch=None),
    on("blind", 2, MAR, None, 4000, branch=None),
    on("young", 0, FEB, 0, 500, cohort=date(2025, 2, 1)), on("young", 1, MAR, 0, 450, cohort=date(2025, 2, 1)),
]  # fmt: skip


def cut(
    as_of: date, rows: list[dict[str, object]] = ROWS, scopes: tuple[str, ...] = ("all",)
) -> pd.DataFrame:
    facts = Facts.of({"loan": hand_made.rows("loan", LOANS), "position": hand_made.rows("position", rows)})
    return vintage(facts, as_of, scopes)


def curve(
    frame: pd.DataFrame, view: str, basis: str, cohort: str = "2025-01-01", over: int = 30
) -> list[object]:
    chosen = (frame["view"] == view) & (frame["basis"] == basis) & (frame["threshold"] == over)
    rows = frame[chosen & (frame["cohort"] == pd.Timestamp(cohort))].sort_values("mob")
    return [None if pd.isna(cell) else int(cell) for cell in rows["numerator"]]


def test_worked_example_by_hand() -> None:
    frame = cut(MAR)
    # The strict threshold leaves out the loan at exactly 30 days; a settled loan stays in the cohort.
    assert curve(frame, "ever", "amount") == [0, 900, 900 + 2800]
    assert curve(frame, "ever", "count") == [0, 1, 2]
    assert curve(frame, "current", "amount") == [0, 900, 2800]
    assert curve(frame, "current", "count") == [0, 1, 1]
    cell = frame[(frame["mob"] == 2) & (frame["view"] == "ever") & (frame["threshold"] == 30)]
    cell = cell[cell["cohort"] == pd.Timestamp("2025-01-01")].set_index("basis")
    assert cell["denominator"].to_dict() == {"amount": 10_000, "count": 4}
    assert cell["value"].to_dict() == {"amount": 0.37, "count": 0.5}
    assert set(cell["n"]) == {4}
    assert set(cell["unknown"]) == {1}


def test_months_not_reached_are_missing_not_zero() -> None:
    frame = cut(MAR)
    assert curve(frame, "ever", "amount", "2025-02-01") == [0, 0, None]
    unreached = frame[(frame["cohort"] == pd.Timestamp("2025-02-01")) & (frame["mob"] == 2)]
    assert unreached["value"].isna().all()


def test_a_date_inside_a_month_is_no_month_end() -> None:
    inside = date(2025, 3, 15)
    rows = [*ROWS[:2], on("late", 2, inside, 46, 900, **over_30(FEB, 900))]
    assert curve(cut(inside, rows), "ever", "amount") == [0, 900]
    assert curve(cut(inside, rows), "current", "amount") == [0, 900]


def test_branches_and_loans_without_one_add_up() -> None:
    frame = cut(MAR, scopes=("all", "North", "(missing)"))
    cell = frame[
        (frame["mob"] == 0) & (frame["cohort"] == pd.Timestamp("2025-01-01")) & (frame["basis"] == "amount")
    ]
    lent = cell.groupby("scope", observed=True)["denominator"].first()
    assert lent.to_dict() == {"all": 10_000, "North": 6000, "(missing)": 4000}


def test_more_than_24_cohorts_are_rolled_up_to_quarters_as_old_as_their_last_month() -> None:
    starts = pd.date_range("2023-01-01", periods=26, freq="MS")
    loans = [loan(f"L{place}", start.date(), 100) for place, start in enumerate(starts)]
    rows = [
        hand_made.month(f"L{place}", (start + pd.offsets.MonthEnd(mob + 1)).date(), 0, 100, mob=mob,
                        cohort=start.date())
        for place, start in enumerate(starts)
        for mob in range(2)
    ]  # fmt: skip
    facts = Facts.of({"loan": hand_made.rows("loan", loans), "position": hand_made.rows("position", rows)})
    frame = vintage(facts, date(2025, 2, 28), ["all"])
    months = frame[frame["grain"] == "month"]
    assert months["cohort"].nunique() == 24
    assert months["cohort"].min() == pd.Timestamp("2023-03-01")
    quarters = frame[(frame["grain"] == "quarter") & (frame["view"] == "ever") & (frame["threshold"] == 30)]
    quarters = quarters[quarters["basis"] == "amount"].set_index(["cohort", "mob"])
    assert quarters.loc[(pd.Timestamp("2023-01-01"), 0), "denominator"] == 300
    last_reached = quarters["value"].dropna().reset_index().groupby("cohort")["mob"].max()
    assert last_reached[pd.Timestamp("2023-01-01")] == 23  # March 2023 is 23 months old in February 2025
    assert pd.Timestamp("2025-01-01") not in last_reached.index  # its quarter is not over


def test_ever_never_falls() -> None:
    frame = cut(MAR)
    ever = frame[(frame["view"] == "ever") & frame["value"].notna()]
    keys = ["scope", "grain", "cohort", "threshold", "basis"]
    assert (ever.groupby(keys, observed=True)["value"].diff().dropna() >= 0).all()
