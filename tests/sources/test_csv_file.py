"""Delimited text as lenders write it: every encoding, delimiter, line end and header, read right or refused."""

from __future__ import annotations

import contextlib
import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lender_delivery import LOANS, MAPPING, PAYMENTS, deliver, entry

from postloan.model.fault import REFUSED, Fault
from postloan.sources import encoding as encoding_module
from postloan.sources.csv_file import read_csv
from postloan.sources.mapping import FileMapping
from postloan.sources.mixture import _KINDS, _NEXT, find_line, utf8_line
from postloan.sources.tape import Tape

NAMES = ["借据号", "姓名", "余额"]
ROWS = [["000123", "张三", "1.00"], ["1E10", "欧阳𠮷", "2,000.50"], ["=1", "", "-3"]]


def spec(**given: Any) -> FileMapping:
    columns = {"loan_id": "借据号", "branch": "姓名"}
    return FileMapping.model_validate({"path": "f.csv", "tables": {"loan": {"columns": columns}}, **given})


def read(folder: Path, content: bytes | str, **given: Any) -> Tape:
    path = folder / "content"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_csv(path, "f.csv", "", spec(**given))


def refused(folder: Path, content: bytes | str, **given: Any) -> Fault:
    with pytest.raises(Fault) as caught:
        read(folder, content, **given)
    assert caught.value.exit_code == REFUSED
    assert caught.value.what.startswith("f.csv: ")
    return caught.value


def rows(tape: Tape) -> list[list[str]]:
    return [list(row.values()) for row in tape.columns.to_pylist()]


def written(delimiter: str, line_end: str = "\n", quoting: Any = csv.QUOTE_MINIMAL) -> str:
    sink = io.StringIO(newline="")
    csv.writer(sink, delimiter=delimiter, lineterminator=line_end, quoting=quoting).writerows([NAMES, *ROWS])
    return sink.getvalue()


# Text that each encoding was made for, and whether a file in it can be read.
CHINESE = ("借据号", "姓名", ["张三", "欧阳娜娜", "王小明", "龚俊", "曾国藩"])
TAIWAN = ("借據號", "姓名", ["張三", "歐陽娜娜", "王小明", "龔俊", "曾國藩"])
JAPAN = ("番号", "名前", ["山田太郎", "佐藤さくら", "鈴木イチロー", "高橋", "田中"])
KOREA = ("번호", "이름", ["김철수", "이영희", "박민수", "최지우", "정우성"])
FRANCE = ("numéro", "nom", ["Zoë", "François", "Anaïs", "Hélène", "Noël"])
CORPUS = {
    "utf-8": (CHINESE, True),
    "utf-8-sig": (CHINESE, True),
    "utf-16": (CHINESE, True),
    "utf-16-le": (CHINESE, False),
    "utf-16-be": (CHINESE, False),
    "utf-32": (CHINESE, False),
    "gb2312": (CHINESE, True),
    "gbk": (CHINESE, True),
    "gb18030": (CHINESE, True),
    "big5": (TAIWAN, False),
    "shift_jis": (JAPAN, False),
    "cp949": (KOREA, False),
    "latin-1": (FRANCE, False),
}


@pytest.mark.parametrize("n", [1, 2, 5, 5000])
@pytest.mark.parametrize("encoding", CORPUS)
def test_every_encoding_is_read_right_or_refused(tmp_path: Path, encoding: str, n: int) -> None:
    (key, name, people), readable = CORPUS[encoding]
    lines = [f"{key},{name}", *(f"{i:06d},{people[i % 5]}" for i in range(n))]
    content = "\n".join([*lines, ""]).encode(encoding)
    if encoding == "gb2312":
        content = content.replace(b"\n", b"\r\n")
    given = {"tables": {"loan": {"columns": {"loan_id": key}}}}
    if readable:
        tape = read(tmp_path, content, **given)
        assert [tape.columns.column_names, *rows(tape)] == [line.split(",") for line in lines]
    else:
        # What the reader can't tell from Chinese has no column of the mapped name, which stops the load.
        with contextlib.suppress(Fault):
            assert key not in read(tmp_path, content, **given).columns.column_names


@pytest.mark.parametrize("encoding", ["big5", "shift_jis"])
def test_text_that_would_hardly_be_chinese_is_refused(tmp_path: Path, encoding: str) -> None:
    _, _, people = CORPUS[encoding][0]
    content = "id,name\n" + "".join(f"{i},{people[i % 5]}\n" for i in range(50))
    found = refused(tmp_path, content.encode(encoding))
    assert "neither UTF-8 nor likely to be GB18030" in found.what
    assert "declare `encoding: gb18030`" in found.mend
    assert len(read(tmp_path, content.encode("gb18030")).rows) == 50


