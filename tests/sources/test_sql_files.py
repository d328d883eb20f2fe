"""Databases that are files, by the same address, query and checks: DuckDB and SQLite are opened to read only."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from lender_delivery import LOAN_FILE, LOANS, reasons
from sql_delivery import MAPPING, load_from_database

from postloan.book.store import Book
from postloan.jobs.check import check
from postloan.model.fault import REFUSED, USAGE, Fault

Run = Callable[..., None]

TABLES = (
    "CREATE TABLE loan (id text, branch text, amount decimal(18,3), lent date)",
    "INSERT INTO loan VALUES ('1E10', '西', 2000.5, '2025-02-28'), ('000123', '东', 1000, '2025-01-15')",
    "CREATE TABLE payment (id text, loan text, paid date, amount decimal(18,2))",
    "INSERT INTO payment VALUES ('P1', '000123', '2025-02-15', 100), ('P2', '1E10', '2025-03-15', 50.5)",
)


@pytest.fixture(params=["duckdb", "sqlite"])
def run(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return how to run statements in a ledger of two loans and two payments, which LEDGER_DB leads to."""
    path = tmp_path / "ledger.db"

    def in_duckdb(*statements: str) -> None:
        with duckdb.connect(path) as con:
            for statement in statements:
                con.execute(statement)

    def in_sqlite(*statements: str) -> None:
        con = sqlite3.connect(path)
        for statement in statements:
            con.execute(statement)
        con.commit()
        con.close()

    chosen: Run = in_duckdb if request.param == "duckdb" else in_sqlite
    chosen(*TABLES)
    monkeypatch.setenv("LEDGER_DB", f"{request.param}://{path}")
    return chosen


def test_a_file_is_loaded_like_a_server(run: Run, tmp_path: Path) -> None:
    report = load_from_database(tmp_path)
    assert [e["rows_accepted"] for e in report.entries] == [2, 2]
    book = Book.open(tmp_path / "book")
    assert book.read("loan").column("loan_id").to_pylist() == ["000123", "1E10"]
    assert book.read("loan").column("principal_minor").to_pylist() == [100_000, 200_050]
    assert book.read("payment").column("amount_minor").to_pylist() == [10_000, 5_050]
    assert not load_from_database(tmp_path).changed


def test_a_third_decimal_is_quarantined(run: Run, tmp_path: Path) -> None:
    run("INSERT INTO loan VALUES ('3', '东', 1.005, '2025-01-01')")
    assert reasons(load_from_database(tmp_path), "loan") == {"principal_minor: more than 2 decimals": 1}


def test_floating_point_amounts_are_refused(run: Run, tmp_path: Path) -> None:
    run("CREATE TABLE floating (id text, loan text, paid date, amount double)")
    run("INSERT INTO floating VALUES ('P1', '000123', '2025-02-15', 100.25)")
    with pytest.raises(Fault, match="floating point is not exact"):
        load_from_database(tmp_path, MAPPING.replace("FROM payment", "FROM floating"))


def test_a_changed_row_is_a_new_load(run: Run, tmp_path: Path) -> None:
    load_from_database(tmp_path)
    run("UPDATE loan SET branch = '北' WHERE id = '1E10'")
    assert load_from_database(tmp_path).version == 2


def test_an_unknown_table_is_a_wrong_query(run: Run, tmp_path: Path) -> None:
    with pytest.raises(Fault, match=r"payments: the database answers: .*no_such") as caught:
        load_from_database(tmp_path, MAPPING.replace("FROM payment", "FROM no_such"))
    assert caught.value.exit_code == USAGE
    assert str(tmp_path) not in caught.value.what


