"""What a reason is about: its column, and a value that shows it, masked."""

from __future__ import annotations

import pyarrow as pa

from postloan.model.contract import Column, Sensitivity, Table
from postloan.model.label import Label
from postloan.model.mask import mask, scrubbed
from postloan.sources.mapping import ColumnMapping
from postloan.sources.tape import Tape

_LONGEST = 40  # characters of a value that a message shows


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
        return shown(constant, column.sensitivity)
    have = tape.columns.column_names
    texts = [_text(tape.columns.column(n), position) for n in (*origin.column, *origin.coalesce) if n in have]
    written = [text for text in texts if text and text.strip()]
    return shown(written[0], column.sensitivity) if written else (texts or [None])[0]


def shown(value: str, kind: Sensitivity) -> str:
    """Return a value as a message may show it: masked, control characters escaped, cut to one short line."""
    safe = scrubbed(mask(value, kind) or "")
    plain = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in safe)
    return plain if len(plain) <= _LONGEST else f"{plain[:_LONGEST]}…"


def _text(values: pa.ChunkedArray, position: int) -> str | None:
    value = values[position].as_py()
    return None if value is None else str(value)
