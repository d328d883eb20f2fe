"""Files of earlier derived tables that are used again: shared where their rows stand, else written anew."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from postloan.jobs.derived.month_files import Piece
from postloan.model.tables import TABLES


@dataclass(frozen=True, slots=True)
class Kept:
    """Where the files of one chunk lie, and where they go.

    Args:
        earlier: Folder of the earlier tables.
        folder: Folder of the new ones, on the same disk.
        chunk: Name of the chunk.
    """

    earlier: Path
    folder: Path
    chunk: str

    def path(self, name: str) -> Path:
        """Return the earlier file of a piece's folder."""
        return self.earlier / name / f"{self.chunk}.parquet"

    def share(self, name: str) -> None:
        """Put an earlier file in place without copying it, where the disk can; raises where it is damaged."""
        pq.read_metadata(self.path(name))
        target = self.folder / name / f"{self.chunk}.parquet"
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(self.path(name), target)
        except OSError:
            shutil.copyfile(self.path(name), target)


def held_of(earlier: Path, chunk: str) -> list[str]:
    """Return the folders of all pieces of which a chunk has a file, sorted."""
    return sorted(str(path.parent.relative_to(earlier)) for path in earlier.glob(f"*/*/{chunk}.parquet"))


def shared(kept: Kept, held: Sequence[str], now: Sequence[Piece], then: Sequence[Piece]) -> Iterator[Piece]:
    """Share the earlier files whose rows are as they were; yield the rows of the others, and of new ones.

    Args:
        kept: Where they lie.
        held: Folders of the earlier files that may be used again.
        now: All rows, in files that may be shared, of the loans whose rows may have changed.
        then: What the earlier tables had of them.

    Raises:
        OSError, pa.ArrowException: An earlier file is gone or damaged.
    """
    rows_now, rows_then = _by_folder(now), _by_folder(then)
    for name in sorted({*held, *rows_now}):
        table = TABLES[name.partition("/")[0]]
        nothing = table.schema().empty_table()
        before, after = rows_then.get(name, nothing), rows_now.get(name, nothing)
        if before.equals(after):
            kept.share(name)
            continue
        whole = pq.read_table(kept.path(name), partitioning=None) if name in held else nothing
        own = pc.is_in(whole["loan_id"], value_set=pc.unique(before["loan_id"]))
        rows = pa.concat_tables([whole.filter(pc.invert(own)), after])
        yield Piece(name, rows.sort_by([(key, "ascending") for key in table.order]), np.arange(len(rows)))


def _by_folder(pieces: Sequence[Piece]) -> dict[str, pa.Table]:
    """Return the rows of each folder, in the order in which a file of theirs has them."""
    found: dict[str, list[pa.Table]] = {}
    for piece in pieces:
        found.setdefault(piece.folder, []).append(piece.table.take(pa.array(piece.rows)))
    return {folder: pa.concat_tables(tables) for folder, tables in found.items()}
