"""正式 only if every check of severity error passes and control totals tie."""

from __future__ import annotations

import pandas as pd
import pytest

from postloan.jobs.standing import standing

LIMIT = 0.001


def frames(**changes: object) -> dict[str, pd.DataFrame]:
    given = {
        "severity": "warning",
        "difference": 0,
        "rows_quarantined": 1,
        "money_quarantined": 1,
        **changes,
    }
    return {
        "exceptions": pd.DataFrame({"scope": ["all"], "severity": [given["severity"]], "rule": ["r"]}),
        "reconciliation": pd.DataFrame(
            {"scope": ["all"], "item": ["balance"], "difference": [given["difference"]]}
        ),
        "data_status": pd.DataFrame(
            {
                "rows_read": [1000],
                "rows_quarantined": [given["rows_quarantined"]],
                "money_read": [1000],
                "money_quarantined": [given["money_quarantined"]],
            }
        ),
    }


def test_what_has_no_obstacle_is_final() -> None:
    found = standing(frames(), "all", LIMIT)
    assert found.is_final
    assert not any(obstacle.is_error for obstacle in found.obstacles)


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"severity": "error"}, "exceptions"),
        ({"difference": 1}, "control_totals"),
        ({"rows_quarantined": 2}, "quarantine"),
        ({"money_quarantined": 2}, "quarantine"),
    ],
)
def test_an_error_makes_a_draft_and_fails(changes: dict[str, object], check: str) -> None:
    found = standing(frames(**changes), "all", LIMIT)
    assert not found.is_final
    assert any(obstacle.is_error for obstacle in found.obstacles)
    assert [obstacle.check for obstacle in found.obstacles] == [check]


def test_no_control_total_makes_a_draft_but_is_no_failure() -> None:
    found = standing(frames(), "north", LIMIT)
    assert not found.is_final
    assert not any(obstacle.is_error for obstacle in found.obstacles)
