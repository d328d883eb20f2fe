"""The quarantine rows of a table: every refused record with all its reasons and what it held."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from postloan.model.label import Label
from postloan.model.quarantine import QUARANTINE_SCHEMA
from postloan.sources.batch import Batch
from postloan.sources.mapping import FileMapping
from postloan.sources.tape import Tape


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
    """Return the rows for the quarantine, in ``QUARANTINE_SCHEMA``: well-formed ones, then broken records.

    Args:
        batch: The judged rows of a table.
        sheets: The files that feed it.
        load: Identity of the load.
    """
    table, by_number = batch.table.name, {sheet.number: sheet for sheet in sheets}
    rows: list[dict[str, Any]] = []
    for index, labels in _reasons(batch).items():
        sheet, position = by_number[int(batch.file[index])], int(batch.position[index])
        record = {"row": int(sheet.tape.rows[position]), "raw": sheet.tape.raw(position)}
        fields = _fields(batch, index, sheet, position)
        rows.append({**_origin(sheet, table, load), **record, **_told(labels), "fields": fields})
    for sheet in sheets:
        rows += [
            {**_origin(sheet, table, load), "row": b.row, "raw": b.raw, **_told([b.reason])}
            for b in sheet.tape.broken
        ]
    return pa.Table.from_pylist(rows, schema=QUARANTINE_SCHEMA)


def _reasons(batch: Batch) -> dict[int, list[Label]]:
    found: dict[int, list[Label]] = {int(i): [] for i in np.flatnonzero(batch.is_quarantined())}
    for label, mask in batch.problems.items():
        for hit in np.flatnonzero(mask):
            if int(hit) in found:
                found[int(hit)].append(label)
    return found


def _origin(sheet: Sheet, table: str, load: str) -> dict[str, str]:
    return {"load": load, "table": table, "file": sheet.tape.name, "sha256": sheet.tape.sha256}


def _told(labels: Sequence[Label]) -> dict[str, list[str]]:
    return {"reasons": [label.en for label in labels], "reasons_zh": [label.zh for label in labels]}


def _fields(batch: Batch, index: int, sheet: Sheet, position: int) -> str:
    """Return what the record held, and the numbers that were made for it (they have no source column)."""
    columns = sheet.spec.tables[batch.table.name].columns
    used = {source: name for name, origin in columns.items() for source in (*origin.column, *origin.coalesce)}
    source = sheet.tape.columns
    fields = [
        [name, _text(source.column(name)[position]), used.get(name), str(source.schema.field(name).type)]
        for name in source.column_names
    ]
    made = [name for name, origin in columns.items() if origin.sequence is not None]
    fields += [["", _text(batch.rows.column(name)[index]), name, ""] for name in made]
    return json.dumps(fields, ensure_ascii=False)


def _text(value: pa.Scalar) -> str | None:
    return None if not value.is_valid else str(value.cast(pa.string()).as_py())
