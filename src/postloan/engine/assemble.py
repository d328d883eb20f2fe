"""From the kernel's records to contract tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from postloan.engine.columns import order_within, taken
from postloan.engine.inputs import Inputs
from postloan.engine.layout import NONE, NONE_MONEY, Money, Records
from postloan.engine.partition import Outputs
from postloan.engine.replay_model import COMPONENTS
from postloan.model.contract import ARROW_TYPES, Column, Kind
from postloan.model.derived import INSTALMENT_OUTCOME, LOAN_MONTH, PAYMENT_ALLOCATION, TAPE_COLUMNS

_COMPONENT_NAMES = (*COMPONENTS, "credit")
_COMPONENT_RANKS = np.argsort(np.argsort(_COMPONENT_NAMES))


def column_of(column: Column, values: npt.NDArray[np.generic]) -> pa.Array:
    """Return integers as an Arrow column of the contract's type; the blank marks become null."""
    if column.kind is Kind.CODE and column.codes is not None:
        return pa.array(column.codes.values(), pa.string()).take(pa.array(values))
    is_blank = values == (NONE_MONEY if values.dtype == np.int64 else NONE)
    mask = is_blank if is_blank.any() else None
    if column.kind is Kind.FLAG:
        return pa.array(values == 1, mask=mask)
    kind = pa.int32() if column.kind is Kind.DATE else ARROW_TYPES[column.kind]
    array = pa.array(np.ascontiguousarray(values), type=kind, mask=mask)
    return array.cast(ARROW_TYPES[column.kind])


def loan_month_of(inputs: Inputs, outputs: Outputs, names: Sequence[str] = LOAN_MONTH.names()) -> pa.Table:
    """Return the LOAN_MONTH rows of a partition; the kernel writes them in order of loan and date.

    Args:
        inputs: All loans.
        outputs: Of the partition.
        names: Columns, ``loan_id`` first; a ledger leaves those of tapes blank.
    """
    owners = outputs.row_owners
    columns = [inputs.loan_ids.take(pa.array(owners))]
    for name in names[1:]:
        column = LOAN_MONTH.column(name)
        if name in TAPE_COLUMNS:
            columns.append(pa.nulls(len(owners), ARROW_TYPES[column.kind]))
        else:
            columns.append(column_of(column, outputs.columns[name]))
    schema = LOAN_MONTH.schema()
    return pa.Table.from_arrays(columns, schema=pa.schema([schema.field(name) for name in names]))


def instalment_outcome_of(inputs: Inputs, outputs: Outputs) -> pa.Table:
    """Return INSTALMENT_OUTCOME rows of a partition, of the plans that have been in force."""
    seen = np.flatnonzero(outputs.instalments["in_force"] == 1)
    numbers = (outputs.instalments[name] for name in ("plan", "no"))
    seen = taken(seen, order_within(outputs.owners[seen], *(taken(number, seen) for number in numbers)))
    instalments, owners = taken(outputs.instalments, seen), taken(outputs.owners, seen)
    owed, left = (_summed(taken(parts, seen)) for parts in (outputs.owed, outputs.left))
    values = {
        "schedule_no": instalments["plan"],
        "instalment_no": instalments["no"],
        "due_on": instalments["due"],
        "due_minor": instalments["done"] + owed,
        "paid_minor": instalments["done"] + owed - left,
        "paid_off_on": instalments["paid_off"],
        "superseded_on": instalments["superseded"],
        "worst_dpd": instalments["worst"],
    }
    columns = [inputs.loan_ids.take(pa.array(owners))]
    columns += [column_of(column, values[column.name]) for column in INSTALMENT_OUTCOME.columns[1:]]
    return pa.Table.from_arrays(columns, schema=INSTALMENT_OUTCOME.schema())


def _summed(parts: Money) -> Money:
    """Return the sum over the four components; numpy is slow at summing short rows."""
    return parts[:, 0] + parts[:, 1] + parts[:, 2] + parts[:, 3]


def payment_allocation_of(inputs: Inputs, outputs: Outputs) -> pa.Table:
    """Return PAYMENT_ALLOCATION rows of a partition; parts with the same key are one row."""
    allocations = outputs.allocations
    plans, numbers = _instalments_of(allocations, outputs.instalments)
    keys = (
        inputs.payments.owners[allocations["payment"]],
        inputs.payments.ranks[allocations["payment"]],
        allocations["day"],
        plans,
        numbers,
        _COMPONENT_RANKS[allocations["component"]],
    )
    order = order_within(*keys)
    starts = _starts([key[order] for key in keys])
    first = order[starts]
    amounts = np.add.reduceat(allocations["amount"][order], starts) if len(order) else allocations["amount"]
    payments = pa.array(allocations["payment"][first])
    codes = pa.array(_COMPONENT_NAMES).take(pa.array(allocations["component"][first]))
    by_name = {column.name: column for column in PAYMENT_ALLOCATION.columns}
    columns = [
        inputs.payment_columns["loan_id"].take(payments),
        inputs.payment_columns["payment_id"].take(payments),
        column_of(by_name["applied_on"], allocations["day"][first]),
        pa.array(plans[first], pa.int32()),
        pa.array(numbers[first], pa.int32()),
        codes,
        pa.array(amounts, pa.int64()),
        pc.fill_null(inputs.payment_columns["payer"].take(payments), "borrower"),
        column_of(by_name["dpd_before"], allocations["dpd"][first]),
        column_of(by_name["is_overdue"], allocations["is_overdue"][first]),
    ]
    return pa.Table.from_arrays(columns, schema=PAYMENT_ALLOCATION.schema())


def _instalments_of(
    allocations: Records, instalments: Records
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Return plan and number of the instalment of each allocation, 0 for credit."""
    is_part = allocations["instalment"] != NONE
    plans = np.zeros(len(allocations), dtype=np.int32)
    numbers = np.zeros(len(allocations), dtype=np.int32)
    plans[is_part] = instalments["plan"][allocations["instalment"][is_part]]
    numbers[is_part] = instalments["no"][allocations["instalment"][is_part]]
    return plans, numbers


def _starts(keys: list[npt.NDArray[Any]]) -> npt.NDArray[np.int64]:
    """Return where a new key begins in sorted columns of keys."""
    is_new = np.ones(len(keys[0]), dtype=bool)
    if len(is_new) > 1:
        is_new[1:] = np.any([key[1:] != key[:-1] for key in keys], axis=0)
    return np.flatnonzero(is_new)
