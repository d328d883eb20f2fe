"""An open loan that a delivery of all loans no longer holds is reported, and stays in the book."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lender_delivery import HEAD, LOAN_FILE, LOANS, MAPPING, deliver, entry

from postloan.book.store import Book
from postloan.jobs.load import LoadReport

ONE_LOAN = "借据号,机构,金额,放款日\n000123,东,1000.00,2025-01-15\n"
WHOLE = MAPPING.replace("      loan:\n", "      loan:\n        whole: true\n")
EVENTS = """
  - path: events.csv
    tables:
      loan_event: {columns: {event_id: 事件号, loan_id: 借据号, event_kind: 事件, event_on: 日期}}
"""
DUE = """
  - path: due.csv
    tables:
      instalment:
        columns: {loan_id: 借据号, schedule_no: {value: 1}, instalment_no: 期, due_on: 日期, principal_minor: 本金}
"""


def gone(report: LoadReport, table: str = "loan") -> list[tuple[Any, Any]]:
    warnings: Any = entry(report, table)["warnings"]
    return [(w["rows"], w["example"]) for w in warnings if "absent from this delivery" in w["reason"]]


def test_an_open_loan_that_is_no_longer_sent_is_reported_and_kept(tmp_path: Path) -> None:
    assert gone(deliver(tmp_path, {}, WHOLE)) == []
    report = deliver(tmp_path, {"loans.csv": ONE_LOAN}, WHOLE)
    assert gone(report) == [(1, "1E10")]
    assert Book.open(tmp_path / "book").read("loan").num_rows == 2
    assert "absent from this delivery of all loans: 1 of them, such as “1E10”" in report.text()
    assert "本次全量报送中没有：共1笔，例如“1E10”" in report.text("zh")


def test_without_the_word_a_delivery_may_hold_some_loans_only(tmp_path: Path) -> None:
    deliver(tmp_path, {})
    assert gone(deliver(tmp_path, {"loans.csv": ONE_LOAN})) == []


def test_a_quarantined_loan_has_not_disappeared(tmp_path: Path) -> None:
    deliver(tmp_path, {}, WHOLE)
    assert gone(deliver(tmp_path, {"loans.csv": LOANS.replace("2000.50", "x")}, WHOLE)) == []


@pytest.mark.parametrize(("kind", "expected"), [("settlement", []), ("waiver_", [(1, "1E10")])])
def test_a_loan_closed_by_an_event_may_go(tmp_path: Path, kind: str, expected: list[tuple[int, str]]) -> None:
    deliver(tmp_path, {}, WHOLE)
    events = f"事件号,借据号,事件,日期\nE1,1E10,{kind},2025-04-30\n"
    assert gone(deliver(tmp_path, {"loans.csv": ONE_LOAN, "events.csv": events}, WHOLE + EVENTS)) == expected


@pytest.mark.parametrize(("due", "expected"), [("50.5", []), ("50.51", [(1, "1E10")])])
def test_a_loan_that_is_paid_in_full_may_go(
    tmp_path: Path, due: str, expected: list[tuple[int, str]]
) -> None:
    mapping = WHOLE + DUE
    text = f"借据号,期,日期,本金\n1E10,1,2025-03-15,{due}\n000123,1,2025-03-15,1000\n"
    deliver(tmp_path, {"due.csv": text}, mapping)
    report = deliver(tmp_path, {"loans.csv": ONE_LOAN, "due.csv": text}, mapping)
    assert gone(report) == expected


TAPE = (
    HEAD
    + LOAN_FILE
    + """
  - path: tape.csv
    tables:
      loan_tape:
        columns: {loan_id: 借据号, observed_on: 报告日, dpd: 逾期, balance_minor: 余额, exit_kind: 退出}
"""
)
TAPE_HEAD = "借据号,报告日,逾期,余额,退出\n"


def tape(month: int, *loans: str) -> str:
    return TAPE_HEAD + "".join(f"{loan},2025-{month:02d}-28,0,100,\n" for loan in loans)


def test_a_loan_that_a_tape_no_longer_holds_is_reported_once(tmp_path: Path) -> None:
    assert gone(deliver(tmp_path, {"tape.csv": tape(3, "000123", "1E10")}, TAPE), "loan_tape") == []
    assert gone(deliver(tmp_path, {"tape.csv": tape(4, "000123")}, TAPE), "loan_tape") == [(1, "1E10")]
    assert gone(deliver(tmp_path, {"tape.csv": tape(5, "000123")}, TAPE), "loan_tape") == []


def test_a_loan_that_left_the_tape_with_an_exit_has_not_disappeared(tmp_path: Path) -> None:
    left = tape(3, "000123") + "1E10,2025-03-28,0,0,settled\n"
    assert gone(deliver(tmp_path, {"tape.csv": left}, TAPE), "loan_tape") == []
    assert gone(deliver(tmp_path, {"tape.csv": tape(4, "000123")}, TAPE), "loan_tape") == []
