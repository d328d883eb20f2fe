"""Look at a sheet's XML for what a reader of values doesn't tell: errors, lost results, merged and hidden cells.

It is written apart from the reader of values, so that the rows of both can be compared.
"""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from postloan.model.fault import Fault
from postloan.model.label import Label
from postloan.sources.reading.refusal import SAVE_AGAIN, refusal
from postloan.sources.xlsx.book import is_true
from postloan.sources.xlsx.markup import Package, local, parse

MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
NO_VALUE, PERCENT = "no value", "percent"
_ERRORS = frozenset(
    ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#SPILL!", "#CALC!", "#FIELD!")
)
_OTHER_ERROR = "#ERROR"
_TEXT_TYPES = frozenset({"s", "str", "inlineStr"})
_RANGE = re.compile(r"^\$?([A-Z]{1,3})\$?(\d+)(?::\$?([A-Z]{1,3})\$?(\d+))?$")
_WITHIN_TEXT = frozenset(
    {
        *("is", "r", "rPr", "rFont", "charset", "family", "b", "i", "strike", "outline", "shadow"),
        *("condense", "extend", "color", "sz", "u", "vertAlign", "scheme", "rPh", "phoneticPr"),
    }
)
_LETTERS = re.compile(r"^[A-Z]{1,3}$")
_DIGITS = "0123456789"
_LONG_ENOUGH = 64  # of a value, to know that there is one and whether it is an error


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of cells, all four sides included, counted from 1."""

    top: int
    left: int
    bottom: int
    right: int

    def __str__(self) -> str:
        return f"{address(self.top, self.left)}:{address(self.bottom, self.right)}"


@dataclass(frozen=True, slots=True)
class Scan:
    """What was found in a sheet. Rows and columns count from 1.

    Args:
        valued: Rows that hold something, an error too.
        solid: Rows that hold something that is no text: text may be empty, a number can't.
        n_solid: How many cells hold something that is no text.
        marks: Rows of the cells to know about, by what they are (an error, NO_VALUE, PERCENT) and column.
        merged: Merged areas.
        hidden_rows: Of the rows in ``valued`` those that are hidden, by hand or by a filter.
        hidden_columns: Hidden columns, first and last of each run.
        width: Last column that holds something.
    """

    valued: NDArray[np.int64]
    solid: NDArray[np.int64]
    n_solid: int
    marks: dict[tuple[str, int], NDArray[np.int64]]
    merged: tuple[Area, ...]
    hidden_rows: NDArray[np.int64]
    hidden_columns: tuple[tuple[int, int], ...]
    width: int


def scan_sheet(package: Package, part: str, sheet: str, percent_styles: frozenset[str]) -> Scan:
    """Scan a sheet.

    Raises:
        Fault: 3 where rows or cells are out of order, twice, or not where they say: a reader would take
            one and drop the other.
    """
    scanner = _Scanner(f"{package.name}: {sheet}", percent_styles)
    parse(package, part, scanner.start, scanner.text, scanner.other)
    return scanner.found()


def address(row: int, column: int) -> str:
    """Return a cell's address, such as B7."""
    return f"{letters(column)}{row}"


def letters(column: int) -> str:
    """Return a column's letters, such as AB for 28."""
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def number(text: str) -> int:
    """Return a column's number from its letters; 0 for no letters."""
    value = 0
    for letter in text:
        value = value * 26 + ord(letter) - 64
    return value


