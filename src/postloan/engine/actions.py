"""What each kind of fact means for the ledger: jitted, one function per kind, and the dispatch."""

from __future__ import annotations

from typing import Any

from postloan.engine.compiled import inlined, jitted
from postloan.engine.layout import (
    ACTIVE,
    ADVANCE,
    EARLY_REPAYMENT,
    EARLY_SETTLEMENT,
    EXTENSION,
    NONE,
    PRINCIPAL,
    RECOVERY,
    REFUND,
    REPAYMENT,
    REPOSSESSED,
    REPOSSESSION,
    RESCHEDULE,
    SALE,
    SETTLED,
    SETTLEMENT,
    SOLD,
    WAIVER,
    WRITTEN_OFF,
    Desk,
)
from postloan.engine.ledger import (
    clear_overdue,
    days_past_due,
    fall,
    first_open,
    keep_credit,
    leave,
    left_of,
    overdue_of,
    pay,
    settle,
    spend_credit,
    waive,
)
from postloan.engine.refunds import can_unpay, note_taken, take_credit, unpay

Record = Any


@jitted
def enter_plan(desk: Desk, loan: Record, plan: int, day: int) -> None:
    """Bring plan ``plan`` into force on ``day`` as its instalments stand; an unknown plan leaves nothing known."""
    s = desk.state[0]
    s.plan = plan
    s.start = loan.instalment
    while s.start < loan.instalment_end and desk.instalments[s.start].plan != plan:
        s.start += 1
    s.end = s.start
    s.left = 0
    s.balance = 0
    while s.end < loan.instalment_end and desk.instalments[s.end].plan == plan:
        desk.instalments[s.end].in_force = 1
        desk.instalments[s.end].superseded = NONE
        s.left += left_of(desk, s.end)
        s.balance += desk.left[s.end, PRINCIPAL]
        s.end += 1
    s.is_known = s.start < s.end
    s.entered = day
    s.first = s.credited = s.fallen = s.start
    s.barrier = s.allocations


@jitted
def reschedule(desk: Desk, row: Record, loan: Record, action: Record) -> None:
    """Put a new plan in force; unpaid parts of the old one are superseded, credit carries over."""
    s = desk.state[0]
    if s.status != ACTIVE:
        return
    s.is_extended |= action.kind == EXTENSION
    s.is_restructured |= action.is_distressed
    if action.argument in (s.plan, NONE):
        return
    for i in range(s.start, s.end):
        if left_of(desk, i) > desk.settings[0].tolerance:
            desk.instalments[i].superseded = action.day
    row.overdue_rescheduled_minor += overdue_of(desk)
    clear_overdue(desk)
    balance = s.balance
    enter_plan(desk, loan, action.argument, action.day)
    row.reclassified_minor += s.balance - balance
    s.was_moved |= s.target == NONE
    fall(desk, row, action.day)


@jitted
def forgive(desk: Desk, row: Record, action: Record) -> None:
    """Waive due parts oldest first, of the component or in allocation order; principal also ahead."""
    s = desk.state[0]
    if s.status != ACTIVE:
        return
    rest = action.amount
    first_open(desk)
    for i in range(s.first, s.end):
        if desk.instalments[i].due > action.day and action.argument != PRINCIPAL:
            break
        for component in desk.order:
            if action.argument in (NONE, component):
                rest -= waive(desk, row, i, component, rest, action.day)


@jitted
def pay_due(desk: Desk, row: Record, action: Record, dpd: int) -> int:
    """Pay what is due, oldest first; return what is left of the payment."""
    s = desk.state[0]
    rest = action.amount
    first_open(desk)
    for i in range(s.first, s.end):
        if rest == 0 or desk.instalments[i].due > action.day:
            break
        for component in desk.order:
            rest -= pay(desk, row, i, component, rest, action.payment, action.day, dpd)
    return int(rest)


@jitted
def pay_ahead(desk: Desk, row: Record, action: Record, rest: int, dpd: int) -> int:
    """Pay principal of instalments not yet due, in due order; return what is left."""
    s = desk.state[0]
    for i in range(s.first, s.end):
        rest -= pay(desk, row, i, PRINCIPAL, rest, action.payment, action.day, dpd)
    return int(rest)


