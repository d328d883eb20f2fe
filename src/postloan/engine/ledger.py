"""What one fact does to one loan's ledger: jitted, integers only, in place.

``desk`` holds the loan's arrays, ``s`` its state, ``row`` the sums of the running period (a LOAN_MONTH
record), so that each movement is written down once, where it happens.
"""

from __future__ import annotations

from typing import Any

from postloan.engine.compiled import jitted
from postloan.engine.layout import (
    ACTIVE,
    NONE,
    PRINCIPAL,
    SETTLED,
    SOLD,
    WRITTEN_OFF,
    Desk,
)

Record = Any  # a numba record: attribute access on one element of a structured array


@jitted
def left_of(desk: Desk, i: int) -> int:
    """Return what is left of instalment ``i`` over its four components."""
    left = desk.left
    return int(left[i, 0] + left[i, 1] + left[i, 2] + left[i, 3])


@jitted
def overdue_of(desk: Desk) -> int:
    """Return the overdue amount over the four components."""
    overdue = desk.overdue
    return int(overdue[0] + overdue[1] + overdue[2] + overdue[3])


@jitted
def clear_overdue(desk: Desk) -> None:
    """Forget what has fallen overdue."""
    for component in range(4):
        desk.overdue[component] = 0


@jitted
def first_open(desk: Desk) -> int:
    """Return the first instalment in due order that is not paid (tolerance aside), else the plan's end."""
    s = desk.state[0]
    while s.first < s.end and left_of(desk, s.first) == 0:
        s.first += 1
    i = s.first
    while i < s.end and left_of(desk, i) <= desk.settings[0].tolerance:
        i += 1
    return int(i)


@jitted
def paused_days(desk: Desk, pause: int, pause_end: int, start: int, end: int) -> int:
    """Return the pause days in [start, end); pauses are disjoint."""
    days = 0
    for j in range(pause, pause_end):
        days += max(0, min(end, desk.pauses[j].end) - max(start, desk.pauses[j].start))
    return days


@jitted
def days_late(desk: Desk, loan: Record, due: int, day: int) -> int:
    """Return days past due on ``day`` of something due on ``due`` and unpaid, pauses taken off (F-01, F-04)."""
    settings = desk.settings[0]
    if day < due:
        return 0
    days = day - due + settings.is_inclusive
    start = NONE if settings.is_fineract else due
    return int(max(0, days - paused_days(desk, loan.pause, loan.pause_end, start, day)))


@jitted
def days_past_due(desk: Desk, loan: Record, day: int) -> int:
    """Return the loan's dpd on ``day``; NONE where no plan is known or it has left."""
    s = desk.state[0]
    if s.start == s.end or s.status != ACTIVE:
        return NONE
    i = first_open(desk)
    if i == s.end:
        return 0
    return days_late(desk, loan, desk.instalments[i].due, day)


@jitted
def record(desk: Desk, payment: int, day: int, i: int, component: int, amount: int, dpd: int) -> None:
    """Write one allocation row; ``i`` is NONE for credit."""
    s = desk.state[0]
    if s.allocations == len(desk.allocations):
        s.is_full = 1
        return
    a = desk.allocations[s.allocations]
    a.payment = payment
    a.day = day
    a.instalment = i
    a.component = component
    a.dpd = dpd
    a.is_overdue = 1 if i != NONE and day > desk.instalments[i].due else 0
    a.amount = amount
    a.live = amount if i != NONE and amount > 0 else 0
    s.allocations += 1


@jitted
def reduce_part(desk: Desk, i: int, component: int, amount: int, day: int) -> None:
    """Take ``amount`` off what is left of one part."""
    s = desk.state[0]
    desk.left[i, component] -= amount
    s.left -= amount
    if component == PRINCIPAL:
        s.balance -= amount
    if i < s.fallen:
        desk.overdue[component] -= amount
    instalment = desk.instalments[i]
    if instalment.paid_off == NONE and left_of(desk, i) <= desk.settings[0].tolerance:
        instalment.paid_off = day


@jitted
def pay(
    desk: Desk, row: Record, i: int, component: int, amount: int, payment: int, day: int, dpd: int
) -> int:
    """Pay one part with up to ``amount`` in cash; return what it took."""
    amount = min(amount, desk.left[i, component])
    if amount <= 0:
        return 0
    record(desk, payment, day, i, component, amount, dpd)
    reduce_part(desk, i, component, amount, day)
    if component == PRINCIPAL:
        row.repaid_minor += amount
    if i < desk.state[0].fallen:
        row.overdue_collected_minor += amount
    return amount


