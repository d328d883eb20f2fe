"""Run the kernel over one partition: loans next to each other in order of their id."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from postloan.engine import layout
from postloan.engine.columns import Ints
from postloan.engine.inputs import Inputs
from postloan.engine.kernel import replay_loans
from postloan.engine.layout import Desk, Facts, Money, Out, Records
from postloan.engine.replay_model import COMPONENTS, DpdConvention, PauseReading, ReplayModel


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the kernel made of one partition; loans are positions in all loans."""

    rows: Records
    instalments: Records
    owed: Money
    left: Money
    owners: Ints  # loan of each instalment
    allocations: Records  # their instalments are positions in ``instalments``
    states: Records  # what was written down at the checkpoint: see layout.Out
    left_then: Money
    is_open: npt.NDArray[np.int8]
    credits: Records


@dataclass(frozen=True, slots=True)
class Past:
    """Where loans stood at the date from which they resume, and the date at which to write it down next."""

    states: Records  # MEMORY
    credits: Records  # CREDIT_ENTRY in order of loan
    resume: int  # position in the grid, NONE for none
    checkpoint: int  # position in the grid, NONE for none


def run(inputs: Inputs, model: ReplayModel, past: Past, first: int, end: int) -> Outputs:
    """Replay the loans ``first`` … ``end`` - 1; a loan's rows don't depend on the partition it is in."""
    part = _cut(inputs, first, end)
    credits = past.credits[inputs.loans["credit"][first] : inputs.loans["credit_end"][end - 1]]
    room = 2 * len(part.owed) + len(part.actions) + 64
    n = -1
    while n < 0:
        desk = _desk(part, model, room)
        bounced = np.zeros(part.payment_columns.num_rows, dtype=np.int8)
        facts = Facts(
            part.loans,
            part.actions,
            bounced,
            part.grid,
            past.states,
            credits,
            past.resume,
            past.checkpoint,
        )
        out = _out(part, past.resume, len(credits))
        n = replay_loans(desk, facts, out)
        room *= 2
    out.rows["loan"] += first
    counts = part.loans["instalment_end"] - part.loans["instalment"]
    owners = np.repeat(np.arange(first, end, dtype=np.int64), counts)
    allocations = desk.allocations[: int(desk.state["allocations"][0])]
    return Outputs(
        out.rows[:n],
        desk.instalments,
        part.owed,
        desk.left,
        owners,
        allocations,
        out.states,
        out.left,
        out.is_open,
        out.credits,
    )


def _cut(inputs: Inputs, first: int, end: int) -> Inputs:
    """Return the loans ``first`` … ``end`` - 1 with their facts, positions counted from the cut."""
    loans = inputs.loans[first:end].copy()
    parts = {}
    for name in ("instalment", "action", "pause"):
        start, stop = int(loans[name][0]), int(loans[f"{name}_end"][-1])
        parts[name] = slice(start, stop)
        loans[name] -= start
        loans[f"{name}_end"] -= start
    first_credit = int(loans["credit"][0])
    loans["credit"] -= first_credit
    loans["credit_end"] -= first_credit
    return replace(
        inputs,
        loans=loans,
        instalments=inputs.instalments[parts["instalment"]].copy(),
        owed=inputs.owed[parts["instalment"]],
        actions=inputs.actions[parts["action"]],
        pauses=inputs.pauses[parts["pause"]],
    )


def _desk(part: Inputs, model: ReplayModel, room: int) -> Desk:
    settings = np.zeros(1, layout.SETTINGS)
    settings["is_inclusive"] = model.dpd_convention is DpdConvention.INCLUSIVE
    settings["is_fineract"] = model.pause_reading is PauseReading.FINERACT
    settings["tolerance"] = model.tolerance_minor
    loans = part.loans
    entries = loans["action_end"] - loans["action"] + loans["credit_end"] - loans["credit"]
    return Desk(
        state=np.zeros(1, layout.STATE),
        settings=settings,
        order=np.array([COMPONENTS.index(component) for component in model.allocation], dtype=np.int64),
        instalments=part.instalments,
        owed=part.owed,
        left=part.owed.copy(),
        overdue=np.zeros(len(COMPONENTS), dtype=np.int64),
        allocations=np.zeros(room, layout.ALLOCATION),
        queue=np.zeros(int(entries.max(initial=0)) + 1, layout.CREDIT_ENTRY),
        pauses=part.pauses,
    )


def _out(part: Inputs, resume: int, credits: int) -> Out:
    starts = np.where(part.loans["state"] == layout.NONE, part.loans["first_date"], resume + 1)
    states = np.zeros(len(part.loans), layout.MEMORY)
    states["month_end"] = layout.NONE
    return Out(
        rows=np.zeros(int((len(part.grid) - starts).sum()), layout.ROW),
        scratch=np.zeros(3, layout.ROW),
        memory=np.zeros(1, layout.MEMORY),
        states=states,
        left=np.zeros_like(part.owed),
        is_open=np.zeros(len(part.owed), dtype=np.int8),
        credits=np.zeros(len(part.actions) + credits, layout.CREDIT_ENTRY),
    )
