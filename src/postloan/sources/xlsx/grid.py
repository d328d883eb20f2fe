"""The values of a sheet, row by row, and single cells by their address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from postloan.model.fault import REFUSED, Fault
from postloan.model.label import Label
from postloan.sources.mapping import FileMapping
from postloan.sources.reading.refusal import SAVE_AGAIN, refusal
from postloan.sources.xlsx.cells import Cell, percent_text, texts
from postloan.sources.xlsx.scan import NO_VALUE, PERCENT, Scan, number

Row = tuple[int, list[Cell]]  # its number in the sheet, and its cells from column A

_FILL = Label("请填写该单元格，或更正映射中的 `cell`", "fill the cell, or correct `cell` in the mapping")
_ADDRESS = re.compile(r"^([A-Z]+)(\d+)$")


def open_grid(path: Path, sheet: str, where: str) -> CalamineSheet:
    """Read the values of a sheet into memory; raises Fault 3 where they can't be."""
    try:
        with CalamineWorkbook.from_path(str(path)) as workbook:
            return workbook.get_sheet_by_name(sheet)
    except CalamineError as error:
        reason = " ".join(str(error).split())
        raise refusal(where, "工作表无法读取", f"the sheet can't be read: {reason}", SAVE_AGAIN) from None


def rows(grid: CalamineSheet, scan: Scan) -> Iterator[Row]:
    """Yield every row down to the last that holds something, all as wide as the widest.

    A row or column that holds nothing but formulas without a result is no value to the reader: it is
    filled up from the scan.
    """
    left: list[Cell] = [""] * (grid.start[1] if grid.start else 0)
    last = 0
    for last, cells in enumerate(grid.iter_rows(), 1):
        row = left + cells
        yield last, row + [""] * (scan.width - len(row))
    end = int(scan.valued[-1]) if len(scan.valued) else 0
    for missing in range(last + 1, end + 1):
        yield missing, [""] * scan.width


def declared_cells(grid: CalamineSheet, scan: Scan, spec: FileMapping, where: str) -> dict[str, str]:
    """Return the text of every cell that the mapping declares by its address.

    Raises:
        Fault: 3 where such a cell is blank, or holds an error or a formula without a result.
    """
    addresses = {c.cell for table in spec.tables.values() for c in table.columns.values() if c.cell}
    return {address: _declared(grid, scan, address, where) for address in sorted(addresses)}


def _declared(grid: CalamineSheet, scan: Scan, address: str, where: str) -> str:
    column, row = _place(address)
    kinds = [kind for (kind, c), marked in scan.marks.items() if c == column and row in marked]
    wrong = next((kind for kind in kinds if kind != PERCENT), None)
    _, cells = next(islice(rows(grid, scan), row - 1, None), (row, []))
    value = cells[column - 1] if column <= len(cells) else ""
    text = percent_text(value) if kinds and not wrong else texts([value])[0].strip()
    if wrong or not text:
        problem, cell = _problem(wrong), f"{where}!{address}"
        zh = f"{cell}{problem.zh}；映射要从该单元格取一列的值"
        en = f"{cell} {problem.en}; the mapping takes a column from it"
        raise Fault(Label(zh, en), _FILL, REFUSED)
    return text


def _problem(wrong: str | None) -> Label:
    if wrong is None:
        return Label("是空单元格", "is blank")
    if wrong == NO_VALUE:
        return Label("的公式没有保存结果", f"holds {wrong}")
    return Label(f"是错误值{wrong}", f"holds {wrong}")


def _place(address: str) -> tuple[int, int]:
    found = _ADDRESS.match(address)
    return (number(found[1]), int(found[2])) if found else (0, 0)
