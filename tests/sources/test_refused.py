"""Refused rows are written out in lots, exactly, and only if they are going to be stored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lender_delivery import LOANS, MAPPING, PAYMENTS, deliver

from postloan.book.store import Book
from postloan.book.version import Version
from postloan.model.label import Label
from postloan.model.tables import DELIVERED
from postloan.sources.files import deliveries
from postloan.sources.intake import judge
from postloan.sources.judging import refused, retry
from postloan.sources.judging.batch import Batch
from postloan.sources.judging.desk import Held
from postloan.sources.judging.refused import Sheet, refused_rows
from postloan.sources.mapping import FileMapping, read_mapping
from postloan.sources.reading.tape import Broken, Tape

SPEC = FileMapping.model_validate(
    {"path": "p.csv", "tables": {"payment": {"columns": {"payment_id": '流"水'}}}}, strict=False
)
LATE, LONG = Label("迟", "late"), Label("长", "long")
BAD = PAYMENTS + "".join(f'P{n},nobody,x{n},"1""{n}"\n' for n in range(3, 8)) + "torn\nP9,1\nP10\n"
NEXT = "流水号,借据号,日期,金额\nQ1,000123,2025-04-15,9\n"


def refused_from(texts: list[str | None], problems: dict[Label, list[bool]]) -> list[dict[str, Any]]:
    """Return the quarantine rows of a typed file with a text and a number per record."""
    n = len(texts)
    columns = pa.table({'流"水': pa.array(texts, pa.string()), "n": pa.array(range(n), pa.int64())})
    rows, clean = np.arange(2, n + 2), np.zeros(n, dtype=np.bool_)
    tape = Tape("p.csv", "00", "", columns, rows, (Broken(99, "x", LONG),), 0, clean)
    batch = Batch(
        DELIVERED["payment"],
        pa.table({"payment_id": columns.column(0)}),
        np.zeros(n, dtype=np.int32),
        np.arange(n, dtype=np.int64),
        {label: np.array(mask, dtype=np.bool_) for label, mask in problems.items()},
    )
    told: list[dict[str, Any]] = refused_rows(batch, [Sheet(0, tape, SPEC)], "load").to_pylist()
    return told


@settings(deadline=None)
@given(st.lists(st.none() | st.text(), min_size=1, max_size=6))
def test_what_a_record_held_is_exact(texts: list[str | None]) -> None:
    found = refused_from(texts, {LATE: [True] * len(texts)})[:-1]
    written = [
        json.dumps(
            [['流"水', text, "payment_id", "string"], ["n", str(n), None, "int64"]], ensure_ascii=False
        )
        for n, text in enumerate(texts)
    ]
    assert [row["fields"] for row in found] == written
    assert [json.loads(row["raw"]) for row in found] == [
        {'流"水': text, "n": n} for n, text in enumerate(texts)
    ]


def test_every_row_has_all_its_reasons_in_both_languages() -> None:
    found = refused_from(list("abcd"), {LATE: [True, False, True, False], LONG: [False, False, True, True]})
    assert [(row["row"], row["reasons"], row["reasons_zh"]) for row in found] == [
        (2, ["late"], ["迟"]),
        (4, ["late", "long"], ["迟", "长"]),
        (5, ["long"], ["长"]),
        (99, ["long"], ["长"]),
    ]


def test_lots_come_together_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    books = []
    for name in ("one lot", "many lots"):
        for files in ({"payments.csv": BAD}, {"payments.csv": NEXT}):
            deliver(tmp_path, files, book=name)
            books.append(Book.open(tmp_path / name).read("quarantine"))
        monkeypatch.setattr(refused, "_AT_ONCE", 2)
        monkeypatch.setattr(retry, "_AT_ONCE", 2)
    assert books[0].num_rows == 8
    assert all(book.equals(books[0]) for book in books[1:])


@pytest.mark.parametrize(("share", "rows"), [("0.1", 0), ("1", 8)])
def test_rows_of_a_file_over_the_limit_are_counted_and_not_written_out(
    tmp_path: Path, share: str, rows: int
) -> None:
    (tmp_path / "loans.csv").write_text(LOANS, encoding="utf-8")
    (tmp_path / "payments.csv").write_text(BAD, encoding="utf-8")
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(MAPPING.replace("quarantine_share: 1", f"quarantine_share: {share}"), encoding="utf-8")
    rules = read_mapping(mapping)
    held = Held(Book(tmp_path, Version()).ask)
    intake = judge(rules, deliveries(rules, tmp_path), "load", held)
    assert intake.accounts[1].rows_quarantined == 8
    assert intake.quarantine.num_rows == rows
