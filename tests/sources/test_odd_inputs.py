"""What is odd and yet sure is let in: with a word where a reader should know, without one where nothing differs."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from bad_deliveries import CUSTOMERS, LOAN_TEXTS, XLSX, Files, payments, saved, workbook
from lender_delivery import HEAD, LOAN_FILE, LOANS, MAPPING, PAYMENT_FILE, PAYMENTS, deliver, entry
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from postloan.book.store import Book
from postloan.jobs.load import LoadReport

LET_IN: dict[str, tuple[Files, str, str, str, str]] = {
    "full-width digits in an amount": (
        payments("P3,000123,2025-03-01,１２３"),
        MAPPING,
        "payment",
        "notes",
        "amount_minor: 1 × full-width or invisible characters read as plain ones",
    ),
    "a column nobody asked for": (
        {
            "loans.csv": LOANS.replace("放款日\n", "放款日,备注\n")
            .replace("15\n", "15,x\n")
            .replace("28\n", "28,y\n")
        },
        MAPPING,
        "loan",
        "ignored_columns",
        "备注",
    ),
    "a resident number with a wrong check digit": (
        {"customers.csv": "客户号,证件号码\n1,110101199003070021\n2,11010119900307002X\n"},
        CUSTOMERS,
        "customer",
        "warnings",
        "id_number: resident number with a wrong check digit or date of birth",
    ),
    "a payment before disbursement": (
        payments("P3,000123,2025-01-14,1"),
        MAPPING,
        "payment",
        "warnings",
        "paid_on: before disbursement",
    ),
    "amounts in another unit": (
        {
            "loans.csv": "借据号,机构,金额,放款日\n"
            + "".join(f"{n},东,{n % 7 + 1},2025-01-15\n" for n in range(30))
        },
        HEAD + LOAN_FILE,
        "loan",
        "notes",
        "principal_minor: amounts are small: perhaps in 万元 (ten thousands), check `money`",
    ),
    "hidden rows of a sheet": (
        {
            "loans.xlsx": workbook(
                lambda sheet: sheet.row_dimensions.__getitem__(2).__setattr__("hidden", True)
            )
        },
        XLSX,
        "loan",
        "notes",
        "hidden rows, read like others: 1",
    ),
    "blank lines": (payments("", ",,,"), MAPPING, "payment", "ignored", "blank"),
    "a total line": (payments("合计,,,150.5"), MAPPING, "payment", "ignored", "total_line"),
    "the same row twice": (payments("P1,000123,2025-02-15,100"), MAPPING, "payment", "ignored", "duplicate"),
}


@pytest.mark.parametrize("oddity", LET_IN)
def test_what_is_odd_is_let_in_and_said(tmp_path: Path, oddity: str) -> None:
    files, mapping, table, place, said = LET_IN[oddity]
    found = entry(deliver(tmp_path, files, mapping), table)
    assert found["rows_quarantined"] == 0
    told: Any = found[place]
    words = {"notes": "note", "warnings": "reason"}
    assert said in ([one[words[place]] for one in told] if place in words else list(told))


HARMLESS: dict[str, Files] = {
    "columns in another order": {
        "loans.csv": "放款日,金额,机构,借据号\n2025-01-15,1000,东,000123\n2025-02-28,2000.5,西,1E10\n"
    },
    "another name the mapping knows": {"loans.csv": LOANS.replace("金额", "amount")},
    "a byte order mark": {"loans.csv": LOANS.encode("utf-8-sig")},
    "GBK": {"loans.csv": LOANS.encode("gbk")},
    "GB18030": {"loans.csv": LOANS.encode("gb18030")},
    "UTF-16 of a spreadsheet": {"loans.csv": LOANS.encode("utf-16")},
    "ends of lines of all kinds": {
        "loans.csv": LOANS.replace("\n", "\r\n", 1).replace("\n1E10", "\r1E10").encode()
    },
    "quotes around every value": {
        "loans.csv": "".join(",".join(f'"{v}"' for v in row) + "\n" for row in LOAN_TEXTS)
    },
    "no end of the last line": {"loans.csv": LOANS.removesuffix("\n")},
    "blanks around values": {"loans.csv": LOANS.replace("000123,", " 000123\u3000,")},
}


@pytest.mark.parametrize("form", HARMLESS)
def test_what_only_looks_different_is_the_same_book(tmp_path: Path, form: str) -> None:
    report = deliver(tmp_path, HARMLESS[form])
    loan = Book.open(tmp_path / "book").read("loan")
    assert entry(report, "loan")["rows_quarantined"] == 0
    assert loan.column("loan_id").to_pylist() == ["000123", "1E10"]
    assert loan.column("branch").to_pylist() == ["东", "西"]
    assert loan.column("principal_minor").to_pylist() == [100_000, 200_050]


def only(report: LoadReport, table: str, folder: Path, column: str) -> list[object]:
    assert entry(report, table)["rows_quarantined"] == 0
    values: list[object] = Book.open(folder / "book").read(table).column(column).to_pylist()
    return values


def test_identifiers_that_look_like_numbers_flags_or_nothing_stay_text(tmp_path: Path) -> None:
    ids = ["000123", "1E10", "TRUE", "NA", "null", "2-1"]
    text = "借据号,机构,金额,放款日\n" + "".join(f"{name},东,1,2025-01-15\n" for name in ids)
    report = deliver(tmp_path, {"loans.csv": text}, HEAD + LOAN_FILE)
    assert sorted(map(str, only(report, "loan", tmp_path, "loan_id"))) == sorted(ids)


def test_rare_characters_are_kept(tmp_path: Path) -> None:
    report = deliver(tmp_path, {"loans.csv": LOANS.replace("东", "𠮷䶮㐂").encode("gb18030")})
    assert only(report, "loan", tmp_path, "branch") == ["𠮷䶮㐂", "西"]


def test_an_end_of_line_in_quotes_belongs_to_its_value(tmp_path: Path) -> None:
    report = deliver(tmp_path, {"loans.csv": LOANS.replace("东", '"东\n区"')})
    assert only(report, "loan", tmp_path, "branch") == ["东\n区", "西"]


def test_days_counted_from_1904_are_converted(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    for row in (LOAN_TEXTS[0], ["9", "北", "1", date(2025, 1, 15)]):
        book.worksheets[0].append(row)
    report = deliver(tmp_path, {"loans.xlsx": saved(book)}, XLSX)
    assert [str(day) for day in only(report, "loan", tmp_path, "disbursed_on")] == ["2025-01-15"]
    notes: Any = entry(report, "loan")["notes"]
    assert [note["note"] for note in notes] == [
        "days count from 1904 in the workbook; its dates are converted"
    ]


def test_a_payment_file_sent_again_under_another_name_counts_once(tmp_path: Path) -> None:
    mapping = HEAD + LOAN_FILE + PAYMENT_FILE.replace("payments.csv", "pay*.csv")
    deliver(tmp_path, {}, mapping)
    deliver(tmp_path, {"pay-again.csv": PAYMENTS}, mapping)
    assert Book.open(tmp_path / "book").read("payment").num_rows == 2
