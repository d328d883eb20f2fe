"""One file as it was read: its records as text (or typed, from Parquet), before any meaning is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from postloan.model.label import Label


@dataclass(frozen=True, slots=True)
class Broken:
    """A record whose fields don't line up with the header: kept as text, with the reason."""

    row: int
    raw: str
    reason: Label


@dataclass(frozen=True, slots=True)
class Tape:
    """The records of one file.

    Args:
        name: Path within the delivery.
        sha256: Of the file's bytes as delivered.
        encoding: What the text was in; "" for Parquet.
        columns: Well-formed records, columns named as in the file.
        rows: Where each well-formed record starts: the line in a CSV, the row number in Parquet.
        broken: Records that are not in ``columns``.
        n_blank: Lines with nothing but delimiters and spaces.
        unclean: Well-formed records that hold a NUL or another control character.
        raw: Returns a well-formed record, by its position, as it stood in the file.
    """

    name: str
    sha256: str
    encoding: str
    columns: pa.Table
    rows: NDArray[np.int64]
    broken: tuple[Broken, ...]
    n_blank: int
    unclean: NDArray[np.bool_]
    raw: Callable[[int], str]

    @property
    def n_read(self) -> int:
        """Return the number of records below the header: well-formed, broken and blank."""
        return len(self.rows) + len(self.broken) + self.n_blank
