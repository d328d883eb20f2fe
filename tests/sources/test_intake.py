"""Every fault a file can have leads to the stated end: refused whole, a row quarantined, or ignored."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from lender_delivery import HEAD, LOAN_FILE, LOANS, MAPPING, PAYMENTS, deliver, entry, reasons

from postloan.book.store import Book
from postloan.jobs.load import load
from postloan.model.fault import REFUSED, USAGE, Fault

PAYMENT_HEAD = "流水号,借据号,日期,金额\n"


def payments(*lines: str) -> str:
    return PAYMENT_HEAD + "".join(f"{line}\n" for line in lines)


def test_a_clean_delivery_is_accepted_whole(tmp_path: Path) -> None:
    report = deliver(tmp_path, {})
    book = Book.open(tmp_path / "book")
    assert [e["rows_accepted"] for e in report.entries] == [2, 2]
    assert book.read("loan").column("loan_id").to_pylist() == ["000123", "1E10"]
    assert book.read("loan").column("principal_minor").to_pylist() == [100_000, 200_050]
    assert book.read("loan").column("currency").to_pylist() == ["CNY", "CNY"]
    assert book.read("payment").column("known_on") == book.read("payment").column("paid_on")
    assert book.properties()["lender_zh"] == "测试"


@pytest.mark.parametrize(
    ("content", "what", "mend"),
    [
        ("", "empty file", "deliver"),
        ("借据号,机构,金额,放款日\n", "no records", "records"),
        (LOANS.replace("机构", "借据号"), "columns 1 and 2 are both named 借据号", "once"),
        (LOANS.replace("借据号", "借据编号"), "no column 借据号", "did you mean 借据编号?"),
        (LOANS.replace("金额", "放款金额"), "no column 金额 / amount", "did you mean 放款金额?"),
        (LOANS.replace("\n", ",amount\n", 1), "金额 and amount stand for the same column", "leave one"),
        (LOANS.replace(",", ";"), "no column 借据号", "semicolon-separated"),
        (LOANS.replace(",", "\t"), "no column 借据号", "tab-separated"),
        (LOANS.split("\n", 1)[1], "no column 借据号", "add the name"),
        (LOANS + '9,"北,1,2025-01-01\n8,南,1,2025-01-01\n', "the quote that opens on line 4", "close"),
        (LOANS.encode() + "张三,王五李四,1,2025-01-01".encode("gbk"), "on line 4 is not UTF-8", "joined"),
        (b"\xff\x81,b\n1,2\n", "byte 0 on line 1 is not gb18030", "true encoding"),
        (b"PK\x03\x04" + LOANS.encode(), "the zip archive is damaged", "again"),
        (gzip.compress(LOANS.encode(), mtime=0)[:-9], "gzip file is damaged", "again"),
    ],
)
def test_a_file_that_cannot_be_read_with_certainty_is_refused(
    tmp_path: Path, content: str | bytes, what: str, mend: str
) -> None:
    with pytest.raises(Fault) as caught:
        deliver(tmp_path, {"loans.csv": content})
    assert what in caught.value.what
    assert "loans.csv" in caught.value.what
    assert mend in caught.value.mend
    assert caught.value.exit_code == REFUSED
    assert not (tmp_path / "book" / "CURRENT").exists()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("P3,000123,2025-02-30,1", "paid_on: not a date like %Y-%m-%d"),
        ("P3,000123,03/04/2026,1", "paid_on: not a date like %Y-%m-%d"),
        ("P3,000123,20261031,1", "paid_on: not a date like %Y-%m-%d"),
        ("P3,000123,,1", "paid_on: missing"),
        ("P3,000123,2025-03-01,1.005", "amount_minor: more than 2 decimals"),
        ("P3,000123,2025-03-01,1e3", "amount_minor: scientific notation"),
        ("P3,000123,2025-03-01,NaN", "amount_minor: not a finite number"),
        ("P3,000123,2025-03-01,￥5", "amount_minor: currency sign"),
        ("P3,000123,2025-03-01,１２x", "amount_minor: not a number as declared"),
        ('P3,000123,2025-03-01,"1,234.56"', "amount_minor: thousands mark not declared"),
        ("P3,000123,2025-03-01,(99.10)", "amount_minor: negative number in brackets"),
        ("P3,000123,2025-03-01,99999999999999999999", "amount_minor: too large"),
        ("P3,000123,2025-03-01,-1", "amount_minor: below 0"),
        ("P3,000123,2025-03-01,", "amount_minor: missing"),
        (",000123,2025-03-01,1", "payment_id: missing"),
        ("P3,123,2025-03-01,1", "loan_id: not in loan"),
        ("P3,０００１２３,2025-03-01,1", "loan_id: full-width or invisible character"),
        ("P\x003,000123,2025-03-01,1", "payment_id: control character"),
        ("P3,000123,2025-03-01", "too few fields (3, not 4)"),
        ("P3,000123,2025-03-01,1,2", "too many fields (5, not 4)"),
        ('"P3"x,000123,2025-03-01,1', "text after a closing quote"),
    ],
)
def test_a_row_that_breaks_the_contract_is_quarantined(tmp_path: Path, line: str, reason: str) -> None:
    report = deliver(tmp_path, {"payments.csv": PAYMENTS + line + "\n"})
    assert reason in reasons(report, "payment")
    assert entry(report, "payment")["rows_accepted"] == 2
    kept = Book.open(tmp_path / "book").read("quarantine").to_pylist()
    assert [(row["file"], row["row"], row["raw"]) for row in kept] == [("payments.csv", 4, line)]
    assert reason in kept[0]["reasons"]


def test_all_reasons_of_a_row_are_listed(tmp_path: Path) -> None:
    deliver(tmp_path, {"payments.csv": PAYMENTS + "P3,nobody,yesterday,1.005\n"})
    kept = Book.open(tmp_path / "book").read("quarantine").to_pylist()
    assert sorted(kept[0]["reasons"]) == [
        "amount_minor: more than 2 decimals",
        "loan_id: not in loan",
        "paid_on: not a date like %Y-%m-%d",
    ]


@pytest.mark.parametrize(
    ("lines", "cause", "n"),
    [
        (["", ",,,", "  "], "blank", 3),
        (["合计,,,150.5"], "total_line", 1),
        (["小 计：,,,150.5", "Total,,,150.5"], "total_line", 2),
        (["P1,000123,2025-02-15,100", "P1,000123,2025-02-15,100.00"], "duplicate", 2),
    ],
)
def test_rows_that_are_no_facts_are_ignored_and_counted(
    tmp_path: Path, lines: list[str], cause: str, n: int
) -> None:
    report = deliver(tmp_path, {"payments.csv": PAYMENTS + "\n".join(lines) + "\n"})
    found = entry(report, "payment")
    assert found["ignored"] == {cause: n}
    assert found["rows_accepted"] == 2
    assert found["rows_read"] == 2 + n


def test_one_key_with_two_contents_is_quarantined_on_both_sides(tmp_path: Path) -> None:
    text = PAYMENTS + "P1,000123,2025-02-15,100.01\nP2,1E10,2025-03-15,oops\n"
    report = deliver(tmp_path, {"payments.csv": text})
    assert reasons(report, "payment")["same key, different content"] == 4
    assert entry(report, "payment")["rows_accepted"] == 0


def test_same_day_same_amount_payments_are_two(tmp_path: Path) -> None:
    report = deliver(tmp_path, {"payments.csv": payments("P1,1E10,2025-02-15,5", "P2,1E10,2025-02-15,5")})
    assert entry(report, "payment")["rows_accepted"] == 2


def test_a_payment_before_disbursement_is_a_warning(tmp_path: Path) -> None:
    report = deliver(tmp_path, {"payments.csv": payments("P1,000123,2025-01-14,0", "P2,000123,2025-01-15,1")})
    assert [w["rows"] for w in report.entries[1]["warnings"]] == [1]
    assert entry(report, "payment")["rows_accepted"] == 2
    assert "warning: paid_on: before disbursement: 1 rows, first at row 2" in report.text()


def test_an_embedded_line_end_is_one_record_at_its_first_line(tmp_path: Path) -> None:
    text = LOANS + '"77","东\n区",1,2025-01-01\r\n78,西,x,2025-01-01\n'
    report = deliver(tmp_path, {"loans.csv": text})
    assert entry(report, "loan")["rows_accepted"] == 3
    kept = Book.open(tmp_path / "book").read("quarantine").to_pylist()
    assert [row["row"] for row in kept] == [6]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_encodings_are_recognised(tmp_path: Path, encoding: str) -> None:
    report = deliver(tmp_path, {"loans.csv": LOANS.encode(encoding)})
    assert entry(report, "loan")["rows_accepted"] == 2
    assert Book.open(tmp_path / "book").read("loan").column("branch").to_pylist() == ["东", "西"]


def test_a_rare_character_survives_gb18030(tmp_path: Path) -> None:
    deliver(tmp_path, {"loans.csv": LOANS.replace("东", "𠮷䶮").encode("gb18030")})
    assert Book.open(tmp_path / "book").read("loan").column("branch").to_pylist() == ["𠮷䶮", "西"]


def test_a_declared_encoding_is_checked(tmp_path: Path) -> None:
    mapping = HEAD + LOAN_FILE.replace("tables:", "encoding: utf-8\n    tables:", 1)
    with pytest.raises(Fault, match="is not utf-8"):
        deliver(tmp_path, {"loans.csv": LOANS.encode("gbk")}, mapping)


def test_gzip_is_read_whatever_the_name(tmp_path: Path) -> None:
    report = deliver(tmp_path, {"loans.csv": gzip.compress(LOANS.encode(), mtime=0)})
    assert entry(report, "loan")["rows_accepted"] == 2


def test_unused_columns_are_listed(tmp_path: Path) -> None:
    text = LOANS.replace("放款日\n", "放款日,备注\n").replace("15\n", "15,x\n").replace("28\n", "28,y\n")
    assert entry(deliver(tmp_path, {"loans.csv": text}), "loan")["ignored_columns"] == ["备注"]


def test_over_the_limit_the_load_is_refused(tmp_path: Path) -> None:
    mapping = MAPPING.replace("quarantine_share: 1", "quarantine_share: 0.3")
    bad = PAYMENTS + "P3,000123,2025-03-01,x\n"
    with pytest.raises(Fault, match=r"1 of 3 rows for payment are refused \(33.33%, allowed 30.00%\)"):
        deliver(tmp_path, {"payments.csv": bad}, mapping)
    deliver(tmp_path, {"payments.csv": bad + "P4,000123,2025-03-01,1\n"}, mapping)


def test_another_currency_is_refused(tmp_path: Path) -> None:
    mapping = MAPPING.replace("branch: 机构", "currency: 机构")
    files = {"loans.csv": LOANS.replace("东", "CNY").replace("西", "USD")}
    with pytest.raises(Fault, match="1 loans are in another currency than CNY, the first in USD"):
        deliver(tmp_path, files, mapping)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Fault, match=r"staff.csv: no such file") as caught:
        deliver(tmp_path, {}, MAPPING.replace("path: loans.csv", "path: staff.csv"))
    assert caught.value.exit_code == REFUSED


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    with pytest.raises(Fault, match="nowhere is not a folder") as caught:
        load(tmp_path / "mapping.yaml", tmp_path / "nowhere", tmp_path / "book")
    assert caught.value.exit_code == USAGE


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "elsewhere.csv").write_text(LOANS, encoding="utf-8")
    (tmp_path / "in" / "staff.csv").symlink_to(tmp_path / "elsewhere.csv")
    with pytest.raises(Fault, match="points outside"):
        deliver(tmp_path, {}, MAPPING.replace("path: loans.csv", "path: staff.csv"))
