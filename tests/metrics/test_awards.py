"""Rewards, deductions and fines: both sides of every limit, what cannot be judged and what nobody has set."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

import hand_made
from postloan.metrics.awards import awards, fines
from postloan.metrics.facts import Facts
from postloan.model.fault import Fault
from postloan.policy.files import read_policy

AS_OF = date(2026, 10, 31)
SPRINT, BANK = read_policy("monthly_sprint").policy, read_policy("county_bank").policy


def told(**met: bool | None) -> pd.DataFrame:
    rows = [{"scope": "all", "target": target, "is_met": value} for target, value in met.items()]
    return pd.DataFrame(rows).astype({"is_met": "boolean"})


def amounts(**met: bool | None) -> dict[str, tuple[object, object]]:
    found = awards(told(**met), SPRINT, AS_OF).set_index("award")
    return {
        str(name): tuple(None if pd.isna(value) else value for value in (row["is_met"], row["amount_minor"]))  # type: ignore[misc]
        for name, row in found.iterrows()
    }


def test_a_group_is_rewarded_once_all_its_targets_are_met() -> None:
    """P7-11: 5,000 for the money recovered; 3,000 for visits and files together."""
    assert amounts(collected=True, visits=True, files=True) == {
        "collection_group": (True, 500_000),
        "care_group": (True, 300_000),
    }
    assert amounts(collected=True, visits=True, files=False)["care_group"] == (False, 0)


def test_a_deduction_that_nobody_has_set_is_unknown_and_not_nothing() -> None:
    """P7-11: the document speaks of performance pay and names no amount."""
    assert amounts(collected=False, visits=True, files=True)["collection_group"] == (False, None)
    changed = {
        "parameters.collection_deduction.values.0.value": 20000,
        "parameters.collection_deduction.values.0.standing": "assumed",
    }
    policy = read_policy("monthly_sprint", changed).policy
    found = awards(told(collected=False, visits=True, files=True), policy, AS_OF).set_index("award")
    assert found.loc["collection_group", "amount_minor"] == -20000


def test_what_cannot_be_judged_is_unknown_unless_a_target_is_missed_anyway() -> None:
    assert amounts(collected=None, visits=None, files=True) == {
        "collection_group": (None, None),
        "care_group": (None, None),
    }
    assert amounts(collected=True, visits=None, files=False)["care_group"] == (False, 0)


@pytest.mark.parametrize(("score", "amount"), [(0.8, 0), (0.7999, 30_000), (0.80001, 0), (0.1, 30_000)])
def test_a_unit_is_fined_for_each_inspection_under_the_limit(score: float, amount: int) -> None:
    """P2-9: 80 of 100 is no fine, 79.99 is 300."""
    rows = [
        {"inspection_id": "1", "inspection_kind": "unit", "branch": "甲支行", "inspected_on": AS_OF, "score": score},
        {"inspection_id": "2", "inspection_kind": "unit", "branch": "甲支行", "inspected_on": date(2026, 10, 1), "score": score},
        {"inspection_id": "3", "inspection_kind": "unit", "branch": "甲支行", "inspected_on": date(2026, 9, 30), "score": 0.1},
        {"inspection_id": "4", "inspection_kind": "on_site", "branch": "甲支行", "inspected_on": AS_OF, "score": 0.1},
        {"inspection_id": "5", "inspection_kind": "unit", "branch": "乙支行", "inspected_on": AS_OF},
    ]  # fmt: skip
    given = [row | {"known_on": AS_OF} for row in rows]
    facts = Facts.of({"inspection": hand_made.rows("inspection", given)})
    found = fines(facts, BANK, AS_OF, ["all", "甲支行", "乙支行", "product=甲"])
    assert {scope: list(part["amount_minor"]) for scope, part in found.groupby("scope")} == {
        "all": [amount] * 2,
        "甲支行": [amount] * 2,
    }


def test_without_inspections_there_is_no_fine() -> None:
    assert fines(Facts.of({}), BANK, AS_OF, ["all"]).empty


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"awards.care_group.targets": ["visit", "files"]}, "no target 'visit'"),
        ({"awards.care_group.met": "least_files"}, "no parameter in money_minor 'least_files'"),
    ],
)
def test_an_award_names_targets_and_amounts_that_exist(changes: dict[str, object], said: str) -> None:
    with pytest.raises(Fault, match=said):
        read_policy("monthly_sprint", changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"fines.inspection.inspection_kind": "units"}, "no inspection kind 'units'"),
        ({"fines.inspection.amount": "fined_under"}, "no parameter in money_minor 'fined_under'"),
        ({"fines.inspection.under": "inspection_fine"}, "no fraction 'inspection_fine'"),
    ],
)
def test_a_fine_names_a_kind_and_numbers_that_exist(changes: dict[str, object], said: str) -> None:
    with pytest.raises(Fault, match=said):
        read_policy("county_bank", changes)
