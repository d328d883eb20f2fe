"""What a load restates, as it reports it and as the book keeps it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from postloan.book.store import Book
from postloan.jobs.load import LoadReport, load

MAPPING = """
lender: {zh: 测试, en: Test}
is_synthetic: true
currency: CNY
timezone: none
limits: {quarantine_share: 1}
formats: {dates: ['%Y-%m-%d'], money: major}
files:
  - path: loans.csv
    tables:
      loan: {columns: {loan_id: loan, branch: branch, principal_minor: principal, disbursed_on: lent}}
  - path: plan.csv
    tables:
      instalment:
        columns:
          {loan_id: loan, schedule_no: plan, instalment_no: no, due_on: due, principal_minor: principal}
  - path: payments.csv
    tables:
      payment:
        columns:
          loan_id: loan
          payment_id: id
          paid_on: paid
          amount_minor: amount
          payment_kind: {column: kind, codes: {R: repayment, B: reversal}}
          reverses_id: reverses
"""
LOANS = "loan,branch,principal,lent\nL1,East,300,2026-01-10\nL2,West,300,2026-01-10\n"
PLAN = "loan,plan,no,due,principal\n" + "".join(
    f"{loan},1,{no},2026-0{no + 1}-10,100\n" for loan in ("L1", "L2") for no in (1, 2, 3)
)
PAYMENTS = (
    "id,loan,paid,amount,kind,reverses\n"
    "P1,L1,2026-02-10,100,R,\nP2,L2,2026-02-10,100,R,\nP3,L2,2026-03-10,100,R,\nP4,L2,2026-03-31,1,R,\n"
)
NEXT = "P5,L2,2026-04-10,100,R,\n"  # a normal month
FEB, MAR = date(2026, 2, 28), date(2026, 3, 31)


def deliver(
    folder: Path,
    *,
    loans: str = LOANS,
    plan: str = PLAN,
    payments: str = PAYMENTS,
    on: date | None = None,
) -> LoadReport:
    source = folder / "in"
    source.mkdir(exist_ok=True)
    for name, text in (("loans", loans), ("plan", plan), ("payments", payments)):
        (source / f"{name}.csv").write_text(text, encoding="utf-8")
    (folder / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    return load(folder / "mapping.yaml", source, folder / "book", on)


def moved(folder: Path, name: str) -> dict[tuple[str, date], tuple[object, object]]:
    """Return a figure before and after, by loan and month-end, where it moved."""
    rows = Book.open(folder / "book").read("restatement").to_pylist()
    sides = {(r["loan_id"], r["month_end"]): (r[f"{name}_before"], r[f"{name}_after"]) for r in rows}
    return {key: pair for key, pair in sides.items() if pair[0] != pair[1]}


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """A folder with a book that reaches to the end of March; L1 has not paid its March instalment."""
    report = deliver(tmp_path)
    assert report.as_dict()["restated"] == {
        "covered_until": None, "loans": 0, "new_loans": 0, "months": [], "largest": [],
    }  # fmt: skip
    return tmp_path


def test_a_normal_month_restates_nothing(first: Path) -> None:
    report = deliver(first, payments=PAYMENTS + NEXT, loans=LOANS + "L3,East,50,2026-04-02\n")
    told = report.as_dict()["restated"]
    assert (told["covered_until"], told["loans"], told["new_loans"]) == ("2026-03-31", 0, 0)
    assert "restated" not in report.text()
    assert Book.open(first / "book").read("restatement").num_rows == 0


def test_a_month_is_covered_to_the_day_of_delivery_though_its_last_payment_came_earlier(
    tmp_path: Path,
) -> None:
    payments = PAYMENTS.replace("P4,L2,2026-03-31,1,R,\n", "")
    deliver(tmp_path, payments=payments, on=MAR)
    told = deliver(tmp_path, payments=f"{payments}P6,L1,2026-03-10,40,R,\n{NEXT}", on=date(2026, 4, 30))
    assert told.as_dict()["restated"]["covered_until"] == "2026-03-31"
    assert moved(tmp_path, "overdue_minor") == {("L1", MAR): (10_000, 6_000)}


def test_a_late_payment_restates_every_month_end_since(first: Path) -> None:
    report = deliver(first, payments=PAYMENTS + NEXT + "P6,L1,2026-03-10,100,R,\n")
    assert moved(first, "balance_minor") == {("L1", MAR): (20_000, 10_000)}
    assert moved(first, "overdue_minor") == {("L1", MAR): (10_000, 0)}
    assert moved(first, "dpd") == {("L1", MAR): (21, 0)}
    assert moved(first, "bucket") == {("L1", MAR): (1, 0)}
    assert report.as_dict()["restated"]["months"] == [
        {"month_end": "2026-03-31", "loans": 1, "balance_minor": -10_000, "overdue_minor": -10_000}
    ]
    json.dumps(report.as_dict())


def test_a_bounce_restates_from_the_day_of_the_payment(first: Path) -> None:
    deliver(first, payments=PAYMENTS + "B1,L1,2026-04-02,100,B,P1\n")
    assert moved(first, "overdue_minor") == {("L1", FEB): (0, 10_000), ("L1", MAR): (10_000, 20_000)}


def test_a_corrected_instalment_and_a_changed_loan_restate(first: Path) -> None:
    deliver(first, plan=PLAN.replace("L1,1,2,2026-03-10", "L1,1,2,2026-04-05"))
    assert moved(first, "dpd") == {("L1", MAR): (21, 0)}
    deliver(first, loans=LOANS.replace("L2,West,300,2026-01-10", "L2,West,300,2026-02-01"))
    assert moved(first, "status") == {("L2", date(2026, 1, 31)): ("active", None)}


def test_what_changes_no_figure_restates_nothing(first: Path) -> None:
    report = deliver(first, loans=LOANS.replace("East", "North"))
    assert report.as_dict()["restated"]["loans"] == 0


def test_a_loan_registered_late_is_counted(first: Path) -> None:
    late = "L3,East,50,2026-03-31\nL4,East,50,2026-04-01\n"
    report = deliver(first, loans=LOANS + late)
    assert report.as_dict()["restated"]["new_loans"] == 1
    assert "1 loans lent on or before 2026-03-31 are new to the book" in report.text()
    assert "1笔在2026-03-31及以前放款的借据首次入库" in report.text("zh")


def test_the_report_names_the_largest_and_says_the_sums_of_the_last_month_end(first: Path) -> None:
    late = "P6,L1,2026-03-10,100,R,\nB1,L2,2026-04-02,100,B,P3\n"
    text = deliver(first, payments=PAYMENTS + late).text()
    assert "restated: 2 loans at 1 month-ends, 2026-03-31 to 2026-03-31" in text
    assert "2026-03-31: balance −1.00, overdue amount −1.00 (after less before)" in text
    assert "largest: loan L1 at 2026-03-31: balance −100.00, overdue amount −100.00" in text


def test_each_load_keeps_what_it_restated(first: Path) -> None:
    deliver(first, payments=PAYMENTS + "P6,L1,2026-03-10,60,R,\n")
    report = deliver(first, payments=PAYMENTS + "P7,L1,2026-03-11,40,R,\n")
    rows = Book.open(first / "book").read("restatement").to_pylist()
    assert sorted((r["overdue_minor_before"], r["overdue_minor_after"]) for r in rows) == [
        (4_000, 0),
        (10_000, 4_000),
    ]
    assert len({r["load"] for r in rows}) == 2
    again = load(first / "mapping.yaml", first / "in", first / "book")
    assert (again.changed, again.restated, report.changed) == (False, None, True)


TAPE_MAPPING = (
    MAPPING[: MAPPING.index("  - path: plan.csv")]
    + """
  - path: tape.csv
    tables:
      loan_tape: {columns: {loan_id: loan, observed_on: on, dpd: days, balance_minor: balance}}
