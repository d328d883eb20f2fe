"""What one delivery has come to so far, while its tables are judged one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pyarrow as pa

from postloan.model.fault import REFUSED, Fault
from postloan.sources.accounts import Account
from postloan.sources.mapping import Mapping
from postloan.sources.numbers import Mask

BookTable = Callable[[str], pa.Table]  # what the book holds of a table; empty if never delivered


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that is refused whole: what is wrong with it, how to mend it, and which tables it feeds."""

    file: str
    what: str
    mend: str
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """A delivery on the desk: what it is judged by, and the piles that grow.

    Args:
        mapping: How the files are to be read.
        load: Identity of the load.
        book: What the book holds.
        accepted: Rows for the book by table.
        stated: Which of them have their ``known_on`` from the file.
        superseded: Rows by table that later rows of the same delivery replaced.
        refused: Rows for the quarantine.
        accounts: One per file and table.
        refusals: Files refused whole.
    """

    mapping: Mapping
    load: str
    book: BookTable
    accepted: dict[str, pa.Table] = field(default_factory=dict)
    stated: dict[str, Mask] = field(default_factory=dict)
    superseded: dict[str, pa.Table] = field(default_factory=dict)
    refused: list[pa.Table] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    def refuse(self, file: str, fault: Fault, *tables: str) -> None:
        """Note that a file is refused for these tables; any other fault than a refused input is raised on."""
        if fault.exit_code != REFUSED:
            raise fault
        self.refusals.append(Refusal(file, fault.what, fault.mend, tables))

    def both(self, table: str) -> pa.Table:
        """Return the rows just accepted, then those of the book: the first of a key is the one in force."""
        mine = [self.accepted[table]] if table in self.accepted else []
        return pa.concat_tables([*mine, self.book(table)])

    def keys(self, table: str, column: str) -> pa.Array | None:
        """Return every value that a reference may name; None where a file of the table is refused."""
        unknown = any(table in refusal.tables for refusal in self.refusals)
        return None if unknown else self.both(table).column(column).combine_chunks()
