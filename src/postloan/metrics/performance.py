"""How collections went, for all scopes at once: every figure by department, team, tier and collector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import ibis
import pandas as pd

from postloan.metrics import collections, recovery
from postloan.metrics.collections import BREACHES
from postloan.metrics.measure import FIGURES, measure
from postloan.metrics.metric import Metric
from postloan.metrics.monthly import named
from postloan.metrics.scope import in_scopes, keyed, tidy
from postloan.model.performed import STAFF_DIMENSIONS

# How many months back each window reaches, the month itself included.
WINDOWS = {"month": 1, "quarter": 3}
_OF_CASES = tuple(
    metric
    for metric in recovery.METRICS
    if metric.slug in ("recovery_rate_opening", "recovery_rate_period", "collected")
)


def metrics_of(table: str) -> tuple[Metric, ...]:
    """Return what is measured on a table of work; on cases also how much came of what was overdue."""
    own = tuple(metric for metric in collections.METRICS if metric.table == table)
    return (*own, *_OF_CASES) if table == "case_month" else own


def work_measures(tables: Mapping[str, ibis.Table], as_of: date, scopes: Sequence[str]) -> pd.DataFrame:
    """Measure the work on each of ``tables``, in total and by each staff dimension.

    Args:
        tables: ``contact``, ``promise_state``, ``case_month``, ``handover_day``, those there are.
        as_of: The month it lies in is the last of each window.
        scopes: ``all`` and branches.

    Returns:
        ``scope, window, metric, by, group`` and the figures of ``measure``; ``by`` and ``group`` are '' for a
        total, who did it is not told for group ``(missing)``.
    """
    parts = [
        _windowed(table, metrics_of(name), as_of, window, scopes)
        for name, table in tables.items()
        for window in WINDOWS
    ]
    order = ["scope", "window", "metric", "by", "group"]
    frame = pd.concat(parts, ignore_index=True)[[*order, *FIGURES]]
    return frame.sort_values(order, ignore_index=True)


def _windowed(
    table: ibis.Table, metrics: Sequence[Metric], as_of: date, window: str, scopes: Sequence[str]
) -> pd.DataFrame:
    first = as_of.year * 12 + as_of.month - WINDOWS[window]
    begin = date(first // 12, first % 12 + 1, 1)
    rows = table.filter(table.month >= ibis.literal(begin), table.month <= ibis.literal(as_of))
    by = [name for name in STAFF_DIMENSIONS if name in table.columns]
    rows = rows.mutate(scope=keyed(rows.branch), **{f"by_{name}": keyed(rows[name]) for name in by})
    sets = [[*scope, *group] for scope in ([], ["scope"]) for group in ([], *([f"by_{name}"] for name in by))]
    found = measure(rows, metrics, ["scope", *(f"by_{name}" for name in by)], sets)
    return named(found, by, scopes).assign(window=window)


def breaches(contact: ibis.Table, as_of: date, scopes: Sequence[str]) -> pd.DataFrame:
    """Return the actions of the month that break a conduct rule, newest first.

    Returns:
        ``scope, action_id, acted_at, staff_id, branch, action_channel, customer_id, loan_id`` and which rules:
        ``is_at_night, is_too_often, is_third_party, is_disclosed, is_after_stop``.
    """
    t = contact.filter(contact.month == ibis.literal(as_of.replace(day=1)), contact.is_judged)
    broken = ibis.literal(False)
    for name in BREACHES:
        broken = broken | t[name].fill_null(False)
    columns = (
        "action_id",
        "acted_on",
        "acted_at",
        "staff_id",
        "branch",
        "action_channel",
        "customer_id",
        "loan_id",
        *BREACHES,
    )
    rows = in_scopes(t.filter(broken).select(*columns), scopes)
    return tidy(
        rows.select("scope", *columns),
        ["scope", ("acted_on", "descending"), ("acted_at", "descending"), "action_id"],
    )


def open_promises(promise_state: ibis.Table, as_of: date, scopes: Sequence[str]) -> pd.DataFrame:
    """Return the cash expected of promises that are open, by week of the promised day (F-34).

    Returns:
        ``scope, week`` (its Monday), ``n, amount_minor, paid_minor``.
    """
    t = promise_state.filter(promise_state.promise_state == "pending")
    t = t.select("branch", "amount_minor", "paid_minor", week=t.pay_by_on.truncate("W").cast("date"))
    rows = in_scopes(t, scopes)
    found = rows.group_by(["scope", "week"]).agg(
        n=rows.count(), amount_minor=rows.amount_minor.sum(), paid_minor=rows.paid_minor.sum()
    )
    return tidy(found, ["scope", "week"])


def deferrals_beyond(promise_state: ibis.Table, as_of: date, scopes: Sequence[str]) -> pd.DataFrame:
    """Return the deferrals of the last quarter beyond a collector's authority, newest first (S1-3)."""
    first = as_of.year * 12 + as_of.month - WINDOWS["quarter"]
    begin = date(first // 12, first % 12 + 1, 1)
    t = promise_state.filter(promise_state.is_beyond_authority, promise_state.made_on >= ibis.literal(begin))
    columns = (
        "promise_id",
        "made_on",
        "pay_by_on",
        "staff_id",
        "branch",
        "customer_id",
        "loan_id",
        "amount_minor",
    )
    rows = in_scopes(t.select(*columns), scopes)
    return tidy(rows.select("scope", *columns), ["scope", ("made_on", "descending"), "promise_id"])
