"""Totals that a file states of itself are compared with its records, and a wrong one refuses the file."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from lender_delivery import LOANS, MAPPING, PAYMENTS, deliver, entry, reasons

from postloan.jobs.load import LoadReport
from postloan.model.fault import REFUSED, USAGE, Fault

TRAILER = MAPPING.replace("- path: payments.csv", "- path: payments.csv\n    trailer: {TRAILER}")


def notes(report: LoadReport) -> list[str]:
    return [note["note"] for note in entry(report, "payment")["notes"]]  # type: ignore[attr-defined]


def with_trailer(text: str) -> str:
    return TRAILER.replace("{TRAILER}", text)


@pytest.mark.parametrize(
    "lines",
    [
        ["合计,,,150.5"],
        ["合 计：,,,150.50"],
        ["合计（共2笔）,,,150.5"],
        ["小计,,,150.5", "总计,,共2笔,150.5"],
        ["Grand Total,,,150.5"],
        ["合计,,,"],
    ],
)
def test_a_total_that_ties_is_no_loan(tmp_path: Path, lines: list[str]) -> None:
    report = deliver(tmp_path, {"payments.csv": PAYMENTS + "\n".join(lines) + "\n"})
    assert entry(report, "payment")["ignored"] == {"total_line": len(lines)}
    assert entry(report, "payment")["rows_accepted"] == 2


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        (["合计,,,150.51"], "row 4: 金额 (amount_minor) is 150.51, the records it covers add up to 150.50"),
        (["Total,,,0"], "row 4: 金额 (amount_minor) is 0.00, the records it covers add up to 150.50"),
        (["合计（共3笔）,,,150.5"], "total line in row 4: 3 records stated, 2 found"),
        (
            ["小计,,,150.5", "P3,000123,2025-04-01,1", "小计,,,2"],
            "row 6: 金额 (amount_minor) is 2.00, the records it covers add up to 1.00",
        ),
        (
            ["P3,000123,2025-04-01,1", "合计,,,150.5"],
            "row 5: 金额 (amount_minor) is 150.50, the records it covers add up to 151.50",
        ),
    ],
)
def test_a_total_that_differs_refuses_the_file(tmp_path: Path, lines: list[str], what: str) -> None:
    with pytest.raises(Fault) as caught:
        deliver(tmp_path, {"payments.csv": PAYMENTS + "\n".join(lines) + "\n"})
    assert caught.value.what.startswith("payments.csv: total line in row")
    assert what in caught.value.what
    assert caught.value.exit_code == REFUSED
    assert not (tmp_path / "book" / "CURRENT").exists()


def test_subtotals_are_of_the_rows_since_the_last_one(tmp_path: Path) -> None:
    text = PAYMENTS + "小计,,,150.5\nP3,000123,2025-04-01,1\n小计,,,1\n合计,,,151.5\n"
    report = deliver(tmp_path, {"payments.csv": text})
    assert entry(report, "payment")["rows_accepted"] == 3
    assert notes(report) == ["3 totals tie with the records"]


def test_a_total_covers_rows_that_are_quarantined_or_told_twice(tmp_path: Path) -> None:
    text = PAYMENTS + "P3,nobody,2025-04-01,7\nP1,000123,2025-02-15,100\n合计,,,257.5\n"
    report = deliver(tmp_path, {"payments.csv": text})
    assert reasons(report, "payment") == {"loan_id: not in loan": 1}
    assert notes(report) == ["1 totals tie with the records"]


@pytest.mark.parametrize("line", ["P3,000123,2025-04-01,x", "P3,000123"])
def test_a_total_over_an_amount_that_cannot_be_read_is_not_compared(tmp_path: Path, line: str) -> None:
    report = deliver(tmp_path, {"payments.csv": PAYMENTS + line + "\n合计,,,999\n"})
    assert notes(report) == ["1 totals not compared: an amount can't be read"]


def test_a_total_line_of_another_shape_is_no_loan_either(tmp_path: Path) -> None:
    report = deliver(tmp_path, {"payments.csv": PAYMENTS + "合计,150.5\n"})
    assert entry(report, "payment")["ignored"] == {"total_line": 1}
    assert notes(report) == ["the total line in row 4 does not line up with the header: not compared"]


@pytest.mark.parametrize(("total", "is_refused"), [("30,21", False), ("31,21", True), ("30,20", True)])
def test_each_column_of_a_coalesce_has_its_own_total(tmp_path: Path, total: str, is_refused: bool) -> None:
    mapping = MAPPING.replace("amount_minor: 金额", "amount_minor: {coalesce: [实收, 应收]}")
    text = (
        f"流水号,借据号,日期,应收,实收\nP1,000123,2025-02-15,10,\nP2,1E10,2025-03-15,20,21\n合计,,,{total}\n"
    )
    if is_refused:
        with pytest.raises(Fault, match="the records it covers add up to"):
            deliver(tmp_path, {"payments.csv": text}, mapping)
    else:
        assert notes(deliver(tmp_path, {"payments.csv": text}, mapping)) == ["2 totals tie with the records"]


def test_a_value_given_by_the_mapping_is_no_total(tmp_path: Path) -> None:
    mapping = MAPPING.replace("amount_minor: 金额", "amount_minor: {value: '7'}")
    report = deliver(tmp_path, {"payments.csv": PAYMENTS + "合计,,,150.5\n"}, mapping)
    assert notes(report) == []


def test_a_name_that_begins_like_a_total_is_a_loan(tmp_path: Path) -> None:
    report = deliver(tmp_path, {"loans.csv": LOANS.replace("000123", "总计划1号")})
    assert entry(report, "loan")["rows_accepted"] == 2


@pytest.mark.parametrize(
    ("trailer", "last"),
    [
        ("{starts: 'T|', delimiter: '|', rows: 2, sums: {金额: 3}}", "T|000002|150.50"),
        ("{starts: '记录数', delimiter: ':', rows: 2}", "记录数:2"),
        ("{starts: T, sums: {金额: 4}}", "T,,,150.5"),
    ],
)
def test_a_trailer_that_ties_is_counted_and_said(tmp_path: Path, trailer: str, last: str) -> None:
    report = deliver(tmp_path, {"payments.csv": PAYMENTS + last + "\n"}, with_trailer(trailer))
    assert entry(report, "payment")["ignored"] == {"trailer": 1}
    assert entry(report, "payment")["rows_accepted"] == 2
    assert "tie with the records" in notes(report)[-1]


SUMS = "{starts: 'T|', delimiter: '|', rows: 2, sums: {金额: 3}}"


@pytest.mark.parametrize(
    ("last", "what"),
    [
        ("", "no trailer at the end: the last record should begin with 'T|'; is the file truncated?"),
        ("P3,000123,2025-04-01,1\n", "is the file truncated?"),
        ("T|000003|150.50\n", "trailer: 3 records stated, 2 found"),
        ("T|x|150.50\n", "trailer: no number of records stated, 2 found"),
        (
            "T|000002|150.49\n",
            "trailer: 金额 (amount_minor) is 150.49, the records it covers add up to 150.50",
        ),
        ("T|000002\n", "the trailer has 2 fields, the mapping reads field 3"),
    ],
)
def test_a_trailer_that_is_missing_or_differs_refuses_the_file(tmp_path: Path, last: str, what: str) -> None:
    with pytest.raises(Fault) as caught:
        deliver(tmp_path, {"payments.csv": PAYMENTS + last}, with_trailer(SUMS))
    assert what in caught.value.what
    assert caught.value.what.startswith("payments.csv: ")
    assert caught.value.exit_code == REFUSED


def test_a_file_cut_within_its_last_record_has_no_trailer(tmp_path: Path) -> None:
    whole = PAYMENTS + "T|000002|150.50\n"
    with pytest.raises(Fault, match="is the file truncated"):
        deliver(tmp_path, {"payments.csv": whole[: whole.index("P2") + 6]}, with_trailer(SUMS))


@pytest.mark.parametrize(
    ("trailer", "what"),
    [
        ("{starts: T}", "say which field of the trailer"),
        ("{starts: T, sums: {总额: 2}}", "no amount is read from 总额"),
    ],
)
def test_a_trailer_must_fit_the_mapping(tmp_path: Path, trailer: str, what: str) -> None:
    with pytest.raises(Fault, match=what) as caught:
        deliver(tmp_path, {}, with_trailer(trailer))
    assert caught.value.exit_code == USAGE


@pytest.mark.parametrize(("total", "is_refused"), [(150.5, False), (151, True)])
def test_totals_and_trailers_of_a_sheet(tmp_path: Path, total: float, is_refused: bool) -> None:
    book = openpyxl.Workbook()
    sheet = book.create_sheet("流水", 0)
    book.remove(book["Sheet"])
    rows = [line.split(",") for line in PAYMENTS.splitlines()]
    sheet.append(rows[0])
    for row in rows[1:]:
        sheet.append([*row[:3], float(row[3])])
    sheet.append(["合计", None, None, total])
    sheet.append(["T", 2])
    (tmp_path / "in").mkdir()
    book.save(tmp_path / "in" / "payments.xlsx")
    mapping = MAPPING.replace(
        "- path: payments.csv", "- path: payments.xlsx\n    format: xlsx\n    trailer: {starts: T, rows: 2}"
    )
    if is_refused:
        with pytest.raises(Fault, match=r"total line in row 4: 金额 \(amount_minor\) is 151.00"):
            deliver(tmp_path, {}, mapping)
    else:
        report = deliver(tmp_path, {}, mapping)
        assert entry(report, "payment")["ignored"] == {"total_line": 1, "trailer": 1}
