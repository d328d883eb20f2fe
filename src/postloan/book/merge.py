"""How delivered rows meet those the book has: replace all, replace by key, or add."""

from __future__ import annotations

import pyarrow as pa

from postloan.model.contract import Delivery
from postloan.model.tables import DELIVERED


def merged(name: str, before: pa.Table, incoming: pa.Table) -> pa.Table:
    """Return the table after a delivery; rows in no particular order.

    A snapshot is the whole table. An upsert's rows replace those with the same key, and rows it does
    not mention stay. Appended rows are new facts: keys the book has must have been left out before.
    """
    delivery = DELIVERED[name].delivery
    if delivery is Delivery.SNAPSHOT or before.num_rows == 0:
        return incoming
    if delivery is Delivery.UPSERT:
        before = without_keys(before, incoming, DELIVERED[name].grain)
    return pa.concat_tables([before, incoming])


def without_keys(table: pa.Table, other: pa.Table, keys: tuple[str, ...]) -> pa.Table:
    """Return the rows of ``table`` whose key is not in ``other``."""
    names = list(keys)
    kept = table.join(other.select(names), keys=names, join_type="left anti")
    return kept.select(table.column_names).cast(table.schema)
