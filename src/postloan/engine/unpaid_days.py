"""How much was unpaid for how long: what a penalty by the day is charged on."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import ibis

_INSTALMENT = ["loan_id", "schedule_no", "instalment_no"]


def unpaid_days(instalment_outcome: ibis.Table, payment_allocation: ibis.Table, as_of: date) -> ibis.Table:
    """Return what was unpaid past its due date, summed over days, one row per loan (S4-7).

    The day after the due date is the first that counts, a payment counts from its own day on. A guarantor's
    advance is no payment, a bounced payment never was one, and what was waived is not charged. Of a plan that
    another one replaced, the days before that count.

    Args:
        instalment_outcome: Contract table at ``as_of``.
        payment_allocation: Contract table at ``as_of``; refunds are in it as negative amounts.
        as_of: Last day that counts.

    Returns:
        ``loan_id, unpaid_minor_days``: minor units × days, an integer, 0 where all was paid on time.
    """
    on = ibis.literal(as_of)
    replaced = instalment_outcome["superseded_on"] - ibis.interval(days=1)
    t = instalment_outcome.mutate(last_on=ibis.least(on, replaced.cast("date").fill_null(on)))
    paid = payment_allocation.filter(payment_allocation["applied_on"] <= on).inner_join(
        t.select(*_INSTALMENT, "due_on", "last_on"), _INSTALMENT
    )
    before = ibis.greatest((paid["applied_on"] - ibis.interval(days=1)).cast("date"), paid["due_on"])
    saved = paid.group_by(_INSTALMENT).agg(
        allocated=paid["amount_minor"].sum(),
        saved=(paid["amount_minor"] * _days(before, paid["last_on"])).sum(),
    )
    both = t.left_join(saved, _INSTALMENT)
    owed = both["due_minor"] - (both["paid_minor"] - both["allocated"].fill_null(0))  # less what was waived
    unpaid = owed * _days(both["due_on"], both["last_on"]) - both["saved"].fill_null(0)
    return both.group_by("loan_id").agg(unpaid_minor_days=unpaid.sum().cast("int64"))


def _days(begin: Any, end: Any) -> Any:
    return ibis.greatest(end.delta(begin, unit="day"), 0)


def penalty(unpaid_minor_days: int, daily_rate: float) -> int:
    """Return the penalty in minor units: simple, the rate as it is written, half a unit rounded up, once.

    >>> penalty(1_000_000 * 10, 0.005)
    50000
    """
    exact = Fraction(str(daily_rate)) * unpaid_minor_days
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)
