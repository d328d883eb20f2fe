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

from postloan.book.query import Files, Positions
from postloan.book.store import Book
from postloan.model.delivered import LOAN

LOANS_PER_CHUNK = 2**16  # one loan in so many begins a chunk
LOANS_AT_A_TIME = 2**13  # bounds memory, however large a chunk is
_ROWS_PER_BATCH = 2**14
_NO_ROWS = np.zeros(0, dtype=np.int64)
_HASHED = pa.schema([LOAN.schema().field("loan_id"), pa.field("hash", pa.uint64())])
# The number in a digest is the same wherever and whenever it is computed, unlike DuckDB's own hash.
_HASHES = "SELECT loan_id, md5_number_lower(loan_id)::UBIGINT AS hash FROM held.loan ORDER BY loan_id"


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


def chunks_of(book: Book) -> tuple[Chunk, ...]:
    """Return the chunks of a book in order of their loans; at least one.

    Raises:
        Fault: 4 for a file of the book that is gone or damaged.
    """
    hashed = book.ask(_HASHES, _HASHED, {})
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


def in_parts(files: Files, chunks: Sequence[Chunk]) -> Iterator[pa.Table]:
    """Yield the rows of files in each part of ``chunks``: every row once, those without a loan row too.

    Args:
        files: Each in the order of ``loan_id``; the rows of one are not mixed with another's.
        chunks: Next to each other, in order; at least one. Row groups beyond them are not read.

    Raises:
        OSError, pa.ArrowException: A file is gone, damaged or not in order.
    """
    cuts = [cut(_batches(files, path, chunks), chunks, _first_loan(path)) for path in files.paths]
    for _ in ends_of(chunks):
        rows = [batch for cut in cuts for batch in next(cut)]
        yield pa.Table.from_batches(rows, files.schema)


def _first_loan(path: Path) -> str | None:
    """Return the first loan of a file, so that it is not opened before its turn; None if it is not told."""
    found = pq.read_metadata(path)
    if not found.num_row_groups:
        return None
    of_loans = found.row_group(0).column(found.schema.names.index("loan_id")).statistics
    return str(of_loans.min) if of_loans is not None and of_loans.has_min_max else None


def _batches(files: Files, path: Path, chunks: Sequence[Chunk]) -> Iterator[pa.RecordBatch]:
    """Read the rows of a file that count, a few at a time."""
    last, gone = "", files.gone.get(path, _NO_ROWS)
    with pq.ParquetFile(path) as file:
        groups = _groups(file.metadata, chunks)
        names = [name for name in files.schema.names if name in file.schema_arrow.names]
        at = sum(file.metadata.row_group(group).num_rows for group in range(groups[0])) if groups else 0
        for batch in file.iter_batches(_ROWS_PER_BATCH, row_groups=groups, columns=names):
            here = gone[np.searchsorted(gone, at) : np.searchsorted(gone, at + len(batch))] - at
            at += len(batch)
            batch = _without(batch, here)
            if len(batch):
                last = _in_order(last, batch["loan_id"])
                yield _as_told(batch, files.schema)


def _without(batch: pa.RecordBatch, rows: Positions) -> pa.RecordBatch:
    if not len(rows):
        return batch
    counts = np.ones(len(batch), dtype=np.bool_)
    counts[rows] = False
    return batch.filter(pa.array(counts))


def _as_told(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return the columns of ``schema``; one that the file of an older contract does not have is blank."""
    held = set(batch.schema.names)
    columns = [
        batch[field.name].cast(field.type) if field.name in held else pa.nulls(len(batch), field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


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


def cut(
    batches: Iterator[pa.RecordBatch], chunks: Sequence[Chunk], begins: str | None = None
) -> Iterator[list[pa.RecordBatch]]:
    """Yield the rows of ``batches``, which are in the order of ``loan_id``, in each part of ``chunks``.

    Args:
        batches: None of them empty.
        chunks: Next to each other, in order.
        begins: The loan at which ``batches`` begin, which are not asked for before it; None if it is not known.
    """
    start, ends = chunks[0].start, ends_of(chunks)
    bounds = ends if start is None else (start, *ends)
    return islice(_cut(batches, bounds, begins), len(bounds) - len(ends), None)


def _cut(
    batches: Iterator[pa.RecordBatch], ends: Sequence[str | None], begins: str | None
) -> Iterator[list[pa.RecordBatch]]:
    rest: pa.RecordBatch | None = None
    is_open = False
    for end in ends:
        if not is_open and end is not None and begins is not None and end <= begins:
            yield []
            continue
        if not is_open:
            rest, is_open = next(batches, None), True
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
