"""The untidiness of real ledgers: bounced debits, double payments that are refunded, late postings."""

from __future__ import annotations

import numpy as np

from postloan.model import codes
from postloan.sources.synthetic.life import REPAYMENT
from postloan.sources.synthetic.months import Span
from postloan.sources.synthetic.plans import Plans
from postloan.sources.synthetic.types import Flags, Ints, Random, Rows

REVERSAL, REFUND = (codes.PAYMENT_KIND.values().index(kind) for kind in ("reversal", "refund"))
_BOUNCED_SHARE = 0.25  # of instalments paid three or more days late
_DOUBLE_SHARE = 0.002  # of instalments paid early
_LATE_POSTED_SHARE = 0.015
_FAR_FROM_THE_END = 150  # days


def with_refunds(payments: Rows, plans: Plans, random: Random) -> Rows:
    """Add a second payment of the same amount to some, and its refund some days later.

    Only where much is still to come, or the second payment would settle the loan.
    """
    plan = payments["plan"]
    end = plans.due_on[plans.offset[plan + 1] - 1]
    fit = (payments["kind"] == REPAYMENT) & (payments["delay"] < 0) & (plans.terms.step[plan] == 1)
    fit &= (end - payments["day"] > _FAR_FROM_THE_END) & (random.random(len(payments)) < _DOUBLE_SHARE)
    double, refund = payments[fit].copy(), payments[fit].copy()
    refund["kind"] = REFUND
    refund["day"] += random.integers(4, 10, len(refund))
    return np.concatenate([payments, double, refund])


def with_bounces(payments: Rows, random: Random) -> Rows:
    """Add a debit on the due day that bounced, and its reversal, to some that were paid late."""
    fit = (
        (payments["kind"] == REPAYMENT)
        & (payments["delay"] >= 3)
        & (random.random(len(payments)) < _BOUNCED_SHARE)
    )
    bounced, reversal = payments[fit].copy(), payments[fit].copy()
    bounced["day"] -= bounced["delay"]
    reversal["day"] = bounced["day"] + random.integers(1, 3, len(bounced))
    reversal["kind"] = REVERSAL
    reversal["reverses"] = len(payments) + np.arange(len(bounced))
    return np.concatenate([payments, bounced, reversal])


def kept(payments: Rows, keep: Flags) -> Rows:
    """Take some payments; the rows they reverse are found at their new place."""
    place = np.cumsum(keep) - 1
    return _moved(payments[keep], place)


def in_order(payments: Rows, loan: Ints) -> Rows:
    """Sort payments by loan, day and kind; the rows they reverse are found at their new place."""
    order = np.lexsort((payments["kind"], payments["day"], loan))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return _moved(payments[order], place)


def _moved(payments: Rows, place: Ints) -> Rows:
    payments = payments.copy()
    reverses = payments["reverses"]
    cancels = reverses >= 0
    payments["reverses"][cancels] = place[reverses[cancels]]
    return payments


def known_on(days: Ints, span: Span, random: Random) -> Ints:
    """Return the days of posting: the same day or the next, some weeks later; none after as_of."""
    wait = random.integers(0, 2, len(days))
    late = random.random(len(days)) < _LATE_POSTED_SHARE
    wait = np.where(late, random.integers(5, 41, len(days)), wait)
    known: Ints = np.minimum(days + wait, span.last_day)
    return known
