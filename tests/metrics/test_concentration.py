"""Concentration: shares add up, the ten largest, HHI, and capital where it is given (F-58)."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

import hand_made
from postloan.metrics.concentration import STATISTICS, concentration, concentration_stats
from postloan.metrics.facts import Facts

AS_OF = date(2025, 6, 30)
HUGE = 9 * 10**17  # squares are beyond 64 bits


def held(loan_id: str, balance: int | None, **more: object) -> dict[str, object]:
    return {**hand_made.month(loan_id, AS_OF, 0, balance), **more}


ROWS = [
    held("a", 300, customer_id="C1", branch="North", product="card"),
    held("b", 200, customer_id="C1", branch="North", product="card", dpd=95, risk_class="substandard"),
    held("c", 400, branch="South", dpd=3),
    held("d", 100, customer_id="C2", branch="South", product="card"),
    held("e", None, customer_id="C3", branch="South"),
    held("f", 0, customer_id="C4", status="settled"),
]
FACTS = Facts.of({"position": hand_made.rows("position", ROWS)})


def part(frame: pd.DataFrame, dimension: str, scope: str = "all") -> pd.DataFrame:
    return frame[(frame["dimension"] == dimension) & (frame["scope"] == scope)]


def test_worked_example_by_hand() -> None:
    found = part(concentration(FACTS, AS_OF, ["all", "South"]), "customer")
    assert found["group"].to_list() == ["C1", "c", "C2"]  # a loan without a customer is its own
    assert found["rank"].to_list() == [1, 2, 3]
    assert found["n"].to_list() == [2, 1, 1]
    assert found["share"].to_list() == [0.5, 0.4, 0.1]
    assert found["overdue_balance_minor"].to_list() == [200, 400, 0]
    assert found["npl_balance_minor"].to_list() == [200, 0, 0]


def test_missing_keys_are_a_group_and_shares_add_up() -> None:
    frame = concentration(FACTS, AS_OF, ["all", "South"])
    assert part(frame, "product").set_index("group")["balance_minor"].to_dict() == {
        "card": 600,
        "(missing)": 400,
    }
    sums = (
        frame[frame["dimension"] != "customer"].groupby(["scope", "dimension"], observed=True)["share"].sum()
    )
    assert sums.to_list() == pytest.approx([1.0] * len(sums))
    assert part(frame, "customer", "South")["balance_minor"].to_list() == [400, 100]


def test_statistics_by_hand() -> None:
    stats = part(concentration_stats(FACTS, AS_OF, ["all"], 2000), "customer").set_index("stat")
    assert stats["value"].to_dict() == pytest.approx(
        {"hhi": 0.25 + 0.16 + 0.01, "top10": 1, "largest_to_capital": 0.25}
    )
    assert stats["numerator"].to_dict()["largest_to_capital"] == 500
    assert stats["denominator"].to_dict()["largest_to_capital"] == 2000


def test_without_capital_there_is_no_ratio_to_it() -> None:
    assert "largest_to_capital" not in set(concentration_stats(FACTS, AS_OF, ["all"], None)["stat"])


def test_only_the_ten_largest_customers_are_listed_and_summed() -> None:
    facts = Facts.of({"position": hand_made.rows("position", [held(f"L{i:02}", 100 + i) for i in range(12)])})
    listed = part(concentration(facts, AS_OF, ["all"]), "customer")
    assert listed["group"].to_list() == [f"L{i:02}" for i in range(11, 1, -1)]
    top = part(concentration_stats(facts, AS_OF, ["all"], None), "customer").set_index("stat")
    assert (top["numerator"].to_dict()["top10"], top["denominator"].to_dict()["top10"]) == (1065, 1266)


def test_squares_beyond_64_bits_do_not_overflow() -> None:
    facts = Facts.of({"position": hand_made.rows("position", [held("a", HUGE), held("b", HUGE)])})
    stats = part(concentration_stats(facts, AS_OF, ["all"], None), "customer").set_index("stat")
    assert stats["value"].to_dict()["hhi"] == pytest.approx(0.5)


def test_an_empty_book_has_no_concentration() -> None:
    facts = Facts.of({})
    assert concentration(facts, AS_OF, ["all"]).empty
    assert concentration_stats(facts, AS_OF, ["all"], 1).empty


def test_statistics_have_their_own_names() -> None:
    assert [statistic.slug for statistic in STATISTICS] == ["hhi", "top10", "largest_to_capital"]
