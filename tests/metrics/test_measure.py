from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from hand_made import month, rows
from postloan.metrics.catalogue import metric
from postloan.metrics.facts import Facts
from postloan.metrics.measure import measure
from postloan.model.fault import Fault

JUN = date(2024, 6, 30)


def one(slug: str, *loans: dict[str, object]) -> dict[str, object]:
    facts = Facts.of({"position": rows("position", loans)})
    (row,) = measure(facts.table("position"), [metric(slug)]).to_dict("records")
    return {str(name): value for name, value in row.items()}


def test_a_count_share_has_the_wilson_interval_of_n() -> None:
    loans = [month(f"{i}", JUN, 40 if i < 2 else 0, 100) for i in range(10)]
    found = one("over_30_rate_count", *loans)
    assert (found["numerator"], found["denominator"], found["n"], found["unknown"]) == (2, 10, 10, 0)
    assert found["value"] == pytest.approx(0.2)
    assert (found["low"], found["high"]) == (pytest.approx(0.0567, abs=1e-4), pytest.approx(0.5098, abs=1e-4))


def test_a_balance_share_has_the_interval_of_the_effective_n() -> None:
    even = [month(f"{i}", JUN, 40 if i < 2 else 0, 100) for i in range(10)]
    assert one("par_30", *even)["high"] == pytest.approx(one("over_30_rate_count", *even)["high"])
    lopsided = [*even, month("big", JUN, 0, 100_000)]
    assert one("par_30", *lopsided)["high"] > 0.7  # type: ignore[operator]


def test_sums_of_squares_beyond_64_bits_are_exact() -> None:
    loans = [month(f"{i}", JUN, 40 if i else 0, 4 * 10**18) for i in range(3)]
    found = one("par_30", *loans[:2])
    assert (found["numerator"], found["denominator"]) == (4 * 10**18, 8 * 10**18)
    assert found["low"] == pytest.approx(one("over_30_rate_count", *loans[:2])["low"])


def test_an_unknown_loan_is_in_neither_numerator_nor_denominator() -> None:
    found = one(
        "overdue_rate_balance", month("A", JUN, None, 70), month("B", JUN, 5, None), month("C", JUN, 5, 30)
    )
    assert (found["numerator"], found["denominator"], found["n"], found["unknown"]) == (30, 30, 1, 2)


def test_an_amount_nobody_knows_is_unknown_not_zero() -> None:
    found = one("balance", month("A", JUN, None, None))
    assert pd.isna(found["numerator"])  # type: ignore[call-overload]
    assert pd.isna(found["value"])  # type: ignore[call-overload]
    assert (found["n"], found["unknown"]) == (0, 1)


def test_a_ratio_of_nothing_is_missing() -> None:
    found = one("npl_ratio", month("A", JUN, 0, 0, status="settled"))
    assert (found["numerator"], found["denominator"], found["n"]) == (0, 0, 0)
    assert all(pd.isna(found[part]) for part in ("value", "low", "high"))  # type: ignore[call-overload]


def test_no_rows_at_all() -> None:
    assert (one("loans_active")["numerator"], one("loans_active")["n"]) == (0, 0)


def test_groups_come_in_order_with_the_missing_key_last() -> None:
    loans = [month(f"{i}", JUN, 0, 1, branch=branch) for i, branch in enumerate(["乙", None, "甲", "乙"])]
    table = Facts.of({"position": rows("position", loans)}).table("position")
    found = measure(table, [metric("loans_active")], ["branch"])
    assert found["branch"].isna().tolist() == [False, False, True]
    assert found["numerator"].tolist() == [2, 1, 1]


def test_facts_refuse_a_table_the_contract_does_not_have() -> None:
    facts = Facts.of({})
    assert not facts.has("position")
    with pytest.raises(Fault, match="no table 'positions'"):
        facts.table("positions")
