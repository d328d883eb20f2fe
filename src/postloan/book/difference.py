"""What two versions of a book differ in, read from the files that they do not share."""

from __future__ import annotations

from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa

from postloan.book.query import AT_PLACE, Files, places, run
from postloan.book.store import Book
from postloan.model.tables import DELIVERED

_NO_ROWS = np.zeros(0, dtype=np.int64)


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

    A row that merely moved to another file is no difference. Of files that both versions hold, only the rows
    that went are looked up, so that this costs what was written between them. Versions cut to what was known
    (``as_known``) share no files: every row is read.

    Args:
        before, after: Versions of one book, at whatever distance.
        table: Of the contract's delivered tables.

    Raises:
        Fault: 4 for a file that is gone or damaged.
    """
    held, found = before.files(table), after.files(table)
    try:
        lost, fresh = _apart(held, found), _apart(found, held)
        return Difference(_only(fresh, lost, table), _only(lost, fresh, table))
    except duckdb.Error as error:
        raise after.damaged(table, error) from None


def _apart(mine: Files, other: Files) -> pa.Table:
    """Return the rows in files of its own, and those of shared files that the other leaves out."""
    own = [path for path in mine.paths if path not in set(other.paths)]
    left_out = {
        path: np.setdiff1d(other.gone[path], mine.gone.get(path, _NO_ROWS))
        for path in mine.paths
        if path in other.gone
    }
    shared = [path for path, rows in left_out.items() if len(rows)]
    query = f"""
        SELECT * EXCLUDE (file_index, file_row_number) FROM own
        UNION ALL
        SELECT * EXCLUDE (file_index, file_row_number) FROM shared r SEMI JOIN left_out g ON {AT_PLACE}
    """
    tables = {
        "own": Files(own, mine.schema, {path: mine.gone[path] for path in own if path in mine.gone}),
        "shared": Files(shared, mine.schema),
        "left_out": places(shared, left_out),
    }
    return run(query, mine.schema, tables)


def _only(rows: pa.Table, others: pa.Table, table: str) -> pa.Table:
    """Return the rows that ``others`` do not hold with the very same content."""
    order = ", ".join(f'"{name}"' for name in DELIVERED[table].order)
    query = f"SELECT * FROM rows EXCEPT SELECT * FROM others ORDER BY {order}"
    return run(query, rows.schema, {"rows": rows, "others": others})
