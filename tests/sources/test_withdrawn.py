"""An instalment that a delivery of whole plans no longer holds is withdrawn; without the word it stays."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from lender_delivery import HEAD as ANY_SHARE
from lender_delivery import LOAN_FILE, PAYMENT_FILE, deliver, entry

from postloan.book.store import Book
from postloan.jobs.derived.facts import open_facts
from postloan.jobs.load import LoadReport
from postloan.model.fault import Fault

PLAN_FILE = """
  - path: plan.csv
    tables:
      instalment:
        whole: true
        columns:
          loan_id: 借据号
          schedule_no: 版本
          instalment_no: 期次
          due_on: 应还日
          principal_minor: 本金
"""
MAPPING = ANY_SHARE + LOAN_FILE + PAYMENT_FILE + PLAN_FILE
COUNTED = MAPPING.replace("instalment_no: 期次", "instalment_no: {sequence: {over: loan_id, by: [due_on]}}")
HEAD = "借据号,版本,期次,应还日,本金\n"
FIRST = (
    HEAD
    + "000123,1,1,2025-02-15,400\n000123,1,2,2025-03-15,300\n000123,1,3,2025-04-15,300\n"
    + "1E10,1,1,2025-03-15,2000.50\n"
)
SHORTER = HEAD + "000123,1,1,2025-02-15,400\n000123,1,2,2025-03-15,600\n"


def plan(folder: Path, known_at: date | None = None) -> list[tuple[str, int, int]]:
    rows = Book.open(folder / "book").as_known(known_at).read("instalment").to_pylist()
    return [
        (row["loan_id"], row["instalment_no"], row["principal_minor"])
        for row in rows
        if not row["is_withdrawn"]
    ]


def withdrawn(report: LoadReport) -> list[tuple[Any, Any]]:
    warnings: Any = entry(report, "instalment")["warnings"]
    return [(w["rows"], w["example"]) for w in warnings if "withdrawn" in w["reason"]]


@pytest.mark.parametrize("mapping", [MAPPING, COUNTED])
def test_an_overwritten_plan_loses_what_it_no_longer_holds(tmp_path: Path, mapping: str) -> None:
    deliver(tmp_path, {"plan.csv": FIRST}, mapping)
    report = deliver(tmp_path, {"plan.csv": SHORTER}, mapping)
    assert plan(tmp_path) == [("000123", 1, 40_000), ("000123", 2, 60_000), ("1E10", 1, 200_050)]
    assert withdrawn(report) == [(1, "000123")]
    assert Book.open(tmp_path / "book").read("instalment").num_rows == 4


def test_a_loan_that_is_not_named_keeps_its_plan(tmp_path: Path) -> None:
    deliver(tmp_path, {"plan.csv": FIRST}, MAPPING)
    deliver(tmp_path, {"plan.csv": HEAD + "1E10,1,1,2025-03-15,2000.50\n"}, MAPPING)
    assert len(plan(tmp_path)) == 4


def test_another_plan_of_the_loan_is_not_touched(tmp_path: Path) -> None:
    deliver(tmp_path, {"plan.csv": FIRST}, MAPPING)
    deliver(tmp_path, {"plan.csv": HEAD + "000123,2,1,2025-06-15,1000\n"}, MAPPING)
    assert len(plan(tmp_path)) == 5


def test_without_the_word_an_absent_instalment_stays(tmp_path: Path) -> None:
    upsert = MAPPING.replace("        whole: true\n", "")
    deliver(tmp_path, {"plan.csv": FIRST}, upsert)
    assert withdrawn(deliver(tmp_path, {"plan.csv": SHORTER}, upsert)) == []
    assert len(plan(tmp_path)) == 4


@pytest.mark.parametrize(
    "line",
    [
        "000123,1,3,2025-04-15,oops",  # quarantined, not absent
        "000123,1,x,2025-04-15,300",  # may be any instalment of its plan
        "000123,1,3",  # may be anything
    ],
)
def test_what_could_not_be_read_is_not_taken_for_absent(tmp_path: Path, line: str) -> None:
    deliver(tmp_path, {"plan.csv": FIRST}, MAPPING)
    assert withdrawn(deliver(tmp_path, {"plan.csv": SHORTER + line + "\n"}, MAPPING)) == []
    assert ("000123", 3, 30_000) in plan(tmp_path)


def test_an_instalment_that_comes_back_is_owed_again(tmp_path: Path) -> None:
    for text in (FIRST, SHORTER, FIRST + "\n"):
        deliver(tmp_path, {"plan.csv": text}, MAPPING)
    assert len(plan(tmp_path)) == 4


def test_an_older_file_sent_again_withdraws_nothing(tmp_path: Path) -> None:
    longer = FIRST + "1E10,1,2,2025-04-15,100\n"
    for text in (FIRST, longer):
        deliver(tmp_path, {"plan.csv": text}, MAPPING)
    more = "流水号,借据号,日期,金额\nP9,1E10,2025-05-20,1\n"  # another load, with the first plan in it
    assert withdrawn(deliver(tmp_path, {"plan.csv": FIRST, "payments.csv": more}, MAPPING)) == []
    assert ("1E10", 2, 10_000) in plan(tmp_path)


def test_a_total_line_is_of_no_loan(tmp_path: Path) -> None:
    deliver(tmp_path, {"plan.csv": FIRST}, MAPPING)
    named = MAPPING.replace(
        "          loan_id: 借据号\n          schedule", "          loan_id: 编号\n          schedule"
    )
    total = SHORTER.replace("借据号,版本", "行,编号,版本").replace("000123,1", "1,000123,1")
    report = deliver(tmp_path, {"plan.csv": total + "合计,,,,,1000\n"}, named)
    assert withdrawn(report) == [(1, "000123")]


def test_before_the_delivery_the_whole_plan_was_known(tmp_path: Path) -> None:
    deliver(tmp_path, {"plan.csv": FIRST}, MAPPING)
    known = Book.open(tmp_path / "book").latest_known()
    deliver(tmp_path, {"plan.csv": SHORTER}, MAPPING)
    assert ("000123", 3, 30_000) in plan(tmp_path, known)


def test_a_withdrawal_restates_the_months_it_changes(tmp_path: Path) -> None:
    late = "流水号,借据号,日期,金额\nP9,1E10,2025-05-20,1\n"  # the book reaches the end of April
    deliver(tmp_path, {"plan.csv": FIRST, "payments.csv": late}, MAPPING)
    report = deliver(tmp_path, {"plan.csv": SHORTER, "payments.csv": late}, MAPPING)
    assert report.restated is not None
    assert set(report.restated.rows["loan_id"].to_pylist()) == {"000123"}


def test_no_figure_is_of_a_withdrawn_instalment(tmp_path: Path) -> None:
    deliver(tmp_path, {"plan.csv": FIRST}, MAPPING)
    deliver(tmp_path, {"plan.csv": SHORTER}, MAPPING)
    facts = open_facts(Book.open(tmp_path / "book"), date(2025, 5, 31))
    owed: pa.Table = facts.table("instalment").to_pyarrow()
    assert owed.num_rows == 3
    position: Any = facts.table("position").to_pyarrow().to_pylist()
    last = [row for row in position if row["loan_id"] == "000123"][-1]
    assert last["n_overdue_instalments"] == 2


def test_only_loans_and_plans_are_delivered_whole(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="only loan and instalment can be `whole`"):
        deliver(
            tmp_path, {}, MAPPING.replace("      payment: {columns", "      payment: {whole: true, columns")
        )
