"""Read a Parquet file: typed columns stay typed, and are checked by the same rules as text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from postloan.model.fault import REFUSED, Fault
from postloan.sources.handover import spooled
from postloan.sources.mapping import FileMapping
from postloan.sources.tape import Tape

_BATCH_ROWS = 1 << 16


def read_parquet(path: Path, name: str, sha256: str, spec: FileMapping) -> Tape:
    """Return the file's rows; row numbers count from 1. The columns are written beside ``path``.

    Args:
        path: The file.
        name: For messages and the ledger.
        sha256: Of the file as delivered.
        spec: Which columns are read, and whether the file may have no rows.

    Raises:
        Fault: 3 for a damaged file, a column named twice, a mapped column that holds lists or records, or a
            file without rows where the mapping doesn't allow it.
    """
    try:
        with pq.ParquetFile(path) as file:
            _refuse_columns(file.schema_arrow, name, spec)
            table = spooled(file.iter_batches(_BATCH_ROWS), file.schema_arrow, path.parent)
    except MemoryError:
        raise
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        raise Fault(f"{name}: not a readable Parquet file: {reason}", "deliver it again", REFUSED) from None
    if table.num_rows == 0 and not spec.allow_empty:
        raise Fault(
            f"{name}: the file holds no records",
            "deliver the file with its records, or set `allow_empty: true` in the mapping",
            REFUSED,
        )
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


def _refuse_columns(schema: pa.Schema, name: str, spec: FileMapping) -> None:
    if twice := sorted({n for n in schema.names if schema.names.count(n) > 1}):
        raise Fault(f"{name}: more than one column is named {twice[0]}", "name every column once", REFUSED)
    for field in schema:
        if pa.types.is_nested(field.type) and field.name in spec.source_columns():
            raise Fault(
                f"{name}: column {field.name} holds {field.type}, not one value per row",
                "deliver it with one column per value",
                REFUSED,
            )
