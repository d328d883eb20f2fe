"""What two replays say differently of the same month-ends."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from postloan.engine.restate import restated
from postloan.model.derived import LOAN_MONTH
from postloan.model.restatement import RESTATED_SCHEMA

JAN, FEB = date(2026, 1, 31), date(2026, 2, 28)


def month(loan: str, on: date, balance: int | None, **given: object) -> dict[str, object]:
    figures = {"status": "active", "dpd": 0, "bucket": 0, "overdue_minor": 0}
    return {"loan_id": loan, "month_end": on, "mob": 1, "balance_minor": balance, **figures, **given}


def months(*rows: dict[str, object]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=LOAN_MONTH.schema())


def test_equal_months_are_not_restated() -> None:
    rows = months(month("L1", JAN, 10), month("L2", JAN, None, dpd=None, bucket=None))
    found = restated(rows, rows)
    assert found.schema == RESTATED_SCHEMA
    assert found.num_rows == 0


def test_every_figure_stands_before_and_after_in_order_of_loan_and_date() -> None:
    before = months(month("L2", FEB, 10), month("L2", JAN, 20), month("L1", JAN, 5, dpd=40, bucket=2))
    after = months(month("L1", JAN, 5), month("L2", JAN, 21), month("L2", FEB, None))
    found = restated(before, after).to_pylist()
    assert [(row["loan_id"], row["month_end"]) for row in found] == [("L1", JAN), ("L2", JAN), ("L2", FEB)]
    assert (found[0]["dpd_before"], found[0]["dpd_after"]) == (40, 0)
    assert (found[0]["bucket_before"], found[0]["bucket_after"]) == (2, 0)
    assert (found[0]["balance_minor_before"], found[0]["balance_minor_after"]) == (5, 5)
    assert (found[2]["balance_minor_before"], found[2]["balance_minor_after"]) == (10, None)


def test_other_columns_restate_nothing() -> None:
    before, after = months(month("L1", JAN, 5, mob=1)), months(month("L1", JAN, 5, mob=2))
    assert restated(before, after).num_rows == 0


def test_loans_appear_and_disappear() -> None:
    found = restated(months(month("L1", JAN, 5)), months(month("L2", JAN, 7))).to_pylist()
    assert [(row["status_before"], row["status_after"]) for row in found] == [
        ("active", None),
        (None, "active"),
    ]
    assert [(row["balance_minor_before"], row["balance_minor_after"]) for row in found] == [
        (5, None),
        (None, 7),
    ]


def test_a_row_after_an_exit_without_its_counterpart_restates_nothing() -> None:
    """A recovery told late adds a row of a loan that was written off long ago."""
    after = months(month("L1", JAN, 0, status="written_off"))
    assert restated(months(), after).num_rows == 0
    assert restated(months(month("L1", JAN, 3)), after).num_rows == 1
