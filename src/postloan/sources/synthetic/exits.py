"""Ways out of a plan other than paying: extension, reschedule, write-off, sale, repossession."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from postloan.model import codes
from postloan.sources.synthetic import months
from postloan.sources.synthetic.habits import Habits
from postloan.sources.synthetic.lending import METHODS
from postloan.sources.synthetic.plans import Plans, Terms
from postloan.sources.synthetic.truth import Happenings
from postloan.sources.synthetic.types import Flags, Ints, Random
from postloan.sources.synthetic.view import View

STAYS = -1
EXTENSION, RESCHEDULE, WRITE_OFF, SALE, REPOSSESSION = (
    codes.EVENT_KIND.values().index(kind)
    for kind in ("extension", "reschedule", "write_off", "sale", "repossession")
)
_EXTENDED, _RESCHEDULED, _REPOSSESSED, _SOLD, _WRITTEN_OFF = 0.6, 0.06, 0.06, 0.25, 0.6
_ANNUITY, _EQUAL_PRINCIPAL, _BULLET = (METHODS.index(m) for m in ("annuity", "equal_principal", "bullet"))
_EXTRA_INSTALMENTS = 12
_EXTENSION_MONTHS = 6
_RELIEF_OF_RATE = 0.8


@dataclass(frozen=True, slots=True)
class Exit:
    """Plans that may leave in a month: event kind or STAYS, day, instalments due and total paid by then.

    ``ahead`` is principal repaid ahead of the plan, which is why it is laid out anew; 0 otherwise.
    """

    plan: Ints
    kind: Ints
    day: Ints
    n_due: Ints
    paid: Ints
    ahead: Ints

    @property
    def is_distressed(self) -> Flags:
        """Which leave because the borrower is in difficulty."""
        flags: Flags = (self.kind != EXTENSION) & (self.ahead == 0)
        return flags

    @property
    def keep(self) -> Flags:
        """Which of the plans leave."""
        flags: Flags = self.kind != STAYS
        return flags

    def only(self, keep: Flags) -> Exit:
        """Take some of the plans."""
        return Exit(*(getattr(self, name)[keep] for name in self.__slots__))

    def at(self, paid: Ints) -> Exit:
        """Take the plans that leave, with what each has paid."""
        mine = self.only(self.keep)
        return replace(mine, paid=paid[mine.plan])

    def shifted(self, by: int) -> Exit:
        """Count the plans on from ``by``."""
        return replace(self, plan=self.plan + by)


def joined(parts: list[Exit]) -> Exit:
    """Return all exits as one."""
    return Exit(*(np.concatenate([getattr(part, name) for part in parts]) for name in Exit.__slots__))


def extended(view: View, habits: Habits, happenings: Happenings, plans: Plans, random: Random) -> Exit:
    """Extend some farm loans after a bad harvest, a week before their last instalment falls due."""
    first, last = happenings.harvest_months
    draw = random.random(len(view.plan))
    fit = habits.may_be_extended[view.plan] & (view.arrears == 0) & (draw < _EXTENDED)
    fit &= (first <= view.month <= last) & (view.n_due == plans.terms.count[view.plan])
    day = months.first_day(view.month) + plans.terms.due_day[view.plan] - 8
    return _leaving(view, np.where(fit, EXTENSION, STAYS), day)


def given_up(view: View, habits: Habits, plans: Plans, random: Random) -> Exit:
    """Decide what the lender does with plans in arrears on which nothing was paid this month."""
    draw, severity = random.random(len(view.plan)), view.severity
    month = months.of_year(view.month)
    kind = np.select(
        [
            (severity >= 12) & (month % 3 == 0) & (draw < _WRITTEN_OFF),
            (severity >= 6) & (month == 12) & (draw < _SOLD),
            (severity >= 5) & habits.may_be_repossessed[view.plan] & (draw < _REPOSSESSED),
            (severity >= 2) & (severity <= 5) & habits.may_be_rescheduled[view.plan] & (draw < _RESCHEDULED),
        ],
        [WRITE_OFF, SALE, REPOSSESSION, RESCHEDULE],
        STAYS,
    )
    day = np.full(len(view.plan), int(months.last_day(view.month)) - 1)
    return _leaving(view, kind, day)


def recast(view: View, ahead: Ints, plans: Plans) -> Exit:
    """Lay out anew, the day after, the plans of which part was repaid ahead."""
    day = months.first_day(view.month) + plans.terms.due_day[view.plan]
    return replace(_leaving(view, np.where(ahead > 0, RESCHEDULE, STAYS), day), ahead=ahead)


def _leaving(view: View, kind: Ints, day: Ints) -> Exit:
    blank = np.zeros_like(view.plan)
    return Exit(view.plan, kind, day, view.n_due, paid=blank, ahead=blank)


def next_terms(leaving: Exit, plans: Plans) -> Terms:
    """Return the terms of the plans that follow a reschedule or extension.

    The new principal is what was outstanding; unpaid interest is carried to the last instalment. A
    borrower in difficulty gets more time at a lower rate.
    """
    plan, old = leaving.plan, plans.terms
    extends, eased = leaving.kind == EXTENSION, leaving.is_distressed
    left, carried = owed_apart(leaving, plans)
    level = np.where(old.method[plan] == _ANNUITY, _ANNUITY, _EQUAL_PRINCIPAL)
    step = np.where(extends, _EXTENSION_MONTHS, 1)
    rest = (old.count[plan] - leaving.n_due) * old.step[plan]
    return Terms(
        loan=old.loan[plan],
        schedule_no=old.schedule_no[plan] + 1,
        starts=leaving.day,
        principal=left - leaving.ahead,
        rate=np.where(eased, np.round(old.rate[plan] * _RELIEF_OF_RATE, 4), old.rate[plan]),
        method=np.where(extends, _BULLET, level),
        first_due=months.month_of_day(leaving.day) + step,
        step=step,
        count=np.where(extends, 1, rest + np.where(eased, _EXTRA_INSTALMENTS, 0)),
        due_day=old.due_day[plan],
        fee=np.zeros_like(plan),
        carried=carried,
    )


def owed_apart(leaving: Exit, plans: Plans) -> tuple[Ints, Ints]:
    """Return outstanding principal, and unpaid interest and fees due so far."""
    plan, start = leaving.plan, plans.starts_at[leaving.plan]
    left = plans.principal_left(plan, leaving.paid)
    unpaid = plans.due_so_far[start + leaving.n_due] - leaving.paid
    unpaid_principal = left - (plans.terms.principal[plan] - plans.principal_so_far[start + leaving.n_due])
    return left, np.maximum(unpaid - unpaid_principal, 0)
