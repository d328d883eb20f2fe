"""Customers of one chunk: what kind, where, in which industry. Names are added when they are written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from postloan.sources.synthetic.months import Span, first_day
from postloan.sources.synthetic.types import Ints, Random
from postloan.sources.synthetic.world import BRANCHES, CUSTOMER_KINDS, INDUSTRY_WEIGHTS, REGIONS

CUSTOMERS_PER_LOAN = 0.8
_HOME_SHARE = 0.97  # the others live in another region than their branch


@dataclass(frozen=True, slots=True)
class Borrowers:
    """One entry per customer: positions in the lists of ``world``, and the day they were signed up."""

    kind: Ints
    branch: Ints
    region: Ints
    industry: Ints
    since: Ints

    def __len__(self) -> int:
        return len(self.kind)


def signed_up(kind: Ints, span: Span, random: Random) -> Borrowers:
    """Draw customers of the given kinds; one per entry of ``kind``."""
    share = np.array([branch.share for branch in BRANCHES])
    branch = random.choice(len(BRANCHES), len(kind), p=share / share.sum())
    home = np.array([REGIONS.index(item.region) for item in BRANCHES])[branch]
    away = random.integers(0, len(REGIONS), len(kind))
    industry = np.zeros(len(kind), np.int64)
    for position, name in enumerate(CUSTOMER_KINDS):
        mine = np.flatnonzero(kind == position)
        weights = np.array(INDUSTRY_WEIGHTS[name])
        industry[mine] = random.choice(len(weights), len(mine), p=weights / weights.sum())
    return Borrowers(
        kind=kind,
        branch=branch,
        region=np.where(random.random(len(kind)) < _HOME_SHARE, home, away),
        industry=industry,
        since=first_day(span.first) - random.integers(1, 2_000, len(kind)),
    )


def of_kinds(loan_kind: Ints) -> tuple[Ints, Ints]:
    """Return the kind of each customer needed, and for each loan the place of its kind's first customer."""
    counts = [
        int(np.ceil(CUSTOMERS_PER_LOAN * (loan_kind == kind).sum())) for kind in range(len(CUSTOMER_KINDS))
    ]
    starts = np.concatenate([[0], np.cumsum(counts)])[:-1]
    return np.repeat(np.arange(len(counts)), counts), starts[loan_kind]


def assigned(loan_kind: Ints, random: Random) -> tuple[Ints, Ints]:
    """Give every loan a customer of its kind: all have one loan, a fifth of loans go to an old customer.

    Returns:
        The kind of each customer, and the customer of each loan.
    """
    kinds, start = of_kinds(loan_kind)
    customer = np.zeros(len(loan_kind), np.int64)
    for kind in range(len(CUSTOMER_KINDS)):
        mine = np.flatnonzero(loan_kind == kind)
        count = int((kinds == kind).sum())
        again = random.integers(0, max(count, 1), len(mine))
        order = np.arange(len(mine))
        customer[mine] = start[mine] + np.where(order < count, order, again)
    return kinds, customer
