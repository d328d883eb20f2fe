from __future__ import annotations

from datetime import date

import pyarrow as pa

from hand_made import month, rows
from postloan.engine.position import Ledger, position
from postloan.policy.classify import SCHEMA

JAN = date(2024, 1, 31)
CLASSES = pa.Table.from_pylist(
    [{"loan_id": "A", "month_end": JAN, "risk_class": "substandard", "provision_ppm": 250_000}], schema=SCHEMA
)
LEDGER = Ledger(
    loan_month=rows("loan_month", [month("B", JAN, 0, 10), month("A", JAN, 100, 1_000_002)]),
    loan=rows(
        "loan",
        [
            {
                "loan_id": "A", "customer_id": "C1", "branch": "东城", "industry": "餐饮", "principal_minor": 5,
                "disbursed_on": date(2023, 11, 15), "renewed_from": "Z",
            },
            {"loan_id": "B", "principal_minor": 7, "disbursed_on": date(2024, 1, 1)},
        ],
    ),
    customer=rows(
        "customer",
        [{"customer_id": "C1", "customer_kind": "micro", "industry": "农业", "region": "华北"}],
    ),
    risk_class=CLASSES,
    provision=rows("provision", [{"loan_id": "B", "month_end": JAN, "provision_minor": 3}]),
)  # fmt: skip


def test_one_row_per_loan_month_in_order() -> None:
    found = position(LEDGER)
    assert found["loan_id"].to_pylist() == ["A", "B"]


def test_a_loan_has_its_customers_attributes_but_its_own_go_first() -> None:
    first = position(LEDGER).to_pylist()[0]
    assert (first["industry"], first["region"], first["customer_kind"]) == ("餐饮", "华北", "micro")
    assert (first["cohort"], first["is_renewed"]) == (date(2023, 11, 1), True)


def test_a_loan_without_a_customer_is_its_own_and_its_attributes_stay_blank() -> None:
    second = position(LEDGER).to_pylist()[1]
    assert (second["customer_id"], second["branch"], second["is_renewed"]) == ("B", None, False)


def test_the_standard_estimate_is_rounded_half_up_and_blank_without_a_class() -> None:
    first, second = position(LEDGER).to_pylist()
    assert first["standard_provision_minor"] == 250_001  # 250,000.5
    assert second["standard_provision_minor"] is None


def test_an_allowance_not_given_is_blank() -> None:
    first, second = position(LEDGER).to_pylist()
    assert (first["provision_minor"], second["provision_minor"]) == (None, 3)