class _Scanner:
    """Hears the start tags of a sheet in their order; guards that rows and cells only go forward.

    A sheet has millions of cells, so end tags are not listened to: a cell ends where the next tag of
    a cell, a row or anything else starts.
    """

    def __init__(self, where: str, percent_styles: frozenset[str]) -> None:
        self._where, self._percent = where, percent_styles
        self._heard: dict[str, Callable[[dict[str, str]], None]] = {}
        self._columns: dict[str, int] = {}
        self._row, self._column, self._in_cell = 0, 0, False
        self._row_text, self._is_hidden, self._is_valued, self._is_solid = "", False, False, False
        self._type, self._style, self._value = "n", "0", ""
        self._has_formula, self._listens = False, False
        self._valued, self._solid, self._hidden = array("q"), array("q"), array("q")
        self._marks: defaultdict[tuple[str, int], array[int]] = defaultdict(lambda: array("q"))
        self._merged: list[Area] = []
        self._hidden_columns: list[tuple[int, int]] = []
        self._width, self._n_solid = 0, 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        hear = self._heard.get(tag)
        if hear is None:
            hear = self._heard[tag] = self._hearer(local(tag))
        hear(attributes)

    def _hearer(self, tag: str) -> Callable[[dict[str, str]], None]:
        if tag in _WITHIN_TEXT:
            return self._hear_part
        return {
            "c": self._hear_cell,
            "f": self._hear_formula,
            "v": self._hear_value,
            "t": self._hear_text,
            "row": self._hear_row,
            "col": self._hear_columns,
            "mergeCell": self._hear_merge,
        }.get(tag, self._hear_other)

    def text(self, data: str) -> None:
        if self._listens and len(self._value) < _LONG_ENOUGH:
            self._value += data

    def other(self, markup: Label) -> None:
        """Refuse what no spreadsheet program writes into a cell: the reader of values drops what it splits."""
        if self._in_cell:
            cell = address(self._row, self._column)
            raise self._disordered(f"单元格{cell}中有{markup.zh}", f"{markup.en} at cell {cell}")

    def found(self) -> Scan:
        self._end_row()
        return Scan(
            valued=np.array(self._valued, dtype=np.int64),
            solid=np.array(self._solid, dtype=np.int64),
            n_solid=self._n_solid,
            marks={key: np.array(rows, dtype=np.int64) for key, rows in self._marks.items()},
            merged=tuple(self._merged),
            hidden_rows=np.array(self._hidden, dtype=np.int64),
            hidden_columns=tuple(self._hidden_columns),
            width=self._width,
        )

    def _hear_other(self, _: dict[str, str]) -> None:
        self._end_cell()

    def _hear_part(self, _: dict[str, str]) -> None:
        self._listens = False

    def _hear_columns(self, attributes: dict[str, str]) -> None:
        if is_true(attributes.get("hidden")):
            self._hidden_columns.append((int(attributes["min"]), int(attributes["max"])))

    def _hear_row(self, attributes: dict[str, str]) -> None:
        self._end_row()
        given = attributes.get("r", str(self._row + 1))
        row = int(given) if given.isdecimal() else 0
        if not self._row < row <= MOST_ROWS:
            raise self._disordered(
                f"第{self._row}行之后出现第{given}行", f"row {given} follows row {self._row}"
            )
        self._row, self._row_text, self._column = row, given, 0
        self._is_hidden, self._is_valued, self._is_solid = is_true(attributes.get("hidden")), False, False

    def _hear_cell(self, attributes: dict[str, str]) -> None:
        if self._in_cell:
            self._end_cell()
        reference = attributes.get("r")
        column = self._column + 1 if reference is None else self._column_of(reference)
        if not self._column < column <= MOST_COLUMNS:
            last = letters(self._column)
            raise self._disordered(
                f"{last}列之后出现单元格{reference}", f"cell {reference} follows column {last}"
            )
        self._column, self._in_cell = column, True
        self._type, self._style = attributes.get("t", "n"), attributes.get("s", "0")

    def _column_of(self, reference: str) -> int:
        text = reference.rstrip(_DIGITS)
        if reference[len(text) :] != self._row_text:
            raise self._disordered(
                f"单元格{reference}出现在第{self._row}行", f"cell {reference} stands in row {self._row}"
            )
        column = self._columns.get(text)
        if column is None:
            column = self._columns[text] = number(text) if _LETTERS.match(text) else 0
        return column

    def _hear_formula(self, _: dict[str, str]) -> None:
        self._has_formula = self._in_cell

    def _hear_value(self, _: dict[str, str]) -> None:
        if self._value:
            cell = address(self._row, self._column)
            raise self._disordered(f"单元格{cell}有两个值", f"cell {cell} has two values")
        self._listens = self._in_cell

    def _hear_text(self, _: dict[str, str]) -> None:
        self._listens = self._in_cell

    def _hear_merge(self, attributes: dict[str, str]) -> None:
        found = _RANGE.match(attributes.get("ref", ""))
        if found is None:
            area = attributes.get("ref")
            raise self._disordered(f"合并单元格的范围{area}无效", f"merged cells {area}")
        left, top, right, bottom = found.groups()
        self._merged.append(Area(int(top), number(left), int(bottom or top), number(right or left)))

    def _end_cell(self) -> None:
        """Judge the cell that was heard last, if none has been heard since."""
        value, has_formula, of = self._value.strip(), self._has_formula, self._type
        was_in_cell = self._in_cell
        self._in_cell, self._listens, self._has_formula, self._value = False, False, False, ""
        if not was_in_cell:
            return
        if of == "e":
            self._mark(value if value in _ERRORS else _OTHER_ERROR)
        elif value:
            self._judge(of)
        elif has_formula and of != "str":  # a formula whose result is the empty text is blank, and no fault
            self._mark(NO_VALUE)
        else:
            return
        self._is_valued = True
        if self._column > self._width:
            self._width = self._column

    def _judge(self, of: str) -> None:
        if of not in _TEXT_TYPES:
            self._is_solid = True
            self._n_solid += 1
            if self._style in self._percent:
                self._mark(PERCENT)

    def _mark(self, what: str) -> None:
        self._marks[what, self._column].append(self._row)

    def _end_row(self) -> None:
        self._end_cell()
        if self._is_valued:
            self._valued.append(self._row)
            if self._is_hidden:
                self._hidden.append(self._row)
        if self._is_solid:
            self._solid.append(self._row)

    def _disordered(self, zh: str, en: str) -> Fault:
        return refusal(self._where, f"工作表已损坏：{zh}", f"the sheet is damaged: {en}", SAVE_AGAIN)
