"""Which loans a changed book forces to start over: those whose past is no longer what their state says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from postloan.engine.actions_in import EVENT_KINDS
from postloan.engine.inputs import EVENT_READ, INSTALMENT_READ, LOAN_READ, PAYMENT_READ
from postloan.model.tables import TABLES

_TAPE = "loan_tape"
_READ = {"loan": LOAN_READ, "instalment": INSTALMENT_READ, "payment": PAYMENT_READ, "loan_event": EVENT_READ}
_READ_EVENTS = (*EVENT_KINDS, "pause", "resume")


def must_start_over(
    added: Mapping[str, pa.Table],
    removed: Mapping[str, pa.Table],
    later: Mapping[str, pa.Table],
    on: date,
) -> pa.Array:
    """Return the loans that cannot resume from a state of day ``on``, sorted.

    A row that is in ``added`` and in ``removed`` with the same values in the columns that a replay reads has
    not changed. What resumes: any payment after ``on`` of any kind but a refund to the borrower; a reversal
    after ``on`` of a payment after ``on``; any event after ``on`` that brings no other plan into force. All
    else starts over: facts up to ``on`` that came or went, other instalments, other loan columns, rows of a
    tape. A loan without a state starts over as well; it need not be named.

    Args:
        added: Rows that came into the book since the replay that wrote the state, by table; tables and rows
            that a replay doesn't read don't matter.
        removed: Rows that left it; a replaced row is in both.
        later: All ``payment`` and ``loan_event`` rows after ``on`` up to the new as-of date, whether they are
            new or not.
        on: Date of the state.
    """
    changed = {name: _changed(name, added, removed) for name in _READ}
    new_payment = _after(later, "payment", "paid_on", on)
    payment = _both(_after(changed, "payment", "paid_on", on), new_payment)
    event = _both(_after(changed, "loan_event", "event_on", on), _after(later, "loan_event", "event_on", on))
    found = [
        changed["loan"],
        changed["instalment"],
        _up_to(changed["payment"], "paid_on", on),
        _up_to(_read_events(changed["loan_event"]), "event_on", on),
        _refunds(payment),
        reversals_of_others(payment, new_payment),
        _new_plans(event),
        *(tables[_TAPE] for tables in (added, removed) if _TAPE in tables),
    ]
    ids = _both(*(table.select(["loan_id"]) for table in found))["loan_id"]
    return pc.unique(ids.combine_chunks().sort())


def _both(*tables: pa.Table) -> pa.Table:
    """Return the rows of all, some of which have lost the mark that a column is required."""
    return pa.concat_tables(tables, promote_options="default")


def _changed(name: str, added: Mapping[str, pa.Table], removed: Mapping[str, pa.Table]) -> pa.Table:
    """Return the rows of a table that came or went, with the columns that a replay reads."""
    columns = _READ[name]
    sides = [
        tables[name].select(columns).append_column("n", pa.array([sign] * len(tables[name]), pa.int64()))
        for tables, sign in ((added, 1), (removed, -1))
        if name in tables
    ]
    if not sides:
        return TABLES[name].schema().empty_table().select(columns)
    counts = pa.concat_tables(sides).group_by(columns).aggregate([("n", "sum")])
    return counts.filter(pc.not_equal(counts["n_sum"], 0)).select(columns)


def _after(tables: Mapping[str, pa.Table], name: str, column: str, on: date) -> pa.Table:
    if name not in tables:
        return TABLES[name].schema().empty_table().select(_READ[name])
    table = tables[name].select(_READ[name])
    return table.filter(pc.greater(table[column], pa.scalar(on, pa.date32())))


def _up_to(table: pa.Table, column: str, on: date) -> pa.Table:
    return table.filter(pc.less_equal(table[column], pa.scalar(on, pa.date32())))


def _read_events(event: pa.Table) -> pa.Table:
    return event.filter(pc.is_in(event["event_kind"], value_set=pa.array(_READ_EVENTS)))


def _refunds(payment: pa.Table) -> pa.Table:
    """Return refunds to the borrower: what they take back was paid at any time before."""
    to_guarantor = pc.fill_null(pc.equal(payment["payer"], "guarantor"), False)
    return payment.filter(pc.and_not(pc.equal(payment["payment_kind"], "refund"), to_guarantor))


def reversals_of_others(payment: pa.Table, known: pa.Table) -> pa.Table:
    """Return loan and payment of reversals of anything that is not one of the ``known`` payments of their loan."""
    keys = ["loan_id", "reverses_id"]
    reversals = payment.filter(pc.equal(payment["payment_kind"], "reversal")).select(keys).drop_null()
    if not len(reversals):
        return reversals
    is_named = pc.is_in(known["payment_id"], value_set=reversals["reverses_id"].combine_chunks())
    named = known.select(["loan_id", "payment_id"]).filter(is_named).rename_columns(keys)
    return reversals.join(named, keys=keys, join_type="left anti")


def _new_plans(event: pa.Table) -> pa.Table:
    is_move = pc.is_in(event["event_kind"], value_set=pa.array(["reschedule", "extension"]))
    return event.filter(pc.and_(is_move, pc.is_valid(event["schedule_no"])))
