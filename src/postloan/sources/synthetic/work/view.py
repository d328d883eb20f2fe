"""What the staff see: the ledger at a few days a month, over the last months, and who is in charge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from postloan.sources.synthetic import months, stock
from postloan.sources.synthetic.chunk import Chunk
from postloan.sources.synthetic.lending import OFFICERS_PER_BRANCH
from postloan.sources.synthetic.months import Span
from postloan.sources.synthetic.tables import Numbers, staff_id
from postloan.sources.synthetic.truth import Happenings
from postloan.sources.synthetic.types import Ints, Random
from postloan.sources.synthetic.world import BRANCHES

WORK_MONTHS = 13
COLLECTORS_PER_BRANCH = 3
_MIDDLE = 10  # day of the month, from 0, on which the ledger is looked at besides its end
IDS_PER_LOAN = 1_000


@dataclass(frozen=True, slots=True)
class Staffed:
    """One chunk as the staff see it.

    Args:
        chunk: Customers, loans and what happened to them.
        ids: Loan numbers.
        customers: Customer numbers.
        span: Months of the lender.
        happenings: What is planted.
        random: Draws of the staff's work alone.
        first_id: Where the numbers of this chunk's rows begin.
        days: Days on which the ledger is looked at, rising; the last is as_of.
        dpd: By loan and day: days past due, -1 where nothing is owed.
        overdue: By loan and day: fen past due.
        balance: By loan and day: principal owed, fen.
    """

    chunk: Chunk
    ids: pa.Array
    customers: pa.Array
    span: Span
    happenings: Happenings
    random: Random
    first_id: int
    days: Ints
    dpd: Ints
    overdue: Ints
    balance: Ints

    @property
    def n_loans(self) -> int:
        """How many loans the chunk has."""
        return len(self.chunk.loans)

    @property
    def first_day(self) -> int:
        """First day of the months that work is recorded for."""
        return int(months.first_day(self.span.last - WORK_MONTHS + 1))

    def numbers(self, count: int) -> Ints:
        """Return numbers that no other chunk gives."""
        return np.arange(count) + self.first_id

    def collectors(self, loan: Ints, dpd: Ints) -> Ints:
        """Return the staff place of the collector in charge: by turn, the hard cases of one branch to one."""
        branch = self.chunk.loans.branch[loan]
        turn = loan % COLLECTORS_PER_BRANCH
        hard = self.happenings.hard_cases
        is_theirs = branch == branch_place(hard.branch)
        turn = np.where(is_theirs, np.where(dpd > hard.over_dpd, 0, 1 + loan % 2), turn)
        return collector_place(branch, turn)

    def customer(self, loan: Ints) -> Ints:
        """Return the customer of loans."""
        return self.chunk.loans.customer[loan]


def staffed(
    chunk: Chunk, ids: pa.Array, customers: pa.Array, numbers: Numbers, span: Span, random: Random
) -> Staffed:
    """Look at the ledger of a chunk as its staff do."""
    first = span.last - WORK_MONTHS + 1
    ends = [
        (int(months.first_day(m)) + _MIDDLE, int(months.last_day(m))) for m in range(first, span.last + 1)
    ]
    days = np.unique(np.minimum(np.array(ends).ravel(), span.last_day))
    shape = (len(chunk.loans), len(days))
    dpd, overdue, balance = np.full(shape, -1), np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    received = stock.credits(chunk)
    for place, day in enumerate(days.tolist()):
        held = stock.stock(chunk, received, day)
        loan = chunk.plans.terms.loan[held.plan]
        dpd[loan, place], overdue[loan, place], balance[loan, place] = held.dpd, held.overdue, held.balance
    first_id = numbers.loans * IDS_PER_LOAN
    return Staffed(
        chunk, ids, customers, span, Happenings.of(span), random, first_id, days, dpd, overdue, balance
    )


def branch_place(name: str) -> int:
    """Return the place of a branch."""
    return [branch.name for branch in BRANCHES].index(name)


def collector_place(branch: Ints | int, turn: Ints | int) -> Ints:
    """Return the place of a branch's collector in the staff list; officers stand before collectors."""
    return np.asarray(len(BRANCHES) * OFFICERS_PER_BRANCH + branch * COLLECTORS_PER_BRANCH + turn)


def staff_names() -> list[str]:
    """Return the staff numbers of officers and collectors, in order."""
    return [staff_id(n) for n in range(len(BRANCHES) * (OFFICERS_PER_BRANCH + COLLECTORS_PER_BRANCH))]
