"""Static pools: entries by month, cash since, loans that leave stay (F-30 e)."""

from __future__ import annotations

from datetime import date

import pandas as pd

import hand_made
from postloan.metrics.facts import Facts
from postloan.metrics.static_pool import static_pools

APRIL, MAY, JUNE = date(2025, 4, 30), date(2025, 5, 31), date(2025, 6, 30)


def at(
    loan_id: str, on: date, dpd: int | None, overdue: int | None, cash: int = 0, **more: object
) -> dict[str, object]:
    row: dict[str, object] = hand_made.month(loan_id, on, dpd, 100, overdue_collected_minor=cash, **more)
    return {**row, "overdue_minor": overdue}


ROWS = [
    at("in", APRIL, 9, 40), at("in", MAY, 20, 30, 10), at("in", JUNE, 0, 0, 30),
    at("stays", APRIL, 5, 60), at("stays", MAY, 0, 0, 60, status="settled"),
    at("later", APRIL, 0, 0), at("later", MAY, 3, 50), at("later", JUNE, 33, 45, 5),
    at("was in", APRIL, 70, 500), at("was in", MAY, 0, 0, 0), at("was in", JUNE, 8, 9),
    at("blind", APRIL, None, None), at("blind", MAY, 12, 7), at("blind", JUNE, 42, 7),
]  # fmt: skip


def test_worked_example_by_hand() -> None:
    frame = static_pools(Facts.of({"position": hand_made.rows("position", ROWS)}), JUNE, ["all"])
    cells = {
        (row["pool"].month, row["k"]): (row["numerator"], row["denominator"], row["n"])
        for _, row in frame.iterrows()
    }
    # In April the book begins, so every overdue loan enters; what was unknown before is not known to enter.
    assert cells == {
        (4, 1): (10 + 60, 40 + 60 + 500, 3),
        (4, 2): (10 + 30 + 60, 600, 3),
        (5, 1): (5, 50, 1),
    }
    assert frame["value"].iloc[0] == 70 / 600
    assert frame[["low", "high"]].isna().all(axis=None)


def test_a_first_month_has_no_pool_that_could_have_paid() -> None:
    facts = Facts.of({"position": hand_made.rows("position", [at("in", JUNE, 9, 40)])})
    assert static_pools(facts, JUNE, ["all"]).empty
    assert isinstance(static_pools(facts, JUNE, ["all"]), pd.DataFrame)
