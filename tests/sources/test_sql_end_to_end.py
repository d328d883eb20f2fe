"""The demo lender's ledger put into PostgreSQL gives the book and the figures that its files give."""

from __future__ import annotations

import csv
import gzip
import io
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ruamel.yaml import YAML

from postgres_server import Ledger, Server
from postloan.book.store import Book
from postloan.jobs.demo import demo
from postloan.jobs.load import LoadReport, load
from postloan.jobs.show import show
from postloan.model.tables import DELIVERED

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "params" / "sources" / "demo.yaml"
LOANS = 200
AS_OF = date(2026, 10, 31)
SQL_TYPES = {
    pa.int64(): "bigint",
    pa.int32(): "int",
    pa.int16(): "smallint",
    pa.date32(): "date",
    pa.bool_(): "boolean",
}


def columns_of(path: Path, encoding: str | None) -> pa.Table:
    """Return a file's columns: of a CSV as text, of Parquet as typed."""
    if path.suffix == ".parquet":
        return pq.read_table(path)
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode(encoding or "utf-8-sig")
    names, *rows = csv.reader(io.StringIO(text))
    return pa.table({name: [row[n] for row in rows] for n, name in enumerate(names)})


def put(ledger: Ledger, name: str, table: pa.Table) -> None:
    """Make a table in the ledger, with the types of the columns."""
    typed = ", ".join(f'"{field.name}" {SQL_TYPES.get(field.type, "text")}' for field in table.schema)
    with ledger.server.connected(ledger.name) as con, con.cursor() as cursor:
        cursor.execute(f'CREATE TABLE "{name}" ({typed})'.encode())
        with cursor.copy(f'COPY "{name}" FROM STDIN'.encode()) as copy:
            for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
                copy.write_row(row)


def asking(mapping: dict[str, Any]) -> dict[str, Any]:
    """Return the mapping with a query in place of every file."""
    files = [
        {
            **{name: value for name, value in file.items() if name != "encoding"},
            "path": file["path"].split(".")[0],
            "format": "sql",
            "database": "LEDGER_DB",
            "query": f'"{file["path"].split(".")[0]}"',
        }
        for file in mapping["files"]
    ]
    return {**mapping, "files": files}


@pytest.fixture(scope="module")
def loaded(server: Server, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, LoadReport, LoadReport]:
    """Return the folder of the two books, and the reports of their loads: from files, from PostgreSQL."""
    folder = tmp_path_factory.mktemp("demo")
    demo(folder / "files", loans=LOANS)
    from_files = load(DEMO, folder / "files", folder / "of_files")

    mapping = YAML(typ="safe").load(DEMO)
    ledger = Ledger.create(server, "demo")
    ledger.run("DROP TABLE loan, payment")
    for file in mapping["files"]:
        put(
            ledger,
            file["path"].split(".")[0],
            columns_of(folder / "files" / file["path"], file.get("encoding")),
        )
    with (folder / "postgres.yaml").open("w", encoding="utf-8") as out:
        YAML().dump(asking(mapping), out)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEDGER_DB", ledger.address())
        from_database = load(folder / "postgres.yaml", folder, folder / "of_database")
    return folder, from_files, from_database


def test_every_row_has_the_same_fate(loaded: tuple[Path, LoadReport, LoadReport]) -> None:
    _, from_files, from_database = loaded
    kept = ("table", "rows_read", "rows_accepted", "rows_quarantined", "ignored", "money")
    assert sum(e["rows_quarantined"] for e in from_files.entries) > 0
    assert [{name: entry[name] for name in kept} for entry in from_database.entries] == [
        {name: entry[name] for name in kept} for entry in from_files.entries
    ]


@pytest.mark.parametrize(
    "table", ["customer", "loan", "staff", "instalment", "payment", "loan_event", "provision"]
)
def test_the_books_hold_the_same_rows(loaded: tuple[Path, LoadReport, LoadReport], table: str) -> None:
    order = [(name, "ascending") for name in DELIVERED[table].grain]
    rows = [Book.open(loaded[0] / book).read(table).sort_by(order) for book in ("of_files", "of_database")]
    assert rows[0].num_rows > 0
    assert rows[0].equals(rows[1])


def test_the_figures_are_the_same(loaded: tuple[Path, LoadReport, LoadReport]) -> None:
    slugs = ["overdue_rate_balance", "par_30", "npl_ratio"]
    shown = [
        show(slugs, loaded[0] / book, AS_OF, by=["branch"], fmt="json", lang="en")
        for book in ("of_files", "of_database")
    ]
    assert "numerator" in shown[0]
    assert shown[0] == shown[1]