"""
)
TAPE = "loan,on,days,balance\n" + "".join(
    f"{loan},{on},0,300\n" for loan in ("L1", "L2") for on in (FEB, MAR, date(2026, 4, 30))
)


def tape(folder: Path, text: str) -> LoadReport:
    source = folder / "in"
    source.mkdir(exist_ok=True)
    (source / "loans.csv").write_text(LOANS, encoding="utf-8")
    (source / "tape.csv").write_text(text, encoding="utf-8")
    (folder / "mapping.yaml").write_text(TAPE_MAPPING, encoding="utf-8")
    return load(folder / "mapping.yaml", source, folder / "book")


def test_an_amended_month_end_tape_restates_its_own_month(tmp_path: Path) -> None:
    tape(tmp_path, TAPE)
    told = tape(tmp_path, TAPE.replace("L1,2026-03-31,0,300", "L1,2026-03-31,35,300")).as_dict()["restated"]
    assert (told["covered_until"], told["loans"]) == ("2026-04-30", 1)
    assert moved(tmp_path, "dpd") == {("L1", MAR): (0, 35)}


def test_a_tape_told_late_restates_the_loans_that_are_not_in_it_too(tmp_path: Path) -> None:
    """L2 was carried from February to March; now there is a tape of March, and L2 is not in it."""
    tape(tmp_path, "".join(line for line in TAPE.splitlines(keepends=True) if "2026-03-31" not in line))
    tape(tmp_path, TAPE.replace("L2,2026-03-31,0,300\n", "").replace("L1,2026-03-31,0", "L1,2026-03-31,9"))
    assert moved(tmp_path, "dpd") == {("L1", MAR): (0, 9), ("L2", MAR): (0, None)}
