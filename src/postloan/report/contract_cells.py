"""Values of contract columns as a reader sees them: labelled, codes in words, masked."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from postloan.model.contract import Column, Kind, Sensitivity
from postloan.model.mask import mask
from postloan.report.section import Cell, Field, Figure, Format

FORMATS = {
    Kind.ID: Format.ID,
    Kind.TEXT: Format.TEXT,
    Kind.CODE: Format.TEXT,
    Kind.DATE: Format.DATE,
    Kind.MOMENT: Format.TEXT,
    Kind.MONEY: Format.MONEY,
    Kind.COUNT: Format.COUNT,
    Kind.DAYS: Format.DAYS,
    Kind.FRACTION: Format.PERCENT,
    Kind.FLAG: Format.VERDICT,
}


def field_of(column: Column, lang: str) -> Field:
    """Return the head of a column."""
    return Field(column.name, column.label.text(lang), FORMATS[column.kind])


def cell_of(column: Column, value: Any, lang: str, *, is_masked: bool) -> Cell:
    """Return one value of a column; None stays unknown."""
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if value is None or isinstance(value, bool | date):
        return value
    if column.codes is not None and value in column.codes.values():
        return column.codes.label(value).text(lang)
    if FORMATS[column.kind] in (Format.TEXT, Format.ID):
        text = str(value)
        return mask(text, column.sensitivity) if is_masked and _is_personal(column) else text
    return Figure(value)


def _is_personal(column: Column) -> bool:
    return column.sensitivity is not Sensitivity.INTERNAL
