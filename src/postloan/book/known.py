"""A table as it was known on a day: of the rows a key ever had, the latest of those known by then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pyarrow as pa

from postloan.book.query import Files, run
from postloan.model.contract import Table

UNTIL = pa.field("until_version", pa.int32(), nullable=False)


def history_schema(table: Table) -> pa.Schema:
    """Return the schema of replaced rows: the contract's and the version that replaced them."""
    return table.schema().append(UNTIL)


def known_rows(
    table: Table,
    current: Files,
    replaced: Files,
    on: date,
    loans: pa.Array | None = None,
) -> pa.Table:
    """Return the rows of a table as known at the end of ``on``, in the order in which the book keeps it.

    A row without ``known_on`` was known from the start. A key of which no row was known is not there.

    Args:
        table: The contract's.
        current: The rows in force.
        replaced: The rows that were replaced, in ``history_schema``.
        on: The last day whose knowledge counts.
        loans: Only rows of these loans; None for all rows.
    """
    schema = table.schema()
    keys, order, names = map(_listed, (table.grain, table.order, schema.names))
    cut = "" if loans is None else "AND loan_id IN (SELECT loan_id FROM loans)"
    query = f"""
        SELECT {names} FROM (
            SELECT {names}, NULL AS until_version FROM current
            UNION ALL SELECT {names}, until_version FROM replaced
        )
        WHERE (known_on IS NULL OR known_on <= DATE '{on}') {cut}
        QUALIFY row_number() OVER (
            PARTITION BY {keys} ORDER BY until_version DESC NULLS FIRST, known_on DESC NULLS LAST
        ) = 1
        ORDER BY {order}
    """
    tables: dict[str, pa.Table | Files] = {"current": current, "replaced": replaced}
    if loans is not None:
        tables["loans"] = pa.table({"loan_id": loans})
    return run(query, schema, tables)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
