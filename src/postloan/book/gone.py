"""Which rows of a table's files are not in force any more: one small file per table and version."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from postloan.atomic import write_bytes
from postloan.book.shelf import Gone, parquet_bytes
from postloan.book.version import TableFile

_FILE, _ROW = "file", "row"


def read_gone(folder: Path, name: str) -> Gone:
    """Return the rows that the file ``name`` in ``folder`` says are gone.

    Raises:
        OSError, pa.ArrowException: It is gone itself, or damaged.
    """
    rows = pq.read_table(folder / f"{name}.parquet")
    files = rows[_FILE].to_numpy()
    starts = np.flatnonzero(np.append(True, files[1:] != files[:-1]))
    parts = np.split(rows[_ROW].to_numpy(), starts[1:])
    return dict(zip(files[starts].tolist(), parts, strict=True))


def write_gone(folder: Path, gone: Gone, files: Iterable[TableFile]) -> str:
    """Write which rows of ``files`` are gone; return the file's name, "" if all rows are in force."""
    kept = {file.sha256: gone[file.sha256] for file in files if file.sha256 in gone}
    if not kept:
        return ""
    names = np.repeat(sorted(kept), [len(kept[name]) for name in sorted(kept)])
    rows = np.concatenate([np.sort(kept[name]) for name in sorted(kept)])
    data = parquet_bytes(pa.table({_FILE: pa.array(names, pa.string()), _ROW: rows}))
    name = hashlib.sha256(data).hexdigest()
    if not (folder / f"{name}.parquet").exists():
        write_bytes(folder / f"{name}.parquet", data)
    return name
