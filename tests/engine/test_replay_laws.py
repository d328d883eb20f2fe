"""Laws of the replay: nothing is lost, and how it is run does not change what it says."""

from __future__ import annotations

import io
from collections import defaultdict
from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_strategies import AS_OF, books, days, models
from ledgers import Instalment, Ledger, Payment, tables

from effort import examples
from postloan.engine.replay import Replay, replay
from postloan.engine.replay_model import ReplayModel, View
from postloan.model.derived import INSTALMENT_OUTCOME, LOAN_MONTH, PAYMENT_ALLOCATION

LAW = settings(max_examples=examples(15, 50), deadline=None, suppress_health_check=list(HealthCheck))
OVERDUE_TERMS = {
    "fell_overdue_minor": 1,
    "overdue_collected_minor": -1,
    "overdue_waived_minor": -1,
    "overdue_rescheduled_minor": -1,
    "overdue_written_off_minor": -1,
    "overdue_sold_minor": -1,
}
BALANCE_TERMS = {
    "lent_minor": 1,
    "repaid_minor": -1,
    "principal_waived_minor": -1,
    "principal_written_off_minor": -1,
    "principal_sold_minor": -1,
    "principal_repossessed_minor": -1,
    "reclassified_minor": 1,
}


def bytes_of(table: pa.Table) -> bytes:
    """Return the table as it is stored: what lies under a blank does not count."""
    sink = io.BytesIO()
    pq.write_table(table.combine_chunks(), sink)
    return sink.getvalue()


def all_bytes(found: Replay) -> list[bytes]:
    state = found.state
    stored = (found.loan_month, found.instalment_outcome, found.payment_allocation)
    return [bytes_of(one) for one in (*stored, state.loan, state.instalment, state.credit)]


@LAW
@given(books(6), models, st.sampled_from(AS_OF), st.data())
def test_a_withdrawn_instalment_never_was(
    book: list[Ledger], model: ReplayModel, as_of: date, data: st.DataObject
) -> None:
    marks = st.sampled_from((None, False, True))
    marked = [
        replace(one, instalments=tuple(replace(i, is_withdrawn=data.draw(marks)) for i in one.instalments))
        for one in book
    ]
    kept = [
        replace(one, instalments=tuple(i for i in one.instalments if i.is_withdrawn is not True))
        for one in marked
    ]
    found, expected = (replay(**tables(some), as_of=as_of, model=model) for some in (marked, kept))
    assert all_bytes(found) == all_bytes(expected)


@LAW
@given(books(12), models, st.sampled_from(AS_OF))
def test_walks_close(book: list[Ledger], model: ReplayModel, as_of: date) -> None:
    before: dict[str, dict[str, Any]] = defaultdict(dict)
    for row in replay(**tables(book), as_of=as_of, model=model).loan_month.to_pylist():
        opening = before[row["loan_id"]]
        for stock, terms in (("overdue_minor", OVERDUE_TERMS), ("balance_minor", BALANCE_TERMS)):
            moved = sum(sign * (row[name] or 0) for name, sign in terms.items())
            assert (opening.get(stock) or 0) + moved == (row[stock] or 0), (stock, row)
        before[row["loan_id"]] = row


@LAW
@given(books(12), models, st.sampled_from(AS_OF))
def test_every_payment_is_allocated_in_full(book: list[Ledger], model: ReplayModel, as_of: date) -> None:
    """Except those of guarantors and those after a write-off, which are allocated to nothing."""
    found = replay(**tables(book), as_of=as_of, model=model)
    sums: dict[str, int] = defaultdict(int)
    for row in found.payment_allocation.to_pylist():
        sums[row["payment_id"]] += row["amount_minor"]
    amounts = {
        one.payment_id: -one.amount_minor if one.payment_kind == "refund" else one.amount_minor
        for ledger in book
        for one in ledger.payments
    }
    assert {name: amounts[name] for name in sums} == sums


@LAW
@given(books(12), models, st.sampled_from(AS_OF))
def test_cash_is_received_or_recovered_to_the_last_cent(
    book: list[Ledger], model: ReplayModel, as_of: date
) -> None:
    found = replay(**tables(book), as_of=as_of, model=model).loan_month.to_pylist()
    for ledger in book:
        rows = [row for row in found if row["loan_id"] == ledger.loan_id]
        if any(one.payment_kind == "reversal" for one in ledger.payments):
            continue
        cash = sum(
            one.amount_minor * (-1 if one.payment_kind == "refund" else 1)
            for one in ledger.payments
            if one.paid_on <= as_of and one.payer != "guarantor"
        )
        events = sum(
            one.amount_minor or 0
            for one in ledger.events
            if one.event_kind == "post_write_off_recovery" and one.event_on <= as_of
        )
        moved = sum(row["received_minor"] + row["recovered_minor"] for row in rows)
        if rows:
            assert moved == cash + events


