"""Check says what a load would do, of every file at once, and writes nothing."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from postloan.jobs.check import CheckReport, check
from postloan.jobs.load import load
from postloan.model.fault import USAGE, Fault

LOANS = "借据号,机构,金额,放款日\n000123,东,1000.00,2025-01-15\n1E10,西,2000.50,2025-02-28\n"
PAYMENTS = "流水号,借据号,日期,金额\nP1,000123,2025-02-15,100\nP2,1E10,2025-03-15,50.5\n"
MAPPING = """
lender: {zh: 测试, en: Test}
is_synthetic: true
currency: CNY
timezone: none
limits: {quarantine_share: 0.5}
formats: {dates: ['%Y-%m-%d'], money: major}
files:
  - path: loans.csv
    tables:
      loan:
        columns: {loan_id: 借据号, branch: 机构, principal_minor: 金额, disbursed_on: 放款日}
  - path: payments.csv
    tables:
      payment: {columns: {payment_id: 流水号, loan_id: 借据号, paid_on: 日期, amount_minor: 金额}}
"""


def deliver(folder: Path, **files: str) -> tuple[Path, Path]:
    """Write a mapping and a delivery, ``files`` in place of the good ones; return where they are."""
    (folder / "in").mkdir(exist_ok=True)
    for name, content in {"loans": LOANS, "payments": PAYMENTS, **files}.items():
        (folder / "in" / f"{name}.csv").write_text(content, encoding="utf-8")
    (folder / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    return folder / "mapping.yaml", folder / "in"


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in sorted(folder.rglob("*"))
    }


def test_a_clean_delivery(tmp_path: Path) -> None:
    report = check(*deliver(tmp_path))
    assert report.exit_code == 0
    assert [entry["rows_accepted"] for entry in report.intake.entries] == [2, 2]


def test_lines_above_the_header_are_counted_as_such(tmp_path: Path) -> None:
    mapping, source = deliver(tmp_path, loans=f"某行借据表\n{LOANS}")
    mapping.write_text(
        MAPPING.replace("- path: loans.csv", "- path: loans.csv\n    header: 2"), encoding="utf-8"
    )
    assert "read 3, accepted 2, quarantined 0, ignored 1 (above the header 1)" in check(mapping, source).text(
        "en"
    )


def test_identifiers_that_stand_in_the_header_are_masked(tmp_path: Path) -> None:
    head = LOANS.replace("放款日", "放款日,13912345678,11010519491231002X", 1)
    mapping, source = deliver(tmp_path, loans=head.replace("-15\n", "-15,,\n").replace("-28\n", "-28,,\n"))
    assert "columns not used: 139****5678, 110*************2X" in check(mapping, source).text("en")


def test_nothing_is_written(tmp_path: Path) -> None:
    mapping, source = deliver(tmp_path)
    load(mapping, source, tmp_path / "book")
    deliver(tmp_path, payments=PAYMENTS + "P3,nobody,x,1\n")
    before = hashes(tmp_path)
    check(mapping, source, tmp_path / "book")
    check(mapping, source)
    assert hashes(tmp_path) == before


def test_rows_that_would_be_quarantined(tmp_path: Path) -> None:
    report = check(*deliver(tmp_path, payments=PAYMENTS + "P3,000123,yesterday,1.005\n"))
    assert report.exit_code == 1
    reasons = {reason["reason"]: reason for reason in report.intake.entries[1]["reasons"]}
    found = reasons["amount_minor: more than 2 decimals"]
    assert found == {
        "reason": "amount_minor: more than 2 decimals",
        "reason_zh": "金额：小数超过2位",
        "rows": 1,
        "first_row": 4,
        "column": "amount_minor",
        "example": "1.005",
        "mend": "amounts are never rounded: deliver whole minor units",
        "mend_zh": "金额不做四舍五入：请按最小货币单位报送",
    }
    # A word where a date should be may be anybody's name.
    assert reasons["paid_on: not a date like %Y-%m-%d"]["example"] == "*********"


def test_every_refused_file_is_listed(tmp_path: Path) -> None:
    report = check(*deliver(tmp_path, loans="机构,金额\n东,1\n", payments=PAYMENTS + '"P3,1E10\n'))
    assert report.exit_code == 3
    assert [refusal["file"] for refusal in report.intake.refusals] == ["payments.csv", "loans.csv"]
    assert "the quote that opens on line 4" in report.intake.refusals[0]["what"]
    assert "no column 借据号" in report.intake.refusals[1]["what"]


def test_a_missing_file_does_not_hide_the_faults_of_the_others(tmp_path: Path) -> None:
    mapping, source = deliver(tmp_path, payments=PAYMENTS + "P3,000123,x,1\n")
    (source / "loans.csv").unlink()
    report = check(mapping, source)
    assert [refusal["file"] for refusal in report.intake.refusals] == ["loans.csv"]
    assert "no such file" in report.intake.refusals[0]["what"]
    # The payments are not held against loans that nobody could read.
    assert [reason["reason"] for reason in report.intake.entries[0]["reasons"]] == [
        "paid_on: not a date like %Y-%m-%d"
    ]


def test_an_empty_file_hides_neither_its_like_nor_the_faults_of_the_others(tmp_path: Path) -> None:
    mapping, source = deliver(tmp_path, payments_1="", payments_2="", payments=PAYMENTS + "P3,nobody,x,1\n")
    mapping.write_text(MAPPING.replace("payments.csv", "payments*.csv"), encoding="utf-8")
    intake = check(mapping, source).intake
    assert [refusal["what"].rpartition("/")[2] for refusal in intake.refusals] == [
        "payments_1.csv: empty file",
        "payments_2.csv: empty file",
    ]
    assert [(entry["file"], entry["rows_quarantined"]) for entry in intake.entries] == [
        ("loans.csv", 0),
        ("payments.csv", 1),
    ]


def test_a_load_names_the_first_refusal_and_says_that_there_are_more(tmp_path: Path) -> None:
    mapping, source = deliver(tmp_path, loans="机构,金额\n东,1\n", payments="流水号\nP1\n")
    with pytest.raises(
        Fault, match=r"loans.csv: no column 借据号.*\(and 1 more refusals: `postloan check` lists"
    ):
        load(mapping, source, tmp_path / "book")


def test_over_the_limit_a_file_would_be_refused(tmp_path: Path) -> None:
    report = check(*deliver(tmp_path, payments=PAYMENTS.replace("2025-", "x")))
    assert report.exit_code == 3
    assert (
        "2 of 2 rows for payment are refused (100.00%, allowed 50.00%)" in report.intake.refusals[0]["what"]
    )
    assert report.intake.entries[1]["rows_quarantined"] == 2


def test_the_limit_counts_money_too(tmp_path: Path) -> None:
    report = check(*deliver(tmp_path, payments=PAYMENTS + "P3,nobody,2025-03-20,9999\n"))
    assert (
        "of amount_minor for payment are refused (98.52%, allowed 50.00%)"
        in report.intake.refusals[0]["what"]
    )


def test_against_a_book_known_loans_count_and_waiting_rows_are_tried(tmp_path: Path) -> None:
    mapping, source = deliver(tmp_path, loans=LOANS.splitlines()[0] + "\n000123,东,1000.00,2025-01-15\n")
    load(mapping, source, tmp_path / "book")
    deliver(tmp_path, payments="流水号,借据号,日期,金额\nP9,000123,2025-04-15,1\n")
    report = check(mapping, source, tmp_path / "book")
    assert [(r["tried"], r["released"], r["still"]) for r in report.intake.retries] == [(1, 1, 0)]
    assert "1 earlier rows tried again: 1 released, 0 superseded, 0 still held" in report.text()
    assert "此前隔离的1行已重试：放行1行" in report.text("zh")


def test_more_than_the_draft_share_is_said(tmp_path: Path) -> None:
    report = check(*deliver(tmp_path, payments=PAYMENTS + "P3,000123,x,1\n"))
    assert report.intake.is_draft
    assert "more than 0.10% of the rows or the money is in quarantine: packs stay drafts" in report.text()
    assert not check(*deliver(tmp_path)).intake.is_draft


def test_a_load_over_the_draft_share_is_taken_and_exits_1(tmp_path: Path) -> None:
    mapping, source = deliver(tmp_path, payments=PAYMENTS + "P3,000123,x,1\n")
    report = load(mapping, source, tmp_path / "book")
    assert (report.changed, report.exit_code) == (True, 1)
    assert load(mapping, source, tmp_path / "book").exit_code == 0
    clean = load(*deliver(tmp_path), tmp_path / "other")
    assert clean.exit_code == 0


def test_no_identifier_is_repeated(tmp_path: Path) -> None:
    report = check(*deliver(tmp_path, payments=PAYMENTS + "P3,000123,x,致电13812345678\n"))
    assert report.intake.entries[1]["rows_quarantined"] == 1
    assert "13812345678" not in json.dumps(report.as_dict(), ensure_ascii=False)
    assert "13812345678" not in report.text("zh")


def test_a_book_that_is_none_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="is not a book") as caught:
        check(*deliver(tmp_path), tmp_path / "nowhere")
    assert caught.value.exit_code == USAGE


@pytest.mark.parametrize(("payments", "code"), [(PAYMENTS, 0), (PAYMENTS + "P3,000123,x,1\n", 1), ("", 3)])
def test_the_command_exits_as_the_report_says(tmp_path: Path, payments: str, code: int) -> None:
    mapping, source = deliver(tmp_path, payments=payments)
    words = ["check", str(mapping), "--from", str(source), "--format", "json"]
    command = [sys.executable, "-c", "from postloan.cli import main; main()", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert set(json.loads(done.stdout)) >= {
        "mapping",
        "source",
        "book",
        "exit_code",
        "files",
        "refusals",
        "retries",
    }


def test_a_report_is_plain_data(tmp_path: Path) -> None:
    report: CheckReport = check(*deliver(tmp_path))
    assert json.loads(json.dumps(report.as_dict())) == report.as_dict()
