"""One query over Arrow tables, in memory, on DuckDB."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pyarrow as pa


def run(query: str, schema: pa.Schema, tables: Mapping[str, pa.Table], threads: int = 2) -> pa.Table:
    """Run ``query`` over Arrow ``tables`` by name and return its columns in the order and types of ``schema``."""
    with duckdb.connect(config={"threads": threads, "python_enable_replacements": False}) as connection:
        connection.execute("SET enable_progress_bar = false")  # it would draw into notebooks
        for name, table in tables.items():
            connection.register(name, table)
        found = connection.sql(query).to_arrow_table()
    return found.select(schema.names).cast(schema)
