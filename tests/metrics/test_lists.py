"""Lists: overdue loans, maturities, the cliff, changed terms, write-offs and exceptions."""

from __future__ import annotations

from datetime import date

import pandas as pd

import hand_made
from postloan.metrics.exceptions import EXCEPTION_RULES, exceptions
from postloan.metrics.facts import Facts
from postloan.metrics.lists import (
    cliff,
    maturities,
    overdue_loans,
    recovered_loans,
    restructured_loans,
    written_off_loans,
)

AS_OF = date(2025, 6, 30)
FLOORS = {
    "": {"special_mention": 0, "substandard": 90, "loss": 360},
    "card": {"substandard": 90, "doubtful": 120},
}


def at(loan_id: str, dpd: int | None, balance: int, **more: object) -> dict[str, object]:
    row: dict[str, object] = hand_made.month(loan_id, AS_OF, dpd, balance, **more)
    return row


def facts(**tables: list[dict[str, object]]) -> Facts:
    return Facts.of({name: hand_made.rows(name, rows) for name, rows in tables.items()})


def near(*rows: dict[str, object]) -> dict[str, tuple[str, int]]:
    frame = cliff(overdue_loans(facts(position=list(rows)), AS_OF, ["all"]), FLOORS)
    return {row["loan_id"]: (row["boundary"], row["days_to_boundary"]) for _, row in frame.iterrows()}


def test_overdue_loans_come_largest_first_and_per_branch() -> None:
    rows = [
        at("a", 1, 10),
        at("b", 40, 30, branch="North"),
        at("c", 0, 99),
        at("d", None, 99),
        at("e", 9, 10),
    ]
    frame = overdue_loans(facts(position=rows), AS_OF, ["all", "North"])
    assert frame["loan_id"].to_list() == ["b", "b", "a", "e"]
    assert frame["scope"].to_list() == ["North", "all", "all", "all"]


def test_both_sides_of_the_cliff() -> None:
    found = near(at("d25", 25, 1), at("d26", 26, 1), at("d30", 30, 1), at("d31", 31, 1), at("d0", 0, 1))
    assert found == {"d26": ("M2", 5), "d30": ("M2", 1)}


def test_where_bucket_and_class_begin_together_the_class_is_named() -> None:
    assert near(at("a", 88, 1, risk_class="special_mention")) == {"a": ("substandard", 3)}
    assert near(at("a", 88, 1, risk_class="doubtful")) == {"a": ("M4", 3)}


def test_a_product_with_its_own_ladder_follows_it() -> None:
    rows = [at("card", 119, 1, product="card", risk_class="substandard"), at("other", 119, 1, product="car")]
    assert near(*rows) == {"card": ("doubtful", 2), "other": ("M5", 2)}


def test_what_is_at_stake_is_the_balance_largest_first() -> None:
    frame = cliff(overdue_loans(facts(position=[at("a", 30, 5), at("b", 58, 7)]), AS_OF, ["all"]), FLOORS)
    assert frame["at_stake_minor"].to_list() == [7, 5]
    assert frame["loan_id"].is_unique


def test_maturities_follow_the_schedule_in_force() -> None:
    july, august = date(2025, 7, 31), date(2025, 8, 1)
    rows = [
        at("contract", 0, 10, matures_on=july),
        at("beyond", 0, 10, matures_on=august),
        at("past", 5, 10, matures_on=AS_OF),
        at("moved", 0, 10, matures_on=july, schedule_no=2),
    ]
    plan = [
        {"loan_id": "moved", "schedule_no": no, "instalment_no": 1, "due_on": on, "principal_minor": 10}
        for no, on in ((1, july), (2, august))
    ]
    frame = maturities(facts(position=rows, instalment=plan), AS_OF, ["all"])
    assert frame["loan_id"].to_list() == ["contract"]
    assert frame["matures_in_days"].to_list() == [31]


def test_inside_a_month_its_rest_is_in_the_list() -> None:
    row = hand_made.month("a", date(2025, 6, 15), 0, 10, matures_on=AS_OF)
    assert maturities(facts(position=[row]), date(2025, 6, 15), ["all"])["matures_in_days"].to_list() == [15]


def test_changed_terms() -> None:
    rows = [at("a", 0, 1, is_restructured=True), at("b", 0, 9, is_renewed=True), at("c", 0, 5)]
    assert restructured_loans(facts(position=rows), AS_OF, ["all"])["loan_id"].to_list() == ["b", "a"]


