"""What data itself calls a warning for: indicators that worsen, collateral that falls, months that stay poor."""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis

from postloan.model.limits import Limits

_RATIOS = ("debt_ratio", "current_ratio", "gross_margin")
_ADVERSE_WHEN_HIGHER = ("debt_ratio",)
_MILLION = 1_000_000
_COLUMNS = ("customer_id", "loan_id", "trigger", "rule", "item", "since_on", "was", "now")


def triggers(
    statement: ibis.Table,
    collateral: ibis.Table,
    valuation: ibis.Table,
    signal: ibis.Table,
    loan: ibis.Table,
    limits: Limits,
    as_of: date,
) -> ibis.Table:
    """Return what calls for a warning at ``as_of``: ``customer_id, loan_id, trigger, rule, item, since_on, was, now``.

    - ``worse_twice`` (P5-3): an indicator worsened by at least the share in each of the last two quarters, each
      against the quarter before it; the debt ratio worsens when it rises.
    - ``worse_over_both`` (P5-3, amber): not that, but over both quarters together.
    - ``collateral_fell`` (P8-3): the latest accepted value is more than the share below the one before it.
    - ``poor_months`` (P1-8): operating indicators were poor at each of the last so many month-ends.

    ``was`` and ``now`` are fractions, or values in minor units for collateral; blank for poor months.
    """
    parts = [
        _ratios(statement, limits, as_of),
        _collateral(collateral, valuation, loan, limits, as_of),
        _poor(signal, limits, as_of),
    ]
    return ibis.union(*(part.select(*_COLUMNS) for part in parts))


def _whole(ratio: Any) -> Any:
    return (ratio * _MILLION).round().cast("int64")


def _ratios(statement: ibis.Table, limits: Limits, as_of: date) -> ibis.Table:
    share = round((limits.on("adverse_change", as_of) or 1) * _MILLION)
    t = statement.filter(
        statement.statement_item.isin(_RATIOS),
        statement.period_on <= ibis.literal(as_of),
        statement.ratio.notnull(),
    )
    by = ibis.window(group_by=["customer_id", "statement_item"], order_by="period_on")
    t = t.mutate(
        value=_whole(t.ratio),
        was=_whole(t.ratio.lag(1).over(by)),
        first=_whole(t.ratio.lag(2).over(by)),
        first_on=t.period_on.lag(2).over(by),
        latest=t.period_on.max().over(ibis.window(group_by=["customer_id", "statement_item"])),
    )
    months = (t.period_on.year() - t.first_on.year()) * 12 + t.period_on.month() - t.first_on.month()
    t = t.filter(t.period_on == t.latest, months == 6, t.first > 0, t.was > 0)  # two quarters, none left out
    rises = t.statement_item.isin(_ADVERSE_WHEN_HIGHER)

    def worsened(before: Any, after: Any) -> Any:
        up = after * _MILLION >= before * (_MILLION + share)
        down = after * _MILLION <= before * (_MILLION - share)
        return ibis.ifelse(rises, up, down)

    t = t.mutate(twice=worsened(t.first, t.was) & worsened(t.was, t.value), both=worsened(t.first, t.value))
    found = t.filter(t.twice | t.both)
    return found.select(
        "customer_id",
        loan_id=ibis.null("string"),
        trigger=ibis.ifelse(found.twice, "worse_twice", "worse_over_both"),
        rule=ibis.literal("P5-3"),
        item=found.statement_item,
        since_on=found.period_on,
        was=found.first.cast("float64") / _MILLION,
        now=found.value.cast("float64") / _MILLION,
    )


def _collateral(
    collateral: ibis.Table, valuation: ibis.Table, loan: ibis.Table, limits: Limits, as_of: date
) -> ibis.Table:
    share = round((limits.on("collateral_fall", as_of) or 1) * _MILLION)
    v = valuation.filter(valuation.valued_on <= ibis.literal(as_of), valuation.is_accepted.fill_null(True))
    v = v.select("collateral_id", "valued_on", "value_minor")
    first = collateral.filter(collateral.value_minor.notnull(), collateral.accepted_on.notnull())
    first = first.select("collateral_id", valued_on=first.accepted_on, value_minor=first.value_minor)
    nullable = {"collateral_id": "string", "valued_on": "date", "value_minor": "int64"}
    values = ibis.union(v.cast(nullable), first.cast(nullable))
    by = ibis.window(group_by="collateral_id", order_by=["valued_on", "value_minor"])
    t = values.mutate(
        before=values.value_minor.lag().over(by),
        latest=values.valued_on.max().over(ibis.window(group_by="collateral_id")),
    )
    fell = t.filter(t.valued_on == t.latest, t.value_minor * _MILLION < t.before * (_MILLION - share))
    held = collateral.filter(collateral.released_on.isnull() | (collateral.released_on > ibis.literal(as_of)))
    owner = loan.select("loan_id", owner=loan.customer_id.coalesce(loan.loan_id))
    t = fell.join(held.select("collateral_id", "loan_id", "collateral_kind"), "collateral_id").join(
        owner, "loan_id"
    )
    return t.select(
        customer_id=t.owner,
        loan_id=t.loan_id,
        trigger=ibis.literal("collateral_fell"),
        rule=ibis.literal("P8-3"),
        item=t.collateral_kind,
        since_on=t.valued_on,
        was=t.before.cast("float64"),
        now=t.value_minor.cast("float64"),
    )


def _poor(signal: ibis.Table, limits: Limits, as_of: date) -> ibis.Table:
    count = int(limits.on("poor_months", as_of) or 0)
    t = signal.filter(signal.signal_kind == "operating_poor", signal.observed_on <= ibis.literal(as_of))
    month = as_of.year * 12 + as_of.month - 1
    marks = [_month_start(month - back) for back in range(count)]
    # Held in each of the months: noticed by the month's end and not over before its first day.
    for number, begin in enumerate(marks):
        end = _month_start(month - number + 1)
        held = (t.observed_on < ibis.literal(end)) & (
            t.ended_on.isnull() | (t.ended_on > ibis.literal(begin))
        )
        t = t.mutate(**{f"held_{number}": held})
    found = t.group_by("customer_id").agg(
        since_on=t.observed_on.min(), **{f"held_{n}": t[f"held_{n}"].any() for n in range(count)}
    )
    for number in range(count):
        found = found.filter(found[f"held_{number}"])
    return found.select(
        "customer_id",
        loan_id=ibis.null("string"),
        trigger=ibis.literal("poor_months"),
        rule=ibis.literal("P1-8"),
        item=ibis.literal("operating_poor"),
        since_on=found.since_on,
        was=ibis.null("float64"),
        now=ibis.null("float64"),
    )


def _month_start(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)
