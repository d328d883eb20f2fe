"""Static pools: what came back from the loans that entered arrears in one month (F-30 e)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import pandas as pd

from postloan.engine.past_due import is_over
from postloan.metrics.facts import Facts
from postloan.metrics.measure import measure
from postloan.metrics.metric import Basis, Metric, Unit
from postloan.metrics.scope import in_scopes, observation_dates
from postloan.model.label import Label

POOLS = 13  # the latest months of entry

RECOVERY_RATE_STATIC_POOL = Metric(
    "recovery_rate_static_pool", Label("静态池累计回收率", "Recovery rate of a static pool"), "recovery", "position",
    lambda t: ibis.literal(True), lambda t: t["entry_minor"].notnull() & t["cash_minor"].notnull(),
    lambda t: t["cash_minor"], lambda t: t["entry_minor"], Basis.AMOUNT, Unit.FRACTION, False,
    Label(
        "某月新进入逾期的贷款，其后累计收回的逾期款 / 进入时的逾期金额；其后新增的逾期也已收回时可超过100%，不封顶",
        "Cash received since on overdue parts of the loans that entered arrears in a month / their overdue amount at"
        " entry; above 100 % where parts that fell overdue later were paid too, and not capped",
    ),
    "F-30",
)  # fmt: skip


def static_pools(facts: Facts, as_of: date, scopes: Sequence[str]) -> pd.DataFrame:
    """Return the cumulative recovery rate of the last 13 pools, by months since entry.

    A loan is in the pool of an observation date at which it is overdue and at the date before was not,
    or was not there; one that enters twice is in two pools. Loans that leave stay in their pool.

    Args:
        facts: Needs ``position``.
        as_of: Observation date; months after it are not in the result.
        scopes: ``all`` and branches.

    Returns:
        ``scope, pool, k, numerator, denominator, n, unknown, value, low, high``: ``pool`` is the date of
        entry, ``k`` calendar months since, from 1. Minor units; no interval, since it is no proportion.
    """
    position = facts.table("position")
    dates = observation_dates(position, as_of)
    entries = _entries(position, dates[-POOLS - 1 : -1])
    ages = entries.select("pool").distinct().cross_join(_months(position, dates))
    ages = ages.mutate(k=_between(ages["pool"], ages["until"])).filter(lambda t: t["until"] > t["pool"])
    aged = entries.inner_join(ages, "pool")
    cash = position.select("loan_id", paid_in="month_end", received="overdue_collected_minor")
    paid = aged.left_join(
        cash,
        [
            aged["loan_id"] == cash["loan_id"],
            cash["paid_in"] > aged["pool"],
            cash["paid_in"] <= aged["until"],
        ],
    )
    sums = paid.aggregate(
        by=["loan_id", "branch", "pool", "k", "entry_minor"],
        cash_minor=lambda t: ibis.ifelse(
            (t["paid_in"].notnull() & t["received"].isnull()).any(),
            ibis.null("int64"),
            t["received"].sum().fill_null(0),
        ),
    )
    frame = measure(in_scopes(sums, scopes), [RECOVERY_RATE_STATIC_POOL], ["scope", "pool", "k"])
    return frame.drop(columns="metric").assign(pool=pd.to_datetime(frame["pool"]).astype("datetime64[ms]"))


def _months(position: ibis.Table, dates: Sequence[date]) -> ibis.Table:
    chosen = position.filter(position["month_end"].isin(dates[-POOLS:]))
    return chosen.select(until="month_end").distinct()


def _between(start: ibis.Value, end: ibis.Value) -> ibis.Value:
    return (end.year() - start.year()) * 12 + end.month() - start.month()


def _entries(position: ibis.Table, pools: Sequence[date]) -> ibis.Table:
    """Return the loans that entered arrears at one of the dates ``pools`` and their overdue amount."""
    window = ibis.window(group_by="loan_id", order_by="month_end")
    rows = position.mutate(
        is_first=position["month_end"].lag().over(window).isnull(),
        was_overdue=is_over(position, 0).lag().over(window),
    )
    entered = rows.filter(
        rows["month_end"].isin(list(pools)),
        is_over(rows, 0),
        rows["status"] == "active",
        rows["is_first"] | ~rows["was_overdue"],
    )
    return entered.select("loan_id", "branch", pool="month_end", entry_minor="overdue_minor")
