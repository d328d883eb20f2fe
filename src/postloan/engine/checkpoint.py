"""Checkpoints: what a loan must remember at a month-end, and how to tell that its past has changed.

The ledger itself is not kept: it is brought back from the same facts by the same code, which costs little.
Kept is what can only be known by looking at every date before: streaks, the worst so far, the latest cure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from postloan.engine import layout
from postloan.engine.assemble import column_of
from postloan.engine.columns import Ints, ints
from postloan.engine.inputs import Inputs
from postloan.engine.layout import NONE, Records
from postloan.engine.replay_model import COMPONENTS, DpdConvention, PauseReading, ReplayModel
from postloan.model.contract import Kind
from postloan.model.derived import CHECKPOINT

Hashes = npt.NDArray[np.uint64]
_REMEMBERED = tuple(
    name for name in CHECKPOINT.names() if name not in ("loan_id", "month_end", "fingerprint")
)


def fingerprints_of(inputs: Inputs, model: ReplayModel, day: int) -> Hashes:
    """Return for every loan a number that changes when anything changes that counts up to ``day``.

    Args:
        inputs: Loans and facts.
        model: Another model gives other fingerprints.
        day: Days since 1970-01-01; facts and pause days after it don't count.
    """
    loans, actions, pauses = inputs.loans, inputs.actions, inputs.pauses
    own = [
        loans[name] for name in ("principal", "disbursed_on", "grace_days", "is_restructured", "first_plan")
    ]
    instalments = [inputs.instalments[name] for name in ("plan", "no", "due")] + list(inputs.owed.T)
    facts = [actions[name] for name in ("day", "kind", "argument", "is_distressed", "amount")]
    spans = [pauses["start"], np.minimum(pauses["end"], day)]
    hashes = _mixed([*own, *_settings(model, len(loans))])
    hashes += _summed(_mixed(instalments), loans, "instalment")
    hashes += _summed(_mixed(facts) * (actions["day"] <= day), loans, "action")
    hashes += _summed(_mixed(spans) * (pauses["start"] < day), loans, "pause")
    return hashes


def _settings(model: ReplayModel, n: int) -> list[Ints]:
    numbers = [
        *(COMPONENTS.index(component) for component in model.allocation),
        model.dpd_convention is DpdConvention.INCLUSIVE,
        model.pause_reading is PauseReading.FINERACT,
        model.tolerance_minor,
    ]
    return [np.full(n, number, dtype=np.int64) for number in numbers]


def _mixed(columns: list[npt.NDArray[np.generic]]) -> Hashes:
    """Return a well-mixed hash per row (the finaliser of splitmix64 after each column)."""
    hashes = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        hashes = (
            hashes * np.uint64(31) + column.astype(np.int64).view(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        )
        hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        hashes = hashes ^ (hashes >> np.uint64(31))
    return hashes


def _summed(hashes: Hashes, loans: Records, name: str) -> Hashes:
    """Return the sum by loan, wrapping around; the order of a loan's rows does not matter."""
    sums = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(hashes, dtype=np.uint64)])
    summed: Hashes = sums[loans[f"{name}_end"]] - sums[loans[name]]
    return summed


def position_of(grid: npt.NDArray[np.int32]) -> int:
    """Return the position of the last true month-end, from which the next replay can resume; NONE if none."""
    is_end = (grid + 1).astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]") == (
        grid + 1
    ).astype("datetime64[D]")
    positions = np.flatnonzero(is_end)
    return int(positions[-1]) if len(positions) else NONE


@dataclass(frozen=True, slots=True)
class Recalled:
    """Memory by loan, and the position in the grid after which each resumes (NONE: starts over)."""

    memory: Records
    resume: npt.NDArray[np.int32]


def nothing_recalled(n: int) -> Recalled:
    """Return the memory of ``n`` loans that start from the beginning."""
    memory = np.zeros(n, layout.MEMORY)
    memory["date"] = NONE
    return Recalled(memory, np.full(n, NONE, dtype=np.int32))


def recall(inputs: Inputs, model: ReplayModel, checkpoint: pa.Table) -> Recalled:
    """Return what unchanged loans remember; loans that are new or whose past has changed start over.

    Args:
        inputs: Loans and facts.
        model: Conventions; another model changes every fingerprint.
        checkpoint: CHECKPOINT rows of one or more dates; the latest that still holds is used. Dates that
            are no observation date of this replay are not used.
    """
    recalled = nothing_recalled(len(inputs.loans))
    owners = ints(pc.index_in(checkpoint["loan_id"], value_set=inputs.loan_ids), NONE)
    days = ints(checkpoint["month_end"])
    prints = np.array(checkpoint["fingerprint"].to_pylist(), dtype=object)
    for day in np.intersect1d(days, inputs.grid):
        rows = np.flatnonzero((days == day) & (owners != NONE))
        own = _as_text(fingerprints_of(inputs, model, int(day))[owners[rows]])
        rows = rows[own == prints[rows]]
        _fill(recalled, checkpoint.take(pa.array(rows)), owners[rows], int(np.searchsorted(inputs.grid, day)))
    return recalled


def resumed_of(inputs: Inputs, recalled: Recalled) -> pa.Table:
    """Return which loans resume, and the month-end from which each does."""
    is_resumed = recalled.resume != NONE
    dates = pa.array(inputs.grid[recalled.resume[is_resumed]], pa.int32()).cast(pa.date32())
    return pa.table({"loan_id": inputs.loan_ids.filter(pa.array(is_resumed)), "month_end": dates})


def _as_text(hashes: Hashes) -> npt.NDArray[np.object_]:
    return np.array([f"{number:016x}" for number in hashes.tolist()], dtype=object)


def _fill(recalled: Recalled, checkpoint: pa.Table, owners: Ints, position: int) -> None:
    recalled.resume[owners] = position
    recalled.memory["date"][owners] = ints(checkpoint["month_end"])
    for name in _REMEMBERED:
        blank = layout.NONE_MONEY if CHECKPOINT.column(name).kind is Kind.MONEY else NONE
        recalled.memory[name][owners] = ints(checkpoint[name], blank)


def checkpoint_of(inputs: Inputs, model: ReplayModel, memory: Records) -> pa.Table:
    """Return CHECKPOINT rows of the loans that have a memory."""
    is_set = memory["date"] != NONE
    ids = inputs.loan_ids.filter(pa.array(is_set))
    memory = memory[is_set]
    day = int(memory["date"][0]) if len(memory) else 0
    prints = fingerprints_of(inputs, model, day)[is_set]
    columns = [
        ids,
        column_of(CHECKPOINT.column("month_end"), memory["date"]),
        pa.array(_as_text(prints), pa.string()),
        *(column_of(CHECKPOINT.column(name), memory[name]) for name in _REMEMBERED),
    ]
    return pa.Table.from_arrays(columns, schema=CHECKPOINT.schema())
