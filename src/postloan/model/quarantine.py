"""The table of rows that were not accepted: kept whole, so that nothing a lender sent is lost.

It holds the rows that are in quarantine now. How many of a load's rows have left it since, and why, is
in the book's ledger.
"""

from __future__ import annotations

import pyarrow as pa

QUARANTINE = "quarantine"
QUARANTINE_GRAIN = ("load", "table", "file", "row")
QUARANTINE_SCHEMA = pa.schema(
    [
        pa.field("load", pa.string(), nullable=False),  # identity of the load that brought the row
        pa.field("table", pa.string(), nullable=False),
        pa.field("file", pa.string(), nullable=False),
        pa.field("sha256", pa.string(), nullable=False),  # of the file's bytes
        pa.field("row", pa.int64(), nullable=False),  # line on which the record starts, 1 is the header's
        pa.field("raw", pa.string(), nullable=False),  # the record as it was read
        # JSON list of [source column, text, contract column or null, Arrow type of the source]; null for
        # a record whose fields can't be told apart.
        pa.field("fields", pa.string()),
        pa.field("reasons", pa.list_(pa.string()), nullable=False),  # all of them
        pa.field("reasons_zh", pa.list_(pa.string()), nullable=False),
    ]
)
