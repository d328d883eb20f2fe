"""What a reason is about: its column, and a value that shows it, masked."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from postloan.model.contract import Column, Kind, Sensitivity, Table
from postloan.model.label import Label
from postloan.model.mask import STAR, mask, scrubbed
from postloan.sources.mapping import ColumnMapping
from postloan.sources.reading.tape import Tape

_LONGEST = 40  # characters of a value that a message shows
_MANY = 5  # rows
_LETTER = re.compile(r"[^\W\d_]")
_WORDS = re.compile(r"[A-Za-z]\s+[A-Za-z]|^[^\d]*$")
_LONG = re.compile(r"\d{11,}")  # no amount or date is that long, numbers of people are
_WRITTEN_WITH = "年月日时分秒元百千万亿TZ"  # dates and amounts


def column_of(reason: Label, table: Table) -> Column | None:
    """Return the column that a reason names (see ``columns.about``); None where it is about the row."""
    name, colon, _ = reason.en.partition(": ")
    return table.column(name) if colon and name in table.names() else None


def rule_of(reason: Label) -> str:
    """Return the English text of a reason without the name of its column."""
    name, colon, rule = reason.en.partition(": ")
    return rule if colon and " " not in name else reason.en


def example(tape: Tape, position: int, column: Column, origin: ColumnMapping | None) -> str | None:
    """Return the text a file gives for a contract column in one row, masked; None where it gives none."""
    if origin is None:
        return None
    if (constant := origin.value or tape.cells.get(origin.cell or "")) is not None:
        return shown(constant, column)
    have = tape.columns.column_names
    given = [tape.columns.column(n) for n in (*origin.column, *origin.coalesce) if n in have]
    texts = [_text(values, position) for values in given]
    for values, text in zip(given, texts, strict=True):
        if text and text.strip():
            return shown(text, column, is_common=_is_common(values, position))
    return texts[0] if texts else None


def shown(value: str, column: Column, is_common: bool = True) -> str:
    """Return a value as a message may show it: masked, control characters escaped, cut to one short line.

    A value may stand in the wrong column. So of a number or a date only what those are written with
    is shown, and of a code only what many rows have: it is nobody's name.
    """
    hidden = scrubbed(_of_no_person(mask(value, column.sensitivity) or "", column, is_common))
    plain = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in hidden)
    return plain if len(plain) <= _LONGEST else f"{plain[:_LONGEST]}…"


def _of_no_person(text: str, column: Column, is_common: bool) -> str:
    if column.sensitivity is not Sensitivity.INTERNAL:
        return text
    if column.kind in (Kind.CODE, Kind.FLAG, Kind.TEXT):
        return text if is_common else mask(text, Sensitivity.NAME) or ""
    if column.kind is Kind.ID and text.isascii() and not _WORDS.search(text):
        return text
    words = _LETTER.sub(lambda found: found.group() if found.group() in _WRITTEN_WITH else STAR, text)
    return words if column.kind is Kind.ID else _LONG.sub(lambda found: _long(found.group()), words)


def _long(digits: str) -> str:
    return f"{digits[:2]}{STAR * (len(digits) - 2)}"


def _is_common(values: pa.ChunkedArray, position: int) -> bool:
    same = pc.sum(pc.equal(values, values[position])).as_py() or 0
    return bool(same >= _MANY)


def _text(values: pa.ChunkedArray, position: int) -> str | None:
    value = values[position].as_py()
    return None if value is None else str(value)