@jitted
def receive(desk: Desk, row: Record, loan: Record, action: Record) -> None:
    """Take in a payment; after a write-off it is a recovery, after another exit it stays credit."""
    s = desk.state[0]
    if s.status == WRITTEN_OFF:
        row.recovered_minor += action.amount
        return
    row.received_minor += action.amount
    dpd = days_past_due(desk, loan, action.day)
    rest = action.amount
    if s.status == ACTIVE and s.start < s.end:
        rest = pay_due(desk, row, action, dpd)
        if action.kind != REPAYMENT:
            rest = pay_ahead(desk, row, action, rest, dpd)
    keep_credit(desk, action.payment, action.day, rest, dpd)


@jitted
def give_back(desk: Desk, row: Record, loan: Record, action: Record) -> None:
    """Refund: from credit, then from the latest payments; a loan settled by payment reopens."""
    s = desk.state[0]
    if s.status == WRITTEN_OFF:
        row.recovered_minor -= action.amount
        return
    row.received_minor -= action.amount
    dpd = days_past_due(desk, loan, action.day)
    taken = take_credit(desk, action.amount)
    rest = action.amount - taken
    if rest > 0 and s.status == SETTLED and s.is_final == 0 and can_unpay(desk):
        s.status = ACTIVE
        fall(desk, row, action.day)
    if s.status == ACTIVE:
        rest -= unpay(desk, row, rest, action.payment, action.day, dpd)
    s.credit -= rest
    note_taken(desk, action.payment, action.day, taken + rest, dpd)


@jitted
def remove(desk: Desk, row: Record, action: Record) -> None:
    """Take the loan off the books by sale, repossession or write-off."""
    if desk.state[0].status != ACTIVE:
        return
    if action.kind == SALE:
        leave(desk, row, SOLD, action.day)
    elif action.kind == REPOSSESSION:
        leave(desk, row, REPOSSESSED, action.day)
    else:
        leave(desk, row, WRITTEN_OFF, action.day)


@jitted
def is_settled_early(desk: Desk, action: Record) -> bool:
    """Say whether an early settlement, with the credit, covers what is due and all principal."""
    s = desk.state[0]
    if action.kind != EARLY_SETTLEMENT or s.balance > max(s.credit, 0) + desk.settings[0].tolerance:
        return False
    i = first_open(desk)
    return bool(i == s.end or desk.instalments[i].due > action.day)


@jitted
def settle_if_done(desk: Desk, row: Record, loan: Record, action: Record) -> None:
    """Settle where everything owed is paid, credit included, or by a settlement; future charges of an early
    or agreed settlement are not owed."""
    s = desk.state[0]
    is_agreed = action.kind == SETTLEMENT
    if s.status != ACTIVE or (s.start == s.end and not is_agreed):
        return
    is_covered = 0 < s.left <= s.credit
    is_closed = is_agreed or is_settled_early(desk, action)
    if is_covered or is_closed:
        dpd = days_past_due(desk, loan, action.day)
        for i in range(s.first, s.end):
            for component in desk.order:
                if is_covered or component == PRINCIPAL:
                    spend_credit(desk, row, i, component, action.day, dpd)
    if is_closed or first_open(desk) == s.end:
        settle(desk, row, action.day)
        s.is_final = is_agreed


@inlined
def apply(desk: Desk, row: Record, loan: Record, action: Record) -> None:
    """Let one fact (any but a bounce) count on its day."""
    kind = action.kind
    if kind in (RESCHEDULE, EXTENSION):
        reschedule(desk, row, loan, action)
    elif kind == WAIVER:
        forgive(desk, row, action)
    elif kind in (REPAYMENT, EARLY_REPAYMENT, EARLY_SETTLEMENT):
        receive(desk, row, loan, action)
    elif kind == REFUND:
        give_back(desk, row, loan, action)
    elif kind == ADVANCE:
        desk.state[0].advanced += action.amount
    elif kind == RECOVERY:
        row.recovered_minor += action.amount
    elif kind != SETTLEMENT:
        remove(desk, row, action)
    settle_if_done(desk, row, loan, action)
