"""The cells of a sheet are read as Excel shows them, and a cell that cannot be believed is marked."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet
from workbooks import (
    COLUMNS,
    HEADER,
    RECORDS,
    bent,
    column,
    flaws,
    put,
    read,
    replaced,
    saved,
    workbook,
)

from postloan.model.contract import Kind
from postloan.sources.reading.tape import Effect


def test_every_cell_is_text_and_numbers_are_exact(tmp_path: Path) -> None:
    tape = read(tmp_path, workbook())
    assert tape.name == "p.xlsx[还款]"
    assert tape.rows.tolist() == [2, 3, 4]
    assert column(tape, "借据号") == ["000123", "1E10", "000123"]
    assert column(tape, "日期") == ["2025-02-15", "2025-03-15", "2025-04-15"]
    assert column(tape, "金额") == ["100", "50.5", "0.3"]
    assert (tape.n_read, tape.n_blank, tape.flaws, tape.notes) == (3, 0, (), ())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234.5600000000001, "1234.56"),
        (0.07, "0.07"),
        (1e-7, "0.0000001"),
        (999999999999.99, "999999999999.99"),
        (123456789012345, "123456789012345"),
        (-0.005, "-0.005"),
        (-12.0, "-12"),
    ],
)
def test_a_number_has_the_15_digits_that_excel_shows(tmp_path: Path, value: float, text: str) -> None:
    assert column(read(tmp_path, workbook(put("D2", value))), "金额")[0] == text


def test_a_percent_cell_is_read_as_it_is_shown(tmp_path: Path) -> None:
    def change(sheet: Worksheet) -> None:
        for row, (value, form) in enumerate(
            ((0.0435, "0.00%"), (0.07, "0.0#%;[Red]-0.0#%"), (3, '0.0"%"')), 2
        ):
            sheet.cell(row, 4, value).number_format = form

    assert column(read(tmp_path, workbook(change)), "金额") == ["4.35%", "7%", "3"]


def test_a_time_behind_a_date_and_a_truth_value_have_one_form(tmp_path: Path) -> None:
    def change(sheet: Worksheet) -> None:
        sheet["C2"] = datetime(2025, 2, 15, 9, 30)
        sheet["D2"] = True

    tape = read(tmp_path, workbook(change))
    assert (column(tape, "日期")[0], column(tape, "金额")[0]) == ("2025-02-15 09:30:00", "true")


def test_dates_of_a_1904_workbook_are_converted_and_noted(tmp_path: Path) -> None:
    book = Workbook()
    book.epoch = CALENDAR_MAC_1904
    for row in (HEADER, *RECORDS):
        book.worksheets[0].append(row)
    tape = read(tmp_path, saved(book))
    assert column(tape, "日期") == ["2025-02-15", "2025-03-15", "2025-04-15"]
    assert [note.en for note in tape.notes] == [
        "days count from 1904 in the workbook; its dates are converted"
    ]


@pytest.mark.parametrize(
    ("cell", "value", "form", "name", "reason"),
    [
        ("D3", "#N/A", None, "金额", "the cell holds the error #N/A (column D)"),
        ("C3", "#REF!", None, "日期", "the cell holds the error #REF! (column C)"),
        ("D3", "=SUM(D2)", None, "金额", "a formula without a saved result (column D)"),
        ("C3", 60, "yyyy-mm-dd", "日期", "a date before March 1900, where Excel counts wrongly (column C)"),
        ("C3", time(12, 30), None, "日期", "a time of day or a duration (column C)"),
        ("B3", date(2026, 2, 1), None, "借据号", "a date in the sheet: Excel turns 2-1 into one (column B)"),
        ("B3", True, None, "借据号", "a truth value, not text (column B)"),
        ("B3", "张" * 32_767, None, "借据号", "text as long as a cell can hold, probably cut off (column B)"),
        (
            "D3",
            12345678901234.56,
            None,
            "金额",
            "a number of more than 15 digits, which Excel can't hold exactly (column D)",
        ),
    ],
)
def test_a_cell_that_cannot_be_believed_is_a_flaw_of_its_row(
    tmp_path: Path, cell: str, value: object, form: str | None, name: str, reason: str
) -> None:
    tape = read(tmp_path, workbook(put(cell, value, form)))
    assert flaws(tape) == {name: (reason, [3])}
    assert tape.rows.tolist() == [2, 3, 4]


def test_a_formula_whose_result_is_the_empty_text_is_blank(tmp_path: Path) -> None:
    data = bent(
        workbook(), replaced(r'<c r="D3"[^>]*><v>50.5</v>', '<c r="D3" t="str"><f>IF(1,"")</f><v></v>')
    )
    tape = read(tmp_path, data)
    assert (column(tape, "金额")[1], tape.flaws) == ("", ())


def test_a_last_row_of_formulas_without_results_is_not_lost(tmp_path: Path) -> None:
    tape = read(tmp_path, workbook(put("D6", "=SUM(D2:D4)")))
    assert (tape.rows.tolist(), tape.n_blank, tape.n_read) == ([2, 3, 4, 6], 1, 5)
    assert flaws(tape) == {"金额": ("a formula without a saved result (column D)", [6])}


def test_a_number_without_percent_sign_among_such_with_one_is_a_flaw_of_a_rate(tmp_path: Path) -> None:
    columns = {**COLUMNS, "amount_minor": "金额"}
    spec = {"loan": {"columns": {"loan_id": "借据号", "annual_rate": "金额", "disbursed_on": "日期"}}}
    tape = read(tmp_path, workbook(put("D2", 0.0435, "0.00%")), tables=spec, columns=columns)
    reason = "no percent sign, other cells of the column have one (column D)"
    assert flaws(tape) == {"金额": (reason, [3, 4])}


def test_only_what_is_a_flaw_where_the_column_is_used_is_kept(tmp_path: Path) -> None:
    tape = read(tmp_path, workbook(put("E1", "备注")), columns={})
    assert {flaw.column for flaw in tape.flaws} == set()
    number = read(tmp_path, workbook(put("B3", 123)))
    assert [(flaw.effect, flaw.kinds) for flaw in number.flaws] == [(Effect.MENTION, (Kind.ID,))]
