"""Small hand-made tables: name only the columns that matter, the rest is blank."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import pyarrow as pa

from postloan.model.tables import TABLES

ZERO = {
    "lent_minor", "repaid_minor", "principal_waived_minor", "principal_written_off_minor", "principal_sold_minor",
    "principal_repossessed_minor", "reclassified_minor", "fell_overdue_minor", "overdue_collected_minor",
    "overdue_waived_minor", "overdue_rescheduled_minor", "overdue_written_off_minor", "overdue_sold_minor",
    "received_minor", "recovered_minor",
}  # fmt: skip


def rows(table: str, given: Iterable[Mapping[str, object]]) -> pa.Table:
    """Return contract table ``table``; walk columns are 0, flags false and the rest null unless given."""
    schema = TABLES[table].schema()
    flags = {field.name for field in schema if pa.types.is_boolean(field.type)}
    blanks = {
        name: False if name in flags else 0 if name in ZERO and table in ("loan_month", "position") else None
        for name in schema.names
    }
    return pa.Table.from_pylist([{**blanks, **row} for row in given], schema=schema)


def month(
    loan_id: str, on: date, dpd: int | None = 0, balance: int | None = 0, **more: object
) -> dict[str, object]:
    """Return one active row of ``loan_month`` or ``position``; bucket follows from ``dpd``."""
    bucket = None if dpd is None else min((dpd + 29) // 30, 7)
    row: dict[str, object] = {
        "loan_id": loan_id, "month_end": on, "status": "active", "dpd": dpd, "bucket": bucket,
        "balance_minor": balance, "overdue_minor": None if dpd is None else 0,
    }  # fmt: skip
    return {**row, **more}
