"""Hand a tape from the process that read it to the one that judges it: Arrow files in a folder."""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from postloan.model.contract import Kind
from postloan.model.fault import Fault
from postloan.model.label import Label
from postloan.sources.reading.tape import Broken, Effect, Flaw, Tape, Text

_COLUMNS, _RECORDS, _BROKEN, _FLAWS = "columns.arrow", "records.arrow", "broken.arrow", "flaws.arrow"
_TAPE, _FAULT = "tape.json", "fault.json"
TEXT = "text"  # a reader that writes the decoded text under this name has handed it over already
# Below this a copy in memory costs less than an open file; a delivery can have many files.
_MAPPED_FROM = 1 << 22


@dataclass(frozen=True, slots=True)
class Job:
    """A file to read in another process.

    Args:
        name: Path within the delivery.
        path: Where it lies.
        sha256: Of its bytes as they were when the delivery was listed.
        size: In bytes.
        spec: How the mapping reads it.
        folder: Private and empty: what is read goes here.
    """

    name: str
    path: str
    sha256: str
    size: int
    spec: dict[str, Any]
    folder: str = ""


def spooled(batches: Iterable[pa.RecordBatch], schema: pa.Schema, folder: Path) -> pa.Table:
    """Write columns to ``folder`` batch by batch and return them mapped: they never lie in memory whole.

    A reader that returns its tape with this table has handed over its columns already.
    """
    with (
        pa.OSFile(str(folder / _COLUMNS), "wb") as sink,
        pa.ipc.new_file(sink, schema) as writer,
    ):
        for batch in batches:
            writer.write_batch(batch)
    return _opened(folder / _COLUMNS)


def write_tape(tape: Tape, folder: Path) -> None:
    """Write a tape to ``folder``; raises OSError where the disk is full or the tape over its limit."""
    if not (folder / _COLUMNS).exists():
        spooled(tape.columns.to_batches(), tape.columns.schema, folder)
    records = {"row": pa.array(tape.rows), "unclean": pa.array(tape.unclean.astype(np.uint8))}
    if tape.text is not None:
        records |= {"start": pa.array(tape.text.start), "end": pa.array(tape.text.end)}
        if not (folder / TEXT).exists():
            (folder / TEXT).write_bytes(tape.text.content)
    _write(pa.table(records), folder / _RECORDS)
    _write(_broken_table(tape.broken), folder / _BROKEN)
    flawed = [(number, position) for number, f in enumerate(tape.flaws) for position in f.positions.tolist()]
    numbers = {"flaw": [number for number, _ in flawed], "position": [position for _, position in flawed]}
    _write(pa.table({k: pa.array(v, pa.int64()) for k, v in numbers.items()}), folder / _FLAWS)
    document = {
        "name": tape.name,
        "sha256": tape.sha256,
        "encoding": tape.encoding,
        "n_blank": tape.n_blank,
        "apart": dict(tape.apart),
        "flaws": [[f.column, f.reason.zh, f.reason.en, f.kinds, f.effect] for f in tape.flaws],
        "notes": [[note.zh, note.en] for note in tape.notes],
        "cells": dict(tape.cells),
    }
    (folder / _TAPE).write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def write_fault(fault: Fault, folder: Path) -> None:
    """Write a refusal to ``folder`` in the place of a tape."""
    said = [[label.zh, label.en] for label in (fault.label, fault.remedy)]
    text = json.dumps([*said, fault.exit_code], ensure_ascii=False)
    (folder / _FAULT).write_text(text, encoding="utf-8")


def outcome(folder: Path) -> Tape | Fault:
    """Return what a reader left in ``folder``: a tape, or the refusal of the file."""
    if (folder / _FAULT).exists():
        what, mend, code = json.loads((folder / _FAULT).read_text(encoding="utf-8"))
        return Fault(Label(*what), Label(*mend), code)
    return open_tape(folder)


def open_tape(folder: Path) -> Tape:
    """Return the tape in ``folder``; large parts are mapped, and stay valid after the folder is removed."""
    document = json.loads((folder / _TAPE).read_text(encoding="utf-8"))
    records = _opened(folder / _RECORDS)
    flaws = _opened(folder / _FLAWS)
    return Tape(
        name=document["name"],
        sha256=document["sha256"],
        encoding=document["encoding"],
        columns=_opened(folder / _COLUMNS),
        rows=_numbers(records, "row"),
        broken=tuple(
            Broken(b["row"], b["raw"], Label(b["zh"], b["en"])) for b in _opened(folder / _BROKEN).to_pylist()
        ),
        n_blank=document["n_blank"],
        apart=document["apart"],
        unclean=_numbers(records, "unclean").view(np.bool_),
        text=_text(folder / TEXT, records),
        flaws=tuple(
            Flaw(
                column,
                Label(zh, en),
                _numbers(flaws, "position")[_numbers(flaws, "flaw") == number],
                tuple(Kind(kind) for kind in kinds),
                Effect(effect),
            )
            for number, (column, zh, en, kinds, effect) in enumerate(document["flaws"])
        ),
        notes=tuple(Label(zh, en) for zh, en in document["notes"]),
        cells=document["cells"],
    )


def _broken_table(broken: tuple[Broken, ...]) -> pa.Table:
    return pa.table(
        {
            "row": pa.array([b.row for b in broken], pa.int64()),
            "raw": pa.array([b.raw for b in broken], pa.large_string()),
            "zh": pa.array([b.reason.zh for b in broken], pa.string()),
            "en": pa.array([b.reason.en for b in broken], pa.string()),
        }
    )


def _write(table: pa.Table, path: Path) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def _opened(path: Path) -> pa.Table:
    if path.stat().st_size < _MAPPED_FROM:
        return pa.ipc.open_file(pa.py_buffer(path.read_bytes())).read_all()
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


def _numbers(table: pa.Table, column: str) -> NDArray[np.int64]:
    values: NDArray[np.int64] = table.column(column).to_numpy()
    return values


def _text(path: Path, records: pa.Table) -> Text | None:
    if "start" not in records.column_names:
        return None
    return Text(mapped(path), _numbers(records, "start"), _numbers(records, "end"))


def mapped(path: Path) -> bytes | mmap.mmap:
    """Return a file's bytes: a small file's in memory, a large one's mapped."""
    if path.stat().st_size < _MAPPED_FROM:
        return path.read_bytes()
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
