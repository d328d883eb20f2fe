"""Lists of plain rows: the first ones on the page, all of them in the Excel appendix, from one declaration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from postloan.report.pack import Pack
from postloan.report.records import Record, day, fraction, whole, written
from postloan.report.section import Cell, Field, Figure, Format, Listing, Row, Table

SHOWN = 20  # rows in the pack itself


@dataclass(frozen=True, slots=True)
class RowColumn:
    """One column of a list: the frame's column, its head, its format, and how a code is worded."""

    name: str
    label: str
    format: Format
    worded: Callable[[str], str] | None = None
    is_on_page: bool = True

    def cell(self, row: Record) -> Cell:
        """Return the value of a row; what is missing is a dash, or blank in a verdict."""
        value: Any = row[self.name]
        if self.format is Format.VERDICT:
            return None if fraction(value) is None else bool(value)
        if self.format is Format.DATE:
            return None if written(value) == "—" else day(value)
        if self.format in (Format.TEXT, Format.ID):
            text = written(value)
            return self.worded(text) if self.worded and text != "—" else text
        return Figure(fraction(value) if self.format in (Format.NUMBER, Format.PERCENT) else whole(value))


@dataclass(frozen=True, slots=True)
class RowList:
    """A list: its Excel sheet, title, columns, and the columns that tell its rows apart."""

    sheet: str
    title: str
    columns: tuple[RowColumn, ...]
    keys: tuple[str, ...]

    def table(self, pack: Pack, rows: Sequence[Record]) -> Table:
        """Return the first rows, with a pointer to the sheet where there are more."""
        shown = [column for column in self.columns if column.is_on_page]
        fields = tuple(Field(column.name, column.label, column.format) for column in shown)
        body = tuple(
            Row("·".join(written(row[key]) for key in self.keys), tuple(column.cell(row) for column in shown))
            for row in rows[:SHOWN]
        )
        note = "" if rows else pack.text("None.")
        if len(rows) > SHOWN:
            note = pack.text(
                "First {shown} of {all}; all are in the Excel sheet {sheet}.",
                shown=SHOWN, all=f"{len(rows):,}", sheet=self.sheet,
            )  # fmt: skip
        return Table(self.sheet, self.title, fields, body, note, sheet=self.sheet)

    def listing(self, rows: Sequence[Record]) -> Listing:
        """Return all rows for the Excel appendix."""
        fields = tuple(Field(column.name, column.label, column.format) for column in self.columns)
        cells = [[column.cell(row) for column in self.columns] for row in rows]
        told = tuple(tuple(c.value if isinstance(c, Figure) else c for c in line) for line in cells)
        return Listing(self.sheet, self.title, fields, told)
