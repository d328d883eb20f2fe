"""How customers fare: satisfaction, complaints, renewals, files. Expressions, dated by the month they count in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import ibis

from postloan.engine.contacts import in_force
from postloan.engine.warnings import dated, placed, shaped
from postloan.model.limits import Limits
from postloan.model.watched import BORROWER_MONTH, COMPLAINT_STATE, FILE_STATE, MATURED, SURVEY_STATE

_QUALITY_OVER = 0  # days past due: a quality customer was at most so late at any observation date
_HOUR = 3600
_YEAR = 12


def observed(day: Any, as_of: date) -> Any:
    """Return the observation date of the month of a day: its end, or ``as_of`` in the month that it lies in."""
    end = (day.truncate("M") + ibis.interval(months=1) - ibis.interval(days=1)).cast("date")
    return ibis.least(end, ibis.literal(as_of))


def survey_states(
    survey_answer: ibis.Table, position: ibis.Table, loan: ibis.Table, limits: Limits, dates: Sequence[date]
) -> ibis.Table:
    """Return table ``survey_state``: at each of ``dates`` everyone asked in the latest survey of the year before (F-40)."""
    t = dated(survey_answer.drop("known_on"), dates)
    t = t.filter(
        t.sent_on <= t.month_end, t.sent_on > (t.month_end - ibis.interval(months=_YEAR)).cast("date")
    )
    begun = t.group_by(["month_end", "survey"]).agg(first_on=t.sent_on.min())
    newest = ibis.window(group_by="month_end", order_by=[ibis.desc("first_on"), ibis.desc("survey")])
    latest = begun.mutate(place=ibis.row_number().over(newest)).filter(lambda r: r.place == 0)
    t = t.semi_join(latest, ["month_end", "survey"])
    answered = (t.answered_on <= t.month_end).fill_null(False) & t.score.notnull()
    least = in_force(limits.satisfied_from, t.sent_on)
    t = t.mutate(
        is_answered=answered,
        is_satisfied=ibis.ifelse(answered, t.score >= least, ibis.null("boolean")),
        loan_id=ibis.null("string"),
    )
    return shaped(placed(t, position, loan), SURVEY_STATE)


def complaint_states(
    complaint: ibis.Table, position: ibis.Table, loan: ibis.Table, limits: Limits, as_of: date
) -> ibis.Table:
    """Return table ``complaint_state``: complaints received by ``as_of``, in the month they came in (P4-8)."""
    day = complaint.received_at.date()
    t = complaint.filter(day <= ibis.literal(as_of)).drop("known_on")
    t = t.mutate(received_on=t.received_at.date())
    end = ibis.literal(as_of).cast("timestamp") + ibis.interval(days=1)
    accepted = (t.accepted_at < end).fill_null(False)
    solved = (t.solved_at < end).fill_null(False)
    allowed = in_force(limits.accepted_hours, t.received_on) * _HOUR
    received = t.received_at.epoch_seconds()
    is_over = end.epoch_seconds() - received > allowed  # else who was quick would stand beside nobody
    t = t.mutate(
        month_end=observed(t.received_on, as_of),
        is_accepted_on_time=ibis.ifelse(
            is_over, accepted & (t.accepted_at.epoch_seconds() - received <= allowed), ibis.null("boolean")
        ),
        is_solved=solved,
        is_called_back=ibis.ifelse(
            solved, (t.called_back_on <= ibis.literal(as_of)).fill_null(False), ibis.null("boolean")
        ),
    )
    return shaped(placed(t, position, loan), COMPLAINT_STATE)


def borrower_months(complaint: ibis.Table, position: ibis.Table, loan: ibis.Table, as_of: date) -> ibis.Table:
    """Return table ``borrower_month``: everyone who owed something at a date, and what they complained of (P9-1)."""
    owing = position.filter(position.status == "active").select("customer_id", "month_end").distinct()
    day = complaint.received_at.date()
    came = complaint.filter(day <= ibis.literal(as_of))
    came = came.mutate(received_on=came.received_at.date())
    came = came.mutate(month_end=observed(came.received_on, as_of))
    counted = came.group_by(["customer_id", "month_end"]).agg(n_complaints=came.count())
    t = owing.left_join(counted, ["customer_id", "month_end"]).drop("customer_id_right", "month_end_right")
    t = t.mutate(n_complaints=t.n_complaints.fill_null(0), loan_id=ibis.null("string"))
    return shaped(placed(t, position, loan), BORROWER_MONTH)


def matured_loans(position: ibis.Table, loan: ibis.Table, limits: Limits, as_of: date) -> ibis.Table:
    """Return table ``matured``: loans that matured and were settled without ever being late (F-42).

    They count in the month in which the time for a renewal is over: who is renewed at once would otherwise stand
    beside nobody.
    """
    on = ibis.literal(as_of)
    last = position.group_by("loan_id").agg(
        worst_dpd=position.dpd.max(),
        is_settled=(position.status == "settled").any(),
        customer_id=position.customer_id.max(),
    )
    due = loan.filter(loan.matures_on <= on).select("loan_id", "branch", "product", "matures_on")
    t = due.join(last, "loan_id")
    t = t.filter(t.is_settled, t.worst_dpd <= _QUALITY_OVER)
    days = in_force(limits.renewed_within_days, t.matures_on).fill_null(0).cast("int64")
    t = t.mutate(until=(t.matures_on + days.as_interval("D")).cast("date"))
    t = t.filter(t.until <= on)
    owner = loan.filter(loan.disbursed_on <= on)
    owner = owner.select(customer_id=owner.customer_id.coalesce(owner.loan_id), lent_on=owner.disbursed_on)
    both = t.select("loan_id", "customer_id", "matures_on", "until").join(owner, "customer_id")
    # A renewal is often lent on the day the old loan falls due, or some days before.
    near = (both.matures_on - ibis.interval(days=30)).cast("date")
    again = both.filter(both.lent_on > near, both.lent_on <= both.until).select("loan_id").distinct()
    t = t.left_join(again.mutate(found=True), "loan_id").drop("loan_id_right")
    t = t.mutate(
        month_end=observed(t.until, as_of),
        is_renewed=t.found.fill_null(False),
    )
    return shaped(t, MATURED)


def file_states(document: ibis.Table, position: ibis.Table, as_of: date) -> ibis.Table:
    """Return table ``file_state`` at ``as_of``: the files of active loans (F-44); without any row, nothing is known."""
    on = ibis.literal(as_of)
    at = position.filter(position.month_end == on, position.status == "active")
    at = at.select("loan_id", "month_end", "customer_id", "branch", "product")
    t = document
    held = (t.paper_on <= on).fill_null(False)
    twice = held & (t.electronic_on <= on).fill_null(False)
    t = t.mutate(held=held.cast("int32"), twice=twice.cast("int32"))
    found = t.group_by("loan_id").agg(n_documents=t.count(), n_held=t.held.sum(), n_both=t.twice.sum())
    return shaped(at.left_join(found, "loan_id").drop("loan_id_right"), FILE_STATE)
