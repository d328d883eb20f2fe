"""A ledger as the slow twin knew it evening by evening, bounces included."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from ledgers import Ledger, Payment
from twin import Life
from twin_records import DAY

from postloan.engine.replay_model import ReplayModel


def bounces(ledger: Ledger, as_of: date) -> dict[str, date]:
    """Return the payments that bounced up to ``as_of``, and when; a reversal may itself be reversed."""
    reversals = [one for one in ledger.payments if one.payment_kind == "reversal" and one.paid_on <= as_of]
    reversal_ids = {one.payment_id for one in reversals}

    def counts(reversal: Payment) -> bool:
        return not any(other.reverses_id == reversal.payment_id and counts(other) for other in reversals)

    days: dict[str, date] = {}
    for reversal in reversals:
        target = reversal.reverses_id
        if target is not None and target not in reversal_ids and counts(reversal):
            days[target] = min(days.get(target, reversal.paid_on), reversal.paid_on)
    return {
        target: day for target, day in days.items() if any(p.payment_id == target for p in ledger.payments)
    }


# A ledger as it was known, day by day -----------------------------------------------------------------


@dataclass
class Evening:
    """What is known of a loan at the end of a day, and what moved on it."""

    life: Life
    flows: dict[str, int]


def first_day(ledger: Ledger) -> date:
    days = [one.due_on for one in ledger.instalments] + [one.paid_on for one in ledger.payments]
    days += [one.event_on for one in ledger.events]
    assert ledger.disbursed_on is not None
    return min([ledger.disbursed_on, *days])


def days_until(start: date, end: date) -> Iterator[date]:
    day = start
    while day <= end:
        yield day
        day += DAY


def taken(life: Life) -> dict[str, int]:
    """Take the flows so far out of a life, so that the next ones can be told apart."""
    flows, life.flows.sums = life.flows.sums, {}
    return flows


def lived(ledger: Ledger, model: ReplayModel, as_of: date) -> Iterator[tuple[date, Evening]]:
    """Yield every evening as it was known that day (known then), or as it is known at ``as_of``."""
    bounced = bounces(ledger, as_of)
    if model.view == "known_now":
        bounced = dict.fromkeys(bounced, first_day(ledger))
    known = frozenset(one for one, day in bounced.items() if day <= first_day(ledger))
    life = Life(ledger, model, as_of, known)
    for today in days_until(first_day(ledger), as_of):
        life.morning(today)
        flows = taken(life)
        news = frozenset(one for one, day in bounced.items() if day <= today) - known
        if news:
            known = known | news
            flows = added(flows, lost(ledger, life, news, today))
            before = life
            life = brought_to_morning(ledger, model, as_of, known, today)
            flows = added(
                flows,
                {
                    "repaid_minor": before.balance() - life.balance(),
                    "overdue_collected_minor": sum(before.overdue().values()) - sum(life.overdue().values()),
                },
            )
        life.day(today)
        yield today, Evening(life, added(flows, taken(life)))


def lost(ledger: Ledger, life: Life, news: frozenset[str], today: date) -> dict[str, int]:
    """Return the cash that payments which bounce today had brought in, negative."""
    flows: dict[str, int] = defaultdict(int)
    for payment in ledger.payments:
        if payment.payment_id in news and payment.paid_on < today and payment.payer != "guarantor":
            is_recovery = (
                life.status == "written_off" and life.left_on is not None and life.left_on < payment.paid_on
            )
            name = "recovered_minor" if is_recovery else "received_minor"
            flows[name] -= payment.amount_minor * (-1 if payment.payment_kind == "refund" else 1)
    return flows


def brought_to_morning(
    ledger: Ledger, model: ReplayModel, as_of: date, cancelled: frozenset[str], today: date
) -> Life:
    life = Life(ledger, model, as_of, cancelled)
    for day in days_until(first_day(ledger), today - DAY):
        life.morning(day)
        life.day(day)
    life.morning(today)
    taken(life)
    return life


def added(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in {*one, *other}}
