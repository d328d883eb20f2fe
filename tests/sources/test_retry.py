"""Quarantined rows are judged again beside every delivery, and each one stays accounted for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lender_delivery import HEAD, LOAN_FILE, LOANS, MAPPING, PAYMENTS, deliver, entry, reasons

from postloan.book.store import Book
from postloan.jobs.load import LoadReport

ONE_LOAN = "借据号,机构,金额,放款日\n000123,东,1000.00,2025-01-15\n"
PAYMENT_HEAD = "流水号,借据号,日期,金额\n"
NEXT = PAYMENT_HEAD + "P9,000123,2025-04-15,9\n"


def held(folder: Path) -> list[tuple[str, int, list[str]]]:
    rows = Book.open(folder / "book").read("quarantine").to_pylist()
    return [(row["table"], row["row"], row["reasons"]) for row in rows]


def ids(folder: Path, table: str = "payment") -> list[str]:
    column = {"payment": "payment_id", "loan": "loan_id"}[table]
    return sorted(Book.open(folder / "book").read(table).column(column).to_pylist())


def retried(folder: Path) -> list[dict[str, Any]]:
    names = ("table", "file", "tried", "released", "superseded", "still")
    return [{name: r[name] for name in names} for r in Book.open(folder / "book").retries()]


def assert_tied(folder: Path) -> None:
    """Of every load: quarantined = released + superseded since + in quarantine now."""
    book = Book.open(folder / "book")
    now = book.read("quarantine").to_pylist()
    for load in {found["load"] for found in book.loads()}:
        refused = sum(e["rows_quarantined"] for e in book.loads() if e["load"] == load)
        left = sum(r["released"] + r["superseded"] for r in book.retries() if r["origin"] == load)
        assert refused == left + sum(row["load"] == load for row in now)


def test_payments_that_came_before_their_loan_are_released_when_it_comes(tmp_path: Path) -> None:
    first = deliver(tmp_path, {"loans.csv": ONE_LOAN})
    assert reasons(first, "payment") == {"loan_id: not in loan": 1}
    deliver(tmp_path, {"payments.csv": NEXT})
    assert ids(tmp_path) == ["P1", "P2", "P9"]
    assert held(tmp_path) == []
    expected = {
        "table": "payment",
        "file": "payments.csv",
        "tried": 1,
        "released": 1,
        "superseded": 0,
        "still": 0,
    }
    assert retried(tmp_path) == [expected]
    assert Book.open(tmp_path / "book").retries()[0]["money_released"] == 5_050
    assert_tied(tmp_path)


def test_a_row_that_is_still_bad_stays_as_it_came(tmp_path: Path) -> None:
    deliver(tmp_path, {"payments.csv": PAYMENTS + "P3,nobody,x,1\n"})
    before = Book.open(tmp_path / "book").read("quarantine").to_pylist()
    deliver(tmp_path, {"payments.csv": NEXT})
    assert Book.open(tmp_path / "book").read("quarantine").to_pylist() == before
    assert retried(tmp_path) == []
    assert_tied(tmp_path)


def test_a_corrected_mapping_releases_what_it_could_not_read(tmp_path: Path) -> None:
    deliver(tmp_path, {"payments.csv": PAYMENTS + "P3,000123,2025/03/20,7\n"})
    mended = MAPPING.replace("'%Y-%m-%d'", "'%Y-%m-%d', '%Y/%m/%d'")
    deliver(tmp_path, {"payments.csv": NEXT}, mended)
    assert ids(tmp_path) == ["P1", "P2", "P3", "P9"]
    assert_tied(tmp_path)


def test_the_same_files_under_a_corrected_mapping_are_judged_anew(tmp_path: Path) -> None:
    text = PAYMENTS + "P3,000123,2025/03/20,7\nP4,000123\n"
    deliver(tmp_path, {"payments.csv": text})
    mended = MAPPING.replace("'%Y-%m-%d'", "'%Y-%m-%d', '%Y/%m/%d'")
    report = deliver(tmp_path, {"payments.csv": text}, mended)
    assert entry(report, "payment")["ignored"] == {"already_in_book": 2}
    assert entry(report, "payment")["rows_accepted"] == 1
    assert ids(tmp_path) == ["P1", "P2", "P3"]
    assert [(row, why) for _, row, why in held(tmp_path)] == [(5, ["too few fields (2, not 4)"])]
    assert [(r["tried"], r["superseded"]) for r in retried(tmp_path)] == [(2, 2)]
    assert_tied(tmp_path)


def test_a_row_sent_again_in_good_order_supersedes_the_bad_one(tmp_path: Path) -> None:
    bad = LOANS.replace("1E10,西,2000.50", "1E10,西,oops")
    deliver(tmp_path, {"loans.csv": bad})
    report = deliver(tmp_path, {})
    assert entry(report, "loan")["rows_accepted"] == 2
    # The payment waited for the loan; the loan's first row has been replaced by the second.
    assert ids(tmp_path) == ["P1", "P2"]
    found = {r["table"]: (r["released"], r["superseded"]) for r in retried(tmp_path)}
    assert found == {"loan": (0, 1), "payment": (1, 0)}
    assert held(tmp_path) == []
    assert_tied(tmp_path)


def test_of_two_statements_in_quarantine_the_later_one_counts(tmp_path: Path) -> None:
    provisions = """
  - path: provisions.csv
    tables:
      provision: {columns: {loan_id: 借据号, month_end: 月末, provision_minor: 拨备}}
