"""Quarantined rows of earlier loads, judged again beside every delivery: released, superseded or still held.

A row is read again as the mapping reads its file now. It is superseded, and leaves the quarantine without
entering the book, where something newer speaks for it: the same bytes were judged anew in this delivery,
the whole table was delivered, or its key was accepted since. A record whose fields can't be told apart
stays until its file's bytes are judged anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from postloan.model.contract import Delivery, Table
from postloan.model.fault import Fault
from postloan.model.label import Label
from postloan.model.mask import scrubbed
from postloan.model.tables import DELIVERED
from postloan.sources.judging.batch import OLDER, Batch
from postloan.sources.judging.columns import table_batch
from postloan.sources.judging.desk import Desk, Retried
from postloan.sources.judging.keys import known_keys
from postloan.sources.judging.numbers import exact_sum
from postloan.sources.judging.refused import Sheet, told_again
from postloan.sources.judging.rows import Judged, judged
from postloan.sources.masks import Mask, truth
from postloan.sources.reading.tape import Tape

_AT_ONCE = 50_000  # rows: as Python's lists they need far more room than as Arrow's texts

_UNSURE = Label(
    "账簿已有该主键，无法判断孰新孰旧", "the book has this key, and nobody can say which is newer"
)
_ORIGIN = ["load", "file", "sha256"]


@dataclass(frozen=True, slots=True)
class _Fields:
    """What the rows of one file held, column by column.

    Args:
        heads: Source column ("" for numbers that were made for the rows), contract column or None, Arrow type
            of the source.
        texts: As many columns.
    """

    heads: tuple[tuple[str, str | None, str], ...]
    texts: tuple[pa.ChunkedArray, ...]


def retry(desk: Desk, name: str) -> None:
    """Judge the quarantined rows of a table again and note on the desk what became of them.

    Call it when the delivery's own rows of the table are judged. Of an upsert table the newest load goes
    first, because a later row with the same key counts; of other tables the oldest.
    """
    held = _those(desk.held.quarantine, truth(pc.equal(desk.held.quarantine["table"], name)))
    order = {load: n for n, load in enumerate(desk.held.loads())}
    newest_first = DELIVERED[name].delivery is Delivery.UPSERT
    origins = held.group_by(_ORIGIN).aggregate([]).to_pylist()
    for origin in sorted(origins, key=lambda o: (order[o["load"]], o["file"]), reverse=newest_first):
        mask = np.ones(held.num_rows, dtype=np.bool_)
        for column in _ORIGIN:
            mask &= truth(pc.equal(held[column], origin[column]))
        _retry_file(desk, DELIVERED[name], _those(held, mask), origin)


def _retry_file(desk: Desk, table: Table, held: pa.Table, origin: dict[str, Any]) -> None:
    retried = Retried(table.name, origin["load"], origin["file"], held.num_rows)
    if (origin["sha256"], table.name, sheet_name(origin["file"])) in desk.anew or table.name in desk.whole:
        desk.retries.append(replace(retried, superseded=held.num_rows))
        return
    readable = truth(held["fields"].is_valid())
    rows = _those(held, readable)
    found = next(_readings(desk, table, rows, origin), None) if rows.num_rows else None
    if found is None:
        desk.still.append(held)
        desk.retries.append(retried)
        return
    sheet, read = found
    batch = _beside_newer(desk, read.batch, rows)
    is_released = batch.is_accepted()
    desk.add(batch, is_released, read.stated)
    desk.still.extend([held.filter(pa.array(~readable)), _still(batch, sheet, rows)])
    desk.retries.append(
        replace(
            retried,
            released=int(is_released.sum()),
            superseded=int(batch.is_ignored().sum()),
            money_released=_money(batch, is_released),
            money_superseded=_money(batch, batch.is_ignored()),
        )
    )


def _readings(
    desk: Desk, table: Table, rows: pa.Table, origin: dict[str, Any]
) -> Iterator[tuple[Sheet, Judged]]:
    """Yield the rows as each spec of the mapping reads them that fits their file."""
    fields = _fields(rows["fields"])
    for spec in desk.mapping.files:
        if table.name in spec.tables and _names(spec.path, origin["file"]):
            sheet = Sheet(0, _tape(rows, fields, origin), spec)
            try:
                batch = _with_numbers(table_batch(sheet.tape, table.name, desk.mapping, spec, 0), fields)
                yield sheet, judged(desk, batch, [sheet])
            except Fault:
                continue  # another spec may fit; if none does, the rows stay


def sheet_name(file: str) -> str:
    """Return the sheet of a workbook that a tape's name ends in (``a.xlsx[Sheet1]``); "" for other files."""
    return file.rpartition("[")[2].removesuffix("]") if file.endswith("]") else ""


