"""When the lender knew a fact: in time, late, changed, stated by the file or by the delivery."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from lender_delivery import HEAD, LOAN_FILE, LOANS, MAPPING, PAYMENTS, deliver

from postloan.book.store import Book
from postloan.jobs.load import load

NO_PAYMENTS = "流水号,借据号,日期,金额\n"
INSTALMENT_FILE = """
  - path: plan.csv
    tables:
      instalment:
        columns: {loan_id: 借据号, schedule_no: 计划, instalment_no: 期次, due_on: 应还日, principal_minor: 本金}
"""
PLAN = "借据号,计划,期次,应还日,本金\n000123,1,1,2025-02-15,500\n000123,1,2,2025-03-15,500\n"
WITH_PLAN = MAPPING + INSTALMENT_FILE
STATED = MAPPING.replace("amount_minor: 金额}", "amount_minor: 金额, known_on: 入账日}")


def known(folder: Path, table: str, keys: Sequence[str]) -> dict[object, date | None]:
    rows = Book.open(folder / "book").read(table).to_pylist()
    return {tuple(r[k] for k in keys) if len(keys) > 1 else r[keys[0]]: r["known_on"] for r in rows}


def payments(folder: Path) -> dict[object, date | None]:
    return known(folder, "payment", ["payment_id"])


def loans(folder: Path) -> dict[object, date | None]:
    return known(folder, "loan", ["loan_id"])


def test_what_comes_in_time_was_known_on_its_day(tmp_path: Path) -> None:
    deliver(tmp_path, {})
    deliver(tmp_path, {"payments.csv": PAYMENTS + "P3,000123,2025-03-16,7\nP4,1E10,2025-03-31,7\n"})
    assert payments(tmp_path) == {
        "P1": date(2025, 2, 15), "P2": date(2025, 3, 15), "P3": date(2025, 3, 16), "P4": date(2025, 3, 31),
    }  # fmt: skip
    assert loans(tmp_path) == {"000123": date(2025, 1, 15), "1E10": date(2025, 2, 28)}


def test_a_late_fact_was_known_on_the_last_day_the_delivery_speaks_of(tmp_path: Path) -> None:
    deliver(tmp_path, {})
    deliver(tmp_path, {"payments.csv": PAYMENTS + "P3,000123,2025-03-15,7\nP4,1E10,2025-03-31,7\n"})
    assert payments(tmp_path)["P3"] == date(2025, 3, 31)


def test_a_late_fact_alone_was_known_after_all_the_book_knew(tmp_path: Path) -> None:
    deliver(tmp_path, {})
    deliver(tmp_path, {"payments.csv": PAYMENTS + "P3,000123,2025-03-01,7\n"})
    assert payments(tmp_path)["P3"] == date(2025, 3, 16)


def test_a_changed_loan_was_known_when_it_was_told_and_an_unchanged_one_before(tmp_path: Path) -> None:
    deliver(tmp_path, {})
    more = PAYMENTS + "P3,000123,2025-04-02,7\n"
    deliver(tmp_path, {"loans.csv": LOANS.replace("1000.00", "1100.00"), "payments.csv": more})
    assert loans(tmp_path) == {"000123": date(2025, 4, 2), "1E10": date(2025, 2, 28)}
    then = Book.open(tmp_path / "book").as_known(date(2025, 4, 1)).read("loan")
    assert then["principal_minor"].to_pylist() == [100_000, 200_050]


def test_the_day_of_delivery_goes_before_what_the_delivery_speaks_of(tmp_path: Path) -> None:
    deliver(tmp_path, {})
    (tmp_path / "in" / "loans.csv").write_text(LOANS.replace("1000.00", "1100.00"), encoding="utf-8")
    (tmp_path / "in" / "payments.csv").write_text(PAYMENTS + "P3,000123,2025-03-01,7\n", encoding="utf-8")
    report = load(tmp_path / "mapping.yaml", tmp_path / "in", tmp_path / "book", date(2025, 4, 5))
    assert loans(tmp_path)["000123"] == date(2025, 4, 5)
    assert payments(tmp_path)["P3"] == date(2025, 4, 5)
    assert payments(tmp_path)["P1"] == date(2025, 2, 15)
    again = load(tmp_path / "mapping.yaml", tmp_path / "in", tmp_path / "book", date(2025, 4, 6))
    assert (report.changed, again.changed) == (True, True)
    assert payments(tmp_path)["P3"] == date(2025, 4, 5)


def test_the_day_of_delivery_is_part_of_the_load(tmp_path: Path) -> None:
    deliver(tmp_path, {})
    folder = tmp_path / "in"
    assert load(tmp_path / "mapping.yaml", folder, tmp_path / "book", date(2025, 4, 5)).changed
    assert not load(tmp_path / "mapping.yaml", folder, tmp_path / "book", date(2025, 4, 5)).changed


def test_what_the_file_states_counts(tmp_path: Path) -> None:
    deliver(tmp_path, {})
    stated = "流水号,借据号,日期,金额,入账日\nP3,000123,2025-03-01,7,2025-03-02\nP4,000123,2025-03-01,8,\n"
    deliver(tmp_path, {"payments.csv": stated}, STATED)
    assert payments(tmp_path)["P3"] == date(2025, 3, 2)
    assert payments(tmp_path)["P4"] == date(2025, 3, 16)


def test_a_change_is_never_known_before_what_it_changes(tmp_path: Path) -> None:
    mapping = MAPPING.replace("disbursed_on: 放款日}", "disbursed_on: 放款日, known_on: 更新日}")
    rows = "借据号,机构,金额,放款日,更新日\n000123,东,{},2025-01-15,{}\n"
    deliver(tmp_path, {"loans.csv": rows.format("1000", "2025-03-01")}, mapping)
    deliver(tmp_path, {"loans.csv": rows.format("1100", "2025-03-20")}, mapping)
    assert loans(tmp_path)["000123"] == date(2025, 3, 20)
    deliver(tmp_path, {"loans.csv": rows.format("1200", "2025-03-10")}, mapping)
    assert loans(tmp_path)["000123"] == date(2025, 3, 21)


def test_a_loan_registered_late_and_all_that_is_told_of_it_was_known_late(tmp_path: Path) -> None:
    deliver(tmp_path, {})
    late = LOANS + "L3,东,500,2025-02-01\nL4,东,500,2025-03-20\n"
    more = PAYMENTS + "P3,L3,2025-03-01,7\nP4,L4,2025-03-25,7\n"
    deliver(tmp_path, {"loans.csv": late, "payments.csv": more})
    assert loans(tmp_path)["L3"] == date(2025, 3, 25)
    assert payments(tmp_path)["P3"] == date(2025, 3, 25)
    assert loans(tmp_path)["L4"] == date(2025, 3, 20)


def test_a_table_that_comes_for_the_first_time_is_not_late(tmp_path: Path) -> None:
    deliver(tmp_path, {}, HEAD + LOAN_FILE)
    deliver(tmp_path, {"plan.csv": PLAN}, WITH_PLAN)
    assert payments(tmp_path) == {"P1": date(2025, 2, 15), "P2": date(2025, 3, 15)}
    assert set(known(tmp_path, "instalment", ["instalment_no"]).values()) == {None}


def test_instalments_of_a_held_loan_were_known_when_told_and_of_a_new_one_from_the_start(
    tmp_path: Path,
) -> None:
    deliver(tmp_path, {"plan.csv": PLAN}, WITH_PLAN)
    changed = (
        PLAN.replace("2025-03-15,500", "2025-03-20,500") + "000123,1,3,2025-04-15,5\nL3,1,1,2025-05-01,9\n"
    )
    new = LOANS + "L3,东,500,2025-04-01\n"
    deliver(tmp_path, {"loans.csv": new, "plan.csv": changed}, WITH_PLAN)
    told = date(2025, 4, 1)
    assert known(tmp_path, "instalment", ["loan_id", "instalment_no"]) == {
        ("000123", 1): None, ("000123", 2): told, ("000123", 3): told, ("L3", 1): None,
    }  # fmt: skip


def test_an_older_report_of_a_loan_in_the_same_delivery_is_in_the_history(tmp_path: Path) -> None:
    mapping = MAPPING.replace(
        "columns: {loan_id: 借据号, branch: 机构, principal_minor: [金额, amount], disbursed_on: 放款日}",
        "latest: [known_on]\n        columns: {loan_id: 借据号, principal_minor: 金额, disbursed_on: 放款日, known_on: 报送日}",
    )
    assert mapping != MAPPING
    rows = "借据号,金额,放款日,报送日\n000123,900,2025-01-15,2025-02-01\n000123,1000,2025-01-15,2025-03-01\n"
    deliver(tmp_path, {"loans.csv": rows, "payments.csv": PAYMENTS}, mapping)
    book = Book.open(tmp_path / "book")
    assert book.as_known(date(2025, 2, 28)).read("loan")["principal_minor"].to_pylist() == [90_000]
    assert book.read("loan")["principal_minor"].to_pylist() == [100_000]


@pytest.mark.parametrize("day", [date(2025, 3, 15), date(2025, 12, 31)])
def test_a_first_load_is_known_as_it_says(tmp_path: Path, day: date) -> None:
    deliver(tmp_path, {}, MAPPING.replace("currency: CNY", f"currency: CNY\ndelivered_on: {day}"))
    assert set(payments(tmp_path).values()) == {day}
