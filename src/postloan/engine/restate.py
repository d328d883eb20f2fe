"""Restatements: what two replays of the same loans say differently of the same month-ends."""

from __future__ import annotations

import pyarrow as pa

from postloan.engine.query import run
from postloan.model.restatement import FIGURES, RESTATED_SCHEMA


def restated(before: pa.Table, after: pa.Table) -> pa.Table:
    """Return the loan-months of which a figure moved, as ``RESTATED_SCHEMA``, sorted by loan and date.

    A loan that only one of the two has at a date, and as active there, appeared or disappeared. After its
    exit a loan has rows only where money moved: such a row without a counterpart says nothing of a stock.

    Args:
        before: ``loan_month`` columns, one row per loan and date.
        after: The same.
    """
    sides = ", ".join(f"b.{name} AS {name}_before, a.{name} AS {name}_after" for name in FIGURES)
    moved = " OR ".join(f"b.{name} IS DISTINCT FROM a.{name}" for name in FIGURES)
    query = f"""
        SELECT coalesce(b.loan_id, a.loan_id) AS loan_id, coalesce(b.month_end, a.month_end) AS month_end,
               {sides}
        FROM before b FULL JOIN after a ON b.loan_id = a.loan_id AND b.month_end = a.month_end
        WHERE ({moved}) AND ((b.status IS NOT NULL AND a.status IS NOT NULL)
                             OR coalesce(b.status, a.status) = 'active')
        ORDER BY loan_id, month_end
    """
    return run(query, RESTATED_SCHEMA, {"before": before, "after": after})
