"""Whatever a file does to its reader, the load goes on and says which file it was and why."""

from __future__ import annotations

import gzip
import hashlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from lender_delivery import LOANS, deliver, entry

from postloan.book.store import Book
from postloan.model.contract import Kind
from postloan.model.fault import CRASHED, REFUSED, Fault
from postloan.model.label import Label
from postloan.sources.reading.handover import Job, open_tape, write_tape
from postloan.sources.reading.records import MOST_FIELD_BYTES
from postloan.sources.reading.tape import Broken, Effect, Flaw, Tape, Text
from postloan.sources.sandbox.limits import MEMORY, MOST_MEMORY, Limits, limits_for
from postloan.sources.sandbox.readers import Sandbox

HOSTILE = (sys.executable, "-P", str(Path(__file__).with_name("hostile_reader.py")))
TIGHT = Limits(memory=1 << 29, seconds=60, written=1 << 20)
SHORT = Limits(memory=1 << 29, seconds=1, written=1 << 20)
SPEC = {"path": "*.csv", "tables": {"loan": {"columns": {"loan_id": "id"}}}}


@pytest.fixture(scope="module")
def hostile() -> Iterator[Sandbox]:
    sandbox = Sandbox(HOSTILE)
    yield sandbox
    sandbox.close()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox()
    yield sandbox
    sandbox.close()


def job(path: Path, content: bytes) -> Job:
    path.write_bytes(content)
    return Job(path.name, str(path), hashlib.sha256(content).hexdigest(), len(content), SPEC)


def fault(outcome: Tape | Fault) -> Fault:
    assert isinstance(outcome, Fault)
    return outcome


def tape(outcome: Tape | Fault) -> Tape:
    assert isinstance(outcome, Tape)
    return outcome


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("eats_memory", "eats_memory: needs more than 512 MB to read"),
        ("crashes", "crashes: the reader crashed (signal 11)"),
        ("is_killed", "is_killed: the reader crashed (signal 9)"),
        ("leaves", "leaves: the reader crashed (exit status 9)"),
        ("talks", "talks: the reader crashed (exit status 9)"),
    ],
)
def test_a_reader_that_dies_is_a_refused_file(hostile: Sandbox, name: str, what: str) -> None:
    found = fault(hostile.read([Job(name, "", "", 0, {})], TIGHT)[0])
    assert found.what == what
    assert found.exit_code == REFUSED


@pytest.mark.parametrize("name", ["loops", "waits"])
def test_a_reader_that_does_not_end_is_stopped(hostile: Sandbox, name: str) -> None:
    found = fault(hostile.read([Job(name, "", "", 0, {})], SHORT)[0])
    assert found.what == f"{name}: took longer than 1 s to read"
    assert found.exit_code == REFUSED


def test_a_reader_cannot_fill_the_disk(hostile: Sandbox) -> None:
    found = fault(hostile.read([Job("fills_the_disk", "", "", 0, {})], TIGHT)[0])
    assert found.what.startswith("fills_the_disk: the reader crashed")


def test_the_files_beside_a_deadly_one_are_read(hostile: Sandbox) -> None:
    names = ["crashes", "leaves", "loops", "is_killed"]
    found = hostile.read([Job(name, "", "", 0, {}) for name in names], SHORT)
    assert [fault(one).what.split(":")[0] for one in found] == names


def test_a_server_that_dies_is_a_fault_and_the_next_one_works(tmp_path: Path) -> None:
    flag = tmp_path / "started"
    script = tmp_path / "server.py"
    script.write_text(
        "import pathlib, runpy, sys\n"
        f"flag = pathlib.Path({str(flag)!r})\n"
        "if not flag.exists():\n"
        "    flag.touch()\n"
        "    sys.exit('no room for a server')\n"
        f"runpy.run_path({HOSTILE[-1]!r}, run_name='__main__')\n"
    )
    sandbox = Sandbox((sys.executable, "-P", str(script)))
    with pytest.raises(Fault, match="the process that reads files ended: no room for a server") as caught:
        sandbox.read([Job("leaves", "", "", 0, {})], TIGHT)
    assert caught.value.exit_code == CRASHED
    assert "exit status 9" in fault(sandbox.read([Job("leaves", "", "", 0, {})], TIGHT)[0]).what
    sandbox.close()


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    sandbox = Sandbox()
    read = sandbox.read([job(tmp_path / "a.csv", b"id\n1\n"), job(tmp_path / "b.csv", b"id,id\n")])
    assert list(temporary.iterdir()) == []
    assert tape(read[0]).raw(0) == "1"
    sandbox.close()


def test_a_file_that_changes_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    given = job(tmp_path / "a.csv", b"id\n1\n")
    (tmp_path / "a.csv").write_bytes(b"id\n2\n")
    assert fault(sandbox.read([given])[0]).what == "a.csv: the file changed while it was read"


