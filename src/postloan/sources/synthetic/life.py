"""The life of plans, month by month: who pays what on which day, and who leaves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from postloan.model import codes
from postloan.sources.synthetic import exits, months
from postloan.sources.synthetic.exits import Exit
from postloan.sources.synthetic.habits import Habits, carries_principal_last
from postloan.sources.synthetic.months import Span
from postloan.sources.synthetic.plans import Plans
from postloan.sources.synthetic.truth import Happenings
from postloan.sources.synthetic.types import (
    EVENT,
    NEVER,
    PAYMENT,
    Flags,
    Floats,
    Ints,
    Random,
    Rows,
    joined,
    rows,
)
from postloan.sources.synthetic.view import View

REPAYMENT, EARLY_REPAYMENT, EARLY_SETTLEMENT = (
    codes.PAYMENT_KIND.values().index(k) for k in ("repayment", "early_repayment", "early_settlement")
)
PAUSE, WAIVER, ADVANCE = (
    codes.EVENT_KIND.values().index(k) for k in ("pause", "waiver", "guarantor_advance")
)

# Chance of each outcome by months since the oldest unpaid instalment fell due: catch up, one, a part.
_CURES = np.array([0.0, 0.50, 0.26, 0.15, 0.06, 0.05, 0.04, 0.03, 0.02])
_PAYS_ONE = np.array([0.0, 0.17, 0.16, 0.12, 0.05, 0.04, 0.03, 0.02, 0.02])
_PAYS_PART = np.array([0.0, 0.05, 0.06, 0.06, 0.05, 0.04, 0.04, 0.03, 0.03])
_LATE = 0.030  # pays the whole instalment, days late
_PART_ON_DUE = 0.15  # share of misses that pay a part
_EARLY_DAYS = np.array([0, 0, 0, 0, 1, 2, 3])
_PREPAYS_TIMES = 0.6  # of the chance of an early settlement
_PREPAID = (0.15, 0.5)  # of what is left
_CATCHES_UP_AFTER_RELIEF = 0.9
_WAIVED = 0.25  # share of late cures that get part of their interest waived
_HARD = 3  # months since the oldest unpaid instalment fell due
NOTHING, ALL, ONE, PART = range(4)


@dataclass(frozen=True, slots=True)
class Life:
    """What happened to a set of plans; ``ended`` is the day a plan was left for good, or NEVER."""

    payments: Rows
    events: Rows
    exits: list[Exit]
    ended: Ints


class Walk:
    """The running state of a set of plans; keeps totals paid, plan by plan, in step with the postings."""

    def __init__(
        self, plans: Plans, habits: Habits, happenings: Happenings, span: Span, random: Random
    ) -> None:
        self.plans, self.habits, self.happenings, self.span, self.random = (
            plans,
            habits,
            happenings,
            span,
            random,
        )
        self.paid = np.zeros(len(plans), np.int64)
        self.total = plans.due_so_far[plans.starts_at + plans.terms.count]
        self.is_open = np.ones(len(plans), np.bool_)
        self.is_relieved = np.zeros(len(plans), np.bool_)
        self.ended = np.full(len(plans), NEVER, np.int64)
        self.payments: list[Rows] = []
        self.events: list[Rows] = []
        self.exits: list[Exit] = []

    def life(self) -> Life:
        """Live through all months."""
        for month in self.span.months():
            self._relieve(month)
            view = self._look(month)
            view = view.of(
                ~self._leave(exits.extended(view, self.habits, self.happenings, self.plans, self.random))
            )
            outcome = self._outcome(view)
            self._pay(view, outcome)
            idle = view.of((outcome == NOTHING) & (view.arrears > 0))
            self._advance(idle)
            self._leave(exits.given_up(idle, self.habits, self.plans, self.random))
        return Life(joined(self.payments, PAYMENT), joined(self.events, EVENT), self.exits, self.ended)

    def _look(self, month: int) -> View:
        plans, paid = self.plans, self.paid
        plan = np.flatnonzero(self.is_open & (plans.terms.first_due <= month))
        n_due, n_before = (plans.n_due(plan, int(months.last_day(m))) for m in (month, month - 1))
        start = plans.starts_at[plan]
        owed = plans.due_so_far[start + n_due] - paid[plan]
        arrears = np.maximum(plans.due_so_far[start + n_before] - paid[plan], 0)
        covered = plans.n_covered(plan, paid[plan])
        age = month - (plans.terms.first_due[plan] + covered * plans.terms.step[plan])
        view = View(month, plan, n_due, covered, owed, arrears, np.where(arrears > 0, age, 0))
        return view.of(owed > 0)

    def _outcome(self, view: View) -> Ints:
        """Draw what each borrower does this month."""
        draw = self.random.random(len(view.plan))
        misses = self._misses(view)
        current = np.where(draw < misses * _PART_ON_DUE, PART, np.where(draw < misses, NOTHING, ALL))
        place = np.minimum(view.severity, len(_CURES) - 1)
        heals = self.habits.heals[view.plan] * self._under_shock(view, self.happenings.shock.heals_times)
        is_hard = self.habits.is_worked_on[view.plan] & (view.severity >= _HARD)
        heals = heals * np.where(is_hard, self.happenings.hard_cases.heals_times, 1.0)
        steps = np.cumsum([_CURES[place] * heals, _PAYS_ONE[place] * heals, _PAYS_PART[place]], axis=0)
        behind = np.select([draw < steps[0], draw < steps[1], draw < steps[2]], [ALL, ONE, PART], NOTHING)
        outcome: Ints = np.where(view.arrears > 0, behind, current)
        return self._with_relief(view, outcome)

    def _misses(self, view: View) -> Floats:
        habits, plan = self.habits, view.plan
        last = carries_principal_last(self.plans)[plan] & (view.n_due == self.plans.terms.count[plan])
        chance = np.where(last, habits.misses_last[plan], habits.misses[plan])
        return np.minimum(chance * self._under_shock(view, self.happenings.shock.misses_times), 0.6)

    def _under_shock(self, view: View, times: float) -> Floats:
        hit = self.habits.is_shocked[view.plan] & (view.month >= self.happenings.shock.first_month)
        return np.where(hit, times, 1.0)

    def _relieve(self, month: int) -> None:
        """Pause the instalments of some borrowers who are up to date when the relief begins."""
        first, last = self.happenings.relief_months
        if month != first:
            return
        begin = int(months.first_day(first))
        plan = np.flatnonzero(self.is_open & self.habits.may_be_relieved & (self.plans.terms.starts < begin))
        due = self.plans.due_so_far[self.plans.starts_at[plan] + self.plans.n_due(plan, begin - 1)]
        plan = plan[self.paid[plan] >= due]
        self.is_relieved[plan] = True
        until = months.first_day(last + 1)
        self.events.append(rows(EVENT, plan=plan, day=begin, kind=PAUSE, until=until, amount=-1))

    def _with_relief(self, view: View, outcome: Ints) -> Ints:
        first, last = self.happenings.relief_months
        relieved = self.is_relieved[view.plan]
        if first <= view.month <= last:
            return np.where(relieved, NOTHING, outcome)
        if view.month == last + 1:
            return np.where(
                relieved & (self.random.random(len(outcome)) < _CATCHES_UP_AFTER_RELIEF), ALL, outcome
            )
        return outcome

    def _pay(self, view: View, outcome: Ints) -> None:
        """Post the payments of the month, and settle plans that are paid in full or settled early."""
        view, outcome = view.of(outcome != NOTHING), outcome[outcome != NOTHING]
        amount = self._amount(view, outcome)
        due = months.first_day(view.month) + self.plans.terms.due_day[view.plan] - 1
        # Nobody pays on a new plan before it was agreed.
        delay = np.maximum(self._delay(view, outcome), self.plans.terms.starts[view.plan] - due)
        arrears_day = months.first_day(view.month) + self.random.integers(1, 27, len(outcome))
        day = np.where(view.arrears > 0, arrears_day, due + delay)
        draw = np.where(self._may_pay_ahead(view, outcome, delay), self.random.random(len(outcome)), 1.0)
        chance = self.habits.settles[view.plan]
        left = self._left(view)
        settles = draw < chance
        amount += np.where(settles, left, 0) - self._waive(view, outcome, day)
        self._post(view.plan, day, amount, np.where(settles, EARLY_SETTLEMENT, REPAYMENT), delay)
        self.paid[view.plan] += amount
        self.ended[view.plan[settles]] = day[settles]
        self.is_open[view.plan] = ~settles & (self.paid[view.plan] < self.total[view.plan])
        self._prepay(view, left, ~settles & (draw < chance * (1 + _PREPAYS_TIMES)))

    def _post(self, plan: Ints, day: Ints, amount: Ints, kind: Ints | int, delay: Ints | int) -> None:
        self.payments.append(
            rows(PAYMENT, plan=plan, day=day, amount=amount, kind=kind, delay=delay, reverses=-1)
        )

    def _left(self, view: View) -> Ints:
        """Return the principal not yet due."""
        before = self.plans.principal_so_far[self.plans.starts_at[view.plan] + view.n_due]
        left: Ints = self.plans.terms.principal[view.plan] - before
        return left

    def _may_pay_ahead(self, view: View, outcome: Ints, delay: Ints) -> Flags:
        """Say who pays everything on the due day with two or more instalments to come."""
        fit: Flags = (outcome == ALL) & (delay == 0) & (view.arrears == 0)
        fit &= self.plans.terms.count[view.plan] - view.n_due >= 2
        return fit

    def _prepay(self, view: View, left: Ints, fit: Flags) -> None:
        """Post principal repaid ahead on the due day by some, whose plans are laid out anew the day after."""
        terms = self.plans.terms
        # On the 28th the day after may lie in the next month, and the new plan would begin a month late.
        fit = fit & (terms.step[view.plan] == 1) & (terms.due_day[view.plan] < 28)
        fit &= self.habits.may_be_rescheduled[view.plan] & ~carries_principal_last(self.plans)[view.plan]
        share = self.random.uniform(*_PREPAID, len(left))
        ahead = np.where(fit, np.floor(left * share / 10_000).astype(np.int64) * 10_000, 0)
        paying = view.of(ahead > 0)
        day = months.first_day(view.month) + terms.due_day[paying.plan] - 1
        self._post(paying.plan, day, ahead[ahead > 0], EARLY_REPAYMENT, 0)
        self._leave(exits.recast(paying, ahead[ahead > 0], self.plans))

    def _amount(self, view: View, outcome: Ints) -> Ints:
        start = self.plans.starts_at[view.plan]
        next_covered = np.minimum(view.n_covered + 1, self.plans.terms.count[view.plan])
        one = self.plans.due_so_far[start + next_covered] - self.paid[view.plan]
        share = self.random.uniform(0.05, 0.4, len(outcome)) + np.where(view.arrears == 0, 0.3, 0)
        part = np.maximum(
            np.floor(view.owed * share / 10_000) * 10_000, np.minimum(view.owed, 10_000)
        ).astype(np.int64)
        one = np.where(one < view.owed, one, part)  # nothing smaller than the balloon is due: pays a part
        return np.select([outcome == ALL, outcome == ONE], [view.owed, one], part)

    def _delay(self, view: View, outcome: Ints) -> Ints:
        """Draw days from due date to payment for those without arrears: negative is early."""
        is_late = (outcome == ALL) & (self.random.random(len(outcome)) < _LATE)
        late = 1 + np.minimum(self.random.exponential(5.0, len(outcome)), 24).astype(np.int64)
        early = -self.random.choice(_EARLY_DAYS, len(outcome))
        return np.where(view.arrears > 0, 0, np.where(is_late, late, np.where(outcome == ALL, early, 0)))

    def _waive(self, view: View, outcome: Ints, day: Ints) -> Ints:
        """Waive half the oldest instalment's interest for some who catch up after three months."""
        start = self.plans.starts_at[view.plan]
        untouched = self.paid[view.plan] == self.plans.due_so_far[start + view.n_covered]
        place = np.minimum(self.plans.offset[view.plan] + view.n_covered, len(self.plans.interest) - 1)
        amount = self.plans.interest[place] // 2
        fit = (outcome == ALL) & (view.severity >= 3) & untouched & (amount > 0)
        fit &= self.random.random(len(outcome)) < _WAIVED
        # Of one day's facts waivers count first, so the payment clears everything else.
        waived = rows(EVENT, plan=view.plan[fit], day=day[fit], kind=WAIVER, until=NEVER, amount=amount[fit])
        self.events.append(waived)
        self.paid[view.plan[fit]] += amount[fit]
        return np.where(fit, amount, 0)

    def _advance(self, view: View) -> None:
        """Let guarantors advance an instalment of some who pay nothing; the borrower still owes it."""
        chance = self.random.random(len(view.plan))
        view = view.of(self.habits.may_be_advanced[view.plan] & (view.severity >= 3) & (chance < 0.10))
        start = self.plans.starts_at[view.plan] + view.n_covered
        amount = self.plans.due_so_far[start + 1] - self.paid[view.plan]
        day = months.last_day(view.month) - 3
        self.events.append(rows(EVENT, plan=view.plan, day=day, kind=ADVANCE, until=NEVER, amount=amount))

    def _leave(self, leaving: Exit) -> Flags:
        """Close the plans of an exit; returns which of the viewed plans they are."""
        plan = leaving.plan[leaving.keep]
        self.is_open[plan] = False
        self.ended[plan] = leaving.day[leaving.keep]
        self.exits.append(leaving.at(self.paid))
        return leaving.keep
