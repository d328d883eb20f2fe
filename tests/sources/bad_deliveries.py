"""Mappings and files for deliveries in which something is wrong."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
from lender_delivery import HEAD, LOAN_FILE, LOANS, MAPPING, PAYMENTS

Files = dict[str, str | bytes]

LOAN_TEXTS = [line.split(",") for line in LOANS.splitlines()]
XLSX_FILE = LOAN_FILE.replace("path: loans.csv", "path: loans.xlsx\n    format: xlsx")
XLSX = HEAD + XLSX_FILE
DELIVERED_ON = MAPPING.replace("limits:", "delivered_on: 2025-10-31\nlimits:")
CUSTOMER_FILE = """
  - path: customers.csv
    tables:
      customer:
        columns: {customer_id: 客户号, id_number: 证件号码, customer_kind: {value: individual}}
"""
CUSTOMERS = HEAD + CUSTOMER_FILE
RATE = MAPPING.replace("branch: 机构", "annual_rate: {column: 机构, fraction: fraction}")
REVERSALS = MAPPING.replace(
    "amount_minor: 金额}",
    "amount_minor: 金额, payment_kind: {column: 类型, codes: {还: repayment, 冲: reversal}}, reverses_id: 原流水}",
)
REVERSAL_HEAD = "流水号,借据号,日期,金额,类型,原流水\nP1,000123,2025-02-15,100,还,\n"
INSTALMENTS = (
    MAPPING
    + """
  - path: plan.csv
    tables:
      instalment:
        columns: {loan_id: 借据号, schedule_no: {value: 1}, instalment_no: 期次, due_on: 应还日, principal_minor: 本金}
"""
)
EVENTS = (
    MAPPING
    + """
  - path: events.csv
    tables:
      loan_event:
        columns: {event_id: 事件号, loan_id: 借据号, event_kind: {column: 事件, codes: {结清: settlement}}, event_on: 日期}
"""
)
TAPE = (
    MAPPING
    + """
  - path: tape.csv
    tables:
      loan_tape: {columns: {loan_id: 借据号, observed_on: 月末, dpd: 逾期天数, balance_minor: 余额}}
"""
)


def loans(*lines: str) -> Files:
    return {"loans.csv": LOANS + "".join(f"{line}\n" for line in lines)}


def payments(*lines: str) -> Files:
    return {"payments.csv": PAYMENTS + "".join(f"{line}\n" for line in lines)}


def workbook(change: Callable[[Any], object]) -> bytes:
    """Return a workbook of the loans after ``change`` to its sheet."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in LOAN_TEXTS:
        sheet.append(row)
    change(sheet)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def archive(*members: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for member in ("[Content_Types].xml", *members):
            packed.writestr(member, "x")
    return file.getvalue()


def old_office(stream: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512) + stream.encode("utf-16-le")
