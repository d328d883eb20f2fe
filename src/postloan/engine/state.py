"""The state of loans at a month-end: all that a replay needs to know of the days before, in contract form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from postloan.engine.assemble import column_of
from postloan.engine.columns import Ints, order_within
from postloan.engine.inputs import Inputs
from postloan.engine.layout import NONE
from postloan.engine.partition import Outputs
from postloan.engine.replay_model import COMPONENTS
from postloan.engine.starting_over import reversals_of_others
from postloan.model.contract import Table
from postloan.model.derived import CREDIT_STATE, INSTALMENT_STATE, LOAN_STATE

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class State:
    """Where loans stood at the end of one month: three contract tables, each sorted by its grain.

    A loan whose past could still change by what is not kept here is left out; it has to start over:

    - an instalment in force is paid off but for a remainder within the model's tolerance,
    - a reversal names a payment that is not there, or that comes after the date.
    """

    loan: pa.Table  # LOAN_STATE
    instalment: pa.Table  # INSTALMENT_STATE: those neither paid off nor superseded
    credit: pa.Table  # CREDIT_STATE: what is not applied yet

    @property
    def on(self) -> date | None:
        """The date; None where no loan has a state."""
        found: date | None = pc.max(self.loan["month_end"]).as_py()
        return found


NO_STATE = State(  # from no batches: an empty array would import pandas, and every command this module
    *(pa.Table.from_batches([], table.schema()) for table in (LOAN_STATE, INSTALMENT_STATE, CREDIT_STATE))
)


def without(state: State, loan_ids: pa.ChunkedArray) -> State:
    """Return the rows of ``state`` of other loans than ``loan_ids``."""
    left_out = pc.unique(loan_ids)
    tables = (state.loan, state.instalment, state.credit)
    return State(
        *(table.filter(pc.invert(pc.is_in(table["loan_id"], value_set=left_out))) for table in tables)
    )


def position_of(grid: npt.NDArray[np.int32]) -> int:
    """Return the position of the last true month-end, whose state is written down; NONE if there is none."""
    is_end = (grid + 1).astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]") == (
        grid + 1
    ).astype("datetime64[D]")
    positions = np.flatnonzero(is_end)
    return int(positions[-1]) if len(positions) else NONE


def hanging(payment: pa.Table, on: date) -> pa.Array:
    """Return the loans with a reversal up to ``on`` whose payment is not there by then.

    Args:
        payment: PAYMENT rows; where a loan resumes, those after its state are enough.
        on: Date of the state.
    """
    payment = payment.select(["loan_id", "payment_id", "paid_on", "payment_kind", "reverses_id"])
    reversals = payment.filter(pc.equal(payment["payment_kind"], "reversal"))
    if not len(reversals):
        return reversals["loan_id"].combine_chunks()
    known, reversals = (
        table.filter(pc.less_equal(table["paid_on"], pa.scalar(on, pa.date32())))
        for table in (payment, reversals)
    )
    return pc.unique(reversals_of_others(reversals, known)["loan_id"])


def state_of(inputs: Inputs, outputs: Outputs, first: int, starts_over: Flags) -> State:
    """Return the state that the kernel wrote down for one partition.

    Args:
        inputs: All loans.
        outputs: Of the partition.
        first: Position of the partition's first loan in all loans.
        starts_over: By loan, of all loans: has no state.
    """
    here = slice(first, first + len(outputs.states))
    has_state = (outputs.states["month_end"] != NONE) & ~starts_over[here]
    states = outputs.states[has_state]
    return State(
        _table(
            LOAN_STATE,
            inputs,
            first + np.flatnonzero(has_state),
            {name: states[name] for name in LOAN_STATE.names()[1:]},
        ),
        _instalments(inputs, outputs, has_state, first),
        _credits(inputs, outputs, has_state, first),
    )


def _instalments(inputs: Inputs, outputs: Outputs, has_state: Flags, first: int) -> pa.Table:
    owners = np.repeat(np.arange(len(has_state)), outputs.n_open)
    numbers, money = outputs.open_numbers, outputs.open_money
    if not has_state[owners].all():
        is_kept = has_state[owners]
        owners, numbers, money = owners[is_kept], numbers[:, is_kept], money[:, is_kept]
    order = order_within(owners, numbers[0], numbers[1])
    if (order[1:] < order[:-1]).any():  # of a plan that is not numbered in the order in which it falls due
        numbers, money = numbers[:, order], money[:, order]
    values: dict[str, npt.NDArray[np.generic]] = {
        **dict(zip(("schedule_no", "instalment_no", "due_on"), numbers, strict=True)),
        **dict(zip((*(f"{component}_minor" for component in COMPONENTS), "done_minor"), money, strict=True)),
    }
    return _table(INSTALMENT_STATE, inputs, first + owners, values)


def _credits(inputs: Inputs, outputs: Outputs, has_state: Flags, first: int) -> pa.Table:
    credits = outputs.credits[outputs.credits["unapplied"] != 0]
    owners = inputs.payments.owners[credits["payment"]]
    is_kept = has_state[owners - first]
    credits, owners = credits[is_kept], owners[is_kept]
    columns = inputs.payment_columns.take(pa.array(credits["payment"]))
    values = {
        "credit_no": _numbered(owners),
        "paid_on": credits["day"],
        "dpd_before": credits["dpd"],
        "unapplied_minor": credits["unapplied"],
        "free_minor": credits["free"],
    }
    given = {"payment_id": columns["payment_id"], "payer": columns["payer"]}
    return _table(CREDIT_STATE, inputs, owners, values, given)


def _numbered(owners: Ints) -> npt.NDArray[np.int32]:
    """Return the position of each row among those of its loan; rows of a loan are next to each other."""
    firsts = np.searchsorted(owners, owners)
    return (np.arange(len(owners)) - firsts).astype(np.int32)


def _table(
    contract: Table,
    inputs: Inputs,
    owners: Ints,
    values: dict[str, npt.NDArray[np.generic]],
    given: dict[str, pa.ChunkedArray] | None = None,
) -> pa.Table:
    columns = {"loan_id": inputs.loan_ids.take(pa.array(owners)), **(given or {})}
    columns |= {name: column_of(contract.column(name), array) for name, array in values.items()}
    return pa.table([columns[name] for name in contract.names()], schema=contract.schema())
