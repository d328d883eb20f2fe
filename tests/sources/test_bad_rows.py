"""A row that breaks the contract is set aside with a reason a data owner can act on; the others are taken."""

from __future__ import annotations

from pathlib import Path

import pytest
from bad_deliveries import (
    CUSTOMERS,
    DELIVERED_ON,
    EVENTS,
    INSTALMENTS,
    RATE,
    REVERSAL_HEAD,
    REVERSALS,
    TAPE,
    XLSX,
    Files,
    payments,
    workbook,
)
from lender_delivery import LOANS, MAPPING, PAYMENTS, deliver, reasons

from postloan.book.store import Book

# A third payment → the reason.
PAYMENTS_SET_ASIDE = {
    "full-width characters in an identifier": (
        "Ｐ３,000123,2025-03-01,1",
        "payment_id: full-width or invisible character",
    ),
    "a zero-width space in an identifier": (
        "P3\u200b,000123,2025-03-01,1",
        "payment_id: full-width or invisible character",
    ),
    "a NUL": ("P\x003,000123,2025-03-01,1", "payment_id: control character"),
    "too few fields": ("P3,000123,2025-03-01", "too few fields (3, not 4)"),
    "too many fields": ("P3,000123,2025-03-01,1,9", "too many fields (5, not 4)"),
    "a field of three megabytes": (
        f"P3,000123,2025-03-01,{'9' * 3_000_001}",
        "a field is longer than 3,000,000 bytes",
    ),
    "a payment of no loan": ("P3,123,2025-03-01,1", "loan_id: not in loan"),
    "letters in an amount": ("P3,000123,2025-03-01,x12", "amount_minor: not a number as declared"),
    "a thousands mark nobody declared": (
        'P3,000123,2025-03-01,"1,234.56"',
        "amount_minor: thousands mark not declared",
    ),
    "a negative amount in brackets": (
        "P3,000123,2025-03-01,(99.10)",
        "amount_minor: negative number in brackets",
    ),
    "a currency sign": ("P3,000123,2025-03-01,￥5", "amount_minor: currency sign"),
    "a unit behind an amount": ("P3,000123,2025-03-01,1.5万", "amount_minor: unit behind the number"),
    "a dash for nothing": ("P3,000123,2025-03-01,-", "amount_minor: placeholder not declared as blank"),
    "an amount with three decimals": ("P3,000123,2025-03-01,1.005", "amount_minor: more than 2 decimals"),
    "scientific notation": ("P3,000123,2025-03-01,1e3", "amount_minor: scientific notation"),
    "not a number": ("P3,000123,2025-03-01,NaN", "amount_minor: not a finite number"),
    "infinity": ("P3,000123,2025-03-01,inf", "amount_minor: not a finite number"),
    "an amount too large for a ledger": ("P3,000123,2025-03-01,12345678901234567", "amount_minor: too large"),
    "no amount": ("P3,000123,2025-03-01,", "amount_minor: missing"),
    "30 February": ("P3,000123,2025-02-30,1", "paid_on: not a date like %Y-%m-%d"),
    "29 February 1900, day 60 of a spreadsheet": (
        "P3,000123,1900-02-29,1",
        "paid_on: not a date like %Y-%m-%d",
    ),
    "a date without hyphens": ("P3,000123,20251031,1", "paid_on: not a date like %Y-%m-%d"),
    "a date in Chinese": ("P3,000123,2025年10月31日,1", "paid_on: not a date like %Y-%m-%d"),
    "a date with strokes": ("P3,000123,03/04/2025,1", "paid_on: not a date like %Y-%m-%d"),
    "a day number of a spreadsheet": (
        "P3,000123,45962,1",
        "paid_on: day number of a spreadsheet, not a date",
    ),
    "a day that stands for none": (
        "P3,000123,2099-12-31,1",
        "paid_on: placeholder 2099-12-31 not declared as blank",
    ),
}


@pytest.mark.parametrize("fault", PAYMENTS_SET_ASIDE)
def test_a_payment_is_set_aside_with_its_reason(tmp_path: Path, fault: str) -> None:
    line, reason = PAYMENTS_SET_ASIDE[fault]
    report = deliver(tmp_path, payments(line))
    assert reasons(report, "payment") == {reason: 1}
    kept = Book.open(tmp_path / "book").read("quarantine").to_pylist()
    assert [(row["file"], row["row"], row["reasons"]) for row in kept] == [("payments.csv", 4, [reason])]


STATUS_HEAD, PLAN_HEAD, EVENT_HEAD = (
    "借据号,月末,逾期天数,余额\n",
    "借据号,期次,应还日,本金\n",
    "事件号,借据号,事件,日期\n",
)