def test_write_offs_of_the_year_with_what_came_back() -> None:
    gone = {"status": "written_off", "branch": "North"}
    rows = [
        hand_made.month("a", date(2025, 2, 28), None, 0, **gone, principal_written_off_minor=500),
        hand_made.month("old", date(2024, 12, 31), None, 0, **gone, principal_written_off_minor=900),
        hand_made.month("old", AS_OF, None, 0, **gone, recovered_minor=3),  # still pays, long gone
    ]
    back = [
        {
            "loan_id": loan_id,
            "month_end": on,
            "branch": "North",
            "recovered_minor": amount,
            "recovered_year_minor": 0,
        }
        for loan_id, on, amount in (
            ("a", date(2025, 3, 31), 40),
            ("a", date(2025, 5, 31), 5),
            ("old", date(2024, 12, 31), 7),
            ("old", AS_OF, 3),
        )
    ]
    event = {"event_id": "1", "loan_id": "a", "event_kind": "write_off", "event_on": date(2025, 2, 14)}
    found = facts(position=rows, recovery=back, loan_event=[event])
    frame = written_off_loans(found, AS_OF, ["all", "North"])
    assert frame["scope"].to_list() == ["North", "all"]
    row = frame.iloc[0]
    assert (row["loan_id"], row["written_off_minor"], row["recovered_ytd_minor"]) == ("a", 500, 45)
    assert row["written_off_on"] == pd.Timestamp(2025, 2, 14)
    assert recovered_loans(found, AS_OF, ["all"]).set_index("loan_id")["recovered_ytd_minor"].to_dict() == {
        "a": 45,
        "old": 3,
    }


def plan(loan_id: str, principal: int, on: date = date(2026, 1, 1)) -> dict[str, object]:
    return {
        "loan_id": loan_id,
        "schedule_no": 1,
        "instalment_no": 1,
        "due_on": on,
        "principal_minor": principal,
    }


LENT = date(2025, 1, 10)
ODD = facts(
    loan=[
        {"loan_id": name, "disbursed_on": LENT, "principal_minor": 100, "branch": branch}
        for name, branch in (("ok", "North"), ("bare", "North"), ("short", "North"), ("nowhere", None), ("old", "North"), ("gone", "North"), ("coded", "North"))
    ],
    position=[
        at("ok", 0, 100, branch="North", schedule_no=1, officer_id="S1", credit_minor=0),
        at("bare", None, 100, branch="North", schedule_no=1),
        at("short", 3, 90, branch="North", schedule_no=1, credit_minor=-1),
        at("nowhere", 0, 100, schedule_no=1, credit_minor=100),
        at("old", 0, 60, branch="North", schedule_no=1, matures_on=date(2025, 6, 1)),
        at("gone", None, 50, branch="North"),
        at("coded", 0, 50, branch="North", observed_on=AS_OF),
    ],
    loan_tape=[
        {"loan_id": "gone", "observed_on": LENT, "balance_minor": 50, "dpd": 0},
        {"loan_id": "coded", "observed_on": AS_OF, "balance_minor": 50, "dpd": 0, "dpd_low": 30, "dpd_high": 59},
    ],
    instalment=[plan("ok", 100), plan("short", 90), plan("nowhere", 100), plan("old", 100, date(2025, 6, 1))],
    payment=[
        {"payment_id": "P1", "loan_id": "ok", "paid_on": date(2025, 1, 9), "amount_minor": 5},
        {"payment_id": "P2", "loan_id": "ok", "paid_on": LENT, "amount_minor": 5},
    ],
    loan_event=[
        {"event_id": "E1", "loan_id": "ok", "event_kind": "reschedule", "event_on": LENT, "is_distressed": None},
        {"event_id": "E2", "loan_id": "ok", "event_kind": "reschedule", "event_on": LENT, "is_distressed": False},
    ],
)  # fmt: skip


def test_every_rule_finds_its_record_and_no_other() -> None:
    frame = exceptions(ODD, AS_OF, ["all"])
    found = frame.groupby("rule", observed=True)["subject_id"].apply(list).to_dict()
    assert found == {
        "loan_without_schedule": ["bare"],
        "negative_credit": ["short"],
        "payment_before_disbursement": ["P1"],
        "schedule_differs_from_principal": ["short"],
        "matured_with_balance": ["old"],
        "current_past_maturity": ["old"],
        "loan_without_branch": ["nowhere"],
        "overdue_without_officer": ["short"],
        "reschedule_without_reason": ["E1"],
        "large_credit": ["nowhere"],
        "loan_disappeared": ["gone"],
        "tape_code_differs": ["coded"],
    }
    assert set(found) == {rule.slug for rule in EXCEPTION_RULES}


def test_exceptions_say_what_is_wrong_errors_first_and_by_branch() -> None:
    frame = exceptions(ODD, AS_OF, ["all", "North", "(missing)"])
    every = frame[frame["scope"] == "all"]
    assert every["severity"].to_list() == sorted(every["severity"])
    early = every[every["rule"] == "payment_before_disbursement"].iloc[0]
    assert early["detail"] == "loan_id ok; paid_on 2025-01-09; disbursed_on 2025-01-10"
    assert early["label_zh"] == "还款日早于放款日"
    assert len(frame[frame["scope"] != "all"]) == len(every)


def test_what_no_loan_has_is_no_exception() -> None:
    frame = exceptions(
        facts(position=[at("a", 5, 1), at("b", 9, 1)], instalment=[plan("a", 1), plan("b", 1)]),
        AS_OF,
        ["all"],
    )
    assert frame.empty
