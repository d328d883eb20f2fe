"""The table of restatements: what a load changed of month-ends that the book had covered before."""

from __future__ import annotations

import pyarrow as pa

from postloan.model.derived import LOAN_MONTH

RESTATEMENT = "restatement"
RESTATEMENT_GRAIN = ("load", "loan_id", "month_end")

# The figures of a loan at a month-end whose change is a restatement.
FIGURES = ("status", "dpd", "bucket", "balance_minor", "overdue_minor")


def _both(name: str) -> list[pa.Field]:
    kind = LOAN_MONTH.schema().field(name).type
    return [pa.field(f"{name}_before", kind), pa.field(f"{name}_after", kind)]


# One row per loan and month-end of which some figure moved. Every figure stands before and after; both
# statuses are blank where the loan had no row before (it appeared) or has none now (it disappeared).
RESTATED_SCHEMA = pa.schema(
    [
        pa.field("loan_id", pa.string(), nullable=False),
        pa.field("month_end", pa.date32(), nullable=False),
        *(field for name in FIGURES for field in _both(name)),
    ]
)
RESTATEMENT_SCHEMA = RESTATED_SCHEMA.insert(0, pa.field("load", pa.string(), nullable=False))
