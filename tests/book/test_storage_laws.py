"""However a book stores its rows, it reads as if every load had written all tables anew.

The slow way beside it keeps all rows of a table as a dictionary. Files are made tiny, so that a few loads of a
few rows wear them out, merge them and cut them.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postloan.book import shelf
from postloan.book.difference import changed_rows
from postloan.book.lock import locked
from postloan.book.store import Book
from postloan.book.version import Version
from postloan.book.write import commit
from postloan.model.fault import Fault
from postloan.model.tables import DELIVERED

Row = dict[str, Any]
LARGE, SMALL, MANY, WORN = 6, 3, 3, 3
FIRST = date(2026, 1, 1)
DAYS = [FIRST + timedelta(days=n) for n in (0, 1, 3, 7)]


@dataclass
class Whole:
    """A book that is written anew with every load."""

    rows: dict[tuple[Any, ...], Row] = field(default_factory=dict)
    replaced: list[tuple[int, Row]] = field(default_factory=list)

    def load(self, number: int, incoming: list[Row]) -> Whole:
        """Return the book after a load of instalments."""
        rows, replaced = dict(self.rows), list(self.replaced)
        for row in incoming:
            old = rows.get(key(row), row)
            if old != row and old not in [row for _, row in replaced]:
                replaced.append((number, old))
            rows[key(row)] = row
        return Whole(rows, replaced)

    def known(self, on: date) -> list[Row]:
        """Return the rows known on a day: of the rows a key ever had, the last that was known by then."""
        last: dict[tuple[Any, ...], Row] = {}
        for row in [*(row for _, row in sorted(self.replaced, key=until)), *self.rows.values()]:
            if row["known_on"] <= on:
                last[key(row)] = row
        return in_order(last)


def until(replaced: tuple[int, Row]) -> int:
    return replaced[0]


def key(row: Row) -> tuple[Any, ...]:
    return row["loan_id"], row["schedule_no"], row["instalment_no"]


def in_order(rows: dict[tuple[Any, ...], Row]) -> list[Row]:
    return [rows[key] for key in sorted(rows)]


def instalment(loan: str, number: int, amount: int) -> Row:
    values = {"loan_id": loan, "schedule_no": 1, "instalment_no": number, "principal_minor": amount}
    blank = dict.fromkeys(DELIVERED["instalment"].names())
    return {**blank, **values, "due_on": FIRST}


INSTALMENTS = st.builds(instalment, st.sampled_from("ABCDE"), st.integers(1, 3), st.integers(0, 2))
LOADS = st.lists(st.lists(INSTALMENTS, unique_by=key, max_size=9), min_size=1, max_size=6)


def as_table(name: str, rows: list[Row]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=DELIVERED[name].schema())


def loaded(root: Path, loads: list[list[Row]]) -> tuple[list[Book], list[Whole]]:
    """Return all versions, and the slow way's; each load is known a day after the one before."""
    books, twins = [Book.open_or_create(root)], [Whole()]
    with locked(root):
        for number, rows in enumerate(loads, 1):
            dated = [
                {**row, "known_on": twins[-1].rows[key(row)]["known_on"]}
                if is_same(row, twins[-1])
                else {**row, "known_on": FIRST + timedelta(days=number)}
                for row in rows
            ]
            books.append(commit(books[-1], {"instalment": as_table("instalment", dated)}, Version()))
            twins.append(twins[-1].load(number, dated))
    return books, twins


def is_same(row: Row, twin: Whole) -> bool:
    held = twin.rows.get(key(row))
    return held is not None and held["principal_minor"] == row["principal_minor"]


def each(check: Callable[[list[Book], list[Whole]], None], loads: list[list[Row]]) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.multiple(shelf, LARGE=LARGE, SMALL=SMALL, MANY=MANY, WORN=WORN),
    ):
        check(*loaded(Path(folder) / "book", loads))


