"""Read a delimited text file: everything as text, every record accounted for."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
from numpy.typing import NDArray

from postloan.model.label import Label
from postloan.sources.mapping import FileMapping
from postloan.sources.reading.encoding import to_utf8
from postloan.sources.reading.handover import TEXT, mapped, spooled
from postloan.sources.reading.header import Header, header_of
from postloan.sources.reading.records import CONTENT, GIANT, MOST_FIELD_BYTES, TORN, UNCLEAN, Records, scan
from postloan.sources.reading.refusal import WITH_RECORDS, refusal
from postloan.sources.reading.tape import Broken, Tape, Text

_TORN = Label("引号之后还有文字", "text after a closing quote")
_GIANT = Label(f"有字段超过{MOST_FIELD_BYTES:,}字节", f"a field is longer than {MOST_FIELD_BYTES:,} bytes")
_CLOSE = Label(
    "请补上结束的引号；值中的引号应连写两个", "close the quote, or write a quote inside a value twice"
)
_ONE_PER_COLUMN = Label(
    "请使每列恰有一个值，含分隔符的值加引号",
    "deliver the file with one value per column, and quotes around values with a delimiter",
)
_CHECK_QUOTES = Label(
    "请检查文件中的引号；目前无法确定地读取", "check the quotes in the file; it can't be read with certainty"
)
_PART = 1 << 22  # bytes parsed at a time
_CR = 13
_MOST_BROKEN = 100_000  # each is kept as it stands; a file with more has another layout than its header
_SHOWN = 1000  # characters kept of a record that is refused for its size


@dataclass(frozen=True, slots=True)
class Lines:
    """A text and the records in it: ``content`` for slices, ``octets`` for arithmetic, the same bytes."""

    content: bytes | mmap.mmap
    octets: NDArray[np.uint8]
    records: Records

    def raw(self, index: int) -> str:
        """Return a record without its line end; one that is too large is cut."""
        start, end = int(self.records.start[index]), int(self.records.end[index])
        if self.records.flags[index] & GIANT:
            return self.content[start : min(end, start + _SHOWN)].decode("utf-8", "ignore") + "…"
        return self.content[start:end].decode("utf-8").removesuffix("\r")


def read_csv(path: Path, name: str, sha256: str, spec: FileMapping) -> Tape:
    """Return the file's records; the text as UTF-8 and the parsed columns are written beside ``path``.

    Args:
        path: The text, unpacked.
        name: For messages and the ledger.
        sha256: Of the file as delivered.
        spec: Its encoding, delimiter and header line.

    Raises:
        Fault: 3 for a wrong encoding, a quote that never closes, a header that names a column twice or is
            not where the mapping says, far too many records that don't fit it, a file without records where the mapping doesn't allow it, or where
            the parser and the independent record counter disagree.
    """
    encoding, start = to_utf8(path, spec.encoding, name, path.parent / TEXT)
    lines = _lines(path.parent / TEXT, start, spec.delimiter, name)
    records = lines.records
    filled = np.flatnonzero((records.flags & CONTENT) > 0)
    header = header_of(lines.raw, records, filled, spec, name)
    body = filled[filled > header.index]
    if len(body) == 0 and not spec.allow_empty:
        raise refusal(name, "文件没有记录", "the file holds no records", WITH_RECORDS)
    header = _without_trailing(header, lines, body, ord(spec.delimiter))
    flawed = (records.fields[body] != header.n_fields) | ((records.flags[body] & (TORN | GIANT)) > 0)
    _refuse_layout(lines, body[flawed], header, name)
    good, n_above = body[~flawed], int(np.searchsorted(filled, header.index))
    return Tape(
        name=name,
        sha256=sha256,
        encoding=encoding,
        columns=spooled(_parsed(lines, good, header, spec.delimiter, name), header.schema(), path.parent),
        rows=records.line[good],
        broken=tuple(_broken(lines, int(i), header.n_fields) for i in body[flawed]),
        # The lines before and behind the header that are blank count as blank lines.
        n_blank=len(records.flags) - len(filled),
        unclean=(records.flags[good] & UNCLEAN) > 0,
        text=Text(lines.content, records.start[good], records.end[good]),
        notes=header.notes,
        apart={"above_header": n_above} if n_above else {},
    )


def _lines(path: Path, start: int, delimiter: str, name: str) -> Lines:
    content = mapped(path)
    octets = np.frombuffer(content, dtype=np.uint8)
    records = scan(octets[start:], delimiter).shifted(start)
    if records.open_quote:
        raise refusal(
            name,
            f"第{records.open_quote}行开始的引号没有结束",
            f"the quote that opens on line {records.open_quote} never closes",
            _CLOSE,
        )
    return Lines(content, octets, records)


def _without_trailing(header: Header, lines: Lines, body: NDArray[np.int64], delimiter: int) -> Header:
    """Return the header as it fits records that all end in a delimiter the header lacks, or the other way."""
    if len(body) == 0:
        return header
    records, n = lines.records, header.n_fields
    if header.names[-1] == "" and bool((records.fields[body] == n - 1).all()):
        note = Label("表头行末多一个分隔符", "the header line ends in a delimiter, the records don't")
        return header.without_last(note)
    if bool((records.fields[body] == n + 1).all()):
        last = records.end[body] - 1
        last = last - (lines.octets[last] == _CR)
        if bool((lines.octets[last] == delimiter).all()):
            note = Label("每条记录末尾多一个分隔符", "every record ends in a delimiter, the header doesn't")
            return header.with_blank(note)
    return header


def _refuse_layout(lines: Lines, broken: NDArray[np.int64], header: Header, name: str) -> None:
    if len(broken) > _MOST_BROKEN:
        first = int(broken[0])
        line, fields = lines.records.line[first], lines.records.fields[first]
        raise refusal(
            name,
            f"{len(broken):,}条记录与表头的{header.n_fields}列不符，首条在第{line}行（{fields}个字段）",
            f"{len(broken):,} records don't fit the header's {header.n_fields} columns, the first on "
            f"line {line} ({fields} fields)",
            _ONE_PER_COLUMN,
        )


def _parsed(
    lines: Lines, good: NDArray[np.int64], header: Header, delimiter: str, name: str
) -> Iterator[pa.RecordBatch]:
    """Parse the good records part by part, and hold the parser to the number that was counted."""
    names = header.column_names()
    for part in _parts(lines.records, good):
        text = _runs(lines, part)
        table = pacsv.read_csv(
            pa.py_buffer(text),
            pacsv.ReadOptions(column_names=names, block_size=len(text) + 1),
            pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False),
            pacsv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), null_values=[]),
        )
        if table.num_rows != len(part):
            line = int(lines.records.line[part[0]])
            raise refusal(
                name,
                f"从第{line}行起解析出{table.num_rows}条记录，而清点结果为{len(part)}条",
                f"the parser found {table.num_rows} records from line {line}, {len(part)} were counted",
                _CHECK_QUOTES,
            )
        yield from table.to_batches()


def _parts(records: Records, good: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return the records in parts of about the same number of bytes."""
    ends = np.cumsum(records.end[good] - records.start[good] + 1)
    if len(ends) == 0:
        return []
    cuts = np.unique(np.searchsorted(ends, np.arange(_PART, ends[-1], _PART)))
    return [part for part in np.split(good, cuts) if len(part)]


def _runs(lines: Lines, part: NDArray[np.int64]) -> bytes:
    """Return the text of these records alone: whole stretches, cut where others lie between."""
    records = lines.records
    breaks = np.flatnonzero(np.diff(part) != 1)
    firsts = part[np.concatenate(([0], breaks + 1))]
    lasts = part[np.concatenate((breaks, [len(part) - 1]))]
    return b"\n".join(
        lines.content[records.start[a] : records.end[b]] for a, b in zip(firsts, lasts, strict=True)
    )


def _broken(lines: Lines, index: int, expected: int) -> Broken:
    records = lines.records
    fields = int(records.fields[index])
    if records.flags[index] & GIANT:
        reason = _GIANT
    elif fields == expected:
        reason = _TORN
    elif fields < expected and records.end[index] == len(lines.octets):
        reason = Label(
            f"最后一行被截断（{fields}个字段，应为{expected}）",
            f"the last line is cut off ({fields} fields, not {expected})",
        )
    else:
        zh, en = ("少", "few") if fields < expected else ("多", "many")
        reason = Label(
            f"字段过{zh}（{fields}，应为{expected}）", f"too {en} fields ({fields}, not {expected})"
        )
    return Broken(int(records.line[index]), lines.raw(index), reason)
