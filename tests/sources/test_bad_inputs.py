"""A file with which something is wrong as a whole is refused, in a sentence that says where and how to mend it."""

from __future__ import annotations

from pathlib import Path

import pytest
from bad_deliveries import CUSTOMERS, RATE, XLSX, Files, archive, loans, old_office, payments, workbook
from lender_delivery import LOANS, MAPPING, PAYMENTS, deliver, entry

from postloan.model.fault import REFUSED, Fault

TRAILER = MAPPING.replace(
    "path: payments.csv", "path: payments.csv\n    trailer: {starts: 'T|', delimiter: '|', rows: 2}"
)

REFUSED_WHOLE: dict[str, tuple[Files, str, str, str]] = {
    "empty file": ({"loans.csv": b""}, MAPPING, "loans.csv: empty file", "deliver it again"),
    "header without records": (
        {"loans.csv": "借据号,机构,金额,放款日\n"},
        MAPPING,
        "loans.csv: the file holds no records",
        "allow_empty",
    ),
    "no header": (
        {"loans.csv": LOANS.split("\n", 1)[1]},
        MAPPING,
        "no column 借据号; the file has values where the names of columns should be",
        "add the name to the mapping",
    ),
    "a column of another name": (
        {"loans.csv": LOANS.replace("金额", "放款金额")},
        MAPPING,
        "no column 金额 / amount; the file has 借据号, 机构, 放款金额, 放款日",
        "did you mean 放款金额?",
    ),
    "a name twice": (
        {"loans.csv": LOANS.replace("机构", "金额")},
        MAPPING,
        "columns 2 and 3 are both named 金额",
        "name every column once",
    ),
    "UTF-8 with one GBK line": (
        {"loans.csv": LOANS.encode() + "9,南山支行,1,2025-01-01\n".encode("gbk")},
        MAPPING,
        "loans.csv: byte 94 on line 4 is not UTF-8, line 1 is",
        "two files in different encodings",
    ),
    "UTF-16 without a mark": (
        {"loans.csv": LOANS.encode("utf-16-le")},
        MAPPING,
        "byte 95 on line 3 is not gb18030",
        "declare the file's true encoding",
    ),
    "GBK declared as UTF-8": (
        {"loans.csv": LOANS.encode("gbk")},
        MAPPING.replace("path: loans.csv", "path: loans.csv\n    encoding: utf-8"),
        "byte 0 on line 1 is not utf-8",
        "declare the file's true encoding",
    ),
    "semicolons": (
        {"loans.csv": LOANS.replace(",", ";")},
        MAPPING,
        "no column 借据号",
        "looks semicolon-separated: set `delimiter`",
    ),
    "tabs": (
        {"loans.csv": LOANS.replace(",", "\t")},
        MAPPING,
        "no column 借据号",
        "looks tab-separated: set `delimiter`",
    ),
    "pipes": (
        {"loans.csv": LOANS.replace(",", "|")},
        MAPPING,
        "no column 借据号",
        "looks pipe-separated: set `delimiter`",
    ),
    "a quote that never closes": (
        loans('9,"北,1,2025-01-01', "8,南,1,2025-01-01"),
        MAPPING,
        "the quote that opens on line 4 never closes",
        "close the quote",
    ),
    "long numbers destroyed in a sheet": (
        {"loans.xlsx": workbook(lambda sheet: sheet.append([110101199003070021, "东", "1", "2025-01-01"]))},
        XLSX,
        "借据号 (loan_id)",
        "format the column as text",
    ),
    "long numbers destroyed before the text was written": (
        loans("1.10101E+17,东,1,2025-01-01"),
        MAPPING,
        "column 借据号 (loan_id): 1 identifiers were numbers in a spreadsheet and have lost their last digits",
        "lost digits are not repaired",
    ),
    "long numbers that all end in zeros": (
        {
            "customers.csv": "客户号,证件号码\n"
            + "".join(f"{n},11010119900{n}000000\n" for n in (307, 308, 309))
        },
        CUSTOMERS,
        "column 证件号码 (id_number): 3 identifiers were numbers in a spreadsheet",
        "format the column as text",
    ),
    "two decimal marks in one column": (
        payments('P3,000123,2025-03-01,"1.234,56"', 'P4,000123,2025-03-01,"1,234.56"'),
        MAPPING,
        "column 金额 (amount_minor): ambiguous decimal mark",
        "write all numbers of the column in one form",
    ),
    "rates in percent where fractions are declared": (
        {"loans.csv": LOANS.replace("东", "4.35").replace("西", "3.85")},
        RATE,
        "column 机构 (annual_rate): most rates are above 1, such as 4.35: they look like percent",
        "say `fraction: percent`",
    ),
    "day and month in the other order": (
        {"payments.csv": PAYMENTS.replace("2025-02-15", "15/02/2025").replace("2025-03-15", "01/03/2025")},
        MAPPING.replace("'%Y-%m-%d'", "'%Y-%m-%d', '%m/%d/%Y'"),
        "not all dates can be read as %m/%d/%Y, all can as %d/%m/%Y",
        "declare `dates: ['%d/%m/%Y']`",
    ),
    "times with and without a zone": (
        payments("P3,000123,2025-03-01T10:00:00Z,1", "P4,000123,2025-03-01T10:00:00,1"),
        MAPPING.replace("'%Y-%m-%d'", "'%Y-%m-%d', '%Y-%m-%dT%H:%M:%S', '%Y-%m-%dT%H:%M:%S%z'"),
        "times with a zone and times without one",
        "write all times of the column with their zone",
    ),
    "another currency": (
        {"loans.csv": LOANS.replace("东", "CNY").replace("西", "USD")},
        MAPPING.replace("branch: 机构", "currency: 机构"),
        "1 loans are in another currency than CNY, the first in USD",
        "one book per currency",
    ),
    "names where currencies should be": (
        {"loans.csv": LOANS.replace("东", "张三丰").replace("西", "李四")},
        MAPPING.replace("branch: 机构", "currency: 机构"),
        "2 loans are in another currency than CNY, the first in 3 characters",
        "one book per currency",
    ),
    "a secret among the columns": (
        {
            "loans.csv": LOANS.replace("放款日\n", "放款日,登录密码\n")
            .replace("15\n", "15,x\n")
            .replace("28\n", "28,y\n")
        },
        MAPPING,
        "the column 登录密码 holds a password (密码) by its name: never accepted",
        "remove the column",
    ),
    "a workbook with a password": (
        {"loans.xlsx": old_office("EncryptedPackage")},
        XLSX,
        "an Office file protected by a password",
        "without a password",
    ),
    "a workbook with macros": (
        {"loans.xlsx": archive("xl/vbaProject.bin")},
        XLSX,
        "an Excel workbook with macros (.xlsm)",
        "save it as .xlsx",
    ),
    "an old workbook": (
        {"loans.xlsx": old_office("Workbook")},
        XLSX,
        "an old Excel workbook (.xls)",
        "save it as .xlsx",
    ),
    "a binary workbook": (
        {"loans.xlsx": archive("xl/workbook.bin")},
        XLSX,
        "a binary Excel workbook (.xlsb)",
        "save it as .xlsx",
    ),
    "a text named as a workbook": (
        {"loans.xlsx": LOANS},
        XLSX,
        "loans.xlsx: the mapping says xlsx, the file is",
        "correct `format` in the mapping",
    ),
    "merged cells": (
        {"loans.xlsx": workbook(lambda sheet: sheet.merge_cells("B2:B3"))},
        XLSX,
        "B2:B3",
        "unmerge them",
    ),
    "a total line that differs by 0.01": (
        payments("合计,,,150.51"),
        MAPPING,
        "payments.csv: total line in row 4: 金额 (amount_minor) is 150.51, the records it covers add up to 150.50",
        "deliver the whole file, or have the lender correct the total",
    ),
    "a trailer that counts another number": (
        payments("T|3"),
        TRAILER,
        "payments.csv: trailer: 3 records stated, 2 found",
        "deliver the whole file, or have the lender correct the total",
    ),
    "no trailer where one is declared": (
        {},
        TRAILER,
        "payments.csv: no trailer at the end: the last record should begin with 'T|'; is the file truncated?",
        "deliver the whole file",
    ),
    "more rows set aside than the mapping allows": (
        payments("P3,000123,2025-03-01,x"),
        MAPPING.replace("quarantine_share: 1", "quarantine_share: 0.3"),
        "1 of 3 rows for payment are refused (33.33%, allowed 30.00%): amount_minor: not a number as declared",
        "allow more in `limits.quarantine_share`",
    ),
}


