"""One query over Arrow tables and stored files, on DuckDB."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

HELD = "held"  # schema of a book's own tables, beside tables that are given
Positions = NDArray[np.int64]  # of rows in a file, from 0, rising
_PLACE = pa.schema([pa.field("file_index", pa.uint64()), pa.field("file_row_number", pa.int64())])
# Characters by which DuckDB finds files by pattern, each as a pattern of itself.
_LITERAL = str.maketrans({"[": "[[]", "*": "[*]", "?": "[?]", "'": "''"})


@dataclass(frozen=True, slots=True)
class Files:
    """Rows of Parquet files, and where each is: ``file_index`` among the paths and ``file_row_number``.

    Args:
        paths: None for no rows.
        schema: Of the rows. A column that the files of an older contract do not have is blank.
        gone: Which rows of a file do not count any more; a file without such rows is not named.
    """

    paths: Sequence[Path]
    schema: pa.Schema
    gone: Mapping[Path, Positions] = field(default_factory=dict)


def run(query: str, schema: pa.Schema, tables: Mapping[str, pa.Table | Files]) -> pa.Table:
    """Run ``query`` over ``tables`` by name and return its columns in the order and types of ``schema``.

    Args:
        query: SQL.
        schema: Of the answer.
        tables: By name, or by ``held.name`` for stored ones.

    Raises:
        duckdb.Error: For a file that is gone or damaged.
    """
    with duckdb.connect(config={"threads": 2, "python_enable_replacements": False}) as connection:
        connection.execute("SET enable_progress_bar = false")  # it would draw into notebooks
        connection.execute(f"CREATE SCHEMA {HELD}")
        for name, table in tables.items():
            if isinstance(table, Files):
                view(connection, name, table)
            else:
                connection.register(name, table)
        found = connection.sql(query).to_arrow_table()
    return found.select(schema.names).cast(schema)


def view(connection: duckdb.DuckDBPyConnection, name: str, files: Files) -> None:
    """Create a view of the rows that count, without reading them; of ``schema.name`` the schema must be there."""
    none, gone = f"no {name}", f"gone of {name}"
    connection.register(none, pa.schema([*files.schema, *_PLACE]).empty_table())
    query = f'SELECT * FROM "{none}"'
    if files.paths:
        paths = ", ".join(f"'{str(path).translate(_LITERAL)}'" for path in files.paths)
        found = f"read_parquet([{paths}], union_by_name = true, hive_partitioning = false) r"
        have = {column[0] for column in connection.sql(f"DESCRIBE FROM {found}").fetchall()}
        names = ", ".join(f'r."{n}"' for n in files.schema.names if n in have)
        rows = f"SELECT {names}, r.file_index, r.file_row_number FROM {found}"
        if files.gone:
            connection.register(gone, places(files.paths, files.gone))
            rows += f' ANTI JOIN "{gone}" g ON {AT_PLACE}'
        # A union is no obstacle to a scan, but filters of joins do not reach through it.
        query = rows if have >= set(files.schema.names) else f"{query} UNION ALL BY NAME {rows}"
    connection.execute(f"CREATE VIEW {name} AS {query}")


AT_PLACE = "r.file_index = g.file_index AND r.file_row_number = g.file_row_number"


def places(paths: Sequence[Path], rows: Mapping[Path, Positions]) -> pa.Table:
    """Return where rows are: ``file_index`` among ``paths`` and ``file_row_number``."""
    parts = [(n, rows[path]) for n, path in enumerate(paths) if path in rows]
    index = np.repeat([n for n, _ in parts], [len(at) for _, at in parts]).astype(np.uint64)
    numbers = np.concatenate([np.zeros(0, dtype=np.int64), *(at for _, at in parts)])
    return pa.table([index, numbers], schema=_PLACE)
