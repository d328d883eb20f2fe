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
    delivery = DELIVERED[name].delivery
    if before.num_rows == 0:
        return incoming
    if delivery is Delivery.UPSERT:
        before = _by_key(name, before, incoming, "ANTI")
    return pa.concat_tables([before, incoming])


def changes(before: pa.Table, incoming: pa.Table) -> pa.Table:
    """Return the rows of ``incoming`` that ``before`` does not hold with the very same content."""
    if before.num_rows == 0:
        return incoming
    tables = {"before": before, "incoming": incoming}
    return run("SELECT * FROM incoming EXCEPT SELECT * FROM before", incoming.schema, tables)


def replaced(name: str, before: pa.Table, changed: pa.Table) -> pa.Table:
    """Return the rows of ``before`` whose key is in ``changed``."""
    return _by_key(name, before, changed, "SEMI")


def _by_key(name: str, before: pa.Table, other: pa.Table, kind: str) -> pa.Table:
    keys = ", ".join(f'"{key}"' for key in DELIVERED[name].grain)
    query = f"SELECT a.* FROM before a {kind} JOIN other b USING ({keys})"
    return run(query, before.schema, {"before": before, "other": other})
