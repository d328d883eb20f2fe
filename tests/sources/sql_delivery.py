"""A mapping that asks a database, and its load."""

from __future__ import annotations

from pathlib import Path

from lender_delivery import HEAD

from postloan.jobs.load import LoadReport, load

LOANS = """
  - path: loans
    format: sql
    database: LEDGER_DB
    query: loan
    tables:
      loan: {columns: {loan_id: id, branch: branch, principal_minor: amount, disbursed_on: lent}}
"""
PAYMENTS = """
  - path: payments
    format: sql
    database: LEDGER_DB
    query: SELECT id, loan, paid, amount FROM payment
    tables:
      payment: {columns: {payment_id: id, loan_id: loan, paid_on: paid, amount_minor: amount}}
"""
MAPPING = HEAD + LOANS + PAYMENTS


def load_from_database(folder: Path, mapping: str = MAPPING, book: str = "book") -> LoadReport:
    """Load as ``mapping`` says into a book in ``folder``; no file is delivered."""
    source = folder / "in"
    source.mkdir(exist_ok=True)
    (folder / "mapping.yaml").write_text(mapping, encoding="utf-8")
    return load(folder / "mapping.yaml", source, folder / book)
