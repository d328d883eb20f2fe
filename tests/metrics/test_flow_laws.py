"""Conservation: nothing is lost between two dates, and a year is the sum of its months."""

from __future__ import annotations

import pyarrow.compute as pc
import pytest
from lender import GRID, tables

from postloan.engine.flows import periods

TABLES = tables()
MONTHS = [span for span in periods(GRID) if span.base == "month"][1:]
SUMMED = (
    "received_minor",
    "repaid_minor",
    "principal_written_off_minor",
    "new_npl_minor",
    "npl_received_minor",
)


def total(table: str, column: str, **equal: object) -> int:
    rows = TABLES[table]
    for name, value in equal.items():
        rows = rows.filter(pc.field(name) == value)
    return int(pc.sum(rows[column]).as_py() or 0)


@pytest.mark.parametrize("span", MONTHS, ids=lambda span: str(span.month_end))
def test_opening_and_closing_balances_are_those_of_the_positions(span) -> None:  # type: ignore[no-untyped-def]
    flows = {"base": "month", "month_end": span.month_end}
    opening = total("position", "balance_minor", month_end=span.from_month_end, status="active")
    closing = total("position", "balance_minor", month_end=span.month_end)
    assert total("flow", "from_balance_minor", **flows) == opening
    assert total("flow", "to_balance_minor", **flows) == closing


@pytest.mark.parametrize("column", SUMMED)
def test_a_year_is_the_sum_of_its_months(column: str) -> None:
    of_year = [on for on in GRID if on.year == 2024]
    months = sum(total("flow", column, base="month", month_end=on) for on in of_year)
    assert total("flow", column, base="year", month_end=of_year[-1]) == months


def test_every_loan_that_was_open_has_one_end() -> None:
    flow = TABLES["flow"].filter((pc.field("base") == "month") & (pc.field("month_end") == GRID[-1]))
    assert pc.count_distinct(flow["loan_id"]).as_py() == flow.num_rows
    assert "unknown" in pc.unique(flow["to_state"]).to_pylist()


def test_npl_balances_walk() -> None:
    """Closing = opening + became non-performing − left it in any way, loan by loan, so never below zero."""
    for span in MONTHS:
        opened = total("flow", "new_npl_minor", base="month", month_end=span.month_end)
        closing = sum(
            total("position", "balance_minor", month_end=span.month_end, risk_class=name)
            for name in ("substandard", "doubtful", "loss")
        )
        assert 0 <= opened <= closing
