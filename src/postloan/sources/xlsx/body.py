"""The records of a sheet: their cells as text, and what there is to know about each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from postloan.model.contract import Kind
from postloan.sources.reading.tape import Flaw
from postloan.sources.xlsx.cells import (
    NO_RESULT,
    NUMBER,
    UNSURE,
    Cell,
    Mark,
    error_mark,
    marks,
    n_typed,
    percent_text,
    texts,
)
from postloan.sources.xlsx.grid import Row
from postloan.sources.xlsx.scan import NO_VALUE, PERCENT, Scan, letters
from postloan.sources.xlsx.table import is_blank

_BATCH = 20_000  # rows whose values are in memory as Python objects

Positions = NDArray[np.int64]
Used = Mapping[str, frozenset[Kind]]  # source column → kinds of the contract columns read from it


@dataclass(frozen=True, slots=True)
class Body:
    """The records of a sheet.

    Args:
        rows: Their numbers in the sheet.
        columns: Their text by column, of the columns that have a name.
        flaws: Cells that can't be believed, or should be known of.
        strays: The first row that holds something, by column, of the columns that have no name.
        n_typed: How many cells hold something that is no text.
    """

    rows: Positions
    columns: dict[int, pa.ChunkedArray]
    flaws: tuple[Flaw, ...]
    strays: dict[int, int]
    n_typed: int


def read_body(records: Iterator[Row], names: dict[int, str], scan: Scan, used: Used) -> Body:
    """Turn records into columns of text, some thousand rows at a time.

    Args:
        records: The rows that hold something.
        names: The columns that have a name.
        scan: What is known of the sheet's cells.
        used: What the columns are read as: what is no flaw there is not kept.
    """
    rows: list[Positions] = [np.empty(0, dtype=np.int64)]
    chunks: dict[int, list[pa.Array]] = {column: [] for column in names}
    known: defaultdict[tuple[Mark, int], list[Positions]] = defaultdict(list)
    strays: dict[int, int] = {}
    start, typed = 0, 0
    while batch := list(islice(records, _BATCH)):
        numbers = np.array([number for number, _ in batch], dtype=np.int64)
        for column, values in enumerate(zip(*(cells for _, cells in batch), strict=True), 1):
            typed += n_typed(values)
            if column not in names:
                strays |= _stray(column, values, numbers, strays)
                continue
            percents = np.flatnonzero(np.isin(numbers, scan.marks.get((PERCENT, column), [])))
            chunks[column].append(pa.array(_with_percents(values, percents), pa.string()))
            for mark, positions in (marks(values) if names[column] in used else {}).items():
                known[mark, column].append(positions + start)
        rows.append(numbers)
        start += len(batch)
    found = np.concatenate(rows)
    gathered = {key: np.concatenate(parts) for key, parts in known.items()} | _scanned(scan, found, names)
    return Body(
        rows=found,
        columns={column: pa.chunked_array(parts, pa.string()) for column, parts in chunks.items()},
        flaws=tuple(
            mark.flaw(names[column], letters(column), positions)
            for (mark, column), positions in _weighed(gathered, scan, found).items()
            if len(positions) and not used.get(names[column], frozenset()).isdisjoint(mark.kinds)
        ),
        strays=strays,
        n_typed=typed,
    )


def _stray(column: int, values: Sequence[Cell], numbers: Positions, known: dict[int, int]) -> dict[int, int]:
    """Return the first row that holds something in a column without a name, unless one is known."""
    if column in known or is_blank(values):
        return {}
    filled = (int(row) for row, value in zip(numbers, values, strict=True) if not is_blank([value]))
    return {column: next(filled)}


def _with_percents(values: Sequence[Cell], percents: Positions) -> list[str]:
    found = texts(values)
    for position in percents:
        found[position] = percent_text(values[position])
    return found


def _scanned(scan: Scan, rows: Positions, names: dict[int, str]) -> dict[tuple[Mark, int], Positions]:
    """Return the errors and lost results that the scan found in the records."""
    found = {}
    for (kind, column), marked in scan.marks.items():
        if kind != PERCENT and column in names:
            mark = NO_RESULT if kind == NO_VALUE else error_mark(kind)
            found[mark, column] = np.flatnonzero(np.isin(rows, marked))
    return found


def _weighed(
    known: dict[tuple[Mark, int], Positions], scan: Scan, rows: Positions
) -> dict[tuple[Mark, int], Positions]:
    """Add what only the whole column tells: numbers without a percent sign among such with one."""
    unsure = {}
    for (kind, column), marked in scan.marks.items():
        numbers = known.get((NUMBER, column))
        if kind == PERCENT and numbers is not None and np.isin(rows, marked).any():
            unsure[UNSURE, column] = np.setdiff1d(numbers, np.flatnonzero(np.isin(rows, marked)))
    return {**known, **unsure}
