"""Cures and whether they held (F-18), and cash after write-off (F-30)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pyarrow as pa

from postloan.engine.query import run
from postloan.model.derived import CURE, RECOVERY

REDEFAULT_MONTHS = 6

_CURE = f"""
WITH months AS (
    SELECT * EXCLUDE (cured_on), month_end AS cured_on,
        bool_or(dpd > 0) OVER (
            PARTITION BY loan_id ORDER BY year(month_end) * 12 + month(month_end)
            RANGE BETWEEN 1 FOLLOWING AND {REDEFAULT_MONTHS} FOLLOWING
        ) AS is_overdue_again
    FROM position
)
SELECT * EXCLUDE (month_end, is_redefault),
    last_day(month_end + INTERVAL {REDEFAULT_MONTHS} MONTH) AS month_end,
    CASE WHEN last_day(month_end + INTERVAL {REDEFAULT_MONTHS} MONTH) <= (SELECT max(month_end) FROM grid)
        THEN coalesce(is_overdue_again, FALSE) END AS is_redefault
FROM months
WHERE is_cured
ORDER BY loan_id, cured_on
"""


def cures(position: pa.Table, grid: Sequence[date]) -> pa.Table:
    """Return table ``cure``: each cure of ``position`` and whether the loan was overdue again in six months.

    A loan that left meanwhile was not; until the six months have passed it is blank.
    """
    dates = pa.table({"month_end": pa.array(grid, pa.date32())})
    return run(_CURE, CURE.schema(), {"position": position, "grid": dates})


_RECOVERY = """
WITH dated AS (
    SELECT loan_id, amount_minor, (SELECT min(month_end) FROM grid WHERE month_end >= paid_on) AS received_on
    FROM cash
),
summed AS (
    SELECT loan_id, month_end,
        sum(CASE WHEN received_on = month_end THEN amount_minor ELSE 0 END)::BIGINT AS recovered_minor,
        sum(amount_minor)::BIGINT AS recovered_year_minor
    FROM dated JOIN grid ON month_end >= received_on AND year(month_end) = year(received_on)
    GROUP BY ALL
),
last AS (SELECT DISTINCT ON (loan_id) * FROM position ORDER BY loan_id, month_end DESC)
SELECT last.* EXCLUDE (loan_id, month_end, recovered_minor), summed.*
FROM summed JOIN last USING (loan_id)
ORDER BY loan_id, month_end
"""


def recoveries(cash: pa.Table, position: pa.Table, grid: Sequence[date]) -> pa.Table:
    """Return table ``recovery``: cash on loans that had been written off, by month and year to date.

    Args:
        cash: ``loan_id``, ``paid_on``, ``amount_minor`` of each receipt after write-off; what lies after the
            last date of ``grid`` does not exist yet.
        position: Loans' attributes, taken from their last row; a loan without a row is left out.
        grid: Observation dates.
    """
    dates = pa.table({"month_end": pa.array(grid, pa.date32())})
    return run(_RECOVERY, RECOVERY.schema(), {"cash": cash, "position": position, "grid": dates})
