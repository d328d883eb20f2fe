"""One query over Arrow tables and datasets, on DuckDB."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

import duckdb
import pyarrow as pa

if TYPE_CHECKING:
    from pyarrow import dataset as ds

Rows: TypeAlias = "pa.Table | ds.Dataset"


def run(query: str, schema: pa.Schema, tables: Mapping[str, Rows]) -> pa.Table:
    """Run ``query`` over ``tables`` by name and return its columns in the order and types of ``schema``."""
    with duckdb.connect(config={"threads": 2, "python_enable_replacements": False}) as connection:
        connection.execute("SET enable_progress_bar = false")  # it would draw into notebooks
        for name, table in tables.items():
            connection.register(name, table)
        found = connection.sql(query).to_arrow_table()
    return found.select(schema.names).cast(schema)