@LAW
@given(books(12), models, st.sampled_from(AS_OF), st.randoms(use_true_random=False))
def test_order_partitions_and_threads_change_nothing(
    book: list[Ledger], model: ReplayModel, as_of: date, random: Any
) -> None:
    whole = all_bytes(replay(**tables(book), as_of=as_of, model=model, threads=1))
    shuffled = {}
    for name, table in tables(book).items():
        order = list(range(table.num_rows))
        random.shuffle(order)
        shuffled[name] = table.take(pa.array(order, pa.int64()))
    cut = replay(**shuffled, as_of=as_of, model=model, threads=3, loans_per_partition=2)
    assert all_bytes(cut) == whole


@LAW
@given(books(12), models, st.sampled_from(AS_OF))
def test_outputs_are_in_schema_and_sorted(book: list[Ledger], model: ReplayModel, as_of: date) -> None:
    found = replay(**tables(book), as_of=as_of, model=model)
    for table, contract in (
        (found.loan_month, LOAN_MONTH),
        (found.instalment_outcome, INSTALMENT_OUTCOME),
        (found.payment_allocation, PAYMENT_ALLOCATION),
    ):
        assert table.schema.equals(contract.schema())
        keys = [tuple(row.values()) for row in table.select(list(contract.grain)).to_pylist()]
        assert keys == sorted(set(keys))
        table.validate(full=True)


@LAW
@given(books(8), days, st.integers(1, 100), st.sampled_from(AS_OF))
def test_more_money_never_raises_dpd(book: list[Ledger], paid_on: date, amount: int, as_of: date) -> None:
    """Unless the money closes the loan, or a refund or a new plan later undoes what it did."""
    plain = [
        replace(
            one,
            payments=tuple(p for p in one.payments if p.payment_kind in ("repayment", None)),
            events=tuple(e for e in one.events if e.event_kind in ("pause", "resume", "guarantor_advance")),
        )
        for one in book
    ]
    richer = [
        replace(one, payments=(*one.payments, Payment(f"{one.loan_id}-X", paid_on, amount))) for one in plain
    ]
    keys = ("loan_id", "month_end")
    less = replay(**tables(plain), as_of=as_of).loan_month.to_pylist()
    more = {
        tuple(row[k] for k in keys): row
        for row in replay(**tables(richer), as_of=as_of).loan_month.to_pylist()
    }
    for row in less:
        other = more.get(tuple(row[k] for k in keys))
        if other is not None and other["dpd"] is not None and row["dpd"] is not None:
            assert other["dpd"] <= row["dpd"]


@LAW
@given(books(12), models, st.sampled_from(AS_OF))
def test_both_views_end_in_the_same_state(book: list[Ledger], model: ReplayModel, as_of: date) -> None:
    now = replay(**tables(book), as_of=as_of, model=replace(model, view=View.KNOWN_NOW))
    then = replay(**tables(book), as_of=as_of, model=replace(model, view=View.KNOWN_THEN))
    assert bytes_of(now.instalment_outcome) == bytes_of(then.instalment_outcome)
    assert bytes_of(now.payment_allocation) == bytes_of(then.payment_allocation)
    stocks = ["loan_id", "status", "dpd", "balance_minor", "overdue_minor", "credit_minor", "schedule_no"]
    ends = [
        {row["loan_id"]: row for row in found.loan_month.select(["month_end", *stocks]).to_pylist()}
        for found in (now, then)
    ]
    for loan_id, row in ends[0].items():
        if row["month_end"] == as_of and ends[1][loan_id]["month_end"] == as_of:
            assert row == ends[1][loan_id]


@pytest.mark.parametrize("view", list(View))
def test_room_for_allocations_grows(view: View) -> None:
    """Refunds that take back and payments that pay again write far more rows than there are parts."""
    dues = tuple(Instalment(1, n, date(2024, 2, 10), 10) for n in range(1, 41))
    payments = [Payment("P", date(2024, 4, 20), 399)]
    for n in range(20):
        payments.append(Payment(f"Q{n:02}", date(2024, 5, n + 1), 399, "refund"))
        payments.append(Payment(f"R{n:02}", date(2024, 5, n + 1), 399))
    payments = [replace(one, paid_on=one.paid_on.replace(day=n // 2 + 1)) for n, one in enumerate(payments)]
    ledger = Ledger("A", 400, date(2024, 1, 10), dues, tuple(payments))
    found = replay(**tables([ledger]), as_of=date(2024, 6, 30), model=ReplayModel(view=view))
    assert found.payment_allocation.num_rows == 40 * 41
    assert found.loan_month["balance_minor"].to_pylist()[-1] == 1
