"""What is owed at a date, by arithmetic on totals: independent of the replay that reports use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from postloan.sources.synthetic.chunk import Chunk
from postloan.sources.synthetic.disorder import REFUND, REVERSAL
from postloan.sources.synthetic.life import EARLY_REPAYMENT, PAUSE, WAIVER
from postloan.sources.synthetic.types import Flags, Ints


@dataclass(frozen=True, slots=True)
class Credits:
    """Everything that counts towards a plan, refunds negative; bounced payments are left out.

    ``is_ahead`` marks principal repaid ahead of the plan.
    """

    plan: Ints
    day: Ints
    amount: Ints
    is_ahead: Flags

    def by(self, day: int, n_plans: int, *, ahead: bool) -> Ints:
        """Return the total of each plan up to and including ``day``, of one sort."""
        known = (self.day <= day) & (self.is_ahead == ahead)
        # Sums of whole fen stay exact in float64 below 2**53.
        return np.bincount(self.plan[known], self.amount[known], n_plans).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Stock:
    """Plans in force at a date with principal outstanding, in fen and days."""

    plan: Ints
    balance: Ints
    overdue: Ints
    dpd: Ints


def credits(chunk: Chunk) -> Credits:
    """Collect the payments that stood, and waivers."""
    payments, waived = chunk.payments, chunk.events[chunk.events["kind"] == WAIVER]
    stood: Flags = payments["kind"] != REVERSAL
    stood[payments["reverses"][~stood]] = False
    sign = np.where(payments["kind"] == REFUND, -1, 1)
    return Credits(
        plan=np.concatenate([payments["plan"][stood], waived["plan"]]),
        day=np.concatenate([payments["day"][stood], waived["day"]]),
        amount=np.concatenate([(payments["amount"] * sign)[stood], waived["amount"]]),
        is_ahead=np.concatenate(
            [payments["kind"][stood] == EARLY_REPAYMENT, np.zeros(len(waived), np.bool_)]
        ),
    )


def stock(chunk: Chunk, received: Credits, day: int) -> Stock:
    """Return what is owed at the end of ``day``.

    Money paid before a due day is credit until then; a plan whose credit covers all that is left is
    settled (F-02). Days past due count from the oldest unpaid due day (F-01), less paused days.
    """
    plans = chunk.plans
    paid = received.by(day, len(plans), ahead=False)
    ahead = received.by(day, len(plans), ahead=True)
    total = plans.due_so_far[plans.starts_at + plans.terms.count]
    plan = np.flatnonzero((plans.terms.starts <= day) & (chunk.ended > day) & (paid < total))
    n_due, n_past = plans.n_due(plan, day), plans.n_due(plan, day - 1)
    applied = np.minimum(paid[plan], plans.due_so_far[plans.starts_at[plan] + n_due])
    overdue = np.maximum(plans.due_so_far[plans.starts_at[plan] + n_past] - applied, 0)
    covered = plans.n_covered(plan, applied)
    oldest = plans.due_on[np.minimum(plans.offset[plan] + covered, len(plans.due_on) - 1)]
    dpd = np.where(overdue > 0, day - oldest - _paused(chunk, plan, oldest, day), 0)
    return Stock(plan, plans.principal_left(plan, applied) - ahead[plan], overdue, dpd)


def _paused(chunk: Chunk, plan: Ints, oldest: Ints, day: int) -> Ints:
    """Return paused days between the oldest unpaid due day and ``day`` (F-04)."""
    pauses = chunk.events[chunk.events["kind"] == PAUSE]
    begin, end = np.zeros(len(chunk.plans), np.int64), np.zeros(len(chunk.plans), np.int64)
    begin[pauses["plan"]], end[pauses["plan"]] = pauses["day"], pauses["until"]
    days: Ints = np.maximum(np.minimum(end[plan], day) - np.maximum(begin[plan], oldest), 0)
    return days
