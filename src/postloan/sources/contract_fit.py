"""Does a table's mapping fit the contract: known names, required columns, a format where one is needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from postloan.model.contract import Column, Kind, Table
from postloan.model.nearest import nearest
from postloan.sources.dates import ambiguous, unreadable_format, without_time

if TYPE_CHECKING:
    from postloan.sources.mapping import ColumnMapping, Formats

FLAG_CODES = ("true", "false")


def needed(table: Table) -> tuple[str, ...]:
    """Return the columns every mapping must give: required ones, and keys that have no blank form."""
    return tuple(c.name for c in table.columns if c.required or (c.name in table.grain and not blank_key(c)))


def blank_key(column: Column) -> bool:
    """Say whether a key column may be blank: a text that means "the whole" when nothing is written."""
    return column.kind is Kind.TEXT and not column.required


def misfit(table: Table, columns: Mapping[str, ColumnMapping], formats: Mapping[str, Formats]) -> str | None:
    """Return the first thing that doesn't fit, as a sentence; None if all does."""
    for name, spec in columns.items():
        if name not in table.names():
            return f"no column {name}; {nearest(name, table.names())}"
        problem = _origin_misfit(table, columns, spec, table.column(name)) or _format_misfit(
            table.column(name), spec, formats[name]
        )
        if problem:
            return f"{name}: {problem}"
    missing = [name for name in needed(table) if name not in columns]
    return f"the required column {missing[0]} is not mapped" if missing else None


def _origin_misfit(
    table: Table, columns: Mapping[str, ColumnMapping], spec: ColumnMapping, column: Column
) -> str | None:
    if spec.difference is not None and column.kind is not Kind.MONEY:
        return "only an amount can be the difference of a running total"
    if spec.days_after and column.kind is not Kind.DATE:
        return "only a date can lie days after another"
    if (spec.difference or spec.taken or spec.days_after) and not spec.column:
        return "difference, taken and days_after need the source column"
    if spec.sequence is None:
        return None
    if column.kind is not Kind.COUNT:
        return "only a number can be a sequence"
    for name in (spec.sequence.over, *spec.sequence.by):
        if name not in columns or columns[name].sequence is not None:
            return f"the sequence needs {name}, which is not mapped; {nearest(name, tuple(columns))}"
    return None


def _format_misfit(column: Column, spec: ColumnMapping, formats: Formats) -> str | None:
    if column.kind is Kind.MONEY and formats.money is None:
        return "say in which unit the money is, such as `money: major` or `money: minor`"
    if column.kind is Kind.FRACTION and formats.fraction is None:
        return "say `fraction: fraction` or `fraction: percent`"
    if column.kind is Kind.DATE:
        return _date_misfit(formats.dates)
    if column.kind is Kind.MOMENT:
        return _date_misfit(formats.dates) or next(filter(None, map(without_time, formats.dates or ())), None)
    if spec.codes is not None:
        return _codes_misfit(column, spec.codes)
    if formats.decimal_mark is not None and formats.decimal_mark == formats.thousands_mark:
        return "decimal_mark and thousands_mark are the same"
    return None


def _date_misfit(dates: tuple[str, ...] | None) -> str | None:
    if not dates:
        return "say how dates are written, such as `dates: ['%Y-%m-%d']`"
    for pattern in dates:
        if problem := unreadable_format(pattern):
            return problem
    return ambiguous(dates)


def _codes_misfit(column: Column, codes: dict[str, str]) -> str | None:
    if column.kind is Kind.DAYS:
        wrong = [value for value in codes.values() if not value.isdecimal()]
        return f"{wrong[0]} is not a number of days" if wrong else None
    if column.kind not in (Kind.CODE, Kind.FLAG):
        return "only a code or a flag takes codes, or a number of days"
    valid = column.codes.values() if column.codes else FLAG_CODES
    for value in codes.values():
        if value not in valid:
            return f"no code {value}; {nearest(value, valid)}"
    return None
