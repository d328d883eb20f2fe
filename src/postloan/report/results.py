"""The results folder: one Parquet file per frame, the only thing a report kernel computes from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from postloan.model.fault import CRASHED, Fault

_DTYPES = {pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}


def write_results(frames: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write every frame to ``folder``/<name>.parquet; the same frames give the same bytes.

    Rows keep their order, dates keep their type, and a column without any value stays a column. Nothing
    of pandas (its version, an index) goes into the file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
        pq.write_table(table, folder / f"{name}.parquet", compression="zstd")


def open_results(folder: Path) -> dict[str, pd.DataFrame]:
    """Read what ``write_results`` wrote: frames by name, integers nullable, dates as datetime64.

    Raises Fault where the folder holds no results.
    """
    paths = sorted(folder.glob("*.parquet"))
    if not paths:
        raise Fault(f"no results in {folder}", "build the pack again", CRASHED)
    return {path.stem: _frame(pq.read_table(path)) for path in paths}


def _frame(table: pa.Table) -> pd.DataFrame:
    return pd.DataFrame(table.to_pandas(types_mapper=_DTYPES.get, date_as_object=False))
