"""What the contract says of rows: checks over a row, references to other tables, one currency."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from postloan.model.contract import Column, Severity, Table
from postloan.model.fault import REFUSED, Fault
from postloan.model.label import Label
from postloan.model.tables import DELIVERED
from postloan.sources.batch import Batch
from postloan.sources.columns import about
from postloan.sources.numbers import Mask, truth

EARLY = Label("还款日早于放款日", "paid_on: before disbursement")

# table, column → every value accepted so far or in the book; None where a file of the table is refused
Keys = Callable[[str, str], pa.Array | None]


def with_currency(batch: Batch, currency: str, names: Mapping[int, str]) -> Batch:
    """Return the batch of loans with blank currencies filled; raises Fault 3 for a loan in another."""
    if "currency" not in batch.table.names():
        return batch
    given = batch.rows.column("currency").combine_chunks()
    other = truth(pc.not_equal(given, currency)) & ~batch.is_ignored()
    if other.any():
        first = int(np.flatnonzero(other)[0])
        raise Fault(
            f"{names[int(batch.file[first])]}: {int(other.sum())} loans are in another currency than {currency}, "
            f"the first in {given[first].as_py()}",
            "keep one book per currency: deliver them apart, with a mapping each",
            REFUSED,
        )
    index = batch.rows.column_names.index("currency")
    filled = pc.fill_null(given, currency)
    return replace(batch, rows=batch.rows.set_column(index, batch.rows.schema.field("currency"), filled))


def checked(batch: Batch) -> Batch:
    """Return the batch judged by the table's checks; an unknown outcome passes."""
    if not batch.table.checks:
        return batch
    with duckdb.connect(config={"python_enable_replacements": "false", "threads": 2}) as connection:
        rows = batch.rows.append_column("__row", pa.array(np.arange(batch.rows.num_rows)))
        connection.register("batch", rows)
        for check in batch.table.checks:
            query = f"SELECT __row FROM batch WHERE NOT ({check.expression})"
            mask = batch.none()
            mask[connection.execute(query).fetchnumpy()["__row"]] = True
            judge = batch.against if check.severity is Severity.ERROR else batch.warned
            batch = judge(check.label, mask)
    return batch


def referenced(batch: Batch, keys: Keys) -> Batch:
    """Return the batch judged by its references to other tables.

    A row without the row it belongs to (an instalment of no loan) is quarantined. A reference that
    may be blank (a loan's officer) is only a warning, and only where the lender delivers that table:
    a loan is not less owed because its officer isn't on the list.
    """
    for column in batch.table.columns:
        if column.references is None:
            continue
        table, key = column.references.split(".")
        values, known = batch.rows.column(column.name), keys(table, key)
        if known is None:
            continue
        orphan = truth(values.is_valid()) & ~truth(pc.is_in(values, value_set=known))
        reason = about(column, Label(f"{DELIVERED[table].label.zh}表中没有", f"not in {table}"))
        if column.required:
            batch = batch.against(reason, orphan)
        elif len(known):
            batch = batch.warned(reason, orphan)
    return batch


def warned_of_early_payments(batch: Batch, loans: pa.Table) -> Batch:
    """Return the payments with a warning for those dated before their loan's disbursement."""
    index = pc.index_in(batch.rows.column("loan_id"), value_set=loans.column("loan_id").combine_chunks())
    disbursed = loans.column("disbursed_on").combine_chunks().take(index.combine_chunks())
    early: Mask = truth(pc.less(batch.rows.column("paid_on").combine_chunks(), disbursed))
    return batch.warned(EARLY, early)


def load_order(names: set[str]) -> list[str]:
    """Return the tables so that each comes after those it refers to."""
    order: list[str] = []

    def visit(table: Table) -> None:
        if table.name in order:
            return
        for target in sorted({_target(column) for column in table.columns} - {"", table.name}):
            visit(DELIVERED[target])
        order.append(table.name)

    for table in DELIVERED.values():
        visit(table)
    return [name for name in order if name in names]


def _target(column: Column) -> str:
    return column.references.split(".")[0] if column.references else ""
