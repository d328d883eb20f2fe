"""The book's own sums beside the lender's control totals."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from postloan.jobs.reconciliation import net_capital, reconciliation
from postloan.metrics.facts import Facts
from postloan.model.tables import TABLES

AS_OF = date(2025, 6, 30)


def table(name: str, *rows: dict[str, Any]) -> pa.Table:
    """Fill what a test does not care about: blanks, and zeros where the contract wants a value."""
    schema = TABLES[name].schema()
    blank = {
        field.name: None if field.nullable else "" if pa.types.is_string(field.type) else 0
        for field in schema
    }
    return pa.Table.from_pylist([{**blank, **row} for row in rows], schema=schema)


@pytest.fixture(scope="module")
def facts() -> Facts:
    loans = [
        ("A", "north", 100, date(2025, 1, 1)),
        ("B", "south", 200, AS_OF),
        ("C", None, 400, date(2025, 7, 1)),
    ]
    stock = [
        ("A", "north", AS_OF, 70, 5),
        ("B", "south", AS_OF, 200, None),
        ("A", "north", date(2025, 5, 31), 90, 0),
    ]
    payments = [
        ("1", "A", date(2025, 6, 1), 20, None),
        ("2", "A", AS_OF, 30, "repayment"),
        ("3", "B", date(2025, 6, 2), 5, "refund"),
        ("4", "A", date(2025, 6, 3), 20, "reversal"),
        ("5", "A", date(2025, 5, 31), 1000, None),
    ]
    keys = ("loan_id", "branch", "principal_minor", "disbursed_on")
    stocks = ("loan_id", "branch", "month_end", "balance_minor", "overdue_minor")
    paid = ("payment_id", "loan_id", "paid_on", "amount_minor", "payment_kind")
    return Facts.of(
        {
            "loan": table("loan", *(dict(zip(keys, row, strict=True)) for row in loans)),
            "position": table(
                "position", *({"status": "active", **dict(zip(stocks, row, strict=True))} for row in stock)
            ),
            "payment": table("payment", *(dict(zip(paid, row, strict=True)) for row in payments)),
        }
    )


def control(*rows: tuple[str, date, str, int]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["control_item", "as_of", "branch", "total"])
    is_rows = frame["control_item"] == "rows"
    return frame.assign(
        total_minor=frame["total"].where(~is_rows).astype("Int64"),
        total_rows=frame["total"].where(is_rows).astype("Int64"),
    )


def differences(frame: pd.DataFrame) -> dict[tuple[str, str], int]:
    return {(row["scope"], row["item"]): int(row["difference"]) for row in frame.to_dict("records")}


def test_every_item_is_the_books_own_sum(facts: Facts) -> None:
    given = control(
        ("rows", AS_OF, "", 2),
        ("principal", AS_OF, "", 300),
        ("balance", AS_OF, "", 270),
        ("overdue_amount", AS_OF, "", 4),
        ("payments", AS_OF, "", 25),
        ("net_capital", AS_OF, "", 1000),
    )
    found = differences(reconciliation(given, facts, AS_OF, ["all"]))
    assert found == {
        ("all", "rows"): 0,
        ("all", "principal"): 0,
        ("all", "balance"): 0,
        ("all", "overdue_amount"): 1,
        ("all", "payments"): 0,
    }


def test_a_branch_is_tied_by_its_own_total_else_through_the_lenders(facts: Facts) -> None:
    given = control(("balance", AS_OF, "", 271), ("balance", AS_OF, "north", 70))
    found = differences(reconciliation(given, facts, AS_OF, ["all", "north", "south"]))
    assert found == {("all", "balance"): -1, ("north", "balance"): 0, ("south", "balance"): -1}


def test_totals_by_branch_alone_are_summed(facts: Facts) -> None:
    given = control(("balance", AS_OF, "north", 70), ("balance", AS_OF, "south", 199))
    assert differences(reconciliation(given, facts, AS_OF, ["all"])) == {("all", "balance"): 1}


def test_totals_of_another_date_tie_nothing(facts: Facts) -> None:
    given = control(("balance", date(2025, 5, 31), "", 270))
    assert reconciliation(given, facts, AS_OF, ["all"]).empty


def test_net_capital_is_the_latest_known(facts: Facts) -> None:
    given = control(
        ("net_capital", date(2024, 12, 31), "", 900),
        ("net_capital", date(2025, 3, 31), "", 1000),
        ("net_capital", date(2025, 9, 30), "", 2000),
        ("net_capital", date(2025, 3, 31), "north", 10),
    )
    assert net_capital(given, AS_OF) == 1000
    assert net_capital(given, date(2024, 1, 1)) is None
