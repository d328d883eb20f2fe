"""Workbooks for tests: written by openpyxl, then bent part by part, one fault at a time."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from postloan.model.fault import Fault
from postloan.sources.mapping import FileMapping
from postloan.sources.reading.tape import Effect, Tape
from postloan.sources.xlsx.file import read_xlsx

SHEET = "xl/worksheets/sheet1.xml"
HEADER = ("流水号", "借据号", "日期", "金额")
RECORDS = (
    ("P1", "000123", date(2025, 2, 15), 100),
    ("P2", "1E10", date(2025, 3, 15), 50.5),
    ("P3", "000123", date(2025, 4, 15), 0.1 + 0.2),
)
COLUMNS = {"payment_id": "流水号", "loan_id": "借据号", "paid_on": "日期", "amount_minor": "金额"}


def workbook(change: Callable[[Worksheet], object] = lambda sheet: None) -> bytes:
    """Return a workbook of three payments on the sheet 还款, with ``change`` made to the sheet."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "还款"
    for row in (HEADER, *RECORDS):
        sheet.append(row)
    change(sheet)
    return saved(book)


def saved(book: Workbook) -> bytes:
    """Return a workbook's bytes."""
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def bent(data: bytes, change: Callable[[str], str], part: str = SHEET) -> bytes:
    """Return an archive with the text of one part changed."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    changed = change(parts[part].decode())
    assert changed != parts[part].decode(), "the change met nothing"
    return packed({**parts, part: changed.encode()})


def replaced(old: str, new: str) -> Callable[[str], str]:
    """Return a change of ``old``, a regular expression, into ``new``, once."""
    return lambda text: re.sub(old, new, text, count=1)


def packed(parts: Mapping[str, bytes | str], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip archive of the parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def file_mapping(**given: Any) -> FileMapping:
    """Return how payments are read from a workbook; ``given`` in place of the defaults."""
    table = {"payment": {"columns": {**COLUMNS, **given.pop("columns", {})}}}
    formats = {"dates": ["%Y/%m/%d"], "money": "major"}
    return FileMapping.model_validate(
        {"path": "p.xlsx", "format": "xlsx", "formats": formats, "tables": table, **given}
    )


def read(folder: Path, data: bytes, **given: Any) -> Tape:
    """Return the tape of a workbook."""
    path = folder / "p.xlsx"
    path.write_bytes(data)
    return read_xlsx(path, "p.xlsx", "0" * 64, file_mapping(**given))


def refusal(folder: Path, data: bytes, **given: Any) -> Fault:
    """Return why a workbook is refused."""
    try:
        read(folder, data, **given)
    except Fault as fault:
        return fault
    raise AssertionError("it was read")


def column(tape: Tape, name: str) -> list[str]:
    values: list[str] = tape.columns.column(name).to_pylist()
    return values


def flaws(tape: Tape) -> dict[str, tuple[str, list[int]]]:
    """Return the flaws that quarantine, by column: what is wrong, and in which rows of the sheet."""
    return {
        flaw.column: (flaw.reason.en, tape.rows[flaw.positions].tolist())
        for flaw in tape.flaws
        if flaw.effect is Effect.QUARANTINE
    }


def put(cell: str, value: Any, number_format: str | None = None) -> Callable[[Worksheet], None]:
    def change(sheet: Worksheet) -> None:
        sheet[cell] = value
        if number_format:
            sheet[cell].number_format = number_format

    return change
