"""Arrow columns as integers."""

from __future__ import annotations

from typing import Any

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


def owned(table: pa.Table, ids: pa.Array) -> tuple[pa.Table, Ints]:
    """Return the rows of the loans in ``ids``, and the position of each row's loan."""
    positions = pc.index_in(table["loan_id"], value_set=ids)
    if positions.null_count == 0:
        return table, ints(positions)
    is_owned = pc.is_valid(positions)
    return table.filter(is_owned), ints(positions.filter(is_owned))


def order_of(*keys: npt.NDArray[Any]) -> Ints:
    """Return the stable order by ``keys``, most significant first; quick where rows are in order already."""
    is_in_order = np.ones(max(len(keys[0]) - 1, 0), dtype=bool)
    for key in reversed(keys):
        is_in_order = (key[1:] > key[:-1]) | ((key[1:] == key[:-1]) & is_in_order)
    if is_in_order.all():
        return np.arange(len(keys[0]))
    return np.lexsort(keys[::-1])


def ranks_of(column: pa.ChunkedArray) -> Ints:
    """Return the position of each value in the sorted column, to break ties without strings."""
    n = len(column)
    if n < 2 or pc.all(pc.less_equal(column.slice(0, n - 1), column.slice(1))).as_py():
        return np.arange(n)
    ranks = np.empty(n, dtype=np.int64)
    ranks[np.asarray(pc.sort_indices(column))] = np.arange(n)
    return ranks
