"""Look at a file that no mapping speaks of yet: what it is written in, where its header stands, what it holds.

Only a proposal is made of this, for a person to correct. Loading never guesses.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineWorkbook

from postloan.model.fault import REFUSED, Fault
from postloan.model.label import Label
from postloan.model.tables import DELIVERED
from postloan.sources.proposing.likeness import names_of, plain
from postloan.sources.reading.containers import Content, unpacked
from postloan.sources.reading.encoding import to_utf8
from postloan.sources.reading.unpack import opened_zip, refuse_oversized

_ASK_AGAIN = Label("请向报送方重新索取该文件", "ask for the file again")
_MOST_BYTES = 4 << 20
_MOST_ROWS = 20_000
_HEADER_WITHIN = 20
_DELIMITERS = (",", "\t", ";", "|")
_KNOWN = frozenset(name for t in DELIVERED.values() for c in t.columns for name in names_of(t, c))


@dataclass(frozen=True, slots=True)
class Seen:
    """One column as it was seen.

    Args:
        name: As named in the file.
        values: What the first rows hold, blanks left out, as text.
        type: ``text``, or in typed files ``date``, ``integer``, ``decimal``, ``float``, ``flag``.
    """

    name: str
    values: tuple[str, ...]
    type: str = "text"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file, or one sheet of a workbook, as it was seen; ``encoding`` is None where it is plain ASCII."""

    path: Path
    format: str
    columns: tuple[Seen, ...]
    encoding: str | None = None
    delimiter: str = ","
    header: int = 1
    sheet: str | None = None


def sniff(path: Path) -> tuple[Sheet, ...]:
    """Return what a file seems to hold, one entry per sheet with a header and rows.

    Raises:
        Fault: 3 for a file that is missing, empty, packed in an unsafe way, or no CSV, Excel or Parquet.
    """
    if not path.is_file():
        what = Label(f"{path}：没有这个文件", f"{path}: no such file")
        raise Fault(what, Label("请核对路径", "check the path"), REFUSED)
    if path.stat().st_size == 0:
        raise Fault(Label(f"{path}：文件为空", f"{path}: empty file"), _ASK_AGAIN, REFUSED)
    with TemporaryDirectory(prefix="postloan-") as folder:
        plain = unpacked(path, path.name, Path(folder))
        if plain.content is Content.PARQUET:
            return (_parquet(path, plain.path),)
        if plain.content is Content.XLSX:
            return _workbook(path, plain.path)
        return (_delimited(path, plain.path, Path(folder)),)


def _delimited(path: Path, plain: Path, folder: Path) -> Sheet:
    text, encoding = _text_of(path, plain, folder)
    delimiter = max(_DELIMITERS, key=lambda mark: _evenness(text, mark))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[list[str]] = []
    lines: list[int] = []
    before = 0
    for row in reader:
        rows.append(row)
        lines.append(before + 1)
        before = reader.line_num
        if len(rows) == _MOST_ROWS:
            break
    if not any(cell.strip() for row in rows for cell in row):
        what = Label(f"{path}：文件中没有记录", f"{path}: the file holds no records")
        raise Fault(what, _ASK_AGAIN, REFUSED)
    top = _header_row(rows)
    return Sheet(path, "csv", _columns(rows, top), encoding, delimiter, lines[top])


def _text_of(path: Path, plain: Path, folder: Path) -> tuple[str, str | None]:
    """Return the first lines of a text and its encoding, None where they are plain ASCII."""
    head, decoded = folder / "head", folder / "decoded"
    with plain.open("rb") as source:
        head.write_bytes(_whole_lines(source.read(_MOST_BYTES)))
    encoding, mark = to_utf8(head, None, path.name, decoded)
    text = decoded.read_bytes()[mark:].decode("utf-8")
    return text, None if text.isascii() else encoding.removesuffix("-le").removesuffix("-be")


def _whole_lines(data: bytes) -> bytes:
    """Return the bytes without a last line that the end of reading may have cut."""
    if len(data) < _MOST_BYTES:
        return data
    return data[: data.rindex(b"\n") + (2 if data[:2] == b"\xff\xfe" else 1)] if b"\n" in data else data


