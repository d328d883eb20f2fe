"""Values that other rows of the same key give: differences of a running total, what another row says, days after."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from postloan.model.label import Label
from postloan.sources.judging.convert import Converted
from postloan.sources.mapping import ColumnMapping, Difference, Taken
from postloan.sources.masks import Mask, truth
from postloan.sources.reading.tape import Tape

FALLS = Label("累计数下降", "the running total falls")


def across_rows(tape: Tape, origin: ColumnMapping, found: Converted) -> Converted:
    """Return a converted column with what its mapping asks of other rows of the file, all columns being there."""
    if origin.taken is not None:
        found = _taken(tape, origin.taken, found)
    if origin.difference is not None:
        found = _difference(tape, origin.difference, found)
    if origin.days_after:
        days = pc.add(found.values.cast(pa.int32()), pa.scalar(origin.days_after, pa.int32()))
        found = replace(found, values=days.cast(pa.date32()))
    return found


def _text(tape: Tape, name: str) -> pa.Array:
    return pc.utf8_trim_whitespace(tape.columns.column(name).combine_chunks().cast(pa.string()))


def _taken(tape: Tape, taken: Taken, found: Converted) -> Converted:
    """Return for every row the value of the first row of its key that is described; blank where none is."""
    key = _text(tape, taken.over)
    told = np.ones(len(key), dtype=np.bool_)
    for name, texts in taken.where.items():
        told &= truth(pc.is_in(_text(tape, name), value_set=pa.array(texts)))
    place = np.flatnonzero(told & truth(key.is_valid()))
    index = pc.index_in(key, value_set=pc.unique(key.take(pa.array(place)))).to_numpy(zero_copy_only=False)
    _, first = np.unique(_numbered(key.take(pa.array(place))), return_index=True)
    is_there = ~np.isnan(index.astype(float))
    row = (
        place[first[np.where(is_there, index, 0).astype(np.int64)]]
        if len(place)
        else np.zeros(len(key), np.int64)
    )
    mask = ~is_there
    bad = {reason: at[row] & is_there for reason, at in found.bad.items()}
    return replace(found, values=found.values.take(pa.array(row, mask=mask)), bad=bad)


def _numbered(texts: pa.Array) -> np.ndarray:
    """Return a number for each text, in the order of their first appearance."""
    numbers: np.ndarray = pc.index_in(texts, value_set=pc.unique(texts)).to_numpy(zero_copy_only=False)
    return numbers


def _difference(tape: Tape, difference: Difference, found: Converted) -> Converted:
    """Return what each row added to the running total of its key; a total that falls is bad."""
    total = pc.fill_null(found.values, 0).to_numpy(zero_copy_only=False)
    is_told = truth(found.values.is_valid())
    keys = [_ranks(_text(tape, name)) for name in reversed(difference.by)]
    owner = _ranks(_text(tape, difference.over))
    order = np.lexsort((np.arange(len(total)), *keys, owner, ~is_told))
    order = order[is_told[order]]
    same = np.append(False, owner[order][1:] == owner[order][:-1])[: len(order)]
    before = np.where(same, np.append(0, total[order][:-1])[: len(order)], 0)
    grown = np.zeros(len(total), np.int64)
    grown[order] = total[order] - before
    falls: Mask = is_told & (grown < 0)
    values = pa.array(grown, pa.int64(), mask=~is_told | falls)
    return replace(found, values=values, bad={**found.bad, FALLS: falls})


def _ranks(texts: pa.Array) -> np.ndarray:
    """Return the places of values in their order: as numbers where all are, else as texts."""
    try:
        values = pc.cast(texts, pa.float64())
    except pa.ArrowInvalid:
        values = pc.fill_null(texts, "")
    ranks: np.ndarray = pc.rank(values, sort_keys="ascending", tiebreaker="min").to_numpy().astype(np.int64)
    return ranks
