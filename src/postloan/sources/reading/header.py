"""The line of a text that names the columns: where the mapping says it is, and what it names."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from postloan.model.label import Label
from postloan.sources.mapping import FileMapping
from postloan.sources.reading.privacy import shown_name
from postloan.sources.reading.records import Records
from postloan.sources.reading.refusal import (
    CORRECT_HEADER,
    DELIVER_AGAIN,
    NAME_ONCE,
    SAVE_AS_UTF8,
    refusal,
)

_MOST_COLUMNS = 16_384  # as many as a sheet can have
_SEARCHED = 50  # records in which a header is looked for, to say where it is

_CORRECT_BOTH = Label(
    "请更正映射中的 `delimiter` 或 `header`", "correct `delimiter` or `header` in the mapping"
)

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
        raise refusal(name, "文件中只有空行", "the file holds nothing but blank lines", DELIVER_AGAIN)
    index = int(filled[0]) if spec.header == 1 else _at_line(records, filled, spec.header, name)
    line = int(records.line[index])
    if "\0" in raw(index):
        zh = f"第{line}行含有NUL字节，像是没有字节序标记（BOM）的UTF-16"
        en = f"line {line} holds NUL bytes: the file looks like UTF-16 without a byte order mark"
        raise refusal(name, zh, en, SAVE_AS_UTF8)
    names = _fields(raw(index), spec.delimiter) if records.fields[index] <= _MOST_COLUMNS else ()
    if not names:
        n = records.fields[index]
        zh = f"第{line}行不可能是列名行：有{n:,}个字段，或有字段过长"
        en = f"line {line} can't name columns: it has {n:,} fields or a very long one"
        raise refusal(name, zh, en, _CORRECT_BOTH)
    _refuse_twice(names, name)
    if not _known(names, spec):
        _refuse_elsewhere(raw, records, filled[:_SEARCHED], spec, name, line)
    return Header(index, names)


def _at_line(records: Records, filled: NDArray[np.int64], line: int, name: str) -> int:
    found = filled[records.line[filled] == line]
    if len(found) == 0:
        raise refusal(
            name,
            f"应为列名行的第{line}行是空行、位于引号内的字段中或不存在",
            f"line {line}, which should name the columns, is blank, inside a quoted field or not there",
            CORRECT_HEADER,
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
            shown = shown_name(field, names)
            raise refusal(
                name,
                f"第{first[field]}列与第{position}列同名：{shown.zh}",
                f"columns {first[field]} and {position} are both named {shown.en}",
                NAME_ONCE,
            )


def _known(names: Sequence[str], spec: FileMapping) -> int:
    """Return how many of the names the mapping reads."""
    return len(spec.source_columns().intersection(names))


def _refuse_elsewhere(
    raw: Raw, records: Records, candidates: NDArray[np.int64], spec: FileMapping, name: str, line: int
) -> None:
    """Refuse a header that knows nothing of the mapping where another line names columns of it."""
    known = [_known(_fields(raw(int(index)), spec.delimiter), spec) for index in candidates]
    if max(known, default=0) > 0:
        other = int(records.line[candidates[int(np.argmax(known))]])
        raise refusal(
            name,
            f"第{line}行没有映射中的任何列名，第{other}行有",
            f"line {line} names no column of the mapping, line {other} does",
            Label(f"请在映射中设置 `header: {other}`", f"set `header: {other}` in the mapping"),
        )
