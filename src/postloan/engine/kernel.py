"""The replay kernel: one loan after another, facts in date order, a look at every observation date."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from postloan.engine.actions import apply, enter_plan
from postloan.engine.compiled import compiled_for_good, inlined, jitted, stamp_of
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
    clear_overdue,
    days_late,
    first_open,
    left_of,
    overdue_of,
    record,
    settle,
)
from postloan.engine.past import come_back, write_down
from postloan.engine.snapshot import observe

Record = Any
Array = Any


@jitted
def open_ledger(desk: Desk, row: Record, loan: Record, facts: Facts) -> None:
    """Reset the loan's ledger to the day before its first fact, or to its state."""
    s = desk.state[0]
    s.status = ACTIVE
    s.exit_day = NONE
    s.is_final = 0
    s.credit = s.advanced = s.queue = s.queue_end = 0
    s.is_restructured = loan.is_restructured
    s.is_extended = 0
    s.allocations = s.loan_allocations
    clear_overdue(desk)
    for i in range(loan.instalment, loan.instalment_end):
        for component in range(4):
            desk.left[i, component] = desk.owed[i, component]
        desk.instalments[i].paid_off = NONE
        desk.instalments[i].superseded = NONE
        desk.instalments[i].in_force = 0
    if loan.state != NONE:
        come_back(desk, row, loan, facts)
        return
    enter_plan(desk, loan, loan.first_plan, NONE)
    if s.start < s.end and first_open(desk) == s.end:  # a plan that asks for nothing
        settle(desk, row, loan.disbursed_on)


@jitted
def cancel(desk: Desk, rows: Array, loan: Record, facts: Facts, j: int) -> None:
    """Take a bounced payment out of the sums of the running period and begin to replay the past without it.

    What it had paid comes back as negative collections, so that the walks close.
    """
    row, s, bounced = rows[0], desk.state[0], facts.actions[j].payment
    facts.bounced[bounced] = 1
    row.overdue_collected_minor += overdue_of(desk)
    row.repaid_minor += s.balance
    for i in range(loan.action, j):
        action = facts.actions[i]
        if action.payment == bounced and action.kind not in (BOUNCE, ADVANCE):
            amount = -action.amount if action.kind == REFUND else action.amount
            if s.status == WRITTEN_OFF and s.exit_day < action.day:
                row.recovered_minor -= amount
            else:
                row.received_minor -= amount
    s.target = j
    open_ledger(desk, rows[1], loan, facts)


@jitted
def resettle(desk: Desk, row: Record) -> None:
    """End the replay of the past: the difference it made goes into the running period."""
    row.overdue_collected_minor -= overdue_of(desk)
    row.repaid_minor -= desk.state[0].balance
    desk.state[0].target = NONE


@jitted
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


@jitted
def close_credit(desk: Desk) -> None:
    """Write down the credit that has not been applied to anything, and what refunds took back of it."""
    for j in range(desk.state[0].queue_end):
        entry = desk.queue[j]
        if entry.unapplied != 0:
            record(desk, entry.payment, entry.day, NONE, CREDIT, entry.unapplied, entry.dpd)


@jitted
def remember_nothing(memory: Record) -> None:
    """Clear the memory of a loan that starts from the beginning."""
    memory.dpd = memory.worst_dpd = memory.cured_on = NONE
    memory.is_gone = memory.is_known = memory.overdue_streak = memory.clean_streak = 0
    memory.first_over_30_on = memory.first_over_60_on = memory.first_over_90_on = NONE
    memory.balance_first_over_30_minor = NONE_MONEY
    memory.balance_first_over_60_minor = NONE_MONEY
    memory.balance_first_over_90_minor = NONE_MONEY


@inlined
def catch_up(desk: Desk, rows: Array, loan: Record, facts: Facts, j: int, day: int) -> int:
    """Let the facts up to ``day`` count, from position ``j``; return the position after the last.

    A bounce goes back to the loan's first fact and comes here again with the past replayed.
    """
    s = desk.state[0]
    while j < loan.action_end and facts.actions[j].day <= day:
        action = facts.actions[j]
        row = rows[0 if s.target == NONE else 1]
        advance(desk, row, loan, action.day, 0)
        if action.kind != BOUNCE:
            if action.payment == NONE or facts.bounced[action.payment] == 0:
                apply(desk, row, loan, action)
        elif s.target == NONE:
            cancel(desk, rows, loan, facts, j)
            j = loan.action - 1
        elif s.target == j:
            resettle(desk, rows[0])
        j += 1
    return j


@jitted
def clear(period: Array) -> None:
    """Begin a new period: nothing has moved in it."""
    for k in range(len(period)):
        period[k] = 0


@jitted
def show(out: Out, n: int) -> None:
    """Copy the running period into row ``n`` of the columns that are wanted."""
    for k in range(len(out.money_at)):
        out.money[k, n] = out.period[out.money_at[k]]
    for k in range(len(out.numbers_at)):
        out.numbers[k, n] = out.period[out.numbers_at[k]]


@jitted
def begin(desk: Desk, out: Out, loan: Record, facts: Facts) -> None:
    """Open the ledger and book the disbursement; a plan of another total counts as reclassified."""
    s, row = desk.state[0], out.scratch[0]
    clear(out.period)
    s.loan_allocations = s.allocations
    s.target = NONE
    open_ledger(desk, row, loan, facts)
    if loan.state != NONE:
        clear(out.period)
        out.memory[0] = facts.states[loan.state]
        return
    remember_nothing(out.memory[0])
    row.lent_minor = loan.principal
    row.reclassified_minor = s.balance + row.principal_waived_minor - loan.principal


@jitted
def close(desk: Desk, loan: Record, as_of: int) -> None:
    """Write down what became of the instalments and the credit, or forget all of it where nobody asks."""
    s = desk.state[0]
    if desk.settings[0].months_only:
        s.allocations = s.loan_allocations
        return
    close_credit(desk)
    close_outcomes(desk, loan, as_of)


@inlined
def replay_loan(desk: Desk, facts: Facts, out: Out, which: int, n: int) -> int:
    """Replay one loan, writing its rows from ``n`` on; return the row after the last."""
    loan, rows, memory = facts.loans[which], out.scratch, out.memory[0]
    begin(desk, out, loan, facts)
    j = loan.action
    first = loan.first_date
    if loan.state != NONE:
        first = facts.resume + 1
        if facts.resume == facts.checkpoint:
            write_down(desk, loan, out, which, facts.grid[facts.resume])
    for g in range(first, len(facts.grid)):
        day = facts.grid[g]
        j = catch_up(desk, rows, loan, facts, j, day)
        advance(desk, rows[0], loan, day, 1)
        if observe(desk, rows[0], loan, memory, day):
            show(out, n)
            n += 1
        desk.state[0].was_moved = 0
        clear(out.period)
        if g == facts.checkpoint:
            write_down(desk, loan, out, which, day)
    close(desk, loan, facts.grid[-1])
    out.ends[which] = n
    return n


def _entry(stamp: str) -> Callable[[Desk, Facts, Out], int]:
    def replay_loans(desk: Desk, facts: Facts, out: Out) -> int:
        """Replay the loans of a partition; return the number of rows, -1 if allocations need more room."""
        _ = stamp  # a closure variable, and so part of the key under which numba keeps the machine code
        n = 0
        desk.state[0].allocations = 0
        for which in range(len(facts.loans)):
            n = replay_loan(desk, facts, out, which, n)
            if desk.state[0].is_full:
                return -1
        return n

    return compiled_for_good(replay_loans)


replay_loans = _entry(stamp_of(replay_loan))