def test_traditional_chinese_is_read_where_its_encoding_is_declared(tmp_path: Path) -> None:
    text = "id,name\n1,龔龘靐齉\n"
    refused(tmp_path, text.encode("gb18030"))
    assert rows(read(tmp_path, text.encode("gb18030"), encoding="gb18030")) == [["1", "龔龘靐齉"]]


def test_a_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    tape = read(tmp_path, written(",").encode("utf-8-sig"))
    assert tape.columns.column_names == NAMES
    assert (tape.encoding, tape.raw(0)) == ("utf-8", "000123,张三,1.00")


def test_a_character_across_two_blocks_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for block in (1, 2, 3, 5, 7):
        monkeypatch.setattr(encoding_module, "_BLOCK", block)
        for encoding in ("utf-8", "gb18030", "utf-16"):
            folder = tmp_path / f"{block}-{encoding}"
            folder.mkdir()
            assert rows(read(folder, written(",").encode(encoding))) == ROWS


@pytest.mark.parametrize(
    ("content", "declared", "what"),
    [
        (b"id,n\n1,\xff\n", None, "byte 7 on line 2 is not gb18030"),
        ("借据号\n张三\n".encode("gbk"), "utf-8", "byte 0 on line 1 is not utf-8"),
        ("借据号\r\n1\r\n".encode() + b"\xd5\n", "utf-8", "byte 14 on line 3 is not utf-8"),
        ("借据号\r1\r".encode() + b"\xd5", "utf-8", "byte 12 on line 3 is not utf-8"),
        ("借据号\n1\n".encode("utf-8-sig"), "gb18030", "is utf-8 by its byte order mark, not gb18030"),
        ("借据号\n1\n".encode("utf-16"), "utf-8", "is utf-16-le by its byte order mark, not utf-8"),
        ("借据号\n1\n".encode("utf-16-le"), "utf-16", "has no byte order mark"),
        ("借据号\n1\n".encode("utf-16") + b"\x00", None, "byte 14 on line 3 is not utf-16-le"),
        ("借据号\n1\n".encode("utf-16") + b"\x00\xd8\n\x00", None, "byte 14 on line 3 is not utf-16-le"),
        ("借据号\n1\n".encode("utf-32"), None, "is UTF-32"),
        ("id\n1\n".encode("utf-16-le"), None, "looks like UTF-16 without a byte order mark"),
    ],
)
def test_a_wrong_encoding_is_refused_with_the_place(
    tmp_path: Path, content: bytes, declared: str | None, what: str
) -> None:
    assert what in refused(tmp_path, content, encoding=declared).what


@pytest.mark.parametrize("n_utf8", [1, 5, 400])
def test_two_encodings_in_one_file_are_refused(tmp_path: Path, n_utf8: int) -> None:
    content = "借据号\n".encode("gbk") + "张三\n".encode("gbk") * 100 + "欧阳娜娜\n".encode() * n_utf8
    found = refused(tmp_path, content)
    assert found.what == "f.csv: byte 0 on line 1 is not UTF-8, line 102 is"
    assert "joined" in found.mend


def test_a_line_that_could_be_utf8_by_chance_is_no_mixture() -> None:
    # 侣 is D5… in GB18030 and a letter of two bytes in UTF-8; it proves nothing.
    lines = "联通\n".encode("gbk") * 10 + "张三\n".encode("gbk") * 10
    assert utf8_line(np.frombuffer(lines, dtype=np.uint8)) == 0


def test_short_lines_of_utf8_count_once_they_are_many() -> None:
    foreign = "张三\r\n".encode("gbk") * 300
    few, many = np.frombuffer(foreign + "李四\n".encode(), dtype=np.uint8), foreign + "李四\r".encode() * 5
    assert utf8_line(few) == 0
    assert utf8_line(np.frombuffer(many, dtype=np.uint8)) == 304
    assert find_line(np.frombuffer(many, dtype=np.uint8), _KINDS, _NEXT) == 304


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


def test_records_between_broken_ones_are_parsed_as_they_stand(tmp_path: Path) -> None:
    text = "借据号,姓名\n" + "".join(f"{i},x\n{i}\n" for i in range(500))
    tape = read(tmp_path, text)
    assert rows(tape) == [[str(i), "x"] for i in range(500)]
    assert [tape.raw(i) for i in (0, 499)] == ["0,x", "499,x"]


@pytest.mark.parametrize("part", [1, 7, 40])
def test_parts_of_any_size_give_the_same_columns(
    tmp_path: Path, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("postloan.sources.csv_file._PART", part)
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
