from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest
from policy_cases import FOLDER, Case, read_cases

from hand_made import month, rows
from postloan.model.fault import Fault
from postloan.policy.classify import classify
from postloan.policy.files import read_policy

POLICY = read_policy("cn_regulation").policy
FILE = read_cases(FOLDER / "cn_regulation.yaml")
OF_DPD = FILE.schemes["risk_class_by_dpd"]
CASES = tuple(case for case in OF_DPD.cases if not case.absent)


def classes(cases: tuple[Case, ...]) -> list[dict[str, object]]:
    given = [{**OF_DPD.usual, **case.given} for case in cases]
    loans = [
        {"loan_id": f"{i:03}", "product": row["product"], "principal_minor": 1} for i, row in enumerate(given)
    ]
    months = [
        month(
            f"{i:03}", case.on or FILE.on, row["dpd"], 1, dpd_low=row.get("dpd_low"), dpd_high=row.get("dpd_high")
        )
        for i, (case, row) in enumerate(zip(cases, given, strict=True))
    ]  # fmt: skip
    table: pa.Table = classify(rows("loan_month", months), rows("loan", loans), POLICY)
    found: list[dict[str, object]] = table.to_pylist()
    return found


def test_positions_carry_the_classes_of_the_cases() -> None:
    wrong = [
        (case, row["risk_class"])
        for case, row in zip(CASES, classes(CASES), strict=True)
        if row["risk_class"] != case.outcome
    ]
    assert wrong == []


def test_a_policy_without_provisions_classifies_no_loan() -> None:
    with pytest.raises(Fault, match="machinery does not say how loans are classified"):
        classify(rows("loan_month", []), rows("loan", []), read_policy("machinery").policy)


def test_a_loan_that_left_has_no_class() -> None:
    gone = [month("A", date(2024, 1, 31), 0, 0, status="settled")]
    (row,) = classify(
        rows("loan_month", gone), rows("loan", [{"loan_id": "A", "principal_minor": 1}]), POLICY
    ).to_pylist()
    assert (row["risk_class"], row["provision_ppm"]) == (None, None)


def test_every_class_has_its_standard_percentage() -> None:
    rates = {row["risk_class"]: row["provision_ppm"] for row in classes(CASES)}
    assert rates == {
        "normal": 10_000, "special_mention": 20_000, "substandard": 250_000, "doubtful": 500_000,
        "loss": 1_000_000, None: None,
    }  # fmt: skip
