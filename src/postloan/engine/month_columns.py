"""Some columns of the months of loans, for questions that ask for nothing else: quicker than a whole replay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pyarrow as pa

from postloan.engine.assemble import loan_month_of
from postloan.engine.inputs import prepared
from postloan.engine.partition import Wanted, run
from postloan.engine.replay_model import ReplayModel
from postloan.engine.resuming import past_of
from postloan.engine.state import NO_STATE
from postloan.model.derived import LOAN_MONTH

_LOANS_PER_PARTITION = 1024


def month_columns(
    tables: Mapping[str, pa.Table],
    names: Sequence[str],
    *,
    as_of: date,
    model: ReplayModel = ReplayModel(),  # noqa: B008 - frozen
    threads: int = 2,
) -> pa.Table:
    """Return ``loan_month`` as ``replay`` does, but only some of its columns, and without the other tables.

    Args:
        tables: ``loan``, ``instalment``, ``payment`` and ``loan_event`` in contract schema.
        names: Columns of LOAN_MONTH; ``loan_id`` always comes first.
        as_of: Last day; facts after it don't exist.
        model: Conventions.
        threads: Partitions replayed at a time; does not change the result.

    Raises:
        KeyError: LOAN_MONTH has no such column.
    """
    wanted = Wanted(
        tuple(LOAN_MONTH.column(name).name for name in names if name != "loan_id"), months_only=True
    )
    inputs = prepared(tables, as_of, model)
    past = past_of(inputs, NO_STATE, None)

    def part(first: int) -> pa.Table:
        end = min(first + _LOANS_PER_PARTITION, len(inputs.loans))
        return loan_month_of(
            inputs, run(inputs, model, past, first, end, wanted), ("loan_id", *wanted.columns)
        )

    schema = pa.schema([LOAN_MONTH.schema().field(name) for name in ("loan_id", *wanted.columns)])
    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(part, range(0, len(inputs.loans), _LOANS_PER_PARTITION)))
    return pa.concat_tables([schema.empty_table(), *parts])
