"""One chunk of the lender: its customers, loans, plans and everything that happened to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from postloan.sources.synthetic import aftermath, disorder, exits, habits, lending, plans
from postloan.sources.synthetic.borrowers import Borrowers
from postloan.sources.synthetic.exits import Exit
from postloan.sources.synthetic.lending import Loans
from postloan.sources.synthetic.life import Life, Walk
from postloan.sources.synthetic.months import Span
from postloan.sources.synthetic.plans import Plans
from postloan.sources.synthetic.truth import Happenings
from postloan.sources.synthetic.types import EVENT, PAYMENT, Ints, Random, Rows, joined


@dataclass(frozen=True, slots=True)
class Chunk:
    """Everything about some loans up to as_of; ``plan`` in the rows is a position in ``plans``."""

    people: Borrowers
    loans: Loans
    plans: Plans
    ended: Ints  # day each plan was left for good, or NEVER
    payments: Rows
    events: Rows


def lived(count: int, span: Span, random: Random) -> Chunk:
    """Generate ``count`` loans and their life."""
    happenings = Happenings.of(span)
    loans, people = lending.lent(count, span, random)
    disposed = habits.of_loans(loans, people, happenings, random)
    first = plans.first_plans(loans)
    before = Walk(first, disposed.for_plans(first.terms.loan), happenings, span, random).life()
    again = _again(before.exits)
    second = plans.laid_out(exits.next_terms(again, first))
    after = Walk(
        second, disposed.for_next_plans(second.terms.loan, again.is_distressed), happenings, span, random
    ).life()
    both = plans.joined(first, second)
    payments, events = _joined(before, after, len(first))
    ended = np.concatenate([before.ended, after.ended])
    events = np.concatenate([events, aftermath.events(both, _exits(before, after, len(first)), span, random)])
    payments = disorder.with_bounces(disorder.with_refunds(payments, both, random), random)
    return Chunk(people, loans, both, ended, _known(payments, span), events[events["day"] <= span.last_day])


def _again(leaving: list[Exit]) -> Exit:
    """Return the exits that are followed by another plan."""
    every = exits.joined(leaving)
    return every.only(np.isin(every.kind, (exits.EXTENSION, exits.RESCHEDULE)))


def _exits(before: Life, after: Life, shift: int) -> Exit:
    return exits.joined([*before.exits, exits.joined(after.exits).shifted(shift)])


def _joined(before: Life, after: Life, shift: int) -> tuple[Rows, Rows]:
    """Join the rows of two sets of plans, those of the second counted on from the first."""
    payments, events = after.payments.copy(), after.events.copy()
    payments["plan"] += shift
    events["plan"] += shift
    return joined([before.payments, payments], PAYMENT), joined([before.events, events], EVENT)


def _known(payments: Rows, span: Span) -> Rows:
    """Drop what lies after as_of."""
    return disorder.kept(payments, payments["day"] <= span.last_day)
