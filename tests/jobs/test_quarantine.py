"""The list of quarantined rows: masked, safe in a spreadsheet, in both languages."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from postloan.jobs.load import load
from postloan.jobs.quarantine import quarantine
from postloan.model.fault import USAGE, Fault

MAPPING = """
lender: {zh: 测试, en: Test}
is_synthetic: true
currency: CNY
timezone: none
limits: {quarantine_share: 1}
formats: {dates: ['%Y-%m-%d'], money: major}
files:
  - path: customers.csv
    tables:
      customer:
        columns: {customer_id: 客户号, name: 姓名, phone: 电话, id_number: 证件号, address: 地址, customer_since_on: 建档日}
  - path: loans.csv
    tables:
      loan: {columns: {loan_id: 借据号, customer_id: 客户号, product: 产品, principal_minor: 金额}}
"""
CUSTOMERS = (
    "客户号,姓名,电话,证件号,地址,建档日,备注\n"
    "C1,张三丰,13812345678,11010519491231002X,浙江省杭州市西湖区文一路1号,明天,家庭成员李四\n"
    "C2,王五\n"
)
LOANS = "借据号,客户号,产品,金额\nL1,C1,=HYPERLINK(1),-100.00\nL2,C1,＠SUM,=1+1\nL3,C1,致电13912345678,x\n"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "customers.csv").write_text(CUSTOMERS, encoding="utf-8")
    (tmp_path / "in" / "loans.csv").write_text(LOANS, encoding="utf-8")
    (tmp_path / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    load(tmp_path / "mapping.yaml", tmp_path / "in", tmp_path / "book")
    return tmp_path / "book"


def listed(book: Path, lang: str = "zh", *, is_masked: bool = True) -> list[dict[str, str]]:
    out = book.parent / "quarantine.csv"
    report = quarantine(book, out, lang, is_masked=is_masked)
    rows = list(csv.DictReader(io.StringIO(out.read_bytes().decode("utf-8-sig"), newline="")))
    assert report.rows == len(rows)
    return rows


def test_identifiers_are_masked_and_unmapped_columns_hidden(book: Path) -> None:
    row = listed(book)[0]
    assert (row["姓名"], row["电话"], row["证件号"]) == ("张**", "138****5678", "110*************2X")
    assert (row["地址"], row["备注"], row["客户号"]) == ("浙江省杭州市西湖区****", "***", "C1")
    text = (book.parent / "quarantine.csv").read_text(encoding="utf-8-sig")
    for secret in ("张三丰", "13812345678", "李四", "13912345678", "11010519491231002X"):
        assert secret not in text


def test_an_identifier_inside_free_text_is_masked_too(book: Path) -> None:
    assert [row["产品"] for row in listed(book)][-1] == "致电139****5678"


def test_a_record_whose_fields_cannot_be_told_apart_is_hidden(book: Path) -> None:
    assert [row["原始记录"] for row in listed(book)][:2] == ["", "***"]
    assert [row["原始记录"] for row in listed(book, is_masked=False)][:2] == ["", "C2,王五"]


def test_a_name_among_the_amounts_is_still_a_name(book: Path) -> None:
    text = CUSTOMERS.replace("明天", "欧阳测试") + "C3,赵六,13812345679,,,abc13912345678,\n"
    (book.parent / "in" / "customers.csv").write_text(text, encoding="utf-8")
    load(book.parent / "mapping.yaml", book.parent / "in", book)
    days = [row["建档日"] for row in listed(book)]
    assert "****" in days
    text = (book.parent / "quarantine.csv").read_text(encoding="utf-8-sig")
    assert "欧阳" not in text
    assert "13912345678" not in text


def test_unmasked_shows_what_was_delivered(book: Path) -> None:
    row = listed(book, is_masked=False)[0]
    assert (row["姓名"], row["电话"], row["备注"]) == ("张三丰", "13812345678", "家庭成员李四")


def test_text_is_no_formula_and_a_negative_amount_stays_a_number(book: Path) -> None:
    loans = [row for row in listed(book) if row["文件"] == "loans.csv"]
    assert [row["产品"] for row in loans[:2]] == ["'=HYPERLINK(1)", "'＠SUM"]
    assert [row["金额"] for row in loans] == ["-100.00", "'=1+1", "*"]


def test_every_reason_is_said_in_the_language_asked_for(book: Path) -> None:
    zh, en = listed(book)[0], listed(book, "en")[0]
    assert (zh["文件"], zh["行"], zh["表"], zh["原因"]) == (
        "customers.csv",
        "2",
        "客户",
        "建档日：不是日期（%Y-%m-%d）",
    )
    assert (en["Table"], en["Reasons"]) == ("Customer", "customer_since_on: not a date like %Y-%m-%d")


def test_the_file_opens_in_excel_as_utf8(book: Path) -> None:
    listed(book)
    data = (book.parent / "quarantine.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\r\n") == 6


def test_an_empty_quarantine_is_an_empty_list(book: Path) -> None:
    (book.parent / "in" / "customers.csv").write_text(
        "客户号,姓名,电话,证件号,地址,建档日\nC1,张,,,,\n", "utf-8"
    )
    (book.parent / "in" / "loans.csv").write_text("借据号,客户号,产品,金额\nL1,C1,x,1\n", "utf-8")
    load(book.parent / "mapping.yaml", book.parent / "in", book.parent / "other")
    assert listed(book.parent / "other") == []


def test_what_is_no_book_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="is not a book") as caught:
        quarantine(tmp_path, tmp_path / "out.csv")
    assert caught.value.exit_code == USAGE
    assert not (tmp_path / "out.csv").exists()


def test_an_output_that_cannot_be_written_is_named(book: Path) -> None:
    (book.parent / "taken").mkdir()
    with pytest.raises(Fault, match="taken") as caught:
        quarantine(book, book.parent / "taken")
    assert caught.value.exit_code == USAGE
