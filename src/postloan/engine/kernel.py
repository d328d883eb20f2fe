"""The replay kernel: one loan after another, facts in date order, a look at every observation date."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit

from postloan.engine.compiled import compiled_for_good, stamp_of
from postloan.engine.actions import apply, enter_plan
from postloan.engine.layout import (
    ACTIVE,
    ADVANCE,
    BOUNCE,
    CREDIT,
    NONE,
    NONE_MONEY,
    REFUND,
    SETTLED,
    WRITTEN_OFF,
    Desk,
    Facts,
    Out,
)
from postloan.engine.ledger import (
    advance,
    days_late,
    fall,
    left_of,
    meet_credit,
    overdue_of,
    record,
    settle_if_paid,
)
from postloan.engine.snapshot import observe

Record = Any
Array = Any


@njit(nogil=True)
def open_ledger(desk: Desk, loan: Record) -> None:
    """Reset the loan's ledger to the day before its first fact."""
    s = desk.state[0]
    s.status = ACTIVE
    s.exit_day = NONE
    s.is_final = 0
    s.credit = s.advanced = s.queue = s.queue_end = 0
    s.is_restructured = loan.is_restructured
    s.is_extended = 0
    s.allocations = s.loan_allocations
    desk.overdue[:] = 0
    for i in range(loan.instalment, loan.instalment_end):
        desk.left[i] = desk.owed[i]
        desk.instalments[i].paid_off = NONE
        desk.instalments[i].superseded = NONE
        desk.instalments[i].in_force = 0
    enter_plan(desk, loan, loan.first_plan)


@njit(nogil=True)
def is_bounced(bounced: Array, action: Record) -> bool:
    """Say whether the action is a payment that has bounced by now."""
    return action.payment != NONE and bounced[action.payment] != 0


@njit(nogil=True)
def start_again(desk: Desk, scratch: Record, loan: Record, actions: Array, bounced: Array, upto: int) -> None:
    """Replay the loan's facts before ``upto`` without what has bounced by then."""
    open_ledger(desk, loan)
    settle_if_paid(desk, scratch, loan, loan.disbursed_on)
    for j in range(loan.action, upto):
        if actions[j].kind != BOUNCE and not is_bounced(bounced, actions[j]):
            apply(desk, scratch, loan, actions[j])
    advance(desk, scratch, loan, actions[upto].day)


@njit(nogil=True)
def bounce(desk: Desk, rows: Array, loan: Record, actions: Array, bounced: Array, j: int) -> None:
    """Cancel a payment from today on; what it had paid comes back as negative collections, so walks close."""
    row, scratch, s = rows[0], rows[1], desk.state[0]
    advance(desk, row, loan, actions[j].day)
    overdue, balance, status, exit_day = overdue_of(desk), s.balance, s.status, s.exit_day
    was_moved = s.was_moved
    bounced[actions[j].payment] = 1
    start_again(desk, scratch, loan, actions, bounced, j)
    s.was_moved = was_moved
    row.overdue_collected_minor -= overdue_of(desk) - overdue
    row.repaid_minor -= s.balance - balance
    for i in range(loan.action, j):
        if actions[i].payment == actions[j].payment and actions[i].kind not in (BOUNCE, ADVANCE):
            amount = -actions[i].amount if actions[i].kind == REFUND else actions[i].amount
            if status == WRITTEN_OFF and exit_day < actions[i].day:
                row.recovered_minor -= amount
            else:
                row.received_minor -= amount


@njit(nogil=True)
def close_outcomes(desk: Desk, loan: Record, as_of: int) -> None:
    """Say for every instalment when it was done with and how late it was at worst."""
    s = desk.state[0]
    for i in range(loan.instalment, loan.instalment_end):
        instalment = desk.instalments[i]
        is_left = left_of(desk, i) > desk.settings[0].tolerance
        if not is_left and instalment.paid_off == NONE and instalment.due <= as_of:
            instalment.paid_off = instalment.due  # nothing was ever due
        if is_left and s.start <= i < s.end and s.status == SETTLED:
            instalment.paid_off = s.exit_day
        elif is_left and s.start <= i < s.end and s.status != ACTIVE:
            instalment.superseded = s.exit_day
        end = max(instalment.paid_off, instalment.superseded)
        instalment.worst = 0
        if end == NONE:
            instalment.worst = days_late(desk, loan, instalment.due, as_of)
        elif end > instalment.due:
            instalment.worst = days_late(desk, loan, instalment.due, end)


