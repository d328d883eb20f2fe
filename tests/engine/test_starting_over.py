"""Which facts let a loan resume, and which make it start over."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pyarrow as pa
import pytest
from golden import MONTHLY
from ledgers import Event, Instalment, Ledger, Payment, table, tables

from postloan.engine.loan_months import loan_months
from postloan.engine.replay import replay
from postloan.engine.starting_over import must_start_over
from postloan.model.delivered import LOAN_TAPE

ON = date(2024, 2, 29)
BEFORE, AFTER = date(2024, 2, 29), date(2024, 3, 1)
PAID = Payment("P", date(2024, 2, 10), 113)
HELD = replace(MONTHLY, payments=(PAID,))
RENEWED = replace(MONTHLY.instalments[1], interest_minor=11)

RESUMES: dict[str, Payment | Event] = {
    "repayment": Payment("N", AFTER, 50),
    "early repayment": Payment("N", AFTER, 50, "early_repayment"),
    "early settlement": Payment("N", AFTER, 300, "early_settlement"),
    "payment of unknown kind": Payment("N", AFTER, 50, None, None),
    "guarantor's payment": Payment("N", AFTER, 50, payer="guarantor"),
    "guarantor's refund": Payment("N", AFTER, 50, "refund", "guarantor"),
    "waiver": Event("N", "waiver", AFTER, amount_minor=5),
    "settlement": Event("N", "settlement", AFTER),
    "write-off": Event("N", "write_off", AFTER),
    "sale": Event("N", "sale", AFTER),
    "repossession": Event("N", "repossession", AFTER),
    "recovery": Event("N", "post_write_off_recovery", AFTER, amount_minor=5),
    "guarantor advance": Event("N", "guarantor_advance", AFTER, amount_minor=5),
    "pause": Event("N", "pause", AFTER),
    "resume": Event("N", "resume", AFTER),
    "extension without a plan": Event("N", "extension", AFTER),
    "old event that moves nothing": Event("N", "renewal", BEFORE),
}
STARTS_OVER: dict[str, Payment | Event] = {
    "old payment": Payment("N", BEFORE, 50),
    "refund": Payment("N", AFTER, 50, "refund"),
    "bounce of an old payment": Payment("N", AFTER, 113, "reversal", reverses_id="P"),
    "bounce of a payment not there": Payment("N", AFTER, 113, "reversal", reverses_id="elsewhere"),
    "old pause": Event("N", "pause", BEFORE),
    "old waiver": Event("N", "waiver", BEFORE, amount_minor=5),
    "reschedule": Event("N", "reschedule", AFTER, schedule_no=2),
    "extension": Event("N", "extension", AFTER, schedule_no=2),
}


def plus(ledger: Ledger, fact: Payment | Event) -> Ledger:
    if isinstance(fact, Payment):
        return replace(ledger, payments=(*ledger.payments, fact))
    return replace(ledger, events=(*ledger.events, fact))


def only(ledger: Ledger, fact: Payment | Event) -> dict[str, pa.Table]:
    return tables([plus(replace(ledger, instalments=(), payments=(), events=()), fact)])


def starting_over(fact: Payment | Event) -> list[str]:
    """Return the loans that start over where ``fact`` came in."""
    added = only(HELD, fact)
    del added["loan"]
    found: list[str] = must_start_over(added, {}, added, ON).to_pylist()
    return found


@pytest.mark.parametrize("fact", RESUMES.values(), ids=RESUMES.keys())
def test_resumes(fact: Payment | Event) -> None:
    assert starting_over(fact) == []


@pytest.mark.parametrize("fact", STARTS_OVER.values(), ids=STARTS_OVER.keys())
def test_starts_over(fact: Payment | Event) -> None:
    assert starting_over(fact) == ["A"]


@pytest.mark.parametrize(
    "fact",
    [fact for name, fact in STARTS_OVER.items() if not name.startswith("old")],
    ids=[name for name in STARTS_OVER if not name.startswith("old")],
)
def test_a_later_fact_that_was_already_there_makes_its_loan_start_over_all_the_same(
    fact: Payment | Event,
) -> None:
    assert must_start_over({}, {}, only(HELD, fact), ON).to_pylist() == ["A"]


def test_a_bounce_of_a_later_payment_resumes() -> None:
    ledger = replace(
        MONTHLY, payments=(Payment("N", AFTER, 9), Payment("R", AFTER, 9, "reversal", "borrower", "N"))
    )
    later = {"payment": tables([ledger])["payment"]}
    assert must_start_over(later, {}, later, ON).to_pylist() == []


def test_a_bounce_that_names_another_loans_payment_starts_over() -> None:
    other = replace(MONTHLY, loan_id="B", payments=(Payment("R", AFTER, 9, "reversal", "borrower", "N"),))
    ledger = replace(MONTHLY, payments=(Payment("N", AFTER, 9),))
    later = {"payment": tables([ledger, other])["payment"]}
    assert must_start_over(later, {}, later, ON).to_pylist() == ["B"]


@pytest.mark.parametrize("gone", [PAID, Payment("R", AFTER, 113, "reversal", reverses_id="P")])
def test_a_fact_that_went_makes_its_loan_start_over(gone: Payment) -> None:
    assert must_start_over({}, {"payment": only(HELD, gone)["payment"]}, {}, ON).to_pylist() == ["A"]


def test_a_later_payment_that_went_does_not_matter() -> None:
    gone = only(HELD, Payment("N", AFTER, 5))["payment"]
    assert must_start_over({}, {"payment": gone}, {}, ON).to_pylist() == []


@pytest.mark.parametrize(
    "other",
    [
        replace(HELD, principal_minor=301),
        replace(HELD, disbursed_on=date(2024, 1, 11)),
        replace(HELD, grace_days=3),
        replace(HELD, is_restructured=True),
        replace(HELD, instalments=(*MONTHLY.instalments, Instalment(2, 1, date(2024, 9, 9), 1))),
        replace(HELD, instalments=(MONTHLY.instalments[0], RENEWED, MONTHLY.instalments[2])),
        replace(HELD, instalments=MONTHLY.instalments[:2]),
    ],
    ids=["principal", "disbursement", "grace", "restructured", "more", "other", "fewer"],
)
def test_another_loan_or_plan_starts_over(other: Ledger) -> None:
    assert must_start_over(tables([other]), tables([HELD]), {}, ON).to_pylist() == ["A"]


def test_what_a_replay_does_not_read_may_change() -> None:
    before = tables([HELD])
    known = pa.chunked_array([pa.array([date(2024, 5, 5)])])
    after = {
        name: table.set_column(
            table.schema.get_field_index("known_on"),
            table.schema.field("known_on"),
            pa.repeat(known[0], table.num_rows),
        )
        for name, table in before.items()
    }
    assert must_start_over(after, before, {}, ON).to_pylist() == []


TAPE = table(LOAN_TAPE, [{"loan_id": "A", "observed_on": date(2024, 1, 31), "balance_minor": 300}])


def test_a_row_of_a_tape_starts_its_loan_over() -> None:
    assert must_start_over({"loan_tape": TAPE}, {}, {}, ON).to_pylist() == ["A"]


def test_a_loan_on_a_tape_has_no_state() -> None:
    given = tables([HELD, replace(MONTHLY, loan_id="B")]) | {"loan_tape": TAPE}
    found = loan_months(given, [date(2024, 1, 31), ON], [date(2024, 1, 31)])
    assert found.state.loan["loan_id"].to_pylist() == ["B"]
    assert set(found.state.instalment["loan_id"].to_pylist()) == {"B"}


def test_a_replay_refuses_to_resume_over_a_fact_that_changes_the_past() -> None:
    state = replay(**tables([HELD]), as_of=ON).state
    later = plus(HELD, STARTS_OVER["refund"])
    with pytest.raises(
        ValueError, match="loan A cannot resume from 2024-02-29: a later fact changes what was"
    ):
        replay(**tables([later]), as_of=date(2024, 3, 31), resume=state)


@pytest.mark.parametrize("as_of", [date(2024, 2, 28), date(2024, 1, 31)])
def test_a_replay_refuses_a_state_after_its_date(as_of: date) -> None:
    state = replay(**tables([HELD]), as_of=ON).state
    with pytest.raises(
        ValueError, match="cannot resume from 2024-02-29: it is no month-end up to the as-of date"
    ):
        replay(**tables([HELD]), as_of=as_of, resume=state)
