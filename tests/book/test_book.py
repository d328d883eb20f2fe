"""The book: versions share files, the same load changes nothing, and a crash leaves the old or the new."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from postloan.book.lock import locked
from postloan.book.shelf import parquet_bytes
from postloan.book.store import Book
from postloan.book.version import Version
from postloan.book.write import commit
from postloan.model.fault import CRASHED, LOCKED, USAGE, Fault
from postloan.model.tables import DELIVERED

PROPERTIES = {"currency": "CNY", "lender_en": "Test"}


def loans(**principal: int) -> pa.Table:
    rows = [{"loan_id": name, "principal_minor": amount} for name, amount in principal.items()]
    return pa.Table.from_pylist(rows, schema=DELIVERED["loan"].schema())


def payments(*names: str) -> pa.Table:
    rows = [
        {"payment_id": name, "loan_id": "L1", "paid_on": date(2026, 1, 5), "amount_minor": 1}
        for name in names
    ]
    return pa.Table.from_pylist(rows, schema=DELIVERED["payment"].schema())


def committed(root: Path, **tables: pa.Table) -> Book:
    with locked(root):
        return commit(Book.open_or_create(root), tables, Version(properties=PROPERTIES))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A book with one version."""
    folder = tmp_path / "book"
    Book.open_or_create(folder)
    committed(folder, loan=loans(L1=1, L2=2), payment=payments("P1"))
    return folder


def held(root: Path) -> tuple[dict[str, int], list[str]]:
    book = Book.open(root)
    rows = book.read("loan").to_pylist()
    return {r["loan_id"]: r["principal_minor"] for r in rows}, book.read("payment").column(0).to_pylist()


def test_upserts_replace_by_key_and_appends_add(root: Path) -> None:
    committed(root, loan=loans(L3=3, L2=9), payment=payments("P2", "P0"))
    assert held(root) == ({"L1": 1, "L2": 9, "L3": 3}, ["P0", "P1", "P2"])
    assert Book.open(root).version.number == 2


def test_versions_share_unchanged_files(root: Path) -> None:
    first = Book.open(root).version
    second = committed(root, payment=payments("P2")).version
    assert second.tables["loan"] == first.tables["loan"]
    assert second.tables["payment"][:1] == first.tables["payment"]
    assert len(list((root / "tables" / "loan").iterdir())) == 1


def test_rows_have_one_file_whatever_their_order() -> None:
    table = loans(L2=2, L1=1)
    assert parquet_bytes(table) == parquet_bytes(table)
    assert b"pandas" not in parquet_bytes(table)


def test_two_books_with_the_same_rows_are_the_same_bytes(tmp_path: Path) -> None:
    for name, table in (("a", loans(L1=1, L2=2)), ("b", loans(L2=2, L1=1))):
        committed_book = tmp_path / name
        Book.open_or_create(committed_book)
        committed(committed_book, loan=table)
    files = [
        {p.relative_to(tmp_path / name).as_posix(): p.read_bytes() for p in _content(tmp_path / name)}
        for name in "ab"
    ]
    assert files[0] == files[1]


def _content(root: Path) -> Iterator[Path]:
    return (p for p in root.rglob("*") if p.is_file() and not p.name.startswith(".lock"))


def test_a_reader_stays_on_its_version(root: Path) -> None:
    reader = Book.open(root)
    committed(root, loan=loans(L1=7))
    assert reader.read("loan").column("principal_minor").to_pylist() == [1, 2]
    assert reader.version.number == 1


def test_a_table_never_delivered_is_empty_in_the_contract_schema(root: Path) -> None:
    book = Book.open(root)
    assert not book.has("staff")
    assert book.has("loan")
    assert book.read("staff").schema == DELIVERED["staff"].schema()
    assert book.read("staff").num_rows == 0
    with pytest.raises(Fault, match="no table 'position' is delivered"):
        book.read("position")


def test_what_is_no_book_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="is not a book") as caught:
        Book.open(tmp_path)
    assert caught.value.exit_code == USAGE
    (tmp_path / "thesis.docx").write_text("mine")
    with pytest.raises(Fault, match="not empty"):
        Book.open_or_create(tmp_path)


def test_a_damaged_table_and_pointer_are_named(root: Path) -> None:
    path = Book.open(root).paths("loan")[0]
    path.write_bytes(b"PAR1")
    with pytest.raises(Fault, match="table loan cannot be read") as caught:
        Book.open(root).read("loan")
    assert caught.value.exit_code == CRASHED
    (root / "CURRENT").write_text("9\n")
    with pytest.raises(Fault, match=r"000009\.json"):
        Book.open(root)
    (root / "CURRENT").write_text("x\n")
    with pytest.raises(Fault, match="not a version number"):
        Book.open(root)


