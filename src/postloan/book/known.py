"""A table as it was known on a day: of the rows a key ever had, the latest of those known by then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa

from postloan.book.query import Rows, run
from postloan.model.contract import Table

UNTIL = pa.field("until_version", pa.int32(), nullable=False)


def history_schema(table: Table) -> pa.Schema:
    """Return the schema of replaced rows: the contract's and the version that replaced them."""
    return table.schema().append(UNTIL)


def known_rows(
    table: Table,
    current: Sequence[Path],
    replaced: Sequence[Path],
    on: date,
    loans: pa.Array | None = None,
) -> pa.Table:
    """Return the rows of a table as known at the end of ``on``, sorted by its grain.

    A row without ``known_on`` was known from the start. A key of which no row was known is not there.

    Args:
        table: The contract's.
        current: Files of the rows in force.
        replaced: Files of the rows that were replaced, in ``history_schema``.
        on: The last day whose knowledge counts.
        loans: Only rows of these loans; None for all rows.
    """
    schema, keys = table.schema(), ", ".join(f'"{key}"' for key in table.grain)
    names = ", ".join(f'"{name}"' for name in schema.names)
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
        ORDER BY {keys}
    """
    tables = {"current": _rows(current, schema), "replaced": _rows(replaced, history_schema(table))}
    if loans is not None:
        tables["loans"] = pa.table({"loan_id": loans})
    return run(query, schema, tables)


def _rows(paths: Sequence[Path], schema: pa.Schema) -> Rows:
    """Open files as rows of ``schema``: a column that an older contract did not have is blank."""
    from pyarrow import dataset as ds  # it loads pandas, which a mere load does without

    return ds.dataset([str(path) for path in paths], schema=schema) if paths else schema.empty_table()
