"""Records and codes shared by the kernel and what feeds and reads it.

Dates are int32 days since 1970-01-01, money int64 minor units. ``NONE`` and ``NONE_MONEY`` stand for blank.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from postloan.model.derived import LOAN_MONTH, TAPE_COLUMNS

NONE = int(np.iinfo(np.int32).min)
NONE_MONEY = int(np.iinfo(np.int64).min)
PRINCIPAL = 3  # position in replay_model.COMPONENTS
CREDIT = 4

# What can happen to a loan, in the order in which one day's facts count.
(
    BOUNCE,
    RESCHEDULE,
    EXTENSION,
    WAIVER,
    REPAYMENT,
    EARLY_REPAYMENT,
    EARLY_SETTLEMENT,
    REFUND,
    ADVANCE,
    RECOVERY,
    SETTLEMENT,
    SALE,
    REPOSSESSION,
    WRITE_OFF,
) = range(14)

ACTIVE, SETTLED, WRITTEN_OFF, SOLD, REPOSSESSED = range(5)  # positions in codes.LOAN_STATUS

LOAN = np.dtype(
    [
        ("principal", "i8"),
        ("disbursed_on", "i4"),
        ("grace_days", "i4"),
        ("is_restructured", "i4"),
        ("first_plan", "i4"),  # 0: the plan before the first reschedule is not known
        ("first_date", "i4"),  # position in the grid of the first row
        ("state", "i4"),  # row of the state it resumes from; NONE to start from the beginning
        ("instalment", "i4"),
        ("instalment_end", "i4"),
        ("action", "i4"),
        ("action_end", "i4"),
        ("pause", "i4"),
        ("pause_end", "i4"),
        ("credit", "i4"),
        ("credit_end", "i4"),
    ]
)
INSTALMENT = np.dtype(
    [
        ("plan", "i4"),
        ("no", "i4"),
        ("due", "i4"),
        ("paid_off", "i4"),
        ("superseded", "i4"),
        ("worst", "i4"),
        ("in_force", "i4"),  # now or before
        ("done", "i8"),  # paid or waived up to the state that the loan resumes from
    ]
)
ACTION = np.dtype(
    [
        ("day", "i4"),
        ("kind", "i4"),
        ("argument", "i4"),  # plan of a reschedule, component of a waiver (NONE: allocation order)
        ("is_distressed", "i4"),
        ("payment", "i4"),  # row of the payment; of the bounced one for a bounce; NONE for events
        ("amount", "i8"),
    ]
)
PAUSE = np.dtype([("start", "i4"), ("end", "i4")])
ALLOCATION = np.dtype(
    [
        ("payment", "i4"),
        ("day", "i4"),
        ("instalment", "i4"),  # NONE: credit
        ("component", "i4"),
        ("dpd", "i4"),
        ("is_overdue", "i4"),
        ("amount", "i8"),
        ("live", "i8"),  # what no refund has taken back
    ]
)
CREDIT_ENTRY = np.dtype(
    [("payment", "i4"), ("day", "i4"), ("dpd", "i4"), ("free", "i8"), ("unapplied", "i8")]
)
STATE = np.dtype(
    [
        ("plan", "i8"),
        ("start", "i8"),  # instalments of the plan in force: start ≤ position < end
        ("end", "i8"),
        ("entered", "i8"),  # day the plan came into force; NONE for the first
        ("first", "i8"),  # all before it have nothing left
        ("credited", "i8"),  # all before it have met the credit on their due date
        ("fallen", "i8"),  # all before it are past their due date
        ("left", "i8"),
        ("balance", "i8"),
        ("credit", "i8"),
        ("advanced", "i8"),
        ("status", "i8"),
        ("exit_day", "i8"),
        ("is_final", "i8"),  # left by an event: no refund brings it back
        ("is_restructured", "i8"),
        ("is_extended", "i8"),
        ("allocations", "i8"),  # rows written so far
        ("loan_allocations", "i8"),  # rows written before this loan
        ("barrier", "i8"),  # first row of the plan in force: a refund goes back no further
        ("queue", "i8"),  # credit entries: queue ≤ position < queue_end still have something free
        ("queue_end", "i8"),
        ("is_known", "i8"),  # a plan with instalments is in force
        ("open", "i8"),  # open instalments written down so far
        ("is_full", "i8"),  # no room for another allocation: run the partition again with more
        ("target", "i8"),  # bounce up to which the past is being replayed; NONE if it is not
        ("was_moved", "i8"),  # another plan came into force in the period
    ]
)
MEMORY = np.dtype(
    [
        ("month_end", "i4"),  # of the state; NONE: none
        ("dpd", "i4"),
        ("is_gone", "i4"),  # the row of the exit has been shown
        ("is_known", "i4"),  # the balance at the date before was known
        ("overdue_streak", "i4"),
        ("clean_streak", "i4"),
        ("worst_dpd", "i4"),
        ("first_over_30_on", "i4"),
        ("first_over_60_on", "i4"),
        ("first_over_90_on", "i4"),
        ("cured_on", "i4"),
        ("balance_first_over_30_minor", "i8"),
        ("balance_first_over_60_minor", "i8"),
        ("balance_first_over_90_minor", "i8"),
        # Where the ledger stood at the date; the rest is seen at the dates before.
        ("status", "i4"),
        ("schedule_no", "i4"),
        ("is_restructured", "i4"),
        ("is_extended", "i4"),
        ("credit_minor", "i8"),
        ("advanced_minor", "i8"),
    ]
)
SEEN = tuple(
    c for c in LOAN_MONTH.columns if c.name not in ("loan_id", *TAPE_COLUMNS)
)  # a ledger leaves these blank
ROW = np.dtype([(c.name, "i8") for c in SEEN])  # all alike, so that a row is a vector too
SETTINGS = np.dtype(
    [
        ("is_inclusive", "i8"),
        ("is_fineract", "i8"),
        ("tolerance", "i8"),
        ("months_only", "i8"),  # neither outcomes nor allocations are wanted
    ]
)

Records = npt.NDArray[np.void]
Money = npt.NDArray[np.int64]


class Desk(NamedTuple):
    """All arrays of one partition that the ledger of a loan reads and changes; passed to every jitted function."""

    state: Records  # one STATE
    settings: Records  # one SETTINGS
    order: Money  # components in the order of allocation
    instalments: Records
    owed: Money  # instalment × component
    left: Money  # the same, not yet paid or waived
    overdue: Money  # by component: left of what has fallen overdue in the plan in force
    allocations: Records
    queue: Records
    pauses: Records


class Facts(NamedTuple):
    """What happened to the loans of one partition, and when it is looked at."""

    loans: Records
    actions: Records
    bounced: npt.NDArray[np.int8]  # by payment: has bounced by now
    grid: npt.NDArray[np.int32]  # observation dates
    states: Records  # MEMORY of the loans that resume
    credits: Records  # their credit entries
    resume: int  # position in the grid of the date of ``states``; NONE if there are none
    checkpoint: int  # position in the grid of the date to write down; NONE if there is none


class Out(NamedTuple):
    """What the kernel writes besides the ledger itself."""

    money: Money  # column that is wanted × row
    numbers: npt.NDArray[np.int32]  # the same, of columns other than money
    money_at: npt.NDArray[np.int64]  # their positions in ROW
    numbers_at: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]  # by loan: the row after its last
    scratch: Records  # the running period, and one to throw away
    period: Money  # the running period as a vector
    memory: Records  # of the loan at work
    states: Records  # by loan: its memory at the checkpoint; month_end NONE where it has to start over
    n_open: npt.NDArray[np.int64]  # by loan: instalments whose outcome is not final at the checkpoint
    open_numbers: npt.NDArray[np.int32]  # their plan, number and due date, one row each, loan after loan
    open_money: Money  # what is left of each component, and what is done
    credits: Records  # credit entries at the checkpoint, from position action + credit of each loan on