def test_a_file_that_goes_away_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    given = job(tmp_path / "a.csv", b"id\n1\n")
    (tmp_path / "a.csv").unlink()
    assert fault(sandbox.read([given])[0]).what == "a.csv: No such file or directory while reading"


def test_tapes_come_in_the_order_of_the_files(sandbox: Sandbox, tmp_path: Path) -> None:
    jobs = [job(tmp_path / f"{n}.csv", b"id\n" + b"x\n" * (1 + 50_000 * (n == 0))) for n in range(5)]
    assert [len(tape(one).rows) for one in sandbox.read(jobs)] == [50_001, 1, 1, 1, 1]


def test_a_gzip_bomb_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(1 << 20), 1, mtime=0) * 1024  # a gigabyte of zeros
    assert "unpacked it is more than 100 times" in fault(sandbox.read([job(tmp_path / "a.gz", bomb)])[0]).what


def test_a_file_that_needs_more_memory_than_allowed_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    given = job(tmp_path / "blank.csv", b"id\n" * 20_000_000)
    found = fault(sandbox.read([given], Limits(memory=512 << 20, seconds=60))[0])
    assert found.what == "blank.csv: needs more than 512 MB to read"


def test_a_giant_field_is_one_quarantined_row(tmp_path: Path) -> None:
    giant = "x" * (MOST_FIELD_BYTES + 1)
    report = deliver(tmp_path, {"loans.csv": LOANS + f"77,{giant},1.00,2025-01-01\n"})
    assert entry(report, "loan")["rows_accepted"] == 2
    kept = Book.open(tmp_path / "book").read("quarantine").to_pylist()
    assert [(row["row"], row["reasons"]) for row in kept] == [(4, ["a field is longer than 3,000,000 bytes"])]
    assert len(kept[0]["raw"]) == 1001


def test_a_deadly_file_leaves_the_book_as_it_was(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="the gzip file is damaged") as caught:
        deliver(tmp_path, {"loans.csv": gzip.compress(LOANS.encode(), mtime=0)[:-9]})
    assert caught.value.exit_code == REFUSED
    assert not (tmp_path / "book" / "CURRENT").exists()


def test_the_server_gets_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LENDER_DATABASE", "postgresql://reader:secret@host/db")
    script = tmp_path / "server.py"
    script.write_text("import os, sys\nsys.exit(','.join(sorted(os.environ)) + ' in ' + os.getcwd())\n")
    with pytest.raises(Fault, match=r" in /$") as caught:
        Sandbox((sys.executable, "-P", str(script))).read([Job("a", "", "", 0, {})])
    assert "LENDER_DATABASE" not in caught.value.what


def test_limits_grow_with_the_file_up_to_an_end() -> None:
    assert limits_for(0).memory == MEMORY
    assert limits_for(100 << 20).memory == MEMORY + (400 << 20)
    assert limits_for(1 << 40).memory == MOST_MEMORY
    assert limits_for(100 << 20).seconds == limits_for(0).seconds + 200


def test_a_tape_is_the_same_on_the_other_side(tmp_path: Path) -> None:
    given = Tape(
        name="a.csv",
        sha256="f" * 64,
        encoding="gb18030",
        columns=pa.table({"借据号": ["1", "2"], "金额": pa.array([1, None], pa.decimal128(18, 2))}),
        rows=np.array([2, 5]),
        broken=(Broken(3, "a,b\x00", Label("坏", "bad")),),
        n_blank=4,
        unclean=np.array([True, False]),
        text=Text(b"1\n2\r\n", np.array([0, 2]), np.array([1, 4])),
        flaws=(
            Flaw("金额", Label("错", "wrong"), np.array([1]), (Kind.MONEY,), Effect.REFUSE),
            Flaw("借据号", Label("疑", "doubt"), np.array([], dtype=np.int64)),
        ),
        notes=(Label("注", "note"),),
        cells={"B2": "2026-10-31"},
        apart={"above_header": 2},
    )
    write_tape(given, tmp_path)
    got = open_tape(tmp_path)
    plain = (
        "name",
        "sha256",
        "encoding",
        "columns",
        "broken",
        "n_blank",
        "notes",
        "cells",
        "apart",
        "n_read",
    )
    assert [getattr(got, name) for name in plain] == [getattr(given, name) for name in plain]
    assert (got.rows.tolist(), got.unclean.tolist()) == ([2, 5], [True, False])
    assert [got.raw(0), got.raw(1)] == ["1", "2"]
    assert [(f.column, f.reason.en, f.positions.tolist(), f.kinds, f.effect) for f in got.flaws] == [
        ("金额", "wrong", [1], (Kind.MONEY,), Effect.REFUSE),
        ("借据号", "doubt", [], tuple(Kind), Effect.QUARANTINE),
    ]
