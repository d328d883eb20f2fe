"""The quarantine rows of a table: every refused record with all its reasons and what it held."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from postloan.model.quarantine import QUARANTINE_SCHEMA
from postloan.sources.judging.batch import Batch
from postloan.sources.mapping import FileMapping
from postloan.sources.masks import Mask
from postloan.sources.reading.tape import Broken, Tape

_AT_ONCE = 50_000  # rows: as Python's texts they need far more room than as Arrow's
_TEXTS = pa.list_(pa.string())
_ESCAPED = r'["\\\x00-\x1f]'  # by JSON


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
    is_quarantined = batch.is_quarantined()
    parts = [QUARANTINE_SCHEMA.empty_table()]
    for sheet in sheets:
        origin = (load, batch.table.name, sheet.tape.name, sheet.tape.sha256)
        for index in _in_lots(is_quarantined & (batch.file == sheet.number)):
            parts.append(_well_formed(batch, index, sheet, origin))
        for start in range(0, len(sheet.tape.broken), _AT_ONCE):
            parts.append(_torn(sheet.tape.broken[start : start + _AT_ONCE], origin))
    return pa.concat_tables(parts)


def told_again(batch: Batch, sheet: Sheet) -> dict[str, pa.ChunkedArray]:
    """Return ``fields``, ``reasons`` and ``reasons_zh`` of all quarantined rows of a batch, which is one file's."""
    schema = pa.schema([QUARANTINE_SCHEMA.field(name) for name in ("fields", "reasons", "reasons_zh")])
    parts = [schema.empty_table()]
    for index in _in_lots(batch.is_quarantined()):
        columns = [_fields(batch, index, sheet), *_reasons(batch, index)]
        parts.append(pa.Table.from_arrays(columns, schema=schema))
    told = pa.concat_tables(parts)
    return dict(zip(told.column_names, told.columns, strict=True))


def _in_lots(mask: Mask) -> Iterator[NDArray[np.int64]]:
    index = np.flatnonzero(mask)
    for start in range(0, len(index), _AT_ONCE):
        yield index[start : start + _AT_ONCE]


def _well_formed(batch: Batch, index: NDArray[np.int64], sheet: Sheet, origin: tuple[str, ...]) -> pa.Table:
    positions = batch.position[index]
    columns = [
        pa.array(sheet.tape.rows[positions]),
        pa.array(sheet.tape.raws(positions), pa.string()),
        _fields(batch, index, sheet),
        *_reasons(batch, index),
    ]
    return _from(origin, columns)


def _torn(broken: Sequence[Broken], origin: tuple[str, ...]) -> pa.Table:
    columns = [
        pa.array([record.row for record in broken], pa.int64()),
        pa.array([record.raw for record in broken], pa.string()),
        pa.nulls(len(broken), pa.string()),
        pa.array([[record.reason.en] for record in broken], _TEXTS),
        pa.array([[record.reason.zh] for record in broken], _TEXTS),
    ]
    return _from(origin, columns)


def _from(origin: tuple[str, ...], columns: Sequence[pa.Array]) -> pa.Table:
    same = [pa.repeat(pa.scalar(text), len(columns[0])) for text in origin]
    return pa.Table.from_arrays([*same, *columns], schema=QUARANTINE_SCHEMA)


def _reasons(batch: Batch, index: NDArray[np.int64]) -> tuple[pa.Array, pa.Array]:
    """Return all reasons of each row, in English and in Chinese; few sets of reasons differ."""
    labels = list(batch.problems)
    held = np.column_stack([batch.problems[label][index] for label in labels])
    sets, which = np.unique(np.packbits(held, axis=1), axis=0, return_inverse=True)
    told = [
        [label for label, holds in zip(labels, one, strict=True) if holds]
        for one in np.unpackbits(sets, axis=1, count=len(labels))
    ]
    en = pa.array([[label.en for label in one] for one in told], _TEXTS)
    zh = pa.array([[label.zh for label in one] for one in told], _TEXTS)
    place = pa.array(which.reshape(-1))
    return en.take(place), zh.take(place)


def _fields(batch: Batch, index: NDArray[np.int64], sheet: Sheet) -> pa.Array:
    """Return what the records held, and the numbers that were made for them (they have no source column)."""
    columns = sheet.spec.tables[batch.table.name].columns
    used = {source: name for name, origin in columns.items() for source in (*origin.column, *origin.coalesce)}
    source, positions = sheet.tape.columns, batch.position[index]
    heads = [(name, used.get(name), str(source.schema.field(name).type)) for name in source.column_names]
    values = [source.column(name).take(positions) for name in source.column_names]
    for name, origin in columns.items():
        if origin.sequence is not None:
            heads.append(("", name, ""))
            values.append(batch.rows.column(name).take(index))
    parts: list[Any] = []
    for (name, column, of), value in zip(heads, values, strict=True):
        parts += [
            f"{', ' if parts else '['}[{_json(name)}, ",
            _written(value),
            f", {_json(column)}, {_json(of)}]",
        ]
    return pc.binary_join_element_wise(*parts, "]", "")


def _written(values: pa.ChunkedArray) -> pa.Array:
    """Return the values' texts as JSON. Few need more than quotes, so that these alone are written one by one."""
    texts = values.cast(pa.string()).combine_chunks()
    is_hard = pc.fill_null(pc.match_substring_regex(texts, _ESCAPED), False)
    hard = pa.array([_json(text) for text in texts.filter(is_hard).to_pylist()], pa.string())
    quoted = pc.binary_join_element_wise('"', texts, '"', "")
    return pc.fill_null(pc.replace_with_mask(quoted, is_hard, hard), "null")


def _json(text: str | None) -> str:
    return json.dumps(text, ensure_ascii=False)
