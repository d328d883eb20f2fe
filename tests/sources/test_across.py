"""Values that other rows give: differences of a running total, what another row says, days after a date."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from postloan.book.store import Book
from postloan.jobs.load import load
from postloan.model.fault import Fault

MAPPING = """
lender: {{zh: 测试, en: Test}}
is_synthetic: true
currency: CNY
timezone: Asia/Shanghai
limits: {{quarantine_share: 1}}
formats: {{dates: ['%Y-%m-%d'], money: major}}
files:
  - path: log.csv
    tables:
      loan:
        only: {{what: [open]}}
        columns: {{loan_id: case, principal_minor: amount, disbursed_on: on}}
      payment:
        only: {{what: [pay]}}
        columns:
          payment_id: id
          loan_id: case
          paid_on: on
          amount_minor: {paid}
      instalment:
        only: {{what: [tell]}}
        columns:
          loan_id: case
          schedule_no: {{value: 1}}
          instalment_no: {{value: 1}}
          due_on: {due}
          principal_minor: {owed}
"""
PAID = "{column: total, difference: {over: case, by: ['no']}}"
DUE = "{column: on, days_after: 60}"
OWED = "{column: amount, taken: {over: case, where: {what: [open]}}}"
HEAD = "id,case,what,on,amount,total,no"


def book(folder: Path, *rows: str, paid: str = PAID, due: str = DUE, owed: str = OWED) -> Book:
    (folder / "log.csv").write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
    mapping = folder / "mapping.yaml"
    mapping.write_text(MAPPING.format(paid=paid, due=due, owed=owed), encoding="utf-8")
    load(mapping, folder, folder / "book")
    return Book.open(folder / "book")


def column(found: Book, table: str, key: str, name: str) -> dict[str, Any]:
    rows: pa.Table = found.read(table)
    return dict(zip(rows[key].to_pylist(), rows[name].to_pylist(), strict=True))


ROWS = (
    "1,A,open,2026-01-02,100,0,1",
    "2,A,tell,2026-01-30,,,2",
    "3,A,pay,2026-02-01,,30,9",
    "4,A,pay,2026-02-02,,100,10",
    "5,B,open,2026-01-02,50,,1",
    "6,B,pay,2026-02-01,,20,2",
    "7,B,tell,2026-02-02,,,3",
)


def test_an_amount_is_what_the_total_grew_by_in_the_order_of_numbers(tmp_path: Path) -> None:
    found = book(tmp_path, *ROWS)
    assert column(found, "payment", "payment_id", "amount_minor") == {"3": 3000, "4": 7000, "6": 2000}


def test_a_date_lies_days_after_and_an_amount_is_another_rows(tmp_path: Path) -> None:
    found = book(tmp_path, *ROWS)
    assert {key: str(day) for key, day in column(found, "instalment", "loan_id", "due_on").items()} == {
        "A": "2026-03-31",
        "B": "2026-04-03",
    }
    assert column(found, "instalment", "loan_id", "principal_minor") == {"A": 10_000, "B": 5_000}


def test_a_total_that_falls_is_held_back_with_its_reason(tmp_path: Path) -> None:
    found = book(tmp_path, *ROWS, "8,A,pay,2026-02-03,,90,11")
    assert "8" not in column(found, "payment", "payment_id", "amount_minor")
    held = found.read("quarantine").to_pylist()
    assert any("running total falls" in str(row["reasons"]) for row in held)


def test_what_no_row_says_is_missing_and_not_nothing(tmp_path: Path) -> None:
    owed = "{column: amount, taken: {over: case, where: {what: [never]}}}"
    found = book(tmp_path, *ROWS, owed=owed)
    assert column(found, "instalment", "loan_id", "principal_minor") == {}
    assert any(
        "principal_minor: missing" in str(row["reasons"]) for row in found.read("quarantine").to_pylist()
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"due": "{column: on, difference: {over: case, by: ['no']}}"}, "only an amount"),
        ({"paid": "{column: total, days_after: 3}"}, "only a date"),
        ({"due": "{value: 2026-01-01, days_after: 3}"}, "need the source column"),
        ({"paid": "{column: total, difference: {over: case, by: []}}"}, "by"),
        ({"paid": "{column: total, difference: {over: case, order: ['no']}}"}, "order"),
    ],
)
def test_what_makes_no_sense_is_refused_when_the_mapping_is_read(
    tmp_path: Path, change: dict[str, str], message: str
) -> None:
    with pytest.raises(Fault, match=message) as error:
        book(tmp_path, *ROWS, **change)
    assert "line" in str(error.value)


def test_a_column_that_the_file_lacks_is_told(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="nummer"):
        book(tmp_path, *ROWS, paid="{column: total, difference: {over: case, by: [nummer]}}")
