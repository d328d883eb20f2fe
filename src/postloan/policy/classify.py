"""Five categories from days past due alone, by the ladder in force at each date (F-12), and F-48 percentages."""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis
import pyarrow as pa

from postloan.model.codes import RISK_CLASS
from postloan.policy.policy import Ladder, Policy

_MILLION = 1_000_000
_NO_LIMIT = 2**31 - 1  # days past due of a range without an upper end
SCHEMA = pa.schema(
    [
        pa.field("loan_id", pa.string(), nullable=False),
        pa.field("month_end", pa.date32(), nullable=False),
        pa.field("risk_class", pa.string()),
        pa.field("provision_ppm", pa.int64()),
    ]
)


def _value(policy: Policy, name: str, day: date) -> int | float:
    dated = policy.parameters[name].on(day)
    if dated is None:
        raise ValueError(f"parameter {name!r} has no value on {day}")
    return dated.value


def _by_date(day_column: Any, choices: list[tuple[date, Any]]) -> Any:
    """Return the latest choice whose date is reached; null before the first."""
    branches = [(day_column >= ibis.literal(day), choice) for day, choice in reversed(choices)]
    return ibis.cases(*branches, else_=ibis.null("string"))


def _step(dpd: Any, policy: Policy, ladder: Ladder, day: date) -> Any:
    """Return the class by the thresholds of ``day``: the worst whose days are exceeded."""
    worst_first = list(reversed(ladder.steps().items()))
    return ibis.cases(
        *((dpd > _value(policy, name, day), risk_class) for risk_class, name in worst_first),
        else_=RISK_CLASS.values()[0],
    )


def _ladder(t: ibis.Table, dpd: Any, policy: Policy, ladder: Ladder) -> Any:
    days = policy.changes(ladder.steps().values())
    return _by_date(t.month_end, [(day, _step(dpd, policy, ladder, day)) for day in days])


def _class_at(t: ibis.Table, dpd: Any, policy: Policy) -> Any:
    """Return the class that the days past due ``dpd`` give; a product's own ladder goes first where it counts."""
    general = next(ladder for ladder in policy.ladders if not ladder.products)
    chosen = _ladder(t, dpd, policy, general)
    for ladder in policy.ladders:
        if ladder.products:
            own = ibis.coalesce(_ladder(t, dpd, policy, ladder), chosen)
            chosen = ibis.ifelse(t["product"].isin(ladder.products).fill_null(False), own, chosen)
    return chosen


def risk_class(t: ibis.Table, policy: Policy) -> Any:
    """Return the class of each row of ``t`` (``status``, ``dpd``, ``dpd_low``, ``dpd_high``, ``month_end``, ``product``).

    Null where days past due are unknown, where both ends of a range of them don't give the same class, where
    the loan has left, and before any ladder was in force. A product's own ladder goes before the general
    one, from the day it counts.
    """
    best = _class_at(t, t.dpd_low, policy)
    worst = _class_at(t, t.dpd_high.fill_null(_NO_LIMIT), policy)
    chosen = ibis.cases(
        (t.dpd.notnull(), _class_at(t, t.dpd, policy)),
        (t.dpd_low.notnull() & (best == worst), best),
        else_=ibis.null("string"),
    )
    return ibis.ifelse(t.status == "active", chosen, ibis.null("string"))


def _provision_ppm(t: ibis.Table, policy: Policy) -> Any:
    """Return the standard percentage of the row's class in parts per million, so that money stays integer."""
    names = policy.provision_rates.model_dump()
    days = policy.changes(names.values())
    branches = [
        (
            (t.risk_class == category) & (t.month_end >= ibis.literal(day)),
            round(dated.value * _MILLION),
        )
        for day in reversed(days)
        for category, name in names.items()
        if (dated := policy.parameters[name].on(day)) is not None
    ]
    return ibis.cases(*branches, else_=ibis.null("int64")).cast("int64")


def classify(loan_month: pa.Table, loan: pa.Table, policy: Policy) -> pa.Table:
    """Return the class of each loan month, sorted by loan and date.

    Args:
        loan_month: Contract table.
        loan: Contract table, for the product.
        policy: Ladders and percentages; a past month keeps those of its time.

    Returns:
        ``loan_id``, ``month_end``, ``risk_class`` and ``provision_ppm``, the percentage of the class in
        parts per million; both null where the class cannot be known.
    """
    connection = ibis.duckdb.connect()
    months = connection.create_table(
        "loan_month",
        loan_month.select(["loan_id", "month_end", "status", "dpd", "dpd_low", "dpd_high"]),
    )
    products = connection.create_table("loan", loan.select(["loan_id", "product"]))
    rows = months.left_join(products, "loan_id").drop("loan_id_right")
    classed = rows.mutate(risk_class=risk_class(rows, policy))
    found = classed.mutate(provision_ppm=_provision_ppm(classed, policy)).select(SCHEMA.names)
    return found.order_by(["loan_id", "month_end"]).to_pyarrow().cast(SCHEMA)