def _evenness(text: str, mark: str) -> tuple[float, int]:
    """Return the share of lines with the commonest number of fields, if more than one, and that number."""
    rows = [row for row in csv.reader(io.StringIO(text[:65_536], newline=""), delimiter=mark) if row]
    counts = Counter(len(row) for row in rows if len(row) > 1)
    if not counts:
        return (0, 0)
    fields, n = counts.most_common(1)[0]
    return (round(n / len(rows), 1), fields)


def _workbook(path: Path, plain: Path) -> tuple[Sheet, ...]:
    with opened_zip(plain, path.name) as archive:
        refuse_oversized(plain, archive, path.name)
    try:
        book = CalamineWorkbook.from_path(plain)
        sheets = [
            (name, book.get_sheet_by_name(name).to_python(False, _MOST_ROWS)) for name in book.sheet_names
        ]
    except CalamineError as error:
        what = Label(
            f"{path}：不是能读取的 Excel 工作簿：{error}",
            f"{path}: not an Excel workbook that can be read: {error}",
        )
        raise Fault(what, Label("请另存为 .xlsx 格式", "save it as .xlsx"), REFUSED) from None
    found = []
    for name, cells in sheets:
        rows = [[_text(cell) for cell in row] for row in cells[:_MOST_ROWS]]
        if any(sum(map(bool, row)) > 1 for row in rows):
            top = _header_row(rows)
            found.append(
                Sheet(
                    path,
                    "xlsx",
                    _columns(rows, top, cells),
                    header=top + 1,
                    sheet=name if len(sheets) > 1 else None,
                )
            )
    return tuple(found)


def _text(cell: Any) -> str:
    if isinstance(cell, datetime):
        cell = cell.date() if cell.time() == datetime.min.time() else cell
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return (
        cell.strip() if isinstance(cell, str) else cell.isoformat() if isinstance(cell, date) else str(cell)
    )


def _header_row(rows: Sequence[Sequence[str]]) -> int:
    """Return the row that names the columns: the most known names, else the first that is mostly filled."""
    widest = max(sum(bool(cell.strip()) for cell in row) for row in rows[:_HEADER_WITHIN])

    def score(index: int) -> tuple[int, bool, int]:
        filled = [cell for cell in rows[index] if cell.strip()]
        return (sum(plain(cell) in _KNOWN for cell in filled), len(filled) > widest * 0.6, -index)

    return max(range(min(len(rows), _HEADER_WITHIN)), key=score)


def _columns(
    rows: Sequence[Sequence[str]], top: int, typed: Sequence[Sequence[Any]] = ()
) -> tuple[Seen, ...]:
    width = len(rows[top])
    body = [row for row in rows[top + 1 :] if len(row) == width]
    columns = []
    for place, name in enumerate(rows[top]):
        values = tuple(row[place].strip() for row in body if row[place].strip())
        if name.strip():
            cells = [row[place] for row in typed[top + 1 :] if place < len(row)]
            columns.append(Seen(name.strip(), values, "date" if _all_dates(cells) else "text"))
    return tuple(columns)


def _all_dates(cells: Sequence[Any]) -> bool:
    written = [cell for cell in cells if cell != ""]
    return bool(written) and all(isinstance(cell, date) for cell in written)


def _parquet(path: Path, plain: Path) -> Sheet:
    try:
        source = pq.ParquetFile(plain)
        first = next(source.iter_batches(batch_size=_MOST_ROWS), None)
    except (OSError, pa.ArrowException) as error:
        what = Label(f"{path}：Parquet 文件已损坏：{error}", f"{path}: the Parquet file is damaged: {error}")
        raise Fault(what, _ASK_AGAIN, REFUSED) from None
    table = pa.Table.from_batches([first] if first is not None else [], schema=source.schema_arrow)
    columns = tuple(
        Seen(
            name, tuple(_text(v) for v in table.column(name).to_pylist() if v is not None), _type(table, name)
        )
        for name in table.column_names
    )
    return Sheet(path, "parquet", columns)


def _type(table: pa.Table, name: str) -> str:
    of = table.schema.field(name).type
    if pa.types.is_dictionary(of):
        of = of.value_type
    kinds = {
        "date": pa.types.is_date(of) or pa.types.is_timestamp(of),
        "integer": pa.types.is_integer(of),
        "decimal": pa.types.is_decimal(of),
        "float": pa.types.is_floating(of),
        "flag": pa.types.is_boolean(of),
    }
    return next((kind for kind, holds in kinds.items() if holds), "text")
