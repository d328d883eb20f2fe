"""Replay of ledgers: the state of every loan at every month-end, from instalments, payments and events."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from postloan.engine.assemble import instalment_outcome_of, loan_month_of, payment_allocation_of
from postloan.engine.inputs import Inputs, prepared
from postloan.engine.partition import Past, run
from postloan.engine.replay_model import ReplayModel
from postloan.engine.resuming import ledger_after, of_those_that_resume, past_of
from postloan.engine.starting_over import must_start_over
from postloan.engine.state import NO_STATE, State, hanging, position_of, state_of
from postloan.model.derived import INSTALMENT_OUTCOME, LOAN_MONTH, PAYMENT_ALLOCATION

_ROWS_PER_PARTITION = 80_000  # months and facts; they fit into the processor's cache
_ROWS_WORTH_A_THREAD = 5_000
NO_LOANS = pa.nulls(0, pa.string())


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay gives: three contract tables, each sorted by its grain, and where to resume.

    For a loan that resumed from a state of day S, they have only the rows that an earlier replay cannot have
    written for good. Of its earlier rows these still stand, and with them the tables are whole:

    - ``loan_month`` with ``month_end`` up to S,
    - ``instalment_outcome`` with ``paid_off_on`` or ``superseded_on`` up to S,
    - ``payment_allocation`` with ``applied_on`` up to S and a ``schedule_no`` other than 0 (credit that is
      not applied is always told anew).
    """

    loan_month: pa.Table
    instalment_outcome: pa.Table
    payment_allocation: pa.Table
    state: State  # at the last true month-end


def replay(
    loan: pa.Table,
    instalment: pa.Table,
    payment: pa.Table,
    loan_event: pa.Table,
    *,
    as_of: date,
    model: ReplayModel = ReplayModel(),  # noqa: B008 - frozen
    threads: int = 2,
    resume: State = NO_STATE,
    start_over: pa.Array = NO_LOANS,
    loans_per_partition: int | None = None,
) -> Replay:
    """Replay every disbursed loan up to ``as_of`` (F-01 … F-08, F-20, F-21, F-52).

    Rows of a loan run over the month-ends from its disbursement to ``as_of``, and ``as_of`` itself, until it
    leaves (settled, written off, sold, repossessed: that row has balance 0); after that only periods in which
    money moved have a row. A loan without instalments has rows with blank dpd and balance.

    Args:
        loan: Contract table; loans without ``disbursed_on`` up to ``as_of`` have no rows.
        instalment: Contract table, all plans; none is read of loans that resume.
        payment: Contract table; of loans that resume only those after the state are read.
        loan_event: Contract table, of all loans from the beginning: a pause counts long after it began.
        as_of: Last day; facts after it don't exist.
        model: Conventions; those of the replay that wrote ``resume``.
        threads: Partitions replayed at a time; does not change the result.
        resume: ``state`` of an earlier replay; loans that are not in it start from the beginning.
        start_over: Loans that start from the beginning all the same: those of ``must_start_over``.
        loans_per_partition: Loans replayed together, None for as many as suit; does not change the result.

    Returns:
        The tables; the same for any order of the rows given.

    Raises:
        ValueError: The state is of no month-end up to ``as_of``, or a loan that is to resume has facts after
            the state that change what was before.
    """
    tables = {"loan": loan, "instalment": instalment, "payment": payment, "loan_event": loan_event}
    state = of_those_that_resume(resume, loan, start_over)
    if state.on is not None:
        tables = ledger_after(tables, state, state.on)
        _refuse_changes_of_the_past(tables, state, state.on, as_of)
    inputs = prepared(tables, as_of, model)
    past = past_of(inputs, state, state.on)
    starts_over = _without_state(inputs, tables["payment"])
    n = loans_per_partition or _loans_that_suit(inputs, past, threads)
    part, starts = partial(_part, inputs, model, past, starts_over, n), range(0, len(inputs.loans), n)
    if len(starts) > 1:
        with ThreadPoolExecutor(threads) as pool:
            parts = list(pool.map(part, starts))
    else:
        parts = [part(start) for start in starts]
    return Replay(
        pa.concat_tables([LOAN_MONTH.schema().empty_table(), *(part.loan_month for part in parts)]),
        pa.concat_tables([INSTALMENT_OUTCOME.schema().empty_table(), *(p.instalment_outcome for p in parts)]),
        pa.concat_tables([PAYMENT_ALLOCATION.schema().empty_table(), *(p.payment_allocation for p in parts)]),
        _joined([NO_STATE, *(part.state for part in parts)]),
    )


def _loans_that_suit(inputs: Inputs, past: Past, threads: int) -> int:
    """Return how many loans to replay together: fewer from the beginning than where they resume."""
    n = len(inputs.loans)
    resumes = inputs.loans["state"] >= 0
    months = n * len(inputs.grid) - int(inputs.loans["first_date"][~resumes].sum())
    months -= (past.resume + 1) * int(resumes.sum())
    rows = months + len(inputs.instalments) + len(inputs.actions)
    parts = max(1, -(-rows // _ROWS_PER_PARTITION))
    if rows > _ROWS_WORTH_A_THREAD:
        parts = max(parts, threads)
    return max(1, -(-n // parts))


def _refuse_changes_of_the_past(tables: dict[str, pa.Table], state: State, on: date, as_of: date) -> None:
    later = {
        name: tables[name].filter(pc.less_equal(tables[name][column], pa.scalar(as_of, pa.date32())))
        for name, column in (("payment", "paid_on"), ("loan_event", "event_on"))
    }
    changed = must_start_over({}, {}, later, on)
    refused = changed.filter(pc.is_in(changed, value_set=state.loan["loan_id"].combine_chunks()))
    if len(refused):
        raise ValueError(f"loan {refused[0]} cannot resume from {on}: a later fact changes what was before")


def _without_state(inputs: Inputs, payment: pa.Table) -> npt.NDArray[np.bool_]:
    """Return by loan whether it has to start over next time, whatever happens."""
    checkpoint = position_of(inputs.grid)
    if checkpoint < 0:
        return np.zeros(len(inputs.loans), dtype=bool)
    on = pa.scalar(int(inputs.grid[checkpoint]), pa.int32()).cast(pa.date32()).as_py()
    return np.asarray(pc.is_in(inputs.loan_ids, value_set=hanging(payment, on)).to_numpy(False), dtype=bool)


def _joined(states: list[State]) -> State:
    return State(
        pa.concat_tables([state.loan for state in states]),
        pa.concat_tables([state.instalment for state in states]),
        pa.concat_tables([state.credit for state in states]),
    )


def _part(
    inputs: Inputs,
    model: ReplayModel,
    past: Past,
    starts_over: npt.NDArray[np.bool_],
    size: int,
    first: int,
) -> Replay:
    outputs = run(inputs, model, past, first, min(first + size, len(inputs.loans)))
    return Replay(
        loan_month_of(inputs, outputs),
        instalment_outcome_of(inputs, outputs),
        payment_allocation_of(inputs, outputs),
        state_of(inputs, outputs, first, starts_over),
    )
