"""Derived tables as Parquet files by month and chunk: what a month adds lies apart from what stood before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ROWS_PER_GROUP = 2**15
# Of these tables each observation date has a file; the others are cut by the calendar month of a date.
_OBSERVED = ("loan_month", "position", "flow", "recovery")
# Of rows that have no date yet, and so change from month to month.
_OPEN = "open"
_NEVER = np.iinfo(np.int32).min
_STATES = ("loan_state", "instalment_state", "credit_state")
_THREADS = 2

Days = npt.NDArray[np.int32]


class Piece(NamedTuple):
    """Rows of a table that belong into one file of a chunk."""

    folder: str  # "loan_month/month_end=2026-10-31"
    table: pa.Table
    rows: npt.NDArray[np.int64]


def pieces(name: str, table: pa.Table) -> Iterator[Piece]:
    """Cut a derived table by its months; rows of a month keep their order.

    Allocations lie by the month in which they were applied, credit not yet applied apart; outcomes of
    instalments by the month in which they were paid off or superseded, those of neither apart; cures by the
    month of the cure; states in one piece; everything else by ``month_end``.
    """
    table = table.combine_chunks()  # rows are taken from one chunk far more quickly than from many
    marks = _marks(name, table)
    order = np.argsort(marks, kind="stable")
    starts = np.flatnonzero(np.diff(marks[order], prepend=marks[order][:1] - 1))
    for rows in np.split(order, starts[1:]) if len(order) else []:
        yield Piece(f"{name}/{_label(name, int(marks[rows[0]]))}", table, rows)


def _marks(name: str, table: pa.Table) -> Days:
    """Return for each row the day or, as its first day, the month of its file."""
    if name in _STATES:
        return np.full(table.num_rows, _NEVER, dtype=np.int32)
    if name == "payment_allocation":
        days = _days(table["applied_on"])
        days[table["schedule_no"].to_numpy() == 0] = _NEVER
    elif name == "instalment_outcome":
        days = np.maximum(_days(table["paid_off_on"]), _days(table["superseded_on"]))
    else:
        days = _days(table["cured_on" if name == "cure" else "month_end"])
    if name in _OBSERVED:
        return days
    months: Days = (
        days.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]").astype(np.int32)
    )
    return np.where(days == _NEVER, _NEVER, months).astype(np.int32)


def _days(column: pa.ChunkedArray) -> Days:
    return np.array(pc.fill_null(column.cast(pa.int32()), _NEVER).to_numpy())


def _label(name: str, mark: int) -> str:
    if mark == _NEVER:
        return _OPEN
    day = np.datetime64(mark, "D")
    return f"month_end={day}" if name in _OBSERVED else f"month={day.astype('datetime64[M]')}"


@dataclass(slots=True)
class PartFile:
    """A Parquet file that is written a few rows at a time; its bytes depend on its rows alone.

    Nothing is opened before a whole row group has come, so that many small files may be under way.
    """

    path: Path
    waiting: list[pa.Table] = field(default_factory=list)
    n_waiting: int = 0
    writer: pq.ParquetWriter | None = None

    def add(self, rows: pa.Table) -> None:
        """Append rows."""
        self.waiting.append(rows)
        self.n_waiting += rows.num_rows
        while self.n_waiting >= ROWS_PER_GROUP:
            whole = pa.concat_tables(self.waiting)
            self._write(whole.slice(0, ROWS_PER_GROUP))
            rest = whole.slice(ROWS_PER_GROUP)
            self.waiting, self.n_waiting = [rest], rest.num_rows

    def close(self) -> None:
        """Write what is left; the file is complete."""
        if self.n_waiting:
            self._write(pa.concat_tables(self.waiting))
        if self.writer is not None:
            self.writer.close()

    def _write(self, rows: pa.Table) -> None:
        if self.writer is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.writer = pq.ParquetWriter(self.path, rows.schema, compression="zstd")
        self.writer.write_table(rows.combine_chunks(), ROWS_PER_GROUP)


def write_pieces(folder: Path, made: Iterator[tuple[str, Sequence[Piece]]]) -> None:
    """Write derived rows as they are made; what comes next is made while the last is being written.

    Args:
        folder: Gets a folder by table.
        made: Name of a chunk, and pieces whose rows follow those that came before in order of the loans;
            all of one chunk come one after another.
    """
    files: dict[str, PartFile] = {}
    current = ""
    with ThreadPoolExecutor(_THREADS) as pool:
        coming = pool.submit(next, made, None)
        while (found := coming.result()) is not None:
            coming = pool.submit(next, made, None)
            chunk, cut = found
            if chunk != current:
                list(pool.map(PartFile.close, files.values()))
                files, current = {}, chunk
            for piece in cut:
                files.setdefault(piece.folder, PartFile(folder / piece.folder / f"{chunk}.parquet"))
            list(pool.map(lambda piece, files=files: files[piece.folder].add(taken(piece).table), cut))
        list(pool.map(PartFile.close, files.values()))


def taken(piece: Piece) -> Piece:
    """Return a piece whose table has its rows alone."""
    return Piece(piece.folder, piece.table.take(pa.array(piece.rows)), np.arange(len(piece.rows)))


def pieces_of(tables: Mapping[str, pa.Table]) -> list[Piece]:
    """Cut derived tables by their months; see ``pieces``."""
    return [piece for name, table in tables.items() for piece in pieces(name, table)]


def is_settled(folder: str, on: date) -> bool:
    """Say whether the rows of a piece's folder all lie before the end of ``on``, a month-end."""
    _, equals, month = folder.rpartition("=")
    return bool(equals) and month <= on.isoformat()[: len(month)]
