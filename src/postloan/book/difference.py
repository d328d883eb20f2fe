"""What two versions of a book differ in, read from the files that they do not share."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa

from postloan.book.query import Files, run
from postloan.book.store import Book
from postloan.model.tables import DELIVERED


class Difference(NamedTuple):
    """Rows that only one of two versions has; of a row that changed, each has one, with the same key.

    Args:
        added: Whole rows of the later version, in the contract's schema, in the order of storage.
        removed: Whole rows of the earlier one.
    """

    added: pa.Table
    removed: pa.Table


def changed_rows(before: Book, after: Book, table: str) -> Difference:
    """Return the rows of ``table`` that only ``after`` has, and those that only ``before`` has.

    A row that merely moved to another file is no difference. Files that both versions hold are not opened,
    so that this costs what was written between them. Versions cut to what was known (``as_known``) share
    no files: every row is read.

    Args:
        before, after: Versions of one book, at whatever distance.
        table: Of the contract's delivered tables.

    Raises:
        Fault: 4 for a file that is gone or damaged.
    """
    held, found = before.paths(table), after.paths(table)
    lost = [path for path in held if path not in set(found)]
    fresh = [path for path in found if path not in set(held)]
    try:
        return Difference(_only_in(fresh, lost, table), _only_in(lost, fresh, table))
    except duckdb.Error as error:
        raise after.damaged(table, error) from None


def _only_in(files: list[Path], others: list[Path], table: str) -> pa.Table:
    """Return the rows of ``files`` that ``others`` do not hold with the very same content."""
    contract = DELIVERED[table]
    schema = contract.schema()
    columns = ", ".join(f'"{name}"' for name in schema.names)
    order = ", ".join(f'"{name}"' for name in contract.order)
    query = f"SELECT {columns} FROM files EXCEPT SELECT {columns} FROM others ORDER BY {order}"
    return run(query, schema, {"files": Files(files, schema), "others": Files(others, schema)})
