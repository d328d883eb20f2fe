from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
from pydantic import BaseModel

from hand_made import month, rows
from postloan.policy.classify import classify
from postloan.policy.policy import Policy
from postloan.yaml_file import read_yaml

ROOT = Path(__file__).parents[2]
POLICY = read_yaml(ROOT / "params/policies/cn_regulation.yaml", Policy)


class Case(BaseModel, extra="forbid", frozen=True):
    on: date
    product: str | None
    dpd: int | None
    risk_class: str | None


class Cases(BaseModel, extra="forbid", frozen=True):
    cases: tuple[Case, ...]


CASES = read_yaml(Path(__file__).with_name("cn_regulation_cases.yaml"), Cases).cases


def classes(cases: tuple[Case, ...]) -> list[dict[str, object]]:
    loans = [
        {"loan_id": f"{i:03}", "product": case.product, "principal_minor": 1} for i, case in enumerate(cases)
    ]
    months = [month(f"{i:03}", case.on, case.dpd, 1) for i, case in enumerate(cases)]
    table: pa.Table = classify(rows("loan_month", months), rows("loan", loans), POLICY)
    found: list[dict[str, object]] = table.to_pylist()
    return found


def test_cases() -> None:
    wrong = [
        (case, row["risk_class"])
        for case, row in zip(CASES, classes(CASES), strict=True)
        if row["risk_class"] != case.risk_class
    ]
    assert wrong == []


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
