"""The example of a database mapping works as it stands."""

from __future__ import annotations

from pathlib import Path

from postgres_server import Ledger
from postloan.book.store import Book
from postloan.jobs.load import load

EXAMPLE = Path(__file__).parents[2] / "params" / "sources" / "postgres_example.yaml"


def test_the_example_loads_a_ledger(ledger: Ledger, tmp_path: Path) -> None:
    ledger.run(
        "CREATE SCHEMA core",
        "CREATE TABLE core.loan (loan_no text, customer_no text, product_name text, branch_name text, "
        "amount numeric(18,2), lent_on date, matures_on date, yearly_rate numeric(7,4))",
        "CREATE TABLE core.repayment_plan (loan_no text, period int, due_on date, principal numeric(18,2), "
        "interest numeric(18,2))",
        "CREATE TABLE core.posting (posting_no bigint, loan_no text, kind text, posted_at timestamptz, "
        "amount numeric(18,2))",
        "INSERT INTO core.loan VALUES ('001', 'K1', '经营贷', '东', 1000, '2025-01-15', '2025-02-15', 4.35)",
        "INSERT INTO core.repayment_plan VALUES ('001', 1, '2025-02-15', 1000, 3.63)",
        "INSERT INTO core.posting VALUES (7, '001', '还款', '2025-02-14 16:30:00+00', 1003.63), "
        "(8, '001', '手续费', '2025-02-15 09:00:00+00', 1)",
    )
    report = load(EXAMPLE, tmp_path, tmp_path / "book")
    assert [(e["table"], e["rows_accepted"], e["rows_quarantined"]) for e in report.entries] == [
        ("loan", 1, 0),
        ("instalment", 1, 0),
        ("payment", 1, 0),
    ]
    (loan,) = Book.open(tmp_path / "book").read("loan").to_pylist()
    (payment,) = Book.open(tmp_path / "book").read("payment").to_pylist()
    assert (loan["principal_minor"], loan["annual_rate"]) == (100_000, 0.0435)
    assert (payment["payment_id"], payment["amount_minor"]) == ("7", 100_363)
    assert payment["paid_on"].isoformat() == "2025-02-15"  # the day it was in Shanghai