@given(LOADS)
@settings(max_examples=8, deadline=None)
def test_every_version_reads_as_if_written_anew(loads: list[list[Row]]) -> None:
    def check(books: list[Book], twins: list[Whole]) -> None:
        for book, twin in zip(books, twins, strict=True):
            assert book.read("instalment").to_pylist() == in_order(twin.rows)
            rows = [row for path in book.paths("instalment") for row in stored_rows(path)]
            assert sorted(rows, key=key) == in_order(twin.rows)

    each(check, loads)


@given(LOADS)
@settings(max_examples=8, deadline=None)
def test_every_day_is_known_as_if_written_anew(loads: list[list[Row]]) -> None:
    def check(books: list[Book], twins: list[Whole]) -> None:
        for on in DAYS:
            assert books[-1].rows_known("instalment", on).to_pylist() == twins[-1].known(on)

    each(check, loads)


@given(LOADS, st.data())
@settings(max_examples=8, deadline=None)
def test_versions_differ_by_their_rows_alone(loads: list[list[Row]], data: st.DataObject) -> None:
    def check(books: list[Book], twins: list[Whole]) -> None:
        one, other = (data.draw(st.integers(0, len(loads))) for _ in range(2))
        found = changed_rows(books[one], books[other], "instalment")
        before, after = in_order(twins[one].rows), in_order(twins[other].rows)
        assert found.added.to_pylist() == [row for row in after if row not in before]
        assert found.removed.to_pylist() == [row for row in before if row not in after]

    each(check, loads)


@given(LOADS)
@settings(max_examples=8, deadline=None)
def test_files_are_few_and_hold_what_they_are_named_by(loads: list[list[Row]]) -> None:
    def check(books: list[Book], twins: list[Whole]) -> None:
        for book in books:
            files = book.version.tables.get("instalment", ())
            assert sum(file.rows < SMALL for file in files) < MANY
            assert all(file.rows <= LARGE for file in files)
            for path in book.files("instalment").paths:
                assert hashlib.sha256(path.read_bytes()).hexdigest() == path.stem
                assert stored_rows(path) == sorted(stored_rows(path), key=key)

    each(check, loads)


def stored_rows(path: Path) -> list[Row]:
    rows: list[Row] = pq.read_table(path).to_pylist()
    return rows


def test_a_replaced_row_is_noted_and_its_file_shared(tmp_path: Path) -> None:
    many = [instalment("A", number, 1) for number in range(1, 21)]
    books, _ = loaded(tmp_path / "book", [many, [instalment("A", 7, 2)]])
    (file,), (same, new) = (book.version.tables["instalment"] for book in books[1:])
    assert (file, file.rows, new.rows) == (same, 20, 1)
    gone = books[2].files("instalment").gone
    assert {path.stem: rows.tolist() for path, rows in gone.items()} == {file.sha256: [6]}


def test_a_worn_file_is_written_without_what_went(tmp_path: Path) -> None:
    many = [instalment("A", number, 1) for number in range(1, 21)]
    changed = [instalment("A", number, 2) for number in (7, 8, 9)]
    books, _ = loaded(tmp_path / "book", [many, changed])
    assert sorted(file.rows for file in books[2].version.tables["instalment"]) == [3, 17]
    assert books[2].version.gone == {}


def test_a_day_by_day_lender_has_few_files(tmp_path: Path) -> None:
    def payment(number: int) -> pa.Table:
        row = {"payment_id": f"P{number}", "loan_id": "A", "paid_on": FIRST, "amount_minor": 1}
        return as_table("payment", [row])

    book = Book.open_or_create(tmp_path)
    with locked(tmp_path):
        for number in range(20):
            book = commit(book, {"payment": payment(number)}, Version())
    assert sorted(file.rows for file in book.version.tables["payment"]) == [1, 1, 1, 1, 16]


@pytest.mark.parametrize("kind", ["tables", "gone"])
def test_what_a_table_is_made_of_is_missed(tmp_path: Path, kind: str) -> None:
    many = [instalment("A", number, 1) for number in range(1, 21)]
    books, _ = loaded(tmp_path / "book", [many, [instalment("A", 7, 2)]])
    for path in (books[2].root / kind / "instalment").iterdir():
        path.unlink()
    with pytest.raises(Fault, match="table instalment cannot be read"):
        books[2].read("instalment")
