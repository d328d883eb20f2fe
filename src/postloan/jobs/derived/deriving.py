"""What is derived from the months of some loans under a policy: positions, flows, cures and recoveries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from postloan.book.query import Files
from postloan.book.store import Book
from postloan.engine.cures import cures, recoveries
from postloan.engine.flows import Period, flow, periods
from postloan.engine.position import Ledger, position
from postloan.jobs.derived.chunks import Chunk, cut_in_parts, in_parts, names_of
from postloan.jobs.derived.month_files import pieces_of, write_pieces
from postloan.jobs.derived.replaying import rows_of
from postloan.model.delivered import CUSTOMER, LOAN
from postloan.model.derived import LOAN_MONTH
from postloan.policy.classify import classify
from postloan.policy.policy import Policy

# What it is made from, beside the months themselves.
ATTRIBUTES = ("loan", "customer", "provision")
_OF_CUSTOMERS = ("customer_id", "customer_kind", "industry", "region")
_QUOTE = "'"
_BORROWER = pa.schema([LOAN.schema().field("loan_id"), pa.field("position", pa.int64())])


def derived(
    loan_month: pa.Table, attributes: Mapping[str, pa.Table], policy: Policy, grid: Sequence[date]
) -> dict[str, pa.Table]:
    """Return ``position``, ``flow``, ``cure`` and ``recovery`` of some loans; no other loan counts for them.

    Args:
        loan_month: All months of the loans, contract table.
        attributes: ``ATTRIBUTES`` in contract schema: at least the rows of these loans and their customers.
        policy: Classifies the months.
        grid: Observation dates of the whole book, rising; the last is the as-of date.
    """
    return of_stock(stock_of(loan_month, attributes, policy), periods(grid), grid)


def stock_of(loan_month: pa.Table, attributes: Mapping[str, pa.Table], policy: Policy) -> pa.Table:
    """Return ``position`` of some months of some loans; no other row counts for it. See ``derived``."""
    loan = attributes["loan"]
    classes = classify(loan_month, loan, policy)
    return position(Ledger(loan_month, loan, attributes["customer"], classes, attributes["provision"]))


def of_stock(stock: pa.Table, spans: Sequence[Period], grid: Sequence[date]) -> dict[str, pa.Table]:
    """Return ``position`` as it is given, and what is derived from it: flows of the periods ``spans``, and the rest."""
    return {
        "position": stock,
        "flow": flow(stock, spans),
        "cure": cures(stock, grid),
        "recovery": recoveries(stock, grid),
    }


def derive_book(
    book: Book,
    chunks: Sequence[Chunk],
    replayed: Path,
    policy: Policy,
    grid: Sequence[date],
    folder: Path,
) -> None:
    """Write what is derived from the replayed months of all loans of a book into ``folder``.

    Args:
        book: Gives the attributes of loans.
        chunks: Of the book.
        replayed: What ``replaying.replay_book`` wrote of the book.
        policy: Classifies the months.
        grid: Observation dates, rising.
        folder: Gets a folder by table.

    Raises:
        Fault: 4 for a file of the book that is gone or damaged.
    """
    made = (
        derived(months, attributes, policy, grid)
        for months, attributes in zip(months_of(replayed, chunks), attributes_of(book, chunks), strict=True)
    )
    write_pieces(folder, zip(names_of(chunks), map(pieces_of, made), strict=True))


def attributes_of(book: Book, chunks: Sequence[Chunk]) -> Iterator[dict[str, pa.Table]]:
    """Yield ``ATTRIBUTES`` of each part of ``chunks``; raises Fault 4 for a damaged file of the book."""
    streams = (rows_of(book, "loan", chunks), _customers(book, chunks), rows_of(book, "provision", chunks))
    for rows in zip(*streams, strict=True):
        yield dict(zip(ATTRIBUTES, rows, strict=True))


def months_of(replayed: Path, chunks: Sequence[Chunk]) -> Iterator[pa.Table]:
    """Yield the replayed months of each part of ``chunks``."""
    for chunk in chunks:
        paths = sorted((replayed / LOAN_MONTH.name).glob(f"*/{chunk.name}.parquet"))
        yield from in_parts(Files(paths, LOAN_MONTH.schema()), [chunk])


def _customers(book: Book, chunks: Sequence[Chunk]) -> Iterator[pa.Table]:
    """Yield the customers of each part's loans: only what counts of them, each once."""
    schema = pa.schema([CUSTOMER.schema().field(name) for name in _OF_CUSTOMERS])
    customers = book.ask(f"SELECT {', '.join(_OF_CUSTOMERS)} FROM held.customer", schema, {})
    numbered = customers.select(["customer_id"]).append_column("position", pa.array(range(len(customers))))
    bounds = ((">=", chunks[0].start), ("<", chunks[-1].ends[-1]))
    cut_off = " AND ".join(f"loan_id {sign} '{at.replace(_QUOTE, _QUOTE * 2)}'" for sign, at in bounds if at)
    query = f"""
        SELECT loan_id, position FROM held.loan JOIN customer USING (customer_id)
        WHERE {cut_off or "true"} ORDER BY loan_id
    """
    borrowers = book.ask(query, _BORROWER, {"customer": numbered})
    for rows in cut_in_parts(borrowers, chunks):
        yield customers.take(pc.unique(rows["position"]))
