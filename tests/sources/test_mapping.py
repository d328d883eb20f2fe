"""A mapping that does not fit the contract is refused with the line and the nearest valid name."""

from __future__ import annotations

from pathlib import Path

import pytest
from lender_delivery import HEAD, LOAN_FILE, LOANS, MAPPING, deliver, entry, reasons

from postloan.book.store import Book
from postloan.model.fault import USAGE, Fault
from postloan.sources.mapping import read_mapping


def refused(tmp_path: Path, text: str) -> Fault:
    path = tmp_path / "mapping.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Fault) as caught:
        read_mapping(path)
    assert caught.value.exit_code == USAGE
    assert f"{path}: line " in caught.value.what
    return caught.value


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("branch: 机构", "brunch: 机构", "no column brunch; did you mean branch?"),
        ("      loan:", "      laon:", "no table laon"),
        ("loan_id: 借据号, branch", "branch", "the required column loan_id is not mapped"),
        ("currency: CNY", "currency: RMB", "RMB is not an ISO 4217 currency code"),
        ("currency: CNY\n", "currency: CNY\ncurrency: USD\n", "duplicate key"),
        ("path: loans.csv", "path: ../loans.csv", "must stay inside"),
        ("path: loans.csv", "path: /etc/passwd", "must stay inside"),
        (", money: major", "", "say in which unit the money is"),
        ("dates: ['%Y-%m-%d']", "dates: ['%d.%m.%Y', '%m.%d.%Y']", "as different dates"),
        ("dates: ['%Y-%m-%d']", "dates: ['%y-%m-%d']", "%y is unknown"),
        ("branch: 机构", "branch: {column: 机构, value: 东}", "exactly one of"),
        ("branch: 机构", "branch: {codes: {a: b}, column: 机构}", "only a code or a flag"),
        ("branch: 机构", "security: {column: 机构, codes: {信用: credits}}", "did you mean credit?"),
        ("branch: 机构", "branch: {sequence: {over: loan_id, by: [loan_id]}}", "only a number"),
        ("quarantine_share: 1", "quarantine_share: 2", "less than or equal to 1"),
        ("is_synthetic", "is_synthetik", "unknown name"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in MAPPING
    fault = refused(tmp_path, MAPPING.replace(old, new, 1))
    assert said in f"{fault.what} {fault.mend}"


def test_no_and_leading_zeros_are_what_they_look_like(tmp_path: Path) -> None:
    deliver(tmp_path, {}, MAPPING.replace("branch: 机构", "branch: {value: no}, region: {value: '010'}"))
    loans = Book.open(tmp_path / "book").read("loan")
    assert loans.column("branch").to_pylist() == ["no", "no"]
    assert loans.column("region").to_pylist() == ["010", "010"]


def test_one_file_feeds_two_tables(tmp_path: Path) -> None:
    mapping = HEAD + LOAN_FILE.rstrip("\n") + "\n      customer: {columns: {customer_id: 客户号}}\n"
    text = LOANS.replace("\n", ",客户号\n", 1).replace("-15\n", "-15,C1\n").replace("-28\n", "-28,C1\n")
    report = deliver(tmp_path, {"loans.csv": text}, mapping)
    assert entry(report, "customer")["ignored"] == {"duplicate": 1}
    assert Book.open(tmp_path / "book").read("customer").column("customer_id").to_pylist() == ["C1"]


def test_a_sequence_counts_in_order_and_skips_totals(tmp_path: Path) -> None:
    mapping = (
        HEAD
        + LOAN_FILE
        + """
  - path: plan*.csv
    tables:
      instalment:
        columns:
          loan_id: 借据号
          schedule_no: {value: 1}
          instalment_no: {sequence: {over: loan_id, by: [due_on]}}
          due_on: 日
          principal_minor: {coalesce: [实, 应], money: minor}
"""
    )
    plans = {
        "plan1.csv": "借据号,日,应,实\n000123,2025-03-01,10,\n000123,2025-02-01,20,21\n合计,,30,\n",
        "plan2.csv": "借据号,日,应,实\n1E10,2025-03-01,30,\n000123,2025-02-01,40,\n1E10,bad,50,x\n",
    }
    report = deliver(tmp_path, dict(plans), mapping)
    rows = Book.open(tmp_path / "book").read("instalment").to_pylist()
    assert [(r["loan_id"], r["instalment_no"], r["principal_minor"]) for r in rows] == [
        ("000123", 1, 21),
        ("000123", 2, 40),
        ("000123", 3, 10),
        ("1E10", 1, 30),
    ]
    assert [r["known_on"] for r in rows] == [None] * 4
    assert reasons(report, "instalment") == {
        "due_on: not a date like %Y-%m-%d": 1,
        "principal_minor: not a number as declared": 1,
    }


def test_delivered_on_is_when_facts_were_known(tmp_path: Path) -> None:
    deliver(tmp_path, {}, MAPPING.replace("is_synthetic", "delivered_on: 2025-04-01\nis_synthetic"))
    known = Book.open(tmp_path / "book").read("payment").column("known_on").to_pylist()
    assert [day.isoformat() for day in known] == ["2025-04-01"] * 2
