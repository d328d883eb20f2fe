"""Promises and what became of them (F-34), and deferrals beyond a collector's authority (S1-3)."""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis

from postloan.engine.contacts import in_force, with_staff
from postloan.model.limits import Limits
from postloan.model.performed import PROMISE_STATE

_MILLION = 1_000_000
_CASH = ("repayment", "early_repayment", "early_settlement")


def promise_states(
    promise: ibis.Table,
    payment: ibis.Table,
    instalment_outcome: ibis.Table,
    loan: ibis.Table,
    staff: ibis.Table,
    limits: Limits,
    as_of: date,
) -> ibis.Table:
    """Return table ``promise_state``, one row per promise made by ``as_of``.

    Kept: paid up to the share that counts by the promised day and its tolerance, from the day it was made on.
    Before that day it is pending, unless it is kept already. A promise is superseded by a later one of the same
    loan that was made while it was open. A guarantor's payment keeps no promise, a bounced one never came.

    Args:
        promise: What was promised.
        payment: What was paid; a reversal cancels the payment it names.
        instalment_outcome: What was owed when: a promise by the due day of the oldest open instalment defers it.
        loan: Gives customer and branch.
        staff: Who works where.
        limits: Tolerance, share, authority.
        as_of: Last day.
    """
    on = ibis.literal(as_of)
    t = promise.filter(promise.made_on <= on).drop("known_on")
    t = with_staff(t, staff, loan)
    owner = loan.select("loan_id", customer_id=loan.customer_id.coalesce(loan.loan_id))
    t = t.left_join(owner, "loan_id").drop("loan_id_right")
    tolerance = in_force(limits.tolerance_days, t.made_on).fill_null(0).cast("int64")
    t = t.mutate(last_on=(t.pay_by_on + tolerance.as_interval("D")).cast("date"), **_later(t))
    t = t.left_join(_paid(t, payment, as_of), "promise_id").drop("promise_id_right")
    t = t.left_join(_due(t, instalment_outcome), "promise_id").drop("promise_id_right")
    t = t.mutate(paid_minor=t.paid_minor.fill_null(0), is_deferral=t.due_on.notnull())
    allowed = in_force(limits.deferral_days, t.made_on)
    beyond = (t.pay_by_on.delta(t.due_on, unit="day") > allowed) & t.approved_by.isnull()
    t = t.mutate(
        promise_state=_state(t, limits, as_of),
        month=t.pay_by_on.coalesce(t.made_on).truncate("M"),
        is_beyond_authority=ibis.ifelse(t.is_deferral, beyond, False),
    )
    schema = ibis.Schema.from_pyarrow(PROMISE_STATE.schema())
    return t.select(**{name: t[name].cast(schema[name].copy(nullable=True)) for name in schema})


def _later(t: ibis.Table) -> dict[str, Any]:
    """Return the day of the next promise of the same loan."""
    after = ibis.window(group_by="loan_id", order_by=["made_on", "promise_id"])
    return {"next_on": t.made_on.lead().over(after)}


def _paid(t: ibis.Table, payment: ibis.Table, as_of: date) -> ibis.Table:
    """Return what was paid on each promise, net of refunds, without what bounced."""
    reversed_ = payment.filter(payment.payment_kind == "reversal", payment.paid_on <= ibis.literal(as_of))
    stood = payment.anti_join(reversed_.select(payment_id=reversed_.reverses_id), "payment_id")
    stood = stood.filter(
        stood.paid_on <= ibis.literal(as_of), stood.payer.fill_null("borrower") != "guarantor"
    )
    sign = ibis.cases(
        (stood.payment_kind.fill_null("repayment").isin(_CASH), 1),
        (stood.payment_kind == "refund", -1),
        else_=0,
    )
    stood = stood.select("loan_id", "paid_on", cash=stood.amount_minor * sign)
    both = t.select("promise_id", "loan_id", "made_on", "last_on").join(stood, "loan_id")
    within = both.filter(both.paid_on >= both.made_on, both.paid_on <= both.last_on)
    return within.group_by("promise_id").agg(paid_minor=within.cash.sum())


def _due(t: ibis.Table, instalment_outcome: ibis.Table) -> ibis.Table:
    """Return for promises that defer an instalment its due day; who is behind already defers nothing."""
    plan = instalment_outcome.select("loan_id", "due_on", "paid_off_on", "superseded_on")
    both = t.select("promise_id", "loan_id", "made_on", "pay_by_on").join(plan, "loan_id")
    is_open = (both.paid_off_on.isnull() | (both.paid_off_on >= both.made_on)) & (
        both.superseded_on.isnull() | (both.superseded_on > both.made_on)
    )
    owed = both.filter(is_open, both.due_on <= both.pay_by_on)
    first = owed.group_by("promise_id").agg(due_on=owed.due_on.min(), made_on=owed.made_on.min())
    return first.filter(first.due_on >= first.made_on).drop("made_on")


def _state(t: ibis.Table, limits: Limits, as_of: date) -> Any:
    millionths = (in_force(limits.kept_share, t.made_on).fill_null(1) * _MILLION).round().cast("int64")
    kept = t.paid_minor * _MILLION >= t.amount_minor * millionths
    return ibis.cases(
        (t.pay_by_on.isnull() | t.amount_minor.isnull(), "incomplete"),
        (kept, "kept"),
        ((t.next_on <= t.pay_by_on).fill_null(False), "superseded"),
        (t.last_on > ibis.literal(as_of), "pending"),
        (t.paid_minor > 0, "partial"),
        else_="broken",
    )
