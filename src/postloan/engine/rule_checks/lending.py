"""Checks of money that may hide who paid: refinancing before a month-end, advances entered as payments."""

from __future__ import annotations

from datetime import date

import ibis

from postloan.engine.rule_checks.finder import Finder, Numbers, Tables, day, found, joined, number


def _refinanced(table: Tables, numbers: Numbers, as_of: date) -> ibis.Table:
    """A loan seen overdue is not settled in the last days of a month by a new loan to the same customer (F-12).

    Looked at: loans that were overdue at one observation date and settled by the next. Broken: the money came
    in the last days of the month, and a loan of at least that much was paid out to the customer at most so many
    days before it or after; one said to be a renewal is no secret.
    """
    flow, loan = table("flow"), table("loan")
    t = flow.filter(
        flow.base == "month", flow.month_end <= day(as_of), flow.to_state == "settled", flow.from_dpd > 0
    ).select("loan_id", "customer_id", "month_end", "from_dpd", "repaid_minor")
    payment = table("payment")
    last = (
        payment.filter(payment.paid_on <= day(as_of))
        .group_by("loan_id")
        .agg(settled_on=lambda p: p.paid_on.max())
    )
    t = joined(t, last, "loan_id").filter(lambda t: t.settled_on.notnull())
    lent = loan.filter(loan.renewed_from.isnull(), ~loan.is_restructured.fill_null(False)).select(
        "customer_id", new_id=loan.loan_id, new_on=loan.disbursed_on, new_minor=loan.principal_minor
    )
    both = t.join(lent, "customer_id")
    near = ibis.interval(days=number(numbers, "near_days"))
    both = both.filter(
        both.new_id != both.loan_id,
        both.new_on >= (both.settled_on - near).cast("date"),
        both.new_on <= (both.settled_on + near).cast("date"),
        both.new_minor >= both.repaid_minor,
    )
    t = joined(t, both.group_by("loan_id").agg(lent_again_on=both.new_on.min()), "loan_id")
    end = (t.settled_on.truncate("M") + ibis.interval(months=1)).cast("date")
    is_last = t.settled_on >= (end - ibis.interval(days=number(numbers, "last_days"))).cast("date")
    return found(
        t,
        "loan_id",
        t.settled_on,
        is_last & t.lent_again_on.notnull(),
        "from_dpd",
        "settled_on",
        "lent_again_on",
    )


def _advance_as_payment(table: Tables, numbers: Numbers, as_of: date) -> ibis.Table:
    """What a guarantor advanced is not entered again as the borrower's payment (S4-9): same amount, days apart."""
    event, payment = table("loan_event"), table("payment")
    advance = event.filter(event.event_kind == "guarantor_advance", event.event_on <= day(as_of))
    advance = advance.select("event_id", "loan_id", "event_on", "amount_minor")
    own = payment.filter(
        payment.payer.isnull() | (payment.payer == "borrower"),
        payment.payment_kind.isnull() | ~payment.payment_kind.isin(["reversal", "refund"]),
    ).select("loan_id", "paid_on", "amount_minor", "payment_id")
    both = advance.join(own, ["loan_id", "amount_minor"])
    near = ibis.interval(days=number(numbers, "near_days"))
    both = both.filter(
        both.paid_on >= (both.event_on - near).cast("date"),
        both.paid_on <= (both.event_on + near).cast("date"),
    )
    t = joined(advance, both.group_by("event_id").agg(entered_on=both.paid_on.min()), "event_id")
    return found(t, "event_id", t.event_on, t.entered_on.notnull(), "amount_minor", "entered_on")


LENDING = {
    "refinanced_at_month_end": Finder(_refinanced, (), ("last_days", "near_days")),
    "advance_as_payment": Finder(_advance_as_payment, ("loan_event",), ("near_days",)),
}
