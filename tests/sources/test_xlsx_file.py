"""A sheet is read as Excel shows it, or refused with the cell that is wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from lender_delivery import HEAD, LOAN_FILE, deliver, reasons
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from workbooks import (
    HEADER,
    RECORDS,
    bent,
    column,
    file_mapping,
    put,
    read,
    refusal,
    replaced,
    saved,
    workbook,
)

from postloan.book.store import Book
from postloan.model.fault import REFUSED, Fault

SHEETS = """
  - path: p.xlsx
    format: xlsx
    sheet: 还款
    header: 3
    tables:
      payment: {columns: {payment_id: 流水号, loan_id: 借据号, paid_on: 日期, amount_minor: 金额}}
"""
PAYMENTS = HEAD + LOAN_FILE + SHEETS.replace("    header: 3\n", "")


def merged(area: str) -> Callable[[Worksheet], None]:
    return lambda sheet: sheet.merge_cells(area)


def second_table(sheet: Worksheet) -> None:
    for row in ((), ("机构", "户数"), ("东", 3)):
        sheet.append(row)


def row_out_of_order(text: str) -> str:
    return text.replace('<row r="4">', '<row r="2">')


@pytest.mark.parametrize(
    ("data", "given", "what", "mend"),
    [
        (workbook(merged("A2:A3")), {}, "p.xlsx: 还款!A2:A3: merged cells in the table", "unmerge"),
        (workbook(merged("B1:C1")), {}, "p.xlsx: 还款!B1:C1: merged cells in the table", "every cell"),
        (workbook(second_table), {}, "p.xlsx: 还款!A6: a second table begins here", "sheet of its own"),
        (workbook(put("F1", "备注")), {}, "p.xlsx: 还款!F1: a second table begins here, beside", "one table"),
        (workbook(put("G3", "已核对")), {}, "p.xlsx: 还款!G3: a value in a column that has no name", "G1"),
        (workbook(put("C1", None)), {}, "p.xlsx: 还款!C2: a value in a column that has no name", "C1"),
        (workbook(put("D1", "日 期 ")), {"header": 5}, "还款: row 5 is blank", "correct `header`"),
        (workbook(put("D1", " 日期")), {}, "还款!C1 and D1 are both named 日期", "once"),
        (workbook(put("A1048576", "x")), {}, "full to its last row, 1048576", "CSV or Parquet"),
        (workbook(put("XFD9000", 1)), {}, "reaches over 9000 rows and 16384 columns", "far off"),
        (workbook(lambda s: s.delete_rows(2, 3)), {}, "还款: the sheet holds no records", "allow_empty"),
        (workbook(lambda s: s.delete_rows(1, 4)), {}, "还款: the sheet is empty", "again"),
        (workbook(), {"sheet": "放款"}, "no sheet 放款; the workbook has 还款", "correct `sheet`"),
        (
            bent(workbook(), row_out_of_order),
            {},
            "还款: the sheet is damaged: row 2 follows row 3",
            "save it",
        ),
        (bent(workbook(), replaced('r="B3"', 'r="A3"')), {}, "cell A3 follows column A", "save it"),
        (bent(workbook(), replaced('r="B3"', 'r="B9"')), {}, "cell B9 stands in row 3", "save it"),
        (bent(workbook(), replaced("<v>50.5<", "<v>50<!-- -->.5<")), {}, "a comment at cell D3", "save it"),
        (bent(workbook(), replaced("<v>50.5<", "<v><![CDATA[50.5]]><")), {}, "CDATA at cell D3", "save it"),
        (bent(workbook(), replaced("<v>50.5<", "<v>5<?x?>0<")), {}, "a processing instruction at", "save it"),
        (bent(workbook(), replaced("<v>50.5<", "<v>50.5</v><v>6<")), {}, "cell D3 has two values", "save it"),
        (
            bent(workbook(), replaced('t="n"><v>50.5<', "><v>50,5<")),
            {},
            "5 numbers and dates were read, 6",
            "save",
        ),
        (
            bent(workbook(), replaced("</sheetData>", "")),
            {},
            "sheet1.xml in the workbook is damaged",
            "resend",
        ),
    ],
)
def test_a_sheet_that_cannot_be_read_with_certainty_is_refused(
    tmp_path: Path, data: bytes, given: dict[str, object], what: str, mend: str
) -> None:
    fault = refusal(tmp_path, data, **given)
    assert what in fault.what
    assert mend in fault.mend
    assert fault.exit_code == REFUSED


def test_several_sheets_must_be_told_apart(tmp_path: Path) -> None:
    book = Workbook()
    book.worksheets[0].title = "放款"
    book.create_sheet("参数").sheet_state = "veryHidden"
    fault = refusal(tmp_path, saved(book))
    assert fault.what == "p.xlsx: the workbook has 2 sheets: 放款, 参数 (hidden)"
    assert "`sheet`" in fault.mend


def test_a_footer_is_no_second_table(tmp_path: Path) -> None:
    def change(sheet: Worksheet) -> None:
        for row in ((), ("制表人：张三", "复核：李四"), ("日期：2025-05-01", "页码：1")):
            sheet.append(row)

    assert read(tmp_path, workbook(change)).rows.tolist() == [2, 3, 4, 6, 7]


def test_merged_titles_and_totals_hide_nothing(tmp_path: Path) -> None:
    def change(sheet: Worksheet) -> None:
        sheet.insert_rows(1, 2)
        sheet["A1"] = "2025年还款明细"
        sheet.merge_cells("A1:D1")
        sheet.append(("合计", None, None, 150.8))
        sheet.merge_cells("A7:C7")

    tape = read(tmp_path, workbook(change), header=3)
    assert tape.rows.tolist() == [4, 5, 6, 7]
    assert [note.en for note in tape.notes] == ["rows above the header that are no records: 1"]


def test_hidden_rows_and_columns_are_read_and_noted(tmp_path: Path) -> None:
    def change(sheet: Worksheet) -> None:
        sheet.auto_filter.ref = "A1:D4"
        sheet.row_dimensions[3].hidden = True
        sheet.column_dimensions["D"].hidden = True

    tape = read(tmp_path, workbook(change))
    assert tape.rows.tolist() == [2, 3, 4]
    assert [note.en for note in tape.notes] == [
        "hidden rows, read like others: 1",
        "hidden columns, read like others: D 金额",
    ]


def test_rows_and_cells_without_addresses_are_counted_on(tmp_path: Path) -> None:
    data = bent(
        workbook(), lambda text: text.replace(' r="4"', "").replace(' r="A4"', "").replace(' r="B4"', "")
    )
    assert column(read(tmp_path, data), "流水号") == ["P1", "P2", "P3"]


def test_prefixed_tags_are_heard(tmp_path: Path) -> None:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

    def change(text: str) -> str:
        body = text.replace("</", "\0").replace("<", "<x:").replace("\0", "</x:")
        return body.replace(f'xmlns="{main}"', f'xmlns:x="{main}"')

    assert read(tmp_path, bent(workbook(), change)).rows.tolist() == [2, 3, 4]


def test_rich_text_and_formulas_behind_the_cells_confuse_nobody(tmp_path: Path) -> None:
    def change(text: str) -> str:
        rich = "<is><r><rPr><b/><sz val='9'/></rPr><t>P</t></r><r><t>3</t></r><rPh><t>pi</t></rPh></is>"
        text = text.replace("<is><t>P3</t></is>", rich)
        return text.replace("</sheetData>", '<row r="5"><c r="A5" s="1"/></row></sheetData>').replace(
            "</worksheet>", "<extLst><ext><x><f>A1</f></x></ext></extLst></worksheet>"
        )

    tape = read(tmp_path, bent(workbook(), change))
    assert (column(tape, "流水号"), tape.flaws) == (["P1", "P2", "P3"], ())


def test_a_hidden_sheet_is_read_where_it_is_asked_for(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.create_sheet("还款")
    sheet.sheet_state = "hidden"
    for row in (HEADER, *RECORDS):
        sheet.append(row)
    tape = read(tmp_path, saved(book), sheet="还款")
    assert [note.en for note in tape.notes] == ["the sheet is hidden"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"format": "csv", "sheet": "还款"}, "only xlsx has `sheet`, the format is csv"),
        (
            {"format": "csv", "columns": {"known_on": {"cell": "B1"}}},
            "only xlsx has `cell`, the format is csv",
        ),
        ({"format": "parquet", "header": 2}, "only csv and xlsx have a `header`, the format is parquet"),
    ],
)
def test_a_mapping_may_ask_only_for_what_its_format_has(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        file_mapping(**given)


def test_numbers_as_names_and_lines_in_names(tmp_path: Path) -> None:
    def change(sheet: Worksheet) -> None:
        sheet["E1"], sheet["F1"], sheet["E2"], sheet["F2"] = 2025, "应还\n日期", 1, 2

    assert read(tmp_path, workbook(change)).columns.column_names == [*HEADER, "2025", "应还 日期"]


def test_control_characters_are_found(tmp_path: Path) -> None:
    tape = read(tmp_path, workbook(put("B3", "1E_x0007_10")))
    assert tape.unclean.tolist() == [False, True, False]


def test_a_declared_cell_is_text(tmp_path: Path) -> None:
    def change(sheet: Worksheet) -> None:
        sheet.insert_rows(1, 1)
        sheet["B1"] = date(2025, 4, 30)

    tape = read(tmp_path, workbook(change), header=2, columns={"known_on": {"cell": "B1"}})
    assert tape.cells == {"B1": "2025-04-30"}


@pytest.mark.parametrize(
    ("value", "what"), [(None, "还款!Z9 is blank"), ("#DIV/0!", "还款!Z9 holds #DIV/0!")]
)
def test_a_declared_cell_that_holds_nothing_is_refused(tmp_path: Path, value: str | None, what: str) -> None:
    def change(sheet: Worksheet) -> None:
        sheet.insert_rows(1, 9)
        sheet["Z9"] = value

    fault = refusal(tmp_path, workbook(change), header=10, columns={"known_on": {"cell": "Z9"}})
    assert what in fault.what


def test_identifiers_that_excel_destroyed_refuse_the_file(tmp_path: Path) -> None:
    data = workbook(put("A4", 110101199003078888))
    with pytest.raises(
        Fault, match=r"p\.xlsx\[还款\]: column 流水号 \(payment_id\): .* 1 cells, .* row 4"
    ) as caught:
        deliver(tmp_path, {"p.xlsx": data}, PAYMENTS)
    assert "format the column as text" in caught.value.mend


def test_a_row_with_an_excel_fault_is_quarantined_with_its_cell(tmp_path: Path) -> None:
    report = deliver(tmp_path, {"p.xlsx": workbook(put("D3", "#N/A"))}, PAYMENTS)
    assert reasons(report, "payment") == {"amount_minor: the cell holds the error #N/A (column D)": 1}
    kept = Book.open(tmp_path / "book").read("quarantine").to_pylist()
    assert [(row["file"], row["row"]) for row in kept] == [("p.xlsx[还款]", 3)]


def test_text_dates_are_read_by_declared_formats_and_day_numbers_never(tmp_path: Path) -> None:
    def change(sheet: Worksheet) -> None:
        sheet["C2"], sheet["C3"] = "2025-02-15", 45731
        sheet["C3"].number_format = "General"

    report = deliver(tmp_path, {"p.xlsx": workbook(change)}, PAYMENTS)
    assert reasons(report, "payment") == {"paid_on: day number of a spreadsheet, not a date": 1}


def test_a_clean_workbook_goes_to_the_book_with_exact_money(tmp_path: Path) -> None:
    book = Workbook()
    loans = book.worksheets[0]
    loans.title = "放款"
    for row in (
        ("借据号", "机构", "金额", "放款日"),
        ("000123", "东", 1000, date(2025, 1, 15)),
        ("1E10", "西", 2000.5, date(2025, 2, 28)),
    ):
        loans.append(row)
    sheet = book.create_sheet("还款")
    for payment in (("还款明细",), (), HEADER, *RECORDS, ("合计", None, None, 150.8)):
        sheet.append(payment)
    sheet.row_dimensions[5].hidden = True
    first = LOAN_FILE.replace("loans.csv", "p.xlsx\n    format: xlsx\n    sheet: 放款")
    report = deliver(tmp_path, {"p.xlsx": saved(book)}, HEAD + first + SHEETS)
    payments = Book.open(tmp_path / "book").read("payment").sort_by("payment_id")
    assert payments.column("amount_minor").to_pylist() == [10_000, 5_050, 30]
    assert Book.open(tmp_path / "book").read("loan").column("principal_minor").to_pylist() == [
        100_000,
        200_050,
    ]
    entry = next(e for e in report.entries if e["table"] == "payment")
    assert (entry["rows_read"], entry["rows_accepted"], entry["ignored"]) == (4, 3, {"total_line": 1})
    assert [note["note"] for note in entry["notes"]][:2] == [
        "rows above the header that are no records: 1",
        "hidden rows, read like others: 1",
    ]
