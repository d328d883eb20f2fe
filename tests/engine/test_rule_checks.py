"""Rules checked record by record: both sides of every check, and what does not tell."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import ibis
import pytest
from test_contacts import table

from postloan.engine.rule_checks.evaluate import FINDERS, looked_at, placed
from postloan.jobs.rule_frames import rule_frames
from postloan.metrics.facts import Facts
from postloan.model.checked import RuleCheck
from postloan.policy.files import read_policy, read_rulebook
from postloan.policy.rule_check import rule_checks_on

AS_OF = date(2026, 10, 31)
POLICIES = ("post_loan_work", "machinery", "feed_supply", "monthly_sprint", "general")
CHECKS: dict[str, RuleCheck] = {
    check.name: check
    for name in POLICIES
    for check in rule_checks_on(read_policy(name).policy.checks, read_policy(name).policy.parameters, AS_OF)
}
NAMES = (
    "position", "loan", "customer", "staff", "visit", "action", "collection_case", "legal_case", "legal_step", "sighting",
    "collateral", "tow", "ownership", "disposal_plan", "loan_event", "payment", "flow", "instalment_outcome",
)  # fmt: skip
Row = dict[str, Any]


def on(day: int, month: int = 10) -> date:
    return date(2026, month, day)


LOAN = {
    "loan_id": "A",
    "customer_id": "K",
    "branch": "甲支行",
    "product": "工程机械融资",
    "officer_id": "YG1",
}
POSITION = {
    "loan_id": "A", "customer_id": "K", "month_end": AS_OF, "status": "active", "branch": "甲支行", "dpd": 10,
    "overdue_minor": 60000000, "balance_minor": 100, "customer_kind": "company", "risk_class": "substandard",
}  # fmt: skip
CASE = {"case_id": "C", "loan_id": "A", "customer_id": "K", "opened_on": on(1, 6)}
COLLATERAL = {"collateral_id": "P", "loan_id": "A", "frame_no": "F1", "engine_no": "E1"}
SEEN = {"sighting_id": "S", "loan_id": "A", "seen_on": on(10), "is_found": True, "frame_no": "F1", "engine_no": "E1", "reported_on": on(10), "place": "甲"}  # fmt: skip
TOW = {
    "loan_id": "A", "towed_on": on(10), "is_site_checked": True, "is_operation_checked": True, "is_people_checked": True,
    "is_terrain_checked": True, "is_exit_checked": True, "n_return_routes": 1,
}  # fmt: skip
VISIT = {
    "visit_id": "H", "customer_id": "K", "loan_id": "A", "visited_on": on(10), "repayment_note": "a", "business_note": "b",
    "funding_note": "c", "feedback": "d", "verified_on": on(10),
}  # fmt: skip
OWNER = {"customer_id": "K", "staff_id": "YG1", "from_on": on(1, 1), "department": "资产经营部"}


def call(day: int, channel: str = "call", **given: Any) -> Row:
    number = f"{channel}{day}{given.get('action_purpose', '')}"
    return {
        "action_id": number,
        "loan_id": "A",
        "customer_id": "K",
        "action_channel": channel,
        "acted_on": on(day),
    } | given


def flags(name: str, **rows: list[Row]) -> list[bool | None]:
    """Return what a check says of each record, in the order of records and days."""
    return [row["is_broken"] for row in told(name, **rows)]


def told(name: str, **rows: list[Row]) -> list[Row]:
    connection = ibis.duckdb.connect(threads=1)
    usual: dict[str, list[Row]] = {"loan": [LOAN], "position": [POSITION], "customer": [{"customer_id": "K"}]}
    given = usual | rows
    opened = {n: connection.create_table(n, table(n, given.get(n, []))) for n in NAMES}
    found = placed(looked_at(CHECKS[name], opened.__getitem__, AS_OF), opened.__getitem__, AS_OF)
    return sorted(found.to_pyarrow().to_pylist(), key=lambda row: (row["subject_id"], row["happened_on"]))


def test_every_check_there_is_belongs_to_a_policy_and_is_tried_here() -> None:
    assert set(CHECKS) == set(FINDERS)


@pytest.mark.parametrize(
    ("reason", "said", "broken"),
    [
        ("temporary", None, False),  # the case tells it
        (None, on(21), False),  # said on the day it fell overdue, ten days ago
        (None, on(20), True),  # of an earlier delay
        (None, None, True),
    ],
)
def test_every_overdue_loan_has_a_reason(reason: str | None, said: date | None, broken: bool) -> None:
    """S0-11."""
    action = [call(1, acted_on=said, overdue_reason="forgot")] if said else []
    case = [CASE | {"overdue_reason": reason}]
    assert flags("overdue_without_reason", collection_case=case, action=action) == [broken]


def test_a_reason_of_a_closed_case_or_of_a_loan_that_pays_is_nobodys() -> None:
    closed = [CASE | {"overdue_reason": "forgot", "closed_on": on(31)}]
    assert flags("overdue_without_reason", collection_case=closed) == [True]
    assert flags("overdue_without_reason", position=[POSITION | {"dpd": 0}]) == []


def test_each_stage_follows_the_one_before() -> None:
    """S1-1: reminder, call, SMS, call, visit; each in the month and not before the one it follows."""
    steps = [
        call(1, "sms", action_purpose="reminder"), call(2), call(3, "sms", action_purpose="collection"), call(4),
        call(5, "on_site"),
    ]  # fmt: skip
    assert flags("stage_skipped", action=steps) == [False] * 4
    assert flags("stage_skipped", action=[steps[0], steps[1], steps[4]]) == [False, True]  # no second call
    assert flags("stage_skipped", action=steps[1:2]) == [True]  # no reminder
    assert flags("stage_skipped", action=[steps[0] | {"acted_on": on(30, 9)}, steps[1]]) == [True]
    assert flags("stage_skipped", action=[steps[0] | {"acted_on": on(2)}, steps[1]]) == [False]  # on one day


@pytest.mark.parametrize(("mild", "broken"), [(on(12, 7), False), (on(11, 7), True), (None, True)])
def test_nobody_is_visited_who_was_not_addressed(mild: date | None, broken: bool) -> None:
    """S2-1: within 90 days before."""
    first = [call(1, acted_on=mild, action_id="m")] if mild else []
    assert flags("escalated_early", action=[*first, call(10, "on_site")]) == [broken]


@pytest.mark.parametrize(
    ("planned", "broken"),
    [(on(5), False), (on(6), True), (on(1), False), (on(30, 9), True), (None, True)],
)
def test_a_case_has_a_plan_of_the_first_days(planned: date | None, broken: bool) -> None:
    """S1-9."""
    case = [
        CASE | {"planned_on": planned},
        CASE | {"case_id": "D", "opened_on": on(1)},
    ]  # D: opened this month
    assert flags("case_without_plan", collection_case=case) == [broken]


def test_how_a_delay_was_noticed_is_told() -> None:
    """S2-1."""
    cases = [CASE | {"identified_by": "system"}, CASE | {"case_id": "D"}]
    assert flags("case_unidentified", collection_case=cases) == [False, True]


def test_a_letter_has_its_proof() -> None:
    """S2-3."""
    actions = [call(1, "letter", proof_id="Z"), call(2, "letter"), call(3)]
    assert flags("letter_without_proof", action=actions) == [False, True]


@pytest.mark.parametrize(
    ("paid", "called", "looked"),
    [(on(15), [], []), (on(16), [on(15)], [False]), (on(16), [on(16)], [True]), (None, [], [True])],
)
def test_who_has_not_paid_is_called_on_the_due_day(
    paid: date | None, called: list[date], looked: list[bool]
) -> None:
    """P7-4."""
    due = [{"loan_id": "A", "due_on": on(15), "paid_off_on": paid}]
    calls = [call(1, acted_on=day) for day in called]
    assert flags("no_call_on_due_day", instalment_outcome=due, action=calls) == looked


@pytest.mark.parametrize(
    ("opened", "sued", "looked"),
    [(on(1, 6), None, [True]), (on(1, 6), AS_OF, [False]), (on(2, 8), None, [])],
)
def test_who_refuses_is_sued(opened: date, sued: date | None, looked: list[bool]) -> None:
    """P7-6: after more than 90 days; on 2 August they have just passed."""
    case = [CASE | {"willingness": "refuses", "opened_on": opened}]
    suit = [{"legal_case_id": "L", "loan_id": "A", "decided_on": sued}] if sued else []
    assert flags("refusal_without_suit", collection_case=case, legal_case=suit) == looked


@pytest.mark.parametrize(
    ("reason", "measure", "looked"),
    [
        ("evasion", "litigation", [False]), ("evasion", "grace", [True]), ("temporary", "grace", [False]),
        ("temporary", "litigation", [True]), ("deteriorating", "plan", [True]), ("evasion", None, [None]),
        ("forgot", "litigation", []),
    ],
)  # fmt: skip
def test_the_measure_fits_the_cause(reason: str, measure: str | None, looked: list[bool | None]) -> None:
    """P5-7, P4-6, P8-5."""
    case = [CASE | {"overdue_reason": reason, "measure": measure, "opened_on": on(1)}]
    assert flags("measure_unfit", collection_case=case) == looked


@pytest.mark.parametrize(("months", "broken"), [(0, True), (1, False), (3, False), (4, True), (None, None)])
def test_grace_is_one_to_three_months(months: int | None, broken: bool | None) -> None:
    """P8-5."""
    case = [CASE | {"measure": "grace", "grace_months": months, "opened_on": on(1)}]
    assert flags("grace_out_of_range", collection_case=case) == [broken]


@pytest.mark.parametrize(
    ("owed", "planned", "looked"),
    [(50000000, None, [True]), (50000000, on(1), [False]), (49999999, None, [])],
)
def test_large_overdue_customers_have_a_plan(owed: int, planned: date | None, looked: list[bool]) -> None:
    """P6-5."""
    position = [POSITION | {"overdue_minor": owed}]
    assert (
        flags(
            "large_overdue_without_plan", position=position, collection_case=[CASE | {"planned_on": planned}]
        )
        == looked
    )


def test_stages_of_a_suit_do_not_run_backwards() -> None:
    """S1-12; of one day is in order."""
    case = [{"legal_case_id": "L", "loan_id": "A"}]
    steps = [("filed", on(5)), ("preserved", on(5)), ("enforced", on(4)), ("towed", on(9)), ("judged", on(1))]
    rows = [{"legal_case_id": "L", "legal_step": step, "done_on": day} for step, day in steps]
    found = {
        row["subject_id"]: row["is_broken"]
        for row in told("legal_stage_too_early", legal_step=rows, legal_case=case)
    }
    assert found == {"L·filed": False, "L·preserved": False, "L·enforced": True, "L·towed": False}


@pytest.mark.parametrize(
    ("frame", "engine", "broken"),
    [("F1", "E1", False), ("F1", "E2", True), ("F2", "E1", True), ("F1", None, True)],
)
def test_a_vehicle_is_found_only_where_both_numbers_match(
    frame: str, engine: str | None, broken: bool
) -> None:
    """S1-14."""
    seen = [SEEN | {"frame_no": frame, "engine_no": engine}]
    assert flags("vehicle_mistaken", sighting=seen, collateral=[COLLATERAL]) == [broken]


@pytest.mark.parametrize(("reported", "broken"), [(on(10), False), (on(11), True), (None, True)])
def test_a_vehicle_found_is_reported_at_once(reported: date | None, broken: bool) -> None:
    """S1-14."""
    assert flags(
        "vehicle_not_reported", sighting=[SEEN | {"reported_on": reported}], collateral=[COLLATERAL]
    ) == [broken]


@pytest.mark.parametrize(
    ("given", "broken"),
    [
        ({}, False), ({"n_return_routes": 2}, False), ({"n_return_routes": 0}, True), ({"n_return_routes": 3}, True),
        ({"is_exit_checked": None}, True), ({"is_site_checked": False}, True),
    ],
)  # fmt: skip
def test_a_tow_is_prepared(given: Row, broken: bool) -> None:
    """S1-15."""
    assert flags("tow_unprepared", tow=[TOW | given]) == [broken]


@pytest.mark.parametrize(("day", "broken"), [(on(1), False), (on(30, 9), True)])
def test_it_is_known_where_the_machine_stands(day: date, broken: bool) -> None:
    """S1-11: told within 30 days, in a call or by a sighting."""
    cases: dict[str, list[Row]] = {"collection_case": [CASE], "collateral": [COLLATERAL]}
    told_ = [call(1, acted_on=day, vehicle_place="甲工地")]
    assert flags("vehicle_place_unknown", action=told_, **cases) == [broken]
    assert flags("vehicle_place_unknown", sighting=[SEEN | {"seen_on": day}], **cases) == [broken]
    assert flags("vehicle_place_unknown", collection_case=[CASE]) == []  # no machine is pledged


@pytest.mark.parametrize(
    ("owners", "broken"),
    [
        ([OWNER], False),
        ([], True),
        ([OWNER, OWNER | {"staff_id": "YG2"}], True),
        ([OWNER | {"until_on": on(30)}], True),
    ],
)
def test_an_enterprise_has_one_owner(owners: list[Row], broken: bool) -> None:
    """P1-1."""
    assert flags("not_one_owner", ownership=owners) == [broken]
    person = [POSITION | {"customer_kind": "individual"}]
    assert flags("not_one_owner", ownership=owners, position=person) == []


@pytest.mark.parametrize(("department", "broken"), [("资产经营部", False), ("客户部", True), (None, None)])
def test_bad_debtors_leave_the_business_departments(department: str | None, broken: bool | None) -> None:
    """P2-3."""
    assert flags("npl_with_business", ownership=[OWNER | {"department": department}]) == [broken]
    two = [OWNER, OWNER | {"staff_id": "YG2", "department": "客户部"}]
    assert flags("npl_with_business", ownership=two) == [True]  # looked at once
    performing = [POSITION | {"risk_class": "normal"}]
    assert flags("npl_with_business", ownership=[OWNER], position=performing) == []


@pytest.mark.parametrize(
    ("plans", "broken"),
    [
        ([("sue", 1)], False),
        ([], True),
        ([("sue", 1), ("collect", 1)], True),
        ([("sue", 1), ("collect", 2)], False),
    ],
)
def test_a_bad_debtor_has_one_plan(plans: list[tuple[str, int]], broken: bool) -> None:
    """P2-4: the latest counts."""
    rows = [{"customer_id": "K", "disposal_kind": kind, "planned_on": on(day)} for kind, day in plans]
    assert flags("npl_without_one_disposal", disposal_plan=rows) == [broken]


@pytest.mark.parametrize("blank", ["repayment_note", "business_note", "funding_note", "feedback"])
def test_a_visit_tells_everything(blank: str) -> None:
    """S0-4."""
    assert flags("visit_with_blanks", visit=[VISIT]) == [False]
    assert flags("visit_with_blanks", visit=[VISIT | {blank: None}]) == [True]


@pytest.mark.parametrize(
    ("verified", "broken"), [(on(10), False), (on(9), True), (None, True), (on(1, 11), True)]
)
def test_a_visit_is_verified_after_it(verified: date | None, broken: bool) -> None:
    """S4-6; what is verified later was not by the date."""
    assert flags("visit_unverified", visit=[VISIT | {"verified_on": verified}]) == [broken]


@pytest.mark.parametrize(
    ("updated", "broken"), [(date(2026, 5, 4), False), (date(2026, 5, 3), True), (None, None)]
)
def test_contact_data_are_fresh(updated: date | None, broken: bool | None) -> None:
    """S2-4: 180 days."""
    customer = [{"customer_id": "K", "contact_updated_on": updated}]
    assert flags("contact_data_stale", customer=customer) == [broken]


@pytest.mark.parametrize(
    ("settled", "lent", "amount", "broken"),
    [
        (on(27), on(25), 100, True),
        (on(26), on(25), 100, False),  # not in the last five days
        (on(27), on(20), 100, True),
        (on(27), on(19), 100, False),  # too long before
        (on(27), on(27), 99, False),  # too little
    ],
)
def test_overdue_loans_are_not_settled_by_new_ones(
    settled: date, lent: date, amount: int, broken: bool
) -> None:
    """F-12."""
    new: Row = {"loan_id": "B", "customer_id": "K", "disbursed_on": lent, "principal_minor": amount}
    flow: list[Row] = [{
        "loan_id": "A", "customer_id": "K", "base": "month", "month_end": AS_OF, "to_state": "settled", "from_dpd": 5,
        "repaid_minor": 100,
    }]  # fmt: skip
    payment = [{"payment_id": "Z", "loan_id": "A", "paid_on": settled}]
    assert flags("refinanced_at_month_end", loan=[LOAN, new], flow=flow, payment=payment) == [broken]
    renewal = [LOAN, new | {"renewed_from": "A"}]
    assert flags("refinanced_at_month_end", loan=renewal, flow=flow, payment=payment) == [False]


@pytest.mark.parametrize(
    ("paid", "amount", "payer", "broken"),
    [
        (on(13), 100, "borrower", True), (on(14), 100, "borrower", False), (on(7), 100, None, True),
        (on(10), 99, "borrower", False), (on(10), 100, "guarantor", False),
    ],
)  # fmt: skip
def test_an_advance_is_not_entered_as_a_payment(
    paid: date, amount: int, payer: str | None, broken: bool
) -> None:
    """S4-9."""
    event = [
        {
            "event_id": "V",
            "loan_id": "A",
            "event_kind": "guarantor_advance",
            "event_on": on(10),
            "amount_minor": 100,
        }
    ]
    payment = [{"payment_id": "Z", "loan_id": "A", "paid_on": paid, "amount_minor": amount, "payer": payer}]
    assert flags("advance_as_payment", loan_event=event, payment=payment) == [broken]


def test_a_record_tells_loan_branch_product_and_owner_and_only_the_last_year_counts() -> None:
    visits = [VISIT | {"loan_id": None}, VISIT | {"visit_id": "G", "visited_on": date(2025, 10, 31)}]
    (row,) = told("visit_with_blanks", visit=visits)
    assert (row["loan_id"], row["branch"], row["product"], row["staff_id"]) == (
        "A",
        "甲支行",
        "工程机械融资",
        "YG1",
    )
    assert row["detail"].startswith("has_repayment_note true")


def held(**rows: list[Row]) -> Facts:
    """Hold tables that may be blank where the contract requires a value."""
    connection = ibis.duckdb.connect(threads=1)
    for name, given in rows.items():
        connection.create_table(name, table(name, given))
    return Facts.over(connection, rows)


def test_a_policys_checks_are_for_whom_it_grades_and_what_is_not_delivered_is_said() -> None:
    facts = held(
        loan=[LOAN, LOAN | {"loan_id": "B", "customer_id": "J", "product": "个人消费贷"}],
        customer=[{"customer_id": "K"}, {"customer_id": "J"}],
        position=[POSITION, POSITION | {"loan_id": "B", "customer_id": "J"}],
        action=[call(2, known_on=on(2)), call(3, loan_id="B", customer_id="J", known_on=on(3))],
    )
    work, plan = read_policy("post_loan_work").policy, read_rulebook("synthetic_lender")
    frames = rule_frames(facts, AS_OF, work, plan, ["all", "甲支行"])
    found = frames["check_breaches"]
    skipped = found[(found["rule_check"] == "stage_skipped") & (found["scope"] == "all")]
    assert list(skipped["loan_id"]) == ["A"]  # a machine; the other is graded by another policy
    labels = frames["check_labels"].set_index("rule_check")
    assert labels.loc["tow_unprepared", "missing"] == "tow"
    assert "tow_unprepared" not in set(frames["check_measures"]["rule_check"])
    assert datetime(2026, 10, 2) == skipped["happened_on"].iloc[0]


def test_without_anything_delivered_only_what_every_lender_has_is_looked_at() -> None:
    facts = held(loan=[LOAN], position=[POSITION])
    frames = rule_frames(facts, AS_OF, read_policy("post_loan_work").policy, None, ["all"])
    assert set(frames["check_measures"]["rule_check"]) <= {"contact_data_stale", "refinanced_at_month_end"}