@pytest.mark.parametrize("kind", ["duckdb", "sqlite"])
def test_a_missing_file_is_refused_and_not_made(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGER_DB", f"{kind}://{tmp_path}/none.db")
    with pytest.raises(Fault, match="LEDGER_DB: there is no such database file") as caught:
        load_from_database(tmp_path)
    assert caught.value.exit_code == REFUSED
    assert not (tmp_path / "none.db").exists()


def test_a_check_lists_every_query_to_a_missing_file_and_judges_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGER_DB", f"duckdb://{tmp_path}/none.db")
    mapping = MAPPING + LOAN_FILE
    (tmp_path / "loans.csv").write_text(LOANS, encoding="utf-8")
    (tmp_path / "mapping.yaml").write_text(mapping, encoding="utf-8")
    report = check(tmp_path / "mapping.yaml", tmp_path).intake
    assert [(r["file"], r["what_zh"]) for r in report.refusals] == [
        ("loans", "LEDGER_DB：没有这个数据库文件"),
        ("payments", "LEDGER_DB：没有这个数据库文件"),
    ]
    assert [(e["file"], e["rows_accepted"]) for e in report.entries] == [("loans.csv", 2)]


@pytest.mark.parametrize("kind", ["duckdb", "sqlite"])
def test_a_file_that_is_no_database_is_refused(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "text.db").write_text("借据号,金额\n" * 100, encoding="utf-8")
    monkeypatch.setenv("LEDGER_DB", f"{kind}://{tmp_path}/text.db")
    with pytest.raises(Fault) as caught:
        load_from_database(tmp_path)
    assert caught.value.what.startswith(
        ("LEDGER_DB: the database cannot be opened", "loans: the database answers")
    )
    assert str(tmp_path) not in caught.value.what


@pytest.mark.parametrize("run", ["duckdb"], indirect=True)
@pytest.mark.parametrize(
    "query", ["FROM read_text('{path}')", "SELECT * FROM '{path}'", "SELECT * FROM glob('{path}')"]
)
def test_a_query_reads_no_other_file(run: Run, tmp_path: Path, query: str) -> None:
    (tmp_path / "other.csv").write_text("id\n1\n", encoding="utf-8")
    asked = query.format(path=tmp_path / "other.csv")
    with pytest.raises(Fault, match=r"payments: the database answers: .*(disabled|denied|not exist)"):
        load_from_database(tmp_path, MAPPING.replace("SELECT id, loan, paid, amount FROM payment", asked))


@pytest.mark.parametrize("run", ["duckdb"], indirect=True)
def test_an_infinite_day_is_quarantined(run: Run, tmp_path: Path) -> None:
    run("INSERT INTO payment VALUES ('P3', '1E10', 'infinity', 1)")
    assert reasons(load_from_database(tmp_path), "payment") == {"paid_on: not a date of the calendar": 1}


@pytest.mark.parametrize("run", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ("'P3', '1E10', '2025-02-30', 1", "paid_on: not a date like %Y-%m-%d"),
        ("'P3', '1E10', '2025-03-01', 'free'", "amount_minor: not a number as declared"),
        ("'P3', '1E10', '2025-03-01', '12345678901234.56'", "amount_minor: SQLite keeps 15 digits only"),
    ],
)
def test_a_cell_that_holds_something_else_is_quarantined(
    run: Run, tmp_path: Path, values: str, reason: str
) -> None:
    """SQLite takes any text in any column, and rounds what it takes for a number."""
    run(f"INSERT INTO payment VALUES ({values})")
    assert reason in reasons(load_from_database(tmp_path), "payment")
    assert Book.open(tmp_path / "book").read("payment").num_rows == 2


@pytest.mark.parametrize("run", ["sqlite"], indirect=True)
def test_a_large_whole_number_beside_a_blank_stays_whole(run: Run, tmp_path: Path) -> None:
    run("CREATE TABLE wide (id integer, loan text, paid date, amount integer)")
    run(
        "INSERT INTO wide VALUES (9007199254740993, '1E10', '2025-03-01', 1), (NULL, '1E10', '2025-03-01', 1)"
    )
    load_from_database(tmp_path, MAPPING.replace("FROM payment", "FROM wide"))
    assert Book.open(tmp_path / "book").read("payment").column("payment_id").to_pylist() == [
        "9007199254740993"
    ]
