"""The kernel against its slow twin, on ledgers that nobody would think of."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import twin_tables
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_strategies import AS_OF, books, models
from ledgers import Ledger, tables

from effort import examples
from postloan.engine.replay import replay
from postloan.engine.replay_model import ReplayModel
from postloan.model.derived import INSTALMENT_OUTCOME, LOAN_MONTH, PAYMENT_ALLOCATION

Row = dict[str, Any]


def differences(kernel: pa.Table, twin: list[Row], grain: tuple[str, ...]) -> list[str]:
    """Say in words where the two disagree, one line per cell."""
    ours = {tuple(row[name] for name in grain): row for row in kernel.to_pylist()}
    theirs = {tuple(row[name] for name in grain): row for row in twin}
    found = [f"{key} only in the kernel" for key in ours.keys() - theirs.keys()]
    found += [f"{key} only in the twin" for key in theirs.keys() - ours.keys()]
    for key in sorted(ours.keys() & theirs.keys(), key=str):
        assert ours[key].keys() == theirs[key].keys()
        found += [
            f"{key} {name}: kernel {ours[key][name]}, twin {theirs[key][name]}"
            for name in ours[key]
            if ours[key][name] != theirs[key][name]
        ]
    return found


def twin_of(book: list[Ledger], model: ReplayModel, as_of: date) -> tuple[list[Row], list[Row], list[Row]]:
    months: list[Row] = []
    outcomes: list[Row] = []
    allocations: list[Row] = []
    for ledger in book:
        months += twin_tables.loan_months(ledger, model, as_of)
        life = twin_tables.last_evening(ledger, model, as_of)
        if life is not None:
            outcomes += twin_tables.outcomes(life, as_of)
            allocations += twin_tables.allocations(life)
    return months, outcomes, allocations


@settings(max_examples=examples(100, 400), deadline=None, suppress_health_check=list(HealthCheck))
@given(books(8), models, st.sampled_from(AS_OF))
def test_kernel_and_twin_agree(book: list[Ledger], model: ReplayModel, as_of: date) -> None:
    found = replay(**tables(book), as_of=as_of, model=model)
    months, outcomes, allocations = twin_of(book, model, as_of)
    assert not differences(found.loan_month, months, LOAN_MONTH.grain)
    assert not differences(found.instalment_outcome, outcomes, INSTALMENT_OUTCOME.grain)
    assert not differences(found.payment_allocation, allocations, PAYMENT_ALLOCATION.grain)
