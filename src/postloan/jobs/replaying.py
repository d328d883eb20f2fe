"""A book's ledgers replayed chunk by chunk: what each loan's months looked like, from the first to a date."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from postloan.book.store import Book
from postloan.engine.loan_months import MADE_FROM, TAPE, loan_months, report_dates
from postloan.jobs.chunks import Chunk, in_parts
from postloan.jobs.month_files import Tables, write_months
from postloan.model.tables import DELIVERED

REPLAYED = ("loan_month", "instalment_outcome", "payment_allocation")


def replay_book(book: Book, chunks: Sequence[Chunk], grid: Sequence[date], folder: Path) -> None:
    """Replay all loans of a book up to the last date of ``grid`` and write ``REPLAYED`` into ``folder``.

    Every file of the book is read once, and never whole.

    Raises:
        Fault: 4 for a file of the book that is gone or damaged.
    """
    write_months(folder, chunks, _replayed(book, chunks, grid))


def _replayed(book: Book, chunks: Sequence[Chunk], grid: Sequence[date]) -> Iterator[Tables]:
    reported_on = report_dates(_reports(book), grid[-1])
    streams = (rows_of(book, name, chunks) for name in MADE_FROM)
    for rows in zip(*streams, strict=True):
        found = loan_months(dict(zip(MADE_FROM, rows, strict=True)), grid, reported_on)
        yield {name: getattr(found, name) for name in REPLAYED}


def _reports(book: Book) -> pa.Table:
    schema = DELIVERED[TAPE].schema()
    parts = [pq.read_table(path, columns=["observed_on"]) for path in book.paths(TAPE)]
    return pa.concat_tables([schema.empty_table().select(["observed_on"]), *parts])


def rows_of(book: Book, table: str, chunks: Sequence[Chunk]) -> Iterator[pa.Table]:
    """Yield the rows of a table with ``loan_id`` in each part of ``chunks``; raises Fault 4 for a damaged file."""
    try:
        yield from in_parts(book.paths(table), DELIVERED[table].schema(), chunks)
    except (OSError, pa.ArrowException) as error:
        raise book.damaged(table, error) from None
