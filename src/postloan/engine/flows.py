"""Flow: where each loan stood at the start and at the end of a period, and what happened in between (F-15).

A period starts at the observation date before (base ``month``) or at the year's opening (base ``year``).
Nothing is lost: loans that left stay with the way they left, new loans come from ``new``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import pyarrow as pa

from postloan.engine.query import run
from postloan.model.codes import NPL_CLASSES
from postloan.model.derived import FLOW

_NPL = ", ".join(f"'{name}'" for name in NPL_CLASSES)
_SUMMED = (
    "fell_overdue_minor",
    "overdue_collected_minor",
    "received_minor",
    "repaid_minor",
    "principal_written_off_minor",
    "principal_sold_minor",
    "principal_repossessed_minor",
    "principal_waived_minor",
    "lent_minor",
    "npl_received_minor",
    "new_npl_minor",
    "npl_disposed_minor",
)
_ATTRIBUTES = (
    "customer_id",
    "branch",
    "product",
    "industry",
    "region",
    "officer_id",
    "customer_kind",
    "cohort",
    "principal_minor",
    "matures_on",
)

# Each row of position with the class at the loan's date before and what that makes of its cash and disposals.
_MONTHS = f"""
SELECT *,
    lag(risk_class) OVER loan AS class_before,
    lag(status) OVER loan AS status_before,
    class_before IN ({_NPL}) AS was_npl,
    CASE WHEN was_npl THEN received_minor
        WHEN was_npl IS NULL AND status_before = 'active' AND received_minor IS NULL THEN NULL
        ELSE 0 END AS npl_received_minor,
    CASE WHEN risk_class IN ({_NPL}) AND (NOT was_npl OR status_before IS DISTINCT FROM 'active')
        THEN balance_minor ELSE 0 END AS new_npl_minor,
    principal_written_off_minor
        + CASE WHEN was_npl THEN principal_sold_minor + principal_repossessed_minor ELSE 0 END
        AS npl_disposed_minor,
    last_value(CASE WHEN status <> 'active' THEN status END IGNORE NULLS)
        OVER (PARTITION BY loan_id ORDER BY month_end ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
        AS left_before,
    lead(month_end, 1, DATE '9999-12-31') OVER loan AS next_month_end
FROM position
WINDOW loan AS (PARTITION BY loan_id ORDER BY month_end)
"""

# The same with every summed column as it stands since the year's opening: unknown once a part of it is.
_YEARS = """
SELECT *, {sums},
    bool_or(is_cured) OVER year AS is_cured_year
FROM months
WINDOW year AS (PARTITION BY loan_id, year(month_end) ORDER BY month_end)
""".format(
    sums=", ".join(
        f"CASE WHEN bool_and({name} IS NOT NULL) OVER year THEN (sum({name}) OVER year)::BIGINT END AS year_{name}"
        for name in _SUMMED
    )
)

_STATE = "CASE WHEN {row}.bucket IS NULL THEN 'unknown' ELSE 'M' || {row}.bucket END"

_FLOW = f"""
WITH months AS ({_MONTHS}),
years AS ({_YEARS}),
opened AS (
    SELECT base, from_month_end, period.month_end AS to_month_end, position.*
    FROM period JOIN position ON position.month_end = from_month_end
    WHERE status = 'active'
),
closed AS (
    SELECT base, from_month_end, period.month_end AS to_month_end, years.*
    FROM period JOIN years ON years.month_end > from_month_end AND years.month_end <= period.month_end
        AND next_month_end > period.month_end
)
SELECT
    coalesce(b.base, a.base) AS base,
    coalesce(b.from_month_end, a.from_month_end) AS from_month_end,
    coalesce(b.to_month_end, a.to_month_end) AS month_end,
    coalesce(b.loan_id, a.loan_id) AS loan_id,
    {", ".join(f"coalesce(b.{name}, a.{name}) AS {name}" for name in _ATTRIBUTES)},
    CASE WHEN a.loan_id IS NOT NULL THEN {_STATE.format(row="a")}
        WHEN b.cohort > b.from_month_end THEN 'new' ELSE coalesce(b.left_before, 'new') END AS from_state,
    CASE WHEN b.status = 'active' THEN {_STATE.format(row="b")} ELSE coalesce(b.status, 'unknown') END AS to_state,
    a.risk_class AS from_risk_class,
    b.risk_class AS to_risk_class,
    CASE WHEN a.loan_id IS NULL THEN 0 ELSE a.balance_minor END AS from_balance_minor,
    CASE WHEN b.status <> 'active' THEN 0 ELSE b.balance_minor END AS to_balance_minor,
    CASE WHEN a.loan_id IS NULL THEN 0 ELSE a.overdue_minor END AS from_overdue_minor,
    a.dpd AS from_dpd,
    a.dpd_low AS from_dpd_low,
    a.dpd_high AS from_dpd_high,
    CASE WHEN b.status = 'active' THEN b.dpd END AS to_dpd,
    CASE WHEN b.status = 'active' AND b.dpd = 0
        THEN CASE coalesce(b.base, a.base) WHEN 'year' THEN b.is_cured_year ELSE b.is_cured END
        ELSE FALSE END AS is_cured,
    coalesce(a.is_cured, FALSE) AS from_is_cured,
    {", ".join(f"CASE coalesce(b.base, a.base) WHEN 'year' THEN b.year_{name} ELSE b.{name} END AS {name}" for name in _SUMMED)}
FROM opened AS a FULL JOIN closed AS b
    ON a.loan_id = b.loan_id AND a.base = b.base AND a.to_month_end = b.to_month_end
WHERE a.loan_id IS NOT NULL OR b.status = 'active' OR b.cohort > b.from_month_end OR b.left_before IS NULL
ORDER BY loan_id, base, month_end
"""


@dataclass(frozen=True, slots=True)
class Period:
    """A span between two observation dates and its base, ``month`` or ``year``."""

    base: str
    from_month_end: date
    month_end: date


def periods(grid: Sequence[date], count: int = 26) -> tuple[Period, ...]:
    """Return the periods that end at the last ``count`` dates of ``grid`` (rising), on both bases.

    The first date of the grid starts at the month-end before it; a year starts on 31 December.
    """
    first = grid[0].replace(day=1) - timedelta(days=1)
    steps = list(pairwise((first, *grid)))[-count:]
    months = [Period("month", before, on) for before, on in steps]
    years = [Period("year", date(on.year - 1, 12, 31), on) for _, on in steps]
    return (*months, *years)


def flow(position: pa.Table, spans: Sequence[Period]) -> pa.Table:
    """Return table ``flow`` for the periods ``spans``, sorted by loan, base and date.

    Args:
        position: All rows of the loans in question; exit rows have the balance 0 and no class.
        spans: Periods that end at dates of the position's grid.

    Returns:
        One row per period and loan that was active at its opening or had a row in it; a loan that was gone
        all along is left out, though cash may still come from it. A loan that was active and has no later
        row ends as ``unknown``. What cannot be known is blank.
    """
    period = pa.table(
        {
            "base": [span.base for span in spans],
            "from_month_end": pa.array([span.from_month_end for span in spans], pa.date32()),
            "month_end": pa.array([span.month_end for span in spans], pa.date32()),
        }
    )
    return run(_FLOW, FLOW.schema(), {"position": position, "period": period})
