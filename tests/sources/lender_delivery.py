"""A small delivery written into a folder: a mapping and the files it names, one fault at a time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from postloan.jobs.load import LoadReport, load

LOANS = "借据号,机构,金额,放款日\n000123,东,1000.00,2025-01-15\n1E10,西,2000.50,2025-02-28\n"
PAYMENTS = "流水号,借据号,日期,金额\nP1,000123,2025-02-15,100\nP2,1E10,2025-03-15,50.5\n"

HEAD = """
lender: {zh: 测试, en: Test}
is_synthetic: true
currency: CNY
timezone: none
limits: {quarantine_share: 1}
formats: {dates: ['%Y-%m-%d'], money: major}
files:
"""
LOAN_FILE = """
  - path: loans.csv
    tables:
      loan:
        columns: {loan_id: 借据号, branch: 机构, principal_minor: [金额, amount], disbursed_on: 放款日}
"""
PAYMENT_FILE = """
  - path: payments.csv
    tables:
      payment: {columns: {payment_id: 流水号, loan_id: 借据号, paid_on: 日期, amount_minor: 金额}}
"""
MAPPING = HEAD + LOAN_FILE + PAYMENT_FILE


def deliver(
    folder: Path, files: Mapping[str, str | bytes], mapping: str = MAPPING, book: str = "book"
) -> LoadReport:
    """Write a delivery of good loans and payments, ``files`` in place of them, and load it."""
    source = folder / "in"
    source.mkdir(exist_ok=True)
    for name, content in {"loans.csv": LOANS, "payments.csv": PAYMENTS, **files}.items():
        data = content.encode() if isinstance(content, str) else content
        (source / name).write_bytes(data)
    (folder / "mapping.yaml").write_text(mapping, encoding="utf-8")
    return load(folder / "mapping.yaml", source, folder / book)


def entry(report: LoadReport, table: str) -> dict[str, object]:
    """Return the ledger entry of a table fed by one file."""
    found = [e for e in report.entries if e["table"] == table]
    assert len(found) == 1
    return found[0]


def reasons(report: LoadReport, table: str) -> dict[str, int]:
    """Return the quarantine reasons of a table with their rows."""
    return {r["reason"]: r["rows"] for e in report.entries if e["table"] == table for r in e["reasons"]}
