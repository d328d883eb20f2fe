"""Duties: both sides of every deadline, periods, evidence that counts once, and what a lender does not deliver."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_contacts import table

from effort import examples
from postloan.engine.duties import duty_rows, periods
from postloan.jobs.duty_frames import duty_frames
from postloan.metrics.facts import Facts
from postloan.model.duty import Duty, Every
from postloan.model.fault import Fault
from postloan.model.workdays import after_workdays, is_workday
from postloan.policy.composition import Segment
from postloan.policy.duty import duties_on
from postloan.policy.files import Rulebook, read_policy
from postloan.policy.parameter import BothLanguages

POLICY = read_policy("post_loan_work").policy
AS_OF = date(2026, 10, 31)
OTHERS = (
    "policy_bank_county",
    "county_bank",
    "personal",
    "monthly_sprint",
    "manufacturing",
    "consumer",
    "agri",
)
DUTIES = {
    duty.name: duty
    for policy in (POLICY, *(read_policy(name).policy for name in OTHERS))
    for duty in duties_on(policy.duties, policy.parameters, AS_OF)
}
Row = dict[str, Any]
NAMES = (
    "position", "loan", "customer", "staff", "visit", "action", "inspection", "meeting", "complaint", "valuation",
    "collateral", "legal_case", "legal_step", "document", "instalment", "improvement", "maturity_decision", "care",
    "statement",
)  # fmt: skip


def told(name: str, as_of: date = AS_OF, **rows: list[Row]) -> dict[tuple[str, date], Row]:
    connection = ibis.duckdb.connect(threads=1)
    given_ = {
        "loan": [
            {"loan_id": "A", "customer_id": "K", "branch": "甲支行", "officer_id": "YG1", "product": "消费贷"}
        ],
        "customer": [{"customer_id": "K", "customer_kind": "company", "size_class": "large"}],
        "position": [position(date(2026, month, 1)) for month in range(1, 12)],
    } | rows
    opened = {n: connection.create_table(n, table(n, given_.get(n, []))) for n in NAMES}
    found = duty_rows(DUTIES[name], opened.__getitem__, as_of).to_pyarrow().to_pylist()
    return {(row["subject_id"], row["due_on"]): row for row in found}


def position(month: date, **given_: Any) -> Row:
    end = (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    usual = {
        "loan_id": "A", "customer_id": "K", "month_end": end, "status": "active", "branch": "甲支行", "dpd": 0,
        "customer_kind": "company", "officer_id": "YG1",
    }  # fmt: skip
    return usual | given_


def loan(disbursed: date) -> list[Row]:
    return [
        {
            "loan_id": "A",
            "customer_id": "K",
            "branch": "甲支行",
            "officer_id": "YG1",
            "disbursed_on": disbursed,
        }
    ]


def visit(on: date, kind: str = "first") -> Row:
    return {"visit_id": str(on), "loan_id": "A", "customer_id": "K", "visited_on": on, "visit_kind": kind}


@pytest.mark.parametrize(
    ("visited", "as_of", "state"),
    [
        (date(2026, 10, 5), AS_OF, "done"),
        (date(2026, 10, 6), AS_OF, "late"),
        (None, date(2026, 10, 5), "missed"),
        (None, date(2026, 10, 4), "not_due"),
        (date(2026, 10, 6), date(2026, 10, 5), "missed"),
    ],
)
def test_a_first_visit_is_due_by_the_5th_of_the_next_month(
    visited: date | None, as_of: date, state: str
) -> None:
    rows = told("first_visit", as_of, loan=loan(date(2026, 9, 30)), visit=[visit(visited)] if visited else [])
    row = rows["A", date(2026, 10, 5)]
    assert row["duty_state"] == state
    assert (row["branch"], row["staff_id"], row["customer_id"]) == ("甲支行", "YG1", "K")


def test_a_visit_of_another_kind_is_no_first_visit() -> None:
    rows = told("first_visit", loan=loan(date(2026, 9, 1)), visit=[visit(date(2026, 10, 2), "regular")])
    assert rows["A", date(2026, 10, 5)]["duty_state"] == "missed"


def test_who_has_settled_by_the_months_end_is_owed_no_first_visit() -> None:
    settled = [position(date(2026, 9, 1), status="settled")]
    assert told("first_visit", loan=loan(date(2026, 9, 1)), position=settled) == {}


def complaint(received: datetime, **given_: Any) -> list[Row]:
    return [{"complaint_id": "T", "customer_id": "K", "loan_id": "A", "received_at": received} | given_]


@pytest.mark.parametrize(("seconds", "state"), [(24 * 3600, "done"), (24 * 3600 + 1, "late")])
def test_a_complaint_is_accepted_within_24_hours_to_the_second(seconds: int, state: str) -> None:
    received = datetime(2026, 10, 9, 15, 30, 7)
    accepted = received + timedelta(seconds=seconds)
    (row,) = told("complaint_accepted", complaint=complaint(received, accepted_at=accepted)).values()
    assert row["duty_state"] == state


def test_a_complaint_whose_hours_still_run_is_not_due() -> None:
    received = datetime(2026, 10, 31, 12)
    (row,) = told("complaint_accepted", complaint=complaint(received)).values()
    assert row["duty_state"] == "not_due"
    (row,) = told("complaint_accepted", date(2026, 11, 1), complaint=complaint(received)).values()
    assert row["duty_state"] == "missed"


@pytest.mark.parametrize(
    ("accepted", "last"),
    [
        (date(2026, 10, 12), date(2026, 10, 15)),  # an ordinary week
        (
            date(2026, 9, 30),
            date(2026, 10, 10),
        ),  # the national holiday: 8, 9 and the make-up Saturday 10 October
        (date(2026, 10, 17), date(2026, 10, 21)),  # accepted on a Saturday
    ],
)
def test_three_working_days_skip_holidays_and_count_make_up_days(accepted: date, last: date) -> None:
    assert after_workdays(accepted, 3) == last
    at = datetime(accepted.year, accepted.month, accepted.day, 10)
    for solved, state in ((last, "done"), (last + timedelta(days=1), "late")):
        solved_at = datetime(solved.year, solved.month, solved.day, 23, 59, 59)
        rows = told("complaint_solved", complaint=complaint(at, accepted_at=at, solved_at=solved_at))
        assert rows["T", last]["duty_state"] == state


def test_a_make_up_saturday_is_a_working_day_and_an_unknown_year_an_error() -> None:
    assert is_workday(date(2026, 10, 10))
    assert not is_workday(date(2026, 10, 5))
    with pytest.raises(Fault, match="no official calendar"):
        is_workday(date(2100, 1, 4))


@pytest.mark.parametrize(
    ("again", "state"), [(date(2026, 10, 15), "done"), (date(2026, 10, 16), "late"), (None, "missed")]
)
def test_a_valuation_is_renewed_within_six_months(again: date | None, state: str) -> None:
    values = [{"collateral_id": "P", "valued_on": date(2026, 4, 15), "value_minor": 1}]
    values += [{"collateral_id": "P", "valued_on": again, "value_minor": 1}] if again else []
    rows = told("valuation", valuation=values, collateral=[{"collateral_id": "P", "loan_id": "A"}])
    row = rows["P·2026-04-15", date(2026, 10, 15)]
    assert (row["duty_state"], row["branch"]) == (state, "甲支行")


def test_a_valuation_long_overdue_stays_on_the_list() -> None:
    values = [{"collateral_id": "P", "valued_on": date(2024, 4, 15), "value_minor": 1}]
    rows = told("valuation", valuation=values, collateral=[{"collateral_id": "P", "loan_id": "A"}])
    assert rows["P·2024-04-15", date(2024, 10, 15)]["duty_state"] == "missed"


def check(on: date, kind: str = "monthly_check") -> Row:
    return {"inspection_id": str(on), "customer_id": "K", "inspected_on": on, "inspection_kind": kind}


def test_two_checks_in_one_month_do_not_stand_for_the_next() -> None:
    rows = told("monthly_check", inspection=[check(date(2026, 9, 1)), check(date(2026, 9, 30))])
    states = {due.month: row["duty_state"] for (_, due), row in rows.items()}
    assert (states[9], states[10], states[11]) == ("done", "missed", "not_due")


def test_size_decides_who_is_inspected_on_site() -> None:
    assert {due for _, due in told("on_site_large")} >= {date(2026, 9, 30), date(2026, 12, 31)}
    assert told("on_site_small") == {}


def test_high_risk_customers_are_contacted_every_calendar_week() -> None:
    late = [position(date(2026, 9, 1), dpd=31), position(date(2026, 8, 1), dpd=30)]
    act = {
        "action_id": "1",
        "customer_id": "K",
        "action_channel": "call",
        "acted_on": date(2026, 10, 11),
    }
    rows = told("high_risk_contact", position=late, action=[act])
    states = {due: row["duty_state"] for (_, due), row in rows.items()}
    assert states[date(2026, 10, 11)] == "done"  # a Sunday, the last day of its week
    assert states[date(2026, 10, 18)] == "missed"
    assert date(2026, 9, 27) not in states  # at the end of August it was 30 days: not high risk


@pytest.mark.parametrize(
    ("dpd", "worst", "owed"),
    [
        (0, 0, {"visit_good"}),
        (0, 1, {"visit_ordinary"}),
        (30, 30, {"visit_ordinary"}),
        (31, 31, {"visit_high_risk"}),
        (None, None, set()),  # nobody knows how late: nothing is owed by it
    ],
)
def test_how_often_a_customer_is_visited_hangs_on_how_late_it_is_and_ever_was(
    dpd: int | None, worst: int | None, owed: set[str]
) -> None:
    """P8-4, S0-3: quarterly, monthly, half-monthly; a customer is as late as its latest loan."""
    rows = [position(date(2026, month, 1), dpd=dpd, worst_dpd=worst) for month in range(1, 11)]
    rows += [row | {"loan_id": "B", "dpd": 0, "worst_dpd": 0} for row in rows if dpd is not None]
    names = ("visit_good", "visit_ordinary", "visit_high_risk")
    assert {name for name in names if told(name, position=rows)} == owed


def test_good_payers_get_an_offer_every_half_year() -> None:
    """P4-7: never past due."""
    for worst, owed in ((0, True), (1, False)):
        rows = [position(date(2026, month, 1), worst_dpd=worst) for month in range(1, 11)]
        assert bool(told("good_payer_offer", position=rows)) is owed


def test_special_screening_is_of_some_industries() -> None:
    """P4-4."""
    for industry, owed in (("房地产业", True), ("教育", False), (None, False)):
        rows = [position(date(2026, month, 1), industry=industry) for month in range(1, 11)]
        assert bool(told("special_screening", position=rows)) is owed


@pytest.mark.parametrize("name", ["maturity_notice", "due_loan_notice"])
@pytest.mark.parametrize(
    ("sent", "state"),
    [
        (date(2026, 9, 30), "done"),
        (date(2026, 10, 1), "late"),
        (date(2026, 8, 30), "done"),
        (date(2026, 8, 29), "missed"),
    ],
)
def test_a_maturing_loan_is_told_by_the_end_of_the_month_before(name: str, sent: date, state: str) -> None:
    """P2-5, P1-4; what was sent more than 31 days before the deadline is of something else."""
    lent = [loan(date(2025, 1, 1))[0] | {"matures_on": date(2026, 10, 20)}]
    notice = {
        "action_id": "1", "loan_id": "A", "action_channel": "sms", "action_purpose": "maturity_notice", "acted_on": sent,
    }  # fmt: skip
    (row,) = told(name, loan=lent, action=[notice]).values()
    assert row["duty_state"] == state


@pytest.mark.parametrize(
    ("name", "table_", "day", "kind"),
    [
        ("spot_check", "inspection", "inspected_on", {"inspection_kind": "spot_check", "branch": "甲支行"}),
        ("compliance_self_check", "inspection", "inspected_on", {"inspection_kind": "self_check", "branch": "甲支行"}),
        ("appreciation_event", "meeting", "held_on", {"meeting_kind": "appreciation", "branch": "甲支行"}),
        ("publicity", "meeting", "held_on", {"meeting_kind": "publicity", "branch": "甲支行"}),
        ("weekly_risk_meeting", "meeting", "held_on", {"meeting_kind": "risk", "branch": "甲支行"}),
        ("off_site_large", "inspection", "inspected_on", {"inspection_kind": "off_site", "customer_id": "K"}),
        ("on_site_key", "inspection", "inspected_on", {"inspection_kind": "on_site", "customer_id": "K"}),
        ("agri_screening", "inspection", "inspected_on", {"inspection_kind": "screening", "customer_id": "K"}),
        ("operating_figures", "statement", "period_on", {"statement_item": "orders", "customer_id": "K"}),
    ],
)  # fmt: skip
def test_what_is_due_every_period_is_done_on_its_last_day_and_missed_after_it(
    name: str, table_: str, day: str, kind: Row
) -> None:
    """P1-7, P9-4, P4-9, P10-1, P7-7, P2-7, P8-2."""
    due, year_end = DUTIES[name].due, date(2026, 12, 31)
    assert isinstance(due, Every)
    last = max(last for _, last in periods(due, year_end) if last <= year_end)
    given_ = {"position": [position(date(2026, month, 1), size_class="large") for month in range(1, 12)]}
    for late, state in ((0, "done"), (1, "missed")):
        shown = given_ | {table_: [kind | {day: last + timedelta(days=late)}]}
        found = told(name, year_end, **shown)
        assert {row["duty_state"] for (_, on), row in found.items() if on == last} == {state}


def test_what_a_plan_asks_is_owed_to_those_it_grades_and_by_every_branch() -> None:
    connection = ibis.duckdb.connect(threads=1)
    loans = [
        loan(date(2024, 1, 1))[0] | {"loan_id": n, "customer_id": f"K{n}", "product": p}
        for n, p in (("A", "甲"), ("B", "乙"))
    ]
    given_ = {
        "loan": loans,
        "customer": [
            {"customer_id": "KA", "customer_kind": "company"},
            {"customer_id": "KB", "customer_kind": "company"},
        ],
        "position": [
            position(date(2026, month, 1), loan_id=n, customer_id=f"K{n}", product=p, worst_dpd=0)
            for month in range(1, 11)
            for n, p in (("A", "甲"), ("B", "乙"))
        ],
        "visit": [visit(date(2026, 10, 3)) | {"known_on": AS_OF}],
        "meeting": [
            {
                "meeting_id": "M",
                "meeting_kind": "risk",
                "held_on": AS_OF,
                "branch": "甲支行",
                "known_on": AS_OF,
            }
        ],
    }
    for name, rows in given_.items():
        connection.create_table(name, table(name, rows))
    files = (read_policy("manufacturing"), read_policy("monthly_sprint"))
    segments = (Segment(policy="manufacturing", product=("甲",)), Segment(policy="monthly_sprint"))
    plan = Rulebook(BothLanguages(zh="计划", en="Plan"), segments, files, None)
    frames = duty_frames(Facts.over(connection, given_), AS_OF, POLICY, plan, ["all"])
    actions = frames["duty_actions"]
    assert set(actions.loc[actions["duty"] == "visit_good", "subject_id"]) == {"KA"}
    assert set(actions.loc[actions["duty"] == "weekly_risk_meeting", "subject_id"]) == {"甲支行"}


def test_suit_materials_have_their_own_days() -> None:
    case = [{"legal_case_id": "S", "loan_id": "A", "decided_on": date(2026, 10, 12)}]
    steps = {
        "suit_balances": ("balances_verified", 0),
        "suit_complaint": ("complaint_drafted", 1),
        "suit_ready": ("materials_ready", 3),
    }
    for name, (step, days) in steps.items():
        for late, state in ((0, "done"), (1, "late")):
            done = date(2026, 10, 12) + timedelta(days=days + late)
            rows = told(
                name,
                legal_case=case,
                legal_step=[{"legal_case_id": "S", "legal_step": step, "done_on": done}],
            )
            assert [row["duty_state"] for row in rows.values()] == [state], name


def test_a_gap_in_a_file_is_closed_by_the_sunday_of_its_week() -> None:
    for filed, state in ((date(2026, 10, 18), "done"), (date(2026, 10, 19), "late"), (None, "missed")):
        gap = {
            "loan_id": "A",
            "document_kind": "contract",
            "gap_found_on": date(2026, 10, 12),
            "paper_on": filed,
        }
        (row,) = told("document_gap", document=[gap]).values()
        assert row["duty_state"] == state


def test_a_reminder_three_days_ahead_is_on_time_and_two_days_ahead_is_late() -> None:
    due = [{"loan_id": "A", "schedule_no": 1, "instalment_no": 1, "due_on": date(2026, 10, 20)}]
    for day, state in ((17, "done"), (18, "late")):
        sent = {
            "action_id": "1", "loan_id": "A", "action_channel": "sms", "action_purpose": "reminder",
            "acted_on": date(2026, 10, day),
        }  # fmt: skip
        (row,) = told("reminder", instalment=due, action=[sent]).values()
        assert row["duty_state"] == state


def test_what_is_not_delivered_is_not_missed() -> None:
    facts = Facts.of({})
    frames = duty_frames(facts, AS_OF, POLICY, None, ["all"])
    assert frames == {}


@pytest.mark.parametrize("period", ["week", "half_month", "month", "quarter", "half_year"])
@given(as_of=st.dates(date(2020, 1, 1), date(2030, 12, 31)))
@settings(max_examples=examples(20, 500), deadline=None)
def test_periods_follow_each_other_without_gap(period: Any, as_of: date) -> None:
    spans = list(periods(Every(period), as_of))
    assert all(first <= last for first, last in spans)
    assert all(after[0] - before[1] == timedelta(days=1) for before, after in pairwise(spans))
    assert any(first <= as_of <= last for first, last in spans)


@given(days=st.lists(st.integers(0, 60), max_size=4), later=st.integers(0, 30))
@settings(max_examples=examples(10, 200), deadline=None)
def test_more_evidence_never_makes_it_worse_and_what_is_done_stays_done(days: list[int], later: int) -> None:
    order = ["done", "late", "not_due", "missed"]
    seen = [visit(date(2026, 9, 10) + timedelta(days=n)) | {"visit_id": str(i)} for i, n in enumerate(days)]
    due = ("A", date(2026, 10, 5))
    before = told("first_visit", loan=loan(date(2026, 9, 10)), visit=seen[:-1])[due]["duty_state"]
    after = told("first_visit", loan=loan(date(2026, 9, 10)), visit=seen)[due]["duty_state"]
    assert order.index(after) <= order.index(before)
    on = date(2026, 10, 1) + timedelta(days=later)
    earlier = told("first_visit", on, loan=loan(date(2026, 9, 10)), visit=seen)[due]["duty_state"]
    assert earlier not in ("done", "late") or after == earlier


def test_the_numbers_of_every_duty_are_in_force() -> None:
    assert all(isinstance(duty, Duty) for duty in DUTIES.values())
    asked = {*POLICY.duties, *(name for policy in OTHERS for name in read_policy(policy).policy.duties)}
    assert set(DUTIES) == asked
