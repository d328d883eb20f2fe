"""The month-end close: a month's delivery into a book of 36 months.

Loans are paid out evenly over the 36 months, so that the next month has payments of two loans in three. Its
delivery also has new loans, changed rows of loans and instalments, payments told late and payments that
bounced. Nothing is sorted by when it happened: payments are numbered by loan, and what changed is spread
over the whole book.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.workload import FIRST_MONTH, ledgers
from postloan.book.lock import locked
from postloan.book.store import Book
from postloan.book.version import Version
from postloan.book.write import commit
from postloan.model.tables import DELIVERED
from postloan.sources.mapping import read_mapping

MONTHS = 36
NEW_IN_A_THOUSAND = 4  # loans of the next month, beside those of the book
N_CHANGED, N_LATE, N_BOUNCED = 300, 200, 100  # rows, whatever the size

_MAPPING = """\
lender: {zh: 合成月结贷款公司（合成数据）, en: Synthetic Close Lender (synthetic data)}
is_synthetic: true
currency: CNY
timezone: Asia/Shanghai
limits: {quarantine_share: 0}
formats: {dates: ['%Y-%m-%d'], money: minor}
files:
"""
_COLUMNS = {
    "loan": ("loan_id", "customer_id", "product", "branch", "principal_minor", "disbursed_on"),
    "instalment": (
        "loan_id", "schedule_no", "instalment_no", "due_on", "principal_minor", "interest_minor",
    ),
    "payment": ("payment_id", "loan_id", "paid_on", "amount_minor", "payment_kind", "reverses_id"),
}  # fmt: skip
_NEXT = FIRST_MONTH + MONTHS  # the month that is delivered
_LATE = f"""
    SELECT payment_id FROM payment WHERE paid_on < DATE '{_NEXT}-01' AND paid_on >= DATE '{_NEXT - 2}-01'
    ORDER BY hash(payment_id) LIMIT {N_LATE}
"""
# What the book is loaded with, and the month in which it happened.
_HELD = {
    "loan": "SELECT *, strftime(disbursed_on, '%Y-%m') AS month FROM loan WHERE NOT is_new",
    "instalment": """
        SELECT instalment.*, strftime(disbursed_on, '%Y-%m') AS month
        FROM instalment JOIN loan USING (loan_id) WHERE NOT is_new
    """,
    "payment": f"""
        SELECT payment.*, strftime(paid_on, '%Y-%m') AS month FROM payment JOIN loan USING (loan_id)
        WHERE NOT is_new AND paid_on < DATE '{_NEXT}-01' AND payment_id NOT IN (FROM late)
    """,
}
_DELIVERED = {
    "loan": f"""
        SELECT * REPLACE (DATE '{_NEXT}-01' + (hash(loan_id) % 28)::INTEGER AS disbursed_on) FROM loan WHERE is_new
        UNION ALL
        (SELECT * REPLACE ('branch 99' AS branch) FROM loan
        WHERE NOT is_new ORDER BY hash(loan_id) LIMIT {N_CHANGED})
    """,
    "instalment": f"""
        SELECT instalment.* REPLACE (
            (DATE '{_NEXT}-01' + to_months(instalment_no))::DATE + (hash(loan_id) % 28)::INTEGER AS due_on
        ) FROM instalment JOIN loan USING (loan_id) WHERE is_new
        UNION ALL
        (SELECT instalment.* REPLACE (interest_minor + 100 AS interest_minor)
        FROM instalment JOIN loan USING (loan_id)
        WHERE NOT is_new AND due_on >= DATE '{_NEXT + 1}-01' ORDER BY hash(loan_id, due_on) LIMIT {N_CHANGED})
    """,
    "payment": f"""
        SELECT payment.* FROM payment JOIN loan USING (loan_id)
        WHERE NOT is_new AND (date_trunc('month', paid_on) = DATE '{_NEXT}-01' OR payment_id IN (FROM late))
        UNION ALL
        (SELECT payment.* REPLACE (
            'R' || payment_id AS payment_id, 'reversal' AS payment_kind, payment_id AS reverses_id,
            DATE '{_NEXT}-15' AS paid_on
        ) FROM payment JOIN loan USING (loan_id)
        WHERE NOT is_new AND date_trunc('month', paid_on) = DATE '{_NEXT - 1}-01'
            AND payment_id NOT IN (FROM late)
        ORDER BY hash(payment_id) LIMIT {N_BOUNCED})
    """,
}


def prepare(folder: Path, loans: int) -> None:
    """Write the book, and the next month's files with their mapping: ``book``, ``delivery``, ``mapping.yaml``.

    Args:
        folder: Empty.
        loans: How many the book has.
    """
    (folder / "mapping.yaml").write_text(_MAPPING + "".join(map(_file, _COLUMNS)), encoding="utf-8")
    parts = list(ledgers(loans * (1000 + NEW_IN_A_THOUSAND) // 1000, MONTHS))
    with duckdb.connect(config={"threads": 2, "python_enable_replacements": False}) as connection:
        for name in _COLUMNS:
            connection.register(name if name != "loan" else "lent", pa.concat_tables(p[name] for p in parts))
        connection.execute(f"CREATE VIEW loan AS SELECT *, loan_id >= 'L{loans:09d}' AS is_new FROM lent")
        connection.execute(f"CREATE TABLE late AS {_LATE}")
        _write_book(connection, folder)
        _write_delivery(connection, folder / "delivery")


def _file(table: str) -> str:
    columns = ", ".join(f"{name}: {name}" for name in _COLUMNS[table])
    return f"  - path: {table}.csv\n    tables: {{{table}: {{columns: {{{columns}}}}}}}\n"


def _write_book(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Commit 36 months, one version each."""
    then = Version(properties=read_mapping(folder / "mapping.yaml").properties())
    with TemporaryDirectory(dir=folder) as months:
        for name, query in _HELD.items():
            connection.execute(f"COPY ({query}) TO '{months}/{name}' (FORMAT parquet, PARTITION_BY (month))")
        book = Book.open_or_create(folder / "book")
        with locked(book.root):
            for month in range(MONTHS):
                part = f"month={FIRST_MONTH + month}"
                incoming = {
                    name: pq.read_table(path, schema=DELIVERED[name].schema(), partitioning=None)
                    for name in _HELD
                    if (path := Path(months) / name / part).exists()
                }
                book = commit(book, incoming, then)


def _write_delivery(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    folder.mkdir()
    for name, query in _DELIVERED.items():
        columns = ", ".join(_COLUMNS[name])
        rows = f"SELECT {columns} FROM ({query}) ORDER BY hash({columns.split(',')[0]}), {columns}"
        connection.execute(f"COPY ({rows}) TO '{folder / name}.csv' (HEADER)")
