"""How each plan's borrower is disposed to pay, before anything happens: latent risk and planted truths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from postloan.sources.synthetic import world
from postloan.sources.synthetic.borrowers import Borrowers
from postloan.sources.synthetic.lending import METHODS, SECURITIES, Loans
from postloan.sources.synthetic.plans import Plans
from postloan.sources.synthetic.truth import Happenings
from postloan.sources.synthetic.types import Flags, Floats, Ints, Random
from postloan.sources.synthetic.world import BRANCHES, INDUSTRIES, PRODUCTS, REGIONS

_SPREAD = 0.7  # of the latent risk, log scale, mean 1
_RELIEF_SHARE = 0.35
_REDEFAULT_TIMES = 3.0  # a rescheduled borrower misses this much more often
_BALLOON = tuple(METHODS.index(name) for name in ("interest_only", "bullet"))


@dataclass(frozen=True, slots=True)
class Habits:
    """One entry per plan: chances per instalment and whom the happenings may touch."""

    misses: Floats
    misses_last: Floats
    settles: Floats
    heals: Floats  # times the usual chance to catch up
    is_shocked: Flags
    is_worked_on: Flags  # long overdue, it is in good hands
    may_be_relieved: Flags
    may_be_extended: Flags
    may_be_rescheduled: Flags
    may_be_repossessed: Flags
    may_be_advanced: Flags

    def for_plans(self, plan_loan: Ints) -> Habits:
        """Take the habits of the loans of some plans."""
        return Habits(**{name: getattr(self, name)[plan_loan] for name in self.__slots__})

    def for_next_plans(self, plan_loan: Ints, is_distressed: Flags) -> Habits:
        """Take the habits of the loans of plans laid out anew, some for borrowers in difficulty."""
        taken = {name: getattr(self, name)[plan_loan] for name in self.__slots__}
        never = np.zeros(len(plan_loan), np.bool_)
        times = np.where(is_distressed, _REDEFAULT_TIMES, 1.0)
        taken["misses"] = np.minimum(taken["misses"] * times, 0.5)
        taken["misses_last"] = np.minimum(taken["misses_last"] * times, 0.5)
        taken |= {"may_be_relieved": never, "may_be_extended": never, "may_be_rescheduled": never}
        return Habits(**taken)


def of_loans(loans: Loans, people: Borrowers, happenings: Happenings, random: Random) -> Habits:
    """Draw the habits of every loan of the chunk, one entry per loan."""
    industry = np.where(loans.industry >= 0, loans.industry, people.industry[loans.customer])
    risk = np.exp(_SPREAD * random.standard_normal(len(loans)) - _SPREAD**2 / 2)
    risk *= np.array([branch.risk for branch in BRANCHES])[loans.branch]
    vintage = happenings.vintage
    is_bad = (loans.branch == [b.name for b in BRANCHES].index(vintage.branch)) & (
        (loans.month >= vintage.first_month) & (loans.month <= vintage.last_month)
    )
    risk *= np.where(is_bad, vintage.misses_times, 1.0)
    risk[loans.renews[loans.renews >= 0]] = 0.0  # who is renewed has paid without fault
    shock = happenings.shock
    return Habits(
        misses=_of_product("misses", loans) * risk,
        misses_last=_of_product("misses_last", loans) * risk,
        settles=np.where(risk > 0, _of_product("settles", loans), 0.0),
        heals=np.where(is_bad, vintage.heals_times, 1.0),
        is_worked_on=loans.branch == [b.name for b in BRANCHES].index(happenings.hard_cases.branch),
        is_shocked=(industry == INDUSTRIES.index(shock.industry)) & _in(loans, shock.region),
        may_be_relieved=_in(loans, happenings.relief_region)
        & (random.random(len(loans)) < _RELIEF_SHARE)
        & (risk > 0),
        may_be_extended=_in(loans, happenings.harvest_region) & _is(loans, "农业贷款"),
        may_be_rescheduled=~_is(loans, "农业贷款"),
        may_be_repossessed=_is(loans, "工程机械融资"),
        may_be_advanced=loans.security == SECURITIES.index("guarantee"),
    )


def carries_principal_last(plans: Plans) -> Flags:
    """Say of each plan whether its last instalment repays the whole principal."""
    return np.isin(plans.terms.method, _BALLOON)


def _of_product(name: str, loans: Loans) -> Floats:
    return np.array([getattr(product, name) for product in PRODUCTS], np.float64)[loans.product]


def _in(loans: Loans, region: str) -> Flags:
    flags: Flags = loans.region == world.position(REGIONS, region)
    return flags


def _is(loans: Loans, product: str) -> Flags:
    flags: Flags = loans.product == [item.name for item in PRODUCTS].index(product)
    return flags
