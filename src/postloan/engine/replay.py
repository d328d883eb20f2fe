"""Replay of ledgers: the state of every loan at every month-end, from instalments, payments and events."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from postloan.engine.assemble import instalment_outcome_of, loan_month_of, payment_allocation_of
from postloan.engine.checkpoint import checkpoint_of, nothing_recalled, position_of, recall, resumed_of
from postloan.engine.inputs import Inputs, prepared
from postloan.engine.layout import Records
from postloan.engine.partition import Memory, run
from postloan.engine.replay_model import ReplayModel
from postloan.model.derived import INSTALMENT_OUTCOME, LOAN_MONTH, PAYMENT_ALLOCATION

_LOANS_PER_PARTITION = 1024  # their rows fit into the processor's cache


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay gives: three contract tables, each sorted by its grain, and where to resume.

    After resuming, ``loan_month`` has only the rows after the checkpoint of the loans in ``resumed``: their
    rows up to then still stand (see ``joined``). The other tables are always whole.
    """

    loan_month: pa.Table
    instalment_outcome: pa.Table
    payment_allocation: pa.Table
    checkpoint: pa.Table
    resumed: pa.Table  # loan_id, month_end from which it resumed


@dataclass(frozen=True, slots=True)
class _Part:
    loan_month: pa.Table
    instalment_outcome: pa.Table
    payment_allocation: pa.Table
    memory: Records


def replay(
    loan: pa.Table,
    instalment: pa.Table,
    payment: pa.Table,
    loan_event: pa.Table,
    *,
    as_of: date,
    model: ReplayModel = ReplayModel(),  # noqa: B008 - frozen
    threads: int = 2,
    resume: pa.Table | None = None,
    loans_per_partition: int = _LOANS_PER_PARTITION,
) -> Replay:
    """Replay every disbursed loan up to ``as_of`` (F-01 … F-08, F-20, F-21, F-52).

    Rows of a loan run over the month-ends from its disbursement to ``as_of``, and ``as_of`` itself, until it
    leaves (settled, written off, sold, repossessed: that row has balance 0); after that only periods in which
    money moved have a row. A loan without instalments has rows with blank dpd and balance.

    Args:
        loan: Contract table; loans without ``disbursed_on`` up to ``as_of`` have no rows.
        instalment: Contract table, all plans.
        payment: Contract table.
        loan_event: Contract table.
        as_of: Last day; facts after it don't exist.
        model: Conventions.
        threads: Partitions replayed at a time; does not change the result.
        resume: ``checkpoint`` of an earlier replay; loans whose facts up to it have changed start over.
        loans_per_partition: Loans replayed together; does not change the result.

    Returns:
        The tables; the same for any order of the rows given.
    """
    tables = {"loan": loan, "instalment": instalment, "payment": payment, "loan_event": loan_event}
    inputs = prepared(tables, as_of, model)
    n = len(inputs.loans)
    recalled = nothing_recalled(n) if resume is None else recall(inputs, model, resume)
    inputs.loans["resume"] = recalled.resume
    memory = Memory(recalled.memory, position_of(inputs.grid))
    with ThreadPoolExecutor(threads) as pool:
        starts = range(0, n, loans_per_partition)
        parts = list(pool.map(partial(_part, inputs, model, memory, loans_per_partition), starts))
    remembered = np.concatenate([recalled.memory[:0], *(part.memory for part in parts)])
    return Replay(
        pa.concat_tables([LOAN_MONTH.schema().empty_table(), *(part.loan_month for part in parts)]),
        pa.concat_tables([INSTALMENT_OUTCOME.schema().empty_table(), *(p.instalment_outcome for p in parts)]),
        pa.concat_tables([PAYMENT_ALLOCATION.schema().empty_table(), *(p.payment_allocation for p in parts)]),
        checkpoint_of(inputs, model, remembered),
        resumed_of(inputs, recalled),
    )


def joined(before: pa.Table, after: Replay) -> pa.Table:
    """Return the whole ``loan_month``: rows of an earlier replay that still stand, and the new ones.

    Args:
        before: ``loan_month`` of the replay that wrote the checkpoint.
        after: The replay that resumed from it.
    """
    positions = pc.index_in(before["loan_id"], value_set=after.resumed["loan_id"].combine_chunks())
    resumed_on = after.resumed["month_end"].combine_chunks().take(positions.combine_chunks())
    stands = pc.fill_null(pc.less_equal(before["month_end"], resumed_on), False)
    rows = pa.concat_tables([before.filter(stands), after.loan_month])
    return rows.sort_by([("loan_id", "ascending"), ("month_end", "ascending")])


def _part(inputs: Inputs, model: ReplayModel, memory: Memory, size: int, first: int) -> _Part:
    outputs = run(inputs, model, memory, first, min(first + size, len(inputs.loans)))
    return _Part(
        loan_month_of(inputs, outputs),
        instalment_outcome_of(inputs, outputs),
        payment_allocation_of(inputs, outputs),
        outputs.checkpoints,
    )
