"""What a refund undoes: credit first, then what was paid last. Jitted, in place."""

from __future__ import annotations

from typing import Any

from postloan.engine.compiled import jitted
from postloan.engine.layout import NONE, PRINCIPAL, Desk
from postloan.engine.ledger import left_of, queue_credit, record

Record = Any


@jitted
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


@jitted
def can_unpay(desk: Desk) -> bool:
    """Say whether anything was paid on the plan in force that no refund has taken back."""
    s = desk.state[0]
    j = s.barrier
    while j < s.allocations and desk.allocations[j].live == 0:
        j += 1
    return bool(j < s.allocations)


@jitted
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


@jitted
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
    return int(taken)


@jitted
def note_taken(desk: Desk, payment: int, day: int, amount: int, dpd: int) -> None:
    """Put what a refund took from credit beside the credit, so that both are told together at the end."""
    if amount != 0:
        queue_credit(desk, payment, day, 0, -amount, dpd)
