"""A book as known on a day: replaced rows are kept, and every day has the rows that were known on it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from postloan.book.lock import locked
from postloan.book.store import Book
from postloan.book.version import Version
from postloan.book.write import commit
from postloan.model.fault import Fault
from postloan.model.tables import DELIVERED

JAN, FEB, MAR = date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)


def loan(name: str, amount: int, known_on: date | None = None) -> dict[str, object]:
    return {"loan_id": name, "principal_minor": amount, "known_on": known_on}


def payment(name: str, known_on: date) -> dict[str, object]:
    paid = {"paid_on": date(2026, 1, 5), "amount_minor": 1}
    return {"payment_id": name, "loan_id": "L1", "known_on": known_on, **paid}


def total(branch: str, amount: int, known_on: date) -> dict[str, object]:
    item = {"control_item": "balance", "as_of": JAN, "branch": branch}
    return {**item, "total_minor": amount, "known_on": known_on}


def table(name: str, *rows: dict[str, object]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=DELIVERED[name].schema())


def committed(
    root: Path, superseded: dict[str, pa.Table] | None = None, **rows: list[dict[str, object]]
) -> Book:
    book = Book.open_or_create(root)
    tables = {name: table(name, *given) for name, given in rows.items()}
    with locked(root):
        return commit(book, tables, Version(properties={}), superseded or {})


def amounts(book: Book) -> dict[str, int]:
    return {row["loan_id"]: row["principal_minor"] for row in book.read("loan").to_pylist()}


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """L1 is changed in February and again in March, L2 never, L3 is new in March."""
    committed(tmp_path / "book", loan=[loan("L1", 1), loan("L2", 2, JAN)], payment=[payment("P1", JAN)])
    committed(tmp_path / "book", loan=[loan("L1", 10, FEB)], payment=[payment("P2", FEB)])
    return committed(tmp_path / "book", loan=[loan("L1", 100, MAR), loan("L2", 2, JAN), loan("L3", 3, MAR)])


def test_each_day_has_the_rows_that_were_known_on_it(book: Book) -> None:
    assert amounts(book) == {"L1": 100, "L2": 2, "L3": 3}
    assert amounts(book.as_known(MAR)) == {"L1": 100, "L2": 2, "L3": 3}
    assert amounts(book.as_known(date(2026, 3, 30))) == {"L1": 10, "L2": 2}
    assert amounts(book.as_known(FEB)) == {"L1": 10, "L2": 2}
    assert amounts(book.as_known(JAN)) == {"L1": 1, "L2": 2}
    assert amounts(book.as_known(date(2025, 12, 31))) == {"L1": 1}
    assert amounts(book.as_known(None)) == amounts(book)


def test_appended_facts_count_from_the_day_they_were_known(book: Book) -> None:
    assert book.as_known(FEB).read("payment")["payment_id"].to_pylist() == ["P1", "P2"]
    assert book.as_known(JAN).read("payment")["payment_id"].to_pylist() == ["P1"]
    before = book.as_known(date(2025, 12, 31))
    assert before.read("payment").num_rows == 0
    assert not before.has("payment")
    assert book.as_known(JAN).has("payment")
    assert not book.as_known(JAN).has("staff")


def test_only_rows_that_were_replaced_by_others_are_kept(book: Book) -> None:
    assert [file.rows for file in book.version.history["loan"]] == [1, 1]
    assert set(book.version.history) == {"loan"}


def test_a_delivery_that_says_nothing_new_shares_every_file(book: Book) -> None:
    after = committed(book.root, loan=[loan("L1", 100, MAR), loan("L3", 3, MAR)])
    assert after.version.tables["loan"] == book.version.tables["loan"]
    assert after.version.history == book.version.history


def test_rows_of_some_loans_as_known_on_a_day_are_not_cached(book: Book) -> None:
    rows = book.rows_known("loan", FEB, pa.array(["L1"]))
    assert rows.select(["loan_id", "principal_minor"]).to_pylist() == [
        {"loan_id": "L1", "principal_minor": 10}
    ]
    assert book.as_known(JAN).rows_known("loan", FEB, pa.array(["L1"]))["principal_minor"].to_pylist() == [1]
    assert not (book.root / "derived").exists()


def test_a_row_that_its_own_delivery_replaced_was_known_until_then(tmp_path: Path) -> None:
    older = {"loan": table("loan", loan("L1", 1, JAN))}
    for _ in range(2):  # the same amended report again adds nothing
        book = committed(tmp_path / "book", older, loan=[loan("L1", 2, FEB)])
    assert amounts(book.as_known(JAN)) == {"L1": 1}
    assert amounts(book.as_known(FEB)) == {"L1": 2}
    assert [file.rows for file in book.version.history["loan"]] == [1]


def test_every_column_of_a_key_counts(tmp_path: Path) -> None:
    committed(tmp_path / "book", control_total=[total("", 1, JAN), total("东", 1, JAN)])
    book = committed(tmp_path / "book", control_total=[total("", 2, FEB)])
    assert book.read("control_total")["total_minor"].to_pylist() == [2, 1]
    assert book.as_known(JAN).read("control_total")["total_minor"].to_pylist() == [1, 1]


def test_a_book_of_another_release_is_told_apart_and_not_misread(tmp_path: Path) -> None:
    committed(tmp_path / "book", loan=[loan("L1", 1)])
    path = tmp_path / "book" / "versions" / "000001.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    del document["layout"]
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(Fault, match="written by another release of postloan") as caught:
        Book.open(tmp_path / "book")
    assert "new book" in caught.value.mend


def test_the_latest_day_of_knowledge_is_of_all_tables(book: Book, tmp_path: Path) -> None:
    assert book.latest_known() == MAR
    assert Book.open_or_create(tmp_path / "empty").latest_known() is None
    assert committed(tmp_path / "undated", loan=[loan("L1", 1)]).latest_known() is None


def test_derived_tables_of_different_knowledge_do_not_meet(book: Book) -> None:
    folders = {str(book.as_known(on).derived("facts")) for on in (None, JAN, FEB)}
    assert len(folders) == 3


def test_a_damaged_history_is_named(book: Book) -> None:
    book.replaced("loan").paths[0].write_bytes(b"")
    with pytest.raises(Fault, match="table loan cannot be read"):
        book.as_known(JAN).read("loan")