@njit(nogil=True)
def close_credit(desk: Desk) -> None:
    """Write down the credit that has not been applied to anything."""
    for j in range(desk.state[0].queue_end):
        entry = desk.queue[j]
        if entry.unapplied > 0:
            record(desk, entry.payment, entry.day, NONE, CREDIT, entry.unapplied, entry.dpd)


@njit(nogil=True)
def remember_nothing(memory: Record) -> None:
    """Clear the memory of a loan that starts from the beginning."""
    memory.dpd = memory.worst_dpd = memory.cured_on = NONE
    memory.is_gone = memory.is_known = memory.overdue_streak = memory.clean_streak = 0
    memory.first_over_30_on = memory.first_over_60_on = memory.first_over_90_on = NONE
    memory.balance_first_over_30_minor = NONE_MONEY
    memory.balance_first_over_60_minor = NONE_MONEY
    memory.balance_first_over_90_minor = NONE_MONEY


@njit(nogil=True)
def to_end_of(desk: Desk, row: Record, loan: Record, day: int) -> None:
    """Bring an active ledger to the end of ``day``; where the due date counts, it passes at its end."""
    if desk.state[0].status == ACTIVE:
        meet_credit(desk, row, loan, NONE, day)
        fall(desk, row, day + desk.settings[0].is_inclusive)


@njit(nogil=True)
def catch_up(desk: Desk, rows: Array, loan: Record, facts: Facts, j: int, day: int) -> int:
    """Let the facts up to ``day`` count, from position ``j``; return the position after the last."""
    while j < loan.action_end and facts.actions[j].day <= day:
        if facts.actions[j].kind == BOUNCE:
            bounce(desk, rows, loan, facts.actions, facts.bounced, j)
        elif not is_bounced(facts.bounced, facts.actions[j]):
            apply(desk, rows[0], loan, facts.actions[j])
        j += 1
    return j


@njit(nogil=True)
def begin(desk: Desk, rows: Array, loan: Record) -> None:
    """Open the ledger and book the disbursement; a plan of another total counts as reclassified."""
    s = desk.state[0]
    rows[0] = rows[2]
    s.loan_allocations = s.allocations
    s.was_moved = 0
    open_ledger(desk, loan)
    rows[0].lent_minor = loan.principal
    rows[0].reclassified_minor = s.balance - loan.principal
    settle_if_paid(desk, rows[0], loan, loan.disbursed_on)


@njit(nogil=True)
def resume(desk: Desk, rows: Array, loan: Record, facts: Facts) -> int:
    """Bring the ledger to the checkpoint without looking at it; return the first fact after it."""
    day = facts.grid[loan.resume]
    j = catch_up(desk, rows, loan, facts, loan.action, day)
    to_end_of(desk, rows[0], loan, day)
    desk.state[0].was_moved = 0
    rows[0] = rows[2]
    return j


@njit(nogil=True)
def replay_loan(desk: Desk, facts: Facts, out: Out, which: int, n: int) -> int:
    """Replay one loan, writing its rows from ``n`` on; return the row after the last."""
    loan, rows, memory = facts.loans[which], out.scratch, out.memory[0]
    begin(desk, rows, loan)
    if loan.resume == NONE:
        remember_nothing(memory)
        j, first = loan.action, loan.first_date
    else:
        out.memory[0] = out.checkpoints[which]
        j, first = resume(desk, rows, loan, facts), loan.resume + 1
    for g in range(first, len(facts.grid)):
        day = facts.grid[g]
        j = catch_up(desk, rows, loan, facts, j, day)
        to_end_of(desk, rows[0], loan, day)
        if observe(desk, rows[0], loan, memory, day):
            out.rows[n] = rows[0]
            out.rows[n].loan = which
            n += 1
        rows[0] = rows[2]
        if g == facts.checkpoint:
            memory.date = day
            out.checkpoints[which] = memory
    close_credit(desk)
    close_outcomes(desk, loan, facts.grid[-1])
    return n


@njit(nogil=True)
def _replay_loans(desk: Desk, facts: Facts, out: Out) -> int:
    """Replay the loans of a partition; return the number of rows, or -1 if allocations need more room."""
    n = 0
    desk.state[0].allocations = 0
    for which in range(len(facts.loans)):
        n = replay_loan(desk, facts, out, which, n)
        if desk.state[0].is_full:
            return -1
    return n


def _entry(stamp: str) -> Callable[[Desk, Facts, Out], int]:
    def replay_loans(desk: Desk, facts: Facts, out: Out) -> int:
        _ = stamp  # a closure variable, and so part of the key under which numba keeps the machine code
        return _replay_loans(desk, facts, out)  # type: ignore[no-any-return]

    return compiled_for_good(replay_loans)


replay_loans = _entry(stamp_of(_replay_loans.py_func))
