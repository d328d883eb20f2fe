"""A table's files in a book: sorted, cut to size, named by their content, and few.

A file is never changed. Rows that are replaced stay in it and are noted as gone, so that a load writes in
proportion to what it brings; when an eighth of a file is gone, it is written anew without them. Small files
wait until there are ``MANY`` of them and become one, so that a row is rewritten seldom, however often a
lender delivers.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from postloan.atomic import write_bytes
from postloan.book.query import Positions
from postloan.book.version import TableFile
from postloan.model.fault import USAGE, Fault
from postloan.model.quarantine import QUARANTINE, QUARANTINE_GRAIN, QUARANTINE_SCHEMA
from postloan.model.restatement import RESTATEMENT, RESTATEMENT_GRAIN, RESTATEMENT_SCHEMA
from postloan.model.tables import DELIVERED

ROW_GROUP = 122_880  # DuckDB's own; a scan by row group then runs on all threads
LARGE, SMALL, MANY = 4 * ROW_GROUP, ROW_GROUP, 16  # rows of a file, rows of a file, files
WORN = 8  # one row in so many

Gone = Mapping[str, Positions]  # rows not in force, by the SHA-256 of their file


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where the files of one table lie.

    Args:
        folder: Made if missing.
        schema: Of the files.
        order: Columns by which the rows of a file are sorted.
    """

    folder: Path
    schema: pa.Schema
    order: Sequence[str]

    def path(self, file: TableFile) -> Path:
        """Return where a file lies."""
        return self.folder / f"{file.sha256}.parquet"

    def put(self, rows: pa.Table) -> tuple[TableFile, ...]:
        """Store rows in one file, or in several next to each other where they are many; none for no rows."""
        ordered = rows.sort_by([(name, "ascending") for name in self.order]).cast(self.schema)
        n = -(-len(ordered) // LARGE)
        cuts = [len(ordered) * i // n for i in range(n + 1)] if n else []
        parts = [ordered.slice(a, b - a) for a, b in pairwise(cuts)]
        with ThreadPoolExecutor(2) as threads:
            return tuple(map(self._put, parts, threads.map(parquet_bytes, parts)))

    def _put(self, rows: pa.Table, data: bytes) -> TableFile:
        file = TableFile(hashlib.sha256(data).hexdigest(), len(rows))
        if not self.path(file).exists():
            write_bytes(self.path(file), data)
        return file

    def tidied(self, files: Sequence[TableFile], gone: Gone) -> tuple[TableFile, ...]:
        """Return the files, those that are worn or too many in better shape: the same rows in force."""
        lost = {file: len(gone.get(file.sha256, ())) for file in files}
        small = [file for file in files if file.rows - lost[file] < SMALL]
        small = small if len(small) >= MANY else []
        worn = [file for file in files if lost[file] * WORN > file.rows and file not in small]
        lots = [[file] for file in worn] + ([small] if small else [])
        old = {file for lot in lots for file in lot}
        new = [self.put(pa.concat_tables(self._in_force(lot, gone))) for lot in lots]
        return (*(file for file in files if file not in old), *(file for lot in new for file in lot))

    def _in_force(self, files: Iterable[TableFile], gone: Gone) -> Iterable[pa.Table]:
        for file in files:
            yield without(pq.read_table(self.path(file), schema=self.schema), gone.get(file.sha256))


def schema_and_order(table: str) -> tuple[pa.Schema, tuple[str, ...]]:
    """Return the Arrow schema of a stored table and how it is sorted; raises Fault 2 for an unknown name."""
    if table == QUARANTINE:
        return QUARANTINE_SCHEMA, QUARANTINE_GRAIN
    if table == RESTATEMENT:
        return RESTATEMENT_SCHEMA, RESTATEMENT_GRAIN
    if table not in DELIVERED:
        raise Fault(f"no table {table!r} is delivered", f"the tables are {', '.join(DELIVERED)}", USAGE)
    return DELIVERED[table].schema(), DELIVERED[table].order


def without(rows: pa.Table, gone: Positions | None) -> pa.Table:
    """Return the rows but for those at some positions."""
    if gone is None:
        return rows
    kept = np.ones(len(rows), dtype=np.bool_)
    kept[gone] = False
    return rows.filter(pa.array(kept))


def parquet_bytes(table: pa.Table) -> bytes:
    """Return the table as Parquet; the same rows in the same order give the same bytes."""
    sink = io.BytesIO()
    plain = table.replace_schema_metadata(None).combine_chunks()
    pq.write_table(plain, sink, compression="zstd", row_group_size=ROW_GROUP, version="2.6")
    return sink.getvalue()
