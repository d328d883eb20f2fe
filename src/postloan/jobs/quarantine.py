"""Quarantine: the rows that a book does not take, with their reasons, as a list for whoever mends them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from postloan.atomic import write_bytes
from postloan.book.store import Book
from postloan.model.contract import Column, Kind, Table
from postloan.model.fault import USAGE, Fault
from postloan.model.mask import mask, scrubbed
from postloan.model.quarantine import QUARANTINE
from postloan.model.tables import DELIVERED
from postloan.report.csv_cells import csv_bytes, number_cell, text_cell
from postloan.report.text import Text
from postloan.sources.judging.examples import shown

_NUMBERS = (Kind.MONEY, Kind.COUNT, Kind.DAYS, Kind.FRACTION)
_HIDDEN = "***"
_LOAD_DIGITS = 12  # of a load's identity, as in other reports


@dataclass(frozen=True, slots=True)
class QuarantineReport:
    """What was written where."""

    out: Path
    rows: int

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data: ``out, rows``."""
        return {"out": str(self.out), "rows": self.rows}

    def text(self, lang: str = "en") -> str:
        """Return one line for the terminal."""
        return Text(lang)("{rows} rows in quarantine, listed in {out}", rows=self.rows, out=self.out)


def quarantine(book: Path, out: Path, lang: str = "zh", *, is_masked: bool = True) -> QuarantineReport:
    """Write the rows in quarantine to ``out``, a CSV file: one row per record, a column per source column.

    Names, numbers, phones and addresses are masked by the sensitivity of the column they are mapped to, and
    so are words where a number, a date or a code should be.
    Columns that are mapped to nothing, and records whose fields can't be told apart, are not shown: nobody
    has said what they hold.

    Args:
        book: Folder of the book.
        out: File to write; one that is there is replaced.
        lang: ``zh`` or ``en``, of headings and reasons.
        is_masked: False shows everything as it was delivered.

    Raises:
        Fault: 2 for a folder that is no book, or an ``out`` that cannot be written.
    """
    rows = Book.open(book).read(QUARANTINE).to_pylist()
    records = [json.loads(row["fields"]) if row["fields"] else [] for row in rows]
    sources = tuple(dict.fromkeys(name for record in records for name, *_ in record if name))
    text = Text(lang)
    head = (
        text("Load"),
        text("File"),
        text("Row"),
        text("Table"),
        text("Reasons"),
        text("Record as delivered"),
    )
    lines = [(*head, *(text_cell(scrubbed(name) if is_masked else name) for name in sources))]
    for row, record in zip(rows, records, strict=True):
        cells = dict(_cells(DELIVERED[row["table"]], record, is_masked))
        lines.append((*_origin(row, lang, is_masked), *(cells.get(name, "") for name in sources)))
    try:
        write_bytes(out, csv_bytes(lines))
    except OSError as error:
        raise Fault(
            f"{out}: {error.strerror}", "name a file in a folder that you may write to", USAGE
        ) from None
    return QuarantineReport(out, len(rows))


def _origin(row: Mapping[str, Any], lang: str, is_masked: bool) -> tuple[str, ...]:
    """Return where a row is from, why it is here, and the whole record if its fields can't be told apart."""
    reasons = "；".join(row["reasons_zh"]) if lang == "zh" else "; ".join(row["reasons"])
    record = "" if row["fields"] else _HIDDEN if is_masked else row["raw"]
    table = DELIVERED[row["table"]].label.text(lang)
    return (
        row["load"][:_LOAD_DIGITS],
        text_cell(row["file"]),
        str(row["row"]),
        table,
        text_cell(reasons),
        text_cell(record),
    )


def _cells(table: Table, record: list[list[Any]], is_masked: bool) -> Iterator[tuple[str, str]]:
    for source, given, name, _ in record:
        value = given or ""
        column = table.column(name) if name else None
        if is_masked and value.strip():
            value = _masked(value, column) if column else _HIDDEN
        is_number = column is not None and column.kind in _NUMBERS
        yield source, number_cell(value) if is_number else text_cell(value)


def _masked(value: str, column: Column) -> str:
    """Return a value that may stand in the wrong column: a name among the amounts is still a name."""
    if column.kind is Kind.TEXT:
        return scrubbed(mask(value, column.sensitivity) or "")
    return shown(value, column, is_common=False)
