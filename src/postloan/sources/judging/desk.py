"""What one delivery has come to so far, while its tables are judged one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa

from postloan.model.fault import REFUSED, Fault
from postloan.model.label import Label
from postloan.model.quarantine import QUARANTINE_SCHEMA
from postloan.model.tables import DELIVERED
from postloan.sources.judging.accounts import Account, Reason
from postloan.sources.judging.batch import Batch
from postloan.sources.mapping import Mapping as Rules
from postloan.sources.masks import Mask

_EXAMPLES = 5  # loans named in a warning
RETRY = "retry"  # kind of a ledger entry that is no account of a file
# The answer, in a schema, to a query over tables by name and over the book's own as ``held.<table>``.
Ask = Callable[[str, pa.Schema, Mapping[str, pa.Table]], pa.Table]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that is refused whole: what is wrong with it, how to mend it, and which tables it feeds."""

    file: str
    what: Label
    mend: Label
    tables: tuple[str, ...]

    def as_dict(self) -> dict[str, str]:
        """Return what is said of the file: ``file, what, what_zh, mend, mend_zh``."""
        what, mend = self.what, self.mend
        said = {"what": what.en, "what_zh": what.zh, "mend": mend.en, "mend_zh": mend.zh}
        return {"file": self.file, **said}


@dataclass(frozen=True, slots=True)
class Held:
    """What the book holds when a delivery comes.

    Args:
        ask: Answers queries; a table that was never delivered is empty.
        quarantine: The rows in quarantine, in ``QUARANTINE_SCHEMA``.
        ledger: One entry per file and table of every load, oldest first.
    """

    ask: Ask
    quarantine: pa.Table = field(default_factory=QUARANTINE_SCHEMA.empty_table)
    ledger: Sequence[Mapping[str, Any]] = ()

    def rows(self, table: str, names: Sequence[str], keys: pa.Table | None = None) -> pa.Table:
        """Return columns of the book's rows in no particular order: of all, or of those with one of ``keys``.

        Args:
            table: The contract's.
            names: Its columns.
            keys: Some of its columns; a row with a blank among them matches nothing.
        """
        schema = pa.schema([DELIVERED[table].schema().field(name) for name in names])
        query = f"SELECT {_listed(names)} FROM held.{table}"
        if keys is None:
            return self.ask(query, schema, {})
        if keys.num_rows == 0:
            return schema.empty_table()
        return self.ask(
            f"{query} SEMI JOIN keys USING ({_listed(keys.column_names)})", schema, {"keys": keys}
        )

    def loads(self) -> tuple[str, ...]:
        """Return the identities of the loads, oldest first."""
        return tuple(dict.fromkeys(entry["load"] for entry in self.ledger))

    def files(self) -> frozenset[tuple[str, str, str]]:
        """Return what was read before: the bytes' hash, the table, and how it was read."""
        return frozenset((entry["sha256"], entry["table"], entry.get("reading", "")) for entry in self.ledger)


@dataclass(frozen=True, slots=True)
class Retried:
    """What became of an earlier load's quarantined rows of one file and table.

    Rows tried = released + superseded + still held; money in minor units, all columns together.
    """

    table: str
    load: str
    file: str
    tried: int
    released: int = 0
    superseded: int = 0
    money_released: int = 0
    money_superseded: int = 0

    @property
    def still(self) -> int:
        """Return how many of the rows stay in quarantine."""
        return self.tried - self.released - self.superseded

    @property
    def has_moved(self) -> bool:
        """Say whether any row has left the quarantine."""
        return self.still < self.tried

    def as_dict(self) -> dict[str, Any]:
        """Return the retry as plain data; ``origin`` is the load that brought the rows."""
        return {
            "kind": RETRY,
            "table": self.table,
            "origin": self.load,
            "file": self.file,
            "tried": self.tried,
            "released": self.released,
            "superseded": self.superseded,
            "still": self.still,
            "money_released": self.money_released,
            "money_superseded": self.money_superseded,
        }


