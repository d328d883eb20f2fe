"""A book beside an earlier version of it: what changed, and what rows were before they did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import pyarrow as pa

from postloan.book.difference import Difference, changed_rows
from postloan.book.store import Book
from postloan.jobs.derived.chunks import Chunk, chunks_of
from postloan.model.tables import DELIVERED

_NOTHING: Mapping[str, pa.Table] = MappingProxyType({})
_NO_WORDS: Mapping[str, str] = MappingProxyType({})
_OF = "SELECT {columns} FROM {rows} SEMI JOIN of USING ({key})"
_THEN = f"""
    SELECT {{columns}} FROM (
        {_OF} EXCEPT SELECT {{columns}} FROM added
        UNION ALL SELECT {{columns}} FROM removed SEMI JOIN of USING ({{key}})
    ) ORDER BY {{key}}
"""


@dataclass(frozen=True, slots=True)
class Versions:
    """Two versions of a book.

    Args:
        before: The earlier one.
        after: The later one.
        changed: Rows that only one of them has, by table.
    """

    before: Book
    after: Book
    changed: Mapping[str, Difference]

    @classmethod
    def of(cls, before: Book, after: Book, tables: Sequence[str]) -> Versions:
        """Find what changed in ``tables``; raises Fault 4 for a file that is gone or damaged."""
        return cls(before, after, {name: changed_rows(before, after, name) for name in tables})

    def ask(
        self,
        query: str,
        table: str,
        beside: Mapping[str, pa.Table] = _NOTHING,
        words: Mapping[str, str] = _NO_WORDS,
    ) -> pa.Table:
        """Return rows of a table of the later version.

        Args:
            query: SQL with ``{columns}`` and ``{rows}`` for the table's, and other words in braces.
            table: Which one; the answer has its schema.
            beside: Other tables that the query names.
            words: By name.
        """
        schema = DELIVERED[table].schema()
        columns = ", ".join(f'"{name}"' for name in schema.names)
        return self.after.ask(
            query.format(**{"columns": columns, "rows": f"held.{table}", **words}), schema, beside
        )

    def now(self, table: str, of: pa.Table) -> pa.Table:
        """Return the rows of ``table`` whose key is in ``of``, a table of one column."""
        (key,) = of.schema.names
        return self.ask(f"{_OF} ORDER BY {{key}}", table, {"of": of}, {"key": key})

    def then(self, table: str, of: pa.Table, now: pa.Table | None = None) -> pa.Table:
        """Return what ``now`` would have returned of the earlier version.

        Args:
            table: One of which it is known what changed.
            of: Keys, a table of one column.
            now: At least the rows that ``now`` returns, where they have been read already.
        """
        (key,) = of.schema.names
        added, removed = self.changed[table]
        beside = {"of": of, "added": added, "removed": removed}
        if now is None:
            return self.ask(_THEN, table, beside, {"key": key})
        return self.ask(_THEN, table, {**beside, "known": now}, {"key": key, "rows": "known"})

    def same_chunks(self, chunks: Sequence[Chunk]) -> frozenset[str]:
        """Return the names of those ``chunks`` of the later version that began and ended there before."""
        held = {(chunk.name, chunk.start, chunk.ends[-1]) for chunk in chunks_of(self.before)}
        return frozenset(c.name for c in chunks if (c.name, c.start, c.ends[-1]) in held)
