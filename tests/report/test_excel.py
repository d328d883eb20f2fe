"""The appendix read back: typed cells, nothing live, the same figures as everywhere."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
import report_samples as samples
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.workbook.workbook import Workbook

from postloan.report import excel
from postloan.report.excel import Definition, write_workbook
from postloan.report.excel_sheets import CUT, LONGEST_CELL, safe, sheet_name
from postloan.report.figures import write_figures
from postloan.report.heading import running_head
from postloan.report.section import Field, Format, Listing
from postloan.report.style import Style

DEFINITIONS = [Definition("par_30", "逾期30天以上", "=balance/0", "F-10")]


def write(path: Path, listings: tuple[Listing, ...] = ()) -> Path:
    write_workbook(path, samples.sections(), listings, samples.head(), samples.style(), DEFINITIONS)
    return path


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("excel") / "pack.xlsx")


@pytest.fixture(scope="module")
def book(path: Path) -> Workbook:
    return openpyxl.load_workbook(path)


def rows_under(book: Workbook, sheet: str, label: str) -> Sequence[tuple[object, ...]]:
    rows = list(book[sheet].iter_rows(values_only=True))
    start = next(i for i, row in enumerate(rows) if row[0] == label)
    return rows[start + 1 :]


def test_sheets_are_named_and_headed(book: Workbook) -> None:
    assert book.sheetnames == [
        "目录",
        "摘要",
        "逾期",
        "迁徙",
        "到期与临界",
        "cliff",
        "figures",
        "definitions",
    ]
    plain = Style("zh", "CNY", 0)
    for sheet in book:
        assert sheet["A1"].value == " · ".join(running_head(samples.head(), plain))
    listed = {row[0] for row in rows_under(book, "目录", "工作表")}
    assert set(book.sheetnames[1:]) <= listed


def test_nothing_is_a_formula_or_a_link(book: Workbook, path: Path) -> None:
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f" or cell.hyperlink]
    with zipfile.ZipFile(path) as archive:
        sheets = [archive.read(name).decode() for name in archive.namelist() if "worksheets/" in name]
    assert not [text for text in sheets if "<f>" in text or "<hyperlink" in text]
    texts = {cell.value for cell in cells}
    assert {"=1+1", "@SUM(A1)", "https://example.test/x", "=cmd", "=balance/0"} <= texts


def test_text_stays_text_numbers_numbers_dates_dates(book: Workbook) -> None:
    fields = ("loan_id", "name", "disbursed_on", "balance", "rate", "restructured")
    sheet = book["cliff"]
    first = dict(zip(fields, next(sheet.iter_rows(min_row=4)), strict=True))
    assert (first["loan_id"].value, first["loan_id"].data_type) == ("000000", "s")
    assert first["loan_id"].quotePrefix
    assert first["disbursed_on"].value == datetime(2024, 1, 1)
    assert (first["balance"].value, first["balance"].number_format) == (100000, "#,##0.00")
    assert (first["rate"].value, first["rate"].number_format) == (0.0435, "0.00%")
    assert first["restructured"].value == "✓"
    last = [cell.value for cell in sheet[sheet.max_row]]
    assert last == ["=cmd", None, None, None, None, None]


def test_the_full_table_is_here_with_its_unit_in_the_head(book: Workbook) -> None:
    rows = rows_under(book, "到期与临界", "借据号")
    assert len([row for row in rows if row[0]]) == 300
    head = next(row for row in book["到期与临界"].iter_rows(values_only=True) if row[0] == "借据号")
    assert head[2] == "余额（元）"
    assert [row[2] for row in rows[:2]] == [100000, 100000.01]


def test_panes_are_frozen_and_lists_filtered(book: Workbook) -> None:
    assert book["cliff"].freeze_panes == "B4"
    assert book["cliff"].auto_filter.ref == "A3:F304"
    assert book["逾期"].freeze_panes == "B2"


def test_figures_equal_figures_json(book: Workbook, tmp_path: Path) -> None:
    write_figures(tmp_path / "figures.json", samples.sections(), samples.head(), samples.style())
    expected = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))["figures"]
    names = list(excel._FIGURE_COLUMNS)
    found = [dict(zip(names, row, strict=True)) for row in rows_under(book, "figures", "编号") if row[0]]
    assert len(found) == len(expected)
    for cells, figure in zip(found, expected, strict=True):
        for name in names:
            # An empty text is an empty cell; Excel keeps the first 15 digits of a fraction.
            kept = None if figure[name] == "" else figure[name]
            assert cells[name] == (pytest.approx(kept, rel=1e-14) if isinstance(kept, float) else kept)


def test_a_figure_with_all_its_digits_survives(tmp_path: Path) -> None:
    fields = (Field("a", "A", Format.MONEY), Field("b", "B", Format.ID))
    listing = Listing("digits", "Digits", fields, ((123_456_789_012_345, "110105194912310021"),))
    book = openpyxl.load_workbook(write(tmp_path / "d.xlsx", (listing,)))
    assert [cell.value for cell in book["digits"][4]] == [1_234_567_890_123.45, "110105194912310021"]


def test_same_pack_same_bytes(path: Path, tmp_path: Path) -> None:
    assert write(tmp_path / "again.xlsx").read_bytes() == path.read_bytes()


def test_a_list_longer_than_a_sheet_goes_on_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excel, "MOST_ROWS", 120)
    book = openpyxl.load_workbook(write(tmp_path / "long.xlsx"))
    sheets = [name for name in book.sheetnames if name.startswith("cliff")]
    assert sheets == ["cliff", "cliff 2", "cliff 3"]
    assert [book[name].max_row - 3 for name in sheets] == [120, 120, 61]


def test_an_empty_list_still_has_its_heads(tmp_path: Path) -> None:
    listing = Listing("none", "None", (Field("on", "On", Format.DATE),), ())
    book = openpyxl.load_workbook(write(tmp_path / "none.xlsx", (listing,)))
    assert book["none"]["A3"].value == "On"


@given(st.text(max_size=60), st.lists(st.text(min_size=1, max_size=31), max_size=3))
def test_sheet_names_are_valid_and_new(text: str, taken: list[str]) -> None:
    name = sheet_name(text, taken)
    assert 0 < len(name) <= 31
    assert not set(name) & set("[]:*?/\\")
    assert not name.startswith("'")
    assert not name.endswith("'")
    assert name.casefold() not in {other.casefold() for other in taken}


def test_hidden_characters_are_spelt_and_long_text_cut() -> None:
    assert safe("a\x07b\u202ec") == "a[U+0007]b[U+202E]c"
    assert safe("𠮷田\n2") == "𠮷田\n2"
    assert len(safe("x" * 40_000)) == LONGEST_CELL
    assert safe("x" * 40_000).endswith(CUT)
    assert safe("x" * LONGEST_CELL) == "x" * LONGEST_CELL


def test_dates_before_excel_can_count_stay_readable(tmp_path: Path) -> None:
    listing = Listing(
        "old", "Old", (Field("on", "On", Format.DATE),), ((date(1899, 1, 1),), (date(2025, 1, 1),))
    )
    book = openpyxl.load_workbook(write(tmp_path / "old.xlsx", (listing,)))
    assert [book["old"][f"A{row}"].value for row in (4, 5)] == ["1899-01-01", datetime(2025, 1, 1)]
