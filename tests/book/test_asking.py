"""Questions to a book: only rows in force answer them, whatever files they lie in."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from postloan.book.lock import locked
from postloan.book.store import Book
from postloan.book.version import Version
from postloan.book.write import commit
from postloan.model.fault import CRASHED, USAGE, Fault
from postloan.model.tables import DELIVERED

NUMBER = pa.schema([("number", pa.int64())])
SUM = "SELECT sum(principal_minor) AS number FROM held.loan"


def loans(**principal: int) -> pa.Table:
    rows = [{"loan_id": name, "principal_minor": amount} for name, amount in principal.items()]
    return pa.Table.from_pylist(rows, schema=DELIVERED["loan"].schema())


def committed(root: Path, **tables: pa.Table) -> Book:
    book = Book.open_or_create(root)
    with locked(root):
        return commit(book, tables, Version())


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """Ten loans in one file, of which one is replaced in another."""
    committed(tmp_path / "book", loan=loans(**{f"L{n}": 1 for n in range(10)}))
    return committed(tmp_path / "book", loan=loans(L3=100))


def answer(book: Book, query: str, **tables: pa.Table) -> int:
    found: int = book.ask(query, NUMBER, tables)["number"][0].as_py()
    return found


def test_replaced_rows_are_left_out(book: Book) -> None:
    assert len(book.version.tables["loan"]) == 2
    assert answer(book, SUM) == 109


def test_given_tables_stand_beside_the_books(book: Book) -> None:
    query = "SELECT count(*) AS number FROM held.loan SEMI JOIN loan USING (loan_id)"
    assert answer(book, query, loan=loans(L3=1, L4=1, X=1)) == 2


def test_a_book_cut_to_a_day_answers_as_of_that_day(tmp_path: Path) -> None:
    rows = loans(L1=1, L2=2)
    known = pa.array([date(2026, 1, 1), date(2026, 2, 1)])
    dated = rows.set_column(rows.column_names.index("known_on"), rows.schema.field("known_on"), known)
    book = committed(tmp_path / "book", loan=dated)
    assert answer(book.as_known(date(2026, 1, 31)), SUM) == 1


def test_a_table_never_delivered_has_no_rows(book: Book) -> None:
    assert answer(book, "SELECT count(*) AS number FROM held.payment") == 0


def test_a_column_that_older_files_do_not_have_is_blank(book: Book) -> None:
    path = book.files("loan").paths[0]
    pq.write_table(pq.read_table(path).drop_columns(["branch"]), path)
    assert answer(book, "SELECT count(*) AS number FROM held.loan WHERE branch IS NULL") == 10


def test_an_unknown_table_is_a_fault(book: Book) -> None:
    with pytest.raises(Fault, match="no table 'lown' is delivered") as caught:
        book.ask("SELECT count(*) AS number FROM held.lown", NUMBER, {})
    assert caught.value.exit_code == USAGE


def test_a_damaged_file_is_a_fault(book: Book) -> None:
    book.files("loan").paths[0].write_bytes(b"PAR1")
    with pytest.raises(Fault, match="table loan cannot be read") as caught:
        answer(book, SUM)
    assert caught.value.exit_code == CRASHED


def test_a_load_on_a_damaged_file_leaves_the_version(book: Book) -> None:
    book.files("loan").paths[0].write_bytes(b"PAR1")
    with pytest.raises(Fault, match="the new version could not be written") as caught:
        committed(book.root, loan=loans(L3=7))
    assert caught.value.exit_code == CRASHED
    assert Book.open(book.root).version.number == 2


def test_readers_that_cannot_leave_rows_out_get_files_without_them(book: Book) -> None:
    rows = pa.concat_tables(
        [pq.read_table(path, schema=book.read("loan").schema) for path in book.paths("loan")]
    )
    assert rows.sort_by("loan_id").equals(book.read("loan"))
