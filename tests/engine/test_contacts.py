"""Contacts: hours, frequency, third parties and records, both sides of every bound."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import ibis
import pyarrow as pa
import pytest

from postloan.engine.contacts import contacts
from postloan.model.limits import Limits
from postloan.model.tables import TABLES
from postloan.policy.files import read_policy
from postloan.policy.work import limits

AS_OF = date(2026, 3, 31)
Row = dict[str, Any]


def rules() -> Limits:
    policy = read_policy("post_loan_work").policy
    assert policy.work is not None
    return limits(policy.work, policy.parameters)


def table(name: str, rows: list[Row]) -> pa.Table:
    schema = TABLES[name].schema()
    nullable = pa.schema([field.with_nullable(True) for field in schema])
    return pa.Table.from_pylist([dict.fromkeys(schema.names) | row for row in rows], schema=nullable)


def call(at: datetime, **given: Any) -> Row:
    usual = {
        "action_id": at.isoformat(), "customer_id": "K", "loan_id": "A", "staff_id": "YG1", "action_channel": "call",
        "acted_on": at.date(), "acted_at": at, "person_reached": "debtor", "action_outcome": "talked", "is_agreed_time": False,
    }  # fmt: skip
    return usual | given


def told(actions: list[Row], collateral: list[Row] | None = None, as_of: date = AS_OF) -> dict[str, Row]:
    connection = ibis.duckdb.connect(threads=1)
    given = {
        "action": actions,
        "staff": [
            {
                "staff_id": "YG1",
                "branch": "总部",
                "team": "一队",
                "department": "信用管理部",
                "staff_tier": "junior",
            }
        ],
        "loan": [{"loan_id": "A", "branch": "甲支行"}, {"loan_id": "B", "branch": "乙支行"}],
        "collateral": collateral or [],
    }
    t = {name: connection.create_table(name, table(name, rows)) for name, rows in given.items()}
    found = contacts(t["action"], t["staff"], t["loan"], t["collateral"], rules(), as_of)
    return {row["action_id"]: row for row in found.to_pyarrow().to_pylist()}


@pytest.mark.parametrize(
    ("clock", "is_breach"),
    [
        ("07:59:59", True),
        ("08:00:00", False),
        ("21:59:59", False),
        ("22:00:00", True),
        ("23:59:59", True),
        ("00:00:00", True),
    ],
)
def test_hours_are_barred_from_22_to_8(clock: str, is_breach: bool) -> None:
    at = datetime.fromisoformat(f"2026-03-02T{clock}")
    assert told([call(at)])[at.isoformat()]["is_at_night"] is is_breach
    assert told([call(at, is_agreed_time=True)])[at.isoformat()]["is_at_night"] is False


def test_conduct_rules_count_from_their_day() -> None:
    before, after = datetime(2025, 2, 27, 23), datetime(2025, 2, 28, 23)
    rows = told([call(before), call(after)])
    assert (rows[before.isoformat()]["is_judged"], rows[after.isoformat()]["is_judged"]) == (False, True)
    assert rows[before.isoformat()]["is_at_night"] in (None, False)


def test_the_fourth_voice_call_of_a_day_is_too_often_whoever_calls() -> None:
    start = datetime(2026, 3, 2, 9)
    calls = [
        call(start),
        call(start + timedelta(hours=1), staff_id="YG2", loan_id="B"),
        call(start + timedelta(hours=2), person_reached="nobody"),  # nobody was reached: not effective
        call(start + timedelta(hours=3), action_channel="robot_call", staff_id=None),
        call(start + timedelta(hours=4)),
        call(start + timedelta(hours=5), action_channel="sms"),
        call(start + timedelta(hours=5, minutes=1), customer_id="L"),
        call(start + timedelta(days=1)),
    ]
    rows = told(calls)
    assert [rows[c["action_id"]]["is_too_often"] for c in calls] == [
        False,
        False,
        False,
        False,
        True,
        False,
        False,
        False,
    ]


def test_a_third_party_may_be_reached_only_where_the_debtor_cannot() -> None:
    at = datetime(2026, 3, 2, 10)
    for person, unreachable, expected in (
        ("contact", True, False),
        ("contact", False, True),
        ("other", None, None),
        ("joint", False, False),
        ("debtor", None, False),
        ("nobody", None, False),
    ):
        row = told([call(at, person_reached=person, is_debtor_unreachable=unreachable)])[at.isoformat()]
        assert row["is_third_party"] is expected, (person, unreachable)


def test_who_asked_to_be_left_alone_is_left_alone() -> None:
    at = datetime(2026, 3, 2, 10)
    calls = [
        call(at, person_reached="contact", action_outcome="asked_to_stop"),
        call(at + timedelta(hours=1)),
        call(at + timedelta(days=5), person_reached="contact"),
        call(at + timedelta(days=5, hours=1), person_reached="contact", customer_id="L"),
    ]
    rows = told(calls)
    assert [rows[c["action_id"]]["is_after_stop"] for c in calls] == [False, False, True, False]


SHEET = {
    "contact_details": "10000000000",
    "expected_on": AS_OF,
    "overdue_reason": "forgot",
    "funds_source": "工资",
}


@pytest.mark.parametrize("blank", SHEET)
def test_a_sheet_with_one_blank_is_not_full(blank: str) -> None:
    at = datetime(2026, 3, 2, 10)
    assert told([call(at, **SHEET)])[at.isoformat()]["is_sheet_full"] is True
    row = told([call(at, **SHEET | {blank: None})])[at.isoformat()]
    assert (row["is_sheet"], row["is_sheet_full"]) == (True, False)


def test_no_sheet_is_due_where_nobody_was_reached() -> None:
    at = datetime(2026, 3, 2, 10)
    assert told([call(at, person_reached="nobody")])[at.isoformat()]["is_sheet"] is False


def test_place_and_hours_are_asked_of_machines_alone() -> None:
    at = datetime(2026, 3, 2, 10)
    machine = [{"collateral_id": "P", "loan_id": "A", "frame_no": "CJ1"}]
    assert told([call(at, **SHEET)], machine)[at.isoformat()]["is_sheet_full"] is False
    full = SHEET | {"vehicle_place": "示例工地", "hours_worked": 0}
    assert told([call(at, **full)], machine)[at.isoformat()]["is_sheet_full"] is True


def test_attempts_are_what_can_be_answered_and_unknown_results_stay_unknown() -> None:
    at = datetime(2026, 3, 2, 10)
    row = told([call(at, action_channel="sms", person_reached="debtor")])[at.isoformat()]
    assert (row["is_attempt"], row["is_answered"], row["is_right_party"]) == (False, None, None)
    row = told([call(at, person_reached=None)])[at.isoformat()]
    assert (row["is_attempt"], row["is_answered"], row["is_right_party"]) == (True, None, None)


def test_branch_is_the_loans_and_else_the_staff_members() -> None:
    at = datetime(2026, 3, 2, 10)
    assert told([call(at)])[at.isoformat()]["branch"] == "甲支行"
    assert told([call(at, loan_id=None)])[at.isoformat()]["branch"] == "总部"


def test_where_only_the_day_is_recorded_hours_are_unknown() -> None:
    day = datetime(2026, 3, 2)
    row = told([call(day, acted_at=None)])[day.isoformat()]
    assert (row["acted_on"], row["is_at_night"], row["is_answered"]) == (day.date(), None, True)


def test_what_happens_after_the_date_is_not_there() -> None:
    last, next_ = datetime(2026, 3, 31, 23, 59, 59), datetime(2026, 4, 1)
    assert set(told([call(last), call(next_)])) == {last.isoformat()}
