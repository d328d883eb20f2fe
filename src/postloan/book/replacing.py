"""Which rows of a delivery are news to the book, and which of the book's rows they take the place of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from postloan.book.query import Files, Positions, run
from postloan.model.contract import Table

_ROW, _FILE, _PLACE, _OLD = "incoming row", "file_index", "file_row_number", "old "


@dataclass(frozen=True, slots=True)
class News:
    """What of a delivery the book does not hold with the very same content.

    Args:
        rows: Of the delivery: with a new key, or with other content than the book's row of their key.
        replaced: The book's rows of those keys.
        places: Where these lie.
    """

    rows: pa.Table
    replaced: pa.Table
    places: dict[Path, Positions]


def news_of(table: Table, held: Files, incoming: pa.Table) -> News:
    """Compare rows with those of the book; the book's are scanned and only the few that differ kept.

    Args:
        table: The contract's, delivered as upsert.
        held: Its rows in force.
        incoming: In contract schema, at most one row per key.

    Raises:
        duckdb.Error: For a file that is gone or damaged.
    """
    names = table.names()
    keys = ", ".join(f'"{key}"' for key in table.grain)
    differs = " OR ".join(
        f'i."{name}" IS DISTINCT FROM b."{name}"' for name in names if name not in table.grain
    )
    old = ", ".join(f'b."{name}" AS "{_OLD}{name}"' for name in names)
    query = f"""
        SELECT i."{_ROW}", b.{_FILE}, b.{_PLACE}, {old} FROM incoming i LEFT JOIN book b USING ({keys})
        WHERE b.{_FILE} IS NULL OR {differs} ORDER BY 1
    """
    places = [pa.field(_ROW, pa.int64()), pa.field(_FILE, pa.int64()), pa.field(_PLACE, pa.int64())]
    schema = pa.schema([*places, *(pa.field(f"{_OLD}{f.name}", f.type) for f in table.schema())])
    numbered = incoming.append_column(_ROW, pa.array(np.arange(len(incoming))))
    found = run(query, schema, {"incoming": numbered, "book": held})
    met = found.filter(found[_FILE].is_valid())
    return News(
        incoming.take(found[_ROW]),
        met.select(schema.names[len(places) :]).rename_columns(names).cast(table.schema()),
        _by_path(held, met),
    )


def _by_path(held: Files, met: pa.Table) -> dict[Path, Positions]:
    files = pc.unique(met[_FILE]).to_pylist()
    return {
        held.paths[file]: np.sort(met.filter(pc.equal(met[_FILE], file))[_PLACE].to_numpy()) for file in files
    }