"""
    mapping = HEAD + LOAN_FILE + provisions
    head = "借据号,月末,拨备\n"
    deliver(tmp_path, {"loans.csv": ONE_LOAN, "provisions.csv": head + "1E10,2025-03-31,1\n"}, mapping)
    deliver(tmp_path, {"loans.csv": ONE_LOAN, "provisions.csv": head + "1E10,2025-03-31,2\n"}, mapping)
    assert len(held(tmp_path)) == 2
    deliver(tmp_path, {"provisions.csv": head + "000123,2025-03-31,3\n"}, mapping)
    rows = Book.open(tmp_path / "book").read("provision").to_pylist()
    assert [(r["loan_id"], r["provision_minor"]) for r in rows] == [("000123", 300), ("1E10", 200)]
    assert [(r["released"], r["superseded"]) for r in retried(tmp_path)] == [(1, 0), (0, 1)]
    assert_tied(tmp_path)


def test_a_fact_that_the_book_has_otherwise_stays_in_quarantine(tmp_path: Path) -> None:
    deliver(tmp_path, {})
    deliver(tmp_path, {"payments.csv": PAYMENT_HEAD + "P1,000123,2025-02-15,99\n"})
    deliver(tmp_path, {"payments.csv": NEXT})
    assert [why for _, _, why in held(tmp_path)] == [["same key, but the book has different content"]]
    assert_tied(tmp_path)


def test_a_fact_accepted_since_leaves_the_quarantine(tmp_path: Path) -> None:
    deliver(tmp_path, {"payments.csv": PAYMENTS.replace("2025-03-15", "2025/03/15")})
    deliver(tmp_path, {})
    assert ids(tmp_path) == ["P1", "P2"]
    assert len(held(tmp_path)) == 1
    mended = MAPPING.replace("'%Y-%m-%d'", "'%Y-%m-%d', '%Y/%m/%d'")
    deliver(tmp_path, {"payments.csv": NEXT}, mended)
    assert held(tmp_path) == []
    assert [(r["released"], r["superseded"]) for r in retried(tmp_path)] == [(0, 1)]
    assert_tied(tmp_path)


def test_a_broken_record_stays_until_its_bytes_are_judged_anew(tmp_path: Path) -> None:
    deliver(tmp_path, {"payments.csv": PAYMENTS + "P3,000123\n"})
    deliver(tmp_path, {"payments.csv": NEXT})
    assert [(row, why) for _, row, why in held(tmp_path)] == [(4, ["too few fields (2, not 4)"])]
    assert_tied(tmp_path)


def test_one_file_under_two_names_counts_once(tmp_path: Path) -> None:
    mapping = MAPPING.replace("path: payments.csv", "path: pay*.csv")
    report = deliver(
        tmp_path,
        {"payments_copy.csv": PAYMENTS + "P3,000123\n", "payments.csv": PAYMENTS + "P3,000123\n"},
        mapping,
    )
    found = [e for e in report.entries if e["table"] == "payment"]
    assert [(e["rows_read"], e["rows_accepted"], e["ignored"]) for e in found] == [
        (3, 2, {}),
        (3, 0, {"same_file": 3}),
    ]
    assert len(held(tmp_path)) == 1


def test_a_file_sent_again_under_another_name_counts_once(tmp_path: Path) -> None:
    mapping = MAPPING.replace("path: payments.csv", "path: pay*.csv")
    deliver(tmp_path, {}, mapping)
    (tmp_path / "in" / "payments.csv").unlink()
    report = _deliver_as_it_is(
        tmp_path, {"pay_again.csv": PAYMENTS, "pay_new.csv": NEXT, "loans.csv": LOANS}, mapping
    )
    found = {e["file"]: e["ignored"] for e in report.entries}
    assert found == {"loans.csv": {"same_file": 2}, "pay_again.csv": {"same_file": 2}, "pay_new.csv": {}}
    assert ids(tmp_path) == ["P1", "P2", "P9"]


def test_a_file_named_by_a_phone_is_shown_masked_and_its_rows_are_tried_again(tmp_path: Path) -> None:
    mapping = MAPPING.replace("path: payments.csv", "path: pay_13912345678.csv")
    first = deliver(tmp_path, {"loans.csv": ONE_LOAN, "pay_13912345678.csv": PAYMENTS}, mapping)
    assert entry(first, "payment")["file"] == "pay_139****5678.csv"
    deliver(tmp_path, {"pay_13912345678.csv": NEXT}, mapping)
    assert [(r["file"], r["released"]) for r in retried(tmp_path)] == [("pay_139****5678.csv", 1)]


SEQUENCE = (
    HEAD
    + LOAN_FILE
    + """
  - path: due*.csv
    tables:
      instalment:
        columns:
          loan_id: 借据号
          schedule_no: {value: 1}
          instalment_no: {sequence: {over: loan_id, by: [due_on]}}
          due_on: 应还日
          principal_minor: 本金