@dataclass(frozen=True, slots=True)
class Desk:
    """A delivery on the desk: what it is judged by, and the piles that grow.

    Args:
        mapping: How the files are to be read.
        load: Identity of the load.
        held: What the book holds.
        accepted: Rows for the book by table.
        stated: Which of them have their ``known_on`` from the file.
        superseded: Rows by table that later rows of the same delivery replaced.
        refused: Rows for the quarantine.
        accounts: One per file and table.
        refusals: Files refused whole.
        anew: Hash, table and sheet ("" of other files) of what is judged in this delivery.
        whole: Tables that the delivery holds all rows of.
        present: Rows that the delivery holds of tables delivered whole, whatever becomes of them.
        still: Rows of earlier loads that stay in quarantine.
        retries: What became of the rows of earlier loads.
    """

    mapping: Rules
    load: str
    held: Held
    accepted: dict[str, pa.Table] = field(default_factory=dict)
    stated: dict[str, Mask] = field(default_factory=dict)
    superseded: dict[str, pa.Table] = field(default_factory=dict)
    refused: list[pa.Table] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    anew: set[tuple[str, str, str]] = field(default_factory=set)
    whole: set[str] = field(default_factory=set)
    present: dict[str, pa.Table] = field(default_factory=dict)
    still: list[pa.Table] = field(default_factory=list)
    retries: list[Retried] = field(default_factory=list)

    def add(self, batch: Batch, mask: Mask, stated: Mask) -> None:
        """Put rows of a batch on the pile of accepted ones."""
        name = batch.table.name
        if not mask.any() and name not in self.accepted:
            return
        if name not in self.accepted:
            self.accepted[name] = batch.table.schema().empty_table()
            self.stated[name] = np.zeros(0, dtype=np.bool_)
        rows = batch.rows.filter(pa.array(mask)).cast(batch.table.schema())
        self.accepted[name] = pa.concat_tables([self.accepted[name], rows])
        self.stated[name] = np.concatenate([self.stated[name], stated[mask]])

    def refuse(self, file: str, fault: Fault, *tables: str) -> None:
        """Note that a file is refused for these tables; any other fault than a refused input is raised on."""
        if fault.exit_code != REFUSED:
            raise fault
        self.refusals.append(Refusal(file, fault.label, fault.remedy, tables))

    def mention(self, table: str, reason: Label, loans: Sequence[str]) -> None:
        """Add a warning about rows that a delivery lacks to the first account of their table.

        Args:
            table: Fed by at least one file.
            reason: What is wrong.
            loans: Whose row it is, once per row; the first of them are shown.
        """
        n = next(n for n, account in enumerate(self.accounts) if account.table == table)
        shown = ", ".join(list(dict.fromkeys(loans))[:_EXAMPLES])
        told = Reason(reason, len(loans), None, "loan_id", shown)
        self.accounts[n] = replace(self.accounts[n], warnings=(*self.accounts[n].warnings, told))

    def both(self, table: str, names: Sequence[str], keys: pa.Table | None = None) -> pa.Table:
        """Return columns of the rows just accepted, then of the book's: the first of a key is the one in force.

        Args:
            table: The contract's.
            names: Its columns.
            keys: Only the book's rows with one of them are needed; None for all rows.
        """
        return pa.concat_tables([self.new(table).select(names), self.held.rows(table, names, keys)])

    def new(self, table: str) -> pa.Table:
        """Return the rows just accepted."""
        return self.accepted.get(table, DELIVERED[table].schema().empty_table())

    def keys(self, table: str, column: str) -> pa.Array | None:
        """Return every value that a reference may name; None where a file of the table is refused."""
        unknown = any(table in refusal.tables for refusal in self.refusals)
        return None if unknown else self.both(table, [column]).column(column).combine_chunks()


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
