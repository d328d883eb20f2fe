"""Repayment plans as flat arrays: every instalment of every plan, computed in closed form."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from postloan.sources.synthetic import months
from postloan.sources.synthetic.lending import METHODS, Loans
from postloan.sources.synthetic.types import Floats, Ints
from postloan.sources.synthetic.world import PRODUCTS

_ANNUITY = METHODS.index("annuity")
_LEVEL = (METHODS.index("equal_principal"), METHODS.index("other"))


@dataclass(frozen=True, slots=True)
class Terms:
    """What a plan is laid out from, one entry per plan; money in fen, ``first_due`` a month.

    ``carried`` is unpaid interest of an older plan, added to the last instalment.
    """

    loan: Ints
    schedule_no: Ints
    starts: Ints
    principal: Ints
    rate: Floats
    method: Ints
    first_due: Ints
    step: Ints
    count: Ints
    due_day: Ints
    fee: Ints
    carried: Ints

    def __len__(self) -> int:
        return len(self.loan)


@dataclass(frozen=True)
class Plans:
    """Terms, and beside them one entry per instalment, plan by plan in due order."""

    terms: Terms
    principal: Ints
    interest: Ints
    fee: Ints

    def __len__(self) -> int:
        return len(self.terms)

    @cached_property
    def offset(self) -> Ints:
        """Place of each plan's first instalment, and the number of instalments at the end."""
        return np.concatenate([[0], np.cumsum(self.terms.count)])

    @cached_property
    def owner(self) -> Ints:
        """Plan of each instalment."""
        return np.repeat(np.arange(len(self)), self.terms.count)

    @cached_property
    def number(self) -> Ints:
        """Number of each instalment in its plan, from 1."""
        return np.arange(len(self.owner)) - self.offset[self.owner] + 1

    @cached_property
    def due_on(self) -> Ints:
        """Due day of each instalment."""
        terms, owner = self.terms, self.owner
        month = terms.first_due[owner] + (self.number - 1) * terms.step[owner]
        return months.first_day(month) + terms.due_day[owner] - 1

    @cached_property
    def due(self) -> Ints:
        """Everything due with each instalment."""
        return self.principal + self.interest + self.fee

    @cached_property
    def due_so_far(self) -> Ints:
        """Everything due with the first k instalments, at offset + plan + k; k from 0."""
        return self._so_far(self.due)

    @cached_property
    def principal_so_far(self) -> Ints:
        """Principal of the first k instalments, at offset + plan + k; k from 0."""
        return self._so_far(self.principal)

    @cached_property
    def starts_at(self) -> Ints:
        """Place of k = 0 of each plan in the running sums, which have one entry more per plan."""
        return self.offset[:-1] + np.arange(len(self))

    def n_covered(self, plan: Ints, paid: Ints) -> Ints:
        """Return how many instalments of each ``plan`` a total of ``paid`` covers, oldest first."""
        beyond = self._ladder[1]
        place = np.searchsorted(self._ladder[0], plan * beyond + paid, side="right") - 1
        return place - self.starts_at[plan]

    def n_due(self, plan: Ints, day: int) -> Ints:
        """Return how many instalments of each ``plan`` have a due day up to and including ``day``."""
        month = int(months.month_of_day(np.array(day)))
        in_month = day - int(months.first_day(month)) + 1
        reached = month - (in_month < self.terms.due_day[plan])
        count = (reached - self.terms.first_due[plan]) // self.terms.step[plan] + 1
        n_due: Ints = np.clip(count, 0, self.terms.count[plan])
        return n_due

    def principal_left(self, plan: Ints, paid: Ints) -> Ints:
        """Return the principal that is left of each ``plan`` when a total of ``paid`` has been applied.

        Within an instalment fees are paid first, then interest, then principal (F-02).
        """
        covered = self.n_covered(plan, paid)
        start = self.starts_at[plan] + covered
        place = np.minimum(self.offset[plan] + covered, len(self.due) - 1)
        part = paid - self.due_so_far[start] - self.fee[place] - self.interest[place]
        left: Ints = self.terms.principal[plan] - self.principal_so_far[start] - np.maximum(part, 0)
        return left

    @cached_property
    def _ladder(self) -> tuple[Ints, int]:
        """Running sums of all plans made into one ascending array, for one search over all."""
        beyond = int(self.due_so_far.max(initial=0)) + 1
        owner = np.repeat(np.arange(len(self)), self.terms.count + 1)
        return self.due_so_far + owner * beyond, beyond

    def _so_far(self, amount: Ints) -> Ints:
        total = np.concatenate([[0], np.cumsum(amount)])
        owner = np.repeat(np.arange(len(self)), self.terms.count + 1)
        so_far: Ints = total[np.arange(len(owner)) - owner] - total[self.offset[owner]]
        return so_far


def laid_out(terms: Terms) -> Plans:
    """Compute all instalments; principal parts add up to the plan's principal to the fen."""
    count = terms.count
    owner = np.repeat(np.arange(len(terms)), count)
    offset = np.cumsum(count) - count
    k = np.arange(len(owner)) - offset[owner] + 1
    after, before = (_balance(terms, owner, place) for place in (k, k - 1))
    rate = (terms.rate * terms.step / 12)[owner]
    level = np.round(terms.principal[owner] * rate / -np.expm1(-count[owner] * np.log1p(rate))).astype(
        np.int64
    )
    principal = before - after
    simple = np.round(before * rate).astype(np.int64)
    interest = np.where(terms.method[owner] == _ANNUITY, np.maximum(level - principal, 0), simple)
    interest += np.where(k == count[owner], terms.carried[owner], 0)
    return Plans(terms, principal, interest, terms.fee[owner])


def _balance(terms: Terms, owner: Ints, k: Ints) -> Ints:
    """Return the principal left after ``k`` instalments, in whole fen."""
    principal, count = terms.principal[owner], terms.count[owner]
    method = terms.method[owner]
    growth = np.log1p(terms.rate * terms.step / 12)[owner]
    annuity = np.expm1((k - count) * growth) / np.expm1(-count * growth)
    left = np.select(
        [method == _ANNUITY, np.isin(method, _LEVEL)],
        [annuity, 1 - k / count],
        np.where(k < count, 1.0, 0.0),
    )
    balance: Ints = np.round(principal * left).astype(np.int64)
    return balance


def first_plans(loans: Loans) -> Plans:
    """Lay out the plan that each disbursed loan was lent on."""
    mine = np.flatnonzero(~loans.is_undisbursed)
    fee_rate = np.array([product.fee_rate for product in PRODUCTS])[loans.product[mine]]
    return laid_out(
        Terms(
            loan=mine,
            schedule_no=np.ones(len(mine), np.int64),
            starts=loans.disbursed[mine],
            principal=loans.principal[mine],
            rate=loans.rate[mine],
            method=loans.method[mine],
            first_due=loans.month[mine] + loans.step[mine],
            step=loans.step[mine],
            count=loans.term[mine] // loans.step[mine],
            due_day=loans.due_day[mine],
            fee=np.round(loans.principal[mine] * fee_rate).astype(np.int64),
            carried=np.zeros(len(mine), np.int64),
        )
    )


def joined(first: Plans, second: Plans) -> Plans:
    """Return both sets of plans; those of ``second`` come after those of ``first``."""
    terms = Terms(
        **{
            f.name: np.concatenate([getattr(first.terms, f.name), getattr(second.terms, f.name)])
            for f in fields(Terms)
        }
    )
    parts = (
        np.concatenate([getattr(first, n), getattr(second, n)]) for n in ("principal", "interest", "fee")
    )
    return Plans(terms, *parts)
