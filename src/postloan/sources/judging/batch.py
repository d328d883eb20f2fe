"""The rows of one table in one delivery, and what is known against each of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from postloan.model.contract import Table
from postloan.model.label import Label
from postloan.sources.masks import Mask

K = TypeVar("K", str, Label)
TOTAL, DUPLICATE, KNOWN = "total_line", "duplicate", "already_in_book"
NOT_OF_TABLE, OLDER = "not_of_table", "older"
BLANK, SAME_FILE, TRAILER = "blank", "same_file", "trailer"
ABOVE_HEADER = "above_header"  # as the reader of delimited text says it

# Why a record is neither accepted nor quarantined.
CAUSES: dict[str, Label] = {
    ABOVE_HEADER: Label("表头之上的行", "above the header"),
    BLANK: Label("空行", "blank"),
    TOTAL: Label("合计行", "total line"),
    TRAILER: Label("文件尾", "trailer"),
    DUPLICATE: Label("重复行", "duplicate"),
    KNOWN: Label("账簿已有", "already in book"),
    SAME_FILE: Label("同一文件已报送", "same file"),
    NOT_OF_TABLE: Label("不属于本表", "not of table"),
    OLDER: Label("旧版本", "older"),
}


@dataclass(frozen=True, slots=True)
class Batch:
    """Well-formed rows of all files that feed a table, in the order of the files.

    A row that is ignored is nothing but ignored; else with any problem it is quarantined; else it is
    accepted. Every problem of a row is kept, not only the first.

    Args:
        table: The contract's table.
        rows: The contract's columns; null where blank or unreadable.
        file: Which file (position in the delivery) each row is from.
        position: Which record of that file.
        problems: Rows by reason to refuse them.
        warnings: Rows by reason to mention them.
        ignored: Rows by cause: total line, duplicate, already in the book, of another table, older.
        unreadable: Rows whose amount is written but can't be read, by money column.
        notes: What the account of a file should say of its whole, by the file's position in the delivery.
        unkeyed: Whether a key column is a sequence, so that an equal row is a row of its own.
    """

    table: Table
    rows: pa.Table
    file: NDArray[np.int32]
    position: NDArray[np.int64]
    problems: dict[Label, Mask] = field(default_factory=dict)
    warnings: dict[Label, Mask] = field(default_factory=dict)
    ignored: dict[str, Mask] = field(default_factory=dict)
    unreadable: dict[str, Mask] = field(default_factory=dict)
    notes: dict[int, tuple[Label, ...]] = field(default_factory=dict)
    unkeyed: bool = False

    def none(self) -> Mask:
        """Return a mask that holds no row."""
        return np.zeros(self.rows.num_rows, dtype=np.bool_)

    def is_ignored(self) -> Mask:
        """Return the rows that are ignored."""
        return _any(self.ignored.values(), self.none())

    def has_problem(self) -> Mask:
        """Return the rows that some reason speaks against, ignored or not."""
        return _any(self.problems.values(), self.none())

    def is_quarantined(self) -> Mask:
        """Return the rows that are quarantined."""
        return self.has_problem() & ~self.is_ignored()

    def is_accepted(self) -> Mask:
        """Return the rows that go into the book."""
        return ~self.has_problem() & ~self.is_ignored()

    def against(self, reason: Label, mask: Mask) -> Batch:
        """Return the batch with a reason to refuse ``mask``; a reason that meets no row is not kept."""
        return replace(self, problems=_added(self.problems, reason, mask))

    def warned(self, reason: Label, mask: Mask) -> Batch:
        """Return the batch with a reason to mention ``mask``."""
        return replace(self, warnings=_added(self.warnings, reason, mask))

    def noted(self, file: int, note: Label) -> Batch:
        """Return the batch with a note on one of its files."""
        return replace(self, notes={**self.notes, file: (*self.notes.get(file, ()), note)})

    def without(self, cause: str, mask: Mask) -> Batch:
        """Return the batch with ``mask`` ignored because of ``cause``."""
        return replace(self, ignored=_added(self.ignored, cause, mask & ~self.is_ignored()))


def joined(batches: Sequence[Batch]) -> Batch:
    """Return one batch of a table from those of its files."""
    sizes = [batch.rows.num_rows for batch in batches]
    return Batch(
        table=batches[0].table,
        rows=pa.concat_tables([batch.rows for batch in batches]).combine_chunks(),
        file=np.concatenate([batch.file for batch in batches]),
        position=np.concatenate([batch.position for batch in batches]),
        problems=_stacked([batch.problems for batch in batches], sizes),
        warnings=_stacked([batch.warnings for batch in batches], sizes),
        ignored=_stacked([batch.ignored for batch in batches], sizes),
        unreadable=_stacked([batch.unreadable for batch in batches], sizes),
        notes={file: notes for batch in batches for file, notes in batch.notes.items()},
        unkeyed=any(batch.unkeyed for batch in batches),
    )


def _any(masks: Iterable[Mask], start: Mask) -> Mask:
    for mask in masks:
        start = start | mask
    return start


def _added(masks: dict[K, Mask], key: K, mask: Mask) -> dict[K, Mask]:
    if not mask.any():
        return masks
    return {**masks, key: masks[key] | mask if key in masks else mask}


def _stacked(parts: Sequence[dict[K, Mask]], sizes: Sequence[int]) -> dict[K, Mask]:
    keys = dict.fromkeys(key for part in parts for key in part)
    return {
        key: np.concatenate(
            [part.get(key, np.zeros(size, dtype=np.bool_)) for part, size in zip(parts, sizes, strict=True)]
        )
        for key in keys
    }
