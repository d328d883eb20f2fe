"""Where the one table of a sheet lies: its header, its columns, and what must not be beside or inside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from postloan.model.fault import REFUSED, Fault
from postloan.model.label import Label
from postloan.sources.reading.privacy import shown_name
from postloan.sources.reading.refusal import CORRECT_HEADER, NAME_ONCE, refusal
from postloan.sources.xlsx.cells import Cell, texts
from postloan.sources.xlsx.grid import Row
from postloan.sources.xlsx.scan import PERCENT, Area, Scan, address, letters

_ONE_TABLE = Label(
    "一个工作表只放一张表：请将另一张移到单独的工作表，或删除",
    "leave one table on the sheet: move the other to a sheet of its own, or delete it",
)
_UNMERGE = Label(
    "请取消合并，并在应有值的每个单元格中填写该值",
    "unmerge them and write the value into every cell it is meant for",
)
_SAVE_AGAIN = Label(
    "请用Excel打开该工作簿并重新保存后再报送", "open the workbook in Excel, save it again and resend"
)


def header(cells: Sequence[Cell], row: int, where: str) -> dict[int, str]:
    """Return the names in the header row by column, from 1; a name on two lines becomes one line.

    Raises:
        Fault: 3 where the row is blank or gives a name twice.
    """
    names: dict[int, str] = {}
    given = [" ".join(text.split()) for text in texts(cells)]
    for column, name in enumerate(given, 1):
        if name in names.values():
            raise _named_twice(
                where, address(row, given.index(name) + 1), address(row, column), shown_name(name, given)
            )
        if name:
            names[column] = name
    if not names:
        zh = f"第{row}行是空行，而映射指明它是列名行"
        en = f"row {row} is blank, the mapping says it names the columns"
        raise refusal(where, zh, en, CORRECT_HEADER)
    return names


def records(lines: Iterator[Row], scan: Scan, where: str) -> Iterator[Row]:
    """Yield the rows that hold something, an error too.

    Raises:
        Fault: 3 where below a blank row a header follows and, right under it, data: a second table.
    """
    marked = {row for (kind, _), rows in scan.marks.items() if kind != PERCENT for row in rows.tolist()}
    last, candidate = -1, 0
    for number, cells in lines:
        if number not in marked and is_blank(cells):
            continue
        looks = _looks_like_header(cells)
        if candidate == number - 1 and not looks:
            zh, en = "空行之下从此处开始第二张表", "a second table begins here, below a blank row"
            raise refusal(f"{where}!A{candidate}", zh, en, _ONE_TABLE)
        candidate = number if looks and 0 < last < number - 1 else 0
        last = number
        yield number, cells


def refuse_strays(first: dict[int, int], names: dict[int, str], row: int, where: str) -> None:
    """Refuse values in columns without a name, and a second table beside the first.

    Args:
        first: The first row below the header that holds something, by column.
        names: The columns that have a name.
        row: Of the header.
        where: File and sheet.
    """
    columns = sorted(names)
    for left, right in pairwise(columns):
        if right > left + 1 and not any(column in first for column in range(left + 1, right)):
            zh, en = "空列之后从此处开始第二张表", "a second table begins here, beside a blank column"
            raise refusal(f"{where}!{address(row, right)}", zh, en, _ONE_TABLE)
    stray = next((column for column in sorted(first) if column not in names), None)
    if stray is not None:
        top = address(row, stray)
        raise refusal(
            f"{where}!{address(first[stray], stray)}",
            f"此处有值，但该列在第{row}行没有列名",
            f"a value in a column that has no name in row {row}",
            Label(f"请在{top}填写列名，或清空该列", f"name the column in {top}, or clear it"),
        )


def refuse_merged(scan: Scan, row: int, names: dict[int, str], totals: frozenset[int], where: str) -> None:
    """Refuse merged cells in the header or the data: only one of them holds the value of all.

    Args:
        scan: Of the sheet.
        row: Of the header; what is merged above it is a title.
        names: The columns of the table.
        totals: Rows that are no records but totals, where 合计 often spans columns.
        where: File and sheet.
    """
    filled = scan.valued[scan.valued >= row]
    for area in scan.merged:
        within = filled[(filled >= area.top) & (filled <= area.bottom)]
        is_total = area.top == area.bottom and area.top in totals
        if len(within) and not is_total and _touches(area, names):
            zh = "表中有合并单元格，其中只有第一格有值"
            en = "merged cells in the table; only the first holds the value"
            raise refusal(f"{where}!{area}", zh, en, _UNMERGE)


def hidden_names(scan: Scan, names: dict[int, str]) -> list[str]:
    """Return the names of the columns that are hidden, with their letters."""
    return [
        f"{letters(column)} {name}"
        for column, name in names.items()
        if any(first <= column <= last for first, last in scan.hidden_columns)
    ]


def refuse_other_values(found: Sequence[int], n_typed: int, scan: Scan, where: str) -> None:
    """Hold the reader of values to the rows and cells that were counted in the sheet itself.

    Every number must have been found, and no row that holds nothing. A row of texts may have been
    found blank, because a text may be empty.

    Args:
        found: The rows that the reader of values found to hold something.
        n_typed: How many cells it found to hold something that is no text.
        scan: What was counted.
        where: File and sheet.

    Raises:
        Fault: 3 where the two differ.
    """
    lost = np.setdiff1d(scan.solid, found)
    invented = np.setdiff1d(found, scan.valued)
    if len(odd := lost if len(lost) else invented):
        n_read, n_there = len(found), len(scan.valued)
        zh = f"读出{n_read}行，而工作表中有{n_there}行；第{odd[0]}行不一致"
        en = f"{n_read} rows were read, {n_there} are in the sheet; row {odd[0]} differs"
        raise refusal(where, zh, en, _SAVE_AGAIN)
    if n_typed != scan.n_solid:
        zh = f"读出{n_typed}个数字和日期，而工作表中有{scan.n_solid}个"
        en = f"{n_typed} numbers and dates were read, {scan.n_solid} are in the sheet"
        raise refusal(where, zh, en, _SAVE_AGAIN)


def is_blank(cells: Sequence[Cell]) -> bool:
    """Say whether cells hold nothing, or nothing but spaces."""
    return cells.count("") == len(cells) or all(isinstance(c, str) and not c.strip() for c in cells)


def _named_twice(where: str, first: str, second: str, name: Label) -> Fault:
    zh, en = f"{first}与{second}的列名同为{name.zh}", f"{first} and {second} are both named {name.en}"
    return Fault(Label(f"{where}!{zh}", f"{where}!{en}"), NAME_ONCE, REFUSED)


def _looks_like_header(cells: Sequence[Cell]) -> bool:
    """Say whether a row holds two names or more, and nothing else: no number, no digit, no 制表人：."""
    filled = [cell for cell in cells if cell != ""]
    return len(filled) > 1 and all(
        isinstance(cell, str) and not any(c.isdigit() or c in ":：" for c in cell) for cell in filled
    )


def _touches(area: Area, names: dict[int, str]) -> bool:
    return area.left <= max(names) and area.right >= min(names)
