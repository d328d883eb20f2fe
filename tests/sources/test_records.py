"""The record counter against Python's csv module, and against itself uncompiled."""

from __future__ import annotations

import csv
import io

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from postloan.sources.csv_file import read_csv
from postloan.sources.records import _FOUND, _NEXT, CONTENT, TORN, UNCLEAN, _kinds, find_records, scan

FIELDS = st.text(alphabet='ab,"\r\n \x01张', max_size=6)
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(FIELDS, min_size=width, max_size=width), min_size=1, max_size=8)
)


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
    records = scan(data, ",")
    assert records.open_quote == 0
    assert len(records.start) == len(table)
    assert records.fields.tolist() == [len(row) for row in table]
    assert not (records.flags & TORN).any()
    has_content = [any(f.strip(' ",\r\n') for f in row) for row in table]
    assert ((records.flags & CONTENT) > 0).tolist() == has_content
    assert ((records.flags & UNCLEAN) > 0).tolist() == ["\x01" in "".join(row) for row in table]


@given(TABLES)
def test_the_parser_reads_what_was_written(table: list[list[str]]) -> None:
    header = [f"h{i}" for i in range(len(table[0]))]
    sink = io.StringIO(newline="")
    csv.writer(sink, quoting=csv.QUOTE_ALL).writerows([header, ["x"] * len(header), *table])
    tape = read_csv(sink.getvalue().encode(), "f.csv", "", None, ",")
    expected = [row for row in [["x"] * len(header), *table] if any(f.strip(' ",\r\n') for f in row)]
    got = [list(row.values()) for row in tape.columns.to_pylist()]
    assert got == expected
    assert tape.n_read == len(table) + 1
    assert [next(csv.reader(io.StringIO(tape.raw(i), newline=""))) for i in range(len(got))] == expected


@given(st.binary(max_size=60).map(lambda b: bytes(b',"\n\r a'[x % 6] for x in b)))
def test_compiled_and_plain_agree(data: bytes) -> None:
    records = scan(data, ",")
    kinds = _kinds(data, ",", '"')
    size = len(data) + 1
    spans, fields = np.zeros((size, 3), dtype=np.int64), np.zeros(size, dtype=np.int32)
    flags = np.zeros(size, dtype=np.uint8)
    n, open_quote = find_records(kinds, _NEXT, _FOUND, spans, fields, flags)
    assert open_quote == records.open_quote
    assert spans[:n].T.tolist() == [records.start.tolist(), records.end.tolist(), records.line.tolist()]
    assert flags[:n].tolist() == records.flags.tolist()


def test_an_open_quote_is_found_where_it_opened() -> None:
    assert scan(b'a,b\n"x\ny",1\n2,"oops\n3,4\n', ",").open_quote == 4


def test_lines_count_from_one_whatever_ends_them() -> None:
    assert scan(b'a\r\nb\rc\n"d\r\ne"\nf', ",").line.tolist() == [1, 2, 3, 4, 6]
