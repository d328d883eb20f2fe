"""The quarantine rows of a table: every refused record with all its reasons and what it held."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from postloan.model.label import Label
from postloan.model.quarantine import QUARANTINE_SCHEMA
from postloan.sources.judging.batch import Batch
from postloan.sources.mapping import FileMapping
from postloan.sources.reading.tape import Tape


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file of a delivery as it was read.

    Args:
        number: Its position in the delivery.
        tape: Its records.
        spec: How they are mapped.
        trailer: Fields of the record that ended the file; None where the mapping declares none.
        is_known: Whether the same bytes were read in the same way before, in this delivery or an earlier.
    """

    number: int
    tape: Tape
    spec: FileMapping
    trailer: tuple[str, ...] | None = None
    is_known: bool = False


def refused_rows(batch: Batch, sheets: Sequence[Sheet], load: str) -> pa.Table:
    """Return the rows for the quarantine, in ``QUARANTINE_SCHEMA``: file by file, well-formed ones first.

    Args:
        batch: The judged rows of a table.
        sheets: The files that feed it.
        load: Identity of the load.
    """
    reasons = _reasons(batch)
    rows: list[dict[str, Any]] = []
    for sheet in sheets:
        origin = {
            "load": load,
            "table": batch.table.name,
            "file": sheet.tape.name,
            "sha256": sheet.tape.sha256,
        }
        index = [i for i in reasons if batch.file[i] == sheet.number]
        positions = batch.position[index] if index else np.zeros(0, dtype=np.int64)
        fields = _fields(batch, np.array(index, dtype=np.int64), sheet, positions)
        for i, position, held in zip(index, positions.tolist(), fields, strict=True):
            record = {"row": int(sheet.tape.rows[position]), "raw": sheet.tape.raw(position), "fields": held}
            rows.append({**origin, **record, **_told(reasons[i])})
        rows += [{**origin, "row": b.row, "raw": b.raw, **_told([b.reason])} for b in sheet.tape.broken]
    return pa.Table.from_pylist(rows, schema=QUARANTINE_SCHEMA)


def _reasons(batch: Batch) -> dict[int, list[Label]]:
    found: dict[int, list[Label]] = {int(i): [] for i in np.flatnonzero(batch.is_quarantined())}
    for label, mask in batch.problems.items():
        for hit in np.flatnonzero(mask).tolist():
            if hit in found:
                found[hit].append(label)
    return found


def _told(labels: Sequence[Label]) -> dict[str, list[str]]:
    return {"reasons": [label.en for label in labels], "reasons_zh": [label.zh for label in labels]}


def _fields(batch: Batch, index: NDArray[np.int64], sheet: Sheet, positions: NDArray[np.int64]) -> list[str]:
    """Return what the records held, and the numbers that were made for them (they have no source column)."""
    columns = sheet.spec.tables[batch.table.name].columns
    used = {source: name for name, origin in columns.items() for source in (*origin.column, *origin.coalesce)}
    source = sheet.tape.columns
    heads = [[name, used.get(name), str(source.schema.field(name).type)] for name in source.column_names]
    values = [source.column(name).take(positions) for name in source.column_names]
    for name, origin in columns.items():
        if origin.sequence is not None:
            heads.append(["", name, ""])
            values.append(batch.rows.column(name).take(index))
    texts = [value.cast(pa.string()).to_pylist() for value in values]
    return [
        json.dumps(
            [[name, text, column, of] for (name, column, of), text in zip(heads, record, strict=True)],
            ensure_ascii=False,
        )
        for record in zip(*texts, strict=True)
    ]
