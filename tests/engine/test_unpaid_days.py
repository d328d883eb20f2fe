"""Penalty by the day: the golden cases of the contract, and a walk over the days as the slow twin."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledgers import Event, Instalment, Ledger, Payment, tables

from postloan.engine.replay import replay
from postloan.engine.unpaid_days import penalty, unpaid_days

DUE = date(2026, 3, 15)
RATE = 0.005
TEN_THOUSAND = 1_000_000  # minor units


def day(number: int) -> date:
    return DUE + timedelta(days=number)


def charged(ledger: Ledger, as_of: date) -> int:
    """Return minor units × days of one loan, replayed and summed."""
    found = replay(**tables([ledger]), as_of=as_of)
    connection = ibis.duckdb.connect(threads=1)
    at = [
        connection.create_table(name, getattr(found, name))
        for name in ("instalment_outcome", "payment_allocation")
    ]
    (row,) = unpaid_days(at[0], at[1], as_of).to_pyarrow().to_pylist()
    return int(row["unpaid_minor_days"])


def loan(*payments: Payment, events: tuple[Event, ...] = ()) -> Ledger:
    plan = (Instalment(1, 1, DUE, TEN_THOUSAND), Instalment(1, 2, day(400), 100))
    return Ledger("A", TEN_THOUSAND + 100, date(2026, 1, 1), plan, payments, events)


def test_ten_thousand_unpaid_for_ten_days() -> None:
    assert penalty(charged(loan(), day(10)), RATE) == 500_00


def test_four_thousand_paid_on_the_sixth_day() -> None:
    paid = Payment("P", day(6), 400_000)
    assert penalty(charged(loan(paid), day(10)), RATE) == 400_00


@pytest.mark.parametrize(("number", "days"), [(-1, 0), (0, 0), (1, 1), (2, 2)])
def test_the_day_after_the_due_date_is_the_first(number: int, days: int) -> None:
    assert charged(loan(), day(number)) == TEN_THOUSAND * days


def test_what_is_paid_on_the_due_date_or_before_costs_nothing() -> None:
    for number in (-20, 0):
        assert charged(loan(Payment("P", day(number), TEN_THOUSAND)), day(10)) == 0


def test_an_advance_of_the_guarantor_does_not_stop_the_days() -> None:
    """The borrower stays overdue, nothing counts as recovered from it, and the advance is kept apart (S4-9)."""
    advance = loan(Payment("P", day(3), TEN_THOUSAND, payer="guarantor"))
    assert charged(advance, day(10)) == TEN_THOUSAND * 10
    month = replay(**tables([advance]), as_of=day(10)).loan_month.to_pylist()[-1]
    assert (month["dpd"], month["received_minor"], month["advanced_minor"]) == (10, 0, TEN_THOUSAND)


def test_a_bounced_payment_never_was_one() -> None:
    paid = Payment("P", day(2), TEN_THOUSAND)
    bounced = Payment("R", day(4), TEN_THOUSAND, "reversal", reverses_id="P")
    assert charged(loan(paid, bounced), day(10)) == TEN_THOUSAND * 10


def test_half_a_unit_is_rounded_up_once() -> None:
    assert [penalty(n, RATE) for n in (99, 100, 299, 300)] == [0, 1, 1, 2]


PAYMENTS = st.lists(st.tuples(st.integers(-30, 60), st.integers(1, 700_000)), max_size=5)


@settings(max_examples=20, deadline=None)
@given(PAYMENTS, st.integers(-5, 70))
def test_it_is_the_sum_of_what_is_unpaid_at_the_end_of_each_day(
    drawn: list[tuple[int, int]], last: int
) -> None:
    payments = [Payment(f"P{i}", day(on), amount) for i, (on, amount) in enumerate(drawn)]
    paid = [sum(amount for on, amount in drawn if on <= number) for number in range(last + 1)]
    slow = sum(max(TEN_THOUSAND - paid[number], 0) for number in range(1, last + 1))
    assert charged(loan(*payments), day(last)) == slow
