"""Read a delimited text file: everything as text, every record accounted for."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
from numpy.typing import NDArray

from postloan.model.fault import REFUSED, Fault
from postloan.model.label import Label
from postloan.sources.encoding import to_utf8
from postloan.sources.records import CONTENT, TORN, UNCLEAN, Records, scan
from postloan.sources.tape import Broken, Tape, Text

_TORN = Label("引号之后还有文字", "text after a closing quote")
_LEAST_BLOCK = 1 << 24


def read_csv(data: bytes, name: str, sha256: str, encoding: str | None, delimiter: str) -> Tape:
    """Return the file's records.

    Args:
        data: The file's bytes, unpacked.
        name: For messages and the ledger.
        sha256: Of the bytes as delivered.
        encoding: As declared, None to find out.
        delimiter: One ASCII character.

    Raises:
        Fault: 3 for a wrong encoding, a quote that never closes, a column named twice, a file without
            records, or where the parser and the independent record counter disagree.
    """
    text, found = to_utf8(data, encoding, name)
    records = scan(text, delimiter)
    if records.open_quote:
        raise Fault(
            f"{name}: the quote that opens on line {records.open_quote} never closes",
            "close the quote, or write a quote inside a value twice",
            REFUSED,
        )
    has_content = (records.flags & CONTENT) > 0
    filled = np.flatnonzero(has_content)
    if len(filled) < 2:
        raise Fault(f"{name}: the file holds no records", "deliver the file with its records", REFUSED)
    header = _header(text, records, int(filled[0]), delimiter, name)
    body = filled[1:]
    is_broken = (records.fields[body] != len(header)) | ((records.flags[body] & TORN) > 0)
    good = body[~is_broken]
    # The lines before and behind the header that are blank count as blank lines.
    return Tape(
        name=name,
        sha256=sha256,
        encoding=found,
        columns=_parsed(text, records, good, header, delimiter, name),
        rows=records.line[good],
        broken=tuple(_broken(text, records, int(i), len(header)) for i in body[is_broken]),
        n_blank=int(np.count_nonzero(~has_content)),
        unclean=(records.flags[good] & UNCLEAN) > 0,
        text=Text(text, records.start[good], records.end[good]),
    )


def _header(text: bytes, records: Records, index: int, delimiter: str, name: str) -> list[str]:
    line = _raw(text, records, index)
    names = [field.strip() for field in next(csv.reader(io.StringIO(line, newline=""), delimiter=delimiter))]
    for position, field in enumerate(names):
        if field and field in names[:position]:
            first = names.index(field) + 1
            raise Fault(
                f"{name}: columns {first} and {position + 1} are both named {field}",
                "name every column once",
                REFUSED,
            )
    return names


def _parsed(
    text: bytes, records: Records, good: NDArray[np.int64], header: Sequence[str], delimiter: str, name: str
) -> pa.Table:
    """Parse the good records, and hold the parser to the number that was counted."""
    # Columns without a name can't be mapped, but must not clash.
    names = [field or f"column {position}" for position, field in enumerate(header, 1)]
    if len(good) == 0:
        return pa.table({field: pa.array([], pa.string()) for field in names})
    lengths = records.end[good] - records.start[good]
    table = pacsv.read_csv(
        pa.py_buffer(_runs(text, records, good)),
        pacsv.ReadOptions(column_names=names, block_size=max(_LEAST_BLOCK, 2 * int(lengths.max()) + 2)),
        pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False),
        pacsv.ConvertOptions(column_types={field: pa.string() for field in names}, null_values=[]),
    )
    if table.num_rows != len(good):
        raise Fault(
            f"{name}: the parser found {table.num_rows} records, {len(good)} were counted",
            "check the quotes in the file; it can't be read with certainty",
            REFUSED,
        )
    return table


def _runs(text: bytes, records: Records, good: NDArray[np.int64]) -> bytes:
    """Return the text of the good records alone: whole stretches, cut where others lie between."""
    breaks = np.flatnonzero(np.diff(good) != 1)
    firsts = good[np.concatenate(([0], breaks + 1))]
    lasts = good[np.concatenate((breaks, [len(good) - 1]))]
    return b"\n".join(text[records.start[a] : records.end[b]] for a, b in zip(firsts, lasts, strict=True))


def _broken(text: bytes, records: Records, index: int, expected: int) -> Broken:
    fields = int(records.fields[index])
    reason = _TORN
    if fields != expected:
        zh, en = ("少", "few") if fields < expected else ("多", "many")
        reason = Label(
            f"字段过{zh}（{fields}，应为{expected}）", f"too {en} fields ({fields}, not {expected})"
        )
    return Broken(int(records.line[index]), _raw(text, records, index), reason)


def _raw(text: bytes, records: Records, index: int) -> str:
    return text[records.start[index] : records.end[index]].decode("utf-8").removesuffix("\r")
