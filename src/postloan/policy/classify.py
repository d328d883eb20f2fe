"""The class of each loan month that positions carry, by the rules of its time, and its F-48 percentage."""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis
import pyarrow as pa

from postloan.policy.policy import Policy
from postloan.policy.truth import operands
from postloan.policy.verdict import holds, in_force, verdict

_MILLION = 1_000_000
_DPD = ("dpd", "dpd_low", "dpd_high")
SCHEMA = pa.schema(
    [
        pa.field("loan_id", pa.string(), nullable=False),
        pa.field("month_end", pa.date32(), nullable=False),
        pa.field("risk_class", pa.string()),
        pa.field("provision_ppm", pa.int64()),
    ]
)


def _by_date(t: ibis.Table, policy: Policy, expression: Any) -> Any:
    """Return ``expression`` of the day from which the rules of each row's time count; null before the first."""
    days = sorted({*policy.changes(policy.names_provided()), *policy.provided_for().dates()})
    branches = [(t.month_end >= ibis.literal(day), expression(day)) for day in reversed(days)]
    return ibis.cases(*branches, else_=ibis.null(branches[0][1].type()))


def risk_class(t: ibis.Table, policy: Policy) -> Any:
    """Return the class of each row of ``t`` (``status``, ``dpd``, ``dpd_low``, ``dpd_high``, ``month_end``, ``product``).

    Null where days past due are unknown, where both ends of a range of them don't give the same class, where
    the loan has left, and before any ladder was in force.
    """
    scheme = policy.provided_for()

    def outcome(day: date) -> Any:
        values = policy.values(day)
        names = operands(t, values)
        reasons = in_force(scheme, set(policy.parameters) - set(values), day)
        found = verdict(scheme, reasons, [reason.truth(names) for reason in reasons])
        return ibis.ifelse(
            holds(scheme.who, names) if scheme.who else True, found.outcome, ibis.null("string")
        )

    return _by_date(t, policy, outcome)


def _provision_ppm(t: ibis.Table, policy: Policy) -> Any:
    """Return the standard percentage of the row's class in parts per million, so that money stays integer."""

    def rate(day: date) -> Any:
        values: dict[str, Any] = policy.values(day)
        known = [
            (t.risk_class == category, ibis.literal(round(values[name] * _MILLION), "int64"))
            for category, name in policy.provision_rates().items()
            if values.get(name) is not None
        ]
        return ibis.cases(*known, else_=ibis.null("int64")) if known else ibis.null("int64")

    return _by_date(t, policy, rate)


def classify(loan_month: pa.Table, loan: pa.Table, policy: Policy) -> pa.Table:
    """Return the class of each loan month, sorted by loan and date.

    Args:
        loan_month: Contract table.
        loan: Contract table, for the product.
        policy: Its ``provisions`` name the scheme; a past month keeps the rules of its time.

    Returns:
        ``loan_id``, ``month_end``, ``risk_class`` and ``provision_ppm``, the percentage of the class in
        parts per million; both null where the class cannot be known.

    Raises:
        Fault: 2 for a policy that does not say how loans are provided for.
    """
    connection = ibis.duckdb.connect()
    months = connection.create_table(
        "loan_month", loan_month.select(["loan_id", "month_end", "status", *_DPD])
    )
    products = connection.create_table("loan", loan.select(["loan_id", "product"]))
    rows = months.left_join(products, "loan_id").drop("loan_id_right")
    classed = rows.mutate(risk_class=risk_class(rows, policy))
    found = classed.mutate(provision_ppm=_provision_ppm(classed, policy)).select(SCHEMA.names)
    return found.order_by(["loan_id", "month_end"]).to_pyarrow().cast(SCHEMA)
