"""One query over Arrow tables and Parquet files, on DuckDB."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

_INDEX, _NUMBER = pa.field("file_index", pa.int64()), pa.field("file_row_number", pa.int64())
# Characters by which DuckDB finds files by pattern, each as a pattern of itself.
_LITERAL = str.maketrans({"[": "[[]", "*": "[*]", "?": "[?]", "'": "''"})


@dataclass(frozen=True, slots=True)
class Files:
    """Rows of Parquet files, and where each is: ``file_index`` among the paths and ``file_row_number``.

    Args:
        paths: None for no rows.
        schema: Of the rows. A column that the files of an older contract do not have is blank.
    """

    paths: Sequence[Path]
    schema: pa.Schema


def run(query: str, schema: pa.Schema, tables: Mapping[str, pa.Table | Files]) -> pa.Table:
    """Run ``query`` over ``tables`` by name and return its columns in the order and types of ``schema``.

    Raises:
        duckdb.Error: For a file that is gone or damaged.
    """
    with duckdb.connect(config={"threads": 2, "python_enable_replacements": False}) as connection:
        connection.execute("SET enable_progress_bar = false")  # it would draw into notebooks
        for name, table in tables.items():
            if isinstance(table, Files):
                _view(connection, name, table)
            else:
                connection.register(name, table)
        found = connection.sql(query).to_arrow_table()
    return found.select(schema.names).cast(schema)


def _view(connection: duckdb.DuckDBPyConnection, name: str, files: Files) -> None:
    connection.register(f"no {name}", files.schema.append(_INDEX).append(_NUMBER).empty_table())
    paths = ", ".join(f"'{str(path).translate(_LITERAL)}'" for path in files.paths)
    query = f'SELECT * FROM "no {name}"'
    if paths:
        found = f"read_parquet([{paths}], union_by_name = true, hive_partitioning = false)"
        have = {column[0] for column in connection.sql(f"DESCRIBE FROM {found}").fetchall()}
        names = ", ".join(f'"{n}"' for n in files.schema.names if n in have)
        rows = f"SELECT {names}, file_index, file_row_number FROM {found}"
        # A union is no obstacle to a scan, but filters of joins do not reach through it.
        query = rows if have >= set(files.schema.names) else f"{query} UNION ALL BY NAME {rows}"
    connection.execute(f'CREATE VIEW "{name}" AS {query}')
