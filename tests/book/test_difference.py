"""The difference between two versions is what their rows say, wherever the rows lie."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from postloan.book.difference import changed_rows
from postloan.book.lock import locked
from postloan.book.store import Book
from postloan.book.version import Version
from postloan.book.write import commit
from postloan.model.fault import CRASHED, Fault
from postloan.model.tables import DELIVERED


def table(name: str, *rows: dict[str, object]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=DELIVERED[name].schema())


def loans(**principal: int) -> pa.Table:
    return table("loan", *({"loan_id": name, "principal_minor": sum_} for name, sum_ in principal.items()))


def committed(root: Path, **tables: pa.Table) -> Book:
    book = Book.open_or_create(root)
    with locked(root):
        return commit(book, tables, Version())


def amounts(rows: pa.Table) -> dict[str, int]:
    return dict(zip(rows["loan_id"].to_pylist(), rows["principal_minor"].to_pylist(), strict=True))


@pytest.fixture
def versions(tmp_path: Path) -> list[Book]:
    """Loan B is new in the second version; A changes in the third, and C is new."""
    # A name that would be a pattern of other names.
    root = tmp_path / "it's a book [1]"
    return [
        committed(root, loan=given) for given in (loans(A=1, D=4), loans(B=2, A=1), loans(A=10, C=3, B=2))
    ]


def test_a_changed_row_is_on_both_sides_and_a_new_one_on_one(versions: list[Book]) -> None:
    first, second, third = versions
    found = changed_rows(second, third, "loan")
    assert (amounts(found.added), amounts(found.removed)) == ({"A": 10, "C": 3}, {"A": 1})
    found = changed_rows(first, third, "loan")
    assert (amounts(found.added), amounts(found.removed)) == ({"A": 10, "B": 2, "C": 3}, {"A": 1})


def test_backwards_the_sides_are_swapped(versions: list[Book]) -> None:
    _, second, third = versions
    there, back = changed_rows(second, third, "loan"), changed_rows(third, second, "loan")
    assert there.added.equals(back.removed)
    assert there.removed.equals(back.added)


def test_a_version_does_not_differ_from_itself_though_its_files_are_gone(versions: list[Book]) -> None:
    for path in versions[2].paths("loan"):
        path.unlink()
    assert changed_rows(versions[2], versions[2], "loan").added.num_rows == 0


def test_a_table_that_was_never_delivered_before_is_all_new(versions: list[Book]) -> None:
    book = versions[2]
    rows = table("payment", {"payment_id": "P", "loan_id": "A", "paid_on": 20_000, "amount_minor": 5})
    assert changed_rows(book, committed(book.root, payment=rows), "payment").added.equals(rows)


def test_a_damaged_file_is_a_fault(versions: list[Book]) -> None:
    versions[2].paths("loan")[-1].write_bytes(b"PAR1")
    with pytest.raises(Fault, match="table loan cannot be read") as caught:
        changed_rows(versions[1], versions[2], "loan")
    assert caught.value.exit_code == CRASHED
