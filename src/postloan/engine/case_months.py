"""Cases by month: what each collector in charge had to recover and what came; and the checks of daily hand-overs."""

from __future__ import annotations

from datetime import date

import ibis

from postloan.engine.contacts import in_force
from postloan.model.limits import Limits
from postloan.model.performed import CASE_MONTH, HANDOVER_DAY

_ADVANCE = "guarantor_advance"


def case_months(
    case: ibis.Table,
    assignment: ibis.Table,
    flow: ibis.Table,
    contact: ibis.Table,
    loan_event: ibis.Table,
    staff: ibis.Table,
    as_of: date,
) -> ibis.Table:
    """Return table ``case_month``: one row per case and month in which it was open at some time.

    Args:
        case: Cases of loans; one of a customer as a whole stands for none of them and is left out.
        assignment: Who had it; the last of the month counts. A case that nobody was given is nobody's.
        flow: Month flows of the loans: what was overdue at opening, what came.
        contact: Attempts in the month.
        loan_event: Guarantor advances in the month, kept apart from what the borrower paid (S4-9).
        staff: Who works where.
        as_of: Last day.
    """
    months = flow.filter(flow.base == "month", flow.month_end <= ibis.literal(as_of))
    months = months.mutate(month=months.month_end.truncate("M").cast("date"))
    of_loan = case.filter(case.loan_id.notnull()).select("case_id", "loan_id", "opened_on", "closed_on")
    t = months.join(of_loan, "loan_id")
    t = t.filter(t.opened_on <= t.month_end, t.closed_on.isnull() | (t.closed_on >= t.month))
    t = t.drop("opened_on", "closed_on")
    t = t.left_join(_in_charge(t, assignment), ["case_id", "month_end"]).drop(
        "case_id_right", "month_end_right"
    )
    who = staff.select("staff_id", "department", "team", "staff_tier")
    t = t.left_join(who, "staff_id").drop("staff_id_right")
    t = t.left_join(_attempts(contact), ["loan_id", "month"]).drop("loan_id_right", "month_right")
    t = t.left_join(_advances(loan_event), ["loan_id", "month"]).drop("loan_id_right", "month_right")
    filled = {name: t[name].fill_null(0) for name in ("n_attempts", "n_right_party", "advanced_minor")}
    schema = ibis.Schema.from_pyarrow(CASE_MONTH.schema())
    t = t.mutate(**filled)
    return t.select(**{name: t[name].cast(schema[name].copy(nullable=True)) for name in schema})


def _in_charge(t: ibis.Table, assignment: ibis.Table) -> ibis.Table:
    given = assignment.select("case_id", "assigned_on", "until_on", "staff_id")
    both = t.select("case_id", "month", "month_end").join(given, "case_id")
    held = both.filter(
        both.assigned_on <= both.month_end, both.until_on.isnull() | (both.until_on >= both.month)
    )
    # Of two assignments of one day the one still open, then the one that lasted longer; never by chance of order.
    order = [
        ibis.desc(held.assigned_on), held.until_on.isnull().ifelse(0, 1), ibis.desc(held.until_on), held.staff_id,
    ]  # fmt: skip
    last = ibis.window(group_by=["case_id", "month_end"], order_by=order)
    ranked = held.mutate(place=ibis.row_number().over(last))
    return ranked.filter(ranked.place == 0).select("case_id", "month_end", "staff_id")


def _attempts(contact: ibis.Table) -> ibis.Table:
    tried = contact.filter(contact.is_attempt, contact.loan_id.notnull())
    return tried.group_by(["loan_id", "month"]).agg(
        n_attempts=tried.count().cast("int32"),
        n_right_party=tried.is_right_party.fill_null(False).cast("int32").sum().cast("int32"),
    )


def _advances(loan_event: ibis.Table) -> ibis.Table:
    advance = loan_event.filter(loan_event.event_kind == _ADVANCE)
    advance = advance.mutate(month=advance.event_on.truncate("M").cast("date"))
    return advance.group_by(["loan_id", "month"]).agg(advanced_minor=advance.amount_minor.sum())


def handover_days(
    handover: ibis.Table, contact: ibis.Table, staff: ibis.Table, limits: Limits, as_of: date
) -> ibis.Table:
    """Return table ``handover_day``: one row per collector and day with a record table, by ``as_of`` (S1-5).

    Recordings match where there are as many as customers that were reached by phone on the day.
    """
    t = handover.filter(handover.worked_on <= ibis.literal(as_of)).drop("known_on")
    called = contact.filter(contact.is_sheet)
    called = called.mutate(worked_on=called.acted_on)
    spoken = called.group_by(["staff_id", "worked_on"]).agg(n_customers=called.customer_id.nunique())
    t = t.left_join(spoken, ["staff_id", "worked_on"]).drop("staff_id_right", "worked_on_right")
    who = staff.select("staff_id", "branch", "department", "team", "staff_tier")
    t = t.left_join(who, "staff_id").drop("staff_id_right")
    hour = in_force(limits.handover_hour, t.worked_on)
    seconds = t.handed_over_at.hour() * 3600 + t.handed_over_at.minute() * 60 + t.handed_over_at.second()
    same_day = t.handed_over_at.date() == t.worked_on
    t = t.mutate(
        month=t.worked_on.truncate("M").cast("date"),
        is_on_time=(same_day & (seconds <= hour * 3600)).fill_null(False),
        is_matched=t.n_recordings == t.n_customers.fill_null(0),
    )
    schema = ibis.Schema.from_pyarrow(HANDOVER_DAY.schema())
    return t.select(**{name: t[name].cast(schema[name].copy(nullable=True)) for name in schema})
