"""Warnings month by month, whether they came true, and who deteriorated without one (F-46)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

import ibis
import pyarrow as pa

from postloan.model.limits import Limits
from postloan.model.watched import DETERIORATION, WARNING_STATE

_YEAR = 12
_SUCCESS = ("lifted", "recovered", "secured")
_FINANCIAL = ("operating_poor", "funds_not_returned", "cover_ratio_fall", "income_change")
# What each trigger calls for (P1-9).
RESPONSES: Mapping[str, tuple[str, ...]] = {
    "funds_not_returned": ("talk",),
    "collateral_change": ("more_security",),
    "guarantor_weaker": ("more_security",),
    "cover_ratio_fall": ("trace_recover",),
    "severe_deterioration": ("exit",),
}


def shaped(t: ibis.Table, contract: Any) -> ibis.Table:
    """Return a table in the columns and types of its contract."""
    schema = ibis.Schema.from_pyarrow(contract.schema())
    return t.select(**{name: t[name].cast(schema[name].copy(nullable=True)) for name in schema})


def largest_loan(position: ibis.Table) -> ibis.Table:
    """Return each customer's largest active loan at each date, with its branch and product."""
    active = position.filter(position.status == "active")
    first = ibis.window(
        group_by=["customer_id", "month_end"],
        order_by=[active.balance_minor.desc(nulls_first=False), "loan_id"],
    )
    ranked = active.mutate(place=ibis.row_number().over(first))
    largest = ranked.filter(ranked.place == 0)
    return largest.select("customer_id", "month_end", largest_id=largest.loan_id)


def placed(t: ibis.Table, position: ibis.Table, loan: ibis.Table) -> ibis.Table:
    """Return rows of customers and dates with the loan they are about, else the largest, its branch and product.

    A customer who owes nothing at the date has no largest loan.
    """
    t = t.left_join(largest_loan(position), ["customer_id", "month_end"])
    t = t.drop("customer_id_right", "month_end_right")
    t = t.mutate(loan_id=t.loan_id.coalesce(t.largest_id)).drop("largest_id")
    lent = loan.select("loan_id", "branch", "product")
    return t.left_join(lent, "loan_id").drop("loan_id_right")


def onsets(position: ibis.Table, over: int) -> ibis.Table:
    """Return the days on which customers went over so many days past due: ``customer_id, onset_on``.

    Seen at observation dates: a loan that went over and came back in between is not among them.
    """
    before = ibis.window(group_by="loan_id", order_by="month_end")
    t = position.mutate(last_dpd=position.dpd.lag().over(before).fill_null(0))
    crossed = t.filter(t.dpd > over, t.last_dpd <= over)
    on = (crossed.month_end - (crossed.dpd - over - 1).cast("int64").as_interval("D")).cast("date")
    return crossed.select("customer_id", onset_on=on).distinct()


def dated(t: ibis.Table, dates: Sequence[date]) -> ibis.Table:
    """Return each row once for each of ``dates``, as ``month_end``."""
    return t.cross_join(ibis.memtable(pa.table({"month_end": pa.array(dates, pa.date32())})))


def warning_states(
    warning: ibis.Table, position: ibis.Table, loan: ibis.Table, dates: Sequence[date], limits: Limits
) -> ibis.Table:
    """Return table ``warning_state``: each warning at each of ``dates`` by which it was raised.

    Args:
        warning: The ledger.
        position: Shows who deteriorated.
        loan: Gives branch and product.
        dates: Observation dates, rising.
        limits: Those of the last date judge all of them.
    """
    on = dates[-1]
    t = dated(warning.drop("known_on"), dates)
    t = t.filter(t.raised_on <= t.month_end)
    t = t.mutate(closed_on=ibis.ifelse(t.closed_on <= t.month_end, t.closed_on, ibis.null("date")))
    t = t.mutate(
        until=(t.raised_on + ibis.interval(months=int(limits.on("within_months", on) or 0))).cast("date")
    )
    t = t.left_join(_first_onset(warning, position, on, limits), "warning_id").drop("warning_id_right")
    # What came after the date was not known at it.
    t = t.mutate(onset_on=ibis.ifelse(t.onset_on <= t.month_end, t.onset_on, ibis.null("date")))
    return shaped(placed(t.mutate(**_standing(t)), position, loan), WARNING_STATE)


