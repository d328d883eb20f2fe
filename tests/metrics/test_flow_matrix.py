"""The flow matrices: every loan in one cell, exits kept (F-15)."""

from __future__ import annotations

from datetime import date

import pandas as pd

import hand_made
from postloan.metrics.facts import Facts
from postloan.metrics.flow_matrix import class_matrix, flow_matrix

AS_OF = date(2025, 6, 30)


def flow(
    loan_id: str, start: str, end: str, before: int | None, after: int | None, **more: object
) -> dict[str, object]:
    return {
        "base": "month", "from_month_end": date(2025, 5, 31), "month_end": AS_OF, "loan_id": loan_id,
        "branch": "North", "from_state": start, "to_state": end, "from_balance_minor": before,
        "to_balance_minor": after, **more,
    }  # fmt: skip


FLOWS = [
    flow("a", "M0", "M0", 100, 90, from_risk_class="normal", to_risk_class="normal"),
    flow("b", "M0", "M1", 200, 200, from_risk_class="normal", to_risk_class="special_mention", branch=None),
    flow("c", "M0", "M0", 50, 40, from_risk_class="normal", to_risk_class="normal"),
    flow("d", "M3", "written_off", 70, 0, from_risk_class="substandard"),
    flow("e", "M1", "settled", 30, None, from_risk_class="special_mention", branch="South"),
    flow("f", "new", "M0", None, 500, to_risk_class="normal"),
    flow("g", "unknown", "unknown", None, None),
    flow("h", "settled", "M1", 0, 25, to_risk_class="special_mention"),
]
FACTS = Facts.of({"flow": hand_made.rows("flow", FLOWS)})
SCOPES = ("all", "North", "South", "(missing)")


def cells(frame: pd.DataFrame, kind: str) -> dict[tuple[str, str], tuple[object, ...]]:
    every = frame[frame["scope"] == "all"]
    return {
        (row[f"from_{kind}"], row[f"to_{kind}"]): (
            row["n"],
            None if pd.isna(row["opening_balance_minor"]) else row["opening_balance_minor"],
            None if pd.isna(row["closing_balance_minor"]) else row["closing_balance_minor"],
        )
        for _, row in every.iterrows()
    }


def test_worked_example_by_hand() -> None:
    assert cells(flow_matrix(FACTS, [AS_OF], SCOPES), "state") == {
        ("M0", "M0"): (2, 150, 130),
        ("M0", "M1"): (1, 200, 200),
        ("M3", "written_off"): (1, 70, 0),
        ("M1", "settled"): (1, 30, 0),
        ("new", "M0"): (1, 0, 500),
        ("unknown", "unknown"): (1, None, None),
        ("settled", "M1"): (1, 0, 25),
    }


def test_classes_keep_exits_new_loans_and_the_unknown() -> None:
    assert cells(class_matrix(FACTS, [AS_OF], SCOPES), "class") == {
        ("normal", "normal"): (2, 150, 130),
        ("normal", "special_mention"): (1, 200, 200),
        ("substandard", "written_off"): (1, 70, 0),
        ("special_mention", "settled"): (1, 30, 0),
        ("new", "normal"): (1, 0, 500),
        ("unknown", "unknown"): (1, None, None),
        ("settled", "special_mention"): (1, 0, 25),
    }


def test_nothing_is_lost_and_branches_add_up() -> None:
    frame = flow_matrix(FACTS, [AS_OF], SCOPES)
    sums = frame.groupby(frame["scope"] == "all")[
        ["n", "opening_balance_minor", "closing_balance_minor"]
    ].sum()
    assert sums.to_numpy().tolist() == [[8, 450, 855], [8, 450, 855]]


def test_other_months_and_bases_stay_out() -> None:
    facts = Facts.of({"flow": hand_made.rows("flow", [*FLOWS, flow("a", "M0", "M1", 100, 90, base="year")])})
    assert set(flow_matrix(facts, [AS_OF], ["all"])["base"]) == {"month"}
    assert set(class_matrix(facts, [AS_OF], ["all"])["base"]) == {"month", "year"}
    assert flow_matrix(facts, [date(2025, 5, 31)], ["all"]).empty
