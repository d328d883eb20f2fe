"""The tier of every plan at the days where plans differ: one table over all of them."""

from __future__ import annotations

from datetime import date
from functools import cache

import pytest
from policy_cases import Row, graded_rows

from postloan.policy.files import read_policy

ON = date(2026, 10, 31)
DAYS = (-4, -3, -1, 0, 1, 7, 8, 15, 16, 30, 31, 90, 91)
# fmt: off
TIERS = {
    "personal": ("none", "none", "none", "none", "manager", "manager", "manager", "manager", "collector", "collector", "legal", "legal", "legal"),
    "general": ("none", "none", "none", "none", "phone", "phone", "phone", "phone", "phone", "phone", "visit", "visit", "legal"),
    "consumer": ("none", "none", "none", "none", "robot", "robot", "robot", "robot", "robot", "robot", "call", "call", "field"),
    "monthly_sprint": ("none", "reminder", "reminder", "same_day_call", "call", "call", "visit", "visit", "visit", "visit", "visit", "visit", "visit"),
    "machinery": ("none", "text_message", "text_message", "first_call", "second_call", "second_call", "second_call", "second_call", "second_call", "second_call", "legal", "legal", "legal"),
    "feed_supply": ("none", "reminder", "reminder", "due", *("overdue",) * 9),
}
# fmt: on


@cache
def tiers(policy: str) -> tuple[str, ...]:
    """Return the tier at each of the days from the due date; before it and on it nothing is past due."""
    rows: list[Row] = [
        {
            "loan_id": f"{place:02}", "customer_id": f"{place:02}", "month_end": ON, "status": "active",
            "days_from_due": day, "dpd": max(day, 0),
        }
        for place, day in enumerate(DAYS)
    ]  # fmt: skip
    found = graded_rows(read_policy(policy), "collection_tier", ON, rows, [])
    return tuple(found[f"{place:02}"]["outcome"] for place in range(len(DAYS)))


@pytest.mark.parametrize("policy", TIERS)
def test_every_plan_has_its_own_tier_on_every_day(policy: str) -> None:
    assert dict(zip(DAYS, tiers(policy), strict=True)) == dict(zip(DAYS, TIERS[policy], strict=True))