def _first_onset(warning: ibis.Table, position: ibis.Table, on: date, limits: Limits) -> ibis.Table:
    """Return the first deterioration within the time of each warning."""
    found = onsets(position, int(limits.on("deteriorated_over", on) or 0))
    both = warning.select("warning_id", "customer_id", "raised_on").join(found, "customer_id")
    until = (both.raised_on + ibis.interval(months=int(limits.on("within_months", on) or 0))).cast("date")
    came = both.filter(both.onset_on > both.raised_on, both.onset_on <= until)
    return came.group_by("warning_id").agg(onset_on=came.onset_on.min())


def _standing(t: ibis.Table) -> dict[str, Any]:
    begin = t.month_end.truncate("M").cast("date")
    is_open = t.closed_on.isnull()
    return {
        "warning_family": t.warning_family.coalesce(_family(t)),
        "is_new": t.raised_on >= begin,
        "is_open": is_open,
        "is_overdue": is_open & (t.deadline_on < t.month_end),
        "is_closed_now": (t.closed_on >= begin).fill_null(False),
        "is_complete": t.staff_id.notnull() & t.deadline_on.notnull() & t.plan.notnull(),
        "is_answered": t.warning_response.notnull(),
        "is_fitting": _fitting(t),
        "is_success": ibis.ifelse(is_open, ibis.null("boolean"), t.warning_outcome.isin(_SUCCESS)),
        "is_judged": (t.until <= t.month_end)
        & ((t.until + ibis.interval(months=_YEAR)).cast("date") > t.month_end),
        "is_true": t.onset_on.notnull(),
        "lead_days": t.onset_on.delta(t.raised_on, unit="day").cast("int32"),
    }


def _family(t: ibis.Table) -> Any:
    named = t.signal_kind.isin(_FINANCIAL)
    return ibis.cases(
        (t.signal_kind.isnull(), ibis.null("string")), (named, "financial"), else_="non_financial"
    )


def _fitting(t: ibis.Table) -> Any:
    fits = [(t.signal_kind == kind) & t.warning_response.isin(names) for kind, names in RESPONSES.items()]
    laid_down = t.signal_kind.isin(list(RESPONSES)) & t.warning_response.notnull()
    return ibis.ifelse(laid_down, reduce(or_, fits), ibis.null("boolean"))


def deteriorations(
    warning: ibis.Table, position: ibis.Table, loan: ibis.Table, dates: Sequence[date], limits: Limits
) -> ibis.Table:
    """Return table ``deterioration``: at each of ``dates`` the customers that deteriorated in the year before.

    Warned: in the time in which a warning must come true, and early enough. The limits of the last date count.
    """
    on = dates[-1]
    found = onsets(position, int(limits.on("deteriorated_over", on) or 0))
    both = found.join(warning.select("customer_id", "raised_on"), "customer_id")
    latest = (both.onset_on - ibis.interval(days=int(limits.on("ahead_days", on) or 0))).cast("date")
    earliest = (both.onset_on - ibis.interval(months=int(limits.on("within_months", on) or 0))).cast("date")
    in_time = both.filter(both.raised_on <= latest, both.raised_on > earliest)
    warned = in_time.select("customer_id", "onset_on").distinct().mutate(was_warned=True)
    t = found.left_join(warned, ["customer_id", "onset_on"]).drop("customer_id_right", "onset_on_right")
    t = dated(t.mutate(is_warned=t.was_warned.fill_null(False), loan_id=ibis.null("string")), dates)
    since = (t.month_end - ibis.interval(months=_YEAR)).cast("date")
    t = t.filter(t.onset_on <= t.month_end, t.onset_on > since)
    return shaped(placed(t, position, loan), DETERIORATION)
