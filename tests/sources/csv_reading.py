"""Read a delimited text written into a folder, or be refused; a table of awkward values to write."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from postloan.model.fault import REFUSED, Fault
from postloan.sources.mapping import FileMapping
from postloan.sources.reading.csv_file import read_csv
from postloan.sources.reading.tape import Tape

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
