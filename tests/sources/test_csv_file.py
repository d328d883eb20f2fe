"""Delimited text as lenders write it: every delimiter, line end and header, read right or refused."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from csv_reading import ROWS, read, refused, rows, written
from lender_delivery import LOANS, MAPPING, PAYMENTS, deliver, entry


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_delimiters_and_line_ends(tmp_path: Path, delimiter: str, line_end: str, quoting: Any) -> None:
    tape = read(tmp_path, written(delimiter, line_end, quoting), delimiter=delimiter)
    assert rows(tape) == ROWS
    assert tape.rows.tolist() == [2, 3, 4]


def test_line_ends_may_be_mixed(tmp_path: Path) -> None:
    tape = read(tmp_path, '借据号,姓名\r\n1,a\n2,"b\r\nc"\r3,d\r\n\r\n4,e')
    assert rows(tape) == [["1", "a"], ["2", "b\r\nc"], ["3", "d"], ["4", "e"]]
    assert (tape.rows.tolist(), tape.n_blank) == ([2, 3, 5, 7], 1)


def test_the_header_may_stand_on_a_later_line(tmp_path: Path) -> None:
    text = "某某银行,,\n截至2026-10-31,,\n\n借据号,姓名,余额\n1,a,2\n"
    tape = read(tmp_path, text, header=4)
    assert rows(tape) == [["1", "a", "2"]]
    assert (dict(tape.apart), tape.n_blank, tape.n_read) == ({"above_header": 2}, 1, 4)


@pytest.mark.parametrize(
    ("header", "what", "mend"),
    [
        (1, "line 1 names no column of the mapping, line 3 does", "set `header: 3` in the mapping"),
        (2, "line 2, which should name the columns, is blank", "correct `header`"),
        (4, "line 4 names no column of the mapping, line 3 does", "set `header: 3` in the mapping"),
        (9, "line 9, which should name the columns, is blank, inside a quoted field or not there", "header"),
    ],
)
def test_a_wrong_header_line_is_refused(tmp_path: Path, header: int, what: str, mend: str) -> None:
    found = refused(tmp_path, "某某银行\n\n借据号,姓名\n1,a\n", header=header)
    assert what in found.what
    assert mend in found.mend


def test_columns_are_taken_by_name_wherever_they_stand(tmp_path: Path) -> None:
    tape = read(tmp_path, "余额,姓名,借据号\n1.00,张三,000123\n")
    assert tape.columns.column("借据号").to_pylist() == ["000123"]


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("借据号,姓名\n1,a,\n2,b,\r\n", "every record ends in a delimiter, the header doesn't"),
        ("借据号,姓名,\n1,a\n2,b\n", "the header line ends in a delimiter, the records don't"),
        ("借据号,姓名,\n1,a,\n2,b,\n", None),
    ],
)
def test_a_delimiter_at_the_end_of_lines_is_no_column(tmp_path: Path, text: str, note: str | None) -> None:
    tape = read(tmp_path, text)
    assert tape.columns.select(["借据号", "姓名"]).to_pylist() == [
        {"借据号": "1", "姓名": "a"},
        {"借据号": "2", "姓名": "b"},
    ]
    assert [n.en for n in tape.notes] == ([note] if note else [])


def test_one_field_too_many_in_some_records_is_a_fault_of_theirs(tmp_path: Path) -> None:
    tape = read(tmp_path, "借据号,姓名\n1,a,\n2,b\n")
    assert [(b.row, b.reason.en) for b in tape.broken] == [(2, "too many fields (3, not 2)")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1,2", "the last line is cut off (2 fields, not 3)"),
        ("1,2\n", "too few fields (2, not 3)"),
        ("1,2,3,4", "too many fields (4, not 3)"),
        ('1,"2"x,3', "text after a closing quote"),
    ],
)
def test_a_record_that_does_not_fit_is_kept_with_the_reason(tmp_path: Path, line: str, reason: str) -> None:
    tape = read(tmp_path, "借据号,姓名,余额\n7,a,b\n" + line)
    assert [(b.row, b.raw, b.reason.en) for b in tape.broken] == [(3, line.strip(), reason)]
    assert rows(tape) == [["7", "a", "b"]]


def test_a_file_of_another_layout_than_its_header_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("postloan.sources.reading.csv_file._MOST_BROKEN", 2)
    assert len(read(tmp_path, "借据号,姓名\n1,a,b\n2,b\n3\n").broken) == 2
    again = tmp_path / "again"
    again.mkdir()
    found = refused(again, "借据号,姓名\n1,a\n2,b,c,d\n3\n4,c,d\n")
    assert "3 records don't fit the header's 2 columns, the first on line 3 (4 fields)" in found.what


def test_records_between_broken_ones_are_parsed_as_they_stand(tmp_path: Path) -> None:
    text = "借据号,姓名\n" + "".join(f"{i},x\n{i}\n" for i in range(500))
    tape = read(tmp_path, text)
    assert rows(tape) == [[str(i), "x"] for i in range(500)]
    assert [tape.raw(i) for i in (0, 499)] == ["0,x", "499,x"]


@pytest.mark.parametrize("part", [1, 7, 40])
def test_parts_of_any_size_give_the_same_columns(
    tmp_path: Path, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("postloan.sources.reading.csv_file._PART", part)
    assert rows(read(tmp_path, written(",", quoting=csv.QUOTE_ALL))) == ROWS


def test_a_nul_marks_its_record_unclean(tmp_path: Path) -> None:
    tape = read(tmp_path, "借据号,姓名\n1,a\n2,b\x00c\n")
    assert tape.unclean.tolist() == [False, True]


def test_a_quote_that_never_closes_is_refused_where_it_opened(tmp_path: Path) -> None:
    assert "the quote that opens on line 3 never closes" in refused(tmp_path, '借据号\n1\n"2\n3\n').what


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("借据号,姓名\n", "the file holds no records"),
        ("借据号,姓名\n\n,\n", "the file holds no records"),
        ("\n \n", "the file holds nothing but blank lines"),
        ("x," * 20_000 + "x\n1\n", "line 1 can't name columns: it has 20,001 fields"),
        ("x" * 200_000 + "\n1\n", "line 1 can't name columns"),
    ],
)
def test_a_file_without_records_or_header_is_refused(tmp_path: Path, text: str, what: str) -> None:
    assert what in refused(tmp_path, text).what


def test_a_mapping_may_allow_a_file_to_hold_no_records(tmp_path: Path) -> None:
    tape = read(tmp_path, "借据号,姓名\n\n", allow_empty=True)
    assert (rows(tape), tape.columns.column_names, tape.n_read) == ([], ["借据号", "姓名"], 1)


def test_a_delivery_of_nothing_is_loaded_and_accounted_for(tmp_path: Path) -> None:
    mapping = MAPPING.replace("path: payments.csv", "path: payments.csv\n    allow_empty: true")
    report = deliver(tmp_path, {"payments.csv": PAYMENTS.split("\n", 1)[0] + "\n"}, mapping)
    assert (entry(report, "payment")["rows_read"], entry(report, "loan")["rows_read"]) == (0, 2)


def test_lines_above_the_header_are_read_and_ignored(tmp_path: Path) -> None:
    mapping = MAPPING.replace("path: loans.csv", "path: loans.csv\n    header: 3")
    report = deliver(tmp_path, {"loans.csv": "放款明细\n制表：张三\n" + LOANS}, mapping)
    assert entry(report, "loan")["ignored"] == {"above_header": 2}
    assert entry(report, "loan")["rows_read"] == 4
