"""One load after another: facts count once, rows are replaced by key, one lender and currency per book."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lender_delivery import HEAD, LOAN_FILE, LOANS, MAPPING, PAYMENTS, deliver, entry, reasons

from postloan.book.lock import locked
from postloan.book.store import Book
from postloan.jobs.load import load
from postloan.model.fault import LOCKED, REFUSED, Fault


def test_the_same_load_changes_nothing_even_renamed(tmp_path: Path) -> None:
    deliver(tmp_path, {})
    before = (tmp_path / "book" / "versions" / "000001.json").read_bytes()
    assert not deliver(tmp_path, {}).changed
    wild = MAPPING.replace("path: payments.csv", "path: pay*.csv")
    report = deliver(tmp_path, {}, wild)
    assert (report.changed, report.version) == (True, 2)
    (tmp_path / "in" / "payments.csv").rename(tmp_path / "in" / "pay_again.csv")
    (tmp_path / "in" / "payments.csv").unlink(missing_ok=True)
    assert not load(tmp_path / "mapping.yaml", tmp_path / "in", tmp_path / "book").changed
    assert (tmp_path / "book" / "versions" / "000001.json").read_bytes() == before


def test_delivered_facts_count_once_and_do_not_change(tmp_path: Path) -> None:
    deliver(tmp_path, {})
    more = PAYMENTS.replace("50.5", "50.50") + "P3,000123,2025-03-15,7\n"
    report = deliver(tmp_path, {"payments.csv": more})
    assert entry(report, "payment")["ignored"] == {"already_in_book": 2}
    assert entry(report, "payment")["rows_accepted"] == 1
    changed = PAYMENTS.replace("50.5", "50.51")
    report = deliver(tmp_path, {"payments.csv": changed})
    assert reasons(report, "payment") == {"same key, but the book has different content": 1}
    amounts = Book.open(tmp_path / "book").read("payment").column("amount_minor").to_pylist()
    assert amounts == [10_000, 700, 5_050]  # by loan


def test_loans_are_replaced_by_key_and_others_stay(tmp_path: Path) -> None:
    deliver(tmp_path, {})
    fewer = "借据号,机构,金额,放款日\n000123,北,1000.00,2025-01-15\n"
    deliver(tmp_path, {"loans.csv": fewer})
    rows = Book.open(tmp_path / "book").read("loan").to_pylist()
    assert [(r["loan_id"], r["branch"]) for r in rows] == [("000123", "北"), ("1E10", "西")]


def test_payments_may_come_after_their_loans(tmp_path: Path) -> None:
    deliver(tmp_path, {}, HEAD + LOAN_FILE)
    report = deliver(tmp_path, {}, MAPPING.replace(LOAN_FILE, ""))
    assert entry(report, "payment")["rows_accepted"] == 2


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("zh: 测试", "zh: 别家"),
        ("is_synthetic: true", "is_synthetic: false"),
        ("currency: CNY", "currency: USD"),
    ],
)
def test_a_book_is_of_one_lender_and_currency(tmp_path: Path, old: str, new: str) -> None:
    deliver(tmp_path, {})
    with pytest.raises(Fault, match="the book's") as caught:
        deliver(tmp_path, {}, MAPPING.replace(old, new))
    assert caught.value.exit_code == REFUSED
    assert Book.open(tmp_path / "book").version.number == 1


def test_a_locked_book_is_not_written(tmp_path: Path) -> None:
    deliver(tmp_path, {})
    with locked(tmp_path / "book"), pytest.raises(Fault) as caught:
        deliver(tmp_path, {"payments.csv": PAYMENTS + "P3,000123,2025-03-15,7\n"})
    assert caught.value.exit_code == LOCKED


def test_two_books_of_one_delivery_are_the_same_version(tmp_path: Path) -> None:
    for book in ("a", "b"):
        deliver(tmp_path, {}, book=book)
    assert Book.open(tmp_path / "a").version.id == Book.open(tmp_path / "b").version.id


def test_an_officer_who_is_not_on_the_list_is_a_warning(tmp_path: Path) -> None:
    staff = "\n  - {path: staff.csv, tables: {staff: {columns: {staff_id: 工号}}}}\n"
    mapping = HEAD + LOAN_FILE.replace("branch: 机构", "officer_id: 机构") + staff
    report = deliver(tmp_path, {"staff.csv": "工号\n东\n"}, mapping)
    assert entry(report, "loan")["rows_accepted"] == 2
    assert [(w["reason"], w["rows"]) for w in report.entries[-1]["warnings"]] == [
        ("officer_id: not in staff", 1)
    ]


PARQUET = MAPPING.replace("- path: payments.csv", "- path: payments.parquet\n    format: parquet")


def parquet(tmp_path: Path, **columns: pa.Array) -> bytes:
    sink = pa.BufferOutputStream()
    names = {"id": "流水号", "loan": "借据号", "on": "日期", "amount": "金额"}
    pq.write_table(pa.table({names[name]: values for name, values in columns.items()}), sink)
    return bytes(sink.getvalue())


def test_parquet_goes_through_the_same_mapping_and_checks(tmp_path: Path) -> None:
    data = parquet(
        tmp_path,
        id=pa.array(["P1", "P2", "P3"]),
        loan=pa.array(["000123", "1E10", "nobody"]),
        on=pa.array([20_000, 20_001, 20_002], pa.date32()),
        amount=pa.array(["1.5", "2", "3"]).cast(pa.decimal128(10, 2)),
    )
    report = deliver(tmp_path, {"payments.parquet": data}, PARQUET)
    assert reasons(report, "payment") == {"loan_id: not in loan": 1}
    book = Book.open(tmp_path / "book")
    assert book.read("payment").column("amount_minor").to_pylist() == [150, 200]
    kept = book.read("quarantine").to_pylist()[0]
    assert kept["row"] == 3
    assert '"金额": "3.00"' in kept["raw"]


def test_typed_parquet_in_minor_units(tmp_path: Path) -> None:
    data = parquet(
        tmp_path,
        id=pa.array(["P1"]),
        loan=pa.array(["000123"]).dictionary_encode(),
        on=pa.array([1_750_000_000_000], pa.timestamp("ms")),
        amount=pa.array([150], pa.int64()),
    )
    mapping = PARQUET.replace("amount_minor: 金额", "amount_minor: {column: 金额, money: minor}")
    deliver(tmp_path, {"payments.parquet": data}, mapping)
    row = Book.open(tmp_path / "book").read("payment").to_pylist()[0]
    assert (row["amount_minor"], row["paid_on"].isoformat()) == (150, "2025-06-15")


def test_floating_point_amounts_in_parquet_are_refused(tmp_path: Path) -> None:
    data = parquet(
        tmp_path,
        id=pa.array(["P1"]),
        loan=pa.array(["000123"]),
        on=pa.array([20_000], pa.date32()),
        amount=pa.array([1.5]),
    )
    with pytest.raises(Fault, match=r"column 金额 \(amount_minor\): floating point is not exact"):
        deliver(tmp_path, {"payments.parquet": data}, PARQUET)


def test_a_csv_named_parquet_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="the mapping says parquet"):
        deliver(tmp_path, {"payments.parquet": PAYMENTS}, PARQUET)
    with pytest.raises(Fault, match="the mapping says csv, the file is a Parquet file"):
        deliver(tmp_path, {"loans.csv": b"PAR1" + LOANS.encode()})


def test_loading_needs_no_plots_and_no_query_layer() -> None:
    code = "import sys, postloan.jobs.load; print({'ibis', 'matplotlib', 'pandas'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


TAPE = (
    HEAD
    + """
  - path: loans.csv
    tables:
      loan:
        only: {状态: [正常, 逾期]}
        latest: [known_on]
        columns: {loan_id: 借据号, principal_minor: 金额, disbursed_on: 放款日, known_on: 报送日}
"""
)


def test_of_several_reports_of_a_loan_the_latest_counts_and_rows_of_no_table_are_counted(
    tmp_path: Path,
) -> None:
    text = (
        "借据号,金额,放款日,报送日,状态\n"
        "1,100,2025-01-15,2025-03-31,正常\n1,200,2025-01-15,2025-04-30,逾期\n1,300,2025-01-15,2025-05-31,关闭\n"
        "2,500,2025-01-15,2025-04-30,正常\n"
    )
    report = deliver(tmp_path, {"loans.csv": text}, TAPE)
    assert entry(report, "loan")["ignored"] == {"not_of_table": 1, "older": 1}
    assert Book.open(tmp_path / "book").read("loan")["principal_minor"].to_pylist() == [20_000, 50_000]


def test_latest_must_name_a_mapped_column(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="latest names matures_on, which is not mapped"):
        deliver(tmp_path, {"loans.csv": LOANS}, TAPE.replace("latest: [known_on]", "latest: [matures_on]"))
