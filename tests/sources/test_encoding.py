"""Which encoding a text is in: read right or refused, never guessed."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
from csv_reading import NAMES, ROWS, read, refused, rows, written

from postloan.model.fault import Fault
from postloan.sources.reading import encoding as encoding_module
from postloan.sources.reading.mixture import _KINDS, _NEXT, find_line, utf8_line

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
