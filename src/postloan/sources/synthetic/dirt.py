"""A few rows that no book should accept, so that quarantine has something to hold."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

_ONE_IN = 4_000  # rows of a table, for each kind of dirt


def dirty_payments(payments: pa.Table) -> pa.Table:
    """Return extra payments: of loans nobody knows, without amount, of negative amount, and delivered twice."""
    some = _some(payments)
    numbers = some.column("payment_id")
    orphans = _with(
        _renamed(some, "payment_id", "G"), "loan_id", pc.binary_join_element_wise("JDX", numbers, "")
    )
    blank = pa.nulls(len(some), pa.int64())
    negative = pc.negate(some.column("amount_minor"))
    return pa.concat_tables(
        [
            orphans,
            _with(_renamed(some, "payment_id", "K"), "amount_minor", blank),
            _with(_renamed(some, "payment_id", "F"), "amount_minor", negative),
            some,
        ]
    )


def dirty_loans(loans: pa.Table) -> pa.Table:
    """Return extra loans: without principal, of negative principal, due before they were lent."""
    some = _some(loans)
    negative = pc.negate(some.column("principal_minor"))
    too_early = pa.array(
        [None if day is None else day.replace(year=2001, day=1) for day in some["disbursed_on"].to_pylist()]
    )
    return pa.concat_tables(
        [
            _with(_renamed(some, "loan_id", "K"), "principal_minor", pa.nulls(len(some), pa.int64())),
            _with(_renamed(some, "loan_id", "F"), "principal_minor", negative),
            _with(_renamed(some, "loan_id", "Z"), "matures_on", too_early.cast(pa.date32())),
        ]
    )


def dirty_customers(customers: pa.Table) -> pa.Table:
    """Return extra customers: without a number, and delivered twice."""
    some = _some(customers)
    return pa.concat_tables([_with(some, "customer_id", pa.nulls(len(some), pa.string())), some])


def dirty_actions(actions: pa.Table) -> pa.Table:
    """Return extra actions: by a channel that nobody knows, and delivered twice."""
    some = _some(actions)
    unknown = pa.repeat(pa.scalar("pigeon"), len(some))
    return pa.concat_tables([_with(_renamed(some, "action_id", "Q"), "action_channel", unknown), some])


def _some(table: pa.Table) -> pa.Table:
    return plain(table.take(pa.array(range(_ONE_IN // 2, len(table), _ONE_IN), pa.int64())))


def plain(table: pa.Table) -> pa.Table:
    """Return the table with text columns as plain text."""
    fields = [
        pa.field(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type)
        for f in table.schema
    ]
    return table.cast(pa.schema(fields))


def _renamed(table: pa.Table, column: str, suffix: str) -> pa.Table:
    return _with(table, column, pc.binary_join_element_wise(table.column(column), suffix, ""))


def _with(table: pa.Table, column: str, values: pa.Array | pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.schema.get_field_index(column), column, values)