@jitted
def waive(desk: Desk, row: Record, i: int, component: int, amount: int, day: int) -> int:
    """Forgive up to ``amount`` of one part; return what it took."""
    amount = min(amount, desk.left[i, component])
    if amount <= 0:
        return 0
    reduce_part(desk, i, component, amount, day)
    if component == PRINCIPAL:
        row.principal_waived_minor += amount
    if i < desk.state[0].fallen:
        row.overdue_waived_minor += amount
    return amount


@jitted
def spend_credit(desk: Desk, row: Record, i: int, component: int, day: int, dpd: int) -> None:
    """Pay one part from credit, oldest credit first."""
    s = desk.state[0]
    while s.queue < s.queue_end and desk.left[i, component] > 0:
        entry = desk.queue[s.queue]
        taken = pay(desk, row, i, component, entry.free, entry.payment, day, dpd)
        entry.free -= taken
        entry.unapplied -= taken
        s.credit -= taken
        if entry.free == 0:
            s.queue += 1


@jitted
def queue_credit(desk: Desk, payment: int, day: int, free: int, unapplied: int, dpd: int) -> None:
    """Put an entry at the end of the credit queue."""
    s = desk.state[0]
    entry = desk.queue[s.queue_end]
    entry.payment = payment
    entry.day = day
    entry.dpd = dpd
    entry.free = free
    entry.unapplied = unapplied
    s.queue_end += 1


@jitted
def keep_credit(desk: Desk, payment: int, day: int, amount: int, dpd: int) -> None:
    """Keep what a payment has left over as credit; it first fills what refunds took too much."""
    if amount == 0:
        return
    s = desk.state[0]
    queue_credit(desk, payment, day, amount - min(amount, max(-s.credit, 0)), amount, dpd)
    s.credit += amount


@jitted
def fall(desk: Desk, row: Record, before: int) -> None:
    """Let every instalment due before ``before`` fall overdue with what is left of it."""
    s = desk.state[0]
    while s.fallen < s.end and desk.instalments[s.fallen].due < before:
        for component in range(4):
            amount = desk.left[s.fallen, component]
            desk.overdue[component] += amount
            row.fell_overdue_minor += amount
        s.fallen += 1


@jitted
def meet_credit(desk: Desk, row: Record, loan: Record, day: int) -> None:
    """Apply credit to instalments due up to ``day``, on their due date or when their plan came into force."""
    s = desk.state[0]
    on, dpd = NONE, NONE
    while s.credited < s.end and desk.instalments[s.credited].due <= day:
        i = s.credited
        if s.credit > 0 and left_of(desk, i) > 0:
            if on != max(desk.instalments[i].due, s.entered):
                on = max(desk.instalments[i].due, s.entered)
                dpd = days_past_due(desk, loan, on)
            for component in desk.order:
                spend_credit(desk, row, i, component, on, dpd)
        s.credited += 1


@jitted
def advance(desk: Desk, row: Record, loan: Record, day: int, is_end: int) -> None:
    """Bring an active ledger to the start of ``day`` (its end where ``is_end``): due dates meet the credit,
    then pass."""
    if desk.state[0].status == ACTIVE:
        meet_credit(desk, row, loan, day)
        fall(desk, row, day + is_end * desk.settings[0].is_inclusive)


@jitted
def settle(desk: Desk, row: Record, day: int) -> None:
    """Close the loan as settled: due parts and principal still left are waived, future charges not owed."""
    s = desk.state[0]
    for i in range(s.first, s.end):
        for component in range(4):
            if component == PRINCIPAL or desk.instalments[i].due <= day:
                waive(desk, row, i, component, desk.left[i, component], day)
    s.status = SETTLED
    s.exit_day = day


@jitted
def leave(desk: Desk, row: Record, status: int, day: int) -> None:
    """Take the loan off the books by write-off, sale or repossession, with all that is left."""
    s = desk.state[0]
    overdue = overdue_of(desk)
    if status == WRITTEN_OFF:
        row.principal_written_off_minor += s.balance
        row.overdue_written_off_minor += overdue
    else:
        row.overdue_sold_minor += overdue
        if status == SOLD:
            row.principal_sold_minor += s.balance
        else:
            row.principal_repossessed_minor += s.balance
    clear_overdue(desk)
    s.balance = 0
    s.status = status
    s.exit_day = day
    s.is_final = 1