def _names(pattern: str, file: str) -> bool:
    """Say whether a path of the mapping names a file; of a workbook's sheet (``a.xlsx[Sheet1]``) the workbook."""
    file = file.rpartition("[")[0] if file.endswith("]") else file
    # Of a file's name the ledger has masked what points at a person; its stars match themselves.
    wanted, given = PurePosixPath(scrubbed(pattern)).parts, PurePosixPath(file).parts
    return len(wanted) == len(given) and all(map(fnmatchcase, given, wanted))


def _fields(written: pa.ChunkedArray) -> _Fields:
    """Return the records of one file, written as JSON, as columns; all of them have the columns of the first."""
    heads = tuple((name, column, of) for name, _, column, of in json.loads(written[0].as_py()))
    chunks = []
    for start in range(0, len(written), _AT_ONCE):
        records = [json.loads(text) for text in written.slice(start, _AT_ONCE).to_pylist()]
        chunks.append(
            [pa.array([record[n][1] for record in records], pa.string()) for n in range(len(heads))]
        )
    return _Fields(heads, tuple(pa.chunked_array(column) for column in zip(*chunks, strict=True)))


def _tape(rows: pa.Table, fields: _Fields, origin: dict[str, Any]) -> Tape:
    """Return the rows as the file held them, without what was around them."""
    columns = {
        name: texts.cast(_type(of))
        for (name, _, of), texts in zip(fields.heads, fields.texts, strict=True)
        if name
    }
    return Tape(
        name=origin["file"],
        sha256=origin["sha256"],
        encoding="",
        columns=pa.table(columns),
        rows=rows["row"].to_numpy(),
        broken=(),
        n_blank=0,
        # A control character in any row: the columns are looked through for the rest.
        unclean=np.ones(rows.num_rows, dtype=np.bool_),
    )


def _type(name: str) -> pa.DataType:
    """Return the source's type; a decimal stays text, which says the same."""
    try:
        return pa.type_for_alias(name)
    except ValueError:
        return pa.string()


def _with_numbers(batch: Batch, fields: _Fields) -> Batch:
    """Return the batch with the numbers that were made for its rows when they came."""
    rows = batch.rows
    for (source, column, _), texts in zip(fields.heads, fields.texts, strict=True):
        if not source:
            index, of = rows.column_names.index(column), rows.schema.field(column)
            rows = rows.set_column(index, of, texts.cast(of.type))
    return replace(batch, rows=rows)


def _beside_newer(desk: Desk, batch: Batch, rows: pa.Table) -> Batch:
    """Return the batch with the rows ignored that something newer replaced.

    A row of which not even the key could be read when it came, or whose key is a number that was made for
    it, may be older or newer than what the book holds by now.
    """
    name = batch.table.name
    if batch.table.delivery is Delivery.APPEND:
        return batch  # facts with a known key were told apart already
    if name in desk.accepted:
        batch = batch.without(OLDER, known_keys(batch, desk.accepted[name]))
    had_no_key = _gives(rows["reasons"], (*(f"{key}:" for key in batch.table.grain), _UNSURE.en))
    held = desk.held.rows(name, batch.table.grain, batch.rows.select(batch.table.grain))
    return batch.against(_UNSURE, known_keys(batch, held) & (had_no_key | batch.unkeyed))


def _gives(reasons: pa.ChunkedArray, starts: tuple[str, ...]) -> Mask:
    """Return the rows of which some reason starts with one of these texts."""
    given = reasons.combine_chunks()
    texts, row = pc.list_flatten(given), pc.list_parent_indices(given).to_numpy()
    found: Mask = np.zeros(len(given), dtype=np.bool_)
    for start in starts:
        found[row[truth(pc.starts_with(texts, start))]] = True
    return found


def _still(batch: Batch, sheet: Sheet, rows: pa.Table) -> pa.Table:
    """Return the rows that stay, as they came, with the reasons they have now."""
    is_held = batch.is_quarantined()
    kept = _those(rows, is_held)
    for name, values in told_again(batch, sheet).items():
        kept = kept.set_column(kept.column_names.index(name), kept.schema.field(name), values)
    return kept


def _those(rows: pa.Table, mask: Mask) -> pa.Table:
    """Return the rows of a mask; all of them as they are, for a million refused rows need much room."""
    return rows if mask.all() else rows.filter(pa.array(mask))


def _money(batch: Batch, mask: Mask) -> int:
    return sum(exact_sum(batch.rows.column(name).filter(mask)) for name in batch.table.money_columns())
