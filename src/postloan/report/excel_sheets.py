"""Writing one sheet of the appendix: typed cells, never a formula or a link made from data.

Rows go down in order, because the workbook is written in constant memory.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from postloan.report.section import Field, Figure, Format
from postloan.report.style import GREY, INK, LIGHT, MAIN, Style

LONGEST_CELL = 32_767  # characters, Excel's limit
LONGEST_NAME = 31
CUT = "…[cut]"
_FIRST_DATE = date(1900, 3, 1)  # Excel has a 29 February 1900 and nothing before that year
_BASE: dict[str, Any] = {"font_name": "Noto Sans SC", "font_size": 10, "font_color": INK, "valign": "top"}
_HEAD: dict[str, Any] = {**_BASE, "font_color": GREY, "bottom": 1, "top": 1, "text_wrap": True}
_NUMBERS = {
    Format.PERCENT: "0.00%",
    Format.BASIS_POINTS: '▲ #,##0" bp";▼ #,##0" bp";0" bp"',
    Format.COUNT: "#,##0",
    Format.DAYS: "#,##0",
    Format.NUMBER: "#,##0.00",
}
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")


class Formats:
    """The cell formats of one workbook, made once each; ``style`` prints money in whole units."""

    def __init__(self, book: xlsxwriter.Workbook, style: Style) -> None:
        self.style = style
        self.head_line = book.add_format({**_BASE, "font_color": GREY, "font_size": 9})
        self.title = book.add_format({**_BASE, "font_size": 12, "font_color": MAIN})
        self.label = book.add_format({**_HEAD, "align": "left"})
        self.number_label = book.add_format({**_HEAD, "align": "right"})
        self.note = book.add_format({**_BASE, "font_color": GREY})
        self.cells = {
            is_total: {form: book.add_format({**look, **_look(form, style)}) for form in Format}
            for is_total, look in ((False, _BASE), (True, {**_BASE, "top": 1, "bottom": 1}))
        }


def _look(form: Format, style: Style) -> dict[str, Any]:
    if form is Format.MONEY:
        decimals = style.money_decimals()
        return {"num_format": "#,##0" + ("." + "0" * decimals if decimals else "")}
    if form in _NUMBERS:
        return {"num_format": _NUMBERS[form]}
    if form in (Format.DATE, Format.MONTH):
        return {"num_format": "yyyy-mm-dd", "align": "right"}
    # Excel then keeps the cell as text even when someone edits it.
    return {"num_format": "@", "quote_prefix": True}


@dataclass
class Sheet:
    """A worksheet and the next free row on it."""

    page: Worksheet
    formats: Formats
    row: int = 0

    def head_line(self, text: str) -> None:
        """Write the pack's identity into row 1."""
        self.line(text, self.formats.head_line)

    def line(self, text: str, cell_format: Any) -> None:
        """Write one text into the first column of the next row."""
        self.page.write_string(self.row, 0, safe(text), cell_format)
        self.row += 1

    def labels(self, fields: Sequence[Field]) -> None:
        """Write column heads, with units."""
        for column, field in enumerate(fields):
            is_number = field.format is Format.MONEY or field.format in _NUMBERS
            chosen = self.formats.number_label if is_number else self.formats.label
            self.page.write_string(self.row, column, safe(self.formats.style.head(field)), chosen)
        self.row += 1

    def values(self, fields: Sequence[Field], cells: Iterable[object], *, is_total: bool = False) -> None:
        """Write one row of data; an unknown value is an empty cell."""
        formats = self.formats.cells[is_total]
        for column, (field, cell) in enumerate(zip(fields, cells, strict=True)):
            value = cell.value if isinstance(cell, Figure) else cell
            if value is None or value == "":
                if is_total:
                    self.page.write_blank(self.row, column, None, formats[Format.TEXT])
            else:
                self._value(column, field.format, value, formats)
        self.row += 1

    def _value(self, column: int, form: Format, value: object, formats: Mapping[Format, Any]) -> None:
        if isinstance(value, bool):
            shown = self.formats.style.text(value, Format.VERDICT)
            self.page.write_string(self.row, column, shown, formats[Format.VERDICT])
        elif isinstance(value, int | float) and form is not Format.ID:
            self._number(column, form, value, formats)
        elif isinstance(value, date) and value >= _FIRST_DATE:
            moment = datetime(value.year, value.month, value.day)  # Excel knows no time zone
            self.page.write_datetime(self.row, column, moment, formats[Format.DATE])
        else:
            self.page.write_string(self.row, column, safe(str(value)), formats[Format.TEXT])

    def _number(self, column: int, form: Format, value: float, formats: Mapping[Format, Any]) -> None:
        is_raw = form is not Format.MONEY and form not in _NUMBERS
        # Percent stays a fraction: Excel's own format multiplies by a hundred.
        is_kept = is_raw or form is Format.PERCENT
        shown = value if is_kept else float(self.formats.style.scaled(value, form))
        self.page.write_number(self.row, column, shown, None if is_raw else formats[form])


def safe(text: str) -> str:
    """Return text that Excel shows as it is: control and direction marks spelt out, cut at the limit."""
    if not text.isprintable():
        text = "".join(_spelt(char) for char in text)
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - len(CUT)] + CUT


def sheet_name(text: str, taken: Iterable[str]) -> str:
    """Return a name Excel accepts, unlike every one in ``taken`` whatever its case.

    >>> sheet_name("逾期/账龄", [])
    '逾期 账龄'
    >>> sheet_name("Cliff", ["cliff"])
    'Cliff 2'
    """
    clean = " ".join(_FORBIDDEN.sub(" ", safe(text)).split()).strip("'")[:LONGEST_NAME].strip() or "sheet"
    used = {name.casefold() for name in taken} | {"history"}  # a name Excel keeps for itself
    name, number = clean, 1
    while name.casefold() in used:
        number += 1
        ending = f" {number}"
        name = clean[: LONGEST_NAME - len(ending)] + ending
    return name


def widths(fields: Sequence[Field], rows: Sequence[Sequence[object]], style: Style) -> list[float]:
    """Return column widths in characters from the heads and the first rows, between 8 and 48."""
    result = []
    for column, field in enumerate(fields):
        texts = [style.head(field), *(_shown(row[column], field, style) for row in rows[:200])]
        result.append(min(max(8.0, max(map(_characters, texts)) + 2.0), 48.0))
    return result


def tab_colour(kind: str) -> str:
    """Return the colour of a sheet's tab: contents, section, list, or reference."""
    return {"contents": MAIN, "section": GREY, "list": LIGHT, "reference": INK}[kind]


def _shown(cell: object, field: Field, style: Style) -> str:
    if isinstance(cell, Figure | str | date | bool | int | float):
        return style.text(cell, field.format)
    return ""


def _characters(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _spelt(char: str) -> str:
    is_hidden = unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") and char != "\n"
    return f"[U+{ord(char):04X}]" if is_hidden else char
