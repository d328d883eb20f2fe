"""Arrow columns as integers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]


def ints(column: pa.ChunkedArray, blank: int = 0) -> Ints:
    """Return a column of numbers, dates (days since 1970-01-01) or flags as int64, ``blank`` for null."""
    if pa.types.is_date32(column.type):
        column = column.cast(pa.int32())
    return np.asarray(column.cast(pa.int64()).fill_null(blank).to_numpy(), dtype=np.int64)


def owners_of(table: pa.Table, ids: pa.Array) -> Ints:
    """Return the position in ``ids`` of each row's loan."""
    return ints(pc.index_in(table["loan_id"], value_set=ids))


def ranks_of(table: pa.Table, names: list[str]) -> Ints:
    """Return each row's position in the table sorted by ``names``, to break ties without strings."""
    order = pc.sort_indices(table, sort_keys=[(name, "ascending") for name in names])
    ranks = np.empty(table.num_rows, dtype=np.int64)
    ranks[np.asarray(order)] = np.arange(table.num_rows)
    return ranks
