"""The loans of a book cut into chunks, and its tables read chunk by chunk in the order of their loans.

Where a chunk begins is said by a loan's id alone, so that loans that come or go elsewhere leave it as it is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from postloan.book.query import Files, run
from postloan.model.delivered import LOAN

LOANS_PER_CHUNK = 2**16  # one loan in so many begins a chunk
LOANS_AT_A_TIME = 2**13  # bounds memory, however large a chunk is
_ROWS_PER_BATCH = 2**14
_HASHED = pa.schema([LOAN.schema().field("loan_id"), pa.field("hash", pa.uint64())])
# The number in a digest is the same wherever and whenever it is computed, unlike DuckDB's own hash.
_HASHES = "SELECT loan_id, md5_number_lower(loan_id)::UBIGINT AS hash FROM loan ORDER BY loan_id"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Loans next to each other in order of their id.

    Args:
        name: Of its files; does not depend on its position or on the loans after the first.
        start: Its first loan; None for the first chunk, which has all rows up to its end.
        ends: The first loan after each part that is worked on at a time; None for the end of the book.
    """

    name: str
    start: str | None
    ends: tuple[str | None, ...]


def chunks_of(loan_files: Sequence[Path]) -> tuple[Chunk, ...]:
    """Return the chunks of a book in order of their loans; at least one.

    Args:
        loan_files: Parquet files of table ``loan``.

    Raises:
        duckdb.Error: A file is gone or damaged.
    """
    hashed = run(_HASHES, _HASHED, {"loan": Files(loan_files, LOAN.schema())})
    hashes, ids = hashed["hash"].to_numpy(), hashed["loan_id"]
    is_first = np.append(hashes % LOANS_PER_CHUNK == 0, False)
    starts = [0, *(int(at) for at in np.flatnonzero(is_first) if at), len(hashes)]
    found = []
    for start, end in pairwise(starts):
        inside = range(start + LOANS_AT_A_TIME, end, LOANS_AT_A_TIME)
        last = ids[end].as_py() if end < len(hashes) else None
        name = f"{hashes[start]:016x}" if is_first[start] else "0" * 16
        first = ids[start].as_py() if start else None
        found.append(Chunk(name, first, (*(ids[at].as_py() for at in inside), last)))
    return tuple(found)


def ends_of(chunks: Sequence[Chunk]) -> tuple[str | None, ...]:
    """Return the ends of all parts of all chunks, in order."""
    return tuple(end for chunk in chunks for end in chunk.ends)


def names_of(chunks: Sequence[Chunk]) -> tuple[str, ...]:
    """Return the name of the chunk of each part, in order."""
    return tuple(chunk.name for chunk in chunks for _ in chunk.ends)


def in_parts(paths: Sequence[Path], schema: pa.Schema, chunks: Sequence[Chunk]) -> Iterator[pa.Table]:
    """Yield the rows of files in each part of ``chunks``: every row once, those without a loan row too.

    Args:
        paths: Parquet files, each in the order of ``loan_id``; the rows of one are not mixed with another's.
        schema: Of the rows; a column that a file does not have is blank.
        chunks: Next to each other, in order; at least one. Row groups beyond them are not read.

    Raises:
        OSError, pa.ArrowException: A file is gone, damaged or not in order.
    """
    cuts = [cut(_batches(path, schema, chunks), chunks) for path in paths]
    for _ in ends_of(chunks):
        rows = [batch for cut in cuts for batch in next(cut)]
        yield pa.Table.from_batches(rows, schema)


def _batches(path: Path, schema: pa.Schema, chunks: Sequence[Chunk]) -> Iterator[pa.RecordBatch]:
    last = ""
    with pq.ParquetFile(path) as file:
        groups = _groups(file.metadata, chunks)
        ids = file.read_row_groups(groups, columns=["loan_id"])["loan_id"]
        if len(ids) > 1 and not pc.all(pc.less_equal(ids.slice(0, len(ids) - 1), ids.slice(1))).as_py():
            yield from pq.read_table(path, schema=schema).sort_by("loan_id").to_batches()
            return
        names = [name for name in schema.names if name in file.schema_arrow.names]
        for batch in file.iter_batches(_ROWS_PER_BATCH, row_groups=groups, columns=names):
            if batch.num_rows == 0:
                continue
            last = _in_order(last, batch["loan_id"])
            columns = [
                batch[field.name].cast(field.type)
                if field.name in names
                else pa.nulls(len(batch), field.type)
                for field in schema
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _groups(file: pq.FileMetaData, chunks: Sequence[Chunk]) -> list[int]:
    """Return the row groups that may have rows of ``chunks``."""
    start, end = chunks[0].start, chunks[-1].ends[-1]
    at = file.schema.names.index("loan_id")
    found = []
    for group in range(file.num_row_groups):
        of_loans = file.row_group(group).column(at).statistics
        is_told = of_loans is not None and of_loans.has_min_max
        if is_told and ((start and of_loans.max < start) or (end and of_loans.min >= end)):
            continue
        found.append(group)
    return found


def _in_order(last: str, ids: pa.Array) -> str:
    """Return the last of ``ids``; raises where they are not in order, for they would get into other chunks."""
    rising = pc.all(pc.less_equal(ids.slice(0, len(ids) - 1), ids.slice(1))).as_py() is not False
    if not rising or ids[0].as_py() < last:
        raise pa.ArrowInvalid("the rows are not in the order of their loans")
    return str(ids[-1].as_py())


def cut_in_parts(table: pa.Table, chunks: Sequence[Chunk]) -> Iterator[pa.Table]:
    """Yield the rows of a table, which are in the order of ``loan_id``, in each part of ``chunks``."""
    for batches in cut(iter(table.to_batches()), chunks):
        yield pa.Table.from_batches(batches, table.schema)


def cut(batches: Iterator[pa.RecordBatch], chunks: Sequence[Chunk]) -> Iterator[list[pa.RecordBatch]]:
    """Yield the rows of ``batches``, which are in the order of ``loan_id``, in each part of ``chunks``."""
    start, ends = chunks[0].start, ends_of(chunks)
    return _cut(batches, ends) if start is None else islice(_cut(batches, (start, *ends)), 1, None)


def _cut(batches: Iterator[pa.RecordBatch], ends: Sequence[str | None]) -> Iterator[list[pa.RecordBatch]]:
    rest = next(batches, None)
    for end in ends:
        pieces = []
        while rest is not None:
            at = _position(rest["loan_id"], end)
            pieces.append(rest.slice(0, at))
            if at < rest.num_rows:
                rest = rest.slice(at)
                break
            rest = next(batches, None)
        yield pieces


def _position(loan_ids: pa.Array, end: str | None) -> int:
    if end is None:
        return len(loan_ids)
    return bisect_left(range(len(loan_ids)), end, key=lambda at: loan_ids[at].as_py())
