"""Facts: the contract tables of one book at one date, opened for measuring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import pyarrow as pa
from ibis.backends.duckdb import Backend

from postloan.model.fault import Fault
from postloan.model.tables import TABLES


@dataclass(frozen=True, slots=True)
class Facts:
    """A DuckDB connection that holds tables under their contract names.

    Every table of the contract can be asked for; one the lender does not give is empty.
    """

    connection: Backend

    @classmethod
    def of(cls, tables: Mapping[str, pa.Table]) -> Facts:
        """Hold ``tables`` (by contract name, contract columns) in memory; the others are empty."""
        connection = ibis.duckdb.connect()
        facts = cls(connection)
        for name, rows in tables.items():
            facts.add(name, rows)
        return facts

    def add(self, name: str, rows: pa.Table) -> None:
        """Hold one more table; columns must be those of the contract."""
        self.connection.create_table(name, rows.cast(TABLES[name].schema()))

    def table(self, name: str) -> ibis.Table:
        """Return the table ``name``; raises Fault for a name the contract does not have."""
        if name not in TABLES:
            raise Fault(f"no table {name!r}", f"choose from {', '.join(sorted(TABLES))}")
        if name not in self.connection.list_tables():
            self.add(name, TABLES[name].schema().empty_table())
        return self.connection.table(name)

    def has(self, name: str) -> bool:
        """Say whether the table ``name`` has at least one row."""
        return bool(self.table(name).limit(1).count().execute())
