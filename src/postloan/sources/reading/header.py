"""The line of a text that names the columns: where the mapping says it is, and what it names."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from postloan.model.fault import REFUSED, Fault
from postloan.model.label import Label
from postloan.sources.mapping import FileMapping
from postloan.sources.reading.privacy import shown_name
from postloan.sources.reading.records import Records

_MOST_COLUMNS = 16_384  # as many as a sheet can have
_SEARCHED = 50  # records in which a header is looked for, to say where it is

Raw = Callable[[int], str]  # a record's text by its index


@dataclass(frozen=True, slots=True)
class Header:
    """The header and the columns it names.

    Args:
        index: Of its record.
        names: One per field; "" where none is written.
        notes: What had to be assumed about it.
    """

    index: int
    names: tuple[str, ...]
    notes: tuple[Label, ...] = ()

    @property
    def n_fields(self) -> int:
        """Return how many fields a record must have."""
        return len(self.names)

    def without_last(self, note: Label) -> Header:
        """Return the header without its last field."""
        return replace(self, names=self.names[:-1], notes=(*self.notes, note))

    def with_blank(self, note: Label) -> Header:
        """Return the header with one more field, without a name."""
        return replace(self, names=(*self.names, ""), notes=(*self.notes, note))

    def column_names(self) -> list[str]:
        """Return the columns' names; those without one can't be mapped, but must not clash."""
        return [name or f"column {position}" for position, name in enumerate(self.names, 1)]

    def schema(self) -> pa.Schema:
        """Return the schema of the columns: every value is text."""
        return pa.schema([(name, pa.string()) for name in self.column_names()])


def header_of(raw: Raw, records: Records, filled: NDArray[np.int64], spec: FileMapping, name: str) -> Header:
    """Return the header of a text.

    Args:
        raw: The text of a record.
        records: All of them.
        filled: Indices of those that hold something.
        spec: Which line names the columns (the first that holds something, unless it says another), and
            what columns it should name.
        name: For messages.

    Raises:
        Fault: 3 where there is no such line, where it names a column twice, or names none that the mapping
            knows although another line does.
    """
    if len(filled) == 0:
        raise Fault(f"{name}: the file holds nothing but blank lines", "deliver it again", REFUSED)
    index = int(filled[0]) if spec.header == 1 else _at_line(records, filled, spec.header, name)
    line = int(records.line[index])
    if "\0" in raw(index):
        what = f"{name}: line {line} holds NUL bytes: the file looks like UTF-16 without a byte order mark"
        raise Fault(what, "save it as UTF-8", REFUSED)
    names = _fields(raw(index), spec.delimiter) if records.fields[index] <= _MOST_COLUMNS else ()
    if not names:
        what = f"{name}: line {line} can't name columns: it has {records.fields[index]:,} fields or a very long one"
        raise Fault(what, "correct `delimiter` or `header` in the mapping", REFUSED)
    _refuse_twice(names, name)
    if not _known(names, spec):
        _refuse_elsewhere(raw, records, filled[:_SEARCHED], spec, f"{name}: line {line}")
    return Header(index, names)


def _at_line(records: Records, filled: NDArray[np.int64], line: int, name: str) -> int:
    found = filled[records.line[filled] == line]
    if len(found) == 0:
        raise Fault(
            f"{name}: line {line}, which should name the columns, is blank, inside a quoted field or not there",
            "correct `header` in the mapping",
            REFUSED,
        )
    return int(found[0])


def _fields(line: str, delimiter: str) -> tuple[str, ...]:
    """Return the names on a line; none where a field is longer than any name can be."""
    try:
        fields = next(csv.reader(io.StringIO(line, newline=""), delimiter=delimiter))
    except csv.Error:
        return ()
    return tuple(field.strip() for field in fields)


def _refuse_twice(names: Sequence[str], name: str) -> None:
    first: dict[str, int] = {}
    for position, field in enumerate(names, 1):
        if field and first.setdefault(field, position) != position:
            raise Fault(
                f"{name}: columns {first[field]} and {position} are both named {shown_name(field, names)}",
                "name every column once",
                REFUSED,
            )


def _known(names: Sequence[str], spec: FileMapping) -> int:
    """Return how many of the names the mapping reads."""
    return len(spec.source_columns().intersection(names))


def _refuse_elsewhere(
    raw: Raw, records: Records, candidates: NDArray[np.int64], spec: FileMapping, where: str
) -> None:
    """Refuse a header that knows nothing of the mapping where another line names columns of it."""
    known = [_known(_fields(raw(int(index)), spec.delimiter), spec) for index in candidates]
    if max(known, default=0) > 0:
        line = int(records.line[candidates[int(np.argmax(known))]])
        raise Fault(
            f"{where} names no column of the mapping, line {line} does",
            f"set `header: {line}` in the mapping",
            REFUSED,
        )