# Files, their mapping, the table → the reason, and how many rows have it.
SET_ASIDE: dict[str, tuple[Files, str, str, str, int]] = {
    "a last line cut off": (
        {"payments.csv": PAYMENTS + "P3,0001"},
        MAPPING,
        "payment",
        "the last line is cut off (2 fields, not 4)",
        1,
    ),
    "one key with two contents": (
        payments("P1,000123,2025-02-15,100.01"),
        MAPPING,
        "payment",
        "same key, different content",
        2,
    ),
    "a resident number with a wrong check digit, where the mapping refuses it": (
        {"customers.csv": "客户号,证件号码\n1,110101199003070021\n2,11010119900307002X\n"},
        CUSTOMERS.replace("limits:", "identifiers: refuse\nlimits:"),
        "customer",
        "id_number: resident number with a wrong check digit or date of birth",
        1,
    ),
    "a negative balance": (
        {"tape.csv": STATUS_HEAD + "000123,2025-03-31,0,-1\n"},
        TAPE,
        "loan_tape",
        "balance_minor: below 0",
        1,
    ),
    "negative days past due": (
        {"tape.csv": STATUS_HEAD + "000123,2025-03-31,-5,1\n"},
        TAPE,
        "loan_tape",
        "dpd: below 0",
        1,
    ),
    "nines for unknown days past due": (
        {"tape.csv": STATUS_HEAD + "000123,2025-03-31,9999,1\n"},
        TAPE,
        "loan_tape",
        "dpd: placeholder 9999 not declared as blank",
        1,
    ),
    "a rate in percent among fractions": (
        {"loans.csv": LOANS.replace("东", "4.35").replace("西", "0.0385")},
        RATE,
        "loan",
        "Annual rate must be a fraction (4.35 % is 0.0435)",
        1,
    ),
    "a payment after the delivery": (
        payments("P3,000123,2025-11-01,1", "P4,000123,2025-10-31,1"),
        DELIVERED_ON,
        "payment",
        "paid_on: after the delivery on 2025-10-31",
        1,
    ),
    "an instalment due before disbursement": (
        {"plan.csv": PLAN_HEAD + "000123,1,2025-01-14,500\n000123,2,2025-01-15,500\n"},
        INSTALMENTS,
        "instalment",
        "due_on: before disbursement",
        1,
    ),
    "a loan settled before it was paid out": (
        {"events.csv": EVENT_HEAD + "E1,000123,结清,2025-01-14\nE2,1E10,结清,2025-02-28\n"},
        EVENTS,
        "loan_event",
        "event_on: before disbursement",
        1,
    ),
    "a reversal larger than the payment": (
        {"payments.csv": REVERSAL_HEAD + "P2,000123,2025-02-16,100.01,冲,P1\n"},
        REVERSALS,
        "payment",
        "amount_minor: reversed more than was paid",
        1,
    ),
    "two reversals of one payment": (
        {"payments.csv": REVERSAL_HEAD + "P2,000123,2025-02-16,60,冲,P1\nP3,000123,2025-02-16,60,冲,P1\n"},
        REVERSALS,
        "payment",
        "amount_minor: reversed more than was paid",
        2,
    ),
    "a reversal of an unknown payment": (
        {"payments.csv": REVERSAL_HEAD + "P2,000123,2025-02-16,100,冲,P0\n"},
        REVERSALS,
        "payment",
        "reverses_id: no such payment to reverse",
        1,
    ),
    "a reversal of another loan's payment": (
        {"payments.csv": REVERSAL_HEAD + "P2,1E10,2025-02-16,100,冲,P1\n"},
        REVERSALS,
        "payment",
        "reverses_id: the payment to reverse is of another loan",
        1,
    ),
    "a formula error in a sheet": (
        {"loans.xlsx": workbook(lambda sheet: sheet.append(["9", "北", "#N/A", "2025-01-01"]))},
        XLSX,
        "loan",
        "principal_minor: the cell holds the error #N/A (column C)",
        1,
    ),
    "a formula without a value": (
        {"loans.xlsx": workbook(lambda sheet: sheet.append(["9", "北", "=1+1", "2025-01-01"]))},
        XLSX,
        "loan",
        "principal_minor: a formula without a saved result (column C)",
        1,
    ),
}


@pytest.mark.parametrize("fault", SET_ASIDE)
def test_a_row_is_set_aside_with_its_reason(tmp_path: Path, fault: str) -> None:
    files, mapping, table, reason, n = SET_ASIDE[fault]
    report = deliver(tmp_path, files, mapping)
    assert reasons(report, table) == {reason: n}
    kept = Book.open(tmp_path / "book").read("quarantine").to_pylist()
    assert [row["reasons"] for row in kept if row["table"] == table] == [[reason]] * n


def test_a_reversal_within_its_payment_is_taken(tmp_path: Path) -> None:
    text = REVERSAL_HEAD + "P2,000123,2025-02-16,60,冲,P1\nP3,000123,2025-02-16,40,冲,P1\n"
    assert reasons(deliver(tmp_path, {"payments.csv": text}, REVERSALS), "payment") == {}


def test_a_reversal_of_a_payment_in_the_book_is_taken_once(tmp_path: Path) -> None:
    deliver(tmp_path, {"payments.csv": REVERSAL_HEAD}, REVERSALS)
    later = REVERSAL_HEAD.splitlines()[0] + "\nP2,000123,2025-02-16,100,冲,P1\n"
    assert reasons(deliver(tmp_path, {"payments.csv": later}, REVERSALS), "payment") == {}
    again = later.replace("P2", "P3")
    assert reasons(deliver(tmp_path, {"payments.csv": again}, REVERSALS), "payment") == {
        "amount_minor: reversed more than was paid": 1
    }
