"""Features of loans and customers at a date, from positions, instalments and events: what policies read.

Expressions over whatever engine holds the tables; nothing is computed until they are asked for.
"""

from __future__ import annotations

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


def due_instalments(position: ibis.Table, instalment_outcome: ibis.Table, on: date) -> ibis.Table:
    """Return table ``due_instalment`` at ``on``: what fell due before it, or on it and is paid.

    An instalment that a new plan replaced before it was paid is not one. ``position`` gives the customer of
    each loan that was ever lent by ``on``.
    """
    owner = position.filter(position.month_end <= on).group_by("loan_id").agg(
        customer_id=lambda t: t.customer_id.max()
    )  # fmt: skip
    t = instalment_outcome.join(owner, "loan_id").select(*instalment_outcome.columns, "customer_id")
    is_paid = (t.paid_off_on <= on).fill_null(False)
    replaced_on = ibis.ifelse(is_paid, ibis.null("date"), t.superseded_on)
    due = t.filter(
        (t.due_on < on) | ((t.due_on == on) & is_paid), replaced_on.isnull() | (replaced_on > on)
    ).mutate(
        month_end=ibis.literal(on),
        is_paid=is_paid,
        settled_on=ibis.ifelse(is_paid, t.paid_off_on, ibis.literal(on)),
    )
    until = due.settled_on.delta(due.due_on, unit="day").cast("int32")
    return due.mutate(days_late=until, paid_day=_paid_day(due)).select(*DUE_INSTALMENT.names())


def _paid_day(due: ibis.Table) -> Any:
    """Return the day of the due month on which it was paid; a day later than the date if it is not."""
    settled = ibis.ifelse(due.is_paid, due.settled_on, due.settled_on + ibis.interval(days=1))
    begins = due.due_on.truncate("M")
    ends = begins + ibis.interval(months=1)
    after = settled.delta(ends.cast("date"), unit="day")
    return (
        ibis.cases(
            (settled < begins, 0), (settled < ends, settled.day()), else_=after + _LONGEST_MONTH + 1
        )
        .cast("int32")
    )  # fmt: skip


def ranked(due: ibis.Table, key: str) -> ibis.Table:
    """Return due instalments with ``latest``: 1 for the latest of each ``key``, 2 for the one before, …"""
    order = [due.due_on.desc(), due.paid_day.desc(), due.loan_id, due.schedule_no, due.instalment_no]
    return due.mutate(latest=ibis.row_number().over(group_by=key, order_by=order) + 1)


def in_a_row(due: ibis.Table, held: Any) -> Any:
    """Return, within a group of ranked instalments, for how many of the latest ones ``held`` is surely true."""
    first_miss = due.latest.min(where=~held.fill_null(False))
    return ibis.coalesce(first_miss - 1, due.count()).cast("int32")


def times(held: Any) -> Any:
    """Return for how many instalments of a group ``held`` is surely true."""
    return held.fill_null(False).sum().cast("int32")


def _instalment_features(due: ibis.Table, key: str, on: date) -> ibis.Table:
    t = ranked(due, key)
    is_on_time = t.is_paid & (t.days_late <= 0)
    months = (on.year - t.due_on.year()) * _YEAR + (on.month - t.due_on.month())
    t = t.mutate(is_on_time=is_on_time, is_recent=months < _YEAR)
    return t.group_by(key).agg(
        n_due=t.count().cast("int32"),
        n_on_time=times(t.is_on_time),
        n_late_12m=times(t.is_recent & ~t.is_on_time),
        on_time_in_a_row=in_a_row(t, t.is_on_time),
        latest_paid_day=t.paid_day.max(where=t.latest == 1),
        first_instalment_days=t.days_late.max(where=(t.schedule_no == 1) & (t.instalment_no == 1)),
    )


def loan_features(
    position: ibis.Table, instalment_outcome: ibis.Table, loan_event: ibis.Table, on: date
) -> ibis.Table:
    """Return table ``loan_feature`` at ``on``, one row per loan that has a position on that date."""
    now = position.filter(position.month_end == on)
    past = position.filter(position.month_end <= on)
    month = (on.year - past.month_end.year()) * _YEAR + (on.month - past.month_end.month())
    seen = past.group_by("loan_id").agg(
        worst_dpd_12m=past.dpd.max(where=month < _YEAR),
        restructured_on=past.month_end.min(where=past.is_restructured),
    )
    events = loan_event.filter(
        loan_event.event_on <= on,
        loan_event.is_distressed,
        loan_event.event_kind.isin(_TERMS_CHANGED),
    )
    changed = events.group_by("loan_id").agg(n_changed=events.count(), changed_on=events.event_on.max())
    t = _beside(now, "loan_id", seen, changed, _open_on(instalment_outcome, on))
    due = due_instalments(position, instalment_outcome, on)
    t = _beside(t, "loan_id", _instalment_features(due, "loan_id", on))
    since = ibis.coalesce(t.changed_on, t.restructured_on)
    columns = {
        "utilisation": _share(t.balance_minor, t.principal_minor),
        "days_from_due": ibis.literal(on).delta(t.open_due_on, unit="day").cast("int32"),
        "months_to_maturity": _months(ibis.literal(on), t.matures_on),
        "n_restructurings": ibis.ifelse(
            t.is_restructured, ibis.greatest(t.n_changed.fill_null(0), 1), 0
        ).cast("int32"),
        "months_restructured": ibis.ifelse(t.is_restructured, _full_months(since, on), ibis.null("int32")),
    }
    return _shaped(t.mutate(**columns), LOAN_FEATURE)


