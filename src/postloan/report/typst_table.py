"""One table as the data that the print template reads: cells as text, widths in mm, shades and trends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from postloan.model.label import Label
from postloan.report import typst_columns as columns
from postloan.report.fonts import covered
from postloan.report.section import Cell, Field, Figure, Format, Row, RowKind, Table
from postloan.report.sparkline import sparkline
from postloan.report.style import Style

MOST_ROWS = 40  # body rows of a table in print
_MORE = Label(
    "仅列前 {shown} 行，共 {all} 行；完整清单见附录 {sheet}",
    "First {shown} of {all} rows; the full list is in the appendix, sheet {sheet}",
)
_WRAPPED = (Format.TEXT, Format.ID)
_NO_FIGURE = (*_WRAPPED, Format.DATE, Format.MONTH)
_NO_BREAK = "\u00a0"

Shades = dict[str, tuple[float, float]]


class Printer:
    """Turns values and text into what the font can print, and counts what it cannot."""

    def __init__(self, style: Style) -> None:
        self.style = style
        self.replaced = 0

    def __call__(self, text: str) -> str:
        """Return ``text`` on one line; characters without a glyph become 〓 and are counted."""
        shown, replaced = covered(" ".join(text.replace("✕", "×").split()))
        self.replaced += replaced
        return shown


def table_item(id_: str, table: Table, sheet: str, printer: Printer, *, upright: bool) -> dict[str, Any]:
    """Return a table as template data.

    Args:
        id_: Printed beside the title; with row and column it makes the ids of the figures.
        table: The record; over ``MOST_ROWS`` body rows it is cut, with a pointer to ``sheet``.
        sheet: The Excel sheet that holds all rows.
        printer: Writes the text and counts what has no glyph.
        upright: Keep it on an upright page, as small as that takes.
    """
    rows = _shown_rows(table)
    shades = _shades(table)
    cells = [
        [_cell(row, i, column, shades, printer) for i, column in enumerate(table.fields)] for row in rows
    ]
    unit = _common_unit(table, printer.style)
    heads = [_head(column, bool(unit), printer) for column in table.fields]
    needs = [
        _needs(column, head, _texts_under(i, rows, cells), is_first=i == 0)
        for i, (column, head) in enumerate(zip(table.fields, heads, strict=True))
    ]
    layout = columns.lay_out(needs, upright=upright)
    texts = [["".join(head) for head in heads], *([cell["t"] for cell in line] for line in cells)]
    more = _more(table, rows, sheet, printer)
    return {
        "kind": "table",
        "id": id_,
        "title": printer(table.title),
        "unit": unit,
        "landscape": layout.is_landscape,
        "size": layout.size,
        "may-be-high": columns.may_be_high(layout, needs, texts, f"{table.note} {more}"),
        "widths": layout.widths,
        "heads": heads,
        "left": [i == 0 or column.format in _WRAPPED for i, column in enumerate(table.fields)],
        "rows": [{"kind": row.kind.value, "cells": line} for row, line in zip(rows, cells, strict=True)],
        "note": printer(table.note),
        "more": more,
    }


def _head(column: Field, without_unit: bool, printer: Printer) -> tuple[str, str]:
    """Return label and unit; the head may break between them, never within the unit."""
    unit = printer.style.head(column).removeprefix(column.label)
    return printer(column.label), "" if without_unit else unit.replace(" ", _NO_BREAK)


def _common_unit(table: Table, style: Style) -> str:
    """Return the unit for the title where all figures are money, rather than in a dozen heads."""
    figures = [column.format for column in table.fields if column.format not in _NO_FIGURE]
    if len(figures) <= 3 or set(figures) != {Format.MONEY}:
        return ""
    label = " "
    return style.head(Field("", label, Format.MONEY)).removeprefix(label)


def _cell(row: Row, position: int, column: Field, shades: Shades, printer: Printer) -> dict[str, Any]:
    cell = row.cells[position]
    if row.kind is RowKind.GROUP and not isinstance(cell, str):
        return {"t": ""}
    if isinstance(cell, tuple):
        return {"t": "", "svg": sparkline(cell)}
    text = printer(printer.style.text(cell, column.format))
    shown = columns.breakable(text) if column.format in _WRAPPED else text.replace(" ", _NO_BREAK)
    return {"t": shown, "tone": printer.style.tone(cell, column), **_shade(cell, column, row, shades)}


def _shade(cell: Cell, column: Field, row: Row, shades: Shades) -> dict[str, float]:
    if column.key not in shades or row.kind is not RowKind.BODY:
        return {}
    if not isinstance(cell, Figure) or cell.value is None:
        return {}
    low, high = shades[column.key]
    return {"heat": round((cell.value - low) / (high - low), 3) if high > low else 0.0}


def _shades(table: Table) -> Shades:
    """Return least and greatest value of the shaded columns together, so that shades compare."""
    values = [
        float(figure.value)
        for row, column, figure in table.figures()
        if column.key in table.heat and row.kind is RowKind.BODY and figure.value is not None
    ]
    return dict.fromkeys(table.heat, (min(values), max(values))) if values else {}


def _shown_rows(table: Table) -> list[Row]:
    """Return the rows for print: the first ``MOST_ROWS`` of the body, and every total."""
    shown, body = [], 0
    for row in table.rows:
        body += row.kind is RowKind.BODY
        if body <= MOST_ROWS or row.kind is RowKind.TOTAL:
            shown.append(row)
    return shown


def _more(table: Table, rows: Sequence[Row], sheet: str, printer: Printer) -> str:
    shown, whole = _body_count(rows), _body_count(table.rows)
    if shown == whole:
        return ""
    sentence = _MORE.text(printer.style.lang)
    return sentence.format(shown=shown, all=f"{whole:,}", sheet=printer(sheet))


def _body_count(rows: Sequence[Row]) -> int:
    return sum(row.kind is RowKind.BODY for row in rows)


def _texts_under(position: int, rows: Sequence[Row], cells: Sequence[Sequence[dict[str, Any]]]) -> list[str]:
    """Return the texts of one column; a group row runs across all columns and needs none."""
    return [
        line[position]["t"] for row, line in zip(rows, cells, strict=True) if row.kind is not RowKind.GROUP
    ]


def _needs(column: Field, head: tuple[str, str], cells: Sequence[str], *, is_first: bool) -> columns.Column:
    if column.format is Format.TREND:
        return columns.trend_column(head)
    if column.format in _WRAPPED:
        return columns.text_column(head, cells, is_first=is_first)
    return columns.number_column(head, cells)
