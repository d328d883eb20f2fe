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
        bool_or(coalesce(dpd, dpd_low) > 0) OVER meanwhile AS is_overdue_again,
        bool_or(status = 'active' AND dpd IS NULL) OVER meanwhile AS is_unseen
    FROM position
    WINDOW meanwhile AS (
        PARTITION BY loan_id ORDER BY year(month_end) * 12 + month(month_end)
        RANGE BETWEEN 1 FOLLOWING AND {REDEFAULT_MONTHS} FOLLOWING
    )
)
SELECT * EXCLUDE (month_end, is_redefault),
    last_day(month_end + INTERVAL {REDEFAULT_MONTHS} MONTH) AS month_end,
    CASE WHEN last_day(month_end + INTERVAL {REDEFAULT_MONTHS} MONTH) <= (SELECT max(month_end) FROM grid)
            AND (is_overdue_again OR NOT coalesce(is_unseen, FALSE))
        THEN coalesce(is_overdue_again, FALSE) END AS is_redefault
FROM months
WHERE is_cured
ORDER BY loan_id, cured_on
"""


def cures(position: pa.Table, grid: Sequence[date]) -> pa.Table:
    """Return table ``cure``: each cure of ``position`` and whether the loan was overdue again in six months.

    A loan that left meanwhile was not; until the six months have passed, or where its days past due could not
    be known in them, it is blank.
    """
    dates = pa.table({"month_end": pa.array(grid, pa.date32())})
    return run(_CURE, CURE.schema(), {"position": position, "grid": dates})


_RECOVERY = """
SELECT position.* EXCLUDE (month_end, recovered_minor),
    grid.month_end,
    (sum(CASE WHEN position.month_end = grid.month_end THEN recovered_minor ELSE 0 END) OVER cash)::BIGINT
        AS recovered_minor,
    (sum(recovered_minor) OVER cash)::BIGINT AS recovered_year_minor
FROM position JOIN grid
    ON grid.month_end >= position.month_end AND year(grid.month_end) = year(position.month_end)
WHERE recovered_minor <> 0
WINDOW cash AS (PARTITION BY loan_id, grid.month_end)
QUALIFY row_number() OVER (PARTITION BY loan_id, grid.month_end ORDER BY position.month_end DESC) = 1
ORDER BY loan_id, grid.month_end
"""


def recoveries(position: pa.Table, grid: Sequence[date]) -> pa.Table:
    """Return table ``recovery``: cash on loans that had been written off, by month and year to date.

    Args:
        position: All rows of the loans; a loan that has left has rows for the periods in which money came.
        grid: Observation dates.
    """
    dates = pa.table({"month_end": pa.array(grid, pa.date32())})
    return run(_RECOVERY, RECOVERY.schema(), {"position": position, "grid": dates})
