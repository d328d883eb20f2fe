"""Parquet: exact types stay exact, and what can't be one value per row is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lender_delivery import LOAN_FILE, MAPPING, deliver, entry, reasons

from postloan.book.store import Book
from postloan.model.fault import REFUSED, Fault
from postloan.sources.mapping import FileMapping
from postloan.sources.reading.parquet_file import read_parquet
from postloan.sources.reading.tape import Tape

PARQUET = MAPPING.replace(LOAN_FILE, LOAN_FILE.replace("tables:", "format: parquet\n    tables:", 1))


def loans(**columns: Any) -> pa.Table:
    return pa.table(
        {
            "借据号": ["000123", "1E10"],
            "机构": ["东", "西"],
            "金额": pa.array([Decimal("1000.00"), Decimal("2000.50")], pa.decimal128(18, 2)),
            "放款日": pa.array([date(2025, 1, 15), date(2025, 2, 28)]),
            **columns,
        }
    )


def content(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return bytes(sink.getvalue())


def read(folder: Path, data: bytes, **given: Any) -> Tape:
    (folder / "content").write_bytes(data)
    spec = {"path": "f.parquet", "format": "parquet", "tables": {"loan": {"columns": {"loan_id": "借据号"}}}}
    return read_parquet(folder / "content", "f.parquet", "", FileMapping.model_validate({**spec, **given}))


@pytest.mark.parametrize(
    "amounts",
    [
        pa.array([Decimal("1000.00"), Decimal("2000.50")], pa.decimal128(38, 2)),
        pa.array(["1000.00", "2000.50"]),
        pa.array(["1000.00", "2000.50"]).dictionary_encode(),
    ],
)
def test_amounts_are_exact(tmp_path: Path, amounts: pa.Array) -> None:
    deliver(tmp_path, {"loans.csv": content(loans(金额=amounts))}, PARQUET)
    assert Book.open(tmp_path / "book").read("loan").column("principal_minor").to_pylist() == [
        100_000,
        200_050,
    ]


def test_a_float_amount_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="principal_minor") as caught:
        deliver(tmp_path, {"loans.csv": content(loans(金额=[1000.0, 2000.5]))}, PARQUET)
    assert caught.value.mend == "deliver the column as text or in an exact type"


def test_types_are_kept_as_they_are(tmp_path: Path) -> None:
    tape = read(tmp_path, content(loans(笔数=pa.array([1, None], pa.int64()))))
    assert [str(tape.columns.schema.field(name).type) for name in ("借据号", "金额", "放款日", "笔数")] == [
        "string",
        "decimal128(18, 2)",
        "date32[day]",
        "int64",
    ]
    assert (tape.rows.tolist(), tape.encoding) == ([1, 2], "")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (content(loans())[:-9], "not a readable Parquet file"),
        (b"PAR1" + bytes(100) + b"PAR1", "not a readable Parquet file"),
        (content(loans().slice(0, 0)), "the file holds no records"),
        (
            content(loans().append_column("借据号", pa.array(["x", "y"]))),
            "more than one column is named 借据号",
        ),
        (
            content(loans().drop_columns(["借据号"]).append_column("借据号", pa.array([["x"], ["y"]]))),
            "column 借据号 holds list<element: string>, not one plain value per row",
        ),
    ],
)
def test_a_file_that_cannot_be_read_with_certainty_is_refused(tmp_path: Path, data: bytes, what: str) -> None:
    with pytest.raises(Fault) as caught:
        read(tmp_path, data)
    assert what in caught.value.what
    assert caught.value.exit_code == REFUSED


def test_damaged_pages_are_refused(tmp_path: Path) -> None:
    damaged = bytearray(content(loans()))
    damaged[4:40] = bytes(36)
    with pytest.raises(Fault, match=r"f\.parquet: not a readable Parquet file"):
        read(tmp_path, bytes(damaged))


def test_lists_and_bytes_that_nobody_reads_are_mentioned(tmp_path: Path) -> None:
    table = loans(标签=pa.array([["a"], []]), 图=[b"\xff", b""], 机构=["东", None], 借据号=["1", None])
    report = deliver(tmp_path, {"loans.csv": content(table)}, PARQUET)
    assert entry(report, "loan")["rows_accepted"] == 1
    assert entry(report, "loan")["notes"] == [
        {"note": f"column {name} holds no plain values: not read", "note_zh": f"{name}列不是普通值，未读取"}
        for name in ("标签", "图")
    ]


def test_no_rows_are_a_delivery_of_nothing_where_that_is_allowed(tmp_path: Path) -> None:
    assert read(tmp_path, content(loans().slice(0, 0)), allow_empty=True).n_read == 0


def test_a_missing_key_is_a_fault_of_its_row(tmp_path: Path) -> None:
    report = deliver(tmp_path, {"loans.csv": content(loans(借据号=["000123", None]))}, PARQUET)
    assert reasons(report, "loan") == {"loan_id: missing": 1}


def test_a_file_that_is_no_parquet_is_told_apart_by_its_bytes(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="the mapping says parquet, the file is text"):
        deliver(tmp_path, {}, PARQUET)
    with pytest.raises(Fault, match="the mapping says csv, the file is a Parquet file"):
        deliver(tmp_path, {"loans.csv": content(loans())})