def _open_on(instalment_outcome: ibis.Table, on: date) -> ibis.Table:
    t = instalment_outcome
    is_open = (t.paid_off_on > on) | t.paid_off_on.isnull()
    in_force = (t.superseded_on > on) | t.superseded_on.isnull()
    still = t.filter(is_open, in_force)
    return still.group_by("loan_id").agg(open_due_on=still.due_on.min())


def customer_features(
    loan_feature: ibis.Table, due_instalment: ibis.Table, on: date
) -> ibis.Table:
    """Return table ``customer_feature`` at ``on``, one row per customer with an active loan."""
    t = loan_feature.filter(loan_feature.status == "active")
    low, high = ibis.coalesce(t.dpd, t.dpd_low), ibis.coalesce(t.dpd, t.dpd_high)
    of_loans = t.group_by("customer_id").agg(
        **{name: _if_all(t[name], t[name].max(), t[name].nunique() == 1) for name in _SAME_IN_ALL},
        **{name: t[name].sum().cast("int64") for name in _SUMMED},
        **{name: _if_all(t[name], t[name].sum().cast(t[name].type())) for name in _SUMMED_IF_ALL_KNOWN},
        **{name: t[name].max() for name in _LARGEST},
        **{name: t[name].min() for name in _LEAST},
        customer_kind=t.customer_kind.max(),
        n_loans=t.count().cast("int32"),
        months_as_borrower=t.mob.max(),
        dpd=_if_all(t.dpd, t.dpd.max()),
        dpd_low=ibis.ifelse(t.dpd.count() < t.count(), low.max(), ibis.null("int32")),
        dpd_high=ibis.ifelse(t.dpd.count() < t.count(), _if_all(high, high.max()), ibis.null("int32")),
        is_restructured=_any_of(t.is_restructured),
        is_extended=_any_of(t.is_extended),
    )
    whole = _beside(of_loans, "customer_id", _instalment_features_of_customer(due_instalment, on))
    columns = {
        "month_end": ibis.literal(on),
        "utilisation": _share(whole.balance_minor, whole.principal_minor),
    }
    first = whole["first_instalment_days"]
    return _shaped(whole.mutate(**columns, first_instalment_days=first), CUSTOMER_FEATURE)


def _instalment_features_of_customer(due_instalment: ibis.Table, on: date) -> ibis.Table:
    return _instalment_features(due_instalment, "customer_id", on).drop("first_instalment_days")


def _beside(table: ibis.Table, key: str, *others: ibis.Table) -> ibis.Table:
    for other in others:
        added = [name for name in other.columns if name != key]
        table = table.left_join(other, key).select(*table.columns, *added)
    return table


def _shaped(table: ibis.Table, contract: Any) -> ibis.Table:
    schema = ibis.Schema.from_pyarrow(contract.schema())
    return table.select(**{name: table[name].cast(schema[name].copy(nullable=True)) for name in schema})


def _share(part: Any, whole: Any) -> Any:
    return ibis.ifelse(whole > 0, part.cast("float64") / whole, ibis.null("float64"))


def _if_all(column: Any, found: Any, also: Any = None) -> Any:
    """Return ``found`` where every row of the group has a value."""
    is_whole = ~column.isnull().any()
    return ibis.ifelse(is_whole if also is None else is_whole & also, found, ibis.null(found.type()))


def _any_of(flag: Any) -> Any:
    """Return true if any row of the group is, false if all are known not to be, else null."""
    return ibis.cases((flag.any(), True), (flag.isnull().any(), ibis.null("boolean")), else_=False)


def _months(earlier: Any, later: Any) -> Any:
    return ((later.year() - earlier.year()) * _YEAR + later.month() - earlier.month()).cast("int32")


def _full_months(since: Any, on: date) -> Any:
    is_short = since.day() > on.day
    return (_months(since, ibis.literal(on)) - is_short.cast("int32")).cast("int32")
