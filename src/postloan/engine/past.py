"""Where a loan stands at a month-end: written down, and come back to. Jitted, in place."""

from __future__ import annotations

from typing import Any

from postloan.engine.actions import enter_plan
from postloan.engine.compiled import jitted
from postloan.engine.layout import ACTIVE, NONE, Desk, Facts, Out
from postloan.engine.ledger import fall, left_of

Record = Any


@jitted
def come_back(desk: Desk, row: Record, loan: Record, facts: Facts) -> None:
    """Put the ledger to the end of the day of the loan's state; only what is open has been kept."""
    s, past = desk.state[0], facts.states[loan.state]
    s.status = past.status
    s.is_restructured = past.is_restructured
    s.is_extended = past.is_extended
    s.advanced = past.advanced_minor
    s.credit = past.credit_minor
    for j in range(loan.credit, loan.credit_end):
        desk.queue[s.queue_end] = facts.credits[j]
        s.queue_end += 1
    for i in range(loan.instalment, loan.instalment_end):
        desk.instalments[i].in_force = 1
    enter_plan(desk, loan, past.schedule_no, NONE)
    s.is_known = past.is_known
    if s.status != ACTIVE:
        s.balance = 0
        return
    while s.credited < s.end and desk.instalments[s.credited].due <= past.month_end:
        s.credited += 1
    fall(desk, row, past.month_end + desk.settings[0].is_inclusive)


@jitted
def is_final(desk: Desk, i: int, day: int) -> bool:
    """Say whether instalment ``i`` was done with by ``day``, paid off or superseded."""
    s, instalment = desk.state[0], desk.instalments[i]
    if instalment.paid_off != NONE or instalment.superseded != NONE:
        return True
    if left_of(desk, i) <= desk.settings[0].tolerance:
        return bool(instalment.due <= day)
    return bool(s.start <= i < s.end and s.status != ACTIVE)


@jitted
def write_instalment(desk: Desk, out: Out, i: int) -> None:
    """Write down what is left of open instalment ``i``."""
    s, instalment = desk.state[0], desk.instalments[i]
    out.open_numbers[0, s.open] = instalment.plan
    out.open_numbers[1, s.open] = instalment.no
    out.open_numbers[2, s.open] = instalment.due
    done = instalment.done
    for component in range(4):
        out.open_money[component, s.open] = desk.left[i, component]
        done += desk.owed[i, component] - desk.left[i, component]
    out.open_money[4, s.open] = done
    s.open += 1


@jitted
def write_credit(desk: Desk, loan: Record, out: Out) -> None:
    """Write down the credit that is not yet applied."""
    room = loan.action + loan.credit
    for j in range(desk.state[0].queue_end):
        if desk.queue[j].unapplied != 0:
            out.credits[room] = desk.queue[j]
            room += 1


@jitted
def write_down(desk: Desk, loan: Record, out: Out, which: int, day: int) -> None:
    """Write down where the loan stands at the end of ``day``.

    A loan with an instalment that is done with but for a small remainder has no state: its outcome can change.
    """
    s, past = desk.state[0], out.states[which]
    out.states[which] = out.memory[0]
    past.month_end = day
    past.status = s.status
    past.schedule_no = s.plan
    past.is_restructured = s.is_restructured
    past.is_extended = s.is_extended
    past.advanced_minor = s.advanced
    past.credit_minor = s.credit
    before = s.open
    for i in range(loan.instalment, loan.instalment_end):
        if desk.instalments[i].in_force == 0:
            continue
        if not is_final(desk, i, day):
            write_instalment(desk, out, i)
        elif s.start <= i < s.end and s.status == ACTIVE and left_of(desk, i) > 0:
            past.month_end = NONE
    if past.month_end == NONE:
        s.open = before
    out.n_open[which] = s.open - before
    write_credit(desk, loan, out)