"""
)
DUE = "借据号,应还日,本金\n000123,2025-02-15,10\n000123,2025-03-15,20\nnobody,2025-03-15,5\n"


def test_rows_without_a_key_of_their_own_count_once_when_their_file_comes_twice(tmp_path: Path) -> None:
    deliver(tmp_path, {"due_1.csv": DUE, "due_2.csv": DUE}, SEQUENCE)
    rows = Book.open(tmp_path / "book").read("instalment").to_pylist()
    assert [(r["instalment_no"], r["principal_minor"]) for r in rows] == [(1, 1000), (2, 2000)]
    later = "借据号,应还日,本金\n000123,2025-04-15,30\n"
    (tmp_path / "in" / "due_2.csv").unlink()
    deliver(tmp_path, {"due_1.csv": later, "due_0.csv": DUE}, SEQUENCE)
    rows = Book.open(tmp_path / "book").read("instalment").to_pylist()
    assert [(r["instalment_no"], r["principal_minor"]) for r in rows] == [(1, 1000), (2, 2000), (3, 3000)]
    assert_tied(tmp_path)


def test_a_part_of_a_numbered_series_does_not_take_the_place_of_the_rest(tmp_path: Path) -> None:
    deliver(tmp_path, {"due_1.csv": DUE}, SEQUENCE)
    later = "借据号,应还日,本金\n000123,2025-04-15,30\n1E10,2025-04-15,7\n"
    report = deliver(tmp_path, {"due_1.csv": later}, SEQUENCE)
    assert reasons(report, "instalment") == {"the book has more rows of this series: deliver all of them": 1}
    rows = Book.open(tmp_path / "book").read("instalment").to_pylist()
    expected = [("000123", 1000), ("000123", 2000), ("1E10", 700)]
    assert [(r["loan_id"], r["principal_minor"]) for r in rows] == expected
    for number in (1, 2):
        deliver(tmp_path, {"due_1.csv": later.replace("7\n", f"{number}\n")}, SEQUENCE)
        rows = Book.open(tmp_path / "book").read("instalment").to_pylist()
        assert [r["principal_minor"] for r in rows] == [1000, 2000, number * 100]
    assert_tied(tmp_path)


def test_a_numbered_row_is_released_with_its_number(tmp_path: Path) -> None:
    due = DUE + "nobody,2025-02-15,4\n"
    deliver(tmp_path, {"due.csv": due}, SEQUENCE)
    more = LOANS + "nobody,北,1,2025-01-01\n"
    deliver(tmp_path, {"loans.csv": more, "due.csv": due}, SEQUENCE)
    rows = Book.open(tmp_path / "book").read("instalment").to_pylist()
    assert [(r["instalment_no"], r["principal_minor"]) for r in rows if r["loan_id"] == "nobody"] == [
        (1, 400),
        (2, 500),
    ]
    assert_tied(tmp_path)


@pytest.mark.parametrize("quantity", ["rows", "money"])
def test_the_account_of_a_file_as_it_stands_now_ties_out(tmp_path: Path, quantity: str) -> None:
    from postloan.jobs.status import data_status

    deliver(tmp_path, {"loans.csv": ONE_LOAN})
    deliver(tmp_path, {"payments.csv": NEXT})
    book = Book.open(tmp_path / "book")
    frame = data_status(book.loads(), book.retries())
    parts = frame[[f"{quantity}_{part}" for part in ("accepted", "quarantined", "ignored")]].sum(axis=1)
    assert list(frame[f"{quantity}_read"]) == list(parts)
    assert frame["rows_quarantined"].sum() == 0


def _deliver_as_it_is(folder: Path, files: dict[str, str], mapping: str) -> LoadReport:
    """Deliver these files and no others."""
    from postloan.jobs.load import load

    for name, content in files.items():
        (folder / "in" / name).write_text(content, encoding="utf-8")
    (folder / "mapping.yaml").write_text(mapping, encoding="utf-8")
    return load(folder / "mapping.yaml", folder / "in", folder / "book")


def test_a_row_that_had_no_readable_key_does_not_take_the_place_of_a_newer_one(tmp_path: Path) -> None:
    unread = MAPPING.replace("loan_id: 借据号, branch", "loan_id: {column: 借据号, blank: ['1E10']}, branch")
    deliver(tmp_path, {}, unread)
    master = (HEAD + LOAN_FILE).replace("loans.csv", "master.csv")
    deliver(tmp_path, {"master.csv": LOANS.replace("西", "新")}, master)
    for number in (1, 2):
        deliver(tmp_path, {"loans.csv": ONE_LOAN + f"N{number},南,1,2025-01-15\n"})
        assert [why for table, _, why in held(tmp_path) if table == "loan"] == [
            ["the book has this key, and nobody can say which is newer"]
        ]
    loans = Book.open(tmp_path / "book").read("loan").to_pylist()
    assert [loan["branch"] for loan in loans if loan["loan_id"] == "1E10"] == ["新"]
    assert_tied(tmp_path)
