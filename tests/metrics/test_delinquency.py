from __future__ import annotations

from datetime import date

import pytest

from hand_made import month, rows
from postloan.metrics.catalogue import measured
from postloan.metrics.facts import Facts

JUN = date(2024, 6, 30)
LOANS = [
    month("A", JUN, 0, 1000, overdue_minor=0),
    month("B", JUN, 1, 500, overdue_minor=60, overdue_principal_minor=50, customer_kind="individual"),
    month("C", JUN, 31, 300, overdue_minor=40, overdue_principal_minor=40, customer_kind="company"),
    month("D", JUN, 91, 200, overdue_minor=100, overdue_principal_minor=90, customer_kind="individual"),
    month("E", JUN, None, 400),
    month("F", JUN, 0, 0, status="settled"),
]
FACTS = Facts.of({"position": rows("position", LOANS)})


@pytest.mark.parametrize(
    ("slug", "numerator", "denominator", "n", "unknown"),
    [
        ("loans_active", 5, None, 5, 0),
        ("balance", 2400, None, 5, 0),
        ("overdue_amount", 200, None, 4, 1),
        ("overdue_balance", 1000, None, 4, 1),
        ("loans_overdue", 3, None, 4, 1),
        ("overdue_rate_balance", 1000, 2000, 4, 1),
        ("overdue_rate_amount", 200, 2000, 4, 1),
        ("overdue_rate_count", 3, 4, 4, 1),
        # B counts its overdue principal only, C (a company) and D (over 90 days) their whole balance.
        ("overdue_rate_1104", 50 + 300 + 200, 2000, 4, 1),
        ("over_30_rate_count", 2, 4, 4, 1),
        ("over_90_rate_count", 1, 4, 4, 1),
        ("par_0", 1000, 2000, 4, 1),
        ("par_30", 500, 2000, 4, 1),
        ("par_60", 200, 2000, 4, 1),
        ("par_90", 200, 2000, 4, 1),
        ("par_180", 0, 2000, 4, 1),
    ],
)
def test_worked_case(slug: str, numerator: int, denominator: int | None, n: int, unknown: int) -> None:
    (row,) = measured(FACTS, [slug], [JUN]).to_dict("records")
    found = (row["numerator"], row["n"], row["unknown"])
    assert found == (numerator, n, unknown)
    if denominator is not None:
        assert row["denominator"] == denominator


@pytest.mark.parametrize("days", [7, 30, 60, 90, 180])
def test_over_means_strictly_more(days: int) -> None:
    pair = [month("A", JUN, days, 10), month("B", JUN, days + 1, 10)]
    facts = Facts.of({"position": rows("position", pair)})
    found = measured(facts, [f"over_{days}_rate_count", f"par_{days}"], [JUN])
    assert found["value"].tolist() == [0.5, 0.5]


def test_1104_needs_the_kind_of_customer_only_where_it_matters() -> None:
    loans = [
        month("A", JUN, 30, 10, overdue_principal_minor=1),
        month("B", JUN, 91, 10),
        month("C", JUN, 0, 10),
    ]
    facts = Facts.of({"position": rows("position", loans)})
    (row,) = measured(facts, ["overdue_rate_1104"], [JUN]).to_dict("records")
    assert (row["numerator"], row["denominator"], row["unknown"]) == (10, 20, 1)


def test_restructured_loans_can_be_at_risk_too() -> None:
    loans = [month("A", JUN, 0, 10, is_restructured=True), month("B", JUN, 31, 20), month("C", JUN, 0, 70)]
    facts = Facts.of({"position": rows("position", loans)})
    assert measured(facts, ["par_30", "par_30_with_restructured"], [JUN])["value"].tolist() == [0.2, 0.3]


def test_ageing_is_a_breakdown_by_bucket() -> None:
    found = measured(FACTS, ["balance"], [JUN], ["bucket"]).set_index("bucket")["numerator"]
    assert {k: int(v) for k, v in found.items() if isinstance(k, str)} == {
        "M0": 1000, "M1": 500, "M2": 300, "M4": 200,
    }  # fmt: skip
