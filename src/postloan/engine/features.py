"""Features of loans and customers at a date, from positions, instalments and events: what policies read.

Expressions over whatever engine holds the tables; nothing is computed until they are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import ibis

from postloan.model.grading import CUSTOMER_FEATURE, DUE_INSTALMENT, LOAN_FEATURE

_YEAR = 12
_LONGEST_MONTH = 31
_TERMS_CHANGED = ("reschedule", "extension")
_SAME_IN_ALL = ("product", "branch", "industry", "region")
_SUMMED = ("principal_minor", "advanced_minor")
_SUMMED_IF_ALL_KNOWN = ("balance_minor", "overdue_minor", "n_overdue_instalments")
_LARGEST = (
    "days_from_due", "overdue_streak", "worst_dpd", "worst_dpd_12m", "n_restructurings", "first_instalment_days",
)  # fmt: skip
_LEAST = ("clean_streak", "months_restructured")
_COUNTED = ("n_due", "n_on_time", "n_late_12m", "on_time_in_a_row")


def due_instalments(
    position: ibis.Table, instalment_outcome: ibis.Table, dates: Sequence[date]
) -> ibis.Table:
    """Return table ``due_instalment`` at ``dates``: what fell due before each, or on it and is paid.

    An instalment that a new plan replaced before it was paid is not one. ``position`` gives the customer of
    each loan and must have rows of all dates.
    """
    owner = position.group_by("loan_id").agg(customer_id=position.customer_id.max())
    t = _at(instalment_outcome.join(owner, "loan_id"), position, dates)
    is_paid = (t.paid_off_on <= t.month_end).fill_null(False)
    t = t.mutate(is_paid=is_paid, settled_on=ibis.ifelse(is_paid, t.paid_off_on, t.month_end))
    is_due = (t.due_on < t.month_end) | ((t.due_on == t.month_end) & t.is_paid)
    due = t.filter(is_due, t.is_paid | _is_in_force(t))
    late = due.settled_on.delta(due.due_on, unit="day").cast("int32")
    return due.mutate(days_late=late, paid_day=_paid_day(due)).select(*DUE_INSTALMENT.names())


def _at(table: ibis.Table, position: ibis.Table, dates: Sequence[date]) -> ibis.Table:
    """Return each row once for each date, as ``month_end``."""
    chosen = position.select("month_end").distinct()
    return table.cross_join(chosen.filter(chosen.month_end.isin(dates)))


def _is_in_force(t: ibis.Table) -> Any:
    return t.superseded_on.isnull() | (t.superseded_on > t.month_end)


def _paid_day(due: ibis.Table) -> Any:
    """Return the day of the due month on which it was paid; the day after the date if it is not."""
    settled = ibis.ifelse(due.is_paid, due.settled_on, due.settled_on + ibis.interval(days=1)).cast("date")
    begins = due.due_on.truncate("M")
    ends = (begins + ibis.interval(months=1)).cast("date")
    after = settled.delta(ends, unit="day") + _LONGEST_MONTH + 1
    return ibis.cases((settled < begins, 0), (settled < ends, settled.day()), else_=after).cast("int32")


def ranked(due: ibis.Table, key: str) -> ibis.Table:
    """Return due instalments with ``latest``: 1 for the latest of each ``key`` and date, 2 for the one before, …"""
    order = [due.due_on.desc(), due.paid_day.desc(), due.loan_id, due.schedule_no, due.instalment_no]
    return due.mutate(latest=ibis.row_number().over(group_by=[key, "month_end"], order_by=order) + 1)


def in_a_row(due: ibis.Table, held: Any) -> Any:
    """Return, within a group of ranked instalments, for how many of the latest ones ``held`` is surely true."""
    first_miss = due.latest.min(where=~held.fill_null(False))
    return ibis.coalesce(first_miss - 1, due.count()).cast("int32")


def times(held: Any) -> Any:
    """Return for how many instalments of a group ``held`` is surely true."""
    return held.fill_null(False).sum().cast("int32")


def _instalment_features(due: ibis.Table, key: str) -> ibis.Table:
    t = ranked(due, key)
    t = t.mutate(is_on_time=t.is_paid & (t.days_late <= 0), is_recent=_months(t.due_on, t.month_end) < _YEAR)
    return t.group_by([key, "month_end"]).agg(
        n_due=t.count().cast("int32"),
        n_on_time=times(t.is_on_time),
        n_late_12m=times(t.is_recent & ~t.is_on_time),
        on_time_in_a_row=in_a_row(t, t.is_on_time),
        latest_paid_day=t.paid_day.max(where=t.latest == 1),
        first_instalment_days=t.days_late.max(where=(t.schedule_no == 1) & (t.instalment_no == 1)),
    )


def loan_features(
    position: ibis.Table,
    instalment_outcome: ibis.Table,
    loan_event: ibis.Table,
    claim: ibis.Table,
    dates: Sequence[date],
) -> ibis.Table:
    """Return table ``loan_feature`` at ``dates``, one row per loan and date that ``position`` has.

    Instalments are counted where a plan is known: 0 before the first is due, null on a lender's tape.
    ``claim`` is what ``claims`` gives for the same dates.
    """
    t = _with_past(position)
    now = t.filter(t.month_end.isin(dates))
    due = due_instalments(position, instalment_outcome, dates)
    events = _events(loan_event, position, dates)
    counted = _instalment_features(due, "loan_id")
    t = _beside(now, "loan_id", events, _open(instalment_outcome, position, dates), counted, claim)
    since = ibis.coalesce(t.changed_on, t.restructured_on)
    changed = ibis.greatest(t.n_changed.fill_null(0), 1)
    columns = {
        "utilisation": _share(t.balance_minor, t.principal_minor),
        "days_from_due": t.month_end.delta(t.open_due_on, unit="day"),
        "months_to_maturity": _months(t.month_end, t.matures_on),
        "n_restructurings": ibis.ifelse(t.is_restructured, changed, 0),
        "months_restructured": ibis.ifelse(t.is_restructured, _full_months(since, t.month_end), None),
        **{name: _counted(t[name], t.schedule_no.notnull()) for name in _COUNTED},
    }
    return _shaped(t.mutate(**columns), LOAN_FEATURE)


def _counted(count: Any, is_known: Any) -> Any:
    return ibis.ifelse(is_known, count.fill_null(0), None)


def _with_past(position: ibis.Table) -> ibis.Table:
    """Return positions with what the months before add."""
    t = position.mutate(month=position.month_end.year() * _YEAR + position.month_end.month())
    so_far = ibis.window(group_by="loan_id", order_by="month", range=(None, 0))
    of_year = ibis.window(group_by="loan_id", order_by="month", range=(1 - _YEAR, 0))
    restructured = ibis.ifelse(t.is_restructured, t.month_end, None)
    return t.mutate(worst_dpd_12m=t.dpd.max().over(of_year), restructured_on=restructured.min().over(so_far))


def _events(loan_event: ibis.Table, position: ibis.Table, dates: Sequence[date]) -> ibis.Table:
    changed = loan_event.filter(loan_event.is_distressed, loan_event.event_kind.isin(_TERMS_CHANGED))
    t = _at(changed.select("loan_id", "event_on"), position, dates)
    t = t.filter(t.event_on <= t.month_end)
    return t.group_by(["loan_id", "month_end"]).agg(n_changed=t.count(), changed_on=t.event_on.max())


def _open(instalment_outcome: ibis.Table, position: ibis.Table, dates: Sequence[date]) -> ibis.Table:
    t = _at(instalment_outcome, position, dates)
    is_open = t.paid_off_on.isnull() | (t.paid_off_on > t.month_end)
    t = t.filter(is_open, _is_in_force(t))
    return t.group_by(["loan_id", "month_end"]).agg(open_due_on=t.due_on.min())


def customer_features(loan_feature: ibis.Table, due_instalment: ibis.Table) -> ibis.Table:
    """Return table ``customer_feature``, one row per customer and date with an active loan.

    Args:
        loan_feature: All loans of the customers.
        due_instalment: Of the same dates; of all their loans, settled ones too.
    """
    t = loan_feature.filter(loan_feature.status == "active")
    low, high = ibis.coalesce(t.dpd, t.dpd_low), ibis.coalesce(t.dpd, t.dpd_high)
    is_range = t.dpd.isnull().any()
    of_loans = t.group_by(["customer_id", "month_end"]).agg(
        **{name: _if_all(t[name], t[name].max(), t[name].nunique() == 1) for name in _SAME_IN_ALL},
        **{name: t[name].sum() for name in _SUMMED},
        **{name: _if_all(t[name], t[name].sum()) for name in _SUMMED_IF_ALL_KNOWN},
        **{name: t[name].max() for name in _LARGEST},
        **{name: t[name].min() for name in _LEAST},
        customer_kind=t.customer_kind.max(),
        n_loans=t.count(),
        months_as_borrower=t.mob.max(),
        dpd=_if_all(t.dpd, t.dpd.max()),
        dpd_low=ibis.ifelse(is_range, low.max(), None),
        dpd_high=ibis.ifelse(is_range, _if_all(high, high.max()), None),
        is_restructured=_any_of(t.is_restructured),
        is_extended=_any_of(t.is_extended),
        has_plans=~t.n_due.isnull().any(),
    )
    counted = _instalment_features(due_instalment, "customer_id").drop("first_instalment_days")
    t = _beside(of_loans, "customer_id", counted)
    counts = {name: _counted(t[name], t.has_plans) for name in _COUNTED}
    return _shaped(
        t.mutate(utilisation=_share(t.balance_minor, t.principal_minor), **counts), CUSTOMER_FEATURE
    )


def _beside(table: ibis.Table, key: str, *others: ibis.Table) -> ibis.Table:
    for other in others:
        added = [name for name in other.columns if name not in (key, "month_end")]
        table = table.left_join(other, [key, "month_end"]).select(*table.columns, *added)
    return table


def _shaped(table: ibis.Table, contract: Any) -> ibis.Table:
    schema = ibis.Schema.from_pyarrow(contract.schema())
    return table.select(**{name: table[name].cast(schema[name].copy(nullable=True)) for name in schema})


def _share(part: Any, whole: Any) -> Any:
    return ibis.ifelse(whole > 0, part.cast("float64") / whole, None)


def _if_all(column: Any, found: Any, also: Any = True) -> Any:
    """Return ``found`` where every row of the group has a value."""
    return ibis.ifelse(~column.isnull().any() & also, found, None)


def _any_of(flag: Any) -> Any:
    """Return true if any row of the group is, false if all are known not to be, else null."""
    return ibis.cases((flag.any(), True), (flag.isnull().any(), ibis.null("boolean")), else_=False)


def _months(earlier: Any, later: Any) -> Any:
    return (later.year() - earlier.year()) * _YEAR + later.month() - earlier.month()


def _full_months(since: Any, on: Any) -> Any:
    return _months(since, on) - (since.day() > on.day()).cast("int32")
