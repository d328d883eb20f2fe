"""From a state and the facts after it to the kernel's arrays, as if they were a ledger of their own.

What is left of an open instalment is what it asks for; credit not yet applied is a payment that does nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from postloan.engine import layout
from postloan.engine.columns import Ints, ints, owned, positions_in
from postloan.engine.inputs import DONE, EVENT_READ, INSTALMENT_READ, PAYMENT_READ, Inputs, days_of, locate
from postloan.engine.layout import ACTIVE, NONE, NONE_MONEY, Records
from postloan.engine.partition import Past
from postloan.engine.state import State, position_of
from postloan.model import codes
from postloan.model.contract import Kind
from postloan.model.derived import LOAN_STATE

_CARRIED = "carried"  # a kind that no payment has, and so one that does nothing


def of_those_that_resume(state: State, loan: pa.Table, start_over: pa.Array) -> State:
    """Return the rows of ``state`` of loans in ``loan`` that do not start over."""
    ids = state.loan["loan_id"]
    here = pc.is_in(ids, value_set=loan["loan_id"].combine_chunks())
    ids = ids.filter(pc.and_not(here, pc.is_in(ids, value_set=start_over))).combine_chunks()
    return State(*(owned(table, ids)[0] for table in (state.loan, state.instalment, state.credit)))


def ledger_after(tables: Mapping[str, pa.Table], state: State, on: date) -> dict[str, pa.Table]:
    """Return the tables of a ledger in which loans with a state begin with it.

    Args:
        tables: ``loan``, ``instalment``, ``payment`` and ``loan_event``; facts up to ``on`` of loans with a
            state are left out, their pauses aside.
        state: Of the loans that resume.
        on: Its date.
    """
    ids = state.loan["loan_id"].combine_chunks()
    payment, event = tables["payment"].select(PAYMENT_READ), tables["loan_event"].select(EVENT_READ)
    is_pause = pc.is_in(event["event_kind"], value_set=pa.array(["pause", "resume"]))
    payments = [payment.filter(_counts(payment, "paid_on", ids, on)), _carried(state.credit, payment.schema)]
    return {
        "loan": tables["loan"],
        "instalment": _instalments(tables, state.instalment, ids),
        "payment": pa.concat_tables(payments),
        "loan_event": event.filter(pc.or_(is_pause, _counts(event, "event_on", ids, on))),
    }


def past_of(inputs: Inputs, state: State, on: date | None) -> Past:
    """Return the state as the kernel's arrays, and note in ``inputs`` which rows of it each loan has.

    Args:
        inputs: Made of ``ledger_after``; its loans are changed in place.
        state: Of the loans that resume.
        on: Its date; None where no loan resumes.

    Raises:
        ValueError: The date is not a month-end up to the as-of date.
    """
    checkpoint = position_of(inputs.grid)
    loans, owners = owned(state.loan, inputs.loan_ids)
    inputs.loans["state"][owners] = np.arange(len(owners))
    credits, credit_owners = _credits(inputs, state.credit)
    locate(inputs.loans, "credit", credit_owners)
    if on is None:
        return Past(_memory(loans), credits, NONE, checkpoint)
    resume = int(np.searchsorted(inputs.grid, days_of(on)))
    if resume > checkpoint or inputs.grid[resume] != days_of(on):
        raise ValueError(f"a replay cannot resume from {on}: it is no month-end up to the as-of date")
    return Past(_memory(loans), credits, resume, checkpoint)


def _counts(table: pa.Table, column: str, ids: pa.Array, on: date) -> pa.ChunkedArray:
    is_after = pc.greater(table[column], pa.scalar(on, pa.date32()))
    return pc.or_(is_after, pc.invert(pc.is_in(table["loan_id"], value_set=ids)))


def _instalments(tables: Mapping[str, pa.Table], state: pa.Table, ids: pa.Array) -> pa.Table:
    """Return the instalments of loans that start over, and what is left of the others'."""
    table = tables["instalment"].select(INSTALMENT_READ)
    table = table.filter(pc.invert(pc.is_in(table["loan_id"], value_set=ids)))
    table = table.append_column(DONE, pa.array(np.zeros(len(table), dtype=np.int64)))
    columns = {name: state[name] for name in state.column_names}
    columns["is_withdrawn"] = pa.nulls(len(state), pa.bool_())
    left = pa.table([columns[name] for name in table.column_names], schema=table.schema)
    loan_ids = tables["loan"]["loan_id"].combine_chunks()
    return _interleaved(table, left, loan_ids.take(pc.sort_indices(loan_ids)))


def _interleaved(few: pa.Table, many: pa.Table, ids: pa.Array) -> pa.Table:
    """Return the rows of the loans ``ids`` of both in that order; no loan has rows in both. Copies nothing."""
    few, owners = owned(few, ids)
    many, others = owned(many, ids)
    if not len(owners):
        return many
    starts = np.flatnonzero(np.diff(owners, prepend=-1))
    cuts = np.searchsorted(others, owners[starts])
    pieces = [many.slice(0, cuts[0])]
    for start, end, cut, next_cut in zip(
        starts, [*starts[1:], len(owners)], cuts, [*cuts[1:], len(others)], strict=True
    ):
        pieces += [few.slice(start, end - start), many.slice(cut, next_cut - cut)]
    return pa.concat_tables(pieces)


def _carried(state: pa.Table, schema: pa.Schema) -> pa.Table:
    n = len(state)
    columns = {
        **{name: state[name] for name in ("payment_id", "loan_id", "paid_on", "payer")},
        "amount_minor": pa.array(np.zeros(n, dtype=np.int64)),
        "payment_kind": pa.repeat(_CARRIED, n),
        "reverses_id": pa.nulls(n, pa.string()),
    }
    return pa.table([columns[name] for name in schema.names], schema=schema)


def _memory(state: pa.Table) -> Records:
    memory = np.zeros(len(state), layout.MEMORY)
    for column in LOAN_STATE.columns[1:]:
        values = state[column.name]
        if column.kind is Kind.CODE:
            values = pc.index_in(values, value_set=pa.array(codes.LOAN_STATUS.values(), pa.string()))
        memory[column.name] = ints(values, NONE_MONEY if column.kind is Kind.MONEY else NONE)
    memory["is_gone"] = memory["status"] != ACTIVE
    return memory


def _credits(inputs: Inputs, state: pa.Table) -> tuple[Records, Ints]:
    """Return the credit entries in order of loan and use, and the loan of each."""
    state, owners = owned(state, inputs.loan_ids)
    order = np.lexsort((ints(state["credit_no"]), owners))
    state, owners = state.take(pa.array(order)), owners[order]
    credits = np.zeros(len(owners), layout.CREDIT_ENTRY)
    credits["payment"] = positions_in(inputs.payment_columns["payment_id"], state["payment_id"])
    credits["day"] = ints(state["paid_on"])
    credits["dpd"] = ints(state["dpd_before"], NONE)
    credits["free"] = ints(state["free_minor"])
    credits["unapplied"] = ints(state["unapplied_minor"])
    return credits, owners
