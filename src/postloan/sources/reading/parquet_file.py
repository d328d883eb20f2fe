"""Read a Parquet file: typed columns stay typed, and are checked by the same rules as text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from postloan.model.label import Label
from postloan.sources.mapping import FileMapping
from postloan.sources.reading.handover import spooled
from postloan.sources.reading.refusal import DELIVER_AGAIN, NAME_ONCE, WITH_RECORDS, refusal
from postloan.sources.reading.tape import Tape

_BATCH_ROWS = 1 << 16
_PLAIN_VALUES = Label(
    "请每个值单列一列，以文本、数字或日期报送",
    "deliver it with one column per value, as text, number or date",
)
_PLAIN = (
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_decimal,
    pa.types.is_boolean,
    pa.types.is_date,
    pa.types.is_timestamp,
    pa.types.is_null,
)


def read_parquet(path: Path, name: str, sha256: str, spec: FileMapping) -> Tape:
    """Return the file's rows; row numbers count from 1. The columns are written beside ``path``.

    Args:
        path: The file.
        name: For messages and the ledger.
        sha256: Of the file as delivered.
        spec: Which columns are read, and whether the file may have no rows.

    Raises:
        Fault: 3 for a damaged file, a column named twice, a mapped column that holds lists, records or raw
            bytes, or a file without rows where the mapping doesn't allow it.
    """
    try:
        with pq.ParquetFile(path) as file:
            unread = _unread(file.schema_arrow, name, spec)
            schema = pa.schema([field for field in file.schema_arrow if field.name not in unread])
            table = spooled(file.iter_batches(_BATCH_ROWS, columns=schema.names), schema, path.parent)
    except MemoryError:
        raise
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        en = f"not a readable Parquet file: {reason}"
        raise refusal(name, "无法作为Parquet文件读取", en, DELIVER_AGAIN) from None
    if table.num_rows == 0 and not spec.allow_empty:
        raise refusal(name, "文件没有记录", "the file holds no records", WITH_RECORDS)
    return Tape(
        name=name,
        sha256=sha256,
        encoding="",
        columns=table,
        rows=np.arange(1, table.num_rows + 1, dtype=np.int64),
        broken=(),
        n_blank=0,
        unclean=np.zeros(table.num_rows, dtype=np.bool_),
        notes=tuple(
            Label(f"{n}列不是普通值，未读取", f"column {n} holds no plain values: not read") for n in unread
        ),
    )


def _unread(schema: pa.Schema, name: str, spec: FileMapping) -> tuple[str, ...]:
    """Return the columns that hold no plain values; raises Fault 3 where the mapping reads one of them."""
    if twice := sorted({n for n in schema.names if schema.names.count(n) > 1}):
        en = f"more than one column is named {twice[0]}"
        raise refusal(name, f"有多列同名：{twice[0]}", en, NAME_ONCE)
    unread = [field for field in schema if not _is_plain(field.type)]
    for field in unread:
        if field.name in spec.source_columns():
            raise refusal(
                name,
                f"“{field.name}”列的类型是{field.type}，不是每行一个普通值",
                f"column {field.name} holds {field.type}, not one plain value per row",
                _PLAIN_VALUES,
            )
    return tuple(field.name for field in unread)


def _is_plain(kind: pa.DataType) -> bool:
    """Say whether a type holds values that can be written as text; lists, records and raw bytes can't."""
    if pa.types.is_dictionary(kind):
        return _is_plain(kind.value_type)
    return any(is_kind(kind) for is_kind in _PLAIN)
