"""What one fact does to one loan's ledger: jitted, integers only, in place.

``desk`` holds the loan's arrays, ``s`` its state, ``row`` the sums of the running period (a LOAN_MONTH
record), so that each movement is written down once, where it happens.
"""

from __future__ import annotations

from typing import Any

from numba import njit

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


@njit(nogil=True)
def left_of(desk: Desk, i: int) -> int:
    """Return what is left of instalment ``i`` over its four components."""
    left = desk.left
    return left[i, 0] + left[i, 1] + left[i, 2] + left[i, 3]


@njit(nogil=True)
def overdue_of(desk: Desk) -> int:
    """Return the overdue amount over the four components."""
    overdue = desk.overdue
    return overdue[0] + overdue[1] + overdue[2] + overdue[3]


@njit(nogil=True)
def first_open(desk: Desk) -> int:
    """Return the first instalment in due order that is not paid (tolerance aside), else the plan's end."""
    s = desk.state[0]
    while s.first < s.end and left_of(desk, s.first) == 0:
        s.first += 1
    i = s.first
    while i < s.end and left_of(desk, i) <= desk.settings[0].tolerance:
        i += 1
    return i


@njit(nogil=True)
def paused_days(desk: Desk, pause: int, pause_end: int, start: int, end: int) -> int:
    """Return the pause days in [start, end); pauses are disjoint."""
    days = 0
    for j in range(pause, pause_end):
        days += max(0, min(end, desk.pauses[j].end) - max(start, desk.pauses[j].start))
    return days


@njit(nogil=True)
def days_late(desk: Desk, loan: Record, due: int, day: int) -> int:
    """Return days past due on ``day`` of something due on ``due`` and unpaid, pauses taken off (F-01, F-04)."""
    settings = desk.settings[0]
    if day < due:
        return 0
    days = day - due + settings.is_inclusive
    start = NONE if settings.is_fineract else due
    return max(0, days - paused_days(desk, loan.pause, loan.pause_end, start, day))


@njit(nogil=True)
def days_past_due(desk: Desk, loan: Record, day: int) -> int:
    """Return the loan's dpd on ``day``; NONE where no plan is known or it has left."""
    s = desk.state[0]
    if s.start == s.end or s.status != ACTIVE:
        return NONE
    i = first_open(desk)
    if i == s.end:
        return 0
    return days_late(desk, loan, desk.instalments[i].due, day)


@njit(nogil=True)
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


@njit(nogil=True)
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


@njit(nogil=True)
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


@njit(nogil=True)
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


@njit(nogil=True)
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


@njit(nogil=True)
def keep_credit(desk: Desk, payment: int, day: int, amount: int, dpd: int) -> None:
    """Keep what a payment has left over as credit; it first fills what refunds took too much."""
    if amount == 0:
        return
    s = desk.state[0]
    entry = desk.queue[s.queue_end]
    entry.payment = payment
    entry.day = day
    entry.dpd = dpd
    entry.free = amount - min(amount, max(-s.credit, 0))
    entry.unapplied = amount
    s.queue_end += 1
    s.credit += amount


@njit(nogil=True)
def fall(desk: Desk, row: Record, before: int) -> None:
    """Let every instalment due before ``before`` fall overdue with what is left of it."""
    s = desk.state[0]
    while s.fallen < s.end and desk.instalments[s.fallen].due < before:
        for component in range(4):
            amount = desk.left[s.fallen, component]
            desk.overdue[component] += amount
            row.fell_overdue_minor += amount
        s.fallen += 1


@njit(nogil=True)
def meet_credit(desk: Desk, row: Record, loan: Record, not_before: int, day: int) -> None:
    """Apply credit to instalments due up to ``day``, on their due date but not before ``not_before``."""
    s = desk.state[0]
    while s.credited < s.end and desk.instalments[s.credited].due <= day:
        i = s.credited
        if s.credit > 0 and left_of(desk, i) > 0:
            on = max(desk.instalments[i].due, not_before)
            dpd = days_past_due(desk, loan, on)
            for component in desk.order:
                spend_credit(desk, row, i, component, on, dpd)
        s.credited += 1


@njit(nogil=True)
def advance(desk: Desk, row: Record, loan: Record, day: int) -> None:
    """Bring an active ledger to the start of ``day``: due dates meet the credit, then pass."""
    if desk.state[0].status == ACTIVE:
        meet_credit(desk, row, loan, NONE, day)
        fall(desk, row, day)


@njit(nogil=True)
def settle(desk: Desk, row: Record, day: int) -> None:
    """Close the loan as settled: due parts and principal still left are waived, future charges not owed."""
    s = desk.state[0]
    for i in range(s.first, s.end):
        for component in range(4):
            if component == PRINCIPAL or desk.instalments[i].due <= day:
                waive(desk, row, i, component, desk.left[i, component], day)
    s.status = SETTLED
    s.exit_day = day


@njit(nogil=True)
def settle_if_paid(desk: Desk, row: Record, loan: Record, day: int) -> None:
    """Settle at once where everything owed in the plan is paid, credit included."""
    s = desk.state[0]
    if s.status != ACTIVE or s.start == s.end:
        return
    if 0 < s.left <= s.credit:
        dpd = days_past_due(desk, loan, day)
        for i in range(s.first, s.end):
            for component in desk.order:
                spend_credit(desk, row, i, component, day, dpd)
    if first_open(desk) == s.end:
        settle(desk, row, day)


@njit(nogil=True)
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
    desk.overdue[:] = 0
    s.balance = 0
    s.status = status
    s.exit_day = day
    s.is_final = 1


@njit(nogil=True)
def unpay(desk: Desk, row: Record, amount: int, payment: int, day: int, dpd: int) -> int:
    """Take back up to ``amount`` of what was paid on the plan in force, latest first; return what it took."""
    s = desk.state[0]
    rest = amount
    j = s.allocations - 1
    while rest > 0 and j >= s.barrier:
        a = desk.allocations[j]
        taken = min(rest, a.live)
        if taken > 0:
            a.live -= taken
            rest -= taken
            _restore(desk, row, a.instalment, a.component, taken)
            record(desk, payment, day, a.instalment, a.component, -taken, dpd)
        j -= 1
    return amount - rest


@njit(nogil=True)
def can_unpay(desk: Desk) -> bool:
    """Say whether anything was paid on the plan in force that no refund has taken back."""
    s = desk.state[0]
    for j in range(s.barrier, s.allocations):
        if desk.allocations[j].live > 0:
            return True
    return False


@njit(nogil=True)
def _restore(desk: Desk, row: Record, i: int, component: int, amount: int) -> None:
    """Owe a part again: the mirror image of ``pay``."""
    s = desk.state[0]
    desk.left[i, component] += amount
    s.left += amount
    s.first = min(s.first, i)
    if component == PRINCIPAL:
        s.balance += amount
        row.repaid_minor -= amount
    if i < s.fallen:
        desk.overdue[component] += amount
        row.overdue_collected_minor -= amount
    if left_of(desk, i) > desk.settings[0].tolerance:
        desk.instalments[i].paid_off = NONE


@njit(nogil=True)
def take_credit(desk: Desk, amount: int) -> int:
    """Take up to ``amount`` back from credit, latest first; return what it took."""
    s = desk.state[0]
    taken = min(amount, max(s.credit, 0))
    s.credit -= taken
    rest = taken
    j = s.queue_end - 1
    while rest > 0:
        entry = desk.queue[j]
        part = min(rest, entry.free)
        entry.free -= part
        rest -= part
        j -= 1
    return taken
