from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from pydantic import BaseModel

from hand_made import month, rows
from postloan.policy.classify import classify
from postloan.policy.policy import Ladder, Policy
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


def _cases_in_force(ladder: Ladder, day: date) -> set[int | None]:
    """Days past due of the cases that ``ladder`` with the thresholds of ``day`` decides."""
    later = [d for d in POLICY.changes(ladder.steps().values()) if d > day]
    named = {product for other in POLICY.ladders for product in other.products}
    return {
        case.dpd
        for case in CASES
        if case.on >= day
        and (not later or case.on < later[0])
        and (case.product in ladder.products if ladder.products else case.product not in named)
    }


@pytest.mark.parametrize("ladder", POLICY.ladders, ids=lambda ladder: ladder.name)
def test_both_sides_of_every_threshold_are_pinned(ladder: Ladder) -> None:
    for day in POLICY.changes(ladder.steps().values()):
        for name in ladder.steps().values():
            dated = POLICY.parameters[name].on(day)
            assert dated is not None
            assert {dated.value, dated.value + 1} <= _cases_in_force(ladder, day), (ladder.name, day, name)


def test_both_sides_of_every_date_are_pinned() -> None:
    days = {day for ladder in POLICY.ladders for day in POLICY.changes(ladder.steps().values())}
    dated = {case.on for case in CASES}
    for day in days:
        assert day in dated
        assert any(case < day and (day - case).days <= 1 for case in dated), day


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
