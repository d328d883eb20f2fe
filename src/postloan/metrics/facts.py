"""Facts: the contract tables of one book at one date, opened for measuring."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

import ibis
import pyarrow as pa
from ibis.backends.sql import SQLBackend

from postloan.model.fault import Fault
from postloan.model.scope import MISSING
from postloan.model.tables import DELIVERED, TABLES

# Tables that tell the state of every subject day by day, and their day; the others tell what happened.
_SPEAKS_OF = {"provision": "month_end", "other_bank_debt": "reported_on"}


@dataclass(frozen=True, slots=True)
class Facts:
    """A connection that holds tables under their contract names, on DuckDB if opened by ``of`` or ``over``.

    Every table of the contract can be asked for; one the lender does not give is empty.
    """

    connection: SQLBackend
    product: str | None = None  # only loans of this product, for a pack of one product
    _opened: dict[str, ibis.Table] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, tables: Mapping[str, pa.Table]) -> Facts:
        """Hold ``tables`` (by contract name, contract columns) in memory."""
        connection = ibis.duckdb.connect()
        for name, rows in tables.items():
            connection.create_table(name, rows.cast(TABLES[name].schema()))
        return cls.over(connection, tables)

    @classmethod
    def over(cls, connection: SQLBackend, names: Collection[str]) -> Facts:
        """Use a connection that already holds the tables ``names``; the others become empty tables."""
        for name in TABLES:
            if name not in names:
                connection.create_table(name, TABLES[name].schema().empty_table())
        return cls(connection)

    def table(self, name: str) -> ibis.Table:
        """Return the table ``name``, without withdrawn instalments; raises Fault for a name the contract lacks."""
        if name not in TABLES:
            raise Fault(f"no table {name!r}", f"choose from {', '.join(sorted(TABLES))}")
        if name not in self._opened:
            self._opened[name] = self._rows(name)
        return self._opened[name]

    def _rows(self, name: str) -> ibis.Table:
        rows = self.connection.table(name)
        if name == "instalment":
            rows = rows.filter(~rows["is_withdrawn"].fill_null(False))
        if self.product is None or "loan_id" not in rows.columns:
            return rows
        loan = self.connection.table("loan")
        kept = loan.filter(loan["product"].fill_null(MISSING) == self.product).select("loan_id")
        return rows.semi_join(kept, "loan_id")

    def whole(self) -> Facts:
        """Return the same facts, cut to nothing."""
        return self if self.product is None else Facts(self.connection)

    def anew(self) -> Facts:
        """Return the same facts with every table opened anew: of a connection in which some were replaced."""
        return Facts(self.connection, self.product)

    def of_product(self, product: str) -> Facts:
        """Return the same facts cut to the loans of one product (``(missing)``: without one)."""
        return Facts(self.connection, product)

    def given(self, on: date) -> frozenset[str]:
        """Return the delivered tables that say something by a day; others the lender does not give (yet)."""
        return frozenset(name for name in DELIVERED if self._says_by(name, on))

    def _says_by(self, name: str, on: date) -> bool:
        rows = self.connection.table(name)
        if name in _SPEAKS_OF:
            rows = rows.filter(rows[_SPEAKS_OF[name]] <= on)
        return bool(rows.limit(1).to_pyarrow().num_rows)

    def has(self, name: str) -> bool:
        """Say whether the table ``name`` has at least one row."""
        return bool(self.table(name).limit(1).to_pyarrow().num_rows)
