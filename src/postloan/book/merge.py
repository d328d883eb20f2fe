"""How delivered rows meet those the book has: replace by key, or add."""

from __future__ import annotations

import pyarrow as pa

from postloan.book.query import run
from postloan.model.contract import Delivery
from postloan.model.tables import DELIVERED


def merged(name: str, before: pa.Table, incoming: pa.Table) -> pa.Table:
    """Return the table after a delivery; rows in no particular order.

    An upsert's rows replace those with the same key, and rows it does
    not mention stay. Appended rows are new facts: keys the book has must have been left out before.
    """
    if DELIVERED[name].delivery is Delivery.UPSERT and before.num_rows:
        keys = ", ".join(f'"{key}"' for key in DELIVERED[name].grain)
        query = f"SELECT a.* FROM before a ANTI JOIN incoming b USING ({keys})"
        before = run(query, before.schema, {"before": before, "incoming": incoming})
    return pa.concat_tables([before, incoming])
