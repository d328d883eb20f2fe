"""Run the kernel over one partition: loans next to each other in order of their id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from postloan.engine import layout
from postloan.engine.columns import Ints
from postloan.engine.inputs import Inputs
from postloan.engine.kernel import replay_loans
from postloan.engine.layout import Desk, Facts, Money, Out, Records
from postloan.engine.replay_model import COMPONENTS, DpdConvention, PauseReading, ReplayModel
from postloan.model.contract import Kind


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the kernel made of one partition; loans are positions in all loans."""

    columns: dict[str, npt.NDArray[np.generic]]  # of the months, by name
    row_owners: Ints  # loan of each month
    instalments: Records
    owed: Money
    left: Money
    owners: Ints  # loan of each instalment
    allocations: Records  # their instalments are positions in ``instalments``
    states: Records  # what was written down at the checkpoint: see layout.Out
    n_open: Ints
    open_numbers: npt.NDArray[np.int32]
    open_money: Money
    credits: Records


@dataclass(frozen=True, slots=True)
class Past:
    """Where loans stood at the date from which they resume, and the date at which to write it down next."""

    states: Records  # MEMORY
    credits: Records  # CREDIT_ENTRY in order of loan
    resume: int  # position in the grid, NONE for none
    checkpoint: int  # position in the grid, NONE for none


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: columns of LOAN_MONTH, and whether they are all."""

    columns: tuple[str, ...] = layout.ROW.names or ()
    months_only: bool = False


EVERYTHING = Wanted()


def run(
    inputs: Inputs, model: ReplayModel, past: Past, first: int, end: int, wanted: Wanted = EVERYTHING
) -> Outputs:
    """Replay the loans ``first`` … ``end`` - 1; a loan's rows don't depend on the partition it is in."""
    part = _cut(inputs, first, end)
    credits = past.credits[inputs.loans["credit"][first] : inputs.loans["credit_end"][end - 1]]
    room = 2 * len(part.owed) + len(part.actions) + 64
    n = -1
    while n < 0:
        desk = _desk(part, model, room, wanted)
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
        out = _out(part, past.resume, len(credits), wanted)
        n = replay_loans(desk, facts, out)
        room *= 2
    loans = np.arange(first, end, dtype=np.int64)
    counts = part.loans["instalment_end"] - part.loans["instalment"]
    allocations = desk.allocations[: int(desk.state["allocations"][0])]
    return Outputs(
        _columns(out, n),
        np.repeat(loans, np.diff(out.ends, prepend=0)),
        desk.instalments,
        part.owed,
        desk.left,
        np.repeat(loans, counts),
        allocations,
        out.states,
        out.n_open,
        out.open_numbers[:, : out.n_open.sum()],
        out.open_money[:, : out.n_open.sum()],
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


def _columns(out: Out, n: int) -> dict[str, npt.NDArray[np.generic]]:
    money = {layout.SEEN[at].name: out.money[k, :n] for k, at in enumerate(out.money_at)}
    return money | {layout.SEEN[at].name: out.numbers[k, :n] for k, at in enumerate(out.numbers_at)}


def _desk(part: Inputs, model: ReplayModel, room: int, wanted: Wanted) -> Desk:
    settings = np.zeros(1, layout.SETTINGS)
    settings["is_inclusive"] = model.dpd_convention is DpdConvention.INCLUSIVE
    settings["is_fineract"] = model.pause_reading is PauseReading.FINERACT
    settings["tolerance"] = model.tolerance_minor
    settings["months_only"] = wanted.months_only
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


def _positions(names: Sequence[str], is_money: bool) -> npt.NDArray[np.int64]:
    """Return the positions in ROW of the columns among ``names`` that are money, or of the others."""
    seen = enumerate(layout.SEEN)
    found = [k for k, c in seen if c.name in names and (c.kind is Kind.MONEY) == is_money]
    return np.array(found, dtype=np.int64)


def _out(part: Inputs, resume: int, credits: int, wanted: Wanted) -> Out:
    starts = np.where(part.loans["state"] == layout.NONE, part.loans["first_date"], resume + 1)
    states = np.zeros(len(part.loans), layout.MEMORY)
    states["month_end"] = layout.NONE
    room = int((len(part.grid) - starts).sum())
    scratch = np.zeros(2, layout.ROW)
    money_at, numbers_at = (_positions(wanted.columns, is_money) for is_money in (True, False))
    return Out(
        money=np.empty((len(money_at), room), dtype=np.int64),
        numbers=np.empty((len(numbers_at), room), dtype=np.int32),
        money_at=money_at,
        numbers_at=numbers_at,
        ends=np.zeros(len(part.loans), dtype=np.int64),
        scratch=scratch,
        period=scratch[:1].view(np.int64),
        memory=np.zeros(1, layout.MEMORY),
        states=states,
        n_open=np.zeros(len(part.loans), dtype=np.int64),
        open_numbers=np.empty((3, len(part.owed)), dtype=np.int32),
        open_money=np.empty((len(COMPONENTS) + 1, len(part.owed)), dtype=np.int64),
        credits=np.zeros(len(part.actions) + credits, layout.CREDIT_ENTRY),
    )