def test_a_second_writer_is_told_who_holds_the_lock(root: Path) -> None:
    with locked(root), pytest.raises(Fault) as caught, locked(root):
        pass
    assert caught.value.exit_code == LOCKED
    assert f"by process {os.getpid()} on " in caught.value.what
    assert " since 2" in caught.value.what
    with locked(root):
        pass


def test_the_lock_of_a_dead_writer_is_free(root: Path) -> None:
    _in_child(root, lambda: os.kill(os.getpid(), signal.SIGKILL))
    with locked(root):
        assert root.is_dir()


def test_derived_tables_are_complete_or_absent(root: Path) -> None:
    book = Book.open(root)

    def fail(folder: Path) -> None:
        (folder / "part").write_text("half")
        raise RuntimeError("out of paper")

    with pytest.raises(RuntimeError):
        book.derive("replay", fail)
    assert not book.derived("replay").exists()
    assert list(book.derived("replay").parent.iterdir()) == []

    def fill(folder: Path) -> None:
        (folder / "part").write_text("whole")

    done = book.derive("replay", fill)
    assert book.derive("replay", fail) == done
    assert (done / "part").read_text() == "whole"
    with pytest.raises(Fault, match="cannot name"):
        book.derived("../../etc")


# So many that the file keeps the row that goes, and a file beside it says so.
OTHERS = {f"M{n:02d}": n for n in range(10)}
OLD = ({"L1": 1, "L2": 2, **OTHERS}, ["P1"])
NEW = ({"L1": 5, "L2": 2, **OTHERS}, ["P1", "P2"])


@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_a_failing_disk_leaves_the_old_version(
    root: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """The k-th call fails, k = 1, 2, …, until a run needs fewer calls than that."""
    real = getattr(os, call)
    committed(root, loan=loans(**OTHERS))
    for k in range(1, 20):
        calls = iter(range(1, 1000))

        def failing(*args: object, calls: Iterator[int] = calls, k: int = k) -> object:
            if next(calls) == k:
                raise OSError(28, "No space left on device")
            return real(*args)

        with monkeypatch.context() as patch:
            patch.setattr(os, call, failing)
            try:
                committed(root, loan=loans(L1=5), payment=payments("P2"))
            except Fault as fault:
                assert "No space left" in fault.what  # noqa: PT017 - a run may also succeed
            else:
                break
        # Only the very last call, the sync behind the pointer's rename, fails with the new version in place.
        assert held(root) in (OLD, NEW)
        if held(root) == NEW:
            break
    assert k > 3
    assert held(root) == NEW
    assert not list(root.rglob(".staging-*"))


@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_a_kill_leaves_the_old_or_the_new_version(tmp_path: Path, call: str) -> None:
    for k in range(1, 20):
        folder = tmp_path / f"{call}{k}"
        Book.open_or_create(folder)
        committed(folder, loan=loans(L1=1, L2=2, **OTHERS), payment=payments("P1"))
        died = _in_child(folder, lambda k=k: _kill_at(call, k))  # type: ignore[misc]
        assert held(folder) in (OLD, NEW)
        if not died:
            break
        committed(folder, loan=loans(L1=5), payment=payments("P2"))
        assert held(folder)[0] == NEW[0]
        assert not list(folder.rglob(".staging-*"))
    assert held(folder) == NEW


def _kill_at(call: str, k: int) -> None:
    real, calls = getattr(os, call), iter(range(1, 1000))

    def killing(*args: object) -> object:
        if next(calls) == k:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args)

    setattr(os, call, killing)


def _in_child(root: Path, before: Callable[[], None]) -> bool:
    """Commit in another process after ``before``; say whether it was killed."""

    def work() -> None:
        with locked(root):
            before()
            commit(
                Book.open(root),
                {"loan": loans(L1=5), "payment": payments("P2")},
                Version(properties=PROPERTIES),
            )

    child = multiprocessing.get_context("fork").Process(target=work)
    child.start()
    child.join()
    return child.exitcode == -signal.SIGKILL


def test_the_manifest_is_canonical(root: Path) -> None:
    text = (root / "versions" / "000001.json").read_text(encoding="utf-8")
    assert json.loads(text)["tables"]["loan"][0]["rows"] == 2
    assert Book.open(root).version.text() == text
