"""Keys: numbers made for rows that have none, rows that repeat, rows the book already has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from postloan.model.label import Label
from postloan.sources.judging.batch import DUPLICATE, KNOWN, OLDER, Batch
from postloan.sources.mapping import Sequence as Numbering
from postloan.sources.masks import Mask, truth

CONFLICT = Label("主键重复但内容不同", "same key, different content")
CHANGED = Label("与账簿中同主键记录不符", "same key, but the book has different content")
PART = Label(
    "账簿中该序列的行更多：须一次报送全部", "the book has more rows of this series: deliver all of them"
)
_ROW = "__row"


def numbered(batch: Batch, column: str, numbering: Numbering) -> Batch:
    """Return the batch with ``column`` counting 1, 2, … within ``over`` in the order of ``by``.

    Rows that tie keep the order of the files; ignored rows get no number; a row that will be
    quarantined keeps its number, so that the others don't move when it is mended.
    """
    live = np.flatnonzero(~batch.is_ignored())
    chosen = batch.rows.select([numbering.over, *numbering.by]).take(live)
    chosen = chosen.append_column(_ROW, pa.array(np.arange(len(live))))
    order = _order(chosen, chosen.column_names)
    group = chosen.select([numbering.over]).take(order)
    is_first = ~_same_as_previous(group, [numbering.over])
    starts = np.maximum.accumulate(np.where(is_first, np.arange(len(live)), 0)) if len(live) else live
    numbers = np.zeros(batch.rows.num_rows, dtype=np.int32)
    numbers[live[order]] = np.arange(len(live)) - starts + 1
    values = pa.array(numbers, mask=numbers == 0)
    index = batch.rows.column_names.index(column)
    return replace(batch, rows=batch.rows.set_column(index, batch.rows.schema.field(column), values))


def without_part_of_series(batch: Batch, column: str, book: pa.Table) -> Batch:
    """Return the batch without numbered rows of a series of which the book holds more rows.

    A part of a series would be numbered from 1 again and take the place of other rows.
    """
    keys = [key for key in batch.table.grain if key != column]
    mine = batch.rows.group_by(keys).aggregate([(column, "max")])
    theirs = book.group_by(keys).aggregate([(column, "max")]).rename_columns([*keys, "held"])
    both = mine.join(theirs, keys=keys, join_type="inner")
    short = both.filter(pc.less(both[f"{column}_max"], both["held"])).select(keys)
    rows = batch.rows.select(keys).append_column(_ROW, pa.array(np.arange(batch.rows.num_rows)))
    hit = rows.join(short, keys=keys, join_type="left semi").column(_ROW).to_numpy()
    return batch.against(PART, _at(batch, hit))


def settled(batch: Batch) -> Batch:
    """Return the batch with at most one row to accept per key.

    Of rows that are the same in every column, the first is kept and the others are ignored. Rows with
    one key and different content are all quarantined: nobody can say which is right. Rows numbered
    by a sequence have no key of their own, so an equal row is a row of its own.
    """
    if batch.unkeyed:
        return batch
    keys = list(batch.table.grain)
    rows, index = _repeated(batch, keys)
    if len(index) == 0:
        return batch
    same_key = _same_as_previous(rows, keys)
    problem = batch.has_problem()[index]
    same = _same_as_previous(rows, rows.column_names) & (problem == np.roll(problem, 1))
    group = np.cumsum(~same_key) - 1
    in_conflict = np.bincount(group, weights=same_key & ~same) > 0
    conflict = in_conflict[group]
    batch = batch.against(CONFLICT, _at(batch, index[conflict]))
    return batch.without(DUPLICATE, _at(batch, index[same_key & ~conflict & ~problem]))


def without_older(batch: Batch, latest: Sequence[str]) -> Batch:
    """Return the batch with one row per key where the mapping says which one counts: the greatest by ``latest``.

    A blank is less than any value; of rows that tie the last delivered counts, and a row that is
    quarantined never hides one that is not.
    """
    keys = list(batch.table.grain)
    index = np.flatnonzero(batch.is_accepted())
    names = [*keys, *latest]
    chosen = batch.rows.select(dict.fromkeys(names)).take(index).append_column(_ROW, pa.array(index))
    order = pc.sort_indices(chosen, sort_keys=[(name, "ascending", "at_start") for name in (*names, _ROW)])
    chosen = chosen.take(order)
    is_last = np.append(~_same_as_previous(chosen, keys)[1:], True)[: len(index)]
    return batch.without(OLDER, _at(batch, chosen.column(_ROW).to_numpy()[~is_last]))


def without_known(batch: Batch, book: pa.Table) -> Batch:
    """Return the batch of an append table without the facts ``book`` already has.

    The same key with the same content counts once (``known_on`` aside: a fact is known when it was
    first delivered); with other content it is quarantined, because a fact doesn't change.
    """
    keys = list(batch.table.grain)
    accepted = np.flatnonzero(batch.is_accepted())
    mine = batch.rows.take(accepted).append_column(_ROW, pa.array(accepted))
    mine = _sorted(mine.join(book.select(keys), keys=keys, join_type="left semi"), keys)
    if mine.num_rows == 0:
        return batch
    theirs = _sorted(book.join(mine.select(keys), keys=keys, join_type="left semi"), keys)
    contents = [name for name in batch.table.names() if name not in (*keys, "known_on")]
    same = np.ones(mine.num_rows, dtype=np.bool_)
    for name in contents:
        same &= _equal(mine.column(name), theirs.column(name))
    index = mine.column(_ROW).to_numpy()
    return batch.without(KNOWN, _at(batch, index[same])).against(CHANGED, _at(batch, index[~same]))


def known_keys(batch: Batch, rows: pa.Table) -> Mask:
    """Return the rows of the batch whose key is in ``rows``."""
    keys = list(batch.table.grain)
    mine = batch.rows.select(keys).append_column(_ROW, pa.array(np.arange(batch.rows.num_rows)))
    found = mine.join(rows.select(keys), keys=keys, join_type="left semi")
    return _at(batch, found.column(_ROW).to_numpy())


def _repeated(batch: Batch, keys: list[str]) -> tuple[pa.Table, NDArray[np.int64]]:
    """Return the rows whose key occurs more than once, in order of key and row, and where they are."""
    whole = ~batch.is_ignored()
    for key in keys:
        whole &= truth(batch.rows.column(key).is_valid())
    index = np.flatnonzero(whole)
    chosen = batch.rows.select(keys).take(index).append_column(_ROW, pa.array(index))
    counts = chosen.group_by(keys).aggregate([(_ROW, "count")])
    counts = counts.filter(pc.greater(counts.column(f"{_ROW}_count"), 1))
    if counts.num_rows == 0:
        return chosen.slice(0, 0), index[:0]
    repeats = chosen.join(counts.select(keys), keys=keys, join_type="left semi")
    repeats = repeats.take(_order(repeats, [*keys, _ROW]))
    found = repeats.column(_ROW).to_numpy()
    return batch.rows.take(found), found


def _order(table: pa.Table, names: Sequence[str]) -> NDArray[np.int64]:
    indices: NDArray[np.int64] = (
        pc.sort_indices(table, sort_keys=[(name, "ascending") for name in names]).to_numpy().astype(np.int64)
    )
    return indices


def _sorted(table: pa.Table, names: Sequence[str]) -> pa.Table:
    return table.take(_order(table, names))


def _same_as_previous(rows: pa.Table, names: Sequence[str]) -> Mask:
    """Return which rows equal the one before in all the columns; the first never does."""
    same = np.ones(rows.num_rows, dtype=np.bool_)
    same[:1] = False
    for name in names:
        values = rows.column(name)
        same[1:] &= _equal(values.slice(1), values.slice(0, max(rows.num_rows - 1, 0)))
    return same


def _equal(left: pa.ChunkedArray, right: pa.ChunkedArray) -> Mask:
    """Compare, blank with blank being equal."""
    left, right = left.combine_chunks(), right.combine_chunks()
    return truth(pc.equal(left, right)) | truth(pc.and_(left.is_null(), right.is_null()))


def _at(batch: Batch, index: NDArray[np.int64]) -> Mask:
    mask = batch.none()
    mask[index] = True
    return mask
