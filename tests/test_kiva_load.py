"""The real ledger of early microloans goes into a book whole, through its mapping alone."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from postloan.book.store import Book
from postloan.jobs.load import LoadReport, load

ROOT = Path(__file__).parents[1]
KIVA = ROOT.parent / "shared" / "data" / "kiva"
MAPPING = ROOT / "params" / "sources" / "kiva.yaml"

pytestmark = pytest.mark.skipif(not KIVA.is_dir(), reason=f"the Kiva ledger is not at {KIVA}")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[LoadReport, Book]:
    """The ledger, loaded once."""
    folder = tmp_path_factory.mktemp("kiva") / "book"
    return load(MAPPING, KIVA, folder), Book.open(folder)


def records(name: str) -> Iterator[dict[str, str]]:
    with (KIVA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def cents(text: str) -> int:
    whole, _, fraction = text.partition(".")
    return int(whole) * 100 + int(fraction.ljust(2, "0"))


def test_every_row_is_accepted(loaded: tuple[LoadReport, Book]) -> None:
    counts = {e["table"]: (e["rows_read"], e["rows_accepted"], e["rows_ignored"]) for e in loaded[0].entries}
    assert counts == {"loan": (499, 499, 0), "instalment": (3466, 3466, 0), "payment": (3287, 3287, 0)}
    assert loaded[1].read("quarantine").num_rows == 0


def test_loans_are_as_written(loaded: tuple[LoadReport, Book]) -> None:
    stored = {row["loan_id"]: row for row in loaded[1].read("loan").to_pylist()}
    for given in records("loans.csv"):
        row = stored.pop(given["id"])
        assert row["principal_minor"] == cents(given["disbursal_amount"] or given["loan_amount"])
        assert row["branch"] == given["partner_id"]
        assert row["currency"] == "USD"
        disbursed = row["disbursed_on"]
        assert (disbursed.isoformat() if disbursed else "") == given["disbursal_date"][:10]
    assert not stored


def test_instalments_are_numbered_by_due_date(loaded: tuple[LoadReport, Book]) -> None:
    stored = loaded[1].read("instalment").to_pylist()
    plans: dict[str, list[tuple[str, int]]] = {}
    for given in records("local_payments.csv"):
        plans.setdefault(given["loan_id"], []).append((given["due_date"][:10], cents(given["amount"])))
    assert len(plans) == 391
    found: dict[str, list[tuple[str, int]]] = {}
    for row in stored:
        plan = found.setdefault(row["loan_id"], [])
        plan.append((row["due_on"].isoformat(), row["principal_minor"]))
        assert row["instalment_no"] == len(plan)
    assert found == {loan: sorted(plan, key=lambda due: due[0]) for loan, plan in plans.items()}


def test_payments_are_as_written_and_zero_is_a_payment(loaded: tuple[LoadReport, Book]) -> None:
    stored = {
        row["payment_id"]: (row["loan_id"], row["paid_on"].isoformat(), row["amount_minor"])
        for row in loaded[1].read("payment").to_pylist()
    }
    assert stored == {
        given["payment_id"]: (given["loan_id"], given["processed_date"][:10], cents(given["local_amount"]))
        for given in records("payments.csv")
    }
    assert 0 in {amount for _, _, amount in stored.values()}


def test_payments_before_disbursement_are_warned_of(loaded: tuple[LoadReport, Book]) -> None:
    warnings = {e["table"]: [(w["reason"], w["rows"]) for w in e["warnings"]] for e in loaded[0].entries}
    assert warnings == {"loan": [], "instalment": [], "payment": [("paid_on: before disbursement", 6)]}


def test_the_state_of_2015_is_not_read(loaded: tuple[LoadReport, Book]) -> None:
    unused = next(e["ignored_columns"] for e in loaded[0].entries if e["table"] == "loan")
    assert {"status", "paid_amount", "paid_date", "delinquent"} <= set(unused)


def test_loading_again_changes_nothing(loaded: tuple[LoadReport, Book]) -> None:
    report, book = loaded
    before = {path: path.read_bytes() for path in book.root.rglob("*") if path.is_file()}
    again = load(MAPPING, KIVA, book.root)
    assert (again.changed, again.version) == (False, 1)
    assert again.text() == "already loaded, version 1; nothing changed"
    assert {path: path.read_bytes() for path in book.root.rglob("*") if path.is_file()} == before
    assert again.entries == report.entries
