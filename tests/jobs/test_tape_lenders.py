"""A lender that delivers a month-end tape, alone or beside ledgers, through to its figures."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from postloan.book.store import Book
from postloan.jobs.derived.facts import open_facts
from postloan.jobs.known_then import restatement_frames
from postloan.jobs.load import load
from postloan.metrics.catalogue import measured
from postloan.model.fault import Fault
from postloan.model.quarantine import QUARANTINE

AS_OF = date(2024, 3, 31)
LOANS = "借据号,放款日,金额\nA,2024-01-10,1\nB,2024-01-10,2\nC,2024-01-10,3\n"
PLAN = "借据号,期次,应还日,应还本金\nA,1,2024-02-29,0.5\nA,2,2024-03-29,0.5\n"
TAPE = """借据号,报告日,状态,逾期天数,本金余额
B,2024-01-31,正常,0,2
B,2024-02-29,M1,15,2
B,2024-03-31,M2,45,1.9
C,2024-02-29,正常,,3
C,2024-03-31,关注,,2.8
"""
MAPPING = """
lender: {zh: 测试, en: Test}
is_synthetic: true
currency: CNY
timezone: none
limits: {quarantine_share: 1}
formats: {dates: ['%Y-%m-%d'], money: ten_thousand}
files:
  - path: loans.csv
    tables:
      loan: {columns: {loan_id: 借据号, principal_minor: 金额, disbursed_on: 放款日}}
  - path: tape.csv
    tables:
      loan_tape:
        columns:
          loan_id: 借据号
          observed_on: 报告日
          status_code: 状态
          dpd: 逾期天数
          dpd_low: {column: 状态, codes: {正常: 0, M1: 1, M2: 31, 关注: 1}}
          dpd_high: {column: 状态, codes: {正常: 0, M1: 30, M2: 60, 关注: 90}}
          balance_minor: 本金余额
"""
PLANS = """
  - path: plan.csv
    tables:
      instalment:
        columns:
          loan_id: 借据号
          schedule_no: {value: 1}
          instalment_no: 期次
          due_on: 应还日
          principal_minor: 应还本金
"""


def delivered(folder: Path, mapping: str, tape: str = TAPE, on: date | None = None) -> Path:
    source = folder / "in"
    source.mkdir()
    for name, text in (("loans.csv", LOANS), ("plan.csv", PLAN), ("tape.csv", tape)):
        (source / name).write_text(text, encoding="utf-8")
    (folder / "mapping.yaml").write_text(mapping, encoding="utf-8")
    load(folder / "mapping.yaml", source, folder / "book", on)
    return folder / "book"


def test_loans_with_a_tape_and_loans_with_a_ledger_stand_in_one_book(tmp_path: Path) -> None:
    book = delivered(tmp_path, MAPPING + PLANS)
    rows = open_facts(Book.open(book), AS_OF).table("position").to_pyarrow().to_pylist()
    now = {row["loan_id"]: row for row in rows if row["month_end"] == AS_OF}
    assert [(now[name]["dpd"], now[name]["balance_minor"]) for name in "ABC"] == [
        (31, 1_000_000),
        (45, 1_900_000),
        (None, 2_800_000),
    ]
    assert (now["C"]["dpd_low"], now["C"]["dpd_high"], now["C"]["risk_class"]) == (1, 90, "special_mention")
    assert [now[name]["observed_on"] for name in "ABC"] == [None, AS_OF, AS_OF]


def test_a_book_of_nothing_but_a_tape_counts_what_it_cannot_decide(tmp_path: Path) -> None:
    book = delivered(tmp_path, MAPPING)
    slugs = ["loans_overdue", "over_30_rate_count", "recovery_rate_period"]
    found = measured(open_facts(Book.open(book), AS_OF), slugs, [AS_OF]).set_index("metric")
    # A is in no tape and has no plan; C is overdue, but may be 1 to 90 days past due.
    assert [*found.loc["loans_overdue", ["numerator", "n", "unknown"]]] == [2, 2, 1]
    assert [*found.loc["over_30_rate_count", ["numerator", "n", "unknown"]]] == [1, 1, 2]
    assert [*found.loc["recovery_rate_period", ["n", "unknown"]]] == [0, 3]


def test_a_code_that_is_not_in_the_list_is_refused_by_name(tmp_path: Path) -> None:
    book = Book.open(delivered(tmp_path, MAPPING, TAPE.replace("M2", "M9")))
    (held,) = book.read(QUARANTINE)["reasons"].to_pylist()
    assert "dpd_low: not one of 正常, M1, M2, 关注" in held


def test_codes_of_days_must_be_days(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="dpd_low: 31天 is not a number of days"):
        delivered(tmp_path, MAPPING.replace("M2: 31", "M2: 31天"))


def test_the_day_of_a_tape_without_one_is_written_in_the_mapping(tmp_path: Path) -> None:
    mapping = MAPPING.replace("observed_on: 报告日", "observed_on: {value: 2024-03-31}")
    mapping = mapping.replace("- path: tape.csv", "- path: tape.csv\n    formats: {dates: ['%d.%m.%Y']}")
    tape = "借据号,状态,逾期天数,本金余额\nB,M2,45,1.9\n"
    held = Book.open(delivered(tmp_path, mapping, tape)).read("loan_tape")
    assert held["observed_on"].to_pylist() == [AS_OF]


def test_a_first_delivery_restates_nothing_of_the_months_before_it_was_known(tmp_path: Path) -> None:
    book = Book.open(delivered(tmp_path, MAPPING, on=AS_OF))
    frames = restatement_frames(book, open_facts(book, AS_OF), AS_OF, ["all"])
    assert all(frame.empty for frame in frames.values())
