from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from hand_made import month, rows
from postloan.engine.flows import flow, periods

NOV, DEC, JAN, FEB = date(2023, 11, 30), date(2023, 12, 31), date(2024, 1, 31), date(2024, 2, 29)
GRID = [NOV, DEC, JAN, FEB]
OLD = date(2023, 11, 1)


def history(*months: dict[str, object]) -> pa.Table:
    return rows("position", [{"cohort": OLD, **row} for row in months])


def only(position: pa.Table, base: str, on: date) -> dict[str, object]:
    found = flow(position, periods(GRID))
    chosen = found.filter((pc.field("base") == base) & (pc.field("month_end") == on)).to_pylist()
    assert len(chosen) == 1
    return dict(chosen[0])


def test_months_start_at_the_date_before_and_years_on_31_december() -> None:
    spans = {(span.base, span.from_month_end, span.month_end) for span in periods([NOV, DEC, JAN])}
    assert spans == {
        ("month", date(2023, 10, 31), NOV), ("month", NOV, DEC), ("month", DEC, JAN),
        ("year", date(2022, 12, 31), NOV), ("year", date(2022, 12, 31), DEC), ("year", DEC, JAN),
    }  # fmt: skip


def test_only_the_last_periods_are_kept_but_their_openings_stay() -> None:
    months = [span for span in periods(GRID, count=2) if span.base == "month"]
    assert [(span.from_month_end, span.month_end) for span in months] == [(DEC, JAN), (JAN, FEB)]


def test_a_loan_rolls() -> None:
    row = only(history(month("A", JAN, 20, 100), month("A", FEB, 49, 90)), "month", FEB)
    assert (row["from_state"], row["to_state"], row["from_dpd"], row["to_dpd"]) == ("M1", "M2", 20, 49)
    assert (row["from_balance_minor"], row["to_balance_minor"]) == (100, 90)


def test_an_exit_stays_with_the_way_it_left() -> None:
    position = history(month("A", JAN, 20, 100), month("A", FEB, None, 0, status="written_off"))
    row = only(position, "month", FEB)
    assert (row["to_state"], row["to_balance_minor"], row["to_dpd"]) == ("written_off", 0, None)


def test_an_exit_of_an_earlier_month_stays_in_the_years_flow() -> None:
    position = history(
        month("A", DEC, 0, 100), month("A", JAN, 0, 0, status="settled", received_minor=100), month("B", FEB, 0, 1)
    )  # fmt: skip
    found = flow(position, periods(GRID)).to_pylist()
    year = [r for r in found if r["base"] == "year" and r["month_end"] == FEB and r["loan_id"] == "A"]
    assert [(r["from_state"], r["to_state"], r["received_minor"]) for r in year] == [("M0", "settled", 100)]
    assert not [r for r in found if r["base"] == "month" and r["month_end"] == FEB and r["loan_id"] == "A"]


def test_a_new_loan_opens_with_nothing() -> None:
    position = rows("position", [month("N", FEB, 0, 70, cohort=date(2024, 2, 1), lent_minor=70)])
    row = only(position, "month", FEB)
    assert (row["from_state"], row["from_balance_minor"], row["lent_minor"]) == ("new", 0, 70)


def test_a_loan_that_comes_back_is_not_new() -> None:
    position = history(month("A", DEC, 0, 0, status="settled"), month("A", JAN, 0, 50))
    assert only(position, "month", JAN)["from_state"] == "settled"


def test_a_loan_that_was_gone_all_along_is_left_out_though_cash_came() -> None:
    gone = {"status": "written_off", "recovered_minor": 5}
    position = history(
        month("A", JAN, None, 0, **gone), month("A", FEB, None, 0, **gone), month("B", FEB, 0, 1)
    )
    assert only(position, "month", FEB)["loan_id"] == "B"


def test_a_loan_that_vanishes_ends_as_unknown() -> None:
    row = only(history(month("A", JAN, 0, 100)), "month", FEB)
    assert (row["to_state"], row["to_balance_minor"]) == ("unknown", None)


def test_unknown_delinquency_is_a_state_of_its_own() -> None:
    row = only(history(month("A", JAN, None, 100), month("A", FEB, 3, 100)), "month", FEB)
    assert (row["from_state"], row["to_state"]) == ("unknown", "M1")


def test_years_sum_what_months_hold() -> None:
    position = history(
        month("A", DEC, 0, 100, received_minor=1),
        month("A", JAN, 5, 90, received_minor=10, fell_overdue_minor=4),
        month("A", FEB, 0, 70, received_minor=20, fell_overdue_minor=2, is_cured=True),
    )
    row = only(position, "year", FEB)
    assert (row["received_minor"], row["fell_overdue_minor"], row["is_cured"]) == (30, 6, True)
    assert only(position, "month", FEB)["received_minor"] == 20


def test_what_became_non_performing_and_its_cash() -> None:
    position = history(
        month("A", DEC, 80, 100, risk_class="special_mention"),
        month("A", JAN, 111, 95, risk_class="substandard", received_minor=5),
        month("A", FEB, 140, 80, risk_class="substandard", received_minor=15),
    )
    assert only(position, "month", JAN)["new_npl_minor"] == 95
    assert only(position, "month", JAN)["npl_received_minor"] == 0
    year = only(position, "year", FEB)
    assert (year["new_npl_minor"], year["npl_received_minor"]) == (95, 15)


def test_disposals_of_non_performing_loans() -> None:
    position = history(
        month("A", JAN, 0, 100, risk_class="normal"),
        month("A", FEB, None, 0, status="sold", principal_sold_minor=100),
    )
    assert only(position, "month", FEB)["npl_disposed_minor"] == 0
    position = history(
        month("A", JAN, 100, 100, risk_class="substandard"),
        month("A", FEB, None, 0, status="sold", principal_sold_minor=100),
    )
    assert only(position, "month", FEB)["npl_disposed_minor"] == 100


def test_balances_tie_to_the_positions() -> None:
    position = history(
        month("A", JAN, 0, 100), month("A", FEB, 0, 90), month("B", JAN, 40, 50), month("B", FEB, None, 0, status="settled")
    )  # fmt: skip
    found = flow(position, periods(GRID)).filter(
        (pc.field("base") == "month") & (pc.field("month_end") == FEB)
    )
    assert pc.sum(found["from_balance_minor"]).as_py() == 150
    assert pc.sum(found["to_balance_minor"]).as_py() == 90
