"""Read a Parquet file: typed columns stay typed, and are checked by the same rules as text."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from postloan.model.fault import REFUSED, Fault
from postloan.sources.tape import Tape


def read_parquet(data: bytes, name: str, sha256: str) -> Tape:
    """Return the file's rows; row numbers count from 1.

    Raises:
        Fault: 3 for a damaged file, a column named twice, or a file without rows.
    """
    try:
        table = pq.read_table(io.BytesIO(data))
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        raise Fault(f"{name}: not a readable Parquet file: {reason}", "deliver it again", REFUSED) from None
    if twice := sorted({n for n in table.column_names if table.column_names.count(n) > 1}):
        raise Fault(f"{name}: more than one column is named {twice[0]}", "name every column once", REFUSED)
    if table.num_rows == 0:
        raise Fault(f"{name}: the file holds no records", "deliver the file with its records", REFUSED)

    return Tape(
        name=name,
        sha256=sha256,
        encoding="",
        columns=table,
        rows=np.arange(1, table.num_rows + 1, dtype=np.int64),
        broken=(),
        n_blank=0,
        unclean=np.zeros(table.num_rows, dtype=np.bool_),
    )