@pytest.mark.parametrize("fault", REFUSED_WHOLE)
def test_a_file_is_refused_whole(tmp_path: Path, fault: str) -> None:
    files, mapping, what, mend = REFUSED_WHOLE[fault]
    with pytest.raises(Fault) as caught:
        deliver(tmp_path, files, mapping)
    assert what in caught.value.what
    assert mend in caught.value.mend
    for said in (caught.value.label, caught.value.remedy):
        assert said.zh != said.en
    assert caught.value.exit_code == REFUSED
    assert not (tmp_path / "book" / "CURRENT").exists()


def test_an_encoding_that_reads_anything_cannot_be_declared(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="encoding"):
        deliver(tmp_path, {}, MAPPING.replace("path: loans.csv", "path: loans.csv\n    encoding: latin-1"))


def test_two_date_formats_that_swap_day_and_month_cannot_be_declared(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="can read the same text as different dates"):
        deliver(tmp_path, {}, MAPPING.replace("'%Y-%m-%d'", "'%d/%m/%Y', '%m/%d/%Y'"))


def test_a_header_without_records_is_a_delivery_of_nothing_where_that_is_declared(tmp_path: Path) -> None:
    mapping = MAPPING.replace("path: payments.csv", "path: payments.csv\n    allow_empty: true")
    report = deliver(tmp_path, {"payments.csv": "流水号,借据号,日期,金额\n"}, mapping)
    assert entry(report, "payment")["rows_read"] == 0


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Fault, match=r"staff.csv: no such file"):
        deliver(tmp_path, {}, MAPPING.replace("path: loans.csv", "path: staff.csv"))


def test_a_folder_in_place_of_a_file_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "in" / "staff.csv").mkdir(parents=True)
    with pytest.raises(Fault, match=r"staff.csv: no such file"):
        deliver(tmp_path, {}, MAPPING.replace("path: loans.csv", "path: staff.csv"))
