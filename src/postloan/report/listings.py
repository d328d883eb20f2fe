"""Loan lists: the first rows in the pack, all of them in the Excel appendix."""

from __future__ import annotations

from functools import cache
from typing import Any

import pandas as pd

from postloan.model.contract import Column, Sensitivity
from postloan.model.delivered import CUSTOMER
from postloan.model.derived import POSITION
from postloan.model.mask import mask
from postloan.report.contract_cells import field_of
from postloan.report.pack import Pack
from postloan.report.records import day, whole, written
from postloan.report.section import Cell, Field, Figure, Format, Listing, Row, Table

SHOWN = 20  # rows of a list in the pack itself

# What a list shows on the page; the appendix has every column.
PAGE_COLUMNS = (
    "loan_id",
    "name",
    "branch",
    "product",
    "balance_minor",
    "overdue_minor",
    "dpd",
    "risk_class",
    "full_class",
    "class_rules",
    "boundary",
    "days_to_boundary",
    "matures_on",
    "written_off_on",
    "written_off_minor",
    "recovered_ytd_minor",
)


def list_fields(pack: Pack, frame: pd.DataFrame) -> tuple[Field, ...]:
    """Return one field per column of a list frame, labelled by the contract or the catalogue."""
    return tuple(_field(pack, name) for name in frame.columns)


def _field(pack: Pack, name: str) -> Field:
    column = _declared(name)
    if column is not None:
        return field_of(column, pack.head.lang)
    label, form = _extra(pack)[name]
    return Field(name, label, form)


@cache
def _declared(name: str) -> Column | None:
    for table in (POSITION, CUSTOMER):
        if name in table.names():
            return table.column(name)
    return None


def _extra(pack: Pack) -> dict[str, tuple[str, Format]]:
    text = pack.text
    return {
        "days_to_boundary": (text("Days to boundary"), Format.DAYS),
        "boundary": (text("Boundary"), Format.TEXT),
        "full_class": (text("Class by all rules"), Format.TEXT),
        "class_rules": (text("Rule"), Format.TEXT),
        "at_stake_minor": (text("Balance at stake"), Format.MONEY),
        "written_off_on": (text("Written off on"), Format.DATE),
        "written_off_minor": (text("Written off"), Format.MONEY),
        "recovered_ytd_minor": (text("Recovered this year"), Format.MONEY),
        "matures_in_days": (text("Days to maturity"), Format.DAYS),
        "due_minor": (text("Due"), Format.MONEY),
    }


def list_rows(pack: Pack, frame: pd.DataFrame) -> list[tuple[Cell, ...]]:
    """Return the rows of a list frame as cells."""
    columns = [_cells(pack, field, frame[field.key]) for field in list_fields(pack, frame)]
    return list(zip(*columns, strict=True))


def _cells(pack: Pack, column: Field, values: pd.Series[Any]) -> list[Cell]:
    """Return one column's cells; a value that stands in many rows is masked and worded once."""
    places, distinct = pd.factorize(values)
    cells = [_cell(pack, column, value) for value in [*distinct.tolist(), None]]
    return [cells[place] for place in places]  # a missing value has place -1, the last cell


def _cell(pack: Pack, column: Field, value: Any) -> Cell:
    if column.format in (Format.TEXT, Format.ID):
        return _masked(pack, column.key, _coded(pack, column.key, written(value)))
    if column.format is Format.DATE:
        return None if pd.isna(value) else day(value)
    if column.format is Format.VERDICT:
        return None if pd.isna(value) else bool(value)
    return Figure(whole(value))


def _masked(pack: Pack, name: str, text: str) -> str:
    column = _declared(name)
    if column is None or column.sensitivity is Sensitivity.INTERNAL or not pack.head.is_masked:
        return text
    return mask(text, column.sensitivity) or text


def _coded(pack: Pack, name: str, value: str) -> str:
    column = _declared("risk_class" if name in ("boundary", "full_class") else name)
    if column is not None and column.codes is not None and value in column.codes.values():
        return column.codes.label(value).text(pack.head.lang)
    return value


def loan_table(pack: Pack, key: str, title: str, name: str) -> Table:
    """Return the first rows of the list frame ``name``, with a pointer to its sheet."""
    frame = pack.frame(name)
    shown = frame[[column for column in PAGE_COLUMNS if column in frame.columns]]
    rows = tuple(Row(str(cells[0]), cells) for cells in list_rows(pack, shown.head(SHOWN)))
    note = ""
    if len(frame) > SHOWN:
        note = pack.text(
            "First {shown} of {all} loans; the full list is in the Excel sheet {sheet}.",
            shown=SHOWN,
            all=f"{len(frame):,}",
            sheet=name,
        )
    elif frame.empty:
        note = pack.text("No loan.")
    return Table(key, title, list_fields(pack, shown), rows, note, sheet=name)


def loan_listing(pack: Pack, title: str, name: str) -> Listing:
    """Return the whole list frame ``name`` for the Excel appendix."""
    frame = pack.frame(name)
    rows = tuple(
        tuple(c.value if isinstance(c, Figure) else c for c in cells) for cells in list_rows(pack, frame)
    )
    return Listing(name, title, list_fields(pack, frame), rows)
