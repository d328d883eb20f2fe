"""One file as it was read: its records as text (or typed, from Parquet), before any meaning is given."""

from __future__ import annotations

import json
import mmap
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from postloan.model.contract import Kind
from postloan.model.label import Label


@dataclass(frozen=True, slots=True)
class Broken:
    """A record whose fields don't line up with the header: kept as text, with the reason."""

    row: int
    raw: str
    reason: Label


class Effect(StrEnum):
    """What a flaw does to the rows that have it, or to the whole file."""

    QUARANTINE = "quarantine"
    REFUSE = "refuse"  # the file: the column can't be trusted in any row
    MENTION = "mention"


@dataclass(frozen=True, slots=True)
class Flaw:
    """Cells of one column that the reader itself cannot vouch for, such as an error in a spreadsheet.

    Args:
        column: As named in the file.
        reason: What is wrong with the cells.
        positions: Of their records among the well-formed ones.
        kinds: Of the contract columns it tells against: a date cell is a flaw in an identifier only.
        effect: What it does there.
    """

    column: str
    reason: Label
    positions: NDArray[np.int64]
    kinds: tuple[Kind, ...] = tuple(Kind)
    effect: Effect = Effect.QUARANTINE


@dataclass(frozen=True, slots=True)
class Text:
    """The decoded text of a delimited file, and where each well-formed record lies in it."""

    content: bytes | mmap.mmap
    start: NDArray[np.int64]
    end: NDArray[np.int64]

    def record(self, position: int) -> str:
        """Return a record as it stood in the file, without the end of its line."""
        return self.content[self.start[position] : self.end[position]].decode("utf-8").removesuffix("\r")


@dataclass(frozen=True, slots=True)
class Tape:
    """The records of one file. Nothing but data, so that it can be handed from one process to another.

    Args:
        name: Path within the delivery.
        sha256: Of the file's bytes as delivered.
        encoding: What the text was in; "" for Parquet, Excel and databases.
        columns: Well-formed records, columns named as in the file.
        rows: Where each well-formed record starts: the line in a CSV, the row number elsewhere.
        broken: Records that are not in ``columns``.
        n_blank: Lines with nothing but delimiters and spaces.
        unclean: Well-formed records that hold a NUL or another control character.
        text: Of a delimited file; None for the other formats.
        flaws: Cells that no value can be taken from.
        notes: What a reader of the account should know of the whole file.
        cells: Texts of the cells that the mapping declares by address (``B2``), outside the records.
        apart: Records that are neither in ``columns`` nor ``broken`` nor blank, by the cause of ignoring
            them: a trailer, a total line of another shape.
    """

    name: str
    sha256: str
    encoding: str
    columns: pa.Table
    rows: NDArray[np.int64]
    broken: tuple[Broken, ...]
    n_blank: int
    unclean: NDArray[np.bool_]
    text: Text | None = None
    flaws: tuple[Flaw, ...] = ()
    notes: tuple[Label, ...] = ()
    cells: Mapping[str, str] = field(default_factory=dict)
    apart: Mapping[str, int] = field(default_factory=dict)

    @property
    def n_read(self) -> int:
        """Return the number of records below the header: well-formed, broken, blank and apart."""
        return len(self.rows) + len(self.broken) + self.n_blank + sum(self.apart.values())

    def raw(self, position: int) -> str:
        """Return a well-formed record as it stood in the file, or as JSON where the file is no text."""
        return self.raws(np.array([position]))[0]

    def raws(self, positions: NDArray[np.int64]) -> list[str]:
        """Return well-formed records like ``raw``; a list of Python's texts, so don't ask for too many at once."""
        if self.text is not None:
            return [self.text.record(position) for position in positions.tolist()]
        rows = self.columns.take(positions).to_pylist()
        return [json.dumps(row, ensure_ascii=False, default=str) for row in rows]
