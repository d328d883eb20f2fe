"""The record counter against Python's csv module, and against itself uncompiled."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from postloan.sources.mapping import FileMapping
from postloan.sources.reading.csv_file import read_csv
from postloan.sources.reading.records import (
    _FOUND,
    _NEXT,
    CONTENT,
    GIANT,
    MOST_FIELD_BYTES,
    TORN,
    UNCLEAN,
    Records,
    count_ends,
    find_records,
    kinds,
    scan,
)

SPEC = FileMapping.model_validate({"path": "f.csv", "tables": {"loan": {"columns": {"loan_id": "h0"}}}})

# The first example may have to compile the counter.
UNTIMED = settings(deadline=None)

FIELDS = st.text(alphabet='ab,"\r\n \x01张', max_size=6)
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(FIELDS, min_size=width, max_size=width), min_size=1, max_size=8)
)


def octets(data: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(data, dtype=np.uint8)


def found(data: bytes) -> Records:
    return scan(octets(data), ",")


@UNTIMED
@given(TABLES, st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_written_records_are_found(table: list[list[str]], line_end: str, quote_all: bool) -> None:
    sink = io.StringIO(newline="")
    # Python writes a bare CR or LF without quotes when it isn't the line end in use.
    bare = any(mark in field for row in table for field in row for mark in "\r\n")
    writer = csv.writer(
        sink, lineterminator=line_end, quoting=csv.QUOTE_ALL if quote_all or bare else csv.QUOTE_MINIMAL
    )
    writer.writerows(table)
    data = sink.getvalue().encode()
    records = found(data)
    assert records.open_quote == 0
    assert len(records.start) == len(table)
    assert records.fields.tolist() == [len(row) for row in table]
    assert not (records.flags & TORN).any()
    has_content = [any(f.strip(' ",\r\n') for f in row) for row in table]
    assert ((records.flags & CONTENT) > 0).tolist() == has_content
    assert ((records.flags & UNCLEAN) > 0).tolist() == ["\x01" in "".join(row) for row in table]


@UNTIMED
@given(TABLES)
def test_the_parser_reads_what_was_written(table: list[list[str]]) -> None:
    header = [f"h{i}" for i in range(len(table[0]))]
    sink = io.StringIO(newline="")
    csv.writer(sink, quoting=csv.QUOTE_ALL).writerows([header, ["x"] * len(header), *table])
    with TemporaryDirectory() as folder:
        path = Path(folder) / "content"
        path.write_bytes(sink.getvalue().encode())
        tape = read_csv(path, "f.csv", "", SPEC)
    expected = [row for row in [["x"] * len(header), *table] if any(f.strip(' ",\r\n') for f in row)]
    got = [list(row.values()) for row in tape.columns.to_pylist()]
    assert got == expected
    assert tape.n_read == len(table) + 1
    assert [next(csv.reader(io.StringIO(tape.raw(i), newline=""))) for i in range(len(got))] == expected


@UNTIMED
@given(st.binary(max_size=60).map(lambda b: bytes(b',"\n\r a'[x % 6] for x in b)))
def test_compiled_and_plain_agree(data: bytes) -> None:
    records = found(data)
    size = count_ends(octets(data)) + 1
    spans, fields = np.zeros((3, size), dtype=np.int64), np.zeros(size, dtype=np.int32)
    flags = np.zeros(size, dtype=np.uint8)
    n, open_quote = find_records(octets(data), kinds(",", '"'), _NEXT, _FOUND, spans, fields, flags)
    assert open_quote == records.open_quote
    assert spans[:, :n].tolist() == [records.start.tolist(), records.end.tolist(), records.line.tolist()]
    assert flags[:n].tolist() == records.flags.tolist()


def test_an_open_quote_is_found_where_it_opened() -> None:
    assert found(b'a,b\n"x\ny",1\n2,"oops\n3,4\n').open_quote == 4


def test_lines_count_from_one_whatever_ends_them() -> None:
    assert found(b'a\r\nb\rc\n"d\r\ne"\nf').line.tolist() == [1, 2, 3, 4, 6]


def test_a_field_over_the_limit_is_told_wherever_it_stands() -> None:
    giant = b"x" * (MOST_FIELD_BYTES + 1)
    records = found(
        b"a,b\n" + giant + b",1\n2," + giant + b'\n"' + giant + b'",3\n4,' + giant[:-1] + b"\n" + giant
    )
    assert ((records.flags & GIANT) > 0).tolist() == [False, True, True, True, False, True]
