"""A book's ledgers replayed chunk by chunk: what each loan's months looked like, from the first to a date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa

from postloan.book.store import Book
from postloan.engine.loan_months import (
    MADE_FROM,
    TAPE,
    first_day,
    loan_months,
    observation_grid,
    report_dates,
)
from postloan.engine.replay import Replay
from postloan.jobs.derived.chunks import Chunk, in_parts, names_of
from postloan.jobs.derived.month_files import Piece, pieces_of, write_pieces
from postloan.model.fault import Fault


def replay_book(book: Book, chunks: Sequence[Chunk], grid: Sequence[date], folder: Path) -> None:
    """Replay all loans of a book up to the last date of ``grid`` and write what it gives into ``folder``.

    Every file of the book is read once, and never whole.

    Raises:
        Fault: 4 for a file of the book that is gone or damaged.
    """
    write_pieces(folder, replayed_pieces(book, chunks, grid))


def replayed_pieces(
    book: Book, chunks: Sequence[Chunk], grid: Sequence[date]
) -> Iterator[tuple[str, Sequence[Piece]]]:
    """Yield the name of the chunk and the replayed rows of each part of ``chunks``."""
    reported_on = reports_of(book, grid[-1])
    streams = (rows_of(book, name, chunks) for name in MADE_FROM)
    for name, rows in zip(names_of(chunks), zip(*streams, strict=True), strict=True):
        found = loan_months(dict(zip(MADE_FROM, rows, strict=True)), grid, reported_on)
        yield name, pieces_of(tables_of(found))


def tables_of(found: Replay) -> Mapping[str, pa.Table]:
    """Return all that a replay gives, by the names of the contract."""
    return {
        "loan_month": found.loan_month,
        "instalment_outcome": found.instalment_outcome,
        "payment_allocation": found.payment_allocation,
        "loan_state": found.state.loan,
        "instalment_state": found.state.instalment,
        "credit_state": found.state.credit,
    }


def grid_of(book: Book, as_of: date) -> list[date]:
    """Return the observation dates of a book up to ``as_of``; raises Fault 2 where nothing was lent by then."""
    days = (_days(book, "loan", "disbursed_on"), _days(book, TAPE, "observed_on"))
    first = first_day(*days)
    if first is None or first > as_of:
        since = f"the first loan was paid out on {first}" if first else "no loan of the book was paid out"
        raise Fault(f"nothing was lent by {as_of}", f"choose a later date: {since}")
    return observation_grid(first, as_of)


def reports_of(book: Book, as_of: date) -> list[date]:
    """Return the dates of the book's month-end tapes up to ``as_of``."""
    return report_dates(_days(book, TAPE, "observed_on"), as_of)


def _days(book: Book, table: str, column: str) -> pa.Table:
    schema = pa.schema([pa.field(column, pa.date32())])
    return book.ask(f"SELECT DISTINCT {column} FROM held.{table}", schema, {})


def rows_of(book: Book, table: str, chunks: Sequence[Chunk]) -> Iterator[pa.Table]:
    """Yield the rows of a table with ``loan_id`` in each part of ``chunks``; raises Fault 4 for a damaged file."""
    try:
        yield from in_parts(book.files(table), chunks)
    except (OSError, pa.ArrowException) as error:
        raise book.damaged(table, error) from None
